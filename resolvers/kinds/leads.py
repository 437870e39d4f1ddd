"""Somebody leads, or is first."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Literal

import numpy as np

from scale_forecast.data.names.keys import name_key
from scale_forecast.resolvers.judge.case import Case, Finding
from scale_forecast.resolvers.judge.events import Draws
from scale_forecast.resolvers.judge.futures import Futures, Untold
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Example
from scale_forecast.resolvers.kinds.leading import Leading, Of
from scale_forecast.resolvers.kinds.phrases import limits_of
from scale_forecast.resolvers.terms.fields import Names
from scale_forecast.resolvers.terms.scope import Scope


class Leads(Leading):
    """One of ``who`` has the best score on the deadline, or is first to reach ``score``."""

    kind: Literal["leads"] = "leads"
    of: Of = "organisation"
    who: Names

    example: ClassVar[Example] = {"kind": "leads", "task": "neqa", "of": "model", "who": "PaLM 540B"}
    may_be_dated: ClassVar[bool] = False

    def find(self, case: Case) -> Finding:
        """Yes or no when the deadline is over; of a first as soon as somebody is."""
        found = self.leader(case, self.of)
        if isinstance(found, Finding):
            return found
        row, name, said = found
        status = Status.YES if self._is_one(np.array([name]))[0] else Status.NO
        return Finding(status, said, (row,), case.evidence.known[row])

    def rests_on_silence(self, finding: Finding, case: Case) -> bool:
        """Whoever leads does so only if nobody better is unpublished; who was first, was."""
        settled = finding.status in (Status.YES, Status.NO)
        if self.first_line is not None:
            return finding.status is Status.NO and finding.known is None
        return settled and case.evidence.coverage is not None

    def _is_one(self, names: np.ndarray) -> np.ndarray:
        keys = {name_key(self.of, name) for name in self.who}
        found, at = np.unique(names.astype(str), return_inverse=True)
        return np.array([name_key(self.of, name) in keys for name in found], dtype=bool)[at]

    def read(self, draws: Draws) -> np.ndarray:
        """Nowhere: one model alone does not tell who leads."""
        return np.zeros(len(draws.raw), dtype=bool)

    def foretell(self, futures: Futures, scope: Scope, until: dt.date) -> np.ndarray:
        """Where it is one of them; models to come have a maker and no name, so that only known ones are told of."""
        names = self.names(futures, scope.within(self.scope), self.of, until)
        unknown = [name for name in self.who if self.of == "model" and not futures.knows(name)]
        if unknown:
            raise Untold(
                f"{unknown[0]} has no score by date yet, and models to come are told by their maker: ask of it"
            )
        return self._is_one(names)

    def say_on(self, place: str) -> str:
        """Who leads."""
        return ", ".join([f"{' or '.join(self.who)} {self.what} on {place}", *limits_of(self.scope)])
