"""`forecast backtest`'s averages: what they are averages of, and what their intervals are about."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.backtests.resampled import OF_THESE_TASKS, Resampled, interval
from scale_forecast.backtests.summary import LOSSES, SHARES, readable, summary
from scale_forecast.data.errors import UsageError
from scale_forecast.show import views
from scale_forecast.workflow.backtest import backtest_siblings, siblings_of
from tests.forecast.backtests.tables import against, made_table
from tests.worlds import make_panel

RNG = np.random.default_rng(0)


def row_of(table, predictor="ours"):
    found = summary(table, references=["drift"], draws=100)
    return found.set_index("predictor").loc[predictor]


def lines_of(ratios, rng, *, tasks=12):
    """Targets of lines whose CRPS is a ratio of the reference's; ``ratios`` (lines, targets)."""
    return pd.concat(
        [
            against(ratio * theirs * rng.uniform(0.8, 1.2, tasks), theirs, line=f"line {i}", model=f"model {i}.{j}")
            for i, row in enumerate(np.atleast_2d(ratios))
            for j, ratio in enumerate(row)
            for theirs in [rng.uniform(0.05, 0.15, tasks)]
        ],
        ignore_index=True,
    )


def test_a_skill_is_that_of_the_nested_means():
    ours, theirs = np.array([0.01, 0.02, 0.03, 0.04, 0.05]), np.full(5, 0.06)
    assert row_of(against(ours, theirs))["skill_drift"] == pytest.approx(0.5)


def held(values, *, tasks):
    """Of a hundred tables, how many have the mean of all lines and targets, 0, in their interval."""
    rng, count = np.random.default_rng(1), 0
    lines, targets = values.shape[1:]
    names = pd.MultiIndex.from_product(
        [range(lines), range(targets), range(tasks)], names=["line", "target_model", "t"]
    )
    table = names.to_frame(index=False).assign(family="x")
    table["canonical_task"] = table["t"].astype(str)
    for one in values:
        resampled = Resampled(table, draws=100, seed=int(rng.integers(1000)))
        low, high = interval(resampled.means((one[..., None] + rng.normal(0, 0.1, (lines, targets, tasks))).ravel()))
        count += low <= 0.0 <= high
    return count


def test_an_interval_over_lines_holds_the_mean_of_all_lines_as_often_as_it_says():
    assert 78 <= held(np.random.default_rng(2).normal(0, 1, (100, 20, 1)), tasks=3) <= 98


def test_an_interval_over_the_targets_of_one_line_holds_the_line_s_mean_as_often_as_it_says():
    """Over tasks alone it would hold it next to never."""
    assert 76 <= held(np.random.default_rng(3).normal(0, 1, (100, 1, 15)), tasks=3) <= 98


def test_an_interval_of_one_target_does_not_hold_the_mean_of_its_line():
    """Which is why it is headed as of these tasks."""
    assert held(np.random.default_rng(4).normal(0, 1, (100, 1, 1)), tasks=20) < 20


def test_the_interval_of_one_target_is_of_its_tasks_and_says_so():
    """Its siblings differ by far more than its tasks tell; only with them there is the spread known."""
    rng = np.random.default_rng(2)
    line = lines_of(np.array([[0.5, 0.7, 0.9, 1.1, 1.3]]), rng)
    alone = row_of(line[line["target_model"] == "model 0.0"])
    assert alone["interval_over"] == OF_THESE_TASKS
    assert alone["skill_drift_low"] > 0.35
    assert np.isnan(alone["skill_drift_between"])
    together = row_of(line)
    assert together["interval_over"] == "targets and tasks"
    assert together["skill_drift_between"] == pytest.approx(np.std([0.5, 0.7, 0.9, 1.1, 1.3], ddof=1), abs=0.06)
    wide, narrow = (row["skill_drift_high"] - row["skill_drift_low"] for row in (together, alone))
    assert wide > 2 * narrow


def test_the_heading_of_one_target_says_these_tasks_and_of_several_how_far_they_differ():
    rng = np.random.default_rng(4)
    line = lines_of(np.array([[0.5, 1.0]]), rng)
    alone = line[line["target_model"] == "model 0.0"]
    one, two = (readable(summary(table, references=["drift"])) for table in (alone, line))
    assert "vs drift, these tasks" in one
    assert "±" in two["vs drift"][0]
    assert "these tasks" in views.caution(summary(alone, references=["drift"]))
    assert views.caution(summary(line, references=["drift"])) == ""


