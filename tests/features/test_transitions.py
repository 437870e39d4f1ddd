"""The matrix of transitions: right beside a plain loop, and blind to whatever a step may not know."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.features_reference import reference_features
from benchmarks.tables import random_tables
from scale_forecast.data.catalog import bundled_metrics, bundled_results, bundled_tasks
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.results import as_results, is_share
from scale_forecast.data.scale import BELOW, scale_of, target_scale
from scale_forecast.data.tasks import as_tasks
from scale_forecast.features.transitions import STEP, family_rows, features, observed_steps, target_steps

METRICS = bundled_metrics()
AS_OF = pd.Timestamp("2022-09-01")


@pytest.fixture(scope="module")
def tables():
    return random_tables(12, seed=3)


def make_results(scores, *, family="A", params=(1e9, 1e10, 1e11), **columns):
    """One task of one family with n = 1000."""
    rows = [
        {"task": "t", "model": f"{family} {p:g}", "family": family, "params": p, "score": s, "n_examples": 1000}
        for p, s in zip(params, scores, strict=False)
    ]
    return pd.DataFrame(rows).assign(**columns)


def describe_steps(results, steps=None, tasks=None, **options):
    results = as_results(results)
    tasks = as_tasks(pd.DataFrame({"task": ["t"], "chance": [0.25], "ceiling": [1.0]}) if tasks is None else tasks)
    steps = observed_steps(results) if steps is None else steps
    return features(results, tasks, METRICS, steps, **options)


# --- against the straightforward loop ---------------------------------------------------------------------------------


@pytest.mark.parametrize("pairs", ["consecutive", "all"])
@pytest.mark.parametrize("options", [{}, {"as_of": AS_OF}, {"date_limited": False}], ids=str)
def test_features_equal_those_of_the_straightforward_loop(pairs, options, tables):
    results, tasks = tables
    steps = observed_steps(results, pairs=pairs, as_of=options.get("as_of"))
    steps = steps.iloc[:: max(1, len(steps) // 60)]
    found = features(results, tasks, METRICS, steps, **options)
    expected = reference_features(results, tasks, METRICS, steps, **options)
    assert sorted(found.columns) == sorted(expected.columns)
    np.testing.assert_allclose(found, expected[found.columns].astype(float), rtol=1e-8, atol=1e-8)


def test_features_of_bundled_figures_equal_those_of_the_loop():
    suites = ("BIG-bench", "BIG-bench Lite", "The Pile", "MGSM", "AGIEval (English)")
    results = bundled_results()
    results = results[results["benchmark"].isin(suites)].reset_index(drop=True)
    steps = observed_steps(results).iloc[::11]
    found = features(results, bundled_tasks(), METRICS, steps)
    expected = reference_features(results, bundled_tasks(), METRICS, steps)
    np.testing.assert_allclose(found, expected[found.columns].astype(float), rtol=1e-7, atol=1e-7)


# --- blind to the future ----------------------------------------------------------------------------------------------


def scrambled(results, rows, rng):
    """Other scores, other standard errors and other test sizes in the given rows."""
    out = results.copy()
    n = int(rows.sum())
    out.loc[rows, "score"] = np.where(is_share(results["metric"])[rows], rng.random(n), rng.uniform(0.1, 9.0, n))
    out.loc[rows, "stderr"] = rng.uniform(0.001, 0.1, n)
    out.loc[rows, "n_examples"] = rng.integers(20, 5000, n).astype(float)
    return out


def forbidden(results, step, *, as_of=None, date_limited=True):
    """Rows whose score a step may not know."""
    own_family = (results["family"] == step["family"]).to_numpy()
    own_line = (results["line"] == step["line"]).to_numpy()
    scale = scale_of(results).to_numpy()
    target = results.iloc[step["target_row"]]
    at_size = (results["params"] > 0.9 * target["params"]) | (results["train_flops"] > 0.9 * target["train_flops"])
    rows = own_family & (scale > step["origin_scale"])
    rows |= own_line & ~own_family & at_size.to_numpy()
    if date_limited and pd.notna(step["target_released"]):
        rows |= ~own_line & ~(results["known_on"] < step["target_released"]).to_numpy()
    if as_of is not None:
        rows |= ~(results["known_on"] <= as_of).to_numpy()
    return rows


def some_pairs_of_models(steps, count, rng):
    """Steps from one model to another on all their tasks: they may know the same rows."""
    groups = [same for _, same in steps.groupby(["origin_model", "target_model"], sort=True)]
    return [groups[i] for i in rng.choice(len(groups), min(count, len(groups)), replace=False)]


@pytest.mark.parametrize("options", [{}, {"as_of": AS_OF}, {"date_limited": False}], ids=str)
def test_no_feature_moves_when_all_that_a_step_may_not_know_is_scrambled(options, tables):
    results, tasks = tables
    steps = observed_steps(results, pairs="all", as_of=options.get("as_of"))
    rng = np.random.default_rng(5)
    for same in some_pairs_of_models(steps, 4, rng):
        rows = forbidden(results, same.iloc[0], **options)
        assert rows.sum() > 10
        before = features(results, tasks, METRICS, same, **options)
        after = features(scrambled(results, rows, rng), tasks, METRICS, same, **options)
        assert before.to_numpy().tobytes() == after.to_numpy().tobytes()


@pytest.mark.parametrize("options", [{}, {"as_of": AS_OF}], ids=str)
def test_no_feature_moves_when_all_that_a_step_may_not_know_is_removed(options, tables):
    results, tasks = tables
    steps = observed_steps(results, as_of=options.get("as_of"))
    for same in some_pairs_of_models(steps, 5, np.random.default_rng(6)):
        keep = ~forbidden(results, same.iloc[0], **options)
        origin = (np.cumsum(keep) - 1)[same["origin_row"]]
        fewer = results[keep].reset_index(drop=True)
        before = features(results, tasks, METRICS, same, **options)
        after = features(fewer, tasks, METRICS, same.assign(origin_row=origin), **options)
        np.testing.assert_allclose(before, after, rtol=1e-9, atol=1e-9)


def test_palm_540b_is_forecast_blind_to_every_score_of_its_line_at_its_size():
    results = bundled_results()
    palm = family_rows(results, "palm")
    scale, _ = target_scale(palm, params=540e9)
    steps = target_steps(results, "PaLM", scale, released="2022-04-05")
    line = results["line"] == "PaLM"
    rows = line & (results["params"] > 0.9 * 540e9)
    assert rows.sum() > 300
    known = scrambled(results, rows, np.random.default_rng(7))
    before, after = (features(table, bundled_tasks(), METRICS, steps) for table in (results, known))
    assert before.to_numpy().tobytes() == after.to_numpy().tobytes()


@pytest.mark.parametrize("what", ["origin", "history", "family", "peers"])
def test_features_do_move_with_what_a_step_may_know(what, tables):
    """The scrambling tests could not fail if features ignored the table."""
    results, tasks = tables
    steps = observed_steps(results, pairs="all")
    full = features(results, tasks, METRICS, steps)
    usable = (full["n_points"] > 2) & (full["peer_lines"] > 2) & full["family_benchmark_gain_last"].notna()
    step = steps[usable.to_numpy()].iloc[[-1]]
    row = step["origin_row"].iloc[0]
    origin = results.iloc[row]
    own = (results["family"] == origin["family"]) & (results["task"] == origin["task"])
    up_to = scale_of(results) <= step["origin_scale"].iloc[0]
    rows = {
        "origin": pd.Series(np.arange(len(results)) == row),
        "history": own & (scale_of(results) < step["origin_scale"].iloc[0]),
        "family": (results["family"] == origin["family"]) & ~own & up_to,
        "peers": (results["line"] != origin["line"]) & (results["known_on"] < step["target_released"].iloc[0]),
    }[what]
    after = features(scrambled(results, rows, np.random.default_rng(8)), tasks, METRICS, step)
    before = full.loc[step.index]
    moved = set(before.columns[(before.to_numpy() != after.to_numpy())[0] & before.notna().to_numpy()[0]])
    of = {"origin": "origin_raw", "history": "slope_all_raw", "family": "family_all_level", "peers": "peer_near"}
    assert of[what] in moved
    if what in ("family", "peers"):
        assert all(name.startswith((what[:4], "origin_minus")) for name in moved)


# --- steps ------------------------------------------------------------------------------------------------------------


def test_an_observed_step_starts_at_the_largest_model_more_than_ten_percent_below():
    results = as_results(make_results([0.3, 0.4, 0.5, 0.6], params=(1e9, 5e9, 9.5e9, 1e10)))
    steps = observed_steps(results)
    assert list(steps.columns) == STEP
    assert list(zip(steps["origin_row"], steps["target_row"], strict=True)) == [(0, 1), (1, 2), (1, 3)]


def test_all_pairs_stop_at_the_longest_distance():
    results = as_results(make_results([0.3, 0.4, 0.5]))
    assert len(observed_steps(results, pairs="all")) == 3
    assert len(observed_steps(results, pairs="all", max_distance=1.5)) == 2
    assert observed_steps(results, max_distance=0.5).empty


def test_a_target_step_starts_below_ninety_percent_of_the_target():
    results = as_results(make_results([0.3, 0.4, 0.5]))
    assert target_steps(results, "a", np.log10(1.05e11))["origin_row"].tolist() == [1]
    assert target_steps(results, "a", np.log10(1.2e11))["origin_row"].tolist() == [2]
    with pytest.raises(DataError, match="no score of A lies more than 10% below"):
        target_steps(results, "A", 9.0)


def test_an_unknown_family_is_refused_with_a_suggestion():
    with pytest.raises(UsageError, match=r"family 'Plam' \(did you mean 'PaLM'"):
        family_rows(bundled_results(), "Plam")


def test_steps_of_other_results_are_refused():
    results = as_results(make_results([0.3, 0.4, 0.5]))
    steps = observed_steps(results)
    with pytest.raises(DataError, match="made from other results"):
        features(results.iloc[::-1].reset_index(drop=True), bundled_tasks(), METRICS, steps)


def test_an_origin_that_was_not_public_is_refused():
    results = as_results(make_results([0.3, 0.4, 0.5], known_on=["2021-01-01", "2022-01-01", "2023-01-01"]))
    steps = observed_steps(results)
    assert len(observed_steps(results, as_of="2022-01-01")) == 1
    with pytest.raises(DataError, match="the origin of a step was not public"):
        features(results, bundled_tasks(), METRICS, steps, as_of="2021-12-31")
    with pytest.raises(DataError, match="no score was public on 2020-01-01"):
        features(results, bundled_tasks(), METRICS, steps, as_of="2020-01-01")


def test_no_steps_give_an_empty_matrix_with_all_columns():
    results = as_results(make_results([0.3]))
    steps = observed_steps(results)
    some = describe_steps(make_results([0.3, 0.4]))
    assert features(results, bundled_tasks(), METRICS, steps).columns.tolist() == some.columns.tolist()
    assert steps.empty


# --- the target's scale -----------------------------------------------------------------------------------------------


def test_compute_that_is_not_given_follows_the_tokens_of_the_largest_smaller_model():
    palm = family_rows(bundled_results(), "PaLM")
    scale, assumed = target_scale(palm, params=540e9)
    tokens = palm.loc[palm["params"] == 6.25e10, "train_flops"].iloc[0] / (6 * 6.25e10)
    assert scale == pytest.approx(np.log10(6 * 540e9 * tokens))
    assert "PaLM 62B" in assumed
    assert target_scale(palm, params=540e9, train_tokens=780e9) == (pytest.approx(np.log10(6 * 540e9 * 780e9)), None)
    assert target_scale(palm, train_flops=1e24) == (24.0, None)


def test_a_family_measured_in_parameters_asks_for_them():
    rows = as_results(make_results([0.3, 0.4]))
    assert target_scale(rows, params=1e12) == (12.0, None)
    with pytest.raises(UsageError, match="the scale of A is its parameters"):
        target_scale(rows, train_flops=1e24)


# --- what the numbers mean --------------------------------------------------------------------------------------------


def test_slopes_and_distances_by_hand():
    table = describe_steps(make_results([0.30, 0.40, 0.35, 0.60], params=(1e9, 1e10, 1e11, 1e12)))
    last = table.iloc[-1]
    stderr = np.sqrt(0.35 * 0.65 / 1000)
    assert last["distance"] == pytest.approx(1.0)
    assert last["slope_last_raw"] == pytest.approx(-0.05)
    assert last["slope_two_raw"] == last["slope_all_raw"] == pytest.approx(0.025)
    assert last["curvature_raw"] == pytest.approx(-0.15)
    assert last["run_of_falls"] == 1
    assert last["best_minus_last"] == pytest.approx(0.05)
    assert last["above_chance_in_stderr"] == pytest.approx(0.10 / stderr)
    assert table["slope_last_raw"].isna().tolist() == [True, False, False]


def test_the_weighted_slope_trusts_the_precise_points():
    """The middle point is off the line but has a huge standard error."""
    noisy = make_results([0.3, 0.9, 0.5, 0.6], params=(1e9, 1e10, 1e11, 1e12), stderr=[0.001, 0.3, 0.001, 0.001])
    last = describe_steps(noisy).iloc[-1]
    assert last["slope_weighted_raw"] == pytest.approx(0.1, abs=0.005)
    assert last["slope_all_raw"] == pytest.approx(0.1, abs=1e-9)
    noisy = make_results([0.9, 0.4, 0.5, 0.6], params=(1e9, 1e10, 1e11, 1e12), stderr=[0.3, 0.001, 0.001, 0.001])
    last = describe_steps(noisy).iloc[-1]
    assert last["slope_weighted_raw"] == pytest.approx(0.1, abs=0.01)
    assert last["slope_all_raw"] == pytest.approx(-0.2)


def test_scores_within_noise_of_chance_carry_no_normalised_logit_slope():
    last = describe_steps(make_results([0.20, 0.24, 0.26], params=(1e9, 1e10, 1e11))).iloc[-1]
    assert last["slope_last_normalised_logit"] == 0.0
    assert last["slope_last_raw"] == pytest.approx(0.04)


def test_a_falling_loss_counts_as_progress():
    last = describe_steps(make_results([3.0, 2.0, 1.5], metric="loss", n_examples=np.nan)).iloc[-1]
    assert last["slope_last_raw"] == pytest.approx(np.log(3.0 / 2.0))
    assert last["run_of_falls"] == 0
    assert last["best_minus_last"] == 0


def test_what_is_unknown_is_missing():
    unknown = as_tasks(pd.DataFrame({"task": ["t"]}))
    row = describe_steps(make_results([0.3, 0.4], n_examples=np.nan), tasks=unknown).iloc[0]
    for name in ("chance", "ceiling", "n_choices", "human_average", "above_chance", "n_examples", "origin_raw_stderr"):
        assert np.isnan(row[name])
    assert np.isfinite(row["origin_normalised_logit"])


def test_examples_come_from_the_row_then_the_task_then_the_standard_error():
    tasks = pd.DataFrame({"task": ["t"], "n_examples": [400]})
    assert describe_steps(make_results([0.5, 0.6]), tasks=tasks)["n_examples"].tolist() == [1000]
    assert describe_steps(make_results([0.5, 0.6], n_examples=np.nan), tasks=tasks)["n_examples"].tolist() == [400]
    stated = make_results([0.5, 0.6], n_examples=np.nan, stderr=0.05)
    assert describe_steps(stated)["n_examples"].tolist() == [100]


def test_family_progress_leaves_out_the_task_under_every_name_and_averages():
    results = pd.concat(
        [
            make_results([0.3, 0.4, 0.5]),
            make_results([0.1, 0.9, 0.9], task="t again"),
            make_results([0.1, 0.9, 0.9], task="mean of all"),
            make_results([0.2, 0.5, 0.6], task="other"),
        ],
        ignore_index=True,
    )
    tasks = pd.DataFrame(
        {
            "task": ["t", "t again", "mean of all", "other"],
            "canonical_task": ["t", "t", None, None],
            "aggregate_of": [None, None, "user: all", None],
            "chance": 0.0,
        }
    )
    row = describe_steps(results, tasks=tasks).iloc[1]
    assert row["family_all_tasks"] == 1
    assert row["family_all_gain_last_q"] == pytest.approx(0.3)
    assert row["family_all_level"] == pytest.approx(0.0)


def test_peers_are_other_lines_below_the_target_and_public_before_it():
    own = make_results([0.3, 0.4, 0.5], released="2022-06-01")
    sister = make_results([0.99, 0.99, 0.99], family="A-chat", line="A", released="2020-01-01")
    early = make_results([0.5, 0.625, 0.7], family="B", params=(2e9, 8e9, 5e11), released="2021-01-01")
    late = make_results([0.9, 0.9, 0.9], family="C", released="2023-01-01")
    results = pd.concat([own, sister, early, late], ignore_index=True)
    row = describe_steps(results).iloc[0]
    assert row["target_scale"] == 10
    assert row["peer_lines"] == 1
    assert row["peer_near"] == pytest.approx(0.0)
    assert row["peer_near_gap"] == pytest.approx(np.log10(1.25))
    assert row["peer_best"] == pytest.approx(np.log(0.6 / 0.4))
    unlimited = describe_steps(results, date_limited=False).iloc[0]
    assert unlimited["peer_lines"] == 2
    assert unlimited["peer_near"] == pytest.approx(np.log(0.65 / 0.75 / (0.1 / 0.75)))


def test_peers_are_compared_on_the_scale_of_the_family_described():
    """A's parameters lie below B's, its compute above."""
    own = make_results([0.3, 0.4], train_flops=[1e23, 1e24])
    other = make_results([0.5, 0.6], family="B", params=(2e11, 4e11), train_flops=[1e21, 1e22])
    unknown = make_results([0.5, 0.6], family="C", params=(1e9, 4e9))
    row = describe_steps(pd.concat([own, other, unknown], ignore_index=True)).iloc[0]
    assert row["peer_lines"] == 1
    assert row["peer_near_gap"] == pytest.approx(2.0)


def test_steps_keep_ten_percent_clear_of_the_target(tables):
    steps = observed_steps(tables[0], pairs="all")
    assert ((steps["target_scale"] - steps["origin_scale"]) > BELOW).all()
