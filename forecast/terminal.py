"""Tables for people: rich in a terminal, plain when piped, `NO_COLOR` and the width respected."""

from __future__ import annotations

import io
import os
import shutil
import sys

import numpy as np
import pandas as pd

_PIPED_WIDTH = 160


def as_text(table: pd.DataFrame, *, title: str | None = None, width: int | None = None) -> str:
    """The table as text for stdout, with a line break at its end.

    Floats are shown to three significant decimals, missing values as a dash; columns that hold numbers align right.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    terminal = sys.stdout.isatty()
    width = width or (shutil.get_terminal_size().columns if terminal else _PIPED_WIDTH)
    buffer = io.StringIO()
    colour = terminal and "NO_COLOR" not in os.environ
    console = Console(file=buffer, width=width, force_terminal=colour, no_color=not colour, highlight=False)
    view = Table(
        title=Text(title) if title else None,
        title_justify="left",
        box=None,
        header_style="bold",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for name in table.columns:
        number = pd.api.types.is_numeric_dtype(table[name]) and not pd.api.types.is_bool_dtype(table[name])
        view.add_column(Text(str(name)), justify="right" if number else "left", overflow="fold")
    for row in table.itertuples(index=False):
        view.add_row(*(Text(cell(value)) for value in row))
    console.print(view)
    return buffer.getvalue()


def cell(value: object) -> str:
    """One value of a table as people read it."""
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return "–"
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (float, np.floating)):
        value = float(value)
        if value != 0 and (abs(value) >= 1e6 or abs(value) < 1e-4):
            return f"{value:.3g}"
        return f"{value:.3f}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return "".join(c if c.isprintable() else "�" for c in str(value))
