"""Licences of what the distribution needs: those that every install brings, and those of each extra.

    python -m tests.licences        # writes docs/licences.md from what is installed

Packages of extras that are not installed keep the line that stands there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "licences.md"
USERS_EXTRAS = ("postgres", "keyring", "logs", "excel", "dask")
SHORT = {
    "Copyright (c) 2001-2002 Enthought": "BSD-3-Clause",
    "License agreement for matplotlib": "Matplotlib (PSF-like)",
    "Copyright (c) 2015, matplotlib project": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
}
"""Texts and old names of licences, by how they begin, as they are called today."""
BY_HAND = {"kiwisolver": "BSD-3-Clause", "scoringrules": "Apache-2.0", "keyring": "MIT"}
"""Where the metadata name none, or the package is seldom installed."""
HEAD = """# Licences of what is installed

Every install brings these packages, an extra (`pip install 'scale-forecast[logs]'`) those that name it. Made by
`python -m tests.licences`; a test compares this page with what is declared and installed.

| package | licence | brought by |
|---|---|---|
"""


def needed(*, indirect: bool = True) -> dict[str, str]:
    """Names of the packages, and what brings them: "every install" or an extra; indirect ones where installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = {"every install": project["dependencies"]}
    asked |= {f"`[{extra}]`": project["optional-dependencies"][extra] for extra in USERS_EXTRAS}
    found: dict[str, str] = {}
    for by, requirements in asked.items():
        waiting = [Requirement(text) for text in requirements]
        while waiting:
            one = waiting.pop()
            name = canonicalize_name(one.name)
            if name in found:
                continue
            found[name] = by
            if indirect:
                waiting += [more for extra in ("", *one.extras) for more in _requires(name, extra)]
    return found


def _requires(name: str, extra: str) -> Iterator[Requirement]:
    installed = _installed(name)
    for text in (installed.requires or []) if installed else []:
        one = Requirement(text)
        if one.marker is None or one.marker.evaluate({"extra": extra}):
            yield one


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def licence_of(name: str) -> str | None:
    """What the metadata of an installed package say, under its present-day name; None for one that is not installed."""
    if name in BY_HAND:
        return BY_HAND[name]
    installed = _installed(name)
    if installed is None:
        return None
    told = installed.metadata
    classifiers = [c.rpartition(" :: ")[2] for c in told.get_all("Classifier") or [] if c.startswith("License ::")]
    text = told.get("License-Expression") or told.get("License") or " / ".join(classifiers)
    first = text.strip().splitlines()[0].strip() if text.strip() else ""
    return next((short for start, short in SHORT.items() if first.startswith(start)), first)


def listed() -> dict[str, tuple[str, str]]:
    """Licence and bringer of each package on the page."""
    rows = re.findall(r"^\| ([\w.-]+) \| (.+?) \| (.+?) \|$", PAGE.read_text(encoding="utf-8"), flags=re.M)
    return {name: (licence, by) for name, licence, by in rows if name != "package"}


def main() -> None:
    before = listed() if PAGE.exists() else {}
    lines = []
    for name, by in sorted(needed().items()):
        licence = licence_of(name) or before.get(name, ("unknown", ""))[0]
        lines.append(f"| {name} | {licence} | {by} |")
    PAGE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
