"""Numbers, counts and days as JSON files hold them; None for anything else."""

from __future__ import annotations

import math

import pandas as pd


def number_of(value: object) -> float | None:
    """A finite number, also as text.

    >>> number_of(0.5), number_of("1.5"), number_of(True), number_of("much"), number_of(float("nan"))
    (0.5, 1.5, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def count_of(value: object) -> int | None:
    """A whole number of at least one."""
    number = number_of(value)
    return int(number) if number is not None and number >= 1 and number % 1 == 0 and number < 1e15 else None


def seconds_of(value: object, default: float = math.nan) -> float:
    """Seconds since 1970 of a time in seconds or as text; ``default`` for anything else."""
    number = number_of(value)
    if number is not None:
        return number if 0 < number < 1e11 else default
    moment = pd.to_datetime(str(value), errors="coerce", utc=True) if isinstance(value, str) else pd.NaT
    return default if pd.isna(moment) else float(moment.timestamp())


def day_of(seconds: float) -> str | None:
    """The day of a time, as text."""
    return None if math.isnan(seconds) else pd.Timestamp(seconds, unit="s").strftime("%Y-%m-%d")
