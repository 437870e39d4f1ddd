"""Do the tests bite? Mutants of what must not break, made by cosmic-ray, each run against the tests that mirror it.

    python -m benchmarks.mutations                        # at most 400 mutants, an hour
    python -m benchmarks.mutations --topic chain --most 30

Needs ``pip install cosmic-ray``. cosmic-ray finds and makes the mutants; here they are drawn (the same ones for a
seed) and each is run in a process of its own, forked from one that has loaded the libraries, so that a mutant costs
its tests and little more. No file is changed. What changes annotations alone is no mutant. A survivor is one that
all tests pass: `REASONS` lists those that are no fault, and why; any other one is said, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import itertools
import os
import random
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent
THOROUGH = ("-m", "not slow and not postgres and not browser")
"""Every test may kill a mutant, those too that the default run leaves to CI."""
ROOMS = {"data": "scale_forecast.data", "features": "scale_forecast.features", "resolvers": "scale_forecast.resolvers"}
LOADED = (
    *("numpy", "pandas", "scipy.stats", "scipy.optimize", "sklearn.linear_model", "pyarrow.parquet", "lightgbm"),
    *("requests", "sqlalchemy", "alembic.command", "pydantic", "yaml", "lark", "joblib", "click", "rich.table"),
    *("pytest", "scoringrules", "threadpoolctl"),
)
"""What every process needs and no mutant touches."""


@dataclass(frozen=True)
class Topic:
    """Files, the words for pytest that name the tests to kill their mutants, and ``most`` where these are dear."""

    files: tuple[str, ...]
    tests: tuple[str, ...]
    most: int = 100


_KINDS = ("threshold", "comparison", "count", "reversal", "u_shape", "numeric", "date", "choice", "first_by", "not_")
TOPICS = {
    "visibility": Topic(("forecast/inputs/targets.py", "data/scale.py"), ("tests/forecast/inputs",), 25),
    "folds": Topic(("forecast/inputs/folds.py",), ("tests/forecast/inputs",), 25),
    "summary": Topic(("forecast/backtests/summary.py",), ("tests/forecast/backtests/test_summary.py",)),
    "kinds": Topic(
        tuple(f"resolvers/kinds/{name}.py" for name in _KINDS),
        ("tests/resolvers/kinds", "tests/resolvers/judge", "tests/resolvers/questions/test_resolve.py"),
    ),
    "chain": Topic(
        ("resolvers/ledger/chain.py",),
        (
            *(f"tests/resolvers/ledger/test_{name}.py" for name in ("ledger", "door", "stamps")),
            *("-k", "edit or deletion or truncation or head or export or door or stamp"),
        ),
    ),
    "write once": Topic(
        ("resolvers/markets/writes.py", "resolvers/markets/journal.py"),
        ("tests/resolvers/markets/test_session.py",),
    ),
}


@dataclass(frozen=True)
class Mutant:
    """A file with one thing changed: where, by which of cosmic-ray's operators, and its whole text."""

    file: str
    line: int
    before: str
    after: str
    operator: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} {self.before}  ->  {self.after}"


REASONS: dict[tuple[str, str], str] = {
    ("resolvers/ledger/chain.py", "if first is last:"): "CPython keeps each small whole number once",
}
"""File and changed line of each survivor that is no fault of the tests, and why."""


def draw_mutants(files: Sequence[str], chance: random.Random) -> Iterator[Mutant]:
    """The mutants of some files that change what these do, in an order of chance; each is made as it is asked for."""
    import cosmic_ray.plugins as operators
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.mutating import mutate_code

    kinds = {name: operators.get_operator(name) for name in sorted(operators.operator_names())}
    texts = {file: (ROOT / file).read_text(encoding="utf-8") for file in files}
    places = []
    for file, text in texts.items():
        nodes = list(ast_nodes(get_ast(text)))
        for name, kind in kinds.items():
            if not kind.arguments():
                operator = kind()
                count = sum(1 for node in nodes for _ in operator.mutation_positions(node))
                places += [(file, name, occurrence) for occurrence in range(count)]
    chance.shuffle(places)
    seen = set(texts.values())
    for file, name, occurrence in places:
        changed = mutate_code(texts[file], kinds[name](), occurrence)
        if changed is None or changed in seen or _meaning(changed) in (None, _meaning(texts[file])):
            continue
        seen.add(changed)
        yield Mutant(file, *_difference(texts[file], changed), name, changed)


def _meaning(text: str) -> str | None:
    """A text's syntax without annotations, which nobody runs; None where it is no Python."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            node.annotation = ast.Constant(None)
        elif isinstance(node, ast.FunctionDef):
            node.returns = None
    return ast.dump(tree)


def _difference(old: str, new: str) -> tuple[int, str, str]:
    for number, (before, after) in enumerate(zip(old.splitlines(), new.splitlines(), strict=False), 1):
        if before != after:
            return number, before.strip(), after.strip()
    return 0, "", ""


def module_of(file: str) -> str:
    """The dotted name of a file of ours."""
    room, *rest = Path(file).with_suffix("").parts
    return ".".join([ROOMS.get(room, "scale_forecast"), *rest])


class _InItsPlace(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads a module from a mutant's text."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant, self.name = mutant, module_of(mutant.file)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, ROOT / self.mutant.file, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.mutant.text, str(ROOT / self.mutant.file), "exec"), module.__dict__)


def is_killed(mutant: Mutant | None, tests: Sequence[str], seconds: float) -> bool:
    """Whether a test fails, or all do not end within so many seconds of processor time."""
    child = os.fork()
    if child == 0:
        import pytest

        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        if mutant is not None:
            sys.meta_path.insert(0, _InItsPlace(mutant))
        passed = pytest.main(["-x", "-q", "-p", "no:cacheprovider", *THOROUGH, *tests]) == pytest.ExitCode.OK
        os._exit(int(not passed))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def run(topic: str, most: int, seed: int, until: float) -> tuple[int, list[Mutant]]:
    """How many mutants were run, and which survived."""
    about = TOPICS[topic]
    start = os.times().children_user
    if is_killed(None, about.tests, 3600.0):
        sys.exit(f"{' '.join(about.tests)} fail as they are, so that a failure tells nothing: mend that first")
    cost = os.times().children_user - start
    print(f"{topic}: the tests cost {cost:.0f} s of processor time", flush=True)
    survived, done = [], 0
    for mutant in itertools.islice(draw_mutants(about.files, random.Random(seed)), min(most, about.most)):
        if time.monotonic() > until:
            break
        killed = is_killed(mutant, about.tests, 8 + 1.5 * cost)
        reason = None if killed else REASONS.get((mutant.file, mutant.after))
        print("killed  " if killed else f"listed   ({reason})" if reason else "SURVIVED", mutant, flush=True)
        done += 1
        survived += [] if killed or reason else [mutant]
    return done, survived


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--topic", choices=TOPICS, action="append", help="only this; may be said again")
    parser.add_argument("--most", type=int, default=100, help="mutants of each topic")
    parser.add_argument("--seed", type=int, default=0, help="which are drawn")
    parser.add_argument("--minutes", type=float, default=60.0, help="in all; what is left then is not run")
    given = parser.parse_args()
    for name in LOADED:
        importlib.import_module(name)
    until = time.monotonic() + 60 * given.minutes
    done = 0
    survived: list[Mutant] = []
    for topic in given.topic or TOPICS:
        ran, alive = run(topic, given.most, given.seed, until)
        done, survived = done + ran, [*survived, *alive]
    print(f"{done - len(survived)} of {done} mutants killed or listed")
    sys.exit(bool(survived))


if __name__ == "__main__":
    main()
