"""What a series of scores has done so far, and what counts as recovery and reversal.

Forecaster and judge share these definitions: features, studies, questions and resolution all call them.
Every difference counts only beyond `BEYOND` standard errors of the difference. Where a standard error is
unknown it counts as 0, so that any difference counts: pass better ones where you have them.
Scores are oriented: larger is better (`SeriesMatrix.better`).
"""

from __future__ import annotations

import numpy as np

BEYOND = 2.0
TRENDS = ("rising", "flat", "falling", "u-shaped", "inverted-u", "emerging", "saturated")


def beyond_noise(later: np.ndarray, earlier: np.ndarray, later_se: np.ndarray, earlier_se: np.ndarray) -> np.ndarray:
    """True where ``later`` is better than ``earlier`` by more than 2 standard errors of the difference.

    False where either score is missing. All arrays broadcast.
    """
    se = np.hypot(np.where(np.isnan(later_se), 0.0, later_se), np.where(np.isnan(earlier_se), 0.0, earlier_se))
    with np.errstate(invalid="ignore"):
        return (later - earlier) > BEYOND * se


def recovers(target: np.ndarray, origin: np.ndarray, target_se: np.ndarray, origin_se: np.ndarray) -> np.ndarray:
    """The event of ``prob_recovery``: the target is better than the origin, its largest smaller model, beyond noise."""
    return beyond_noise(target, origin, target_se, origin_se)


def reverses(target: np.ndarray, history: np.ndarray, target_se: np.ndarray, history_se: np.ndarray) -> np.ndarray:
    """The event of ``prob_reversal``: the target is better than the *best* smaller model beyond noise.

    Parameters
    ----------
    target, target_se : (n,)
    history, history_se : (n, L), NaN in the padding
    """
    best, best_se = best_of(history, history_se)
    return beyond_noise(target, best, target_se, best_se)


def best_of(history: np.ndarray, history_se: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best score of each row and its standard error, (n,) each; NaN for an empty row."""
    filled = np.where(np.isnan(history), -np.inf, history)
    rows = np.arange(len(history))
    at = filled.argmax(axis=1) if history.shape[1] else np.zeros(len(history), dtype=int)
    if not history.shape[1]:
        return np.full(len(history), np.nan), np.full(len(history), np.nan)
    return history[rows, at], history_se[rows, at]


def trend_of(
    better: np.ndarray, stderr: np.ndarray, chance: np.ndarray | None = None, ceiling: np.ndarray | None = None
) -> np.ndarray:
    """One of `TRENDS` for each series.

    Two points are only ``rising``, ``flat`` or ``falling``, and one point is ``flat``. With more: ``u-shaped`` when
    a fall is followed by a rise, ``inverted-u`` when a rise is followed by a fall (with both, the last turn decides),
    ``emerging`` when the last score alone has left chance, ``saturated`` when a rise has ended within noise of the
    ceiling, at two scales or more.

    Parameters
    ----------
    better, stderr : (n, L) ascending in scale, NaN padding on the right
    chance, ceiling : (n,), oriented like the scores; NaN or None where unknown

    Returns
    -------
    ndarray of str, (n,)
    """
    if not better.shape[1]:
        return np.full(len(better), "flat", dtype="<U10")
    last = np.clip(np.isfinite(better).sum(axis=1) - 1, 0, None)
    return np.array(TRENDS)[trends_along(better, stderr, chance, ceiling)[np.arange(len(better)), last]]


def trends_along(
    better: np.ndarray, stderr: np.ndarray, chance: np.ndarray | None = None, ceiling: np.ndarray | None = None
) -> np.ndarray:
    """The label each series carried after each of its points: `trend_of` of every beginning, in one walk.

    Returns
    -------
    ndarray of int, (n, L): places in `TRENDS`; without meaning in the padding
    """
    n, length = better.shape
    chance, ceiling = (np.full(n, np.nan) if x is None else np.asarray(x, dtype=float) for x in (chance, ceiling))
    above = beyond_noise(better, chance[:, None], stderr, np.zeros(1))
    left_chance = above & (np.cumsum(above, axis=1) == 1)
    at_ceiling = (
        np.isfinite(better)
        & np.isfinite(ceiling)[:, None]
        & ~beyond_noise(ceiling[:, None], better, np.zeros(1), stderr)
    )
    path = _ZigZag(n)
    trends = np.zeros((n, length), dtype=int)
    for j in range(length):
        path.step(better[:, j], stderr[:, j])
        saturated = at_ceiling[:, j] & at_ceiling[:, max(j - 1, 0)]
        trends[:, j] = path.trend(j + 1, left_chance[:, j], saturated)
    return trends


class _ZigZag:
    """Walks all series one scale at a time; a turn is a move beyond noise away from the extreme of the present leg."""

    def __init__(self, n: int) -> None:
        self.direction = np.zeros(n, dtype=int)
        self.high, self.high_se = np.full(n, np.nan), np.zeros(n)
        self.low, self.low_se = np.full(n, np.nan), np.zeros(n)
        self.rose = np.zeros(n, dtype=bool)
        self.fell = np.zeros(n, dtype=bool)

    def step(self, score: np.ndarray, se: np.ndarray) -> None:
        up = beyond_noise(score, self.low, se, self.low_se) & (self.direction <= 0)
        down = beyond_noise(self.high, score, self.high_se, se) & (self.direction >= 0) & ~up
        self.rose |= up
        self.fell |= down
        self.direction = np.where(up, 1, np.where(down, -1, self.direction))
        seen = np.isfinite(score)
        higher = seen & (np.isnan(self.high) | (score > self.high) | up)
        lower = seen & (np.isnan(self.low) | (score < self.low) | down)
        self.high, self.high_se = np.where(higher, score, self.high), np.where(higher, se, self.high_se)
        self.low, self.low_se = np.where(lower, score, self.low), np.where(lower, se, self.low_se)

    def trend(self, points: int, left_chance_last: np.ndarray, saturated: np.ndarray) -> np.ndarray:
        """Places in `TRENDS` after ``points`` points."""
        trend = np.full(len(self.rose), TRENDS.index("flat"))
        trend[self.rose] = TRENDS.index("rising")
        trend[self.fell] = TRENDS.index("falling")
        if points >= 3:
            trend[self.rose & ~self.fell & left_chance_last] = TRENDS.index("emerging")
            trend[~self.fell & saturated] = TRENDS.index("saturated")
        trend[self.rose & self.fell & (self.direction > 0)] = TRENDS.index("u-shaped")
        trend[self.rose & self.fell & (self.direction < 0)] = TRENDS.index("inverted-u")
        return trend
