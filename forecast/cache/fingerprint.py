"""Fingerprint of code and libraries: two processes with the same fingerprint produce the same digits.

What a trained state depends on is what its training imports, so a change to a command or a plot keeps it.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

PACKAGE = "scale_forecast"
TRAINING = ("scale_forecast.backtests.training",)
"""Where training starts: all that it imports decides what is learned."""
SCORING = ("scale_forecast.backtests.fold_rows",)
"""Where the forecast of a fold is scored."""
FORECASTING = ("scale_forecast.upcoming", "scale_forecast.pricing")
"""Where forecasts and prices are made."""
JUDGING = ("scale_forecast.resolvers.questions.resolve",)
"""Where questions are settled."""
LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "lightgbm")


_IMPORT = re.compile(rf"^\s*from ({PACKAGE}[\w.]*) import (\([^)]*\)|[^\n]*)", re.MULTILINE)


@cache
def source_of(module: str) -> Path | None:
    """The file of a module of this package; None where there is no such module."""
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec is not None and spec.origin else None


@cache
def import_closure(roots: tuple[str, ...]) -> tuple[str, ...]:
    """Modules of this package that ``roots`` import, directly or through others, and themselves; sorted by name.

    Raises ModuleNotFoundError for a root that is no module.
    """
    if missing := [name for name in roots if source_of(name) is None]:
        raise ModuleNotFoundError(f"no module {missing[0]!r} to fingerprint")
    reached: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        source = None if name in reached or name == PACKAGE else source_of(name)
        if source is None:  # the package itself lends names of everything, each loaded only when it is used
            continue
        reached.add(name)
        waiting.append(name.rpartition(".")[0] or name)  # loading a module runs its package first
        for parent, names in _IMPORT.findall(source.read_text(encoding="utf-8")):
            waiting.append(parent)
            waiting.extend(f"{parent}.{leaf}" for leaf in re.findall(r"\w+", names))
    return tuple(sorted(reached))


@cache
def code_fingerprint(roots: tuple[str, ...] = TRAINING) -> str:
    """SHA-256 over the source of the import closure of ``roots``; 16 hex digits."""
    digest = hashlib.sha256()
    for name in import_closure(roots):
        source = source_of(name)
        assert source is not None
        digest.update(name.encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


@cache
def library_versions() -> tuple[str, ...]:
    """Versions of `LIBRARIES`."""
    return tuple(version(library) for library in LIBRARIES)


def computing_fingerprint() -> tuple[str, ...]:
    """What two processes must share for the same digits: the judge's code, the forecaster's, and the libraries."""
    return (code_fingerprint(FORECASTING), code_fingerprint(JUDGING), *library_versions())
