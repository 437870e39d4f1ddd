"""What past records say about the spread of new ones: a few numbers learned on windows that are closed.

A simulated gain over the standing record is moved by a share of the record's gap to what the model expects of it, by a
constant, by less the higher the record stands, and stretched about its median. Then its quantiles are averaged with
those of the gains that closed windows saw, whatever the benchmark. The numbers make forecasts of closed windows best.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from scale_forecast.by_date.link import SHARE, Scale, from_link

LEVELS = (np.arange(60) + 0.5) / 60
CARRY, SHIFT, STRETCH, TILT, BEND, WEIGHT = range(6)
PRIOR = np.array([0.8, 0.0, 0.0, -0.1, -0.2, 0.4])
"""Carry of the gap, shift, log stretch, tilt, bend and weight of experience before any window has closed.

Tilt is what a gain loses for each logit that the record is higher, bend what it loses beside above `BENT`, where wrong
labels and unclear questions begin to be what is left.
"""
TRUST = np.array([0.4, 0.3, 0.3, 0.3, 0.4, 0.3])
"""How far each may be from its prior, as a standard deviation; a horizon's from those of all, half of it."""
TEMPERATURE = 10.0
"""Closed windows that weigh as one: the windows of a quarter err together."""
FEWEST = 20
"""Windows below which a horizon's experience is that of all horizons, growing with the root of time."""
TILTED = (-3.0, 4.0)
MIDDLE, BENT = 0.5, 1.5


@dataclass(frozen=True)
class Closed:
    """A closed window of a benchmark: quantiles of the simulated gain at `LEVELS`, the gap, the record, and what
    came."""

    gains: np.ndarray
    gap: float
    record: float
    outcome: float
    years: float
    scale: Scale = SHARE


@dataclass(frozen=True)
class Lesson:
    """Median gains on the link: as simulated, held to past windows, and as past windows saw; the weight of the last."""

    simulated: float
    moved: float
    seen: float
    weight: float


@dataclass(frozen=True)
class Spread:
    """What closed windows taught: for each horizon (years) the numbers, the gains seen at `LEVELS`, and how many."""

    years: np.ndarray
    numbers: np.ndarray
    seen: np.ndarray
    windows: np.ndarray

    def adjust(self, gains: np.ndarray, gap: float, record: float, unit: str, years: float) -> np.ndarray:
        """Simulated gains of one benchmark (draws, minus infinity where nothing new is measured) as they should be."""
        measured = np.isfinite(gains)
        out = np.full(len(gains), -np.inf)
        if not measured.any():
            return out
        numbers = self._between(years, self.numbers)
        own = gains[measured]
        moved = _move_gains(own[:, None], np.array([gap]), np.array([_height(record, unit)]), numbers)[:, 0]
        rank = (np.argsort(np.argsort(own, kind="stable"), kind="stable") + 0.5) / len(own)
        weight = np.clip(numbers[WEIGHT], 0.0, 1.0)
        out[measured] = (1.0 - weight) * moved + weight * np.interp(rank, LEVELS, self.experience(years))
        return out

    def lesson(self, gains: np.ndarray, gap: float, record: float, unit: str, years: float) -> Lesson:
        """How `adjust` comes to its median; not a number where nothing new is measured in any draw."""
        own = gains[np.isfinite(gains)]
        numbers, seen = self._between(years, self.numbers), float(np.median(self.experience(years)))
        weight = float(np.clip(numbers[WEIGHT], 0.0, 1.0))
        if not len(own):
            return Lesson(np.nan, np.nan, seen, weight)
        moved = _move_gains(own[:, None], np.array([gap]), np.array([_height(record, unit)]), numbers)
        return Lesson(float(np.median(own)), float(np.median(moved)), seen, weight)

    def experience(self, years: float) -> np.ndarray:
        """Gains that windows of this length saw, at `LEVELS`; beyond the lengths that closed, by the root of time."""
        near = np.clip(years, self.years[0], self.years[-1])
        seen = self._between(near, self.seen)
        return seen * np.sqrt(years / near) if near > 0 else seen

    def _between(self, years: float, rows: np.ndarray) -> np.ndarray:
        """A row for a horizon between two, by a straight line; that of the nearest beyond them."""
        place = float(np.interp(years, self.years, np.arange(len(self.years))))
        before = min(int(place), max(len(rows) - 2, 0))
        after = min(before + 1, len(rows) - 1)
        return (1.0 - (place - before)) * rows[before] + (place - before) * rows[after]


