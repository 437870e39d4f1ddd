"""Every command of the README and the manual runs, and prints what the page says that it prints, numbers included.

From this checkout or, with FORECAST_COMMAND, as installed. A page's numbers may be off by what processors differ in.
A plain command runs in this process, since starting another takes longer than most commands; what a shell has to read,
such as a pipe, runs in one.
"""

import os
import re
import shlex
import sqlite3
import subprocess
import sys
import traceback
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from tests.a_users_files import write_files
from tests.manual import differences, steps_of

ROOT = Path(__file__).parent.parent
PAGES = (
    *("README", "predict", "quick", "compare", "backtest", "report", "data", "features", "curves"),
    *("questions", "largest", "records", "ask", "ledger", "studies", "markets", "install"),
)
"""In an order in which each finds what those before it wrote."""
NOT_OURS = ("python3 -m venv", "pip install", "echo", "_FORECAST_COMPLETE=fish", 'eval "$(_FORECAST_COMPLETE=zsh')
FOR_A_SHELL = re.compile(r"[|&;<>$`]")


def path_of(page):
    return ROOT / "README.md" if page == "README" else ROOT / "docs" / f"{page}.md"


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
        "FORECAST_CACHE": os.environ.get("FORECAST_CACHE", str(home / "cache")),
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


def run(command, home, environment):
    """Exit code, and all that a command says: notes, then data."""
    if command.startswith("forecast ") and not FOR_A_SHELL.search(command) and "FORECAST_COMMAND" not in os.environ:
        with chdir(home):
            done = CliRunner().invoke(
                main, shlex.split(command, comments=True)[1:], env={**environment, "COLUMNS": None}
            )
        broken = done.exception if not isinstance(done.exception, SystemExit) else None
        trace = "" if broken is None else "".join(traceback.format_exception(broken))
        return done.exit_code, done.stderr + done.stdout + trace
    done = subprocess.run(["bash", "-c", command], cwd=home, env=environment, capture_output=True, text=True)
    return done.returncode, done.stderr + done.stdout


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_prints_what_the_page_says(home, environment, page):
    wrong = []
    verified = False
    for step in steps_of(path_of(page)):
        if step.command.startswith(NOT_OURS):
            continue
        if step.command.startswith("cat "):
            (home / step.command.split()[1]).write_text("\n".join(step.printed) + "\n")
        again = verified and step.command == "forecast ledger verify"
        if again:
            tamper(home / "ledger.db")
        verified |= step.command == "forecast ledger verify"
        code, said = run(step.command, home, environment)
        if code != int(again) or "Traceback" in said:
            wrong.append(f"{step.command}\nended with {code}: {said[-2000:]}")
        elif unsaid := differences(step.printed, said.splitlines()):
            wrong.append(f"{step.command}\n" + "\n".join(unsaid) + f"\nit says:\n{said[:2000]}")
    assert not wrong, "\n\n".join(wrong)


def test_no_page_with_commands_is_left_out():
    told = {path.stem for path in (ROOT / "docs").glob("*.md") if steps_of(path)}
    assert told - {"tutorial", "howto", "index"} == set(PAGES) - {"README"}


def test_a_changed_number_or_word_of_a_page_is_found():
    printed = ["stack  0.073  +21% [+16%, +26%]  91%", "recorded as entry 12"]
    assert differences(("stack 0.073 +21% [+16%, +26%] 91%", "..."), printed) == []
    assert differences(("stack 0.083 +21% [+16%, +26%] 91%",), printed)
    assert differences(("stack 0.073 +31% [+16%, +26%] 91%",), printed)
    assert differences(("drift 0.073 +21% [+16%, +26%] 91%",), printed)
    assert differences(("recorded as entry 15",), printed)


def test_the_readme_is_a_door():
    """One screen says what it is; the manual is in docs/."""
    text = path_of("README").read_text(encoding="utf-8")
    assert text.count("\n") <= 200
    assert set(re.findall(r"\]\((docs/[\w.]+|[A-Z]+(?:\.md)?)[)#]", text)) == {
        link for link in re.findall(r"\]\((docs/[\w.]+|[A-Z]+(?:\.md)?)[)#]", text) if (ROOT / link).exists()
    }
