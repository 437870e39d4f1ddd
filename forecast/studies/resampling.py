"""Intervals from resampling tasks, and lines where several share a number: the same draws for every statistic."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from scale_forecast.backtests.resampled import DRAWS


def task_weights(tasks: pd.Series, *, seed: int, draws: int = DRAWS) -> np.ndarray:
    """How often each row's task is drawn, (1 + draws, rows); the first draw is the data themselves.

    All rows of a task (by its canonical name) are drawn together. Counts are Poisson(1), which resamples tasks of any
    subset of the rows alike.
    """
    code, names = pd.factorize(tasks, sort=True)
    counts = np.random.default_rng(seed).poisson(1.0, size=(draws, len(names)))
    return np.vstack([np.ones(len(code)), counts[:, code]])


def line_weights(lines: int, *, seed: int, draws: int = DRAWS) -> np.ndarray:
    """How often each line is drawn, (1 + draws, lines); the first draw is the data themselves.

    The draws of a single line are NaN: drawn again and again it is always itself, which is no interval.
    """
    if lines == 1:
        return np.vstack([np.ones(1), np.full((draws, 1), np.nan)])
    drawn = np.random.default_rng(seed).multinomial(lines, np.full(lines, 1 / lines), size=draws)
    return np.vstack([np.ones(lines), drawn])


def weighted_mean(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Means of values (n,) or (draws, n) under weights (draws, n), (draws,); NaN where all weights are 0.

    Missing values carry no weight.
    """
    known = np.isfinite(values)
    weight = weight * known
    total = weight.sum(axis=-1)
    summed = (weight * np.where(known, values, 0.0)).sum(axis=-1)
    return np.divide(summed, total, out=np.full(total.shape, np.nan), where=total > 0)


def percentiles(draws: np.ndarray, coverage: float = 0.9) -> tuple[float, float]:
    """Bias-corrected percentile interval of a statistic; NaN where fewer than half of its draws are finite.

    Parameters
    ----------
    draws : (1 + draws,), the estimate first. Small suites lose variety when resampled, which shifts the draws; the
        levels are moved by as much (Efron 1981, doi:10.2307/3314608).
    """
    estimate, rest = draws[0], draws[1:]
    finite = np.sort(rest[np.isfinite(rest)])
    if 2 * len(finite) < len(rest) or not len(finite) or not np.isfinite(estimate):
        return np.nan, np.nan
    below = np.searchsorted(finite, estimate, "left") + np.searchsorted(finite, estimate, "right")
    shift = ndtri((below + 1.0) / (2.0 * len(finite) + 2.0))
    levels = ndtr(2.0 * shift + ndtri([(1.0 - coverage) / 2.0, (1.0 + coverage) / 2.0]))
    low, high = np.interp(levels, (np.arange(len(finite)) + 0.5) / len(finite), finite)
    return float(low), float(high)


def cells(name: str, draws: np.ndarray) -> dict[str, float]:
    """``name, name_low, name_high`` of a statistic from its draws, the first of which is the estimate."""
    low, high = percentiles(draws)
    return {name: float(draws[0]), f"{name}_low": low, f"{name}_high": high}
