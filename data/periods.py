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
        rf"(?:(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?: of)? )?(?P<month>{_MONTH})\.?,?[- ]{_YEAR}",
        rf"(?P<month>{_MONTH})\.? (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?,? {_YEAR}",
        rf"{_YEAR}[- ]?H(?P<half>[12])",
        rf"H(?P<half>[12])(?:[- ]| of )?{_YEAR}",
        rf"{_YEAR}/(?P<month>[0-9]{{1,2}})/(?P<day>[0-9]{{1,2}})",
        rf"(?P<left>[0-9]{{1,2}})/(?P<right>[0-9]{{1,2}})/{_YEAR}",
    )
)
_YEARLESS = tuple(
    re.compile(rf"{form}(?![a-z0-9])", re.IGNORECASE)
    for form in (
        rf"(?P<month>{_MONTH})\.? (?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?",
        rf"(?P<day>[0-9]{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_MONTH})\.?",
        rf"(?P<month>{_MONTH})\.?(?P<day>)",
        r"(?P<month>Q[1-4]|H[12])(?P<day>)",
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
            parts = _in_order(match.groupdict(), text)
            year, day = int(str(parts["year"])), parts.get("day")
            months = _months(parts)
            if months is None or (day and not 1 <= int(day) <= calendar.monthrange(year, months[0])[1]):
                raise UsageError(f"{text!r} is no day of the calendar: write YYYY-MM-DD")
            first, last = months
            ends = (int(day), int(day)) if day else (1, calendar.monthrange(year, last)[1])
            return dt.date(year, first, ends[0]), dt.date(year, last, ends[1])
    raise UsageError(f"{text!r} is not a date: write 2024-11-15, 2024-11, 2024-Q4 or 2024")


def yearless_period(text: str, after: dt.date) -> tuple[tuple[dt.date, dt.date], int] | None:
    """The day, month, quarter or half year that a text begins with, in the first year not over by then; and its length.

    Only those with a capital count, so that "may" and "march" are words. None where there is no such beginning.

    >>> period, length = yearless_period("December 31?", dt.date(2025, 2, 1))
    >>> f"{period[1]}", length
    ('2025-12-31', 11)
    >>> f"{yearless_period('June', dt.date(2025, 8, 1))[0][1]}"
    '2026-06-30'
    """
    match = next((found for form in _YEARLESS if (found := form.match(text))), None)
    if match is None or not match["month"][0].isupper():
        return None
    for year in (after.year, after.year + 1):
        period = parse_period(
            f"{match['month']} {match['day']}, {year}" if match["day"] else f"{match['month']} {year}"
        )
        if period[1] >= after:
            break
    return period, match.end()


def _in_order(parts: dict[str, str | None], text: str) -> dict[str, str | None]:
    """The parts of a date; of two numbers with slashes the one above 12 is the day."""
    left, right = parts.get("left"), parts.get("right")
    if left is None or right is None:
        return parts
    if int(left) <= 12 and int(right) <= 12 and left != right:
        raise UsageError(f"{text!r} is one day in America and another elsewhere: write YYYY-MM-DD")
    month, day = (left, right) if int(right) > 12 or left == right else (right, left)
    return {**parts, "month": month, "day": day}


def _months(parts: dict[str, str | None]) -> tuple[int, int] | None:
    """First and last month of the parts of a date; None where there is no such month."""
    if half := parts.get("half"):
        return 6 * int(half) - 5, 6 * int(half)
    if quarter := parts.get("quarter"):
        return 3 * int(quarter) - 2, 3 * int(quarter)
    name = parts.get("month")
    if name is None:
        return 1, 12
    month = _MONTHS.get(name.casefold()) or (int(name) if name.isdigit() else 0)
    return (month, month) if 1 <= month <= 12 else None
