"""Some model's score reaches a line."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from scale_forecast.resolvers.judge.case import Case
from scale_forecast.resolvers.judge.events import Draws, Line
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.first_shown import Shown, first_in_families
from scale_forecast.resolvers.kinds.base import Example
from scale_forecast.resolvers.kinds.families import InFamilies
from scale_forecast.resolvers.kinds.phrases import who_of
from scale_forecast.resolvers.kinds.silence import Nearest, none_measured
from scale_forecast.resolvers.questions.scope import Scope


class Threshold(InFamilies):
    """Some model's score reaches a line."""

    kind: Literal["threshold"] = "threshold"
    score: float
    side: Literal["at_least", "above", "at_most", "below"] = "at_least"

    example: ClassVar[Example] = {"kind": "threshold", "task": "neqa", "score": 0.9, "scope": {"tuning": "base"}}
    extremes: ClassVar[bool] = True

    @property
    def line(self) -> Line:
        """The line, and the side of it that counts."""
        return Line(self.score, self.side)

    @property
    def happened(self) -> str:
        """What a model that showed it did."""
        return f"scored {self._side} {self.score:g}"

    @property
    def _side(self) -> str:
        return self.side.replace("_", " ")

    def rows_of(self, evidence: Evidence, scope: Scope) -> np.ndarray:
        """Those of models that may decide: no other score counts."""
        rows = evidence.select(self, scope)
        return rows[evidence.may_decide(rows, scope)]

    def first_shown(self, evidence: Evidence, rows: np.ndarray, scope: Scope) -> Shown:
        """The first score of each family that reaches the line; ``rows`` are in order of publication."""
        return first_in_families(evidence, rows[self.line.reached(evidence.score[rows])])

    def nearest(self, case: Case, scope: Scope, rows: np.ndarray) -> Nearest:
        """The score that came nearest to the line."""
        known = rows[case.evidence.known[rows] <= case.cutoff]
        if not len(known):
            return none_measured(self)
        score = case.evidence.score[known]
        best = int(known[score.argmax() if self.line.is_upward else score.argmin()])
        return (best,), (
            f"the nearest of {len(known)} scores on {self.task} to {self._side} {self.score:g} "
            f"was {case.evidence.say(best)}"
        )

    def read(self, draws: Draws) -> np.ndarray:
        """Where the score reaches the line."""
        return self.line.reached(draws.raw)

    def say_on(self, place: str) -> str:
        """Who scores what."""
        who, limits = who_of(self.scope)
        return ", ".join([f"{who} scores {self._side} {self.score:g} on {place}", *limits])
