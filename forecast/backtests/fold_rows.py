"""Score the forecast of one fold: the rows of the backtest table, one for each score that it foretold."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
    table["crps"] = crps_quantile(observed, forecast.quantiles(MID_LEVELS), MID_LEVELS)
    table["pinball"] = np.mean(
        [pinball_loss(observed, printed[:, j], level) for j, level in enumerate(PRINTED.values())], axis=0
    )
    table["log_score"] = -forecast.log_density(observed)
    table["abs_error"] = np.abs(observed - median)
    table["sq_error"] = (observed - median) ** 2
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
