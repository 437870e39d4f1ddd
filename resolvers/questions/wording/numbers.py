"""Numbers as people write them, with the unit behind them: 85%, 24 hours, 10B parameters, 1e27 FLOP, 3:1."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from scale_forecast.data.sizes import parse_size
from scale_forecast.resolvers.questions.wording.names import Name
from scale_forecast.resolvers.questions.wording.slots import AskBack

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
UNIT_WORDS = frozenset({"PERCENTSIGN", "POINTWORD", "UNIT", "FLOPWORD", "PARAMWORD", "ELO", "MONEY", "BILLION"})
"""Terminals of phrases that may follow a number."""
Found = tuple[str, Any, int]
"""A terminal, its value, and where it ends."""
Units = Callable[[int], Sequence[tuple[Name, int]]]
"""The phrases of `UNIT_WORDS` that follow a position, the longest first, each with its end."""

MINUTES = {"minute": 1.0, "hour": 60.0}
"""Of the units of time that a level may have; a day may be a working day."""

_NUMBER = re.compile(r"(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE)
_POWER = re.compile(r"(?:(\d+(?:\.\d+)?) ?(?:x|\*|×) ?)?10 ?(?:\^|\*\*) ?(\d+)", re.IGNORECASE)
_WORD = re.compile(rf"(?:{'|'.join(NUMBERS)})(?![a-z0-9])", re.IGNORECASE)
_SIZE = re.compile(r" ?([kmbt])(?![a-z0-9])", re.IGNORECASE)
_DASH = re.compile(r" ?- ?(?=[0-9.])")
_ODDS = re.compile(r" ?: ?(\d+(?:\.\d+)?)| to (\d+(?:\.\d+)?)(?= (?:odds|against|in favou?r)\b)")
_FRACTION = re.compile(r"/(\d+)(?![\d/])")
_SHOTS = re.compile(r"[- ]?shots?\b", re.IGNORECASE)
_SIMPLE = {"POINTWORD": "POINTS", "FLOPWORD": "FLOPS", "PARAMWORD": "SIZE", "ELO": "ELOS", "MONEY": "MONEYS"}


def read_value(text: str, at: int) -> tuple[float | None, int]:
    """A number in digits or in a word, and where it ends; None where there is none.

    >>> read_value("1,234.5 points", 0), read_value("2x10^26 FLOP", 0), read_value("two", 0)
    ((1234.5, 7), (2e+26, 7), (2.0, 3))
    """
    if power := _POWER.match(text, at):
        return _finite(f"{power[1] or 1}e{power[2]}", power.end())
    if match := _NUMBER.match(text, at):
        return _finite(match[0].replace(",", ""), match.end())
    word = _WORD.match(text, at)
    return (float(NUMBERS.index(word[0].casefold())), word.end()) if word else (None, at)


def _finite(digits: str, end: int) -> tuple[float, int]:
    value = float(digits)
    if not math.isfinite(value):
        raise AskBack("value", f"{digits} is too large a number: write a smaller one", words=digits)
    return value, end


def read_number(text: str, at: int, units: Units) -> Found | None:
    """The number that begins at a position, as a terminal with its unit; None where there is none."""
    money = text[at] == "$"
    value, end = read_value(text, at + money)
    if value is None:
        return None
    if match := _ODDS.match(text, end):
        return "ODDS", (value, float(match[1] or match[2])), match.end()
    if match := _FRACTION.match(text, end):
        return "FRACTION", (value, float(match[1])), match.end()
    if match := _SHOTS.match(text, end):
        return "SHOTS", int(value), match.end()
    if match := _DASH.match(text, end):
        other = read_number(text, match.end(), units)
        if other is not None and isinstance(other[1], float) and other[1] > value:
            return "RANGE", (value, other[1], other[0]), other[2]
        if other is not None and other[0] == "DURATION" and other[1][1] in MINUTES and other[1][0] > value:
            minutes = MINUTES[other[1][1]]
            return "RANGE", (value * minutes, other[1][0] * minutes, "DURATION"), other[2]
    if size := size_letter(text, end):
        return _many(parse_size(f"{value:.12g}{size[1]}"), size.end(), money, units)
    for unit, last in units(end):
        return _with_unit(value, unit, last, money, units)
    return ("MONEYS" if money else "NUM"), value, end


def size_letter(text: str, end: int) -> re.Match[str] | None:
    """The k, M, B or T behind a number: next to it, or apart and large."""
    match = _SIZE.match(text, end)
    return match if match and (text[end] != " " or match[1].isupper()) else None


def _with_unit(value: float, unit: Name, end: int, money: bool, units: Units) -> Found:
    if unit.token == "PERCENTSIGN":
        points = _after(units, end, "POINTWORD")
        return ("POINTS", value, points) if points else ("PERCENT", value, end)
    if unit.token == "UNIT":
        return "DURATION", (value, unit.value), end
    if unit.token == "BILLION":
        return _many(value * 10.0 ** int(unit.value), end, money, units)
    return _SIMPLE[unit.token], value, end


def _many(value: float, end: int, money: bool, units: Units) -> Found:
    """A number in thousands or more: parameters where nothing else follows."""
    if money or (dollars := _after(units, end, "MONEY")):
        return "MONEYS", value, end if money else dollars or end
    return "SIZE", value, _after(units, end, "PARAMWORD") or end


def _after(units: Units, end: int, token: str) -> int | None:
    return next((last for unit, last in units(end) if unit.token == token), None)
