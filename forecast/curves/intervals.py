"""How far an observation may lie from the averaged curve.

The spread's variance is a weighted sum of the parts in `Parts`; weights and the shape of the errors beyond it were
fitted to extrapolations of held-out curves (``benchmarks/curves_spread.py``), and the size is then corrected by how far
the batch's own held-out points lay from what was predicted of them: split-conformal, shrunk for small batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from scale_forecast.curves.averaging import NEAR, Averaged, Trial, carry_residuals
from scale_forecast.curves.batch import Batch
from scale_forecast.curves.inside import share_beyond

WEIGHTS = {"accuracy": (1.0, 0.6, 0.01, 0.35, 0.13), "loss": (1.03, 1.09, 0.019, 0.073, 0.138)}
"""Factors of noise, between, distance, change, and distance x noise in the standard deviation."""
SHAPE = {
    "accuracy": {0.05: -1.69, 0.1: -1.29, 0.25: -0.68, 0.5: 0.0, 0.75: 0.63, 0.9: 1.68, 0.95: 2.69},
    "loss": {0.05: -2.05, 0.1: -1.48, 0.25: -0.71, 0.5: 0.0, 0.75: 0.71, 0.9: 1.48, 0.95: 2.05},
}
"""Quantiles of errors in units of that standard deviation. Those of simulated losses are made symmetric: their skew is
the simulation's, and their `HELD_OUT` is 7% below what it gives, on the safe side."""
HELD_OUT = {"accuracy": 1.64, "loss": 1.95}
"""The 80% point of curves' largest |error| / spread at a rolling origin when intervals hold what they say."""
OWN_CURVES = {"accuracy": 10.0, "loss": 30.0}
"""Curves with held-out points at which a batch's own errors count half in the size of its intervals."""

REACH = np.log(8.0)
"""How far from the distances of held-out points, in logs, the growth that they show is believed."""
SMALLEST = 0.05
"""Ratios of error to spread below this are taken for it, where their logarithm counts."""


@dataclass(frozen=True)
class Size:
    """What a batch's own held-out points say of its spread: what to multiply it by at ``distance`` e-folds beyond the
    points, and the power of the distance by which that grows from there."""

    factor: float = 1.0
    growth: float = 0.0
    distance: float = 1.0

    def at(self, distance: np.ndarray) -> np.ndarray:
        """The factor at distances (m, n)."""
        away = np.log(np.maximum(distance, 1e-9) / self.distance)
        return np.asarray(self.factor * np.exp(self.growth * np.clip(away, -REACH, REACH)))


@dataclass(frozen=True)
class Parts:
    """What the spread is made of, in the fitted space, (m, n) each.

    ``noise``: of one observation; ``between``: standard deviation between the forms, by their weights; ``distance``:
    e-folds of x beyond the last fitted point; ``change``: predicted change since that point.
    """

    noise: np.ndarray
    between: np.ndarray
    distance: np.ndarray
    change: np.ndarray


def centre_of(batch: Batch, average: Averaged, u: np.ndarray) -> np.ndarray:
    """The averaged curve at u (m, n), in the fitted space."""
    centre = np.einsum("kn,kmn->mn", average.weights, average.values(batch, u))
    if average.trials:
        fitted = np.einsum("kn,kmn->mn", average.weights, average.values(batch, batch.u))
        centre = centre + carry_residuals(batch, batch.w, batch.z - fitted)
    if average.inside is None:
        return centre
    within = average.inside.centre(batch, u)
    carried = carry_residuals(batch, batch.w, batch.z - average.inside.centre(batch, batch.u))
    span = np.maximum(-np.where(batch.w > 0, batch.u, 0.0).min(axis=0), 1e-9)
    within = within + carried * np.exp(np.minimum(u, 0.0) / (NEAR * span))
    beyond = share_beyond(batch, u)
    return np.asarray(beyond * centre + (1.0 - beyond) * within)


def offsets_of(
    batch: Batch, average: Averaged, u: np.ndarray, levels: np.ndarray, *, size: Size, band: float
) -> np.ndarray:
    """How far each quantile lies from the centre at u (m, n), (k, m, n): one band within the points, one beyond.

    ``size, band``: what the batch's own held-out points say of the spread beyond, and of the 80% band within.
    """
    parts = parts_of(batch, average, u)
    beyond = size.at(parts.distance) * spread_of(parts, batch.kind)
    out = standard_quantiles(levels, batch.kind)[:, None, None] * beyond
    if average.inside is None:
        return out
    within = (ndtri(levels) / ndtri(0.9))[:, None, None] * band * average.inside.spread(batch, u)
    share = share_beyond(batch, u)
    return np.asarray(np.sign(out) * np.sqrt(share * out**2 + (1.0 - share) * within**2))


def parts_of(batch: Batch, average: Averaged, u: np.ndarray) -> Parts:
    """The parts of the spread at u (m, n)."""
    sigma = np.stack([fit.sigma for fit in average.fits])
    values = average.values(batch, u)
    at_last = average.values(batch, np.zeros((1, len(batch))))
    return _parts(batch, average.weights, sigma, values, at_last, np.maximum(u, 0.0))


