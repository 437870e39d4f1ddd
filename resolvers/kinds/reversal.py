"""Inverse scaling resolves with scale: after a fall, a larger model beats the best smaller one."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from scale_forecast.resolvers.judge.case import Case, Finding
from scale_forecast.resolvers.judge.events import Draws, turns
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.first_shown import Shown, first_turns
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Example
from scale_forecast.resolvers.kinds.families import InFamilies, largest_model
from scale_forecast.resolvers.kinds.phrases import limits_of
from scale_forecast.resolvers.kinds.silence import Nearest
from scale_forecast.resolvers.terms.scope import Scope


class Reversal(InFamilies):
    """Inverse scaling resolves with scale: after a fall, a larger model beats the best smaller one beyond noise.

    Where no series in scope ever falls, the premise is missing.
    """

    kind: Literal["reversal"] = "reversal"

    example: ClassVar[Example] = {"kind": "reversal", "task": "neqa"}
    reads_ladders: ClassVar[bool] = True
    needs_fall: ClassVar[bool] = True

    @property
    def happened(self) -> str:
        """What a family that showed it did."""
        return "fell and then beat its best smaller model"

    def find(self, case: Case) -> Finding:
        """As in families; annulled when nothing in scope ever fell."""
        evidence, scope = case.evidence, case.scope.within(self.scope)
        rows = self.rows_of(evidence, scope)
        measured = (evidence.known[rows] <= case.cutoff).any()
        if case.is_over and measured and not len(self._falls(case, scope, rows)):
            return Finding(
                Status.ANNULLED,
                f"the premise is missing: no family in scope showed inverse scaling on {self.task} by {case.deadline}",
                known=case.resolve_by,
            )
        return super().find(case)

    def _turns(self, evidence: Evidence, rows: np.ndarray, scope: Scope) -> tuple[Shown, Shown]:
        return evidence.remember(("turns", self, scope), lambda: first_turns(evidence, rows, scope))

    def _falls(self, case: Case, scope: Scope, rows: np.ndarray) -> Shown:
        return self._turns(case.evidence, rows, scope)[0].by(case.cutoff)

    def all_showings(self, evidence: Evidence, rows: np.ndarray, scope: Scope) -> Shown:
        """The first turn of each family, found together with its first fall."""
        return self._turns(evidence, rows, scope)[1]

    def first_showings(self, evidence: Evidence, rows: np.ndarray, scope: Scope) -> Shown:
        """The first turn of each family by a model that may decide."""
        return first_turns(evidence, rows, scope)[1]

    def relevant_families(self, case: Case, scope: Scope, rows: np.ndarray) -> np.ndarray:
        """Families that fell: no other has anything to resolve."""
        return self._falls(case, scope, rows).family

    def nearest(self, case: Case, scope: Scope, rows: np.ndarray) -> Nearest:
        """The first fall."""
        return largest_model(case, rows, self._falls(case, scope, rows))

    def read(self, draws: Draws) -> np.ndarray:
        """Where the simulated model is the one that turns."""
        better, stderr, scale = draws.ladder()
        last = scale == better.shape[1] - 1
        return turns(better, stderr, scale, last).reversed

    def shows(self, better: np.ndarray, stderr: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """Ladders that turn anywhere."""
        return turns(better, stderr, scale).reversed

    def say_on(self, place: str) -> str:
        """What resolves."""
        said = (
            f"inverse scaling on {place} resolves with scale: after a fall, a larger model beats the best smaller one "
            "beyond noise"
        )
        return ", ".join([said, *limits_of(self.scope)])
