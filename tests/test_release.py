"""What is released is whole: no file of a package stays behind, and every place names the same version."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _pattern(glob):
    """As setuptools reads it: a star stays within a folder, two go below."""
    return re.compile(re.escape(glob).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*"))


@pytest.mark.parametrize("room", ["data", "features", "forecast", "resolvers"])
def test_every_file_of_a_package_is_in_the_wheel(room):
    """A table or style sheet that no pattern names works from a checkout and is missing once installed."""
    patterns = [_pattern(glob) for glob in PROJECT["tool"]["setuptools"]["package-data"].get(room, [])]
    files = [p.relative_to(ROOT / room).as_posix() for p in (ROOT / room).rglob("*") if p.is_file()]
    left = [f for f in files if not f.endswith((".py", ".pyc")) and not any(p.fullmatch(f) for p in patterns)]
    assert left == []


def test_every_folder_with_modules_is_a_package():
    rooms = [ROOT / room for room in ("data", "features", "forecast", "resolvers")]
    folders = {module.parent for room in rooms for module in room.rglob("*.py")}
    bare = [f for f in folders if not (f / "__init__.py").exists() and "migrations" not in f.parts]
    assert bare == []


def test_the_citation_is_of_this_version_and_licence():
    import yaml

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["project"]["version"]
    assert citation["license"] == PROJECT["project"]["license"]
    assert {"cff-version", "message", "title", "authors"} <= set(citation)


def test_every_extra_that_an_error_names_exists():
    named = set()
    for room in ("data", "features", "forecast", "resolvers"):
        for module in (ROOT / room).rglob("*.py"):
            named |= set(re.findall(r"scale-forecast\[(\w+)\]", module.read_text(encoding="utf-8")))
    assert named <= set(PROJECT["project"]["optional-dependencies"])
    assert {"logs", "dask", "postgres"} <= named
