"""The inverse question: what it takes to reach a score, as a distribution that agrees with itself."""

import datetime as dt
import functools
import itertools

import numpy as np
import pytest

from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.data.errors import DataError
from scale_forecast.data.load import Tables
from scale_forecast.pricing import Desk
from scale_forecast.pricing.reach import reach_of
from scale_forecast.resolvers.kinds.threshold import Threshold
from scale_forecast.resolvers.terms.scope import Scope
from tests.worlds import make_results, make_tasks


@pytest.fixture(scope="module")
def desk():
    tables = Tables(make_results(), make_tasks(), bundled_metrics())
    return Desk(tables, dt.date(2020, 6, 15), predictor="persistence", recalibrate=False)


@functools.cache
def reached(desk, score, **scope):
    leaf = Threshold(task="task00", benchmark="world", score=score)
    return reach_of(desk, leaf, Scope(**scope), anybody=False).table.set_index("of")


def numbers(row):
    return [float(row[name]) if row[name] else np.inf for name in ("q10", "q25", "q50", "q75", "q90")]


def test_quantiles_rise_and_what_is_beyond_them_is_told(desk):
    table = reached(desk, 0.6)
    for of in ("compute", "params"):
        found = numbers(table.loc[of])
        assert found == sorted(found)
        assert max(value for value in [0.0, *found] if np.isfinite(value)) <= float(table.loc[of, "looked_at"]) * 1.01
        assert (table.loc[of, "not_within"] > 0.1) == (found[-1] == np.inf)


def test_a_higher_score_takes_no_smaller_a_model_and_is_no_likelier_within_reach(desk):
    tables = [reached(desk, score) for score in (0.4, 0.6, 0.95)]
    beyond = [table.loc["compute", "not_within"] for table in tables]
    assert beyond == sorted(beyond)
    assert beyond[0] < beyond[-1]
    for easier, harder in itertools.pairwise(tables):
        pairs = zip(numbers(easier.loc["compute"]), numbers(harder.loc["compute"]), strict=True)
        assert all(low <= high for low, high in pairs)


def test_parameters_and_compute_are_of_the_same_models(desk):
    table = reached(desk, 0.5, family="Alpha")
    assert table.loc["compute", "not_within"] == table.loc["params", "not_within"]


def test_nothing_to_start_from_is_refused(desk):
    with pytest.raises(DataError, match="no score"):
        reach_of(desk, Threshold(task="nothing", score=0.5), Scope(), anybody=True)
