"""What predictors are trained on."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.backtests.training import past_folds
from scale_forecast.inputs.folds import Exclusion, folds_of
from scale_forecast.predictors.registry import PREDICTORS, make
from tests.worlds import make_panel


@pytest.mark.parametrize("name", PREDICTORS)
def test_the_first_model_ever_is_forecast_without_any_past(name):
    """Of the oldest family nothing older is known: a backtest that is limited by date begins with no past at all."""
    panel = make_panel()
    past = past_folds(panel, Exclusion("Alpha", as_of=pd.Timestamp("2018-01-01")))
    assert past == []
    fold = next(iter(folds_of(panel, "leave-family-out", ["Alpha 3"])))
    forecast = make(name).fit(past).predict(fold.rows, fold.evidence)
    assert np.isfinite(forecast.median).all()
