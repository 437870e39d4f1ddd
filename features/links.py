"""Views of a score: raw, logit, log-error, chance- and ceiling-normalised, range-adjusted, and the law's own.

Larger is better in every view. A share is first turned so that larger is better (``1 - score`` where lower is),
then placed between two anchors and bent by a curve:

=================  ===================  ======================
view               anchors              curve of the position u
=================  ===================  ======================
raw                0, 1                 u
logit              0, 1                 log(u / (1 - u))
log_error          chance, ceiling      -log(1 - u)
normalised         chance, ceiling      u
normalised_logit   chance, ceiling      log(u / (1 - u))
range_logit        0.9 low,             log(u / (1 - u))
                   1 - 0.9 (1 - high)
law                chance, ceiling      -log(-log u)
=================  ===================  ======================

A loss of any positive size is ``-log(score)`` in every view. The two-parameter law -log q = A C^-alpha is a straight
line in log C under ``law``.

Where a curve has no finite value the position is clipped by what the test set can tell apart: half a standard error
of a score at the anchor, at least half an example, 1 / (2 n). So a score at or below chance gets a finite value that
depends on the task alone, with a standard error (`link_stderr`) of about 2 logits: it carries no slope.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

CLIP_UNKNOWN = 0.01
"""Clip of a position where the number of examples is unknown."""
CLIP_MOST = 0.25
RANGE_MARGIN = 0.9
SMALLEST_LOSS = 1e-6


@dataclass(frozen=True)
class Limits:
    """What is known of a task's scale besides its scores; arrays (or scalars) that broadcast against the scores.

    Attributes
    ----------
    chance, ceiling : in the score's unit; NaN counts as 0 and 1
    n_examples : size of the test set; NaN where unknown
    is_share, higher_is_better : bool
    low, high : lowest and highest score seen, for ``range_logit`` alone; NaN counts as 0 and 1
    """

    chance: npt.ArrayLike = np.nan
    ceiling: npt.ArrayLike = np.nan
    n_examples: npt.ArrayLike = np.nan
    is_share: npt.ArrayLike = True
    higher_is_better: npt.ArrayLike = True
    low: npt.ArrayLike = np.nan
    high: npt.ArrayLike = np.nan

    @property
    def column(self) -> Limits:
        """The same limits for a matrix of scores with one row a series, (n,) -> (n, 1)."""
        return self._each(lambda x: x[:, None] if x.ndim == 1 else x)

    def __getitem__(self, rows: np.ndarray | slice | int) -> Limits:
        """The limits of some rows."""
        return self._each(lambda x: x[rows] if x.ndim else x)

    def with_examples(self, n_examples: np.ndarray) -> Limits:
        """The same limits with other test sizes, one for each score."""
        return replace(self, n_examples=n_examples)

    def _each(self, change: Callable[[np.ndarray], np.ndarray]) -> Limits:
        return replace(self, **{f.name: change(np.asarray(getattr(self, f.name))) for f in fields(self)})


def limits_of(described: pd.DataFrame) -> Limits:
    """Limits of each row of a table that `data.tasks.describe` has made."""
    return Limits(
        chance=described["chance"].to_numpy(dtype=float),
        ceiling=described["ceiling"].to_numpy(dtype=float),
        n_examples=described["n_examples"].to_numpy(dtype=float),
        is_share=described["is_share"].to_numpy(dtype=bool),
        higher_is_better=described["higher_is_better"].to_numpy(dtype=bool),
    )


class _Curve(NamedTuple):
    forward: Callable[[np.ndarray], np.ndarray]
    inverse: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]
    clips_low: bool
    clips_high: bool


def _logistic(v: np.ndarray) -> np.ndarray:
    return 0.5 * (1.0 + np.tanh(0.5 * v))


_IDENTITY = _Curve(lambda u: u, lambda v: v, np.ones_like, False, False)
_LOGIT = _Curve(lambda u: np.log(u) - np.log1p(-u), _logistic, lambda u: 1.0 / (u * (1.0 - u)), True, True)
_LOG_ERROR = _Curve(lambda u: -np.log1p(-u), lambda v: -np.expm1(-v), lambda u: 1.0 / (1.0 - u), False, True)
_LAW = _Curve(
    lambda u: -np.log(-np.log(u)), lambda v: np.exp(-np.exp(-v)), lambda u: -1.0 / (u * np.log(u)), True, True
)

_VIEWS: dict[str, tuple[str, _Curve]] = {
    "raw": ("unit", _IDENTITY),
    "logit": ("unit", _LOGIT),
    "log_error": ("chance", _LOG_ERROR),
    "normalised": ("chance", _IDENTITY),
    "normalised_logit": ("chance", _LOGIT),
    "range_logit": ("range", _LOGIT),
    "law": ("chance", _LAW),
}
LINKS = tuple(_VIEWS)


def link(score: npt.ArrayLike, view: str, limits: Limits) -> np.ndarray:
    """Scores in a view; NaN stays NaN, everything else is finite.

    Parameters
    ----------
    score : raw scores, any shape
    view : one of `LINKS`
    limits : Limits, broadcasting against ``score``

    >>> limits = Limits(chance=0.25, n_examples=100)
    >>> link([0.10, 0.25, 0.625, 1.0], "normalised_logit", limits).round(2).tolist()
    [-3.52, -3.52, 0.0, 5.0]
    """
    anchors, curve = _VIEWS[view]
    position = _position(_orient(score, limits), anchors, curve, limits)
    size = _log_size(score, limits)
    return np.where(limits.is_share, curve.forward(position), np.where(limits.higher_is_better, size, -size))


def unlink(value: npt.ArrayLike, view: str, limits: Limits) -> np.ndarray:
    """Raw scores from their view: the inverse of `link` up to its clipping.

    >>> limits = Limits(chance=0.25, n_examples=100)
    >>> unlink(link([0.3, 0.9], "law", limits), "law", limits).round(6).tolist()
    [0.3, 0.9]
    """
    value = np.asarray(value, dtype=float)
    anchors, curve = _VIEWS[view]
    low, width, _, _ = _anchors(anchors, limits)
    share = np.asarray(limits.is_share)
    better = low + width * curve.inverse(np.where(share, value, 0.5))
    oriented = np.where(limits.higher_is_better, better, 1.0 - better)
    size = np.where(limits.higher_is_better, value, -value)
    return np.where(share, oriented, np.exp(np.where(share, 0.0, size)))


def link_stderr(score: npt.ArrayLike, stderr: npt.ArrayLike, view: str, limits: Limits) -> np.ndarray:
    """Standard error of a score in a view, by the delta method: the view's slope at the (clipped) score x ``stderr``.

    >>> limits = Limits(chance=0.25, n_examples=100)
    >>> link_stderr([0.25, 0.625], [0.0433, 0.0484], "normalised_logit", limits).round(2).tolist()
    [2.06, 0.26]
    """
    return link_slope(score, view, limits) * np.asarray(stderr, dtype=float)


def link_slope(score: npt.ArrayLike, view: str, limits: Limits) -> np.ndarray:
    """How fast a view moves with the raw score, at the (clipped) score; positive whichever direction is better."""
    anchors, curve = _VIEWS[view]
    position = _position(_orient(score, limits), anchors, curve, limits)
    width = _anchors(anchors, limits)[1]
    of_size = np.exp(-_log_size(score, limits))
    return np.where(limits.is_share, curve.slope(position) / width, of_size)


def _orient(score: npt.ArrayLike, limits: Limits) -> np.ndarray:
    """Shares with larger better; 0.5 stands in for losses and other sizes, whose value is not used."""
    score = np.asarray(score, dtype=float)
    return np.where(limits.is_share, np.where(limits.higher_is_better, score, 1.0 - score), 0.5)


def _log_size(score: npt.ArrayLike, limits: Limits) -> np.ndarray:
    size = np.where(limits.is_share, 1.0, np.asarray(score, dtype=float))
    return np.log(np.maximum(size, SMALLEST_LOSS))


def _position(better: np.ndarray, anchors: str, curve: _Curve, limits: Limits) -> np.ndarray:
    low, width, clip_low, clip_high = _anchors(anchors, limits)
    position = (better - low) / width
    if curve.clips_low:
        position = np.maximum(position, clip_low)
    if curve.clips_high:
        position = np.minimum(position, 1.0 - clip_high)
    return position


def _anchors(kind: str, limits: Limits) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Lower anchor, width, and the clips of the position at either end, on the oriented score."""
    n = np.asarray(limits.n_examples, dtype=float)
    if kind == "unit":
        low, high, noise_low, noise_high = (np.asarray(x) for x in (0.0, 1.0, 0.0, 0.0))
    elif kind == "chance":
        # chance and ceiling describe shares of right answers, not a share that is better when low
        up = np.asarray(limits.higher_is_better)
        low = np.where(up, np.nan_to_num(np.asarray(limits.chance, dtype=float), nan=0.0), 0.0)
        high = np.where(up, np.nan_to_num(np.asarray(limits.ceiling, dtype=float), nan=1.0), 1.0)
        noise_low, noise_high = (0.5 * np.sqrt(x * (1.0 - x) / n) for x in (low, high))
    else:
        seen_low = np.nan_to_num(np.asarray(limits.low, dtype=float), nan=0.0)
        seen_high = np.nan_to_num(np.asarray(limits.high, dtype=float), nan=1.0)
        up = np.asarray(limits.higher_is_better)
        seen_low, seen_high = np.where(up, seen_low, 1.0 - seen_high), np.where(up, seen_high, 1.0 - seen_low)
        low, high = RANGE_MARGIN * seen_low, 1.0 - RANGE_MARGIN * (1.0 - seen_high)
        noise_low = noise_high = np.asarray(0.0)
    width = high - low
    half_example = 0.5 / n
    clips = (np.maximum(noise, half_example) / width for noise in (noise_low, noise_high))
    clip_low, clip_high = (np.minimum(np.where(np.isnan(c), CLIP_UNKNOWN, c), CLIP_MOST) for c in clips)
    return low, width, clip_low, clip_high
