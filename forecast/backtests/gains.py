"""How well the gains of a suite's tasks were foretold: explained variance, correlation, and what noise allows.

A correlation forgives a forecast its level and its size, and its square passes for explained variance only where both
are right. So the two are kept apart: ``r2`` is 1 - mean squared error / variance of the gains, and is negative where
"every task gains the suite's mean", which nobody knew beforehand, would have been nearer.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.backtests.units import in_scored_units

TARGET = ["line", "family", "target_model"]
SUITE = [*TARGET, "benchmark", "shots", "prompt"]
FEWEST_TASKS = 5
STATISTICS = ["r2", "r2_shift_forgiven", "ceiling_r2", "r", "partial_r"]


def gain_statistics(rows: pd.DataFrame) -> pd.DataFrame:
    """`STATISTICS` of the gains in each suite of a target with at least `FEWEST_TASKS` tasks, and their number ``n``.

    Shares and losses apart, losses in log units. ``r2_shift_forgiven`` leaves out the error that all tasks of the suite
    share; ``partial_r`` is ``r`` with the origin score partialled out; ``ceiling_r2`` is the share of the gains'
    variance that is not sampling noise of the target (NaN: unknown), a bound on both R2.
    """
    out = []
    for key, suite in rows.groupby([*SUITE, "is_share"], dropna=False, sort=True):
        if len(suite) >= FEWEST_TASKS:
            out.append(dict(zip(SUITE, key, strict=False)) | {"n": len(suite)} | _statistics(suite))
    return pd.DataFrame(out, columns=[*SUITE, "n", *STATISTICS])


def _statistics(suite: pd.DataFrame) -> dict[str, float]:
    share = suite["is_share"].to_numpy(dtype=bool)
    origin, score, median = (in_scored_units(suite[name], share) for name in ("origin_score", "score", "median"))
    actual, predicted = score - origin, median - origin
    variance, error = float(np.var(actual)), actual - predicted
    se = suite["se"].to_numpy(dtype=float) / np.where(share, 1.0, np.abs(suite["score"].to_numpy(dtype=float)))
    ceiling = 1 - np.nanmean(se**2) / variance if variance > 0 and np.isfinite(se).mean() > 0.5 else np.nan
    return {
        "r2": 1 - float(np.mean(error**2)) / variance if variance > 0 else np.nan,
        "r2_shift_forgiven": 1 - float(np.var(error)) / variance if variance > 0 else np.nan,
        "ceiling_r2": float(np.clip(ceiling, 0, 1)),
        "r": correlation(predicted, actual),
        "partial_r": partial_correlation(predicted, actual, origin),
    }


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson correlation; 0 when either side does not vary, since a constant forecast explains nothing."""
    a, b = a - a.mean(), b - b.mean()
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > 1e-12 else 0.0


def partial_correlation(a: np.ndarray, b: np.ndarray, given: np.ndarray) -> float:
    """Correlation of what is left of ``a`` and ``b`` after a straight line in ``given`` is taken out of both."""
    given = given - given.mean()
    size = given @ given

    def rest(x: np.ndarray) -> np.ndarray:
        x = x - x.mean()
        return x - given * (given @ x / size) if size > 1e-12 else x

    return correlation(rest(a), rest(b))
