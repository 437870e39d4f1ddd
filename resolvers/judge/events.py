"""What has to happen for a criterion to hold, as functions of score arrays.

The judge evaluates them on published scores and whoever prices a question on simulated ones; there is no second
definition. ``better`` means oriented scores, larger is better (the sign turned for losses). Definitions of noise,
reversal and trend are those of `data.trend`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scale_forecast.data.trend import beyond_noise, trend_of

_SIDES: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "at_least": np.greater_equal,
    "above": np.greater,
    "at_most": np.less_equal,
    "below": np.less,
}


@dataclass(frozen=True)
class Line:
    """A score to be reached, and the ``side`` of it that counts: at_least, above, at_most or below."""

    score: float
    side: str

    @property
    def is_upward(self) -> bool:
        """Whether larger scores reach it."""
        return self.side in ("at_least", "above")

    def is_reached(self, score: npt.ArrayLike) -> np.ndarray:
        """Where raw scores reach it."""
        return _SIDES[self.side](np.asarray(score, dtype=float), self.score)


@dataclass(frozen=True)
class Draws:
    """Simulated scores of one upcoming model, and what they are held against.

    Attributes
    ----------
    score, stderr : (n,) or scalar
        Raw scores of the model and their standard errors.
    history, history_stderr : (m,) or (n, m)
        Raw scores of its family's smaller models in order of scale.
    rival, rival_stderr : (n,) or scalar
        The best score of the other side of a contest; None where there is none.
    """

    score: npt.ArrayLike
    stderr: npt.ArrayLike = 0.0
    history: npt.ArrayLike = ()
    history_stderr: npt.ArrayLike = ()
    higher_is_better: bool = True
    rival: npt.ArrayLike | None = None
    rival_stderr: npt.ArrayLike = 0.0

    @property
    def sign(self) -> float:
        """What turns raw scores into oriented ones."""
        return 1.0 if self.higher_is_better else -1.0

    @property
    def raw(self) -> np.ndarray:
        """Raw scores, (n,)."""
        return np.atleast_1d(np.asarray(self.score, dtype=float))

    @property
    def better(self) -> np.ndarray:
        """Oriented scores, (n,)."""
        return self.sign * self.raw

    def ladder(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """``better``, standard errors and places of the family's scores, (n, m + 1), the simulated one last."""
        raw = self.raw
        past = np.atleast_1d(np.asarray(self.history, dtype=float))
        past = np.broadcast_to(past, (len(raw), past.shape[-1]))
        errors = np.asarray(self.history_stderr if np.size(self.history_stderr) else 0.0, dtype=float)
        better = self.sign * np.column_stack([past, raw])
        stderr = np.column_stack(
            [np.broadcast_to(errors, past.shape), np.broadcast_to(np.asarray(self.stderr, dtype=float), raw.shape)]
        )
        return better, stderr, np.broadcast_to(np.arange(better.shape[1], dtype=float), better.shape)


@dataclass(frozen=True)
class Turns:
    """What `turns` found, (n,) each: columns are -1 where there is none."""

    fell: np.ndarray
    """A model is worse than the best smaller one, beyond noise: inverse scaling is there."""
    trough: np.ndarray
    """Column of the first such model, or of the lowest before the reversal."""
    reversed: np.ndarray
    """After a fall, a larger model is better than the best smaller one, beyond noise."""
    best: np.ndarray
    """Column of that best smaller model."""
    target: np.ndarray
    """Column of the first model that reverses."""


def turns(better: np.ndarray, stderr: np.ndarray, scale: np.ndarray, may_turn: np.ndarray | None = None) -> Turns:
    """Falls and reversals of series of scores.

    Smaller means strictly smaller scale, so that two runs at one scale are never each other's past.

    Parameters
    ----------
    better, stderr, scale : (n, L)
        Ascending in scale, NaN padding on the right.
    may_turn : (n, L) of bool, optional
        Models that may be the one that reverses; all when None.
    """
    n, length = better.shape
    if not length:
        nowhere, never = np.full(n, -1), np.zeros(n, dtype=bool)
        return Turns(never, nowhere, never, nowhere, nowhere)
    rows, columns = np.arange(n), np.arange(length)
    score = np.where(np.isnan(better), -np.inf, better)
    begins = np.column_stack([np.ones(n, dtype=bool), scale[:, 1:] > scale[:, :-1]])
    smaller = np.maximum.accumulate(np.where(begins, columns, 0), axis=1) - 1
    is_first = smaller < 0
    so_far = np.maximum.accumulate(score, axis=1)
    is_new = np.column_stack([np.ones(n, dtype=bool), score[:, 1:] > so_far[:, :-1]])
    leader = np.maximum.accumulate(np.where(is_new, columns, 0), axis=1)
    best = np.where(is_first, 0, leader[rows[:, None], smaller])
    best_score = np.where(is_first, np.nan, better[rows[:, None], best])
    best_se = stderr[rows[:, None], best]

    falls = beyond_noise(best_score, better, best_se, stderr)
    fell_before = ~is_first & np.logical_or.accumulate(falls, axis=1)[rows[:, None], smaller]
    turned = fell_before & beyond_noise(better, best_score, stderr, best_se)
    if may_turn is not None:
        turned &= may_turn
    fell, reversed_ = np.any(falls, axis=1), np.any(turned, axis=1)
    target = turned.argmax(axis=1)
    best_there = best[rows, target]
    between = (columns > best_there[:, None]) & (columns <= smaller[rows, target][:, None])
    lowest = np.where(between, score, np.inf).argmin(axis=1)
    first_fall = np.where(fell, falls.argmax(axis=1), -1)
    return Turns(
        fell=fell,
        trough=np.where(reversed_, np.where(between.any(axis=1), lowest, first_fall), first_fall),
        reversed=reversed_,
        best=np.where(reversed_, best_there, -1),
        target=np.where(reversed_, target, -1),
    )


def is_u_shaped(better: np.ndarray, stderr: np.ndarray) -> np.ndarray:
    """Where the trend of a series is ``u-shaped``; arrays as for `turns`."""
    return trend_of(better, stderr) == "u-shaped"
