"""Tables for people: rich in a terminal, plain when piped, `NO_COLOR` and the width respected."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd

PIPED_WIDTH = 160
"""At which a piped table leaves out columns that may go."""
LONG = 1000
"""Rows of a table that rich is spared: it takes a tenth of a millisecond for each cell."""
_NAME = 24
_UNFOLDED = 100_000


@dataclass(frozen=True)
class View:
    """A table for a terminal: of ``spare`` columns the first goes first where it is narrow; ``pictures`` never fold."""

    table: pd.DataFrame
    spare: Sequence[str] = ()
    pictures: Sequence[str] = ()


def is_terminal() -> bool:
    """Whether a person reads stdout, so that pictures of a line's height are of use."""
    return sys.stdout is not None and sys.stdout.isatty()


def as_text(
    table: pd.DataFrame,
    *,
    title: str | None = None,
    width: int | None = None,
    spare: Sequence[str] = (),
    pictures: Sequence[str] = (),
) -> str:
    """The table as text for stdout, with a line break at its end.

    Floats are shown to three significant decimals, missing values as a dash; columns that hold numbers align right.

    Parameters
    ----------
    width : characters; that of the terminal when None, and piped as many as the longest line has
    spare : columns that are left out, the first one first, where the table is wider than a terminal
    pictures : columns that hold sparklines and bars: coloured, never folded
    """
    terminal = is_terminal()
    # What reads a pipe searches and cuts lines: there no cell is folded.
    width = width or (shutil.get_terminal_size().columns if terminal else _UNFOLDED)
    if terminal:
        table = fitting(table, width, spare)
    colour = terminal and not os.environ.get("NO_COLOR")
    if len(table) > LONG and not set(pictures) & set(table):
        return _long_text(table, title, width, colour)
    return _rich_text(table, title, width, colour, pictures)


def _long_text(table: pd.DataFrame, title: str | None, width: int, colour: bool) -> str:
    from scale_forecast.show.columns import lay_out

    cells = [[cell(value) for value in table[name]] for name in table.columns]
    head, *rows = lay_out([str(name) for name in table.columns], cells, [_is_number(table[n]) for n in table], width)
    head = f"\x1b[1m{head}\x1b[0m" if colour else head
    return "\n".join([*([title] if title else []), head.rstrip(), *(row.rstrip() for row in rows), ""])


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _rich_text(table: pd.DataFrame, title: str | None, width: int, colour: bool, pictures: Sequence[str]) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    buffer = io.StringIO()
    console = Console(file=buffer, width=width, force_terminal=colour, no_color=not colour, highlight=False)
    view = Table(
        title=Text(title) if title else None,
        title_justify="left",
        title_style="bold" if colour else "",
        box=None,
        header_style="bold",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for name in table.columns:
        drawn = name in pictures
        view.add_column(
            Text(str(name)),
            justify="right" if _is_number(table[name]) else "left",
            overflow="crop" if drawn else "fold",
            no_wrap=drawn,
            style="blue" if drawn else "",
        )
    for row in table.itertuples(index=False):
        view.add_row(*(Text(cell(value)) for value in row))
    console.print(view)
    text = buffer.getvalue()
    return text if colour else "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def fitting(table: pd.DataFrame, width: int, spare: Sequence[str]) -> pd.DataFrame:
    """The table without the columns of ``spare``, the first one first, until it is no wider than ``width``.

    A column of names may be folded to `_NAME` characters, so no more than these count.
    """
    natural = {}
    for name in table.columns:
        cells = max((len(cell(value)) for value in table[name]), default=0)
        natural[name] = max(len(str(name)), min(cells, _NAME) if table[name].dtype.kind in "OUT" else cells) + 2
    for name in spare:
        if sum(natural.values()) <= width:
            break
        natural.pop(name, None)
    return table[list(natural)]


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
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else "�" for c in text)


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr with an estimate of the time left, where stderr is a terminal; nothing otherwise.

    Gives a function of how many steps are done, and of how many; the bar is gone at the end.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True, no_color=bool(os.environ.get("NO_COLOR")), highlight=False)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, refresh_per_second=4) as bar:
        task = bar.add_task(what, total=None)
        # What follows the last step has no measure of its own: the bar then only moves.
        yield lambda done, total: bar.update(task, completed=done, total=total if done < total else None)
