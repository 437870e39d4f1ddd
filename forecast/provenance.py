"""What computes: the code of this package and the libraries below it, both of which move last digits."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("data", "features", "forecast")
SHOWING = {"plots", "report", "studies"}
"""Folders of `forecast` that show what was learned and have no part in it."""
LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "lightgbm")


@cache
def code_fingerprint(rooms: tuple[str, ...] = ROOMS) -> str:
    """SHA-256 over the source of everything that training runs, or of other rooms; 16 hex digits."""
    digest = hashlib.sha256()
    for room in rooms:
        paths = (p for p in (ROOT / room).rglob("*.py") if not SHOWING & set(p.relative_to(ROOT).parts))
        for path in sorted(paths):
            digest.update(path.relative_to(ROOT).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def library_versions() -> tuple[str, ...]:
    """Versions of `LIBRARIES`."""
    return tuple(version(library) for library in LIBRARIES)


def computes_with() -> tuple[str, ...]:
    """What two processes must share for the same digits: the judge's code, the forecaster's, and the libraries."""
    return (code_fingerprint(), code_fingerprint(("resolvers",)), *library_versions())