NOTHING_LEARNED = Spread(
    np.array([0.25]),
    np.array([[PRIOR[CARRY], 0.0, 0.0, 0.0, 0.0, 0.0]]),
    np.zeros((1, len(LEVELS))),
    np.zeros(1, dtype=int),
)


def learn(closed: list[Closed], horizons: list[float]) -> Spread:
    """The spread from closed windows; a horizon's numbers are held to those of all windows together."""
    if not closed:
        return NOTHING_LEARNED
    years = np.array([c.years for c in closed])
    outcome = np.array([c.outcome for c in closed])
    seen = []
    for horizon in horizons:
        own = np.abs(years - horizon) < 0.01
        gains = outcome[own] if own.sum() >= FEWEST else outcome * np.sqrt(horizon / years)
        seen.append(np.quantile(gains, LEVELS))
    at = np.abs(years[:, None] - np.array(horizons)).argmin(axis=1)
    experience = np.stack(seen)[at].T
    pooled = _best(closed, experience, PRIOR, TRUST)
    numbers = []
    for k in range(len(horizons)):
        of_horizon = [c for c, i in zip(closed, at, strict=True) if i == k]
        numbers.append(_best(of_horizon, experience[:, at == k], pooled, 0.5 * TRUST))
    return Spread(np.array(horizons), np.array(numbers), np.stack(seen), np.bincount(at, minlength=len(horizons)))


def _height(record: float, unit: str) -> float:
    """The record on the link where it says how near to its end a benchmark is: only a share has one."""
    return float(np.clip(record, *TILTED)) if unit == "share" else MIDDLE


def _move_gains(gains: np.ndarray, gap: np.ndarray, height: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    middle = np.median(gains, axis=0)
    lost = numbers[TILT] * (height - MIDDLE) + numbers[BEND] * np.maximum(height - BENT, 0.0)
    centre = middle + numbers[CARRY] * gap + numbers[SHIFT] + lost
    return centre + np.exp(numbers[STRETCH]) * (gains - middle)


def _best(closed: list[Closed], experience: np.ndarray, prior: np.ndarray, trust: np.ndarray) -> np.ndarray:
    """The numbers whose forecasts of these windows have the least CRPS, in points and in logits, held to the prior.

    Points are what is judged; logits see the records near one, which hardly move in points.
    """
    if not closed:
        return prior
    gains = np.stack([c.gains for c in closed], axis=1)
    gap = np.array([c.gap for c in closed])
    height = np.array([_height(c.record, c.scale.unit) for c in closed])
    record, outcome = np.array([c.record for c in closed]), np.array([c.outcome for c in closed])
    after = _points(record + outcome, closed)

    def loss(numbers: np.ndarray) -> float:
        weight = np.clip(numbers[WEIGHT], 0.0, 1.0)
        gain = np.maximum((1.0 - weight) * _move_gains(gains, gap, height, numbers) + weight * experience, 0.0)
        points, logits = crps(_points(record + gain, closed), after).mean(), crps(gain, outcome).mean()
        off = (numbers - prior) / trust
        return float(len(closed) / TEMPERATURE * 0.5 * np.log((points + 1e-6) * (logits + 1e-6)) + 0.5 * off @ off)

    simplex = np.vstack([prior, prior + np.diag(0.5 * trust)])
    options = {"xatol": 0.01, "fatol": 1e-3, "maxiter": 400, "initial_simplex": simplex}
    return minimize(loss, prior, method="Nelder-Mead", options=options).x


def _points(z: np.ndarray, closed: list[Closed]) -> np.ndarray:
    """Shares for shares; other units in quarters of a logit, which in the middle are as much."""
    share = np.array([c.scale.unit == "share" for c in closed])
    span = np.array([c.scale.ceiling - c.scale.chance for c in closed])
    return np.where(share, from_link(z, SHARE) * span, z / 4.0)


def crps(draws: np.ndarray, outcome: np.ndarray) -> np.ndarray:
    """CRPS of equally likely draws along the first axis."""
    n = len(draws)
    ordered = np.sort(draws, axis=0)
    weight = (2.0 * np.arange(1, n + 1) - n - 1.0).reshape(-1, *[1] * (draws.ndim - 1))
    return np.abs(draws - outcome).mean(axis=0) - (weight * ordered).sum(axis=0) / n**2
