"""The worst bug this project can have: a forecast that has seen what it may not know.

Every row that a fold may not read is scrambled; not one number of the forecast may move. The positive controls scramble
rows that may be read, and the forecast must move.
"""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.backtests.run import backtest
from scale_forecast.backtests.training import Trained
from scale_forecast.inputs.folds import Exclusion, folds_of
from scale_forecast.inputs.targets import held_out_target, upcoming_target
from scale_forecast.predictors.registry import PREDICTORS
from scale_forecast.upcoming import predict_upcoming
from tests.worlds import make_panel, make_results, scrambled

TARGET = "Beta 3"
QUANTILES = ["median", "q05", "q10", "q25", "q75", "q90", "q95"]
RESULTS = make_results()


def forecasts(results, kind, predictors, target=TARGET):
    panel = make_panel(results)
    table = backtest(panel, folds_of(panel, kind, [target]), predictors)
    return table[["predictor", "fold", "task", "date_limited", *QUANTILES]]


def hidden_rows(results, kind):
    """Rows that no fold of this kind may read for `TARGET`."""
    target = results[results["model"] == TARGET].iloc[0]
    hidden = (results["line"] == target["line"]) & (results["params"] >= 0.9 * target["params"])
    if kind == "next-scale":
        hidden |= (results["line"] != target["line"]) & (results["known_on"] >= target["released"])
    return hidden.to_numpy()


@pytest.mark.parametrize("kind", ["next-scale", "leave-family-out"])
def test_backtest_never_reads_what_the_fold_may_not_know(kind):
    hidden = hidden_rows(RESULTS, kind)
    assert hidden.any()
    before, after = (forecasts(r, kind, list(PREDICTORS)) for r in (RESULTS, scrambled(RESULTS, hidden)))
    pd.testing.assert_frame_equal(before, after, check_exact=True)


def test_date_limited_forecasts_ignore_what_other_lines_published_later():
    target = RESULTS[RESULTS["model"] == TARGET].iloc[0]
    later = ((RESULTS["line"] != "Beta") & (RESULTS["known_on"] >= target["released"])).to_numpy()
    before, after = (forecasts(r, "leave-family-out", ["stack"]) for r in (RESULTS, scrambled(RESULTS, later)))
    limited = before["date_limited"]
    pd.testing.assert_frame_equal(before[limited], after[limited], check_exact=True)
    assert (before.loc[~limited, "median"] != after.loc[~limited, "median"]).any(), "the control saw no difference"


def test_nothing_is_learned_from_the_held_out_line():
    """Sister families and smaller models of the line serve as evidence only, never in training."""
    sister = (RESULTS["line"] == "Alpha").to_numpy()
    before, after = (
        Trained(make_panel(r)).get("stack", Exclusion("Alpha")).state() for r in (RESULTS, scrambled(RESULTS, sister))
    )
    control = Trained(make_panel(scrambled(RESULTS, sister))).get("stack", Exclusion("Gamma")).state()
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert any(not np.array_equal(before[name], control[name]) for name in before)


@pytest.mark.parametrize("warm", [False, True])
def test_predict_is_the_same_to_the_byte_whatever_the_target_line_scored_above(tmp_path, warm):
    large = ((RESULTS["line"] == "Alpha") & (RESULTS["params"] >= 0.9 * 10**10.9)).to_numpy()
    assert set(RESULTS.loc[large, "family"]) == {"Alpha", "Alpha-tuned"}

    def table(results):
        panel = make_panel(results)
        target, _ = upcoming_target(panel, "Alpha", 10**10.9)
        cache = tmp_path if warm else None
        first = predict_upcoming(panel, target, predictor="stack", cache=cache).table
        second = predict_upcoming(panel, target, predictor="stack", cache=cache).table
        pd.testing.assert_frame_equal(first, second, check_exact=True)
        return second.to_csv(index=False)

    assert table(RESULTS) == table(scrambled(RESULTS, large))


def test_predict_does_move_with_its_origin():
    origin = (RESULTS["model"] == "Alpha 2").to_numpy()
    tables = []
    for results in (RESULTS, scrambled(RESULTS, origin)):
        panel = make_panel(results)
        tables.append(predict_upcoming(panel, upcoming_target(panel, "Alpha", 10**10.9)[0], predictor="drift").table)
    assert (tables[0]["median"] != tables[1]["median"]).all()


def test_rows_published_after_as_of_are_not_read():
    as_of = pd.Timestamp("2020-06-15")
    late = (RESULTS["known_on"] > as_of).to_numpy()
    tables = []
    for results in (RESULTS, scrambled(RESULTS, late)):
        panel = make_panel(results)
        target, _ = upcoming_target(panel, "Alpha", 10**11.7)
        tables.append(predict_upcoming(panel, target, predictor="stack", as_of=as_of).table)
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_leave_task_out_learns_nothing_from_other_lines_on_the_task():
    panel = make_panel()
    for made in folds_of(panel, "leave-task-out", [TARGET]):
        others = made.evidence.rows[made.evidence.rows["family"] != "Beta"]
        assert not set(others["canonical_task"]) & set(made.rows["canonical_task"])
        allowed = panel.rows[made.exclusion.allows(panel)]
        assert not set(allowed["canonical_task"]) & set(made.rows["canonical_task"])


def test_by_date_trains_and_predicts_from_the_past_alone():
    panel = make_panel()
    made = list(folds_of(panel, "by-date"))
    assert made
    for one in made:
        assert (one.evidence.rows["known_on"] <= one.exclusion.as_of).all()
        assert one.target.released > one.exclusion.as_of


def test_a_target_carries_no_score_of_its_own():
    panel = make_panel()
    made = next(folds_of(panel, "leave-family-out", [TARGET]))
    assert not {"score", "z", "se", "stderr"} & set(made.rows.columns)
    assert held_out_target(panel, TARGET, "Beta").params not in made.evidence.rows["params"].to_numpy()
