"""The one reading of the clock, and the day as of which something is asked."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd

from scale_forecast.data.errors import UsageError

Day = str | date | pd.Timestamp


def now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


def as_day(value: Day | None) -> pd.Timestamp | None:
    """A day as midnight without a zone, or None for None.

    >>> as_day("2022-11")
    Timestamp('2022-11-01 00:00:00')

    Raises
    ------
    UsageError
        For what is no date.
    """
    if value is None:
        return None
    try:
        moment = pd.to_datetime(value, format="ISO8601") if isinstance(value, str) else pd.Timestamp(value)
        return moment.tz_localize(None).normalize()
    except ValueError as error:
        raise UsageError(f"{value!r} is not a date: write it as YYYY-MM-DD") from error


def day_of_knowledge(as_of: Day | None) -> date:
    """The day as of which something is asked; today for None.

    Raises
    ------
    UsageError
        For a day in the future.
    """
    today, day = now().date(), as_day(as_of)
    if day is not None and day.date() > today:
        raise UsageError(f"--as-of {day:%Y-%m-%d} is in the future: nobody knows yet what is public then")
    return today if day is None else day.date()
