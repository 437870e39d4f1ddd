"""Every door by which a file comes in: the command that reads it, and what must hold whatever the file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner, Result

from scale_forecast.commands import main

CORPUS = Path(__file__).parent / "corpus"
DOORS: dict[str, Callable[[Path, Path], list[str | Path]]] = {
    "results": lambda file, _: ["data", "validate", file],
    "logs": lambda file, _: ["data", "logs", file, "--as-model", "a-1b", "--jobs", "1"],
    "models": lambda file, _: ["data", "validate", "--models", file],
    "tasks": lambda file, _: ["data", "validate", "--tasks", file],
    "questions": lambda file, _: ["questions", "check", file],
    "tracks": lambda file, _: ["questions", "import", file],
    "ledger": lambda file, _: ["ledger", "import", file],
    "markets": lambda file, _: ["market", "show", file],
    "curves": lambda file, _: ["curves", "fit", file],
    "backtests": lambda file, folder: ["plot", "pit", file, "-o", folder / "pit.svg"],
}
"""What reads a file of each folder of the corpus; a second folder is for what it writes."""


def files_of(door: str) -> list[Path]:
    return sorted(path for path in (CORPUS / door).iterdir() if not path.name.startswith("."))


def bring_in(door: str, file: Path, folder: Path) -> Result:
    """What the command says of a file; its ledger is a new one in ``folder``."""
    words = [str(word) for word in DOORS[door](file, folder)]
    return CliRunner().invoke(main, words, env={"FORECAST_LEDGER": str(folder / "ledger.db"), "NO_COLOR": "1"})


def fault_of(result: Result) -> str | None:
    """What is wrong with how a command ended: a traceback, a wrong exit code, no sentence, control characters."""
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return f"escaped: {result.exception!r}"
    if result.exit_code not in (0, 1, 2):
        return f"exit code {result.exit_code}"
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    if len(errors) != (result.exit_code != 0):
        return f"{len(errors)} errors with exit code {result.exit_code}, at the end {result.stderr[-200:]!r}"
    if errors and result.stderr.splitlines()[-1] != errors[0]:
        return f"an error of several lines: {result.stderr[-300:]!r}"
    text = result.stdout + result.stderr
    steering = sorted({c for c in text if not c.isprintable() and c not in "\n\t\xa0\u202f\u2009"})
    return f"control characters {steering}" if steering else None
