"""When a score was known: three readings of a table's days.

A row holds two days. ``known_on`` is when the score became public, unless ``known_basis`` says ``not before``: then it
is only a lower bound. ``seen_on`` is the first day on which somebody's copy of the source holds the score: an upper
bound. A table without ``known_basis`` states days, not bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import pandas as pd

LOWER_BOUND = "not before"
"""The one `known_basis` under which `known_on` is a lower bound and no day of publication."""
RUN_DATE = "run date"
"""The `known_basis` of a score that is known from the day on which it was run."""

FRESH_DAYS = 90
"""Age up to which the newest score is taken for the present; an older one is told first."""


@dataclass(frozen=True)
class Stale:
    """That the newest score a forecast rests on is older than `FRESH_DAYS`.

    Attributes
    ----------
    of : str
        What is the newest: "MMLU score".
    newest, as_of : date
        Its day, and that of the forecast.
    since : str
        What the forecast makes of the days between.
    """

    of: str
    newest: date
    as_of: date
    since: str

    @property
    def days(self) -> int:
        return (self.as_of - self.newest).days

    def sentence(self) -> str:
        """What a reader is told of it."""
        return f"the newest {self.of} here is of {self.newest}, {self.days:,} days before {self.as_of}: {self.since}"

    def __str__(self) -> str:
        return self.sentence()


class Reading(StrEnum):
    """How days are read.

    ``dated``: the day of publication, else the day of first sight. ``release``: ``known_on`` as it stands, which is
    optimistic where it is only a lower bound. ``strict``: the day of first sight, whatever else is known.
    """

    DATED = "dated"
    RELEASE = "release"
    STRICT = "strict"


def say_reading(reading: Reading | str) -> str | None:
    """What an output made with a reading has to say; None for the usual one."""
    return _SAID.get(Reading(reading))


_SAID = {
    Reading.RELEASE: (
        "days are read as releases, which is optimistic: of half of the scores since 2022 only a lower bound is known"
    ),
    Reading.STRICT: "days are read strictly: a score counts from the day on which a source was first seen to hold it",
}


def earliest_day(rows: pd.DataFrame) -> pd.Series:
    """The first day on which each score can have been public; NaT where nothing is known."""
    return rows["known_on"]


def latest_day(rows: pd.DataFrame) -> pd.Series:
    """The last day by which each score was public for sure; NaT where nothing is known."""
    seen = rows["seen_on"] if "seen_on" in rows else pd.Series(pd.NaT, index=rows.index, dtype="datetime64[s]")
    if "known_basis" not in rows:
        return rows["known_on"].fillna(seen)
    return rows["known_on"].where(rows["known_basis"] != LOWER_BOUND, seen).fillna(seen)


def known_days(rows: pd.DataFrame, reading: Reading | str = Reading.DATED) -> pd.Series:
    """The day from which each score counts as known; NaT counts on no day.

    A row without ``known_basis`` states its day; one without ``seen_on`` is read by what else it says.

    >>> day = pd.Timestamp
    >>> rows = pd.DataFrame({"known_on": [day("2025-01-01")] * 2, "known_basis": ["launch", "not before"],
    ...                      "seen_on": [day("2025-06-01")] * 2})
    >>> [known_days(rows, reading).dt.month.tolist() for reading in Reading]
    [[1, 6], [1, 1], [6, 6]]
    """
    reading = Reading(reading)
    if reading is Reading.RELEASE:
        return earliest_day(rows)
    if reading is Reading.DATED or "seen_on" not in rows:
        return latest_day(rows)
    return rows["seen_on"].fillna(latest_day(rows))


def as_read(rows: pd.DataFrame, reading: Reading | str) -> pd.DataFrame:
    """The rows as a table that states days, each the one of a reading, and holds no bounds any more.

    >>> rows = pd.DataFrame({"known_on": pd.to_datetime(["2025-01-01"]), "known_basis": ["not before"],
    ...                      "seen_on": pd.to_datetime(["2025-06-01"])})
    >>> [as_read(rows, reading)["known_on"].dt.month.item() for reading in Reading]
    [6, 1, 6]
    """
    days = known_days(rows, reading).astype(rows["known_on"].dtype)
    read = rows.assign(known_on=days)
    return read.assign(known_basis=pd.Series(pd.NA, index=rows.index, dtype=object)) if "known_basis" in rows else read
