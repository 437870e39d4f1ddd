"""Within the fitted points: an average by how well each form meets them, and a band sized by points left out there.

Beyond the points forms are trusted by how they extrapolate. Within, that would be wrong twice: a flat form that
extrapolates safely misses points it has seen, and a spread made for extrapolation is far too wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scale_forecast.curves.batch import Batch
from scale_forecast.curves.fitting import FormFit
from scale_forecast.curves.levmar import Problem

EVERY = 3
"""Of the points within a curve's ends, one of so many is left out to size the band."""
NEAR = 0.25
"""Share of the mean gap between points over which, past the last one, the band within passes into the one beyond."""
ERROR_80 = {"loss": 1.28, "accuracy": 1.28}
"""The 80% point of |error| / spread at points left out, where the batch has too few of its own."""
OWN_POINTS = 20.0
"""Points left out at which the batch's own errors count half in the size of its band."""


@dataclass(frozen=True)
class Inside:
    """Forms fitted to all points alike, their weights (k, n) within the points, and the ratios |error| / spread (m, n)
    of the points left out, NaN elsewhere."""

    fits: list[FormFit]
    weights: np.ndarray
    ratios: np.ndarray

    def centre(self, batch: Batch, u: np.ndarray) -> np.ndarray:
        """The average at u (m, n), in the fitted space."""
        return np.einsum("kn,kmn->mn", self.weights, _values(self.fits, batch, u))

    def spread(self, batch: Batch, u: np.ndarray) -> np.ndarray:
        """Standard deviation of an observation at u (m, n) around it, before the batch's own correction."""
        seen = batch.w > 0
        typical = np.where(seen, batch.w, 0.0).sum(axis=0) / seen.sum(axis=0)
        return _spread(self.fits, _values(self.fits, batch, u), self.weights, typical)


def look_inside(
    batch: Batch, fits: Sequence[FormFit], left_out: Sequence[FormFit], out: np.ndarray, possible: np.ndarray
) -> Inside:
    """What is known within the points.

    Parameters
    ----------
    fits : each form fitted to all points
    left_out : each form fitted without the points ``out`` (m, n), as `points_within` gives them
    possible : which forms each curve may be of, (k, n)
    """
    weights = weights_within(batch, fits, _values(fits, batch, batch.u), possible)
    kept = batch.with_weights(np.where(out, 0.0, batch.w))
    values = _values(left_out, batch, batch.u)
    trial = weights_within(kept, left_out, values, possible)
    error = batch.z - np.einsum("kn,kmn->mn", trial, values)
    spread = _spread(left_out, values, trial, np.where(batch.w > 0, batch.w, 1.0))
    ratio = np.abs(error) / np.maximum(spread, 1e-12) * _fewer(left_out, trial, kept, batch)
    return Inside(list(fits), weights, np.where(out, ratio, np.nan))


def _fewer(fits: Sequence[FormFit], weights: np.ndarray, kept: Batch, batch: Batch) -> np.ndarray:
    """How much nearer a point is to a fit of all points than to one of those kept, (n,).

    A fit of p parameters to n points misses a further one by about sigma sqrt(1 + p / n).
    """
    size = np.einsum("k,kn->n", [float(len(fit.theta)) for fit in fits], weights)
    few, every = ((part.w > 0).sum(axis=0) for part in (kept, batch))
    return np.sqrt((1.0 + size / every) / (1.0 + size / few))


def points_within(batch: Batch) -> np.ndarray:
    """True at every third of the points between a curve's smallest and largest x, (m, n)."""
    seen = batch.w > 0
    low = np.where(seen, batch.u, np.inf).min(axis=0)
    high = np.where(seen, batch.u, -np.inf).max(axis=0)
    within = seen & (batch.u > low) & (batch.u < high)
    return within & (np.cumsum(within, axis=0) % EVERY == 1)


def weights_within(batch: Batch, fits: Sequence[FormFit], values: np.ndarray, possible: np.ndarray) -> np.ndarray:
    """Weights of the ``possible`` forms by BIC, (k, n), from their ``values`` at the points (k, m, n)."""
    count = (batch.w > 0).sum(axis=0)
    guessed = Problem.noise_dof
    rss = (batch.w * (batch.z - values) ** 2).sum(axis=1) + guessed * batch.noise**2
    size = np.array([len(fit.theta) for fit in fits])[:, None]
    criterion = 0.5 * (count + guessed) * np.log(rss / (count + guessed)) + 0.5 * size * np.log(np.maximum(count, 2))
    criterion = np.where(possible, criterion, np.inf)
    weight = np.exp(criterion.min(axis=0) - criterion)
    return np.asarray(weight / weight.sum(axis=0))


def band_size(ratios: Sequence[np.ndarray], kind: str) -> float:
    """What the spread within is multiplied by for the 80% band, from the ratios of all parts of a batch."""
    every = np.concatenate([np.empty(0), *[part[np.isfinite(part)] for part in ratios]])
    if not len(every):
        return ERROR_80[kind]
    share = len(every) / (len(every) + OWN_POINTS)
    return float(ERROR_80[kind] ** (1 - share) * max(np.quantile(every, 0.8), 0.2) ** share)


def share_beyond(batch: Batch, u: np.ndarray) -> np.ndarray:
    """How far u (m, n) is out of the points: 0 among them, 1 from `NEAR` of a gap past either end on.

    It is 1 everywhere on curves of fewer than three different x.
    """
    seen = batch.w > 0
    low = np.where(seen, batch.u, np.inf).min(axis=0)
    gap = -low / np.maximum(batch.distinct - 1, 1)
    past = np.maximum(u, low - u)
    ramp = np.clip(past / np.maximum(NEAR * gap, 1e-9), 0.0, 1.0)
    return np.where(batch.distinct >= 3, ramp, 1.0)


def _values(fits: Sequence[FormFit], batch: Batch, u: np.ndarray) -> np.ndarray:
    return np.stack([fit.value(batch, u) for fit in fits])


def _spread(fits: Sequence[FormFit], values: np.ndarray, weights: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Noise of an observation of that weight, and disagreement of the forms, whose ``values`` are (k, m, n)."""
    centre = np.einsum("kn,kmn->mn", weights, values)
    between = np.einsum("kn,kmn->mn", weights, (values - centre) ** 2)
    noise = np.einsum("kn,kn->n", weights, np.stack([fit.sigma for fit in fits]) ** 2)
    return np.sqrt(noise / weight + between)