def trial_parts(batch: Batch, average: Averaged, trial: Trial) -> tuple[np.ndarray, Parts]:
    """Errors of the average at a rolling origin, (m, n), NaN where nothing was held out; the parts of its spread."""
    start = np.where(~trial.out & (batch.w > 0), batch.u, -np.inf).max(axis=0)
    start = np.where(np.isfinite(start), start, 0.0)
    last = np.where(~trial.out & (batch.w > 0) & (batch.u >= start), 1.0, 0.0)
    last = last / np.maximum(last.sum(axis=0), 1.0)
    at_last = np.einsum("mn,kmn->kn", last, trial.values)[:, None]
    parts = _parts(batch, average.weights, trial.sigma, trial.values, at_last, np.maximum(batch.u - start, 0.0))
    centre = np.einsum("kn,kmn->mn", average.weights, trial.values)
    error = batch.z - centre
    error = error - carry_residuals(batch, np.where(trial.out, 0.0, batch.w), error)
    return np.where(trial.out, error, np.nan), parts


def spread_of(parts: Parts, kind: str) -> np.ndarray:
    """Standard deviation of an observation around the average, (m, n), before the batch's own correction."""
    noise, between, distance, change, both = WEIGHTS[kind]
    return np.sqrt(
        (noise * parts.noise) ** 2
        + (between * parts.between) ** 2
        + (distance * parts.distance) ** 2
        + (change * parts.change) ** 2
        + (both * parts.distance * parts.noise) ** 2
    )


def held_out_ratios(batch: Batch, average: Averaged) -> np.ndarray:
    """The largest |error| / spread of each curve's held-out points at each origin, (origins, n), NaN without any."""
    rows = []
    for trial in average.trials:
        error, parts = trial_parts(batch, average, trial)
        ratio = np.abs(error) / np.maximum(spread_of(parts, batch.kind), 1e-12)
        rows.append(np.where(trial.out.any(axis=0), np.where(trial.out, ratio, 0.0).max(axis=0), np.nan))
    return np.array(rows).reshape(len(rows), len(batch))


def held_out_growth(batch: Batch, average: Averaged) -> tuple[np.ndarray, np.ndarray]:
    """Logs of the distance and of |error| / spread of points held out at origins, (origins x m, n), NaN elsewhere."""
    far, ratio = [], []
    for trial in average.trials:
        error, parts = trial_parts(batch, average, trial)
        seen = np.isfinite(error) & (parts.distance > 0)
        size = np.abs(np.where(seen, error, 0.0)) / np.maximum(spread_of(parts, batch.kind), 1e-12)
        far.append(np.where(seen, np.log(np.where(seen, parts.distance, 1.0)), np.nan))
        ratio.append(np.where(seen, np.log(np.maximum(size, SMALLEST)), np.nan))
    empty = np.empty((0, len(batch)))
    return np.concatenate([empty, *far]), np.concatenate([empty, *ratio])


def own_size(ratios: np.ndarray, growth: Sequence[tuple[np.ndarray, np.ndarray]], kind: str) -> Size:
    """The size of a batch's spread, from the ratios of all curves (origins, n) and the `held_out_growth` of its parts.

    The growth is the slope of log ratio on log distance among the points of each curve, shrunk like the size.
    """
    curves = int(np.isfinite(ratios).any(axis=0).sum()) if len(ratios) else 0
    if curves == 0:
        return Size()
    trust = curves / (curves + OWN_CURVES[kind])
    seen = np.quantile(ratios[np.isfinite(ratios)], 0.8)
    factor = float(np.clip(seen / HELD_OUT[kind], 0.3, 3.0) ** trust)
    over, under, logs = 0.0, 0.0, []
    for far, ratio in growth:
        known = np.isfinite(far)
        count = np.maximum(known.sum(axis=0), 1)
        away, off = (np.where(known, v - np.nansum(v, axis=0) / count, 0.0) for v in (far, ratio))
        over, under = over + float((away * off).sum()), under + float((away**2).sum())
        logs.append(far[known])
    middle = float(np.exp(np.mean(np.concatenate(logs))))
    return Size(factor, trust * over / under if under > 0 else 0.0, middle)


def standard_quantiles(levels: np.ndarray, kind: str) -> np.ndarray:
    """Quantiles of errors in units of the spread: `SHAPE`, linear in the normal score between and beyond its levels."""
    known = ndtri(np.array(list(SHAPE[kind])))
    value = np.array(list(SHAPE[kind].values()))
    slope = np.diff(value) / np.diff(known)
    at = ndtri(levels)
    piece = np.clip(np.searchsorted(known, at) - 1, 0, len(slope) - 1)
    return value[piece] + slope[piece] * (at - known[piece])


def _parts(
    batch: Batch,
    weights: np.ndarray,
    sigma: np.ndarray,
    values: np.ndarray,
    at_last: np.ndarray,
    distance: np.ndarray,
) -> Parts:
    centre = np.einsum("kn,kmn->mn", weights, values)
    between = np.sqrt(np.einsum("kn,kmn->mn", weights, (values - centre) ** 2))
    seen = batch.w > 0
    unit = np.where(seen, batch.w, 0.0).sum(axis=0) / seen.sum(axis=0)
    noise = np.sqrt(np.einsum("kn,kn->n", weights, sigma**2) / unit)
    change = np.abs(centre - np.einsum("kn,kmn->mn", weights, at_last))
    return Parts(np.broadcast_to(noise, centre.shape), between, distance, change)
