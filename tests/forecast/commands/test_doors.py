"""What holds for every command: the table names it, its body is short, it takes --format, its library is called."""

import ast
import inspect
import textwrap
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import scale_forecast
from scale_forecast.commands import TABLE, main
from tests.forecast.commands.doors import DOORS, options_of

ROOM = Path(scale_forecast.__file__).parent / "commands"
OTHER_FORMATS = {"ledger export", "market export", "report"}
"""Write a format of their own, as `plot` does."""
MOST_LINES = 40


def bodies():
    for path in sorted(ROOM.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield pytest.param(node, id=f"{path.stem}.{node.name}")


def test_help_names_every_command_with_its_line_and_each_is_there():
    shown = CliRunner().invoke(main, ["--help"]).stdout
    for name, (_, line) in TABLE.items():
        assert f"  {name} " in shown
        assert line.split(",")[0] in " ".join(shown.split())
        assert main.get_command(click.Context(main), name).name == name
    assert "frontier" not in TABLE


@pytest.mark.parametrize("node", list(bodies()))
def test_a_command_reads_calls_and_prints_in_few_lines(node):
    body = node.body[1:] if ast.get_docstring(node) else node.body
    assert not body or body[-1].end_lineno - body[0].lineno < MOST_LINES


@pytest.mark.parametrize("door", DOORS)
def test_every_command_that_prints_a_table_or_an_object_takes_a_format(door):
    writes_its_own = door in OTHER_FORMATS or door.startswith("plot ")
    assert ("--format" in options_of(DOORS[door])) is not writes_its_own
    assert "--output" in options_of(DOORS[door])


@pytest.mark.parametrize("door", DOORS)
def test_every_command_shows_how_it_is_typed(door):
    shown = CliRunner().invoke(main, [*door.split(), "--help"])
    assert shown.exit_code == 0, shown.output
    example = inspect.cleandoc(DOORS[door].help or "")
    assert f"forecast {door}" in example or door in WITHOUT_EXAMPLE


WITHOUT_EXAMPLE = {"curves list", "ledger head"}
"""Take no argument to be shown."""


def test_the_names_that_types_are_checked_by_are_those_that_are_offered():
    tree = ast.parse(textwrap.dedent(inspect.getsource(scale_forecast)))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    declared = {
        alias.asname or alias.name: (node.module, alias.name)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    offered = {name: (f"scale_forecast.{module}", theirs) for name, (module, theirs) in scale_forecast._NAMES.items()}
    assert declared == offered
    assert scale_forecast.__all__ == sorted(offered)
