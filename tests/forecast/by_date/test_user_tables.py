"""Tables of users, odd in every way we could think of: forecast in their own units, or left out with the reason."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.by_date import forecasts
from scale_forecast.by_date.explain import explain_record
from scale_forecast.by_date.index import capability_index
from scale_forecast.by_date.new_model import NewModel, predict_model
from scale_forecast.by_date.own import join_own
from scale_forecast.by_date.paths import RecordPaths
from scale_forecast.by_date.present import ladder_table, record_table, scores_table
from scale_forecast.by_date.record_forecast import read_records
from scale_forecast.by_date.records import standing
from scale_forecast.by_date.world import see
from scale_forecast.data.load import load
from tests.forecast.by_date.tables import frames
from tests.forecast.by_date.tables import tables as bundled

AS_OF = pd.Timestamp("2024-01-01")
BY = [AS_OF + pd.DateOffset(months=months) for months in (3, 12)]
NO_ALIASES = pd.Series(dtype=object)
DAYS = pd.date_range("2022-12-01", "2023-12-01", periods=10)
STEPS = np.arange(10.0)
ODD = {
    "elo": {"metric": "elo", "score": 1000 + 40 * STEPS},
    "minutes": {"metric": "minutes", "score": 0.5 * 2**STEPS},
    "dollars": {"metric": "US dollars", "score": 100 * 1.5**STEPS},
    "losses": {"metric": "loss", "score": 3.1 - 0.1 * STEPS},
    "broke": {"metric": "dollars", "score": 30 * STEPS},
    "one model": {"score": [0.3], "known_on": DAYS[:1]},
    "three models": {"score": [0.2, 0.3, 0.4], "known_on": DAYS[:3]},
    "one day": {"score": 0.1 + 0.06 * STEPS, "known_on": DAYS[5]},
    "no maker": {"score": 0.1 + 0.06 * STEPS, "organisation": None},
    "saturated": {"score": np.minimum(0.8 + 0.05 * STEPS, 1.0)},
    "never right": {"score": np.where(STEPS < 7, 0.0, 0.02)},
    "flat": {"score": np.full(10, 0.5)},
    "half to come": {"score": 0.1 + 0.06 * STEPS, "known_on": [*DAYS[:5], *(DAYS[5:] + pd.DateOffset(years=3))]},
    "all to come": {"score": 0.1 + 0.06 * STEPS, "known_on": DAYS + pd.DateOffset(years=3)},
    "bounds": {"score": 0.1 + 0.06 * STEPS, "known_basis": "not before"},
    "数学 Ω“x”": {"score": 0.2 + 0.05 * STEPS, "organisation": "Ünï/Codé, Inc."},
}
UNITS = {"elo": "Elo", "minutes": "minutes", "dollars": "US dollars"}
LEFT_OUT = {"losses": "lower is better", "broke": "a score of zero or less has no logarithm"}
UNSEEN = {"all to come", "bounds"}
FORECAST = sorted(set(ODD) - set(LEFT_OUT) - UNSEEN)


def rows():
    parts = []
    for task, odd in ODD.items():
        n = len(odd["score"])
        base = {"task": task, "model": [f"{task} {i}" for i in range(n)], "known_on": DAYS[:n]}
        parts.append(pd.DataFrame({**base, "organisation": [["Oa", "Ob"][i % 2] for i in range(n)], **odd}))
    return pd.concat(parts, ignore_index=True)


def joined(table, path):
    table.to_csv(path, index=False)
    both, _ = join_own(bundled(until="2023-12-01"), load([path]), NO_ALIASES, AS_OF)
    return both


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return joined(rows(), tmp_path_factory.mktemp("own") / "odd.csv")


@pytest.fixture(scope="module")
def trained(tables):
    """From one quarter of the past: of what it teaches nothing is told here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forecasts, "QUARTERS", 1)
        return forecasts.train(tables, AS_OF, "release")


@pytest.fixture(scope="module")
def paths(trained):
    return RecordPaths(trained, BY[-1], draws=100)


def test_what_cannot_be_forecast_is_left_out_with_the_reason(tables):
    world = see(tables, AS_OF)
    assert {name: why for name, why in world.left_out.items() if name in ODD} == LEFT_OUT
    assert set(FORECAST) == set(world.tasks.index) & set(ODD)
    assert {name: world.tasks.loc[name, "unit"] for name in UNITS} == UNITS


@pytest.mark.parametrize("task", FORECAST)
def test_every_other_table_is_forecast_in_its_unit_and_within_its_bounds(task, tables, trained, paths):
    found = read_records(paths, BY, [task])
    record = found.records[task]
    assert record.score == see(tables, AS_OF, "release").rows.query("task == @task")["score"].max()
    assert np.isfinite(found.draws).all()
    assert (found.draws >= record.score).all()
    assert found.units == [UNITS.get(task, "share")]
    assert task in UNITS or found.draws.max() <= 1.0
    table, ladder = record_table(found, tables.benchmarks), ladder_table(found)
    assert table["nothing_new"].between(0, 1).all()
    assert ladder.empty or (ladder["threshold"] > record.score).all()
    assert ladder.empty == (task == "saturated")
    assert explain_record(paths, task, BY[-1]).steps["value"].notna().sum() > 5
    target = NewModel(f"{task} next", BY[0], "Oa")
    scores = predict_model(trained.state, target, tasks=[task])
    told = scores_table(scores, target.name, target.released, standing(trained.state, [task]), tables.benchmarks)
    assert told.notna().all(axis=None)
    assert (told["prob_record"] == 0).all() == (task == "saturated")


def test_a_saturated_benchmark_stands_at_the_whole(paths):
    assert (read_records(paths, BY, ["saturated"]).draws == 1.0).all()


def test_every_model_of_theirs_is_on_the_index_and_an_unknown_maker_is_of_its_own(trained):
    index = capability_index(trained.state).set_index("model")
    assert np.isfinite(index[["index", "low", "high"]].to_numpy()).all()
    assert index.loc["no maker 0", "organisation"] == "maker of no maker 0"
    assert "数学 Ω“x” 9" in index.index


def test_a_permuted_table_is_the_same_table(tables, tmp_path):
    mixed = rows().sample(frac=1, random_state=2)
    again = joined(mixed[mixed.columns[::-1]], tmp_path / "mixed.csv")
    one, other = (see(each, AS_OF, "release") for each in (tables, again))
    pd.testing.assert_frame_equal(one.rows.reset_index(drop=True), other.rows.reset_index(drop=True))
    pd.testing.assert_frame_equal(one.models, other.models)
    pd.testing.assert_frame_equal(one.tasks, other.tasks)


def test_the_world_of_the_tests_holds_models_of_every_unit():
    """So that what is shared between benchmarks has something to share."""
    assert set(UNITS.values()) < set(frames()[2]["unit"])
