"""Covariances of the model of scores, each a sum of parts with a variance of its own.

A score on its link is ``z = level + slope t + wiggle(t) + loading x ability + bent of the organisation + offset of who
measured + own error``. Ability is a process in time with parts shared by organisation, tier, product line and
reasoning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

ABILITY = ("walk", "organisation", "organisation_year", "tier", "line", "line_year", "reasoning", "own")
"""Parts of the ability whose variances are learned; beside them a straight line in time, all but free."""
ABILITY_START = (0.2, 0.15, 0.1, 0.25, 0.04, 0.05, 0.15, 0.1)
DRIFT = 4.0
"""Variance of the common slope in time: wide, since there is one such slope and much data on it."""
TASK = ("level", "slope", "wiggle", "bent", "offset", "row")
"""Parts of a task; ``row`` is what differs between two measurements of one model."""
TASK_START = (4.0, 0.12, 0.1, 0.1, 0.05, 0.05)


@dataclass(frozen=True)
class Points:
    """Models as points: codes of their groups, whether they reason, and their time in years after the origin."""

    organisation: np.ndarray
    tier: np.ndarray
    line: np.ndarray
    reasoning: np.ndarray
    t: np.ndarray

    def __len__(self) -> int:
        return len(self.t)

    def at(self, index: np.ndarray) -> Points:
        return Points(*(getattr(self, name)[index] for name in self.__dataclass_fields__))


def _same(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a[:, None] == b[None, :]).astype(float)


def _fade(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.exp(-np.abs(a[:, None] - b[None, :]))


def ability_parts(a: Points, b: Points, start: float, *, same_model: bool) -> Iterator[np.ndarray]:
    """A matrix (len(a), len(b)) for each of `ABILITY`, then that of the fixed drift.

    ``start`` is when the walk begins; the own part is on the diagonal where ``a`` and ``b`` are the same models.
    """
    organisation, line, fade = _same(a.organisation, b.organisation), _same(a.line, b.line), _fade(a.t, b.t)
    yield np.maximum(np.minimum(a.t[:, None], b.t[None, :]) - start, 0.0)
    yield organisation
    yield organisation * fade
    yield _same(a.tier, b.tier)
    yield line
    yield line * fade
    yield a.reasoning[:, None] * b.reasoning[None, :]
    yield np.eye(len(a)) if same_model else np.zeros((len(a), len(b)))
    yield a.t[:, None] * b.t[None, :] * DRIFT


def ability_kernel(a: Points, b: Points, start: float, variances: np.ndarray, *, same_model: bool) -> np.ndarray:
    total = np.zeros((len(a), len(b)))
    for variance, part in zip([*variances, 1.0], ability_parts(a, b, start, same_model=same_model), strict=True):
        total += variance * part
    return total


def task_parts(
    t: np.ndarray,
    organisation: np.ndarray,
    who: np.ndarray,
    t_b: np.ndarray,
    organisation_b: np.ndarray,
    who_b: np.ndarray,
) -> np.ndarray:
    """One matrix for each of `TASK` but ``row``, between two lists of measurements of one task."""
    shape = (len(t), len(t_b))
    return np.stack(
        [
            np.ones(shape),
            t[:, None] * t_b[None, :],
            _fade(t, t_b),
            _same(organisation, organisation_b),
            _same(who, who_b),
        ]
    )
