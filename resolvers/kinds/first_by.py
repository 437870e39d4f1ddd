"""An event happens by a date of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal, Self

import numpy as np

from scale_forecast.resolvers.judge.case import Case, Finding, moment, no_or_else
from scale_forecast.resolvers.kinds.base import Datable, Example, IfNothing, Kind
from scale_forecast.resolvers.kinds.phrases import day_of
from scale_forecast.resolvers.terms.fields import End


class FirstBy(Kind):
    """An event happens by a date that may lie before the question's own deadline."""

    kind: Literal["first_by"] = "first_by"
    event: Datable
    by: End
    if_nothing: IfNothing = "no"

    example: ClassVar[Example] = {
        "kind": "first_by",
        "by": "2023-12-31",
        "event": {"kind": "threshold", "task": "neqa", "score": 0.9},
    }
    may_be_dated: ClassVar[bool] = False
    says_its_date: ClassVar[bool] = True

    @property
    def is_number(self) -> bool:
        """No."""
        return False

    @property
    def parts(self) -> tuple[Kind, ...]:
        """The event."""
        return (self.event,)

    def with_parts(self, parts: tuple[Kind, ...]) -> Self:
        """Another event by the same date."""
        return self.model_copy(update={"event": parts[0]})

    def judge(self, case: Case) -> Finding:
        """The event, on evidence that became known by the criterion's own date."""
        own = replace(case, counts_until=min(moment(self.by), case.counts_until))
        return no_or_else(self.if_nothing, own, self.event.judge)

    def dated_leaves(self, until: dt.datetime) -> list[tuple[Kind, dt.datetime]]:
        """Those of the event, until its own date."""
        return self.event.dated_leaves(min(until, self.by))

    def combine(self, happened: Iterator[np.ndarray]) -> np.ndarray:
        """Where the event does."""
        return self.event.combine(happened)

    def say(self) -> str:
        """The event and its date."""
        return f"{self.event.say()}, by {day_of(self.by)}"
