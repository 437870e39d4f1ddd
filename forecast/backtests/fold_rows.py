"""Score the forecast of one fold: the rows of the backtest table, one for each score that it foretold.

Scores, medians and quantiles stand in the score's own unit. What they lost (``crps, pinball, log_score, abs_error,
sq_error``) is in that unit for shares, and in log units for losses.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.backtests.units import in_scored_units
from scale_forecast.data.trend import beyond_noise
from scale_forecast.distribution import MID_LEVELS, PRINTED, Forecast
from scale_forecast.inputs.folds import Fold
from scale_forecast.predictors.events import prob_gain, trends
from scale_forecast.resolvers.scores.quantiles import crps_quantile, pinball_loss


def fold_rows(forecast: Forecast, fold: Fold) -> pd.DataFrame:
    """The forecast of one fold beside what happened, every rule's number in a column."""
    rows, observed = forecast.targets, fold.truth["score"].to_numpy()
    printed = forecast.quantiles(list(PRINTED.values()))
    median = forecast.median
    up = np.where(rows["higher_is_better"], 1.0, -1.0)
    gained = beyond_noise(up * observed, up * rows["origin_score"].to_numpy(), np.zeros(1), np.zeros(1))
    table = rows[["benchmark", "task", "metric", "shots", "prompt", "target_model", "line", "family"]].copy()
    table = table.astype({name: "str" for name in ("benchmark", "task", "metric", "prompt")})
    table.insert(0, "fold", fold.name)
    table.insert(0, "predictor", forecast.predictor)
    table["distance"] = rows["step"]
    table["date_limited"] = fold.date_limited
    table["origin_score"] = rows["origin_score"]
    table["score"] = observed
    table["median"] = median
    for j, name in enumerate(PRINTED):
        table[name] = printed[:, j]
    _add_losses(table, forecast, observed)
    table["pit"] = forecast.pit(observed)
    table["prob_gain"] = prob_gain(forecast)
    table["gained"] = gained
    table["origin_is_own"] = rows["origin_is_own"]
    table["canonical_task"] = rows["canonical_task"].astype("str")
    table["is_share"] = rows["is_share"]
    table["chance"] = rows["chance"]
    table["origin_se"] = rows["origin_se"]
    table["se"] = fold.truth["se"].where(fold.truth["noise_known"])
    table["n_examples"] = rows["n_examples"]
    table["trend"] = trends(rows, fold.evidence)
    table["loading"] = forecast.loading
    return table


def _add_losses(table: pd.DataFrame, forecast: Forecast, observed: np.ndarray) -> None:
    """Every rule's loss, in log units where the score is no share."""
    share = forecast.targets["is_share"].to_numpy(dtype=bool)
    actual, median = (in_scored_units(values, share) for values in (observed, forecast.median))
    quantiles, printed = (
        in_scored_units(forecast.quantiles(levels), share[:, None]) for levels in (MID_LEVELS, list(PRINTED.values()))
    )
    table["crps"] = crps_quantile(actual, quantiles, MID_LEVELS)
    table["pinball"] = np.mean(
        [pinball_loss(actual, printed[:, j], level) for j, level in enumerate(PRINTED.values())], axis=0
    )
    # the density of log y is y times that of y
    table["log_score"] = -forecast.log_density(observed) - np.where(share, 0.0, actual)
    table["abs_error"] = np.abs(actual - median)
    table["sq_error"] = (actual - median) ** 2
