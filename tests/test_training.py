"""What predictors are trained on."""

import numpy as np
import pandas as pd
import pytest

from forecast.folds import Exclusion, folds_of
from forecast.predictors.registry import PREDICTORS, make
from forecast.training import past_folds
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
