"""When the published scores first showed an event, family by family.

A series is judged as it stood on every day that added to it, so that an answer does not depend on when one asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scale_forecast.data.trend import BEYOND
from scale_forecast.resolvers.judge.events import is_u_shaped, turns
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.terms.scope import Scope


@dataclass(frozen=True)
class Shown:
    """Families that showed an event, each once.

    Attributes
    ----------
    family : (n,) of int, codes of `Evidence.family`
    known : (n,) of datetime64, the first day on which the scores showed it
    rows : (n, k) of int, positions of the rows that show it; -1 where there are fewer
    """

    family: np.ndarray
    known: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        return len(self.family)

    def keep(self, which: np.ndarray) -> Shown:
        """Those that a mask or positions choose."""
        return Shown(self.family[which], self.known[which], self.rows[which])

    def by(self, moment: np.datetime64) -> Shown:
        """Those that had shown it by a moment."""
        return self.keep(self.known <= moment)

    def rows_at(self, i: int) -> tuple[int, ...]:
        """The rows of one family."""
        return tuple(dict.fromkeys(int(row) for row in self.rows[i] if row >= 0))


def join_shown(parts: Sequence[Shown]) -> Shown:
    """Several as one; they name different families and as many rows."""
    return Shown(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("family", "known", "rows")))


def first_in_families(evidence: Evidence, rows: np.ndarray) -> Shown:
    """The first of some rows in each family; they are in order of publication, and each shows the event by itself."""
    family, first = np.unique(evidence.family[rows], return_index=True)
    return Shown(family, evidence.known[rows[first]], rows[first][:, None])


def first_turns(evidence: Evidence, rows: np.ndarray, scope: Scope) -> tuple[Shown, Shown]:
    """The first fall of each family, and its first reversal by a model that may decide."""
    days = _by_day(evidence, rows)
    may_turn = evidence.may_decide(days.row.ravel(), scope).reshape(days.row.shape)
    found = turns(days.better, days.stderr, days.scale, may_turn)
    fallen = _earliest(evidence, days, found.fell, [found.trough])
    return fallen, _earliest(evidence, days, found.reversed, [found.best, found.trough, found.target])


def first_u_shapes(evidence: Evidence, rows: np.ndarray, scope: Scope) -> Shown:
    """The first day on which each family's trend was u-shaped with a largest model that may decide."""
    days = _by_day(evidence, rows)
    days = days.keep(_may_be_u_shaped(days.better, days.stderr))
    last = (days.row >= 0).sum(axis=1) - 1
    at = np.arange(len(last))
    shaped = is_u_shaped(days.better, days.stderr) & evidence.may_decide(days.row[at, last], scope)
    days, last = days.keep(shaped), last[shaped]
    lowest = np.where(np.isnan(days.better), np.inf, days.better).argmin(axis=1) if len(last) else last
    columns = np.arange(days.better.shape[1])
    best = np.where(columns < lowest[:, None], days.better, -np.inf).argmax(axis=1) if len(last) else last
    return _earliest(evidence, days, np.ones(len(last), dtype=bool), [np.minimum(best, lowest), lowest, last])


def _may_be_u_shaped(better: np.ndarray, stderr: np.ndarray) -> np.ndarray:
    """False where no score lies beyond its own noise below an earlier and, after that, above an earlier one."""
    if better.shape[1] < 3:
        return np.zeros(len(better), dtype=bool)
    high = np.maximum.accumulate(np.where(np.isnan(better), -np.inf, better), axis=1)[:, :-1]
    low = np.minimum.accumulate(np.where(np.isnan(better), np.inf, better), axis=1)[:, :-1]
    fell = np.logical_or.accumulate(high - better[:, 1:] > BEYOND * stderr[:, 1:], axis=1)
    rose = better[:, 1:] - low > BEYOND * stderr[:, 1:]
    return np.any(fell[:, :-1] & rose[:, 1:], axis=1)


# --- series as they stood on each day --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Days:
    """Every series on every day that added to it: (n, L) arrays ascending in scale, padding on the right."""

    known: np.ndarray
    better: np.ndarray
    stderr: np.ndarray
    scale: np.ndarray
    row: np.ndarray

    def keep(self, which: np.ndarray) -> _Days:
        return _Days(self.known[which], self.better[which], self.stderr[which], self.scale[which], self.row[which])


def _by_day(evidence: Evidence, rows: np.ndarray) -> _Days:
    """``better`` and ``scale`` padded with NaN, ``stderr`` with 0, ``row`` with -1; one score alone is no series."""
    rows = rows[np.lexsort((evidence.known[rows], evidence.series[rows]))]
    series, known = evidence.series[rows], evidence.known[rows]
    if not len(rows):
        return _pad_days(known, np.empty(0, dtype=int), np.empty(0, dtype=int), evidence, rows, np.empty(0))
    begins = np.ones(len(rows) + 1, dtype=bool)
    begins[1:-1] = series[1:] != series[:-1]
    start = np.flatnonzero(begins[:-1])[np.cumsum(begins[:-1]) - 1]
    is_end = begins[1:].copy()
    is_end[:-1] |= known[1:] != known[:-1]
    ends = np.flatnonzero(is_end)
    ends = ends[ends > start[ends]]
    count = ends - start[ends] + 1
    first = np.cumsum(count) - count
    day = np.repeat(np.arange(len(ends)), count)
    row = rows[np.arange(len(day)) + np.repeat(start[ends] - first, count)]
    scale = evidence.scale(row, known[ends][day])
    order = np.lexsort((scale, day))
    column = np.arange(len(day)) - np.repeat(first, count)
    return _pad_days(known[ends], day, column, evidence, row[order], scale[order])


def _pad_days(
    known: np.ndarray, day: np.ndarray, column: np.ndarray, evidence: Evidence, row: np.ndarray, scale: np.ndarray
) -> _Days:
    shape = (len(known), int(column.max()) + 1 if len(column) else 0)

    def matrix(values: np.ndarray, fill: float) -> np.ndarray:
        out = np.full(shape, fill, dtype=values.dtype)
        out[day, column] = values
        return out

    return _Days(
        known,
        matrix(evidence.better[row], np.nan),
        matrix(evidence.stderr[row], 0.0),
        matrix(scale, np.nan),
        matrix(row, -1),
    )


def _earliest(evidence: Evidence, days: _Days, happened: np.ndarray, columns: list[np.ndarray]) -> Shown:
    """The first day of an event in each family, with the rows of the named columns."""
    at = np.flatnonzero(happened)
    at = at[np.argsort(days.known[at], kind="stable")]
    family, first = np.unique(evidence.family[days.row[at, 0]], return_index=True) if len(at) else (at, at)
    at = at[first]
    rows = [np.where(c[at] >= 0, days.row[at, c[at]], -1) for c in columns] if len(at) else [at for _ in columns]
    return Shown(family, days.known[at], np.column_stack(rows))
