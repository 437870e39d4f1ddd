"""Both doors into the commands."""

import os
import subprocess
import sys


def test_the_package_runs_as_the_command_does():
    """Where no script is on the path, `python -m scale_forecast` is what is left; its help names what one types."""
    run = subprocess.run(
        [sys.executable, "-m", "scale_forecast", "questions", "--help"],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "120"},
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("Usage: forecast questions [OPTIONS] COMMAND")
