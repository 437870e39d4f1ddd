"""A user's own results beside the bundled ones by date."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.by_date.own import join_own
from scale_forecast.by_date.state import fit
from scale_forecast.by_date.world import see
from scale_forecast.data.load import load
from tests.forecast.by_date.tables import AS_OF, tables

ALIASES = pd.Series({"Alpha 0": "alpha-zero; A0", "Alpha 1": None})
ROW = {"benchmark": "mine", "task": "mine", "model": "Omega 1", "score": 0.4, "known_on": "2024-03-01"}


def joined(tmp_path, *rows):
    path = tmp_path / "own.csv"
    pd.DataFrame([ROW | row for row in rows]).to_csv(path, index=False)
    return join_own(tables(), load([path]), ALIASES)


def test_a_benchmark_and_a_model_of_the_users_are_forecast_with_the_others(tmp_path):
    both, _ = joined(tmp_path, {}, {"model": "Omega 2", "score": 0.6}, {"model": "Alpha 0", "score": 0.2})
    world = see(both, AS_OF)
    assert world.tasks.loc["mine", "unit"] == "share"
    assert set(world.rows.loc[world.rows["task"] == "mine", "model"]) == {"Omega 1", "Omega 2", "Alpha 0"}
    assert np.isfinite(fit(both, AS_OF).mean).all()


def test_a_bundled_model_or_benchmark_is_known_by_any_of_its_names(tmp_path):
    both, notes = joined(tmp_path, {"model": "ALPHA-ZERO", "benchmark": "Shares-1", "task": "Shares-1", "score": 0.77})
    row = both.scores[(both.scores["task"] == "shares 1") & (both.scores["model"] == "Alpha 0")]
    assert row["score"].tolist() == [0.77]
    assert len(both.releases) == len(tables().releases)
    assert ("replaced" in " ".join(notes)) == ("Alpha 0" in set(tables().scores.query("task == 'shares 1'")["model"]))


def test_a_row_without_a_day_is_left_out_and_counted(tmp_path):
    both, notes = joined(tmp_path, {}, {"model": "Omega 2", "known_on": None})
    assert "Omega 2" not in set(both.scores["model"])
    assert notes == ["1 score of yours without a day: left out by date; give released or known_on"]


def test_a_users_row_enters_nothing_before_its_day(tmp_path):
    both, _ = joined(tmp_path, {"known_on": "2024-07-02", "released": "2023-06-01"})
    assert "mine" not in see(both, AS_OF).tasks.index
    assert "mine" in see(both, AS_OF + pd.Timedelta(days=1)).tasks.index


def test_a_task_in_a_metric_that_falls_is_left_out_with_the_reason(tmp_path):
    both, _ = joined(tmp_path, {"metric": "loss", "score": 2.3})
    assert see(both, AS_OF, "release").left_out["mine"] in ("lower is better", "its unit is loss")


@pytest.mark.parametrize("day", ["2023-02-01", "2024-03-01"])
def test_two_metrics_of_a_task_are_two_benchmarks(tmp_path, day):
    rows = [{"known_on": day}, {"known_on": day, "metric": "exact_match", "score": 0.3}]
    both, _ = joined(tmp_path, *rows)
    assert {"mine (accuracy)", "mine (exact_match)"} <= set(both.benchmarks["task"])
