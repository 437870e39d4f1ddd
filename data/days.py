"""Columns of days as people write them: whole days, months and years, orders of day and month, days of a workbook."""

from __future__ import annotations

import datetime as dt
import re

import pandas as pd

from scale_forecast.data.errors import UsageError
from scale_forecast.data.periods import parse_period

_WHOLE = re.compile(r"[12][0-9]{3}-[01][0-9]-[0-3][0-9](?:[T ].*)?|[12][0-9]{7}")
_SLASHES = re.compile(r"(?P<left>[0-9]{1,2})(?P<sign>[/.])(?P<right>[0-9]{1,2})(?P=sign)(?P<year>[12][0-9]{3})")
_SERIAL = re.compile(r"[34567][0-9]{4}(?:\.0+)?")
_FIRST_SERIAL = dt.date(1899, 12, 30)
"""From which day spreadsheets count days."""


def as_days(column: pd.Series) -> tuple[pd.Series, list[str]]:
    """The column with each day as YYYY-MM-DD where it can be told, and what to say of the others.

    A month or a year counts from its last day: the first would let a score be known before it was. Of ``03/04/2024``
    the order is told by other cells of the column, or not at all; with points the day goes first.

    >>> days, said = as_days(pd.Series(["2024-06-01", "May 2024", "2023", "45385", None]))
    >>> days.tolist(), said
    (['2024-06-01', '2024-05-31', '2023-12-31', '2024-04-03', nan], ["'May 2024' is no day: counts from 2024-05-31"])
    >>> as_days(pd.Series(["03/04/2024", "13/04/2024"]))[0].tolist(), as_days(pd.Series(["03/04/2024"]))[0].tolist()
    (['2024-04-03', '2024-04-13'], ['03/04/2024'])
    """
    written = {value: str(value).strip() for value in column.dropna().unique()}
    open_ = {value: text for value, text in written.items() if not _WHOLE.fullmatch(text)}
    if not open_:
        return column, []
    day_first = _day_first(open_.values())
    found = {value: told for value, text in open_.items() if (told := _day(text, day_first)) is not None}
    coarse = [text for value, text in open_.items() if value in found and not found[value][1]]
    said = [f"{coarse[0]!r} is no day: counts from {_day(coarse[0], day_first)[0]}"] if coarse else []  # type: ignore[index]
    unclear = [text for value, text in open_.items() if value not in found and _SLASHES.fullmatch(text)]
    if unclear:
        said.append(f"{unclear[0]!r} is one day in America and another elsewhere: write YYYY-MM-DD")
    days = {value: day for value, (day, _) in found.items()}
    return column.map(lambda value: days.get(value, value)), said


def last_day(text: object) -> str:
    """A day as it is, of a month or a year its last one; what is neither stays as it is.

    >>> last_day("2024-02"), last_day("2024-02-03"), last_day("soon")
    ('2024-02-29', '2024-02-03', 'soon')
    """
    written = str(text).strip()
    told = None if _WHOLE.fullmatch(written) else _day(written, None)
    return written if told is None else told[0]


def _day_first(texts: object) -> bool | None:
    """Whether of two numbers with slashes or dots the first is the day, by cells that allow one reading only."""
    found = [match for text in texts if (match := _SLASHES.fullmatch(text))]  # type: ignore[attr-defined]
    left, right = any(int(match["left"]) > 12 for match in found), any(int(match["right"]) > 12 for match in found)
    return left if left != right else None


def _day(text: str, day_first: bool | None) -> tuple[str, bool] | None:
    """The day, and whether the text says a whole one; None where it says none."""
    if _SERIAL.fullmatch(text):
        return f"{_FIRST_SERIAL + dt.timedelta(days=int(float(text)))}", True
    match = _SLASHES.fullmatch(text)
    if match is not None and (day_first is not None or match["sign"] == "."):
        at_left = day_first is not False or match["sign"] == "."
        day, month = (match["left"], match["right"]) if at_left else (match["right"], match["left"])
        text = f"{match['year']}-{month}-{day}"
    try:
        first, last = parse_period(text)
    except UsageError:
        return None
    return f"{last}", first == last
