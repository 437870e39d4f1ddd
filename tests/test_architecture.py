"""Who may import whom: DESIGN's table, read from the imports themselves."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("data", "features", "forecast", "resolvers")
PURE_RESOLVERS = {
    "questions",
    "criteria",
    "resolve",
    "scoring",
    "calibration",
    "odds",
    "peer",
    "difficulty",
    "events",
    "evidence",
    "status",
    "stated",
}
MAY_IMPORT = {
    "data": set(),
    "features": {"data"},
    "resolvers": {"data"},
    "forecast": {"data", "features", "resolvers"},
}
NETWORK = {"requests", "urllib", "urllib3", "http", "socket", "ftplib", "smtplib", "aiohttp", "httpx"}
MAY_USE_NETWORK = {"data/fetch.py"}
CLOCK_CALLS = {"now", "today", "utcnow", "time", "time_ns"}


MODULES = [
    pytest.param(path, id=str(path.relative_to(ROOT))) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))
]


def imported(path):
    """Dotted names a module imports, wherever in the module the import stands."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES)
def test_rooms_import_only_what_the_table_allows(path):
    room = path.relative_to(ROOT).parts[0]
    for name in imported(path):
        first = name.split(".")[0]
        if first in ROOMS and first != room:
            assert first in MAY_IMPORT[room], f"{room} may not import {name}"
        if room == "forecast" and name.startswith("resolvers."):
            assert name.split(".")[1] in PURE_RESOLVERS, f"forecast may import only the pure resolvers, not {name}"
        assert first != "click", f"only cli.py speaks click, not {path}"
        assert first != "cli"


@pytest.mark.parametrize("path", MODULES)
def test_only_the_fetching_module_and_the_markets_touch_the_network(path):
    where = path.relative_to(ROOT).as_posix()
    if where in MAY_USE_NETWORK or where.startswith("resolvers/markets/"):
        return
    touched = {name.split(".")[0] for name in imported(path)} & NETWORK
    assert not touched, f"{where} imports {touched}"


@pytest.mark.parametrize("path", MODULES)
def test_time_is_an_argument(path):
    where = path.relative_to(ROOT).as_posix()
    if where.startswith("resolvers/markets/") or where == "data/fetch.py":
        return
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_CALLS:
            owner = ast.unparse(node.func.value).split(".")[-1]
            assert owner not in {"datetime", "date", "Timestamp", "time", "pd"}, (
                f"{where}:{node.lineno} reads the clock"
            )


def test_help_loads_no_heavy_library():
    heavy = "pandas", "sklearn", "lightgbm", "matplotlib", "scipy", "sqlalchemy", "pydantic", "numpy"
    code = (
        "import sys, click.testing, cli; click.testing.CliRunner().invoke(cli.main, ['--help']);"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_every_public_name_is_what_it_promises_whatever_was_imported_before():
    """A module of the same name once hid `forecast.backtest`."""
    code = (
        "import importlib, pkgutil, types, forecast\n"
        "for module in pkgutil.iter_modules(forecast.__path__, 'forecast.'): importlib.import_module(module.name)\n"
        "print([n for n in forecast.__all__ if isinstance(getattr(forecast, n), types.ModuleType)])"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
