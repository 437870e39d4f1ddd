"""The predictive distribution: marginals, ends, joint draws."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scale_forecast.data.errors import ForecastError
from scale_forecast.distribution import LEVELS, Forecast, Link
from scale_forecast.inputs.panel import smooth
from scale_forecast.predictors.spread import without_smoothing


def make_forecast(centre, spread=0.5, *, share=True, up=True, loading=0.0, n_examples=100.0):
    centre = np.atleast_1d(np.asarray(centre, dtype=float))
    targets = pd.DataFrame(
        {"is_share": share, "higher_is_better": up, "n_examples": n_examples}, index=range(len(centre))
    )
    knots = centre[:, None] + spread * stats.norm.ppf(LEVELS)
    return Forecast.from_knots(targets, knots, "test", loading=loading)


@given(st.floats(-8, 8), st.floats(0.01, 4), st.booleans(), st.booleans())
def test_quantiles_rise_with_the_level_and_stay_in_range(centre, spread, share, up):
    forecast = make_forecast(centre, spread, share=share, up=up)
    q = forecast.quantiles([0.001, 0.05, 0.5, 0.95, 0.999])[0]
    assert (np.diff(q) >= 0).all()
    assert q[0] >= 0
    assert not share or q[-1] <= 1


@given(st.floats(-4, 4), st.floats(0.1, 2), st.floats(0.001, 0.999))
def test_probability_above_strictly_falls_and_is_never_certain_inside(centre, spread, score):
    forecast = make_forecast(centre, spread)
    above = [forecast.prob_above(s)[0] for s in (score * 0.9, score, score + 0.1 * (1 - score))]
    assert 1 > above[0] > above[1] > above[2] > 0


def test_outside_the_range_probability_is_certain():
    forecast = make_forecast(0.0)
    assert forecast.prob_above(-0.1)[0] == 1.0
    assert forecast.prob_above(1.0)[0] == 0.0


@pytest.mark.parametrize(("share", "up"), [(True, True), (True, False), (False, False), (False, True)])
def test_cdf_inverts_the_quantiles_in_every_direction(share, up):
    forecast = make_forecast([0.3, -1.0], share=share, up=up)
    for level in (0.03, 0.3, 0.5, 0.9, 0.999):
        assert forecast.cdf(forecast.quantiles([level])[:, 0]) == pytest.approx([level] * 2, abs=1e-6)


def test_better_means_lower_for_a_loss():
    forecast = make_forecast(0.0, share=False, up=False)
    assert forecast.prob_better(2.0)[0] > 0.5 > forecast.prob_above(2.0)[0]


def test_better_means_higher_for_a_rating():
    forecast = make_forecast(7.0, share=False, up=True)
    assert forecast.prob_better(900.0)[0] == forecast.prob_above(900.0)[0] > 0.5 > forecast.prob_better(1300.0)[0]


def test_density_integrates_to_one():
    forecast = make_forecast(0.4)
    grid = np.linspace(0.0005, 0.9995, 4000)
    density = [np.exp(forecast.log_density(np.array([g]))[0]) for g in grid]
    assert np.trapezoid(density, grid) == pytest.approx(1.0, abs=0.02)


def test_joint_draws_keep_the_marginals_and_share_the_shift():
    forecast = make_forecast(np.linspace(-1, 1, 4), loading=0.8)
    joint, independent = (forecast.sample(20_000, seed=1, joint=j) for j in (True, False))
    for draws in (joint, independent):
        assert np.quantile(draws, 0.9, axis=0) == pytest.approx(forecast.quantiles([0.9])[:, 0], abs=0.01)
    assert stats.spearmanr(joint[:, 0], joint[:, 3])[0] == pytest.approx(0.62, abs=0.03)
    assert abs(stats.spearmanr(independent[:, 0], independent[:, 3])[0]) < 0.03


def test_pit_of_draws_is_uniform():
    forecast = make_forecast([0.7])
    draws = forecast.sample(2_000, seed=2)[:, 0]
    pits = np.array([forecast.pit(np.array([d]))[0] for d in draws])
    assert stats.kstest(pits, "uniform").pvalue > 0.01


def test_impossible_levels_are_refused():
    with pytest.raises(ForecastError, match="strictly between 0 and 1"):
        make_forecast(0.0).quantiles([0.0])


def test_taking_the_smoothing_out_gives_back_the_score_it_was_put_into():
    """Else a perfect score on 11 examples, smoothed to 0.92, is forecast as 0.92 for ever."""
    score, items = np.array([0.0, 0.3, 1.0, 1.0]), np.array([11.0, 50.0, 11.0, 1000.0])
    rows = pd.DataFrame({"n_examples": items, "is_share": True, "higher_is_better": True})
    z = Link.of(rows).forward(smooth(score, items, Link.of(rows)))
    back = Link.of(rows).inverse(without_smoothing(z[:, None], rows))[:, 0]
    assert back == pytest.approx(score, abs=0.01)
    assert ((back > 0) & (back < 1)).all()


def with_atom(origin, atom, *, up=True, loading=0.0, spread=0.5):
    """Forecasts around 0.5 whose scores are their origin's with some probability beside."""
    made = make_forecast(np.zeros(len(origin)), spread, up=up, loading=loading)
    targets = made.targets.assign(origin_score=origin)
    return Forecast.from_knots(targets, made.knots[:, 1:-1], "test", loading=loading, atom=np.asarray(atom))


