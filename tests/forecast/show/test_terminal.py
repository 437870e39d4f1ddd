"""Tables in a terminal and in a pipe."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.cells import cell_len

from scale_forecast.show import terminal, views
from scale_forecast.show.sparklines import calibration_bar, interval_bar, level_bar, sparkline
from scale_forecast.show.terminal import as_text, fitting, progress

ROOT = Path(__file__).parent.parent.parent.parent
TABLE = pd.DataFrame(
    {
        "task": ["<script>alert(1)</script>", "語" * 40],
        "score": [0.25, np.nan],
        "note": ["[bold]no markup[/bold]", "a\x1b[31mb"],
        "picture": ["▂▃▅", "▅▃▂"],
    }
)


def in_terminal(*args, columns=100, **env):
    """What a command writes to a terminal of its own."""
    main, other = pty.openpty()
    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    surroundings = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")} | {"TERM": "xterm"} | env
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", *args], cwd=ROOT, env=surroundings, stdout=other, stderr=subprocess.DEVNULL
    )
    os.close(other)
    out = b""
    while True:
        try:
            chunk = os.read(main, 65536)
        except OSError:  # the other end is closed
            break
        if not chunk:
            break
        out += chunk
    process.wait()
    os.close(main)
    return out.decode("utf-8")


@pytest.fixture
def as_terminal(monkeypatch):
    monkeypatch.setattr(terminal, "is_terminal", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.mark.parametrize(
    ("args", "picture"),
    [
        (("largest", "--by", "2027"), ""),
        (("questions", "list", "--topic", "inverse scaling", "--as-of", "2024-01-01"), "┃"),
    ],
    ids=["largest", "questions"],
)
def test_a_terminal_gets_colour_and_its_width_and_no_color_is_honoured(args, picture):
    coloured = in_terminal(*args, columns=70)
    assert "\x1b[" in coloured
    plain = in_terminal(*args, columns=70, NO_COLOR="1")
    assert "\x1b[" not in plain
    lines = plain.replace("\r", "").split("\n")
    assert max(map(len, lines)) <= 70
    assert any(picture in line for line in lines)


def test_colour_is_for_terminals_and_no_color_is_honoured(as_terminal, monkeypatch):
    coloured = as_text(TABLE, width=70)
    assert "\x1b[" in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    plain = as_text(TABLE, width=70)
    assert "\x1b" not in plain
    assert max(map(cell_len, plain.splitlines())) <= 70


def test_a_pipe_gets_no_colour_and_no_picture():
    text = as_text(TABLE)
    assert "\x1b" not in text
    assert "[bold]no markup[/bold]" in text
    assert "<script>alert(1)</script>" in text


def test_a_pipe_gets_whole_lines_without_blanks_at_their_ends():
    table = pd.DataFrame({"name": ["x" * 400, "y"], "score": [0.25, np.nan], "note": ["a", "word " * 90]})
    lines = as_text(table, title="t").splitlines()
    assert len(lines) == 2 + len(table)
    assert all(line == line.rstrip() for line in lines)


def test_control_characters_of_a_name_do_not_reach_the_terminal(as_terminal):
    text = re.sub(r"\x1b\[[0-9;]*m", "", as_text(TABLE, width=200))
    assert "\x1b" not in text
    assert "a�[31mb" in text


def test_a_narrow_terminal_loses_the_spare_columns_first(as_terminal):
    assert list(fitting(TABLE, 200, ("note", "picture"))) == ["task", "score", "note", "picture"]
    assert list(fitting(TABLE, 50, ("note", "picture"))) == ["task", "score", "picture"]
    assert list(fitting(TABLE, 10, ("note", "picture"))) == ["task", "score"]
    text = re.sub(r"\x1b\[[0-9;]*m", "", as_text(TABLE, width=50, spare=("note",), pictures=("picture",)))
    assert "▂▃▅" in text


def test_long_work_shows_nothing_where_nobody_looks(capsys):
    with progress("learning") as done:
        done(1, 10)
    assert capsys.readouterr().err == ""


def test_long_work_tells_how_much_is_left(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    with progress("learning") as done:
        for i in range(5):
            done(i, 10)
    assert "learning" in capsys.readouterr().err


def test_glances_stay_inside_their_width():
    rng = np.random.default_rng(0)
    for _ in range(200):
        ends = np.sort(rng.uniform(-0.5, 1.5, 5))
        assert len(interval_bar(*ends)) == 20
        assert len(calibration_bar(*ends[:4])) == 20
        assert len(level_bar(ends[3], 1.0)) <= 10
        assert len(sparkline(ends, 0, 1)) == 5
    assert interval_bar(np.nan, 0, 0, 0, 0) == ""
    assert sparkline([np.nan], 0, 1) == ""
    assert sparkline(range(30), 0, 30, most=8)[-1] == "█"


def test_a_calibration_table_without_rows_has_a_view():
    columns = ["of", "low", "high", "count", "said", "happened", "gap", "band_low", "band_high"]
    assert views.calibration(pd.DataFrame(columns=columns)).table.empty
