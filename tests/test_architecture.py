"""Who may import whom: DESIGN's table, read from the imports themselves, and no circle among the modules."""

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = "scale_forecast"
FOLDERS = {
    "scale_forecast": ROOT / "forecast",
    **{f"scale_forecast.{room}": ROOT / room for room in ("data", "features", "resolvers")},
}
PURE_JUDGE = {"questions", "kinds", "judge", "scores"}
MAY_IMPORT = {
    "data": {"data"},
    "features": {"features", "data"},
    "resolvers": {"resolvers", "data"},
    "forecast": {"forecast", "features", "data", *(f"resolvers.{room}" for room in PURE_JUDGE)},
    "workflow": {"forecast", "features", "data", "resolvers", "workflow"},
    "commands": {"forecast", "features", "data", "resolvers", "workflow", "commands"},
}
NETWORK = {"requests", "urllib", "urllib3", "http", "socket", "ftplib", "smtplib", "aiohttp", "httpx"}
MAY_USE_NETWORK = {"data/fetch.py"}
MAY_READ_THE_CLOCK = {"data/fetch.py", "forecast/workflow/clock.py"}
CLOCK_CALLS = {"now", "today", "utcnow", "time", "time_ns"}


def _modules():
    for package, folder in FOLDERS.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            yield ".".join([package, *(parts[:-1] if parts[-1] == "__init__" else parts)]), path


MODULES = dict(_modules())
PATHS = [pytest.param(name, path, id=name.removeprefix(f"{PACKAGE}.")) for name, path in MODULES.items()]


def room_of(name):
    """The row of the table that a module stands in: a room of the judge's as ``resolvers.ROOM``."""
    parts = name.split(".")[1:]
    if not parts or parts[0] == "workflow":
        return "workflow"
    if parts[0] == "resolvers" and len(parts) > 1:
        return f"resolvers.{parts[1]}"
    return parts[0] if parts[0] in ("data", "features", "resolvers", "commands") else "forecast"


@functools.cache
def tree_of(path):
    """The syntax of a module, parsed once for all tests."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path, *, when_loaded=False):
    """Dotted names a module imports: anywhere in it, or only those that loading it imports."""
    tree = tree_of(path)
    nodes = tree.body if when_loaded else ast.walk(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from names
            if not set(names) <= MODULES.keys():
                yield node.module


@pytest.mark.parametrize(("name", "path"), PATHS)
def test_rooms_import_only_what_the_table_allows(name, path):
    room = room_of(name)
    allowed = MAY_IMPORT[room.split(".")[0]]
    for imported in imports_of(path):
        first = imported.split(".")[0]
        if imported in MODULES:
            other = room_of(imported)
            fits = other in allowed or other.split(".")[0] in allowed or (imported == PACKAGE and room == "commands")
            assert fits, f"{name} may not import {imported}"
        assert first != "click" or room == "commands", f"only the commands speak click, not {path}"
        assert first != "cli"


@pytest.mark.parametrize(("name", "path"), PATHS)
def test_only_the_fetching_module_and_the_markets_touch_the_network(name, path):
    where = path.relative_to(ROOT).as_posix()
    if where in MAY_USE_NETWORK or where.startswith("resolvers/markets/"):
        return
    touched = {imported.split(".")[0] for imported in imports_of(path)} & NETWORK
    assert not touched, f"{where} imports {touched}"


@pytest.mark.parametrize(("name", "path"), PATHS)
def test_time_is_an_argument(name, path):
    where = path.relative_to(ROOT).as_posix()
    if where.startswith("resolvers/markets/") or where in MAY_READ_THE_CLOCK:
        return
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_CALLS:
            owner = ast.unparse(node.func.value).split(".")[-1]
            assert owner not in {"datetime", "date", "Timestamp", "time", "pd"}, (
                f"{where}:{node.lineno} reads the clock"
            )


def test_help_loads_no_heavy_library():
    heavy = "pandas", "sklearn", "lightgbm", "matplotlib", "scipy", "sqlalchemy", "pydantic", "numpy"
    code = (
        "import sys, click.testing; from scale_forecast.commands import main;"
        "click.testing.CliRunner().invoke(main, ['--help']);"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_every_public_name_is_what_it_promises_whatever_was_imported_before():
    """A module of the same name once hid `backtest`."""
    code = (
        "import importlib, pkgutil, types, scale_forecast as sf\n"
        "for module in pkgutil.iter_modules(sf.__path__, 'scale_forecast.'): importlib.import_module(module.name)\n"
        "print([n for n in sf.__all__ if isinstance(getattr(sf, n), types.ModuleType)])"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
