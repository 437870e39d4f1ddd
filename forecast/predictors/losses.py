"""Losses and perplexities: a straight line of log loss in log compute, as wide as the history departs from it.

Losses are too few among known models to learn a spread from, and their units differ, so each history speaks for itself:
the slope is that of its own points, the nearest weighing most, held towards a typical one; the spread grows with the
step and with how far the points lie from a line, and with the slope itself, since a line may bend.

References: Kaplan et al. (2020), arXiv:2001.08361, and Hoffmann et al. (2022), arXiv:2203.15556: test loss falls as a
power of compute, about 0.05 to 0.15 in its logarithm a decade.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from scale_forecast.distribution import LEVELS
from scale_forecast.inputs.panel import Panel, own_history, pad_rows
from scale_forecast.predictors.spread import SHORTEST_STEP

TYPICAL_SLOPE, SLOPE_VARIANCE = 0.1, 0.2**2
"""Of minus the log loss a decade, before a history is seen."""
TYPICAL_ROUGHNESS = 0.02
"""Link units by which losses depart from their lines; counts as one departure of the losses of a suite."""
PRIOR_POINTS = 1.0
"""For how many departures of a loss' own the suite's count."""
KEPT = 0.8
"""Of the slope, on the way to the target: losses level off towards what no model can foretell."""
BEND = 0.3
"""Share of the slope that may be lost or gained beyond that, one standard deviation."""
FORGOTTEN_DECADES = 0.5
LARGEST_SIZE = 0.75
"""Link units: however wild a history, no more than a factor of two either way is one standard deviation."""
SHAPE = stdtrit(4, LEVELS)
LEAST_SPREAD = 1e-6
UNCOVERED = "uncovered, since in backtests those of losses held far fewer scores than they say"
"""What is said of their intervals wherever they are shown."""


def loss_knots(rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
    """Link-scale quantiles of losses at `LEVELS`, (n, k).

    Parameters
    ----------
    rows : target rows of one family, none of them a share, as `inputs.targets.target_rows`
    evidence : Panel of the visible rows
    """
    past, at = own_history(rows, evidence, ["z"])
    scale, z = pad_rows(len(rows), at, past["scale"], past["z"])
    last = rows["scale"].to_numpy() - rows["step"].to_numpy()
    step = np.maximum(rows["step"].to_numpy(), SHORTEST_STEP)
    slope, slope_variance, roughness = _line(
        scale - last[:, None], z, rows.groupby(["suite", "metric_code"]).ngroup().to_numpy()
    )
    centre = rows["origin_z"].to_numpy() + KEPT * slope * rows["step"].to_numpy()
    noise = np.where(rows["origin_noise_known"], rows["origin_z_se"], 0.0)
    size = np.sqrt(2 * noise**2 + roughness**2 * (2.0 + step) + ((BEND * slope) ** 2 + slope_variance) * step**2)
    return centre[:, None] + np.minimum(size, LARGEST_SIZE)[:, None] * SHAPE


def _line(x: np.ndarray, z: np.ndarray, suite: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Slope, its variance, and roughness, (n,) each.

    Parameters
    ----------
    x, z : histories, (n, L), NaN in the padding; ``x`` in decades from the last point
    suite : ndarray of int, (n,)
        Histories of one suite share what is typical of their roughness.
    """
    known = np.isfinite(z)
    x, z = np.where(known, x, 0.0), np.where(known, z, 0.0)
    xx, xz, zz = _moments_about_mean(x, z, known.astype(float))
    left = np.where(xx > LEAST_SPREAD, zz - xz**2 / np.maximum(xx, LEAST_SPREAD), 0.0).clip(0.0)
    degrees = np.maximum(known.sum(axis=1) - 2.0, 0.0)
    typical = (np.bincount(suite, left) + TYPICAL_ROUGHNESS**2) / (np.bincount(suite, degrees) + 1.0)
    variance = (left + PRIOR_POINTS * typical[suite]) / (degrees + PRIOR_POINTS)
    xx, xz, _ = _moments_about_mean(x, z, known * np.exp(x / FORGOTTEN_DECADES))
    held = variance / SLOPE_VARIANCE
    return (xz + held * TYPICAL_SLOPE) / (xx + held), variance / (xx + held), np.sqrt(variance)


def _moments_about_mean(x: np.ndarray, z: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted sums of squares and products about the means of each history, (n,) each."""
    total = np.maximum(weight.sum(axis=1), 1e-9)
    x = x - ((weight * x).sum(axis=1) / total)[:, None]
    z = z - ((weight * z).sum(axis=1) / total)[:, None]
    return (weight * x * x).sum(axis=1), (weight * x * z).sum(axis=1), (weight * z * z).sum(axis=1)
