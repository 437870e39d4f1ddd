"""Print results to stdout or a file, as tables, CSV or JSON in its envelope, and notes to stderr."""

from __future__ import annotations

import json
import math
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

import scale_forecast
from scale_forecast.commands.context import PRINTED, TYPED
from scale_forecast.data.dates import Stale
from scale_forecast.data.errors import ForecastError
from scale_forecast.data.plain import plain_text
from scale_forecast.data.results import fingerprint
from scale_forecast.data.spreadsheet import mark_table
from scale_forecast.data.whole import write_whole
from scale_forecast.show.terminal import View, as_text, is_terminal

SCHEMA_VERSION = 1
"""Of the envelope, whose schema is ``schema.json`` beside this file."""
FORMATS = ("table", "csv", "json")
NOTES, RESULTS, AS_OF = "forecast.notes", "forecast.results", "forecast.as_of"
"""Where a command's context keeps its notes, the results that it read, and the day of knowledge."""
STALE = "forecast.stale"
"""Where it keeps what was said of the age of what is known."""
OWN_DATA = "forecast.own_data"
"""Where it keeps which of the user's own data are read."""


@dataclass(frozen=True)
class Output:
    """How and where a command prints: a format, and a file or None for stdout."""

    format: str = "table"
    path: Path | None = None

    @property
    def is_for_people(self) -> bool:
        """A table is printed, not data."""
        return self.format == "table"

    @property
    def has_pictures(self) -> bool:
        """A person looks at a terminal, where pictures of a line's height are of use."""
        return self.is_for_people and self.path is None and is_terminal()

    def emit(
        self,
        table: pd.DataFrame,
        *,
        title: str | None = None,
        show: pd.DataFrame | None = None,
        view: Callable[[], View] | None = None,
        text: str | None = None,
        data: Any = None,
    ) -> None:
        """Print a result as asked.

        Parameters
        ----------
        table : the data, for CSV, and for the others where they are not given
        title : of the table for people
        show : the readable selection, where it differs from the data
        view : makes what a terminal shows instead, with pictures
        text : what people read instead of a table
        data : what JSON holds, where it says more than the table
        """
        if self.format == "csv":
            content = csv_of(table)
        elif self.format == "json":
            content = _json(envelope(records(table) if data is None else data))
        elif text is not None:
            content = text
        elif view is not None and self.has_pictures:
            seen = view()
            content = as_text(seen.table, title=title, spare=seen.spare, pictures=seen.pictures)
        else:
            content = as_text(table if show is None else show, title=title)
        click.get_current_context().meta[PRINTED] = True
        write(content, self.path)


def error_object(context: click.Context, line: Sequence[str], error: click.ClickException) -> str:
    """An error as JSON: the envelope without data, with what went wrong and the code with which the program ends."""
    kind = "usage" if isinstance(error, click.UsageError) else "data"
    told = {"kind": kind, "message": plain_text(error.format_message()), "exit_code": error.exit_code}
    return _json({**_about(context, shlex.join(["forecast", *_hide_passwords(line)])), "data": None, "error": told})


def envelope(data: Any) -> dict[str, Any]:
    """JSON as a command prints it: the data, and what they were made with, as ``schema.json`` describes."""
    context = click.get_current_context()
    return {**_about(context, command_line(context)), "data": data}


def _about(context: click.Context, command: str) -> dict[str, Any]:
    """The envelope without its data."""
    results, as_of = context.meta.get(RESULTS), context.meta.get(AS_OF)
    stale: Stale | None = context.meta.get(STALE)
    return {
        "schema_version": SCHEMA_VERSION,
        "tool_version": tool_version(),
        "data_version": None if results is None else fingerprint(results),
        "as_of": None if as_of is None else f"{as_of:%Y-%m-%d}",
        "command": command,
        "notes": context.meta.get(NOTES, []),
        "stale": None if stale is None else {"newest": f"{stale.newest}", "days": stale.days, "said": stale.sentence()},
    }


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table as JSON holds it: an object a row, times as ISO 8601, null for what is missing, "inf" for infinity."""
    endless = [name for name in table if table[name].dtype.kind == "f" and np.isinf(table[name]).any()]
    told = {
        str(name): table[name].astype(object).where(~np.isinf(table[name]), table[name].map(str)) for name in endless
    }
    return json.loads(table.assign(**told).to_json(orient="records", date_format="iso", double_precision=15))


def _json(content: Any) -> str:
    """JSON that every reader takes: what is infinite is a text, what is no number is null."""
    return json.dumps(_finite(content), indent=1, separators=(",", ":"), default=date.isoformat, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def csv_of(table: pd.DataFrame) -> str:
    """CSV that no spreadsheet takes for formulas."""
    return mark_table(table).to_csv(index=False)


def write(content: str | bytes, output: Path | None) -> None:
    """Text to stdout, or to a file that appears whole or not at all."""
    if output is None:
        if sys.stdout is None:
            raise ForecastError("standard output is closed: open it, or write to a file with -o")
        click.echo(content, nl=False)
        sys.stdout.flush()  # a full disk would show itself only as the program ends
        return
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        if output.exists() and not output.is_file():  # a device or a pipe: a file moved over it would take its place
            output.write_bytes(data)
        else:
            write_whole(output, data)
    except OSError as error:
        raise ForecastError(f"cannot write {output}: {error.strerror}") from error


def note(remark: str | Stale) -> None:
    """A remark for the person, on stderr; JSON printed later holds it too."""
    context = click.get_current_context(silent=True)
    if context is not None:
        context.meta.setdefault(NOTES, []).append(str(remark))
        keep_stale([remark])
    click.echo(plain_text(str(remark)), err=True)


def keep_stale(remarks: Iterable[object]) -> None:
    """Of what is said about the age of what is known the oldest, for JSON printed later."""
    meta = click.get_current_context().meta
    old = [remark for remark in [meta.get(STALE), *remarks] if isinstance(remark, Stale)]
    if old:
        meta[STALE] = min(old, key=lambda one: one.newest)


def tool_version() -> str:
    """The version of this distribution."""
    try:
        return version("scale-forecast")
    except PackageNotFoundError:
        return "not installed"


def command_line(context: click.Context) -> str:
    """What was typed, as it can be typed again but for the password in a ledger's address."""
    names: list[str] = []
    place: click.Context | None = context
    while place is not None and place.parent is not None:
        names.insert(0, place.info_name or "")
        place = place.parent
    return shlex.join(["forecast", *names, *_hide_passwords(context.meta.get(TYPED, ()))])


def _hide_passwords(words: Sequence[str]) -> list[str]:
    """Words as they were typed, but for the password in a ledger's address."""
    typed = []
    for word in words:
        option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
        typed.append(f"{option}{equals}{scale_forecast.shown_address(value)}" if value.startswith("postgres") else word)
    return typed
