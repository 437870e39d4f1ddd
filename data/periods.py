"""Days, months, quarters and years as people write them."""

from __future__ import annotations

import calendar
import datetime as dt
import re

from scale_forecast.data.errors import UsageError

_MONTHS = {name.casefold(): i for i, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.casefold(): i for i, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?P<year>[12][0-9]{3})"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_YEAR}",
        rf"{_YEAR}-(?P<month>[0-9]{{1,2}})(?:-(?P<day>[0-9]{{1,2}}))?",
        rf"{_YEAR}[- ]?Q(?P<quarter>[1-4])",
        rf"Q(?P<quarter>[1-4])(?:[- ]| of )?{_YEAR}",
        rf"(?:(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?: of)? )?(?P<month>{_MONTH})\.?,? {_YEAR}",
        rf"(?P<month>{_MONTH})\.? (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?,? {_YEAR}",
    )
)
PERIOD = rf"(?:{'|'.join(re.sub(r'[?]P<[a-z]+>', '?:', form.pattern) for form in reversed(_FORMS))})"
"""A pattern without groups that finds what `parse_period` reads; to be used ignoring case."""


def parse_period(text: str) -> tuple[dt.date, dt.date]:
    """The first and the last day of a day, month, quarter or year.

    >>> [f"{day}" for day in parse_period("2024-11")], [f"{day}" for day in parse_period("Q1 2024")]
    (['2024-11-01', '2024-11-30'], ['2024-01-01', '2024-03-31'])
    >>> parse_period("Nov 15, 2024") == parse_period("15 November 2024") == parse_period("2024-11-15")
    True

    Raises
    ------
    UsageError
        When the text is no such period.
    """
    for form in _FORMS:
        if match := form.fullmatch(" ".join(str(text).split())):
            parts = match.groupdict()
            year, day = int(parts["year"]), parts.get("day")
            months = _months(parts)
            if months is None or (day and not 1 <= int(day) <= calendar.monthrange(year, months[0])[1]):
                raise UsageError(f"{text!r} is no day of the calendar: write YYYY-MM-DD")
            first, last = months
            ends = (int(day), int(day)) if day else (1, calendar.monthrange(year, last)[1])
            return dt.date(year, first, ends[0]), dt.date(year, last, ends[1])
    raise UsageError(f"{text!r} is not a date: write 2024-11-15, 2024-11, 2024-Q4 or 2024")


def _months(parts: dict[str, str | None]) -> tuple[int, int] | None:
    """First and last month of the parts of a date; None where there is no such month."""
    if quarter := parts.get("quarter"):
        return 3 * int(quarter) - 2, 3 * int(quarter)
    name = parts.get("month")
    if name is None:
        return 1, 12
    month = _MONTHS.get(name.casefold()) or (int(name) if name.isdigit() else 0)
    return (month, month) if 1 <= month <= 12 else None
