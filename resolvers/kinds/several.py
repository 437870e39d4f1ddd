"""So many of several criteria hold: what `count`, `all_of` and `any_of` have in common."""

from __future__ import annotations

import itertools
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar, Self

import numpy as np
from pydantic import model_validator

from scale_forecast.resolvers.judge.case import Case, Finding, no_or_else
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Condition, IfNothing, Kind, Measured


class Several(Kind, abstract=True):
    """At least `needed` of several criteria hold."""

    of: tuple[Condition, ...]
    if_nothing: IfNothing = "no"

    joint: ClassVar[str] = "; "
    """What stands between the parts where they are said one by one."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.of:
            raise ValueError("of lists no criterion: give at least one")
        return self

    @property
    @abstractmethod
    def needed(self) -> int:
        """How many of the parts must hold."""

    @property
    @abstractmethod
    def quantity(self) -> str:
        """How many of the tasks that many are, in words."""

    @property
    def is_number(self) -> bool:
        """No."""
        return False

    @property
    def parts(self) -> tuple[Kind, ...]:
        """The criteria."""
        return self.of

    def with_parts(self, parts: tuple[Kind, ...]) -> Self:
        """As many of other criteria."""
        return self.model_copy(update={"of": parts})

    def judge(self, case: Case) -> Finding:
        """Settled as soon as the parts that are settled decide it, whatever the others come to."""
        return no_or_else(self.if_nothing, case, self._tally)

    def _tally(self, case: Case) -> Finding:
        found = [part.judge(case) for part in self.of]
        yes = [p for p in found if p.status is Status.YES]
        unsure = [p for p in found if p.status not in (Status.YES, Status.NO)]
        rows = tuple(dict.fromkeys(itertools.chain.from_iterable(p.rows for p in found)))
        tally = f"{len(yes)} of {len(found)} hold, {self.needed} needed: {self._by_status(found)}"
        if len(yes) >= self.needed:
            known = sorted(p.known for p in yes if p.known is not None)
            at = known[self.needed - 1] if len(known) >= self.needed else None
            return Finding(Status.YES, tally, rows, at)
        if len(yes) + len(unsure) < self.needed:
            known = [p.known for p in found if p.status is Status.NO and p.known is not None]
            return Finding(Status.NO, tally, rows, max(known, default=None))
        for status in (Status.OPEN, Status.AMBIGUOUS, Status.ANNULLED):
            if any(p.status is status for p in unsure):
                return Finding(status, tally, rows)
        raise AssertionError(unsure)

    def _by_status(self, found: Sequence[Finding]) -> str:
        """The parts by what they came to: ``yes for u_shape neqa; open for manual``."""
        grouped = {
            status: [part.label for part, one in zip(self.of, found, strict=True) if one.status is status]
            for status in Status
        }
        return "; ".join(f"{status.value} for {', '.join(which)}" for status, which in grouped.items() if which)

    def combine(self, happened: Iterator[np.ndarray]) -> np.ndarray:
        """Where enough of the parts hold."""
        held = [np.asarray(part.combine(happened), dtype=bool) for part in self.of]
        return np.sum(np.broadcast_arrays(*held), axis=0) >= self.needed

    def say(self) -> str:
        """Parts that differ only in their tasks as one phrase, others one by one."""
        measured = [part for part in self.of if isinstance(part, Measured)]
        if len(measured) == len(self.of) and len({_but_for_the_task(part) for part in measured}) == 1:
            return measured[0].say_on(f"{self.quantity} {_places(measured)}")
        return self.say_one_by_one()

    def say_one_by_one(self) -> str:
        """Every part."""
        return self.joint.join(f"({part.say()})" for part in self.of)


def _places(parts: Sequence[Measured]) -> str:
    """A list of tasks; what they share is said once."""
    if len({(part.benchmark, part.metric) for part in parts}) == 1:
        of = f" of {parts[0].benchmark}" if parts[0].benchmark else ""
        return f"{', '.join(part.task for part in parts)}{of} ({parts[0].metric})"
    return ", ".join(part.place for part in parts)


def _but_for_the_task(criterion: Measured) -> str:
    return repr(criterion.model_copy(update={"task": "", "benchmark": None, "metric": ""}))
