"""The family's common progress: what its *other* tasks gained on the way to each of its models.

Read at an origin it uses models up to the origin's scale, leaves out the task itself under all its names, and leaves
out averages of tasks, which contain it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from scale_forecast.data.scale import BELOW
from scale_forecast.features.descriptors import is_chain_of_thought
from scale_forecast.features.links import link
from scale_forecast.features.points import Points

GAIN_NOISE = 1.0
"""Spread of one task's gain in logits per step about the family's; with the sampling noise it weighs the tasks."""


def family_progress(points: Points) -> Iterator[tuple[str, np.ndarray]]:
    """Name and values, (n, L), of each feature, at each point of each series.

    Gains are per decade of scale from a task's own previous score: ``last`` to the model at the origin's scale,
    ``previous`` to the family's model before it, ``mean`` over all its models so far. In normalised logits weighted by
    noise, in normalised score (``_q``) unweighted. ``benchmark`` means tasks of the same benchmark, metric kind of
    score and prompting; ``all`` any task of the family.
    """
    described = points.described
    share = described["is_share"]
    within = {
        "benchmark": [described["benchmark"], share, pd.Series(is_chain_of_thought(described["prompt"]))],
        "all": [share],
    }
    for name, same in within.items():
        others = _Others(points, [described["family"], *same])
        yield from others.columns(f"family_{name}", points)


class _Others:
    """Sums over the other tasks of a group at each of the group's scales, as padded (group, scale) matrices."""

    def __init__(self, points: Points, same: list[pd.Series]) -> None:
        series, described = points.series, points.described
        self.seen = series.row >= 0
        counts = described["aggregate_of"].isna().to_numpy()
        self.group = described.groupby(same, sort=False, dropna=False).ngroup().to_numpy()
        self.own = described.groupby([self.group, described["canonical_task"]], sort=False).ngroup().to_numpy()
        self.group_of_own = np.zeros(self.own.max() + 1, dtype=int)
        self.group_of_own[self.own] = self.group
        self.place, self.n_places = _places(self.group, series.scale)
        self.included = self.seen & counts[:, None]

    def columns(self, prefix: str, points: Points) -> Iterator[tuple[str, np.ndarray]]:
        gain, noise = _gains(points.series.scale, points.value, points.noise)
        weight = 1.0 / (np.nan_to_num(noise) ** 2 + GAIN_NOISE**2)
        last, mean = self._means(gain, weight)
        yield f"{prefix}_gain_last", self._at(last)
        yield f"{prefix}_gain_previous", self._at(last, back=1)
        yield f"{prefix}_gain_mean", self._at(mean)
        q = link(points.series.score, "normalised", points.limits)
        last, mean = self._means(_gains(points.series.scale, q, q)[0], np.ones_like(q))
        yield f"{prefix}_gain_last_q", self._at(last)
        yield f"{prefix}_gain_mean_q", self._at(mean)
        level, _ = self._means(points.value, np.ones_like(q))
        yield f"{prefix}_level", self._at(level)
        yield f"{prefix}_tasks", self._at(self._other_sum(np.where(np.isfinite(points.value), 1.0, 0.0)))

    def _means(self, value: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weighted mean of the others at each scale, and over all scales up to it; (own, scale)."""
        known = np.isfinite(value)
        count = self._other_sum(known.astype(float))
        total = self._other_sum(np.where(known, weight, 0.0))
        amount = self._other_sum(np.where(known, weight * np.where(known, value, 0.0), 0.0))
        some, ever = count > 0, np.cumsum(count, axis=1) > 0
        mean = np.divide(amount, total, out=np.full_like(amount, np.nan), where=some)
        amount, total = np.cumsum(np.where(some, amount, 0.0), axis=1), np.cumsum(np.where(some, total, 0.0), axis=1)
        return mean, np.divide(amount, total, out=np.full_like(amount, np.nan), where=ever)

    def _other_sum(self, value: np.ndarray) -> np.ndarray:
        """Sum over the group's tasks at each scale, without the task itself: (own, scale)."""
        shape = self.n_places
        at, point = np.nonzero(self.included)
        place, amount = self.place[at, point], value[at, point]
        n_own, n_group = len(self.group_of_own), self.group.max() + 1
        of_own = np.bincount(self.own[at] * shape + place, amount, n_own * shape).reshape(n_own, shape)
        of_group = np.bincount(self.group[at] * shape + place, amount, n_group * shape).reshape(n_group, shape)
        return of_group[self.group_of_own] - of_own

    def _at(self, matrix: np.ndarray, back: int = 0) -> np.ndarray:
        """Read an (own, scale) matrix at each point of each series, (n, L), or at the group's model before it."""
        place = self.place - back
        value = matrix[self.own[:, None], np.maximum(place, 0)]
        return np.where(self.seen & (place >= 0), value, np.nan)


def _places(group: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, int]:
    """Rank of each point's scale among the distinct scales of its group, (n, L), and the largest number of them."""
    at, point = np.nonzero(np.isfinite(scale))
    order = np.lexsort((scale[at, point], group[at]))
    g, x = group[at][order], scale[at, point][order]
    new_group = np.r_[True, g[1:] != g[:-1]]
    distinct = np.cumsum(new_group | np.r_[True, x[1:] != x[:-1]]) - 1
    start = np.maximum.accumulate(np.where(new_group, distinct, 0))
    place = np.zeros(scale.shape, dtype=int)
    place[at[order], point[order]] = distinct - start
    return place, int(place.max()) + 1


def _gains(scale: np.ndarray, value: np.ndarray, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gain per decade from the point before, and its standard error; NaN at a series' first point."""
    span = np.diff(scale, axis=1)
    span = np.where(span > BELOW, span, np.nan)
    gain, gain_noise = np.full_like(value, np.nan), np.full_like(value, np.nan)
    gain[:, 1:] = np.diff(value, axis=1) / span
    gain_noise[:, 1:] = np.hypot(noise[:, 1:], noise[:, :-1]) / span
    return gain, gain_noise
