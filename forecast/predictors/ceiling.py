"""What no forecaster can know: the sampling noise of the target's own score, and the highest R2 it leaves."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.distribution import MID_LEVELS, Forecast
from scale_forecast.predictors.boosted import suite_mean
from scale_forecast.predictors.spread import noise_at


def sampling_noise(forecast: Forecast) -> np.ndarray:
    """Standard error that sampling alone gives each target's score at the forecast's median, (n,), score units."""
    at = noise_at(forecast.targets, forecast.link_quantiles(np.array([0.5]))[:, 0])
    return at / forecast.link.slope(forecast.median)


def suites(rows: pd.DataFrame) -> np.ndarray:
    """Code of the suite and metric of each target: gains are compared within these, (n,)."""
    return rows.groupby(["suite", "metric_code"]).ngroup().to_numpy()


def noise_ceiling(forecast: Forecast, noise: np.ndarray) -> np.ndarray:
    """The highest R2 of its suite's gains that any predictor could expect, (n,), the same throughout a suite.

    1 - sampling variance / variance of the suite's gains, between tasks and within each forecast.
    """
    suite, origin = suites(forecast.targets), forecast.targets["origin_score"].to_numpy()
    draws = forecast.quantiles(MID_LEVELS)
    gain = draws.mean(axis=1) - origin
    between = suite_mean(gain**2, suite) - suite_mean(gain, suite) ** 2
    within = suite_mean(draws.var(axis=1), suite)
    return np.clip(1.0 - suite_mean(noise**2, suite) / (between + within), 0.0, 1.0)
