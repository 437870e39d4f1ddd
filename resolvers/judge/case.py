"""What a criterion is judged on, and what it comes to.

The rules that all kinds share. Evidence counts when it became known by ``min(as_of, resolve_by)``. An event counts from
the first day on which the published scores showed it, so YES may come early and asking later does not undo it. NO comes
only after ``resolve_by``, and only where a source tells of the scope's silence until the deadline (`judge.silence`), or
every model that the scope names is measured: until then silence may be the tables' and not the world's. Where several
sources give one key different scores, the criterion is judged on every reading of them: the finding stands when all
readings agree and is `AMBIGUOUS` when they do not; nothing is averaged.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.terms.scope import Scope

SILENCE = {"no": Status.NO, "annul": Status.ANNULLED, "ambiguous": Status.AMBIGUOUS, "open": Status.OPEN}
"""What a criterion comes to where nothing was published, by its ``if_nothing``."""


@dataclass(frozen=True)
class Finding:
    """What one criterion comes to. ``rows`` are positions in the evidence; ``known`` is when it was first shown."""

    status: Status
    reason: str
    rows: tuple[int, ...] = ()
    known: np.datetime64 | None = None
    value: float | None = None
    answer: str | None = None
    """The day or the option that it comes to, where it is neither yes, no nor a number."""


@dataclass(frozen=True)
class Case:
    """What a criterion is judged on: the evidence, the question's scope, and the moments that bound it."""

    evidence: Evidence
    scope: Scope
    as_of: np.datetime64
    resolve_by: np.datetime64
    counts_until: np.datetime64
    """Evidence counts until here even after ``as_of``; ``resolve_by``, or earlier inside ``first_by``."""
    is_silence_no: bool = False
    """Read silence as NO even where no score reaches the deadline, for a criterion that says what silence means."""
    whole_days: bool = False
    """Count only days that are over by the deadline: scores have no time of day."""

    @property
    def cutoff(self) -> np.datetime64:
        return min(self.as_of, end_of_last_day(self.counts_until) if self.whole_days else self.counts_until)

    @property
    def is_over(self) -> bool:
        """The deadline has passed, so that silence may be read as NO."""
        return bool(self.as_of > self.resolve_by)

    @property
    def deadline(self) -> str:
        return str(self.counts_until.astype("datetime64[D]"))


def no_or_else(if_nothing: str, case: Case, judge: Callable[[Case], Finding]) -> Finding:
    """What ``judge`` finds; a NO, however far the evidence reaches, becomes what the criterion says of silence."""
    finding = judge(case)
    if if_nothing == "no" or not case.is_over or finding.status not in (Status.NO, Status.OPEN):
        return finding
    silent = judge(replace(case, is_silence_no=True))
    return replace(silent, status=SILENCE[if_nothing]) if silent.status is Status.NO else finding


def end_of_last_day(until: np.datetime64) -> np.datetime64:
    """The end of the last day (UTC) that is over by a moment, give or take the last minute that people leave out.

    >>> [str(end_of_last_day(np.datetime64(f"2025-01-01T{time}", "s"))) for time in ("23:59:00", "07:59:00")]
    ['2025-01-01T23:59:59', '2024-12-31T23:59:59']
    """
    day = (until + np.timedelta64(1, "m")).astype("datetime64[D]")
    return day.astype("datetime64[s]") - np.timedelta64(1, "s")


def moment(value: dt.datetime) -> np.datetime64:
    """A time with zone, as UTC in numpy's seconds."""
    return np.datetime64(value.replace(tzinfo=None), "s")
