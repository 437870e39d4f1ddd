"""No promise is left to CI alone: each test of `thorough.csv` has a sibling in the default run."""

import ast
from pathlib import Path

import pytest

from tests.thorough import dear_tests, function_of, is_dear, without_sibling

ROOT = Path(__file__).parent.parent


def functions_in(path):
    return {node.name for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)}


def test_every_test_and_sibling_of_the_table_is_there():
    named = {function_of(test) for dear, kept in dear_tests().items() for test in (dear, *kept)}
    files = {test.split("::")[0] for test in named}
    there = {f"{file}::{name}" for file in files for name in functions_in(ROOT / file)}
    assert named - there == set()


def test_every_dear_test_has_a_sibling_that_runs(request):
    """Of the files that are collected: what wants an extra is not where it is missing, and CI runs it with it."""
    config = request.config
    if config.option.markexpr != config.getini("addopts")[1]:
        pytest.skip("not the default run")
    if config.option.keyword or config.option.deselect or any("::" in asked for asked in config.args):
        pytest.skip("a part of a file")
    chosen = {item.nodeid for item in request.session.items}
    files = {test.split("::")[0] for test in chosen}
    dear = {test: kept for test, kept in dear_tests().items() if {one.split("::")[0] for one in kept} <= files}
    assert without_sibling(chosen, dear) == []


def test_a_case_that_is_kept_is_not_dear_and_a_lost_sibling_is_seen():
    kept = {"a.py::test_x": {"a.py::test_x[1]"}, "a.py::test_y": {"b.py::test_z"}}
    assert not is_dear("a.py::test_x[1]", kept)
    assert is_dear("a.py::test_x[2]", kept)
    assert is_dear("a.py::test_y", kept)
    assert not is_dear("b.py::test_z[1]", kept)
    assert is_dear("b.py::test_z[2]", {"b.py::test_z[2]": {"b.py::test_z[1]"}})
    assert not is_dear("b.py::test_z[new]", {"b.py::test_z[2]": {"b.py::test_z[1]"}})
    assert without_sibling(["a.py::test_x[1]", "b.py::test_z[1]"], kept) == []
    assert without_sibling(["a.py::test_x[2]", "b.py::test_z[1]"], kept) == ["a.py::test_x has no a.py::test_x[1]"]
