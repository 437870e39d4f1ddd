"""Read sources that disagree: every way to choose one score a key, on each of which a criterion is judged."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np

from scale_forecast.resolvers.judge.case import Case
from scale_forecast.resolvers.judge.evidence import Evidence

_READINGS = 64
"""More combinations of conflicting sources than this in one family are not tried: it stays ambiguous."""


def families_in_conflict(case: Case, rows: np.ndarray) -> list[int]:
    """Families with a key that carries several scores by the cutoff."""
    conflict = case.evidence.conflict[rows]
    if not (conflict >= 0).any():
        return []
    some = rows[(conflict >= 0) & (case.evidence.known[rows] <= case.cutoff)]
    keys, count = np.unique(case.evidence.conflict[some], return_counts=True)
    twice = np.isin(case.evidence.conflict[some], keys[count > 1])
    return [int(f) for f in np.unique(case.evidence.family[some[twice]])]


def readings(evidence: Evidence, rows: np.ndarray, *, extremes: bool) -> list[np.ndarray]:
    """The rows with one score a key, for each way to choose among conflicting sources.

    ``extremes``: only all the lowest and all the highest, which bound a monotone criterion. Empty when there are too
    many ways to try.
    """
    conflict = evidence.conflict[rows]
    plain = rows[conflict < 0]
    groups = [rows[conflict == key] for key in np.unique(conflict[conflict >= 0])]
    if extremes:
        groups = [g[np.argsort(evidence.score[g], kind="stable")] for g in groups]
        chosen: Iterable[tuple[int, ...]] = (tuple(g[0] for g in groups), tuple(g[-1] for g in groups))
    else:
        if np.prod([len(g) for g in groups], dtype=float) > _READINGS:
            return []
        chosen = itertools.product(*groups)
    read = [np.r_[plain, np.array(pick, dtype=plain.dtype)] for pick in chosen]
    return [rows[np.lexsort((rows, evidence.known[rows]))] for rows in read]
