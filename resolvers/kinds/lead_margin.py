"""How far one side is ahead of another."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Literal

import numpy as np

from scale_forecast.resolvers.judge.case import Case, Finding
from scale_forecast.resolvers.judge.events import Draws, Line
from scale_forecast.resolvers.judge.futures import Futures
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Example, Measured
from scale_forecast.resolvers.kinds.phrases import limits_of, who_of
from scale_forecast.resolvers.kinds.silence import no_measurement, nothing
from scale_forecast.resolvers.terms.scope import Scope


class LeadMargin(Measured):
    """The best score of ``ahead`` on the deadline is so much above the best of ``behind``, or not so much."""

    kind: Literal["lead_margin"] = "lead_margin"
    ahead: Scope
    behind: Scope
    margin: float
    side: Literal["at_least", "above", "at_most", "below"] = "at_least"

    example: ClassVar[Example] = {
        "kind": "lead_margin",
        "task": "neqa",
        "ahead": {"family": "PaLM"},
        "behind": {"model": "Chinchilla 70B"},
        "margin": 0.05,
        "side": "below",
    }
    may_be_dated: ClassVar[bool] = False
    needs_futures: ClassVar[bool] = True

    @property
    def is_number(self) -> bool:
        """No."""
        return False

    @property
    def margin_line(self) -> Line:
        """What the difference has to be."""
        return Line(self.margin, self.side)

    def both(self, scope: Scope) -> tuple[Scope, Scope]:
        """The scope of each side."""
        scope = scope.within(self.scope)
        return scope.within(self.ahead), scope.within(self.behind)

    def scopes(self, of_question: Scope) -> list[Scope]:
        """One for each side."""
        return list(self.both(of_question))

    def find(self, case: Case) -> Finding:
        """The difference of the two best scores when the deadline is over."""
        evidence = case.evidence
        rows = [self.deciding_rows(scope, case) for scope in self.both(case.scope)]
        if not all(len(side) for side in rows):
            return nothing(self, case, lambda: no_measurement(self))
        best = [int(side[evidence.better[side].argmax()]) for side in rows]
        lead = float(evidence.better[best[0]] - evidence.better[best[1]])
        said = f"{evidence.say(best[0])} is {lead:+.3g} ahead of {evidence.say(best[1])} on {self.task}"
        if not case.is_over:
            return Finding(Status.OPEN, f"so far {said}; evidence counts until {case.deadline}", tuple(best))
        held = bool(self.margin_line.is_reached(round(lead, 9)).item())
        known = max(evidence.known[row] for row in best)
        return Finding(Status.YES if held else Status.NO, said, tuple(best), known)

    def rests_on_silence(self, finding: Finding, case: Case) -> bool:
        """Either answer holds only if nothing better was published by either side."""
        return finding.status in (Status.YES, Status.NO) and case.evidence.coverage is not None

    def read(self, draws: Draws) -> np.ndarray:
        """Where the simulated model is so far ahead of the rival."""
        rival = np.nan if draws.rival is None else draws.sign * np.asarray(draws.rival, dtype=float)
        return self.margin_line.is_reached(draws.better - rival)

    def foretell(self, futures: Futures, scope: Scope, until: dt.date) -> np.ndarray:
        """Where the difference of the two records is so large; never while one side has no score."""
        ahead, behind = (futures.best(self, side, until) for side in self.both(scope))
        return self.margin_line.is_reached(np.round(ahead - behind, 9))

    def say_on(self, place: str) -> str:
        """Who is how far ahead."""
        ahead, behind = (_side(side) for side in (self.ahead, self.behind))
        said = f"{ahead} is {self.side.replace('_', ' ')} {self.margin:g} ahead of {behind} on {place}"
        return ", ".join([said, *limits_of(self.scope)])


def _side(scope: Scope) -> str:
    who, limits = who_of(scope)
    return " with ".join([f"the best of {who.removeprefix('some ')}", *limits])
