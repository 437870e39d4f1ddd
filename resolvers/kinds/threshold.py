"""Some model's score reaches a line."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Literal

import numpy as np

from scale_forecast.data.names.keys import metric_key
from scale_forecast.resolvers.judge.case import Case
from scale_forecast.resolvers.judge.events import Draws, Line
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.first_shown import Shown, first_in_families
from scale_forecast.resolvers.judge.futures import Futures, Untold
from scale_forecast.resolvers.kinds.base import Example, Side
from scale_forecast.resolvers.kinds.families import InFamilies
from scale_forecast.resolvers.kinds.phrases import who_of
from scale_forecast.resolvers.kinds.silence import Nearest, no_measurement
from scale_forecast.resolvers.terms.scope import Scope


class Threshold(InFamilies):
    """Some model's score reaches a line."""

    kind: Literal["threshold"] = "threshold"
    score: float
    side: Side = None

    example: ClassVar[Example] = {"kind": "threshold", "task": "neqa", "score": 0.9, "scope": {"tuning": "base"}}
    extremes: ClassVar[bool] = True

    @property
    def line(self) -> Line:
        """The line, and the side of it that counts."""
        return self.line_at(self.score, self.side)

    @property
    def happened(self) -> str:
        """What a model that showed it did."""
        return f"scored {self._side} {self.score:g}"

    @property
    def _side(self) -> str:
        return self.line.side.replace("_", " ")

    def rows_of(self, evidence: Evidence, scope: Scope) -> np.ndarray:
        """Those of models that may decide: no other score counts."""
        rows = evidence.select(self, scope)
        return rows[evidence.may_decide(rows, scope)]

    def first_showings(self, evidence: Evidence, rows: np.ndarray, scope: Scope) -> Shown:
        """The first score of each family that reaches the line; ``rows`` are in order of publication."""
        return first_in_families(evidence, rows[self.line.is_reached(evidence.score[rows])])

    def nearest(self, case: Case, scope: Scope, rows: np.ndarray) -> Nearest:
        """The score that came nearest to the line."""
        known = rows[case.evidence.known[rows] <= case.cutoff]
        missed = self._near_miss(case, scope, rows)
        if not len(known):
            return missed or no_measurement(self)
        score = case.evidence.score[known]
        best = int(known[score.argmax() if self.line.is_upward else score.argmin()])
        said = (
            f"the nearest of {len(known)} scores on {self.task} to {self._side} {self.score:g} "
            f"was {case.evidence.say(best)}"
        )
        return ((best, *missed[0]), f"{said}; {missed[1]}") if missed else ((best,), said)

    def _near_miss(self, case: Case, scope: Scope, rows: np.ndarray) -> Nearest | None:
        """The first score that reaches the line and does not count, and in what it differs; None where none does."""
        evidence = case.evidence
        others = np.setdiff1d(evidence.rows_about(self), rows)
        others = others[(evidence.known[others] <= case.cutoff) & self.line.is_reached(evidence.score[others])]
        for row in others[np.argsort(evidence.known[others], kind="stable")]:
            if differs := _differences(self, evidence, int(row), scope):
                counts = f"{evidence.say(int(row))} does not count, being {' and '.join(differs)}"
                return (int(row),), counts
        return None

    def read(self, draws: Draws) -> np.ndarray:
        """Where the score reaches the line."""
        return self.line.is_reached(draws.raw)

    def foretell(self, futures: Futures, scope: Scope, until: dt.date) -> np.ndarray:
        """Where the best score by the deadline reaches the line; of a low line it tells of one model that is named."""
        scope = scope.within(self.scope)
        if (not self.line.is_upward and len(scope.model) != 1) or scope.over == "all":
            raise Untold("records tell of any model's score above a line")
        return self.line.is_reached(futures.best(self, scope, until))

    def say_on(self, place: str) -> str:
        """Who scores what."""
        who, limits = who_of(self.scope)
        return ", ".join([f"{who} scores {self._side} {self.score:g} on {place}", *limits])


_WAYS = {
    "prompt": "prompt {}",
    "evaluator": "measured by {}",
    "version": "version {}",
    "setting": "setting {}",
    "tuning": "{} models",
}
"""How a way of measuring that a scope leaves out is said."""


def _differences(criterion: Threshold, evidence: Evidence, row: int, scope: Scope) -> list[str]:
    """In what a row differs from what a criterion counts, where only the way of measuring does; else nothing."""
    metric = evidence.name("metric", row)
    if metric_key(metric) != metric_key(criterion.metric):
        return [f"in {metric}"]
    anyhow = scope.model_copy(update={**dict.fromkeys(_WAYS, ()), "shots": (), "checkpoints": True})
    alone = np.array([row])
    if not len(evidence.in_series(alone, anyhow)) or not evidence.may_decide(alone, scope)[0]:
        return []
    found = []
    for column, words in _WAYS.items():
        wanted = getattr(scope, column)
        if wanted and not len(evidence.in_series(alone, anyhow.model_copy(update={column: wanted}))):
            found.append(words.format(evidence.name_or_none(column, row) or "unstated"))
    if scope.shots and evidence.shots[row] not in scope.shots:
        shots = evidence.shots[row]
        found.append("of unstated shots" if np.isnan(shots) else f"with {shots:.0f} shots")
    if not scope.checkpoints and evidence.is_checkpoint[row]:
        found.append("an intermediate checkpoint")
    return found
