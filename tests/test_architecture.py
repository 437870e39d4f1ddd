"""Who may import whom: DESIGN's table, read from the imports themselves, and no circle among the modules."""

import ast
import functools
import importlib
import pkgutil
import subprocess
import sys
import types
from pathlib import Path

import pytest

import scale_forecast
from scale_forecast.resolvers.kinds import KINDS

ROOT = Path(__file__).parent.parent
PACKAGE = "scale_forecast"
FOLDERS = {
    "scale_forecast": ROOT / "forecast",
    **{f"scale_forecast.{room}": ROOT / room for room in ("data", "features", "resolvers")},
}
PURE_JUDGE = {"terms", "judge", "kinds", "questions", "scores"}
MAY_IMPORT = {
    "data": {"data"},
    "features": {"features", "data"},
    "resolvers": {"resolvers", "data"},
    "forecast": {"forecast", "features", "data", *(f"resolvers.{room}" for room in PURE_JUDGE)},
    "workflow": {"forecast", "features", "data", "resolvers", "workflow"},
    "commands": {"workflow", "commands", "data", "forecast.show"},
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


def room_of(name):
    """The row of the table that a module stands in: a room of the judge's as ``resolvers.ROOM``."""
    parts = name.split(".")[1:]
    if not parts or parts[0] == "workflow":
        return "workflow"
    if parts[0] == "resolvers" and len(parts) > 1:
        return f"resolvers.{parts[1]}"
    if parts[0] == "show":
        return "forecast.show"
    if parts[0] == "__main__":
        return "commands"
    return parts[0] if parts[0] in ("data", "features", "resolvers", "commands") else "forecast"


@functools.cache
def tree_of(path):
    """The syntax of a module, parsed once for all tests."""
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def nodes_of(path):
    """Every part of a module's syntax, gone through once."""
    return tuple(ast.walk(tree_of(path)))


@functools.cache
def imports_of(path, *, when_loaded=False):
    """Dotted names a module imports: anywhere in it, or only those that loading it imports."""
    return tuple(_imports_of(path, when_loaded))


def _imports_of(path, when_loaded):
    for node in tree_of(path).body if when_loaded else nodes_of(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from names
            if not set(names) <= MODULES.keys():
                yield node.module


def may_import(room, imported):
    """Whether the table allows a room a module of ours; of other packages click is for the commands alone."""
    if imported in MODULES:
        other, allowed = room_of(imported), MAY_IMPORT[room.split(".")[0]]
        return other in allowed or other.split(".")[0] in allowed or (imported == PACKAGE and room == "commands")
    first = imported.split(".")[0]
    return first != "cli" and (first != "click" or room == "commands")


def test_rooms_import_only_what_the_table_allows():
    forbidden = [
        f"{name} may not import {imported}"
        for name, path in MODULES.items()
        for imported in imports_of(path)
        if not may_import(room_of(name), imported)
    ]
    assert forbidden == []


def test_a_forbidden_import_is_seen():
    judge, data = f"{PACKAGE}.resolvers.judge.evidence", f"{PACKAGE}.data.errors"
    assert may_import("resolvers.judge", data)
    assert not may_import("data", judge)
    assert not may_import("resolvers.judge", f"{PACKAGE}.upcoming")
    assert not may_import("forecast", f"{PACKAGE}.resolvers.ledger.store")
    assert not may_import("workflow", "click")


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


def house_room_of(name):
    """The room that a module stands in, a room inside another one being a part of it; a loose module is its own."""
    parts = name.split(".")[1:]
    return ".".join(parts[: 2 if parts[:1] == ["resolvers"] else 1])


def test_no_rooms_import_one_another():
    """Rooms have an order: whoever reads one needs to know only those below it."""
    graph = {house_room_of(name): set() for name in MODULES}
    for name, path in MODULES.items():
        graph[house_room_of(name)] |= {house_room_of(other) for other in imports_of(path) if other in MODULES}
    assert circles_of({room: others - {room} for room, others in graph.items()}) == []


def test_a_module_is_at_most_500_lines_long():
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in MODULES.items()}
    assert {name: length for name, length in lengths.items() if length > 500} == {}, "split them by idea"


KIND_CLASSES = {kind.__name__ for kind in KINDS.values()} | {"Measured", "InFamilies", "Several"}


def names_in(node):
    """Names and attributes anywhere in an expression."""
    return {getattr(part, "id", None) or getattr(part, "attr", None) for part in ast.walk(node)}


PARTICIPLES = {
    "begun", "born", "bound", "broken", "brought", "built", "caught", "chosen", "done", "drawn", "eaten",
    "fallen", "felt", "forgotten", "fought", "found", "given", "gone", "grown", "held", "hidden", "kept",
    "known", "laid", "learnt", "left", "lent", "lost", "made", "meant", "met", "paid", "risen", "said",
    "seen", "sent", "shaken", "shown", "slept", "sold", "sought", "spent", "spoken", "stolen", "stood",
    "struck", "sworn", "taken", "taught", "thought", "thrown", "told", "torn", "understood", "won", "worn",
    "written",
}  # fmt: skip
"""The irregular ones."""
NO_PARTICIPLES = {"bed", "embed", "feed", "need", "seed", "shed", "speed", "succeed"}
"""Nouns and verbs that end like one."""
LINK_WORDS = {"as", "at", "by", "for", "from", "in", "of", "on", "out", "over", "to", "up", "with"}
ASK = {"are", "has", "is", "may", "was", "why"}
ACT = {
    "check", "describe", "drop", "find", "fit", "join", "list", "load", "make", "mark", "mask", "pair", "parse",
    "place", "read", "refuse", "remark", "report", "require", "say", "silence", "solve", "tell", "write",
}  # fmt: skip
"""What may be done to something that a participle names, as in `read_saved`."""


def is_participle(word):
    """Whether a word is one, by its look or because it is of the irregular ones."""
    return word in PARTICIPLES or (word.endswith("ed") and word not in NO_PARTICIPLES)


def is_named_by_a_participle(name):
    """Whether the head of a function's name is a participle: `held`, `said_of`, `scale_needed`; not `is_held`."""
    words = name.strip("_").split("_")
    if words[0] in ASK or (words[0] in ACT and len(words) > 1):
        return False
    while len(words) > 1 and words[-1] in LINK_WORDS:
        words.pop()
    return is_participle(words[-1])


def is_value(function):
    """Whether who uses a function sees a value: a property."""
    names = {name for part in function.decorator_list for name in names_in(part)}
    return bool(names & {"property", "cached_property"})


@pytest.mark.parametrize(("name", "is_one"), [
    ("held", True), ("_said_of", True), ("scale_needed", True), ("known_by", True), ("opened", True),
    ("is_held", False), ("known_rows", False), ("read_saved", False), ("seed", False), ("why_unpriced", False),
])  # fmt: skip
def test_a_participle_is_seen(name, is_one):
    assert is_named_by_a_participle(name) == is_one


def test_no_function_is_named_by_a_participle():
    """One names a value; a function is a verb or the noun that it returns."""
    faults = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in (*MODULES.values(), *sorted((ROOT / "benchmarks").glob("*.py")))
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not is_value(node)
        and is_named_by_a_participle(node.name)
    ]
    assert faults == []


