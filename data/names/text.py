"""Spellings: names match ignoring case, spaces, hyphens, underscores, and what Unicode writes in several ways."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError

_IGNORED = re.compile(r"[\s\-_]+")
_SPACES = re.compile(r"\s+")
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_QUOTES = "\u2018\u2019\u02bc\u00b4`"
_PLAIN = str.maketrans(
    {
        **dict.fromkeys(_DASHES, "-"),
        **dict.fromkeys(_INVISIBLE, None),
        **dict.fromkeys(_QUOTES, "'"),
        "\u03c4": "tau",
    }
)


def tidy(name: str) -> str:
    """A name as it is kept and shown: one way to write dashes, spaces and apostrophes, nothing invisible.

    >>> tidy(" GPT\u20114\u200b  (March) ")
    'GPT-4 (March)'
    """
    text = str(name)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    return _SPACES.sub(" ", text).strip()


def fold(name: str) -> str:
    """The form of a name that is compared.

    >>> fold("PaLM-540B") == fold("palm 540b"), fold("\u03c4\u00b2\u2011bench") == fold("tau2-bench")
    (True, True)
    """
    text = str(name)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    return _IGNORED.sub("", text).casefold()


def fold_series(names: pd.Series) -> pd.Series:
    """`fold` for a column; missing stays missing. Works on the distinct names only."""
    return change_names(names, fold)


def change_names(names: pd.Series, change: Callable[[str], str]) -> pd.Series:
    """A column with each distinct name changed; missing stays missing. `Series.map` takes far longer for few rows."""
    if isinstance(names.dtype, pd.CategoricalDtype):
        return names.map({name: change(name) for name in names.cat.categories})
    values = names.tolist()
    changed = {value: change(value) for value in dict.fromkeys(values) if not pd.isna(value)}
    if not changed:
        return names  # pandas 3.0 makes floats of nothing
    return pd.Series([changed.get(value, np.nan) for value in values], index=names.index, name=names.name)


def suggest(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Known names near ``name``, best first; empty when none is near.

    >>> suggest("palm 54b", ["PaLM 540B", "GPT-3 175B"])
    ['PaLM 540B']
    """
    by_fold = {fold(k): k for k in known}
    near = difflib.get_close_matches(fold(name), by_fold, n=limit, cutoff=0.6)
    return [by_fold[n] for n in near]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A clause to end an error message with: `` (did you mean 'x'?)`` or an empty string."""
    near = suggest(name, known)
    return f" (did you mean {' or '.join(repr(n) for n in near)}?)" if near else ""


def count_of(number: int, noun: str) -> str:
    """A number with its noun.

    >>> count_of(1, "score"), count_of(2, "score")
    ('1 score', '2 scores')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def refuse_unknown_columns(frame: pd.DataFrame, known: Iterable[str], where: str) -> None:
    """Raise `DataError` for the first column that is not ``known``."""
    unknown = [str(column) for column in frame.columns if column not in known]
    if unknown:
        raise DataError(
            f"{where}: unknown column {unknown[0]!r}{did_you_mean(unknown[0], known)}: "
            f"the columns are {', '.join(known)}"
        )
