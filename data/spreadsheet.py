"""Cells that a spreadsheet would run as a formula: marked as text on the way out, unmarked on the way in.

A text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return is a formula to Excel, LibreOffice and
Google Sheets. In our CSV it stands behind an apostrophe, which they take for "this is text" (OWASP, CSV injection).
A text that already is such a text behind apostrophes gets one more, so that `unmark_table` gives every table back.
Numbers, also as text, are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_MARKED = re.compile(r"'+[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-](\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]inf", re.IGNORECASE)


def mark(text: object) -> object:
    """A cell as it may stand in a CSV.

    >>> mark("=HYPERLINK(A1)"), mark("'=x"), mark("-0.5"), mark("plain"), mark(-0.5)
    ("'=HYPERLINK(A1)", "''=x", '-0.5', 'plain', -0.5)
    """
    return f"'{text}" if isinstance(text, str) and _RISKY.match(text) and not _NUMBER.fullmatch(text) else text


def unmark(text: object) -> object:
    """What `mark` was given.

    >>> unmark("'=HYPERLINK(A1)"), unmark("''=x"), unmark("it's"), unmark("'quoted'")
    ('=HYPERLINK(A1)', "'=x", "it's", "'quoted'")
    """
    return text[1:] if isinstance(text, str) and _MARKED.match(text) else text


def mark_table(table: pd.DataFrame) -> pd.DataFrame:
    """The table with `mark` on every text and every column's name; unchanged, and not copied, where none needs it."""
    return _each(table, mark, _RISKY)


def unmark_table(table: pd.DataFrame) -> pd.DataFrame:
    """The table with `unmark` on every text and every column's name."""
    return _each(table, unmark, _MARKED)


def _each(table: pd.DataFrame, change: Callable[[object], object], sign: re.Pattern[str]) -> pd.DataFrame:
    changed = {}
    for name in table.columns:
        risky = _matches(table[name], sign)
        if risky.any():
            texts = table[name].astype(object)
            changed[name] = texts.mask(risky, texts[risky].map(change))
    return table.assign(**changed).rename(columns=change)  # type: ignore[arg-type]


def _matches(column: pd.Series, sign: re.Pattern[str]) -> pd.Series:
    """Which cells are texts that begin so."""
    if isinstance(column.dtype, pd.StringDtype):
        return column.str.match(sign.pattern).fillna(False).astype(bool)
    if pd.api.types.is_object_dtype(column):
        return pd.Series([isinstance(v, str) and bool(sign.match(v)) for v in column], column.index, dtype=bool)
    return pd.Series(False, index=column.index)