def questions_of_kind(nodes):
    """Where code asks of which kind a criterion is: isinstance, its type, a match, or its name as a string."""
    for node in nodes:
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) in ("isinstance", "issubclass"):
            if KIND_CLASSES & names_in(node.args[1]):
                yield node
        elif isinstance(node, ast.Compare):
            parts = list(ast.walk(node))
            texts = {part.value for part in parts if isinstance(part, ast.Constant)}
            kinds = [part for part in parts if getattr(part, "attr", None) == "kind"]
            asks_name = any(getattr(part.value, "id", None) != "market" for part in kinds)  # a market has its own
            asks_type = any(getattr(getattr(part, "func", None), "id", None) == "type" for part in parts)
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
    assert list(questions_of_kind(ast.walk(ast.parse(code))))


def test_only_the_kinds_know_of_which_kind_a_criterion_is():
    """Whoever else asked would forget the next kind, and take it silently for another."""
    asked = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for name, path in MODULES.items()
        if room_of(name) != "resolvers.kinds"
        for node in questions_of_kind(nodes_of(path))
    ]
    assert asked == []


def places():
    """Each module's path from the root, as text and as it is."""
    return [(path.relative_to(ROOT).as_posix(), path) for path in MODULES.values()]


def test_only_the_fetching_module_and_the_markets_touch_the_network():
    touched = [
        f"{where} imports {imported}"
        for where, path in places()
        if where not in MAY_USE_NETWORK and not where.startswith("resolvers/markets/")
        for imported in imports_of(path)
        if imported.split(".")[0] in NETWORK
    ]
    assert touched == []


