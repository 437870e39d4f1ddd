"""All commands, walked through as click has them."""

from collections.abc import Iterator

import click

from scale_forecast.commands import main


def doors(group: click.Group = main, names: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    """Each command that does something, by what is typed after ``forecast``."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from doors(command, (*names, name))
        else:
            yield " ".join((*names, name)), command


DOORS = dict(doors())


def options_of(command: click.Command) -> set[str]:
    """The long options of a command."""
    return {word for parameter in command.params for word in parameter.opts if word.startswith("--")}
