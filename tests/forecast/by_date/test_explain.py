"""What explanations by date say agrees with the forecasts that they explain."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.by_date.explain import explain_model, explain_record
from scale_forecast.by_date.new_model import NewModel, predict_model
from scale_forecast.by_date.paths import RecordPaths
from scale_forecast.by_date.record_forecast import read_records
from scale_forecast.by_date.scopes import Scope
from tests.forecast.by_date.tables import AS_OF

DAY = AS_OF + pd.DateOffset(months=6)
TASK = "shares 2"


@pytest.fixture(scope="module")
def paths(trained):
    return RecordPaths(trained, DAY, draws=300)


@pytest.mark.parametrize("scope", [Scope(), Scope(("A",))], ids=["everybody", "one maker"])
def test_a_record_is_explained_up_to_its_own_forecast(paths, scope):
    explained = explain_record(paths, TASK, DAY, scope)
    value = explained.steps.set_index("name")["value"]
    forecast = read_records(paths, [DAY], [TASK], scope)
    assert value[["q10", "median", "q90"]].tolist() == pytest.approx(forecast.quantiles([0.1, 0.5, 0.9])[0, 0].tolist())
    assert value["record now"] == forecast.records[TASK].score
    assert 0 < value["best of them"] < 1
    assert value["new models measured"] > 1
    assert np.isfinite(value["their trend"])


def test_whoever_may_hold_the_record_is_named_with_probabilities_that_sum_to_one(paths):
    releases = explain_record(paths, TASK, DAY).releases
    assert releases["probability"].sum() == pytest.approx(1.0, abs=0.02)
    assert releases["probability"].is_monotonic_decreasing
    standing = releases[releases["state"].str.startswith("standing")]
    assert standing["probability"].item() == pytest.approx(
        float(read_records(paths, [DAY], [TASK]).prob_no_change()[0, 0])
    )


def test_a_coming_model_is_explained_by_what_is_learned_of_it(trained):
    target = NewModel("Alpha 99", DAY, "A", "Alpha", "flagship")
    explained = explain_model(trained.state, target, {"shares 1": 0.99}, TASK)
    value = explained.steps.set_index("name")["value"]
    told = predict_model(trained.state, target, {"shares 1": 0.99}, tasks=[TASK])
    assert value["with its known scores"] == pytest.approx(told.quantiles(np.array([0.5]))[0, 0])
    assert value["with its known scores"] > value["of its line and tier"]
    assert explained.releases["near"].iloc[0] == "line"
    assert explained.releases["released"].is_monotonic_decreasing or "organisation" in set(explained.releases["near"])


def test_every_number_of_an_explanation_stands_in_its_file(paths):
    explained = explain_record(paths, TASK, DAY)
    long = explained.as_long()
    assert len(long) == len(explained.steps) + len(explained.releases)
    assert long["value"].notna().all()