def readings_of_the_clock(nodes):
    """Calls such as ``datetime.now()``."""
    for node in nodes:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_CALLS):
            continue
        owner = ast.unparse(node.func.value).split(".")[-1]
        if owner in {"datetime", "date", "Timestamp", "time", "pd"}:
            yield node


def test_time_is_an_argument():
    read = [
        f"{where}:{node.lineno}"
        for where, path in places()
        if where not in MAY_READ_THE_CLOCK and not where.startswith("resolvers/markets/")
        for node in readings_of_the_clock(nodes_of(path))
    ]
    assert read == []


def test_a_reading_of_the_clock_is_seen():
    assert list(readings_of_the_clock(ast.walk(ast.parse("x = dt.datetime.now(UTC)"))))
    assert list(readings_of_the_clock(ast.walk(ast.parse("time.time()"))))
    assert not list(readings_of_the_clock(ast.walk(ast.parse("frontier.now()"))))


def test_help_loads_no_heavy_library():
    heavy = "pandas", "sklearn", "lightgbm", "matplotlib", "scipy", "sqlalchemy", "pydantic", "numpy"
    code = (
        "import sys, click.testing; from scale_forecast.commands import main;"
        "click.testing.CliRunner().invoke(main, ['--help']);"
        f"print([m for m in {heavy!r} if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def exported(tree):
    """The names in a module's ``__all__``, where these are written out."""
    for node in tree.body:
        is_list = isinstance(node, ast.Assign) and "__all__" in names_in(node.targets[0])
        if is_list and isinstance(node.value, ast.List | ast.Tuple):
            return [word.value for word in node.value.elts if isinstance(word, ast.Constant)]
    return []


def test_what_a_module_says_it_exports_is_there():
    """A name that was changed once stayed behind in `__all__`."""
    missing = [
        f"{name}: {word}"
        for name, path in MODULES.items()
        for word in exported(tree_of(path))
        if not hasattr(importlib.import_module(name), word)
    ]
    assert missing == []


def test_every_public_name_is_what_it_promises_after_all_was_imported():
    """A module of the same name once hid `backtest`."""
    for module in pkgutil.iter_modules(scale_forecast.__path__, "scale_forecast."):
        importlib.import_module(module.name)
    assert [n for n in scale_forecast.__all__ if isinstance(getattr(scale_forecast, n), types.ModuleType)] == []


def test_every_public_name_is_what_it_promises_whatever_was_imported_before():
    """In a process of its own, where nothing was asked for before."""
    code = (
        "import importlib, pkgutil, types, scale_forecast as sf\n"
        "for module in pkgutil.iter_modules(sf.__path__, 'scale_forecast.'): importlib.import_module(module.name)\n"
        "print([n for n in sf.__all__ if isinstance(getattr(sf, n), types.ModuleType)])"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
