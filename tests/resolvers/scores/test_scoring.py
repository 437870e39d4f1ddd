"""What a scoring rule, a decomposition and a comparison of forecasters promise."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.scores import calibration, difficulty, distributions, peer, probabilities, quantiles

PROBABILITY = st.floats(0.01, 0.99)


def forecasts(n=200, seed=0, digits=1):
    rng = np.random.default_rng(seed)
    p = rng.uniform(size=n).round(digits)
    return (rng.uniform(size=n) < p**1.5).astype(int), p


@pytest.mark.parametrize(
    "rule", [probabilities.brier_score, probabilities.log_score, lambda o, p: -probabilities.spherical_score(o, p)]
)
@given(belief=PROBABILITY, said=PROBABILITY)
def test_saying_what_one_believes_costs_least_on_average(rule, belief, said):
    def expected(p):
        return belief * rule(1, p) + (1 - belief) * rule(0, p)

    assert expected(belief) <= expected(said) + 1e-12


@given(level=st.floats(0.05, 0.95), other=st.floats(-3, 3))
def test_the_true_quantile_costs_least_on_average(level, other):
    observed = norm.ppf((np.arange(2000) + 0.5) / 2000)
    best = quantiles.pinball_loss(observed, np.full(2000, norm.ppf(level)), level).mean()
    assert best <= quantiles.pinball_loss(observed, np.full(2000, other), level).mean() + 1e-3


def test_dense_quantiles_samples_and_cdf_agree_with_the_normal_crps():
    """CRPS of N(0, 1) at y is y (2 Phi(y) - 1) + 2 phi(y) - 1/sqrt(pi) (Gneiting and Raftery 2007, equation 21)."""
    y = np.array([-1.0, 0.3, 2.0])
    closed = y * (2 * norm.cdf(y) - 1) + 2 * norm.pdf(y) - 1 / np.sqrt(np.pi)
    levels = (np.arange(2000) + 0.5) / 2000
    q = np.tile(norm.ppf(levels), (3, 1))
    x = np.linspace(-8, 8, 4001)
    assert quantiles.crps_quantile(y, q, levels) == pytest.approx(closed, abs=1e-3)
    assert distributions.crps_ensemble(y, q) == pytest.approx(closed, abs=1e-3)
    assert distributions.crps_cdf(y, x, np.tile(norm.cdf(x), (3, 1))) == pytest.approx(closed, abs=1e-4)


def test_levels_that_crowd_in_the_tails_do_not_flatter():
    """Against the closed form of the normal CRPS; 0.56; the plain mean over these levels gives 0.43."""
    levels = np.array([0.001, 0.005, 0.01, 0.025, *np.arange(0.05, 0.96, 0.05), 0.975, 0.99, 0.995, 0.999])
    y = norm.ppf((np.arange(500) + 0.5) / 500)
    q = np.tile(norm.ppf(levels), (500, 1))
    expected = (y * (2 * norm.cdf(y) - 1) + 2 * norm.pdf(y) - 1 / np.sqrt(np.pi)).mean()
    assert quantiles.crps_uneven(y, q, levels).mean() == pytest.approx(expected, rel=0.01)
    assert quantiles.crps_quantile(y, q, levels).mean() < 0.8 * expected
    even = (np.arange(20) + 0.5) / 20
    q = np.tile(norm.ppf(even), (500, 1))
    assert quantiles.crps_uneven(y, q, even) == pytest.approx(quantiles.crps_quantile(y, q, even))


def test_energy_score_of_one_quantity_is_the_crps_and_of_several_agrees_with_scoringrules():
    import scoringrules

    rng = np.random.default_rng(1)
    y, x = rng.normal(size=(3, 4)), rng.normal(size=(3, 30, 4))
    assert distributions.energy_score(y[:, :1], x[:, :, :1]) == pytest.approx(
        distributions.crps_ensemble(y[:, 0], x[:, :, 0])
    )
    assert distributions.energy_score(y, x) == pytest.approx(scoringrules.es_ensemble(y, x, backend="numpy"))


def test_weights_count_samples_like_repetition():
    once = distributions.crps_ensemble([0.4], [[0.1, 0.9]], weights=[[3, 1]])
    assert once == pytest.approx(distributions.crps_ensemble([0.4], [[0.1, 0.1, 0.1, 0.9]]))


def test_a_jump_in_the_cdf_is_scored_as_certainty():
    assert distributions.crps_cdf([0.5], [0.0, 0.25, 0.25, 1.0], [[0, 0, 1, 1]]) == pytest.approx([0.25])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: probabilities.brier_score([1], [41.7]),
            "probability 41.7 (forecast 0, counted from 0) is outside [0, 1]",
        ),
        (
            lambda: probabilities.brier_score([0.5], [0.5]),
            "outcome 0.5 (forecast 0, counted from 0) is neither 0 nor 1",
        ),
        (lambda: probabilities.log_score([1, 0], [0.5, np.nan]), "probability nan (forecast 1, counted from 0)"),
        (lambda: probabilities.brier_score_categories([0], [[0.5, 0.4]]), "sum of probabilities 0.9"),
        (lambda: quantiles.crps_quantile([0.1], [[0.1, 0.2]], [0.5]), "give one row per observation"),
        (lambda: quantiles.pinball_loss(0.1, 0.2, 1.0), "level 1 is not strictly between 0 and 1"),
        (lambda: quantiles.interval_score([0.5], [0.6], [0.4], 0.8), "swap the bounds"),
        (lambda: distributions.crps_cdf([0.5], [0, 1], [[0.9, 0.1]]), "a CDF must ascend"),
        (lambda: calibration.spiegelhalter([], []), "calibration needs a list of forecasts"),
        (lambda: peer.peer_score([0.5, np.nan]), "a probability is missing or negative"),
    ],
)
def test_a_forecast_that_cannot_be_scored_is_named(call, message):
    with pytest.raises(DataError) as error:
        call()
    assert message in str(error.value)


@pytest.mark.parametrize("bins", [None, 5, 10, [0, 0.33, 1]])
@pytest.mark.parametrize("weighted", [False, True])
def test_decompositions_add_up_to_the_brier_score(bins, weighted):
    o, p = forecasts()
    w = np.arange(1, p.size + 1) if weighted else None
    m = calibration.murphy_decomposition(o, p, bins=bins, weights=w)
    c = calibration.corp_decomposition(o, p, weights=w)
    total = m.reliability - m.resolution + m.uncertainty + m.within_variance - m.within_covariance
    assert total == pytest.approx(m.brier, abs=1e-12)
    assert c.miscalibration - c.discrimination + c.uncertainty == pytest.approx(c.brier, abs=1e-12)
    if bins is None:
        assert [m.within_variance, m.within_covariance] == pytest.approx([0, 0], abs=1e-15)


def test_a_forecast_on_a_bin_edge_belongs_above_it_whatever_its_binary_rounding():
    assert calibration.bin_index([0.2, 0.4, 0.6, 0.8], 5).tolist() == [1, 2, 3, 4]
    assert calibration.bin_index([0.3], 10).tolist() == [3]


def test_calibrated_forecasters_pass_and_overconfident_ones_fail():
    rng = np.random.default_rng(3)
    p = rng.uniform(size=4000)
    o = rng.uniform(size=4000) < p
    sharpened = p**3 / (p**3 + (1 - p) ** 3)
    assert calibration.spiegelhalter(o, p).p_value > 0.05
    assert calibration.spiegelhalter(o, sharpened).p_value < 1e-6
    table = calibration.calibration_table(o, p)
    assert table["frequency"].between(table["band_low"] - 0.05, table["band_high"] + 0.05).all()
    assert table["count"].sum() == 4000


def test_peer_scores_sum_to_zero_at_every_moment_and_so_over_time():
    rng = np.random.default_rng(4)
    n = 12
    start = rng.uniform(-2, 8, n)
    end = np.where(rng.uniform(size=n) < 0.5, np.inf, start + rng.uniform(1, 5, n))
    p = rng.uniform(0.05, 0.95, n)
    over = peer.peer_score_over_time(p, start, end, opened=0, closed=7, scheduled=10)
    assert over.score.sum() == pytest.approx(0, abs=1e-9)
    plain = peer.over_time(peer.baseline_score(p), start, end, opened=0, closed=7, scheduled=10)
    assert over.coverage == pytest.approx(plain.coverage)


def test_one_who_is_scored_but_not_counted_moves_nobody():
    p, start, end = np.array([0.2, 0.6, 0.9]), np.zeros(3), np.full(3, np.inf)
    both = peer.peer_score(p[:2])
    three = peer.peer_score_over_time(p, start, end, opened=0, closed=1, scheduled=1, peers=[True, True, False])
    assert three.score[:2] == pytest.approx(both)
    assert three.score[2] > three.score[1]


def test_a_forecast_replaced_before_the_close_keeps_only_its_share():
    score = peer.baseline_score([0.9, 0.5])
    result = peer.over_time(score, [0, 5], [5, np.inf], opened=0, closed=10, scheduled=20)
    assert result.coverage.tolist() == [0.25, 0.25]
    assert result.score == pytest.approx([score[0] / 4, 0])


def make_scores(seed=0, forecasters=8, questions=30, share=0.6):
    """Skilled and unskilled forecasters who answered different questions of different difficulty."""
    rng = np.random.default_rng(seed)
    hard, skilled = rng.uniform(0.05, 0.4, questions), rng.normal(0, 0.03, forecasters)
    answered = rng.uniform(size=(forecasters, questions)) < share
    answered[0] = True
    who, what = np.nonzero(answered)
    noise = rng.normal(0, 0.01, who.size)
    return pd.DataFrame({"forecaster": who, "question": what, "brier": hard[what] + skilled[who] + noise}), skilled


def test_difficulty_equals_least_squares_on_dummies_where_forecasts_are_missing():
    scores, _ = make_scores()
    dummies = pd.get_dummies(scores[["question", "forecaster"]].astype(str)).to_numpy(float)
    fitted = dummies @ np.linalg.lstsq(dummies, scores["brier"].to_numpy(), rcond=None)[0]
    hard = difficulty.question_difficulty(scores)
    rest = fitted - scores["question"].map(hard).to_numpy()
    assert pd.Series(rest).groupby(scores["forecaster"]).std().to_numpy() == pytest.approx(0, abs=1e-10)


def test_adjustment_ranks_by_skill_where_easy_questions_would_mislead():
    scores, skilled = make_scores(share=0.5)
    adjusted = difficulty.difficulty_adjusted_brier(scores)
    assert adjusted.corr(pd.Series(skilled)) > 0.98
    assert scores.groupby("forecaster")["brier"].mean().corr(pd.Series(skilled)) < 0.95


def test_one_who_always_says_a_half_gets_a_quarter():
    scores, _ = make_scores()
    constant = pd.DataFrame({"forecaster": -1, "question": scores["question"].unique(), "brier": 0.25})
    adjusted = difficulty.difficulty_adjusted_brier(pd.concat([scores, constant]), left_out=[-1])
    assert adjusted[-1] == pytest.approx(0.25)


def test_groups_without_a_common_question_are_not_compared():
    scores = pd.DataFrame({"forecaster": ["a", "b"], "question": ["x", "y"], "brier": [0.1, 0.2]})
    with pytest.raises(DataError, match="2 groups without a common question"):
        difficulty.question_difficulty(scores)
    with pytest.raises(DataError, match="only by forecasters left out"):
        difficulty.question_difficulty(scores, left_out=["a"])


def test_missing_forecasts_are_filled_and_marked():
    said = pd.DataFrame({"forecaster": ["a", "a", "b"], "question": ["x", "y", "x"], "probability": [0.1, 0.2, 0.9]})
    filled = difficulty.with_missing(said)
    assert filled["probability"].tolist() == [0.1, 0.2, 0.9, 0.5]
    assert filled["imputed"].tolist() == [False, False, False, True]
    crowd = difficulty.with_missing(said, fill=pd.Series({"x": 0.3, "y": 0.7}))
    assert crowd["probability"].tolist() == [0.1, 0.2, 0.9, 0.7]


def test_relative_brier_scores_are_differences_on_the_same_question():
    scores = pd.DataFrame({"forecaster": ["a", "b", "a"], "question": ["x", "x", "y"], "brier": [0.1, 0.3, 0.2]})
    assert difficulty.brier_peer_score(scores).tolist() == pytest.approx([0.1, -0.1, 0.0])
    assert difficulty.brier_against(scores, "a").tolist() == pytest.approx([0.0, -0.2, 0.0])
    with pytest.raises(DataError, match="'b' did not answer question 'y'"):
        difficulty.brier_against(scores, "b")
