"""Commands and groups of click: an error is one sentence, an unknown name gets a suggestion, groups load late."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any

import click

from scale_forecast.commands.context import LINE, PRINTED, TYPED
from scale_forecast.data.errors import ForecastError, UsageError, speak_of_options
from scale_forecast.data.plain import plain_text

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
        if not ctx.resilient_parsing:
            refuse_repeated(self, ctx, args)
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
    sections : names by the title under which the help has them; what stands under none comes last
    first : a command to begin with, that works without anything of one's own
    """

    def __init__(
        self,
        *args: Any,
        table: Mapping[str, tuple[str, str]],
        sections: Mapping[str, Sequence[str]],
        first: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.table, self.sections, self.first = table, sections, first

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
        named = {name for names in self.sections.values() for name in names}
        rest = [name for name in self.list_commands(ctx) if name not in named]
        wide = max(map(len, self.table))
        for title, names in {**self.sections, "More": rest}.items():
            if names:
                with formatter.section(title):
                    formatter.write_dl([(name.ljust(wide), self.table[name][1]) for name in names])
        with formatter.section("Begin with"):
            formatter.write_text(self.first)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[LINE] = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; where JSON was asked for, an error is an object on stdout, beside its sentence on stderr."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            if asks_for_json(ctx.meta[LINE]) and not ctx.meta.get(PRINTED):
                from scale_forecast.commands.printing import error_object  # loads pandas, which --help has no need of

                click.echo(error_object(ctx, ctx.meta[LINE], error), nl=False)
            raise


def asks_for_json(line: Sequence[str]) -> bool:
    """Whether what was typed asks for JSON, though it may be wrong elsewhere."""
    pairs = zip(line, [*line[1:], ""], strict=True)
    return any(word == "--format=json" or (word == "--format" and value == "json") for word, value in pairs)


def refuse_repeated(command: click.Command, ctx: click.Context, args: Sequence[str]) -> None:
    """Raise for an option that holds one value and is given twice: the first would be lost without a word."""
    _, _, order = command.make_parser(ctx).parse_args(args=list(args))
    for place, param in enumerate(order):
        single = isinstance(param, click.Option) and not param.multiple and not param.count
        takes = isinstance(param, click.Option) and (not param.is_flag or bool(param.secondary_opts))
        if single and takes and param in order[:place]:
            raise click.UsageError(f"{param.opts[-1]} is given twice, and holds one value: leave one of them", ctx)
