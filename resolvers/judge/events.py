"""What has to happen for a criterion to hold, as functions of score arrays.

The judge evaluates them on published scores and whoever prices a question on simulated ones; there is no second
definition. ``better`` means oriented scores, larger is better (the sign turned for losses). Definitions of noise,
reversal and trend are those of `data.trend`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from scale_forecast.data.trend import beyond_noise, trend_of
from scale_forecast.resolvers.questions.question import (
    AllOf,
    AnyOf,
    Comparison,
    Count,
    FirstBy,
    Not,
    Numeric,
    Reversal,
    Threshold,
    UShape,
)

SIDES: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "at_least": np.greater_equal,
    "above": np.greater,
    "at_most": np.less_equal,
    "below": np.less,
}


def reaches(score: npt.ArrayLike, threshold: Threshold) -> np.ndarray:
    """Where raw scores reach the line of a threshold."""
    return SIDES[threshold.side](np.asarray(score, dtype=float), threshold.score)


def beats(
    comparison: Comparison,
    better: npt.ArrayLike,
    worse: npt.ArrayLike,
    better_se: npt.ArrayLike = 0.0,
    worse_se: npt.ArrayLike = 0.0,
) -> np.ndarray:
    """Where the one side beats the other by more than the margin, and beyond noise where the criterion asks for it."""
    first, second = np.asarray(better, dtype=float), np.asarray(worse, dtype=float) + comparison.margin
    if comparison.beyond_noise:
        return beyond_noise(first, second, np.asarray(better_se, dtype=float), np.asarray(worse_se, dtype=float))
    return first > second


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


# --- for pricing: would the next model bring it about? ---------------------------------------------------------------


def occurs(
    leaf: Any,
    score: npt.ArrayLike,
    *,
    stderr: npt.ArrayLike = 0.0,
    history: npt.ArrayLike = (),
    history_stderr: npt.ArrayLike = (),
    higher_is_better: bool = True,
    rival: npt.ArrayLike | None = None,
    rival_stderr: npt.ArrayLike = 0.0,
) -> np.ndarray:
    """Whether a model that scores ``score`` brings the event of a measured criterion about.

    Parameters
    ----------
    leaf : Threshold, Reversal, UShape, Comparison
        See `resolvers.questions.question.leaves`.
    score, stderr : (n,) or scalar
        Raw simulated scores of one upcoming model and their standard errors.
    history, history_stderr : (m,) or (n, m)
        Raw scores of its family's smaller models in order of scale, for ``reversal`` and ``u_shape``.
    rival, rival_stderr : (n,) or scalar
        The best score of the other side, for ``comparison``.

    Returns
    -------
    ndarray of bool, (n,)

    >>> leaf = Reversal(task="neqa")
    >>> occurs(leaf, [0.4, 0.55, 0.8], history=[0.6, 0.3], history_stderr=[0.01, 0.01], stderr=0.01).tolist()
    [False, False, True]
    """
    sign = 1.0 if higher_is_better else -1.0
    raw = np.atleast_1d(np.asarray(score, dtype=float))
    if isinstance(leaf, Threshold):
        return reaches(raw, leaf)
    if isinstance(leaf, Comparison):
        if rival is None:
            raise ValueError("a comparison needs the rival's score")
        return beats(leaf, sign * raw, sign * np.asarray(rival, dtype=float), stderr, rival_stderr)
    if isinstance(leaf, Numeric):
        raise ValueError("a numeric criterion has no event: its value is the score itself")
    past = np.atleast_1d(np.asarray(history, dtype=float))
    past = np.broadcast_to(past, (len(raw), past.shape[-1]))
    past_se = np.broadcast_to(np.asarray(history_stderr if np.size(history_stderr) else 0.0, dtype=float), past.shape)
    better = sign * np.column_stack([past, raw])
    se = np.column_stack([past_se, np.broadcast_to(np.asarray(stderr, dtype=float), raw.shape)])
    if isinstance(leaf, UShape):
        return is_u_shaped(better, se)
    scale = np.broadcast_to(np.arange(better.shape[1], dtype=float), better.shape)
    last = scale == better.shape[1] - 1
    return turns(better, se, scale, last).reversed


def combine(criterion: Any, happened: Sequence[npt.ArrayLike]) -> np.ndarray:
    """Whether a criterion holds, given for each of its `leaves` (in their order) where the event happened.

    A manual part is taken as not holding.

    >>> from scale_forecast.resolvers.questions.question import leaves
    >>> two = Count(at_least=2, of=[UShape(task=t) for t in "abc"])
    >>> combine(two, [[True, True], [True, False], [False, False]]).tolist()
    [True, False]
    """
    remaining = iter(happened)
    return np.asarray(_combine(criterion, remaining), dtype=bool)


def _combine(criterion: Any, happened: Any) -> np.ndarray:
    if isinstance(criterion, FirstBy):
        return _combine(criterion.event, happened)
    if isinstance(criterion, Not):
        return ~np.asarray(_combine(criterion.of, happened), dtype=bool)
    if isinstance(criterion, (Count, AllOf, AnyOf)):
        held = [np.asarray(_combine(part, happened), dtype=bool) for part in criterion.of]
        return np.sum(np.broadcast_arrays(*held), axis=0) >= needed(criterion)
    if isinstance(criterion, (Threshold, Reversal, UShape, Comparison)):
        return np.asarray(next(happened), dtype=bool)
    return np.zeros((), dtype=bool)


def needed(criterion: Count | AllOf | AnyOf) -> int:
    """How many of the parts must hold."""
    if isinstance(criterion, Count):
        return criterion.at_least
    return len(criterion.of) if isinstance(criterion, AllOf) else 1
