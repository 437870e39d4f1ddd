"""Columns of numbers, whatever a file holds in them."""

from __future__ import annotations

import pandas as pd


def as_numbers(column: pd.Series) -> pd.Series:
    """As floats: NaN where there is no number, infinite where an integer is too large for a float.

    >>> as_numbers(pd.Series(["1.5", "much", 10**400], dtype=object)).tolist()
    [1.5, nan, inf]
    """
    try:
        return pd.to_numeric(column, errors="coerce").astype("float64")
    except OverflowError:  # pandas meets such an integer as text alone
        return pd.to_numeric(column.astype("str"), errors="coerce").astype("float64")
