"""The number that a statistic of scores takes."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Literal, Self

import numpy as np
from pydantic import model_validator

from scale_forecast.data.results import is_unbounded
from scale_forecast.resolvers.judge.case import Case, Finding
from scale_forecast.resolvers.judge.conflicts import readings
from scale_forecast.resolvers.judge.events import Draws
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.futures import Futures, Untold
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Example, IfNothing, Measured
from scale_forecast.resolvers.kinds.phrases import who_of
from scale_forecast.resolvers.kinds.silence import dispute, no_measurement, nothing
from scale_forecast.resolvers.kinds.threshold import Threshold
from scale_forecast.resolvers.terms.scope import Scope


class Numeric(Measured):
    """The number that a statistic of the qualifying scores takes; ``first`` is the earliest published."""

    kind: Literal["numeric"] = "numeric"
    statistic: Literal["highest", "lowest", "first"] = "highest"
    if_nothing: IfNothing = "annul"

    example: ClassVar[Example] = {"kind": "numeric", "task": "neqa", "statistic": "highest"}
    may_be_part: ClassVar[bool] = False
    may_be_dated: ClassVar[bool] = False

    @model_validator(mode="after")
    def _number_or_nothing(self) -> Self:
        if self.if_nothing == "no":
            raise ValueError("if_nothing 'no' is not a number: choose annul, ambiguous or open")
        return self

    @property
    def is_number(self) -> bool:
        """Yes."""
        return True

    def whether(self, score: float) -> Measured | None:
        """Whether the best score reaches a line; the lowest and the first are read off none."""
        if self.statistic != "highest" or is_unbounded(self.metric):
            return None
        return Threshold.model_validate({**self.place_fields, "score": score, "side": "at_least"})

    def find(self, case: Case) -> Finding:
        """The statistic of the qualifying scores: ``first`` at once, ``highest`` and ``lowest`` after the deadline."""
        (scope,) = self.scopes(case.scope)
        rows = self.deciding_rows(scope, case)
        if not len(rows):
            return nothing(self, case, lambda: no_measurement(self))
        picks = [self._pick(case.evidence, part) for part in readings(case.evidence, rows, extremes=True)]
        row = picks[-1]
        said = f"the {self.statistic} of {len(rows)} scores on {self.task} is {case.evidence.say(row)}"
        if self.statistic != "first" and not case.is_over:
            return Finding(Status.OPEN, f"so far {said}; evidence counts until {case.deadline}", (row,))
        if len({case.evidence.score[p] for p in picks}) > 1:
            return dispute(self, case, {0: tuple(int(p) for p in dict.fromkeys(picks))})
        return Finding(Status.NUMBER, said, (row,), case.evidence.known[row], float(case.evidence.score[row]))

    def rests_on_silence(self, finding: Finding, case: Case) -> bool:
        """A highest or lowest score is that of the scores that somebody lists."""
        extreme = finding.status is Status.NUMBER and self.statistic != "first"
        return super().rests_on_silence(finding, case) or (extreme and case.evidence.coverage is not None)

    def _pick(self, evidence: Evidence, rows: np.ndarray) -> int:
        """The row whose score the statistic is."""
        if self.statistic == "first":
            rows = rows[evidence.known[rows] == evidence.known[rows].min()]
        score = evidence.score[rows]
        return int(rows[score.argmin() if self.statistic == "lowest" else score.argmax()])

    def read(self, draws: Draws) -> np.ndarray:
        """The simulated score itself: the number that one model brings to the statistic."""
        return draws.raw

    def foretell(self, futures: Futures, scope: Scope, until: dt.date) -> np.ndarray:
        """The best score by the deadline."""
        if self.statistic != "highest":
            raise Untold(f"records do not tell of the {self.statistic} score")
        return futures.best(self, scope.within(self.scope), until)

    def say_on(self, place: str) -> str:
        """Which number."""
        who, limits = who_of(self.scope)
        return ", ".join([f"the {self.statistic} score of {who} on {place}", *limits])
