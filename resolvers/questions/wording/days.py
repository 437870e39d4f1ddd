"""Which days some words mean: by, before, in, on, until, within, and what counts from the day a question is asked."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence

from scale_forecast.data.errors import UsageError
from scale_forecast.resolvers.questions.wording.slots import AskBack, When
from scale_forecast.resolvers.questions.wording.tokens import Word

Days = tuple[dt.date, dt.date]
_DAY = dt.timedelta(days=1)


def read_when(words: Sequence[Word], opened: dt.date, text: str) -> When:
    """The days of a phrase: a preposition, an edge, a date.

    Raises
    ------
    AskBack
        For a date without a last day, or one that can be read two ways.
    """
    tokens = [word.token for word in words]
    if "DURATION" in tokens or "UNIT" in tokens:
        return When("by", _after_some_time(words, opened), text=text)
    dates = [_days(word, opened) for word in words if word.token in ("DATE", "THIS", "NEXTPERIOD", "EOY")]
    if len(dates) == 2 and "EOY" not in tokens:
        return When("in", dates[1][1], dates[0][0], text=text)
    said = [word for word in words if word.token == "DATE"]
    days = _days(said[0], opened) if said else dates[-1]  # "2027 year end" is the end of 2027
    edge = next((word.value for word in words if word.token == "ENDOF"), None) or ("end" if "EOY" in tokens else None)
    how = tokens[0] if tokens[0] in _HOW else "BARE"
    return _HOW[how](_at_edge(days, edge, text), days, edge, text, "THIS" in tokens or "EOY" in tokens)


def add(day: dt.date, count: float, unit: str) -> dt.date:
    """A day some days, weeks, months or years later."""
    try:
        if unit in ("day", "week"):
            return day + dt.timedelta(days=count * (7 if unit == "week" else 1))
        months = day.month - 1 + round(count * (12 if unit == "year" else 1))
        year, month = day.year + months // 12, months % 12 + 1
        return dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
    except (OverflowError, ValueError, IndexError) as error:
        sentence = f"{count:g} {unit}s after {day} is beyond the calendar: choose a nearer deadline"
        raise UsageError(sentence) from error


def _after_some_time(words: Sequence[Word], opened: dt.date) -> dt.date:
    duration = next((word.value for word in words if word.token == "DURATION"), None)
    count, unit = duration or (1.0, next(word.value for word in words if word.token == "UNIT"))
    if unit in ("hour", "minute", "work"):
        said = " ".join(word.text for word in words)
        raise AskBack("when", f"{said!r} is no deadline in days: write the day", words=said)
    return add(opened, count, unit)


def _days(word: Word, opened: dt.date) -> Days:
    """First and last day of a date, or of this or the next year, quarter or month."""
    if word.token == "DATE":
        return word.value
    unit = str(word.value)
    ahead = word.token == "NEXTPERIOD" or unit.startswith("next")
    unit = unit.removeprefix("next")
    if unit == "year":
        year = opened.year + ahead
        return dt.date(year, 1, 1), dt.date(year, 12, 31)
    months = 3 if unit == "quarter" else 1
    first = dt.date(opened.year, (opened.month - 1) // months * months + 1, 1)
    first = add(first, months * ahead, "month")
    return first, add(first, months, "month") - _DAY


def _at_edge(days: Days, edge: str | None, text: str) -> dt.date:
    """The day at an edge of a span: its last unless something else is said."""
    first, last = days
    if edge == "vague":
        raise AskBack("when", f"{text!r} has no day: write the last day that counts, such as {last}", words=text)
    if edge == "start":
        return first
    if edge == "middle":
        return dt.date(first.year, 6, 30) if (last - first).days > 200 else first + (last - first) / 2
    return last


def _by(day: dt.date, days: Days, edge: str | None, text: str, this: bool) -> When:
    return When("by", day, text=text)


def _before(day: dt.date, days: Days, edge: str | None, text: str, this: bool) -> When:
    """Until the day before a span; "before the end of" it until its end."""
    return When("by", day if edge == "end" else (days[0] if edge is None else day) - _DAY, text=text)


def _until(day: dt.date, days: Days, edge: str | None, text: str, this: bool) -> When:
    """Until a day, that day included; until a year or a month, the day before it, which needs a "stay" to be plain."""
    if edge is None and days[0] != days[1]:
        return When("by", days[0] - _DAY, until=True, text=text)
    return When("by", day, text=text)


def _after(day: dt.date, days: Days, edge: str | None, text: str, this: bool) -> When:
    return When("after", None, day, text=text)


def _in(day: dt.date, days: Days, edge: str | None, text: str, this: bool) -> When:
    """That span alone; what is left of this year is a deadline."""
    if edge is not None or days[0] == days[1]:
        return When("on", day, text=text)
    return When("by", day, text=text) if this else When("in", days[1], days[0], text=text)


def _on(day: dt.date, days: Days, edge: str | None, text: str, this: bool) -> When:
    if edge is None and days[0] != days[1] and not this:
        return When("in", days[1], days[0], text=text)
    return When("on", day, text=text)


def _bare(day: dt.date, days: Days, edge: str | None, text: str, this: bool) -> When:
    """A date without a preposition: an end is a deadline, a day a day; a span alone may be either."""
    if this or edge is not None:
        return When("by", day, text=text)
    if days[0] == days[1]:
        return When("on", day, text=text)
    raise AskBack("when", f"{text!r} may be 'by {text}' or 'in {text}': write one of them", words=text)


_HOW = {
    "BY": _by,
    "BEFORE": _before,
    "UNTIL": _until,
    "AFTER": _after,
    "FROM": _after,
    "IN": _in,
    "ON": _on,
    "BARE": _bare,
}
