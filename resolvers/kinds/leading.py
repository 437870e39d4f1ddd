"""Who leads on a benchmark, and who is first to reach a line: what several kinds share."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Literal

import numpy as np

from scale_forecast.resolvers.judge.case import Case, Finding
from scale_forecast.resolvers.judge.events import Line
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.futures import Futures
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Measured, Side
from scale_forecast.resolvers.kinds.silence import no_measurement, nothing
from scale_forecast.resolvers.terms.scope import Scope

Of = Literal["organisation", "line", "model"]


class Leading(Measured, abstract=True):
    """Something about whoever holds the best score on the deadline, or with ``score`` is first to reach that.

    Of equal scores the one that was published first leads.
    """

    score: float | None = None
    side: Side = None

    needs_futures: ClassVar[bool] = True

    @property
    def is_number(self) -> bool:
        """No."""
        return False

    @property
    def first_line(self) -> Line | None:
        """What has to be reached first; None where the best score on the day counts."""
        return None if self.score is None else self.line_at(self.score, self.side)

    def leader(self, case: Case, of: Of) -> Finding | tuple[int, str, str]:
        """The row of whoever leads, their name, and a sentence; a finding where that is nobody or not yet sure."""
        (scope,) = self.scopes(case.scope)
        row = self.first_row(case, self.deciding_rows(scope, case))
        if row is None:
            return nothing(self, case, lambda: no_measurement(self))
        name = owner(case.evidence, row, of)
        said = f"{name} {self.what} on {self.task}: {case.evidence.say(row)}, by {case.evidence.name('source', row)}"
        if self.first_line is None and not case.is_over:
            return Finding(Status.OPEN, f"so far {said}; evidence counts until {case.deadline}", (row,))
        return row, name, said

    def first_row(self, case: Case, rows: np.ndarray) -> int | None:
        """The row of whoever leads, or was first, among rows in order of publication; None where nobody is."""
        evidence = case.evidence
        if self.first_line is not None:
            rows = rows[self.first_line.is_reached(evidence.score[rows])]
            return int(rows[evidence.known[rows].argmin()]) if len(rows) else None
        if not len(rows):
            return None
        best = rows[evidence.better[rows] == evidence.better[rows].max()]
        return int(best[evidence.known[best].argmin()])

    def names(self, futures: Futures, scope: Scope, of: Of, until: dt.date) -> np.ndarray:
        """Who it is in each draw; `NOBODY` where nobody is."""
        if self.first_line is not None:
            return futures.first(self, scope, of, self.first_line, until)
        return futures.leader(self, scope, of, until)

    @property
    def what(self) -> str:
        """What they do, in words."""
        if self.first_line is None:
            return "has the best score"
        return f"is first to score {self.first_line.side.replace('_', ' ')} {self.score:g}"


def owner(evidence: Evidence, row: int, of: Of) -> str:
    """The organisation, line or model of a row; the model where no organisation is known."""
    return evidence.name_or_none(of, row) or evidence.name("model", row)
