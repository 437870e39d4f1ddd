"""What holds for every command: the table names it, its body is short, it takes --format, its library is called."""

import ast
import inspect
import json
import textwrap
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import scale_forecast
from scale_forecast.commands import SECTIONS, TABLE, main
from tests.forecast.commands.doors import DOORS, options_of

ROOM = Path(scale_forecast.__file__).parent / "commands"
OTHER_FORMATS = {"ledger export", "market export", "report"}
"""Write a format of their own, as `plot` does."""
MOST_LINES = 40


def bodies():
    for path in sorted(ROOM.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{path.stem}.{node.name}", node.body[1:] if ast.get_docstring(node) else node.body


def test_help_names_every_command_with_its_line_and_each_is_there():
    shown = CliRunner().invoke(main, ["--help"]).stdout
    for name, (_, line) in TABLE.items():
        assert f"  {name} " in shown
        assert line.split(",")[0] in " ".join(shown.split())
        assert main.get_command(click.Context(main), name).name == name
    assert "frontier" not in TABLE
    assert "..." not in shown.partition("Forecast:")[2]
    named = [name for names in SECTIONS.values() for name in names]
    assert set(named) <= set(TABLE)
    assert len(named) == len(set(named))


def test_the_command_to_begin_with_is_one_that_there_is():
    assert main.first.split()[1] in TABLE


@pytest.mark.parametrize("again", [("--params", "1B", "--params", "2B"), ("--reasoning", "--no-reasoning")])
def test_an_option_that_holds_one_value_is_refused_when_given_twice(again):
    """The first would be lost without a word."""
    out = CliRunner().invoke(main, ["predict", "--family", "PaLM", *again])
    assert out.exit_code == 2
    assert f"{again[0]} is given twice" in out.stderr or f"{again[-1]} is given twice" in out.stderr


def test_an_error_is_json_where_json_was_asked_for_and_only_there():
    wrong = ["predict", "--family", "PaLM", "--no-such-option"]
    assert CliRunner().invoke(main, wrong).stdout == ""
    out = CliRunner().invoke(main, [*wrong, "--format=json"])
    assert out.exit_code == 2
    said = json.loads(out.stdout)
    assert (said["error"]["kind"], said["error"]["exit_code"], said["data"]) == ("usage", 2, None)
    assert "--no-such-option" in said["error"]["message"]
    assert "no-such-option" in out.stderr


def test_a_command_reads_calls_and_prints_in_few_lines():
    lines = {name: body[-1].end_lineno - body[0].lineno if body else 0 for name, body in bodies()}
    assert len(lines) > 100
    assert {name: count for name, count in lines.items() if count >= MOST_LINES} == {}


def test_every_command_that_prints_a_table_or_an_object_takes_a_format():
    without = {door for door, command in DOORS.items() if "--format" not in options_of(command)}
    assert without == OTHER_FORMATS | {door for door in DOORS if door.startswith("plot ")}
    assert [door for door, command in DOORS.items() if "--output" not in options_of(command)] == []


def test_every_command_shows_how_it_is_typed():
    for door in DOORS:
        shown = CliRunner().invoke(main, [*door.split(), "--help"])
        assert shown.exit_code == 0, shown.output
        example = inspect.cleandoc(DOORS[door].help or "")
        assert f"forecast {door}" in example or door in WITHOUT_EXAMPLE, door


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
