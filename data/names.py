"""Names of tasks, models and families match ignoring case, spaces, hyphens and underscores."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

import pandas as pd

from scale_forecast.data.errors import DataError

_IGNORED = r"[\s\-_]+"


def fold(name: str) -> str:
    """The form of a name that is compared.

    >>> fold("PaLM-540B") == fold("palm 540b")
    True
    """
    return re.sub(_IGNORED, "", str(name)).casefold()


def fold_series(names: pd.Series) -> pd.Series:
    """`fold` for a column; missing stays missing. Works on the distinct names only."""
    folded = {name: fold(name) for name in names.dropna().unique()}
    return names.map(folded) if folded else names  # pandas 3.0 maps nothing to floats


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


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "score"), counted(2, "score")
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
