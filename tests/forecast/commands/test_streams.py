"""Where the output cannot be written, a command ends in a sentence."""

import subprocess
import sys
from pathlib import Path

import pytest

from scale_forecast.commands.printing import write
from scale_forecast.data.errors import ForecastError

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="a device that is always full is Linux's")
def test_a_full_disk_behind_stdout_is_said_in_a_sentence():
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "scale_forecast", "--help"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "Error: cannot write the output: No space left on device\n"


def test_a_closed_stdout_is_said_in_a_sentence(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(ForecastError, match="standard output is closed"):
        write("text", None)
