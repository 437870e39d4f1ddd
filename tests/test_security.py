"""Each promise of SECURITY.md names tests, and each of these is there; promises about the code as a whole are kept."""

import ast
import functools
import re
from pathlib import Path

import pytest
import yaml

from scale_forecast.data.readers.files import Limits
from scale_forecast.resolvers.questions import bank

ROOT = Path(__file__).parent.parent
SECURITY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PROMISES = dict(re.findall(r"^- \*\*(.+?)\*\*(.+?)(?=^- |\Z)", SECURITY, flags=re.M | re.S))
NAMED = sorted(set(re.findall(r"`(tests/[\w/.]+::\w+)`", SECURITY)))
SOURCES = [path for room in ("data", "features", "forecast", "resolvers") for path in (ROOT / room).rglob("*.py")]
RUNS = {"eval", "exec", "compile", "__import__", "system", "popen", "extractall", "unsafe_load", "full_load"}
CAN_RUN = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "subprocess", "runpy", "code"}


@functools.cache
def marks_in(path):
    """The marks of each function of a file."""
    found = [n for n in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(n, ast.FunctionDef)]
    return {n.name: [ast.unparse(mark) for mark in n.decorator_list] for n in found}


def is_there(name):
    """Whether a test of this name stands in its file and is not skipped whatever happens."""
    file, _, function = name.partition("::")
    path = ROOT / file
    if not path.is_file():
        return False
    marks = marks_in(path)
    return function.startswith("test_") and not any(
        "mark.skip(" in mark for mark in marks.get(function, ["mark.skip("])
    )


def test_there_are_promises():
    assert len(PROMISES) > 10
    assert len(NAMED) > 40


def test_each_promise_names_a_test():
    assert [name for name, text in PROMISES.items() if not re.search(r"`tests/[\w/.]+::\w+`", text)] == []


def test_each_named_test_is_there():
    assert [name for name in NAMED if not is_there(name)] == []


@pytest.mark.parametrize("name", ["tests/test_security.py::test_of_nothing", "tests/absent.py::test_x"])
def test_a_test_that_is_not_there_is_seen(name):
    assert not is_there(name)


def running(tree):
    """What code calls or imports that could run what it was given."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            of_re = isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "re"
            if called in RUNS and not of_re:
                yield called
            if any(word.arg == "allow_pickle" and getattr(word.value, "value", 1) for word in node.keywords):
                yield "allow_pickle"
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in CAN_RUN)
        elif isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in CAN_RUN:
            yield from (alias.name for alias in node.names if not alias.name.endswith("Error"))


def test_no_code_runs_what_it_reads():
    found = {path.name: what for path in SOURCES if (what := list(running(ast.parse(path.read_text("utf-8")))))}
    assert found == {}


@pytest.mark.parametrize(
    "code",
    ["import pickle", "from pickle import load", "eval(x)", "np.load(f, allow_pickle=True)", "archive.extractall(d)"],
)
def test_code_that_would_is_seen(code):
    assert list(running(ast.parse(code)))


def test_yaml_makes_plain_values_alone():
    for loader in (bank._Loader, bank._Quick):
        assert issubclass(loader, yaml.SafeLoader | getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    with pytest.raises(bank.DataError):
        bank.parse_questions("!!python/object/apply:os.system [id]")


def test_the_limits_are_those_promised():
    assert (
        f"A line of more than {Limits().line >> 20} MB, a JSON document of more than {Limits().json >> 20} MB"
        in SECURITY
    )
    assert f"a table of more than {Limits().table >> 30} GB" in SECURITY


def test_duckdb_fetches_and_loads_no_extension(tmp_path):
    pytest.importorskip("duckdb")
    from scale_forecast.data.logs.aggregate import Engine

    with Engine(tmp_path).connect() as db:
        told = dict(
            db.execute("SELECT name, value FROM duckdb_settings() WHERE name LIKE 'auto%extensions'").fetchall()
        )
    assert told == {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
