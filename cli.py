"""The door: every command reads its arguments, makes one call, and prints.

Heavy libraries are imported inside the commands, so that ``forecast --help`` answers at once.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from data.errors import ForecastError, UsageError

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("table", "csv", "json")


class _Command(click.Command):
    """A command whose `ForecastError` becomes one sentence on stderr: exit 2 for usage, 1 for data."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UsageError as error:
            raise click.UsageError(str(error), ctx) from error
        except ForecastError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(0) from None


class _Group(click.Group):
    command_class = _Command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from data.names import did_you_mean

            raise click.UsageError(f"no command {args[0]!r}{did_you_mean(args[0], self.commands)}", ctx) from error


class _Size(click.ParamType):
    """A size such as 540B, 540e9 or 1.3T."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from data.sizes import parse_size

        try:
            return parse_size(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


class _Day(click.ParamType):
    """A date such as 2022-11-15; a month or year alone means its first day."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> pd.Timestamp:
        import pandas as pd

        if isinstance(value, pd.Timestamp):
            return value
        try:
            return pd.to_datetime(str(value), format="ISO8601").tz_localize(None).normalize()
        except ValueError:
            self.fail(f"{value!r} is not a date: write it as YYYY-MM-DD", param, ctx)


SIZE = _Size()
DAY = _Day()


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--format`` and ``-o``: shared by every command that prints a table."""

    @click.option(
        "--format", "format_", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print."
    )
    @click.option(
        "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file instead of stdout."
    )
    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return command(*args, **kwargs)

    return wrapped


def emit(
    table: pd.DataFrame,
    format_: str,
    output: Path | None,
    *,
    title: str | None = None,
    show: pd.DataFrame | None = None,
) -> None:
    """Print a table as asked; ``show`` is the readable selection for a terminal, where it differs from the data."""
    from forecast.terminal import as_text

    if format_ == "csv":
        text = table.to_csv(index=False)
    elif format_ == "json":
        text = table.to_json(orient="records", date_format="iso", indent=1, double_precision=15) + "\n"
    else:
        text = as_text(table if show is None else show, title=title)
    write(text, output)


def write(text: str, output: Path | None) -> None:
    """Text to stdout, or to a file that appears whole or not at all."""
    if output is None:
        click.echo(text, nl=False)
        return
    partial = output.with_name(output.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(output)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ForecastError(f"cannot write {output}: {error.strerror}") from error


def note(message: str) -> None:
    """A remark for the person, on stderr."""
    click.echo(message, err=True)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="scale-forecast", prog_name="forecast")
def main() -> None:
    """Forecast benchmark scores of upcoming language models, price questions about them, and keep score."""


# --- data ------------------------------------------------------------------------------------------------------------

# --- features --------------------------------------------------------------------------------------------------------

# --- predict, backtest, explain, train -------------------------------------------------------------------------------

# --- curves ----------------------------------------------------------------------------------------------------------


@main.group(cls=_Group)
def curves() -> None:
    """Scaling curves: power laws, sigmoids and broken laws fitted by the thousand."""


@curves.command("fit")
@click.argument("table", metavar="CURVES.csv", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--form", default="auto", show_default=True, help="auto, bnsl, or a form of `forecast curves list`.")
@click.option(
    "--kind",
    type=click.Choice(("loss", "accuracy")),
    default="loss",
    show_default=True,
    help="loss: any positive scale, lower is better; accuracy: in [0, 1], higher is better.",
)
@output_options
def curves_fit(table: str, form: str, kind: str, format_: str, output: Path | None) -> None:
    """Fit the rows of role 'fit' and predict every row, with quantiles of what would be observed there.

    Columns: curve, x, y, role (fit or extrapolate); optionally n_examples, stderr, chance, ceiling, and family,
    whose curves share a prior.

    \b
    Example:
      forecast curves fit curves.csv --form auto --kind accuracy --format csv
    """
    from forecast.curves.tables import fit_table, read_curves

    emit(fit_table(read_curves(sys.stdin if table == "-" else Path(table)), form, kind, where=table), format_, output)


@curves.command("list")
@output_options
def curves_list(format_: str, output: Path | None) -> None:
    """Describe the forms a curve may take."""
    from forecast.curves.tables import forms_table

    emit(forms_table(), format_, output)


# --- questions, resolve, score ---------------------------------------------------------------------------------------

# --- ledger ----------------------------------------------------------------------------------------------------------

# --- ask, frontier ---------------------------------------------------------------------------------------------------

# --- study -----------------------------------------------------------------------------------------------------------

# --- market ----------------------------------------------------------------------------------------------------------


if __name__ == "__main__":
    main()
