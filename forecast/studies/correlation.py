"""Correlations of two gains under resampling of tasks, as measured and with sampling noise taken out.

Formulas: Fuller 1987, Measurement Error Models, section 1.1.
"""

from __future__ import annotations

import numpy as np

LEAST_RELIABLE = 0.3
"""A correlation is corrected only where at least this share of both gains' variance is not noise."""


def moments(first: np.ndarray, second: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Covariance and both variances of (n,) values under weights (draws, n), (draws,) each; NaN where fewer than two.

    Unbiased for weights of that spread, so that resampled variances are on a level with the data's.
    """
    x, y = first - first.mean(), second - second.mean()
    sums = weight @ np.stack([np.ones_like(x), x, y, x * y, x * x, y * y], axis=1)
    total = sums[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums[:, 1:] / total[:, None]
        left = 1.0 - (weight**2).sum(axis=1) / total**2
        scale = 1.0 / np.where(left > 1e-9, left, np.nan)
    one, two = mean[:, 0], mean[:, 1]
    return scale * (mean[:, 2] - one * two), scale * (mean[:, 3] - one**2), scale * (mean[:, 4] - two**2)


def corrected_correlation(
    covariance: np.ndarray, first: np.ndarray, second: np.ndarray, noise: np.ndarray
) -> np.ndarray:
    """Correlation of the true gains from moments of the measured ones.

    Parameters
    ----------
    covariance, first, second : moments of the measured gains
    noise : mean noise variance of the three scores in order, (draws, 3)

    Returns
    -------
    In [-1, 1]; NaN where less than `LEAST_RELIABLE` of a gain's variance is not noise.
    """
    true_first, true_second = first - noise[:, 0] - noise[:, 1], second - noise[:, 1] - noise[:, 2]
    reliable = (true_first > LEAST_RELIABLE * first) & (true_second > LEAST_RELIABLE * second)
    size = np.sqrt(np.where(reliable, true_first * true_second, np.nan))
    return np.clip((covariance + noise[:, 1]) / size, -1.0, 1.0)


def size_of(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Product of two standard deviations; NaN where one is 0."""
    return np.sqrt(np.where((one > 1e-12) & (two > 1e-12), one * two, np.nan))