ORIGINS = [0.0, 0.3, 0.5, 1.0]


@pytest.mark.parametrize("up", [True, False])
def test_an_atom_is_the_origin_to_the_last_digit_in_every_direction(up):
    forecast = with_atom(ORIGINS, [0.4] * 4, up=up)
    levels = np.linspace(0.0005, 0.9995, 1000)
    quantiles = forecast.quantiles(levels)
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert (quantiles == np.array(ORIGINS)[:, None]).mean(axis=1) == pytest.approx([0.4] * 4, abs=0.002)
    draws = forecast.sample(20_000, seed=3)
    assert (draws == ORIGINS).mean(axis=0) == pytest.approx([0.4] * 4, abs=0.02)
    assert np.quantile(draws, 0.9, axis=0) == pytest.approx(forecast.quantiles([0.9])[:, 0], abs=0.01)


@pytest.mark.parametrize("up", [True, False])
def test_probabilities_jump_at_an_atom_by_its_size(up):
    origin = np.array(ORIGINS)
    forecast, plain = with_atom(ORIGINS, [0.4] * 4, up=up), with_atom(ORIGINS, [0.0] * 4, up=up)
    before, at = forecast.prob_above(origin - 1e-7), forecast.prob_above(origin)
    assert before - at == pytest.approx([0.4] * 4, abs=1e-6)
    assert at == pytest.approx(0.6 * plain.prob_above(origin), abs=1e-6)
    elsewhere = 0.6 * plain.prob_above(0.7) + 0.4 * (origin > 0.7)
    assert forecast.prob_above(0.7) == pytest.approx(elsewhere, abs=1e-9)
    assert forecast.prob_better(0.7) == pytest.approx(elsewhere if up else 1 - elsewhere, abs=1e-9)


def test_the_cdf_still_inverts_the_quantiles_beside_an_atom():
    forecast = with_atom([0.3], [0.4])
    for level in (0.01, 0.6, 0.9):
        assert forecast.cdf(forecast.quantiles([level])[:, 0]) == pytest.approx([level], abs=1e-6)


def test_density_beside_an_atom_still_integrates_to_one_over_items():
    """The atom is spread over the one item that the score is."""
    forecast = with_atom([0.3], [0.4])
    grid = np.arange(0.5, 100) / 100
    grid = np.append(grid, 0.3)
    mass = np.exp([forecast.log_density(np.array([g]))[0] for g in grid]) / 100
    spread_out = mass[:-1].sum()
    assert spread_out + 0.4 == pytest.approx(1.0, abs=0.02)
    assert mass[-1] > 0.4


def test_knowing_other_scores_moves_an_atom_with_the_shift_and_keeps_the_joint_law():
    """As often as among the draws in which the other task came out so."""
    forecast = with_atom([0.5, 0.4], [0.0, 0.3], loading=0.8)
    draws = forecast.sample(60_000, seed=1)
    told = forecast.condition_on(np.array([0]), np.array([0.65]))
    near = draws[np.abs(draws[:, 0] - 0.65) < 0.02, 1]
    assert told.atom[1] == pytest.approx((near == 0.4).mean(), abs=0.03)
    assert told.quantiles([0.2, 0.8])[1] == pytest.approx(np.quantile(near, [0.2, 0.8]), abs=0.02)
