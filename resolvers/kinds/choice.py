"""Which of several leads, or is first."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Literal

import numpy as np

from scale_forecast.data.names.keys import name_key
from scale_forecast.resolvers.judge.case import Case, Finding
from scale_forecast.resolvers.judge.events import Draws
from scale_forecast.resolvers.judge.futures import NOBODY, OTHER, Futures
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Answers, Example, IfNothing
from scale_forecast.resolvers.kinds.leading import Leading, Of
from scale_forecast.resolvers.kinds.phrases import limits_of
from scale_forecast.resolvers.terms.fields import Names
from scale_forecast.resolvers.terms.scope import Scope


class Choice(Leading):
    """Which organisation, line or model has the best score on the deadline, or is first to reach ``score``.

    With ``options`` whoever is none of them is ``other``.
    """

    kind: Literal["choice"] = "choice"
    of: Of = "organisation"
    options: Names = ()
    if_nothing: IfNothing = "open"

    example: ClassVar[Example] = {
        "kind": "choice",
        "task": "neqa",
        "of": "model",
        "options": ["GPT-3 175B", "PaLM 540B"],
    }
    may_be_part: ClassVar[bool] = False
    may_be_dated: ClassVar[bool] = False

    @property
    def answers(self) -> Answers:
        """One of several options."""
        return "option"

    def find(self, case: Case) -> Finding:
        """Whose score leads when the deadline is over; a first as soon as there is one."""
        found = self.leader(case, self.of)
        if isinstance(found, Finding):
            return found
        row, name, said = found
        return Finding(Status.OPTION, said, (row,), case.evidence.known[row], answer=self._option(name))

    def rests_on_silence(self, finding: Finding, case: Case) -> bool:
        """Whoever leads does so only if nobody better is unpublished."""
        return super().rests_on_silence(finding, case) or (
            finding.status is Status.OPTION and self.first_line is None and case.evidence.coverage is not None
        )

    def _option(self, name: str) -> str:
        if not self.options or name == NOBODY:
            return name
        named = {name_key(self.of, option): option for option in self.options}
        return named.get(name_key(self.of, name), OTHER)

    def read(self, draws: Draws) -> np.ndarray:
        """The simulated score itself."""
        return draws.raw

    def foretell(self, futures: Futures, scope: Scope, until: dt.date) -> np.ndarray:
        """The option that each draw comes to."""
        names = self.names(futures, scope.within(self.scope), self.of, until)
        found, at = np.unique(names, return_inverse=True)
        return np.array([self._option(str(name)) for name in found], dtype=object)[at]

    def say_on(self, place: str) -> str:
        """Which of whom."""
        among = f" of {', '.join(self.options)} or another" if self.options else ""
        return ", ".join([f"which {self.of}{among} {self.what} on {place}", *limits_of(self.scope)])
