"""Cells of tables as people write them: ``45.1%``, ``45.1 ± 0.3``, ``0,451``, ``**45.1**``, ``—``."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.data.errors import UsageError
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.sizes import parse_sizes

EMPTY = {
    *("", "-", "--", "---", "\u2010", "\u2012", "\u2013", "\u2014", "\u2212", "/", "?", ".", "..", "...", "\u2026"),
    *("n/a", "na", "n.a.", "n.a", "#n/a", "nan", "none", "null", "nil", "<na>", "tbd", "tba", "unknown", "missing"),
    *("not reported", "not available", "not applicable", "unk", "undisclosed", "n/d", "not disclosed"),
}
"""What stands in a cell of which nothing is known, in small letters."""

_MARKS = re.compile(
    r"\*\*|__|`|</?(?:b|i|u|em|strong|sup|sub)>|[*\u2020\u2021\u00a7\u00b6\u00b9\u00b2\u00b3\u2191\u2193]"
)
"""Bold face, notes and arrows."""
_PART_OF = re.compile(r"([0-9]{1,7})\s?/\s?([0-9]{1,7})")
_EMPHASIS = re.compile(r"(\*\*|__|`|\*)(.+)\1|(?:<(?:b|i|u|em|strong)>)(.+)</(?:b|i|u|em|strong)>", re.IGNORECASE)
_NOTES = " \t\u2020\u2021\u00a7\u00b6\u00b9\u00b2\u00b3"
_MARKED = re.compile(r"[<\[&\\]")
_ANCHOR = re.compile(r"<a\b[^<>]{0,2000}>([^<>]{1,500})</a>", re.IGNORECASE)
_LINK = re.compile(r"!?\[([^\[\]]{1,500})\]\([^()\s]{1,2000}\)")
_TAG = re.compile(r"</?(?:a|br|span|div|p|small)\b[^<>]{0,2000}>", re.IGNORECASE)
_FOOTNOTE = re.compile(r"\s*\[\^[^\]]{1,20}\]|<sup>\s*\(?[0-9a-z*\u2020]{1,3}\)?\s*</sup>", re.IGNORECASE)
_ERROR = re.compile(r"(?:\u00b1|\+/-|\+-)\s*(?P<error>[0-9.,]+)\s*%?")
_ASIDE = re.compile(r"\((?![^)]*(?:\u00b1|\+/-))[^)]*\)|\[[^\]]*\]")
_NUMBER = re.compile(r"[+\-\u2212]?(?:[0-9][0-9.,\u2019' \u00a0\u202f]*|[.,][0-9]+)(?:e[+-]?[0-9]+)?", re.IGNORECASE)
_WITH_COMMA = re.compile(r"^[^0-9]*(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]*),[0-9]+(?![0-9,])")
_LEAST_COUNT = 1000.0
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")


@dataclass(frozen=True)
class Numbers:
    """A column of cells as numbers, each with index as the column.

    Attributes
    ----------
    value, stderr : Series of float
        In the unit of the cell; of a percent sign a hundredth. NaN where there is none.
    is_percent : Series of bool
        Whether the cell carries a percent sign, or counts (``131/1319``).
    is_bad : Series of bool
        Whether something stands there that is no number.
    """

    value: pd.Series
    stderr: pd.Series
    is_percent: pd.Series
    is_bad: pd.Series


def as_cells(column: pd.Series, *, european: bool = False) -> Numbers:
    """Read a column of cells; ``european`` where other signs of the file say that commas are decimal points."""
    truth = (
        column.map(lambda value: isinstance(value, (bool, np.bool_))).astype(bool) if column.dtype != "str" else None
    )
    value = as_numbers(column)
    missing = pd.Series(np.nan, index=column.index)
    no = pd.Series(False, index=column.index)
    if truth is not None and truth.any():
        value = value.mask(truth)
    open_ = value.isna() & column.notna()
    if not open_.any():
        return Numbers(value, missing, no, no)
    texts = {text: str(text) for text in column[open_].unique()}
    comma = _has_decimal_commas(texts.values(), european)
    found = {text: _cell(written, comma) for text, written in texts.items()}
    cells = column[open_].map(found)
    value = value.copy()
    value[open_] = cells.map(lambda cell: cell[0]).astype(float)
    stderr = missing.copy()
    stderr[open_] = cells.map(lambda cell: cell[1]).astype(float)
    is_percent, is_bad = no.copy(), no.copy()
    is_percent[open_] = cells.map(lambda cell: cell[2]).astype(bool)
    is_bad[open_] = cells.map(lambda cell: cell[3]).astype(bool)
    return Numbers(value, stderr, is_percent, is_bad)


def _has_decimal_commas(texts: object, european: bool) -> bool:
    """Whether commas are decimal points: some cell has one that does not separate thousands."""
    with_comma = [text for text in texts if _WITH_COMMA.match(text)]  # type: ignore[attr-defined]
    if not with_comma:
        return False
    return european or not all(_THOUSANDS.fullmatch(_MARKS.sub("", text).strip(" %")) for text in with_comma)


def _cell(text: str, comma: bool) -> tuple[float, float, bool, bool]:
    """Value, standard error, whether its sign says that it is a share (``45%``, ``131/1319``), whether bad."""
    plain = _MARKS.sub("", text).strip().strip("|").strip()
    if plain.casefold() in EMPTY:
        return np.nan, np.nan, False, False
    error = _ERROR.search(plain)
    left = _ASIDE.sub("", _ERROR.sub("", plain)).replace("()", "").strip()
    part_of = _PART_OF.fullmatch(left)
    if part_of is not None and int(part_of[1]) <= int(part_of[2]) > 0:
        return int(part_of[1]) / int(part_of[2]), np.nan, True, False
    is_percent = "%" in left or (error is not None and "%" in error[0])
    left = left.replace("%", "").strip()
    if not _NUMBER.fullmatch(left):
        return np.nan, np.nan, False, True
    value = _number(left, comma)
    stderr = _number(error["error"], comma) if error else np.nan
    part = 100.0 if is_percent else 1.0
    return value / part, stderr / part, is_percent, bool(np.isnan(value))


def _number(text: str, comma: bool) -> float:
    text = re.sub(r"[\u2019' \u00a0\u202f]", "", text).replace("\u2212", "-")
    if comma:
        text = text.replace(".", "") if "," in text else text
        text = text.replace(",", ".")
    elif _THOUSANDS.fullmatch(text.lstrip("+-")):
        text = text.replace(",", "")
    try:
        return float(text)
    except ValueError:
        return float("nan")


def plain_name(text: str) -> str:
    """A name without bold face, links and tags of pages, and without marks of notes behind it.

    >>> plain_name("**acme-7b**"), plain_name("acme-7b\u2020"), plain_name("`A*-search`"), plain_name("Command R+")
    ('acme-7b', 'acme-7b', 'A*-search', 'Command R+')
    >>> plain_name('<a href="x">acme/a-7b</a> <a href="y">card</a>'), plain_name("o3 [^10]"), plain_name("[a-1b](x)")
    ('acme/a-7b', 'o3', 'a-1b')
    """
    left = without_markup(text)
    while match := _EMPHASIS.fullmatch(left.rstrip(_NOTES)):
        left = (match[2] or match[3]).strip()
    return left.rstrip(_NOTES + "*") or text


def without_markup(text: str) -> str:
    """Text as a page shows it: of links their words, of several the first, and no tags and numbers of footnotes.

    >>> without_markup("DROP[^5]<br>(F1, 3-shot)"), without_markup("macro\\\\_avg"), without_markup("a < b > c")
    ('DROP (F1, 3-shot)', 'macro_avg', 'a < b > c')
    """
    if not _MARKED.search(text):
        return text.strip()
    link = _ANCHOR.search(text)
    left = _LINK.sub(r"\1", link[1] if link and link[1].strip() else text)
    left = _TAG.sub(" ", _FOOTNOTE.sub("", left)).replace("\\_", "_").replace("&amp;", "&").replace("&nbsp;", " ")
    return " ".join(left.split()) or text.strip()


def as_sizes(column: pd.Series, unit: float = 1.0) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Sizes, the part at work where a cell says it, and which cells are bad; plain numbers are in ``unit``.

    A plain number below a thousand is bad where no unit is given: 7 is no model, and can be billions or millions.
    """
    number = as_numbers(column) * unit
    no_count = (number < _LEAST_COUNT) if unit == 1.0 else pd.Series(False, index=column.index)
    number = number.mask(no_count)
    active = pd.Series(np.nan, index=column.index)
    bad = no_count.copy()
    open_ = number.isna() & column.notna() & ~no_count
    for text in column[open_].unique():
        here = open_ & (column == text)
        written = _MARKS.sub("", str(text)).strip()
        if written.casefold() in EMPTY:
            continue
        try:
            total, at_work = parse_sizes(written)
        except UsageError:
            bad |= here
            continue
        number[here], active[here] = total, np.nan if at_work is None else at_work
    return number, active, bad