def test_predictors_with_different_rows_are_compared_on_the_scores_that_both_foretold():
    ours, theirs = RNG.uniform(0.01, 0.1, (2, 12))
    table = against(ours, theirs)
    table = table[~((table["predictor"] == "ours") & table["task"].isin(["task 1", "task 5"]))]
    table = table[~((table["predictor"] == "drift") & (table["task"] == "task 7"))].sample(frac=1, random_state=0)
    both = np.setdiff1d(np.arange(12), [1, 5, 7])
    row = row_of(table)
    assert row["scores"] == 10
    assert row["skill_drift"] == pytest.approx(1 - ours[both].mean() / theirs[both].mean())
    assert row["skill_drift_low"] < row["skill_drift"] < row["skill_drift_high"]


def test_predictors_with_no_score_in_common_are_not_compared():
    table = pd.concat([made_table([0.1] * 5), made_table([0.1] * 5, predictor="drift", benchmark="another")])
    assert np.isnan(row_of(table)["skill_drift"])
    assert readable(summary(table, references=["drift"]))["vs drift, these tasks"].eq("").all()


def test_a_loss_is_no_part_of_the_headline():
    """74 perplexities made a third of the mean CRPS over 11,255 scores."""
    shares = against(np.full(20, 0.05), np.full(20, 0.1))
    losses = against(np.full(2, 3.0), np.full(2, 1.0), benchmark="loss", is_share=False, metric="perplexity")
    found = summary(pd.concat([shares, losses], ignore_index=True), references=["drift"])
    assert found["of"].tolist() == [SHARES, SHARES, LOSSES, LOSSES]
    first = found.iloc[0]
    assert first[["predictor", "crps", "skill_drift"]].tolist() == ["ours", pytest.approx(0.05), pytest.approx(0.5)]
    assert found[found["of"] == LOSSES].set_index("predictor")["skill_drift"]["ours"] == pytest.approx(-2.0)
    assert readable(found)["of"].tolist() == found["of"].tolist()
    assert "of" not in readable(summary(shares, references=["drift"]))


def test_siblings_tell_the_spread_and_move_nothing_else():
    rng = np.random.default_rng(5)
    line = lines_of(np.array([[0.5, 0.7, 0.9]]), rng)
    one = line["target_model"] == "model 0.0"
    alone, beside = (
        summary(line[one], references=["drift"], beside=more, draws=50).set_index("predictor")
        for more in (None, line[~one])
    )
    assert np.isnan(alone["skill_drift_between"]["ours"])
    assert beside["skill_drift_between"]["ours"] == pytest.approx(0.2, abs=0.06)
    rest = alone.columns.drop("skill_drift_between")
    pd.testing.assert_frame_equal(alone[rest], beside[rest])


def test_siblings_are_the_line_s_other_models_nearest_in_scale():
    panel = make_panel()
    near = siblings_of(panel, "alpha 3", 3)
    assert near[0] in ("Alpha-tuned 3", "Alpha 2", "Alpha-tuned 2")
    assert len(near) == 3
    assert {name.split()[0] for name in siblings_of(panel, "Alpha 3", 9)} == {"Alpha", "Alpha-tuned"}
    assert "Alpha 3" not in siblings_of(panel, "Alpha 3", 9)
    assert "Alpha 0" not in siblings_of(panel, "Alpha 3", 9), "nothing smaller to be forecast from"


def test_siblings_of_no_or_two_targets_are_refused():
    for target in ((), ("a", "b")):
        with pytest.raises(UsageError, match="name one"):
            backtest_siblings(target=target)


def test_the_table_for_people_says_the_figures_of_the_summary():
    """Only an exact 0 loses its sign, and what is not known says so."""
    table = lines_of(np.array([[0.5, 1.0]]), np.random.default_rng(4))
    found = summary(table, references=["drift"], draws=50)
    found.loc[0, ["r2", "ceiling_r2"]] = [-1e-9, np.nan]
    shown = readable(found)
    for name, column in (("MAE", "mae"), ("RMSE", "rmse"), ("CRPS", "crps"), ("r of gains", "r")):
        pd.testing.assert_series_equal(shown[name], found[column], check_names=False)
    assert np.allclose(shown["R2"], found["r2"], atol=5e-4, equal_nan=True)
    assert not np.signbit(shown["R2"][0])
    assert np.allclose(shown["R2, shift forgiven"], found["r2_shift_forgiven"], atol=5e-4, equal_nan=True)
    assert shown["R2 ceiling"][0] == "unknown"
    assert shown["in 80%"].tolist() == [f"{share:.0%}" for share in found["cover80"]]
