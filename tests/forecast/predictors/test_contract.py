"""What every predictor promises, whoever brings it."""

import functools

import numpy as np
import pandas as pd
import pytest

from scale_forecast.backtests.training import past_folds
from scale_forecast.distribution import MID_LEVELS
from scale_forecast.inputs.folds import Exclusion, folds_of
from scale_forecast.predictors.registry import PREDICTORS, make
from tests.worlds import make_panel, trained

PANEL = make_panel()


@functools.cache
def fold():
    return next(iter(folds_of(PANEL, "leave-family-out", ["Gamma 2"])))


@functools.cache
def forecast(name):
    return trained(name, fold().exclusion).predict(fold().rows, fold().evidence)


@pytest.mark.parametrize("name", PREDICTORS)
def test_quantiles_never_cross_nor_leave_the_range_of_the_metric(name):
    quantiles = forecast(name).quantiles(MID_LEVELS)
    assert quantiles.shape == (len(fold().rows), len(MID_LEVELS))
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert ((quantiles >= 0) & (quantiles <= 1)).all()


@pytest.mark.parametrize("name", PREDICTORS)
def test_a_restored_state_predicts_the_same_bytes(name):
    again = make(name).restore(trained(name, fold().exclusion).state()).predict(fold().rows, fold().evidence)
    assert again.quantiles(MID_LEVELS).tobytes() == forecast(name).quantiles(MID_LEVELS).tobytes()


@pytest.mark.parametrize("name", PREDICTORS)
def test_rows_and_evidence_are_left_as_they_were(name):
    rows, evidence = fold().rows.copy(deep=True), fold().evidence.rows.copy(deep=True)
    trained(name, fold().exclusion).predict(fold().rows, fold().evidence)
    pd.testing.assert_frame_equal(fold().rows, rows, check_exact=True)
    pd.testing.assert_frame_equal(fold().evidence.rows, evidence, check_exact=True)


@pytest.mark.parametrize("name", PREDICTORS)
def test_the_first_model_ever_is_forecast_without_any_past(name):
    """Of the oldest family nothing older is known: a backtest that is limited by date begins with no past at all."""
    past = past_folds(PANEL, Exclusion("Alpha", as_of=pd.Timestamp("2018-01-01")))
    assert past == []
    first = next(iter(folds_of(PANEL, "leave-family-out", ["Alpha 3"])))
    assert np.isfinite(make(name).fit(past).predict(first.rows, first.evidence).median).all()
