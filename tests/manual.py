"""Reads console sessions out of pages, and compares what a page says a command prints with what it prints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SESSION = re.compile(r"```console\n(.*?)```", flags=re.DOTALL)
HASH = re.compile(r"\b[0-9a-f]{16}\b|\b[0-9a-f]{64}\b|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)")
"""Fingerprints and moments of running, which are others every time."""
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")
RELATIVE, LAST_DIGITS = 0.03, 2.0
"""A printed number may be off by 3% or by two units of its last digit: processors differ there, pages may not."""


@dataclass(frozen=True)
class Step:
    """A command of a page with the lines that it is said to print."""

    page: str
    command: str
    printed: tuple[str, ...]


def steps_of(page: Path) -> list[Step]:
    """The commands of a page's console sessions, in order."""
    steps = []
    for session in SESSION.findall(page.read_text(encoding="utf-8")):
        for text in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
            command, _, printed = text.partition("\n")
            steps.append(Step(page.name, command, tuple(printed.splitlines())))
    return steps


def _split(line: str) -> tuple[str, list[str]]:
    """The words of a line, whatever the width of its columns, and its numbers."""
    text = HASH.sub("<hash>", " ".join(line.split()))
    return NUMBER.sub("#", text), NUMBER.findall(text)


def _close(expected: str, actual: str) -> bool:
    decimals = len(expected.partition(".")[2]) if "e" not in expected else 0
    one, other = (float(number.replace(",", "")) for number in (expected, actual))
    return abs(one - other) <= max(RELATIVE * abs(one), LAST_DIGITS * 10.0**-decimals if decimals else 0.0)


def differences(expected: tuple[str, ...], actual: list[str]) -> list[str]:
    """Lines of a page that the command does not print, in words or, beyond the tolerance, in numbers; "..." is any."""
    told: dict[str, list[list[str]]] = {}
    for line in actual:
        words, numbers = _split(line)
        told.setdefault(words, []).append(numbers)
    wrong = []
    for line in expected:
        words, numbers = _split(line)
        if not words or words == "...":
            continue
        if words not in told:
            wrong.append(f"not said: {line.strip()}")
        elif not any(all(map(_close, numbers, other)) for other in told[words]):
            wrong.append(f"other numbers: {line.strip()} but {told[words][0]}")
    return wrong
