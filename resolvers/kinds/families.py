"""Events that a family of models shows: in any family in scope, or in all that were measured."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from scale_forecast.resolvers.judge.case import Case, Finding
from scale_forecast.resolvers.judge.conflicts import families_in_conflict, readings
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.first_shown import Shown, join_shown
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Measured
from scale_forecast.resolvers.kinds.silence import Nearest, dispute, nothing
from scale_forecast.resolvers.terms.scope import Scope


class InFamilies(Measured, abstract=True):
    """YES once a family shows the event; for ``over: all`` once every family that is concerned does."""

    extremes: ClassVar[bool] = False
    """Whether the lowest and highest readings of conflicting sources bound all others."""

    @property
    def is_number(self) -> bool:
        """No."""
        return False

    # --- what such a kind brings

    @abstractmethod
    def first_showings(self, evidence: Evidence, rows: np.ndarray, scope: Scope) -> Shown:
        """Which families show the event in some rows, and since when."""

    @property
    @abstractmethod
    def happened(self) -> str:
        """What a model or family that showed it did, in words."""

    @abstractmethod
    def nearest(self, case: Case, scope: Scope, rows: np.ndarray) -> Nearest:
        """The rows that came nearest where nothing qualified, and a sentence about them."""

    # --- what some change

    def rows_of(self, evidence: Evidence, scope: Scope) -> np.ndarray:
        """The rows that the event is looked for in; on ladders those whose model has a place on a scale."""
        rows = evidence.select(self, scope)
        return evidence.with_size(rows) if self.reads_ladders else rows

    def all_showings(self, evidence: Evidence, rows: np.ndarray, scope: Scope) -> Shown:
        """What all of `rows_of` show, without regard to conflicting sources; found once."""
        return evidence.remember(("shown", self, scope), lambda: self.first_showings(evidence, rows, scope))

    def relevant_families(self, case: Case, scope: Scope, rows: np.ndarray) -> np.ndarray:
        """Families that ``over: all`` asks of."""
        measured = rows[case.evidence.known[rows] <= case.cutoff]
        return np.unique(case.evidence.family[measured])

    # --- what follows

    def find(self, case: Case) -> Finding:
        """The event, quantified over families as the scope says."""
        evidence, scope = case.evidence, case.scope.within(self.scope)
        rows = self.rows_of(evidence, scope)
        seen = _settle_conflicts(self, case, scope, rows, self.all_showings(evidence, rows, scope).by(case.cutoff))
        if scope.over == "all":
            return self._all_families(case, scope, rows, seen)
        if len(seen.found):
            return self._yes(case, seen.found, int(seen.found.known.argmin()))
        if seen.disputed:
            return dispute(self, case, seen.disputed)
        return nothing(self, case, lambda: self.nearest(case, scope, rows))

    def _all_families(self, case: Case, scope: Scope, rows: np.ndarray, seen: _Seen) -> Finding:
        """For ``over: all`` both answers wait for the deadline: a further family may be measured until then."""
        found, concerned = seen.found, self.relevant_families(case, scope, rows)
        lacking = set(concerned.tolist()) - set(found.family.tolist()) - set(seen.disputed)
        if not case.is_over or not len(concerned) or lacking:
            return nothing(self, case, lambda: self.nearest(case, scope, rows))
        if seen.disputed:
            return dispute(self, case, seen.disputed)
        finding = self._yes(case, found, int(found.known.argmax()))
        shown = tuple(itertools.chain.from_iterable(found.rows_at(i) for i in range(len(found))))
        reason = f"all {len(concerned)} measured families {self.happened} on {self.task}"
        return replace(finding, rows=shown, reason=reason)

    def _yes(self, case: Case, found: Shown, i: int) -> Finding:
        rows = found.rows_at(i)
        how = " -> ".join(case.evidence.say(row) for row in rows)
        subject = case.evidence.name("family" if len(rows) > 1 else "model", rows[-1])
        source = case.evidence.name("source", rows[-1])
        reason = f"{subject} {self.happened} on {self.task}: {how}, by {source}"
        return Finding(Status.YES, reason, rows, found.known[i])


@dataclass(frozen=True)
class _Seen:
    """Families that showed the event for sure, and the rows of those where it turns on which source is right."""

    found: Shown
    disputed: dict[int, tuple[int, ...]]


def _settle_conflicts(criterion: InFamilies, case: Case, scope: Scope, rows: np.ndarray, found: Shown) -> _Seen:
    """What was found, with families of conflicting sources only where every reading shows it; and the disputed ones.

    ``found`` is what the rows show without regard to conflicting sources.
    """
    evidence = case.evidence
    unsure: dict[int, tuple[int, ...]] = {}
    for family in families_in_conflict(case, rows):
        mine = rows[(evidence.family[rows] == family) & (evidence.known[rows] <= case.cutoff)]
        read = [
            criterion.first_showings(evidence, part, scope)
            for part in readings(evidence, mine, extremes=criterion.extremes)
        ]
        sure = [reading for reading in read if len(reading)]
        found = found.keep(found.family != family)
        if read and len(sure) == len(read):
            found = join_shown([found, max(sure, key=lambda reading: reading.known[0])])
        elif sure or not read:
            unsure[family] = tuple(int(row) for row in mine[evidence.conflict[mine] >= 0])
    return _Seen(found, unsure)


def largest_model(case: Case, rows: np.ndarray, fallen: Shown | None = None) -> Nearest:
    """Where no family turned: the first that fell, else the largest model measured; with a sentence about it."""
    evidence = case.evidence
    known = rows[evidence.known[rows] <= case.cutoff]
    if not len(known):
        return (), "no score in scope was published"
    families, task = len(np.unique(evidence.family[known])), evidence.name("task", known[0])
    if fallen is not None and len(fallen):
        shown = fallen.rows_at(int(fallen.known.argmin()))
        how = " -> ".join(evidence.say(row) for row in shown)
        return shown, f"of {families} families on {task} none turned; {len(fallen)} fell, the first {how}"
    largest = int(known[np.nan_to_num(evidence.params[known]).argmax()])
    return (largest,), f"none of {families} families on {task} turned, the largest model {evidence.say(largest)}"
