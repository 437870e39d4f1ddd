"""When a score was known: three readings of a table's days, and what is sure about a deadline.

A row holds two days. ``known_on`` is when the score became public, unless ``known_basis`` says ``not before``: then it
is only a lower bound. ``seen_on`` is the first day on which somebody's copy of the source holds the score: an upper
bound. A table without ``known_basis`` states days, not bounds.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import pandas as pd

LOWER_BOUND = "not before"
"""The one `known_basis` under which `known_on` is a lower bound and no day of publication."""


class Reading(StrEnum):
    """How days are read.

    ``dated``: the day of publication, else the day of first sight. ``release``: ``known_on`` as it stands, which is
    optimistic where it is only a lower bound. ``strict``: the day of first sight, whatever else is known.
    """

    DATED = "dated"
    RELEASE = "release"
    STRICT = "strict"


def earliest_day(rows: pd.DataFrame) -> pd.Series:
    """The first day on which each score can have been public; NaT where nothing is known."""
    return rows["known_on"]


def latest_day(rows: pd.DataFrame) -> pd.Series:
    """The last day by which each score was public for sure; NaT where nothing is known."""
    seen = rows["seen_on"] if "seen_on" in rows else pd.Series(pd.NaT, index=rows.index, dtype="datetime64[s]")
    if "known_basis" not in rows:
        return rows["known_on"].fillna(seen)
    return rows["known_on"].where(rows["known_basis"] != LOWER_BOUND, seen).fillna(seen)


def known_days(rows: pd.DataFrame, reading: Reading = Reading.DATED) -> pd.Series:
    """The day from which each score counts as known; NaT counts on no day.

    >>> day = pd.Timestamp
    >>> rows = pd.DataFrame({"known_on": [day("2025-01-01")] * 2, "known_basis": ["launch", "not before"],
    ...                      "seen_on": [day("2025-06-01")] * 2})
    >>> [known_days(rows, reading).dt.month.tolist() for reading in Reading]
    [[1, 6], [1, 1], [6, 6]]
    """
    if reading is Reading.RELEASE:
        return earliest_day(rows)
    if reading is Reading.DATED or "seen_on" not in rows:
        return latest_day(rows)
    return rows["seen_on"].fillna(latest_day(rows))


def public_by(rows: pd.DataFrame, deadline: pd.Timestamp | str) -> pd.Series:
    """Whether each score was public at the end of the day ``deadline``; missing where only bounds are known.

    Missing means: the score can have been public since `earliest_day` and was for sure on `latest_day`, and the
    deadline lies between them, or the row has no day.

    >>> rows = pd.DataFrame({"known_on": pd.to_datetime(["2025-01-01"]), "known_basis": ["not before"],
    ...                      "seen_on": pd.to_datetime(["2025-06-01"])})
    >>> [public_by(rows, day).tolist() for day in ("2024-12-31", "2025-03-01", "2025-06-01")]
    [[False], [<NA>], [True]]
    """
    day = pd.Timestamp(deadline)
    sure, excluded = latest_day(rows) <= day, earliest_day(rows) > day
    answer = np.where(sure, 1.0, np.where(excluded, 0.0, np.nan))
    return pd.Series(answer, index=rows.index).astype("boolean")
