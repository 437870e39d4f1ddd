"""Print tables to stdout or a file, and notes to stderr."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pandas as pd

from scale_forecast.data.errors import ForecastError
from scale_forecast.data.spreadsheet import marked
from scale_forecast.show.terminal import View, as_text, is_terminal


def emit(
    table: pd.DataFrame,
    format_: str,
    output: Path | None,
    *,
    title: str | None = None,
    show: pd.DataFrame | None = None,
    view: Callable[[], View] | None = None,
) -> None:
    """Print a table as asked; ``show`` is the readable selection, where it differs from the data.

    ``view`` makes what a terminal shows instead, with pictures of a line's height.
    """

    if format_ == "csv":
        text = csv_of(table)
    elif format_ == "json":
        text = table.to_json(orient="records", date_format="iso", indent=1, double_precision=15) + "\n"
    elif view is not None and output is None and is_terminal():
        seen = view()
        text = as_text(seen.table, title=title, spare=seen.spare, pictures=seen.pictures)
    else:
        text = as_text(table if show is None else show, title=title)
    write(text, output)


def csv_of(table: pd.DataFrame) -> str:
    """CSV that no spreadsheet takes for formulas."""

    return marked(table).to_csv(index=False)


def write(content: str | bytes, output: Path | None) -> None:
    """Text to stdout, or to a file that appears whole or not at all."""
    if output is None:
        click.echo(content, nl=False)
        return
    data = content.encode("utf-8") if isinstance(content, str) else content
    partial = output.with_name(output.name + ".partial")
    try:
        if output.exists() and not output.is_file():  # a device or a pipe: a file moved over it would take its place
            output.write_bytes(data)
            return
        partial.write_bytes(data)
        partial.replace(output)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ForecastError(f"cannot write {output}: {error.strerror}") from error


def note(message: str) -> None:
    """A remark for the person, on stderr."""
    click.echo(message, err=True)
