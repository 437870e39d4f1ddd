"""Trend of each target's history, and the probabilities of recovery and reversal read off a distribution."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.data.trend import BEYOND, best_of, trend_of
from scale_forecast.distribution import Forecast
from scale_forecast.inputs.panel import Panel, known_items, link_noise, own_history, pad_rows


def prob_gain(forecast: Forecast) -> np.ndarray:
    """P(target better than its origin), (n,): a share by half an item at least, so that neither luck nor ties count."""
    rows = forecast.targets
    half = (0.5 / rows["n_examples"]).fillna(0.0).to_numpy(dtype=float)
    origin, item = rows["origin_score"].to_numpy(dtype=float), np.where(forecast.link.up, half, -half)
    return forecast.prob_better(np.where(forecast.link.share, origin + item, origin))


def trends_and_events(forecast: Forecast, evidence: Panel) -> pd.DataFrame:
    """``trend`` of the family's history, and for a falling task ``prob_recovery`` and ``prob_reversal``.

    Both events need the target to be better by more than 2 standard errors of the difference, the target's own sampling
    error included; see `data.trend`.
    """
    rows = forecast.targets
    up, better, se = _history(rows, evidence)
    trend = _trend(rows, up, better, se)
    falling = trend == "falling"
    last = np.clip(np.isfinite(better).sum(axis=1) - 1, 0, None)
    at = np.arange(len(rows))
    best, best_se = best_of(better, se)
    recovery = _prob_beyond(forecast, better[at, last] * up, se[at, last], up)
    reversal = np.minimum(_prob_beyond(forecast, best * up, best_se, up), recovery)
    return pd.DataFrame(
        {
            "trend": trend,
            "prob_recovery": np.where(falling, recovery, np.nan),
            "prob_reversal": np.where(falling, reversal, np.nan),
        }
    )


def trends(rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
    """Trend of the family's scores on each target row so far, (n,)."""
    return _trend(rows, *_history(rows, evidence))


def _trend(rows: pd.DataFrame, up: np.ndarray, better: np.ndarray, se: np.ndarray) -> np.ndarray:
    chance, ceiling = (up * rows[name].to_numpy(dtype=float) for name in ("chance", "ceiling"))
    return trend_of(better, se, chance, ceiling)


def _history(rows: pd.DataFrame, evidence: Panel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sign of better (n,), signed scores and standard errors of the family's smaller models, (n, L), NaN-padded."""
    up = np.where(rows["higher_is_better"], 1.0, -1.0)
    past, at = own_history(rows, evidence, ["score", "se"])
    score, se = pad_rows(len(rows), at, past["score"], past["se"])
    if score.shape[1] == 0:
        score, se = (rows[[name]].to_numpy(dtype=float) for name in ("origin_score", "origin_se"))
    return up, score * up[:, None], se


def _prob_beyond(forecast: Forecast, score: np.ndarray, se: np.ndarray, up: np.ndarray) -> np.ndarray:
    """P(target better than ``score`` by more than 2 standard errors of the difference), (n,)."""
    rows = forecast.targets
    threshold = score
    for _ in range(3):
        inside = np.where(forecast.link.share, np.clip(threshold, 0.0, 1.0), threshold)
        own = link_noise(inside, known_items(rows), forecast.link) / forecast.link.slope(inside)
        threshold = score + up * BEYOND * np.hypot(own, np.nan_to_num(se))
    beyond_range = forecast.link.share & ((threshold >= 1.0) | (threshold <= 0.0))
    return np.where(
        beyond_range, 0.5 * forecast.prob_better(np.clip(threshold, 1e-6, 1 - 1e-6)), forecast.prob_better(threshold)
    )
