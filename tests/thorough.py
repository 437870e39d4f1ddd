"""Which tests are left to CI, and which cheap one keeps the promise of each in the default run: `thorough.csv`.

A row names a dear test, or a dear case of one, and the one that keeps its promise. Where a whole test is named and a
case of it keeps the promise, all other cases are dear; a test with several such rows keeps several cases. What is dear
gets the mark ``thorough``. By default a quarter of the examples that Hypothesis makes up are tried, and all where the
mark is asked for.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

TABLE = Path(__file__).parent / "thorough.csv"


is_whole = False
"""Whether the tests that the default run leaves out are run; `tests/conftest.py` says so before tests are read."""


def tries(whole: int) -> int:
    """How many made-up examples a test tries."""
    return whole if is_whole else max(2, whole // 4)


def dear_tests() -> dict[str, set[str]]:
    """Each dear test function as ``file::function``, and what keeps its promise by default."""
    kept: dict[str, set[str]] = {}
    with TABLE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            kept.setdefault(row["test"], set()).add(row["kept by"])
    return kept


def function_of(nodeid: str) -> str:
    """Without the case: ``file::function``."""
    return nodeid.split("[", 1)[0]


def is_dear(nodeid: str, kept: dict[str, set[str]]) -> bool:
    return nodeid in kept or nodeid not in kept.get(function_of(nodeid), {nodeid})


def without_sibling(chosen: Iterable[str], kept: dict[str, set[str]]) -> list[str]:
    """Dear tests whose promise no test that runs keeps: a sibling went, was renamed or is dear itself."""
    ids = set(chosen)
    runs = ids | {function_of(nodeid) for nodeid in ids}
    return sorted(f"{test} has no {sibling}" for test, siblings in kept.items() for sibling in siblings - runs)
