"""Does a test see it when the rule of what a forecast may know is broken? Every condition of it dropped, and turned.

    python -m benchmarks.mutants          # some minutes; exits 1 when a mutant survives
    python -m benchmarks.mutants --list   # the mutants, made from the code
    python -m benchmarks.mutants --quick  # killed by the tests of the default run alone?

The mutants are made from the syntax tree of the functions in `RULES`: each side of an ``and`` or ``or`` dropped, each
``&=`` and ``|=`` left out, each ``not`` left out, each comparison turned round. Each is run in a process of its own
against the tests of leaks alone; one that all of them pass has survived.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import inspect
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import CodeType, FunctionType

BY_SCALE, BY_DATE = "tests/forecast/inputs/test_no_leak.py", "tests/forecast/by_date/test_visible.py"
THOROUGH = ("-m", "not slow and not postgres and not browser")
"""Every test may kill a mutant, those too that the default run leaves to CI."""
RULE = {
    "scale_forecast.data.scale": ("below",),
    "scale_forecast.inputs.targets": (
        "visible",
        "smaller_kin",
        "of_weights",
        "evidence_of",
        "scale_in",
        "smaller_models",
    ),
    "scale_forecast.inputs.folds": ("Exclusion.allows", "of_tasks", "_mask_allowed"),
}
"""Where the rule of the forecasts by scale stands."""
RULE_BY_DATE = {
    "scale_forecast.data.dates": ("latest_day", "known_days"),
    "scale_forecast.by_date.world": ("_visible", "newest_day", "_tasks"),
    "scale_forecast.by_date.history": ("windows", "_days", "_standing", "_window", "cut_by", "closed_windows"),
    "scale_forecast.by_date.own": ("_is_replaced",),
    "scale_forecast.by_date.past": ("past_windows",),
}
"""Where that of the forecasts by date stands."""
RULES = {BY_SCALE: RULE, BY_DATE: RULE_BY_DATE}
"""Of each file of tests of leaks the rule that it holds."""
TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
Change = Callable[[ast.AST], ast.AST]


@dataclass(frozen=True)
class Mutant:
    """A function of the rule with one condition broken."""

    module: str
    function: str
    line: int
    what: str
    tree: ast.Module
    tests: str = BY_SCALE

    def __str__(self) -> str:
        return f"{self.module.removeprefix('scale_forecast.')}.{self.function}:{self.line} {self.what}"


def mutants() -> Iterator[Mutant]:
    for tests, rule in RULES.items():
        for module, names in rule.items():
            for name in names:
                yield from (replace(mutant, tests=tests) for mutant in mutants_of(module, name))


def mutants_of(module: str, name: str) -> Iterator[Mutant]:
    lines, first = inspect.getsourcelines(function_of(module, name))
    tree = ast.parse(textwrap.dedent("".join(lines)))
    for place, node in enumerate(_nodes(tree)):
        for what, change in changes(node):
            mutated = _Changed(place, change).of(tree)
            text = ast.unparse(node).partition("\n")[0]
            yield Mutant(module, name, first + getattr(node, "lineno", 1) - 1, f"{what}: {text}", mutated)


def _nodes(tree: ast.Module) -> list[ast.AST]:
    """The nodes of a function's statements, in an order of their own."""
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    return [node for statement in function.body for node in ast.walk(statement)]


def changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """What may be broken at a node of the tree."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
        yield "left side alone", lambda n: n.left  # type: ignore[attr-defined]
        yield "right side alone", lambda n: n.right  # type: ignore[attr-defined]
    if isinstance(node, ast.AugAssign) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
        yield "left out", lambda n: ast.copy_location(ast.Pass(), n)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Invert, ast.Not)):
        yield "not left out", lambda n: n.operand  # type: ignore[attr-defined]
    if isinstance(node, ast.Compare):
        yield "turned", _turn
    if isinstance(node, ast.If):
        yield "never", lambda n: ast.copy_location(ast.Pass(), n)
    if isinstance(node, ast.IfExp):
        yield "always", lambda n: n.body  # type: ignore[attr-defined]
        yield "never", lambda n: n.orelse  # type: ignore[attr-defined]


def _turn(node: ast.AST) -> ast.AST:
    assert isinstance(node, ast.Compare)
    node.ops = [TURNED[type(op)]() for op in node.ops]
    return node


class _Changed(ast.NodeTransformer):
    """A copy of a tree with one of its `_nodes`, by place, changed."""

    def __init__(self, place: int, change: Change) -> None:
        self.place, self.change = place, change

    def of(self, tree: ast.Module) -> ast.Module:
        twin = copy.deepcopy(tree)
        self.at = _nodes(twin)[self.place]
        self.visit(twin)
        return ast.fix_missing_locations(twin)

    def visit(self, node: ast.AST) -> ast.AST:
        return self.change(node) if node is self.at else self.generic_visit(node)


def function_of(module: str, name: str) -> FunctionType:
    found: object = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    assert isinstance(found, FunctionType)
    return found


def put_in_place(mutant: Mutant) -> None:
    """The function itself gets the mutant's code, so that whoever has imported it runs that."""
    whole = compile(mutant.tree, "<mutant>", "exec")
    (code,) = [const for const in whole.co_consts if isinstance(const, CodeType)]
    function_of(mutant.module, mutant.function).__code__ = code


def is_killed(mutant: Mutant | None, tests: str, which: Sequence[str] = THOROUGH) -> bool:
    """Whether a test fails; without a mutant, whether one fails anyway.

    ``which`` are options of pytest that choose among the tests.
    """
    child = os.fork()
    if child == 0:
        import pytest

        if mutant is not None:
            put_in_place(mutant)
        with open(os.devnull, "w") as nothing:
            os.dup2(nothing.fileno(), 1)
            failed = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *which, tests]) != pytest.ExitCode.OK
        os._exit(int(failed))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="only name the mutants")
    parser.add_argument("--only", default="", help="those whose description holds this")
    parser.add_argument("--quick", action="store_true", help="by the tests of the default run alone")
    given = parser.parse_args()
    which = () if given.quick else THOROUGH
    made = [mutant for mutant in mutants() if given.only in str(mutant)]
    if given.list:
        print("\n".join(map(str, made)))
        return
    for tests in sorted({mutant.tests for mutant in made}):
        importlib.import_module(tests.removesuffix(".py").replace("/", "."))  # once, not in every process
        if is_killed(None, tests, which):
            sys.exit(f"{tests} fails as it is, so that a failure tells nothing: mend that first")
    survived = []
    for mutant in made:
        killed = is_killed(mutant, mutant.tests, which)
        print("killed  " if killed else "SURVIVED", mutant, flush=True)
        survived += [] if killed else [mutant]
    print(f"{len(made) - len(survived)} of {len(made)} mutants killed")
    sys.exit(bool(survived))


if __name__ == "__main__":
    main()
