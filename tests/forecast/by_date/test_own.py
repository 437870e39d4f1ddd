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


def joined(tmp_path, *rows, as_of=AS_OF):
    path = tmp_path / "own.csv"
    pd.DataFrame([ROW | row for row in rows]).to_csv(path, index=False)
    return join_own(tables(), load([path]), ALIASES, as_of)


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


@pytest.mark.parametrize(("metric", "unit"), [("elo", "Elo"), ("minutes", "minutes"), ("dollars", "US dollars")])
def test_a_users_benchmark_is_in_the_unit_of_its_metric(tmp_path, metric, unit):
    world = see(
        joined(tmp_path, {"metric": metric, "score": 30.0}, {"metric": metric, "score": 60.0, "model": "B"})[0], AS_OF
    )
    assert world.tasks.loc["mine", "unit"] == unit


def test_a_bound_that_nobody_saw_enters_no_dated_world(tmp_path):
    bound = {"known_basis": "not before", "released": "2023-06-01"}
    both, notes = joined(tmp_path, bound, bound | {"model": "Omega 2", "seen_on": "2024-06-20"})
    dated, release = (see(both, AS_OF, reading) for reading in ("dated", "release"))
    assert set(dated.rows.loc[dated.rows["task"] == "mine", "model"]) == {"Omega 2"}
    assert set(release.rows.loc[release.rows["task"] == "mine", "model"]) == {"Omega 1", "Omega 2"}
    assert "1 score of yours known not before a day: read by --release-dates alone" in " ".join(notes)
    assert "mine" not in see(both, pd.Timestamp("2024-06-19")).tasks.index


@pytest.mark.parametrize("as_of", [AS_OF, None])
def test_a_users_row_of_a_later_day_takes_no_bundled_score_away_before_it(tmp_path, as_of):
    old = tables().scores.iloc[0]
    row = {"benchmark": old["task"], "task": old["task"], "model": old["model"], "score": 0.5}
    later, _ = joined(tmp_path, row | {"known_on": "2025-02-01"}, as_of=as_of)
    kept = later.scores[(later.scores["task"] == old["task"]) & (later.scores["model"] == old["model"])]
    assert old["score"] in kept["score"].tolist()
    before, _ = joined(tmp_path, row | {"known_on": "2022-12-01", "released": "2022-11-01"}, as_of=as_of)
    kept = before.scores[(before.scores["task"] == old["task"]) & (before.scores["model"] == old["model"])]
    assert kept["score"].tolist() == [0.5]
