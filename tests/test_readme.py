"""Every command of the README runs, one after another, from this checkout or, with FORECAST_COMMAND, as installed."""

import os
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.a_users_files import write_files

ROOT = Path(__file__).parent.parent
NUMBER = re.compile(r"\b[0-9a-f]{64}\b|[-+]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
NOT_OURS = ("python3 -m venv", "pip install", "echo", "_FORECAST_COMPLETE=fish", 'eval "$(_FORECAST_COMPLETE=zsh')
ENDS_WITH_1 = ("forecast data validate percentages.csv",)
SHORTENED = ("forecast backtest",)
"""Of their tables the README leaves columns out."""


def commands():
    """Commands with the lines that they are said to print."""
    steps = []
    for block in re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.S):
        for step in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = step.partition("\n")
            if not command.startswith(NOT_OURS):
                steps.append((command, output.splitlines()))
    return steps


def wording(lines):
    """The words of lines, numbers and the width of columns aside."""
    return [NUMBER.sub("#", " ".join(line.split())) for line in lines if line.strip() not in ("", "...")]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("user")
    write_files(home)
    return home


@pytest.fixture(scope="module")
def environment(home):
    """The command on the path, and state of its own."""
    shim = home / "bin" / "forecast"
    shim.parent.mkdir()
    installed = os.environ.get("FORECAST_COMMAND")
    run = shlex.quote(installed) if installed else f"{shlex.quote(sys.executable)} {shlex.quote(str(ROOT / 'cli.py'))}"
    shim.write_text(f'#!/bin/sh\nexec {run} "$@"\n')
    shim.chmod(0o755)
    outside = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    return {
        **outside,
        "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}",
        "FORECAST_CACHE": str(home / "cache"),
        "FORECAST_LEDGER": str(home / "ledger.db"),
        "FORECAST_JOURNAL": str(home / "sent.jsonl"),
    }


def tamper(ledger):
    """As somebody would who owns the file."""
    with sqlite3.connect(ledger) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in (name for name in names if "forecasts" in name):
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute(
            "UPDATE forecasts SET predictor = 'x' WHERE sequence = (SELECT max(sequence) FROM forecasts)"
        )
    connection.close()


@pytest.mark.slow
def test_every_command_of_the_readme_runs(home, environment):
    """Each ends as it should and says, numbers aside, what the README says that it says."""
    steps = commands()
    assert len(steps) > 50
    wrong = []
    verified = False
    for command, expected in steps:
        if command.startswith("cat "):
            (home / command.split()[1]).write_text("\n".join(expected) + "\n")
        again = verified and command == "forecast ledger verify"
        if again:
            tamper(home / "ledger.db")
        verified |= command == "forecast ledger verify"
        done = subprocess.run(["bash", "-c", command], cwd=home, env=environment, capture_output=True, text=True)
        said = done.stderr + done.stdout
        if done.returncode != int(again or command in ENDS_WITH_1) or "Traceback" in said:
            wrong.append(f"{command}\nended with {done.returncode}: {said[-2000:]}")
        elif not command.startswith(SHORTENED) and (
            missing := set(wording(expected)) - set(wording(said.splitlines()))
        ):
            wrong.append(f"{command}\ndoes not say: {missing}\nbut: {said[:2000]}")
    assert not wrong, "\n\n".join(wrong)
