"""What every study is and returns, and how its tables are read by people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Findings:
    """The outcome of one study.

    Attributes
    ----------
    tables : dict of DataFrame
        By name, the main one first; ``x_low, x_high`` beside ``x`` are its 90% interval.
    sentences : list of str
        What the data allow one to conclude. Every number in them is computed.
    draw : function without arguments that returns the figure
    details : dict of DataFrame
        Long tables behind the others, not printed unless asked for by name.
    brief : dict of list of str
        The columns of a table that people are shown, where not all.
    """

    tables: dict[str, pd.DataFrame]
    sentences: list[str]
    draw: Callable[[], Figure] | None = None
    details: dict[str, pd.DataFrame] = field(default_factory=dict)
    brief: dict[str, list[str]] = field(default_factory=dict)

    def readable(self, name: str) -> pd.DataFrame:
        """A table as people read it: the columns that matter, each number with its interval in one cell."""
        table = self.tables[name] if name in self.tables else self.details[name]
        return with_intervals(table, self.brief.get(name, list(table.columns)))


@dataclass(frozen=True)
class Study:
    """A claim about scaling, measured.

    Attributes
    ----------
    name : str
    asks : str
        The question that it answers: a line of help, and the head of its part of the report.
    example : str
        A table that it makes of the bundled figures.
    run : function of results, tasks, metrics and ``seed``
        Findings on any results that the contract allows: tables and sentences, or one sentence on what is missing.
    """

    name: str
    asks: str
    example: str
    run: Callable[..., Findings]
    by_date: bool = False
    """Whether it also reads the bundled scores by date, of models whose sizes are mostly unpublished."""


def with_intervals(table: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Some columns, those with ``_low`` and ``_high`` beside them as ``0.21 [-0.20, 0.56]``."""
    shown = {}
    for name in columns:
        if name.removesuffix("_low") in table and name.endswith("_low"):
            continue
        if name.removesuffix("_high") in table and name.endswith("_high"):
            continue
        shown[name] = table[name]
        if f"{name}_low" in table:
            bounds = zip(table[name], table[f"{name}_low"], table[f"{name}_high"], strict=True)
            shown[name] = pd.Series([_cell(*three) for three in bounds], index=table.index)
    return pd.DataFrame(shown)


def _cell(value: float, low: float, high: float) -> str:
    if np.isnan(value):
        return "–"
    digits = 3 if max(abs(value), np.nan_to_num(abs(low)), np.nan_to_num(abs(high))) < 0.1 else 2
    shown = [_short(x, digits) for x in (value, low, high)]
    return shown[0] if np.isnan(low) else f"{shown[0]} [{shown[1]}, {shown[2]}]"


def _short(value: float, digits: int) -> str:
    if np.isinf(value):
        return "∞" if value > 0 else "-∞"
    if abs(value) >= 1e6:
        return f"{value:.0e}"
    return f"{value:,.0f}" if abs(value) >= 100 else signless(value, digits)


def bracket(low: float, high: float, digits: int = 2) -> str:
    """``[-0.20, 0.56]``; in words where there was a single line to draw."""
    if np.isnan(low):
        return "[one line: no interval]"
    return f"[{signless(low, digits)}, {signless(high, digits)}]"


def signless(value: float, digits: int = 2) -> str:
    """A number to some digits, never ``-0.00``.

    >>> signless(-0.001), signless(-0.51)
    ('0.00', '-0.51')
    """
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if not text.strip("-0.") else text
