"""A fold's losses: shares in their own unit, other scores in log units."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.backtests.run import backtest
from scale_forecast.inputs.folds import folds_of
from tests.worlds import make_panel, make_results

LOSSES = ["crps", "pinball", "log_score", "abs_error", "sq_error"]


def scored(times):
    """The world's scores as perplexities in some unit, forecast for one model."""
    rows = make_results(lines={"Alpha": 3, "Beta": 3}).assign(metric="perplexity", higher_is_better=False)
    panel = make_panel(rows.assign(score=times * np.exp(1 - rows["score"]), n_examples=np.nan))
    return backtest(panel, folds_of(panel, "next-scale", ["Beta 2"]), ["persistence"])


@pytest.fixture(scope="module")
def small_and_large():
    return scored(1.0), scored(100.0)


def test_a_perplexity_in_another_unit_loses_as_much(small_and_large):
    """In score units a hundredfold number was a hundredfold loss, and outweighed a hundred shares."""
    small, large = small_and_large
    assert len(small)
    pd.testing.assert_frame_equal(small[LOSSES], large[LOSSES], rtol=1e-6)
    assert (large["score"] / small["score"]).to_numpy() == pytest.approx(100.0)


def test_a_loss_is_the_log_of_a_ratio(small_and_large):
    small, _ = small_and_large
    assert small["abs_error"].to_numpy() == pytest.approx(np.abs(np.log(small["score"] / small["median"])).to_numpy())
