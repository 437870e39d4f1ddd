"""Commands and groups of click: an error is one sentence, an unknown name gets a suggestion, groups load late."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import click

from scale_forecast.data.errors import ForecastError, UsageError, speak_of_options
from scale_forecast.data.plain import plain_text

TYPED = "forecast.typed"
"""Where a command's context keeps its arguments as they were typed."""


Listing = tuple[str, Callable[[], Sequence[tuple[str, str]]]]


@contextmanager
def one_sentence(ctx: click.Context) -> Iterator[None]:
    """Turns a `ForecastError` into what click prints without a traceback, in the words of the command line."""
    with speak_of_options():
        yield from _translate(ctx)


def _translate(ctx: click.Context) -> Iterator[None]:
    try:
        yield
    except UsageError as error:
        raise click.UsageError(plain_text(str(error)), ctx) from error
    except ForecastError as error:
        raise click.ClickException(plain_text(str(error))) from error


class Command(click.Command):
    """A command whose `ForecastError` becomes one sentence on stderr: exit 2 for usage, 1 for data.

    Parameters
    ----------
    listing : a title, and a function that returns names with a line each: a section at the end of the help, made when
        it is asked for, since other distributions may bring some of them
    """

    def __init__(self, *args: Any, listing: Listing | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.listing = listing

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        if self.listing is not None:
            with formatter.section(self.listing[0]):
                formatter.write_dl(self.listing[1]())

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[TYPED] = tuple(args)
        with one_sentence(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with one_sentence(ctx):
                return super().invoke(ctx)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(0) from None


class Group(click.Group):
    """A group of `Command` that suggests the nearest name for one it does not have."""

    command_class = Command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from scale_forecast.data.names import did_you_mean  # loads pandas, which --help has no need of

            names = self.list_commands(ctx)
            raise click.UsageError(f"no command {args[0]!r}{did_you_mean(args[0], names)}", ctx) from error


class LazyGroup(Group):
    """A group that imports a command when it is asked for, so that the help of all of them loads none.

    Parameters
    ----------
    table : of every name, where its command stands (``module:attribute``) and its help in one line
    """

    def __init__(self, *args: Any, table: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command; where standard output cannot be written, end in a sentence as after any other error."""
        try:
            return super().main(*args, **kwargs)
        except OSError as error:
            if sys.stdout is not None and error.filename is None:
                with suppress(OSError):  # what is buffered cannot be written at the end either
                    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                click.echo(f"Error: cannot write the output: {error.strerror or error}", err=True)
                raise SystemExit(1) from None
            raise

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module, _, attribute = self.table[cmd_name][0].partition(":")
        return getattr(import_module(module), attribute)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.table[name][1]) for name in self.list_commands(ctx)])
