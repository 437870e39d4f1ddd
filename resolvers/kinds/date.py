"""The day on which a line is reached."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Literal

import numpy as np

from scale_forecast.resolvers.judge.case import Case, Finding
from scale_forecast.resolvers.judge.events import Draws, Line
from scale_forecast.resolvers.judge.futures import Futures
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Answers, Example, Measured, Side
from scale_forecast.resolvers.kinds.phrases import who_of
from scale_forecast.resolvers.kinds.silence import no_measurement, nothing
from scale_forecast.resolvers.kinds.threshold import Threshold
from scale_forecast.resolvers.terms.scope import Scope


class Date(Measured):
    """The day on which some model's score first reaches a line; no where none does by the question's deadline."""

    kind: Literal["date"] = "date"
    score: float
    side: Side = None

    example: ClassVar[Example] = {"kind": "date", "task": "neqa", "score": 0.9}
    may_be_part: ClassVar[bool] = False
    may_be_dated: ClassVar[bool] = False
    needs_futures: ClassVar[bool] = True

    @property
    def is_number(self) -> bool:
        """No."""
        return False

    @property
    def answers(self) -> Answers:
        """A day."""
        return "date"

    @property
    def line(self) -> Line:
        """The line, and the side of it that counts."""
        return self.line_at(self.score, self.side)

    def whether(self, score: float) -> Measured | None:
        """Whether its own line is reached by a day."""
        return Threshold.model_validate({**self.place_fields, "score": self.score, "side": self.side})

    def find(self, case: Case) -> Finding:
        """The day of the first score known that reaches it."""
        (scope,) = self.scopes(case.scope)
        rows = self.deciding_rows(scope, case)
        reached = rows[self.line.is_reached(case.evidence.score[rows])]
        if not len(reached):
            return nothing(self, case, lambda: no_measurement(self))
        row = int(reached[case.evidence.known[reached].argmin()])
        known = case.evidence.known[row]
        reason = f"first reached by {case.evidence.say(row)}, by {case.evidence.name('source', row)}"
        return Finding(Status.DATE, reason, (row,), known, answer=str(known.astype("datetime64[D]")))

    def read(self, draws: Draws) -> np.ndarray:
        """Where one simulated model reaches it."""
        return self.line.is_reached(draws.raw)

    def foretell(self, futures: Futures, scope: Scope, until: dt.date) -> np.ndarray:
        """The day, NaT where it is reached by no day until the deadline."""
        day = futures.first_day(self, scope.within(self.scope), self.line)
        return np.where(day <= np.datetime64(until), day, np.datetime64("NaT"))

    def say_on(self, place: str) -> str:
        """Which day."""
        who, limits = who_of(self.scope)
        side = self.line.side.replace("_", " ")
        return ", ".join([f"the day on which {who} first scores {side} {self.score:g} on {place}", *limits])
