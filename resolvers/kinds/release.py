"""A model is released."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np

from scale_forecast.data.frontier import frontier_releases
from scale_forecast.data.names.keys import release_of
from scale_forecast.resolvers.judge.case import Case, Finding
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Answers, Example, Kind
from scale_forecast.resolvers.terms.fields import Names


class Release(Kind):
    """A model that is named is released by the deadline; with ``asks: date`` the day on which it is."""

    kind: Literal["release"] = "release"
    model: Names
    asks: Literal["whether", "date"] = "whether"

    example: ClassVar[Example] = {"kind": "release", "model": "Widget-9"}
    may_be_dated: ClassVar[bool] = False

    @property
    def is_number(self) -> bool:
        """No."""
        return False

    @property
    def answers(self) -> Answers:
        """Yes or no, or a day."""
        return "event" if self.asks == "whether" else "date"

    @property
    def parts(self) -> tuple[Kind, ...]:
        """None."""
        return ()

    def dated_leaves(self, until: dt.datetime) -> list[tuple[Kind, dt.datetime]]:
        """Itself."""
        return [(self, until)]

    def judge(self, case: Case) -> Finding:
        """Settled once a table holds its release; no source lists all releases, so that silence leaves it open."""
        days = [day for name in self.model if (day := _release_day(name, case)) is not None]
        said = " or ".join(self.model)
        if not days or min(days) > case.cutoff:
            return Finding(Status.OPEN, f"no table holds a release of {said}; no source lists all releases")
        day = min(days)
        shown = str(day.astype("datetime64[D]"))
        reason = f"{said} was released on {shown}, by the table of releases"
        if self.asks == "date":
            return Finding(Status.DATE, reason, (), day, answer=shown)
        return Finding(Status.YES, reason, (), day)

    def combine(self, happened: Iterator[np.ndarray]) -> np.ndarray:
        """Where its own event happened."""
        return next(happened)

    def why_unpriced(self) -> str | None:
        """No table says what is announced or planned."""
        return f"asks when {' or '.join(self.model)} is released: nothing here tells of plans, so that it has no price"

    def say(self) -> str:
        """What is released."""
        whether = "is released" if self.asks == "whether" else "'s day of release"
        return f"{' or '.join(self.model)} {whether}"


def _release_day(name: str, case: Case) -> np.datetime64 | None:
    """The day of a model's release by the table of releases, else by its scores; None where neither has one."""
    if (release := release_of(name)) is not None:
        table = frontier_releases()
        return np.datetime64(table.loc[table["model"] == release, "released"].iloc[0], "s")
    evidence = case.evidence
    days = evidence.released[evidence.of_model(name)]
    days = days[~np.isnat(days)]
    return days.min() if len(days) else None
