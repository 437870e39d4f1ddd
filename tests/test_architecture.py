"""Who may import whom: DESIGN's table, read from the imports themselves, and no circle among the modules."""

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

from scale_forecast.resolvers.kinds import KINDS

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


def circles_of(graph):
    """Groups of modules that import one another, directly or through others: Tarjan's algorithm."""
    place, lowest, stack, found = {}, {}, [], []

    def visit(name):
        place[name] = lowest[name] = len(place)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in place:
                visit(other)
            if other in stack:
                lowest[name] = min(lowest[name], lowest[other])
        if lowest[name] == place[name]:
            at = stack.index(name)
            found.append(sorted(stack[at:]))
            del stack[at:]

    for name in graph:
        if name not in place:
            visit(name)
    return [group for group in found if len(group) > 1]


def test_circles_are_seen():
    assert circles_of({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == [["b", "c"]]


def test_no_modules_import_one_another():
    """Imports inside functions and for type checkers count too: they only hide a circle from the interpreter."""
    graph = {name: {other for other in imports_of(path) if other in MODULES} - {name} for name, path in MODULES.items()}
    assert circles_of(graph) == []


@pytest.mark.parametrize(("name", "path"), PATHS)
def test_a_module_is_at_most_500_lines_long(name, path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500, f"split {name} by idea"


KIND_CLASSES = {kind.__name__ for kind in KINDS.values()} | {"Measured", "InFamilies", "Several"}


def names_in(node):
    """Names and attributes anywhere in an expression."""
    return {getattr(part, "id", None) or getattr(part, "attr", None) for part in ast.walk(node)}


def questions_of_kind(tree):
    """Where code asks of which kind a criterion is: isinstance, its type, a match, or its name as a string."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in ("isinstance", "issubclass"):
            if KIND_CLASSES & names_in(node.args[1]):
                yield node
        elif isinstance(node, ast.Compare):
            texts = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
            asks_name = any(getattr(part, "attr", None) == "kind" for part in ast.walk(node))
            asks_type = any(getattr(getattr(part, "func", None), "id", None) == "type" for part in ast.walk(node))
            if (asks_type and KIND_CLASSES & names_in(node)) or (asks_name and set(KINDS) & texts):
                yield node
        elif isinstance(node, ast.MatchClass) and KIND_CLASSES & names_in(node.cls):
            yield node


@pytest.mark.parametrize("code", [
    "isinstance(leaf, Threshold)", "isinstance(leaf, (int, kinds.Comparison))", "isinstance(a, Threshold | Reversal)",
    "type(leaf) is Count", "leaf.kind == 'reversal'", "leaf.kind in ('reversal', 'u_shape')",
    "match leaf:\n    case Not():\n        pass",
])  # fmt: skip
def test_asking_for_a_kind_is_seen(code):
    assert list(questions_of_kind(ast.parse(code)))


def test_only_the_kinds_know_of_which_kind_a_criterion_is():
    """Whoever else asked would forget the next kind, and take it silently for another."""
    asked = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for name, path in MODULES.items()
        if room_of(name) != "resolvers.kinds"
        for node in questions_of_kind(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert asked == []


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
