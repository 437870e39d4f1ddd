"""The names that words may use, each under its folded form: tests, models, families, product lines, organisations."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from scale_forecast.data.catalog import TABLES
from scale_forecast.data.names import fold
from scale_forecast.resolvers.questions.wording.slots import Place

AVERAGE = "average"
"""The task of a benchmark's average, where the benchmark alone is named."""
_NO_NAMES = frozenset({"accuracy", "average", "contains", "parity", "preferred", "ter", "other"})
"""Tasks and metrics called as ordinary words, which mean the word."""


@dataclass(frozen=True)
class Name:
    """What a name is (a terminal of the grammars) and what it means."""

    token: str
    value: Any


@dataclass(frozen=True)
class Spoken:
    """The table of names that people use beside those of the tables (``tables/wording/names.csv``)."""

    places: dict[str, tuple[str, ...]]
    unsure: dict[str, tuple[str, tuple[str, ...]]]
    elsewhere: dict[str, str]
    lines: dict[str, str]
    organisations: dict[str, str]
    groups: dict[str, tuple[str, tuple[str, ...]]]
    evaluators: dict[str, str]
    tiers: frozenset[str]
    plain: frozenset[str]


@cache
def spoken_names() -> Spoken:
    """Names that people use, by folded form."""
    with open(TABLES / "wording" / "names.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def of(kind: str) -> list[dict[str, str]]:
        return [row for row in rows if row["is"] == kind]

    def means(row: dict[str, str]) -> tuple[str, ...]:
        return tuple(row["means"].split(";"))

    return Spoken(
        {fold(row["name"]): means(row) for kind in ("place", "places") for row in of(kind)},
        {fold(row["name"]): (row["name"], means(row)) for row in of("ask")},
        {fold(row["name"]): row["means"] or row["name"] for row in of("elsewhere")},
        {fold(row["name"]): row["means"] for row in of("line")},
        {fold(row["name"]): row["means"] for row in of("organisation")},
        {fold(row["name"]): (row["name"], means(row)) for row in of("group")},
        {fold(row["name"]): row["means"] for row in of("evaluator")},
        frozenset(fold(row["name"]) for row in of("tier")),
        frozenset(fold(row["name"]) for row in of("plain")),
    )


def result_places(results: pd.DataFrame, tasks: pd.DataFrame) -> Iterator[Place]:
    """The tasks that a results table has scores on, without checkpoints; ``tasks`` has the human levels in percent."""
    rows = results[results["checkpoint"].isna()]
    human = _human_levels(tasks)
    for (benchmark, task), part in rows.groupby(["benchmark", "task"], observed=True, sort=True):
        families = frozenset(fold(name) for name in part["family"].unique())
        average, best = map(_number, human.get((fold(str(benchmark)), fold(str(task))), (float("nan"), float("nan"))))
        metrics = tuple(map(str, part["metric"].unique()))
        yield Place(str(benchmark), str(task), metrics, families, human_average=average, human_best=best)


def _human_levels(tasks: pd.DataFrame) -> dict[tuple[str, str], tuple[float, float]]:
    """The human levels of each task as shares; where a task has none, those of the same published task elsewhere."""
    levels = tasks[["human_average", "human_best"]] / 100.0
    elsewhere = levels.groupby(tasks["canonical_task"]).first().reindex(tasks["canonical_task"]).set_axis(levels.index)
    keys = zip(map(fold, tasks["benchmark"]), map(fold, tasks["task"]), strict=True)
    return dict(zip(keys, levels.fillna(elsewhere).itertuples(index=False, name=None), strict=True))


@cache
def _humans() -> dict[str, dict[str, str]]:
    """Whose the human levels of a benchmark are, and which "human" alone means (``tables/wording/humans.csv``)."""
    with open(TABLES / "wording" / "humans.csv", encoding="utf-8", newline="") as file:
        return {fold(row["benchmark"]): row for row in csv.DictReader(file)}


def _human_baseline(benchmark: str) -> dict[str, Any]:
    row = _humans().get(fold(benchmark))
    if row is None:
        return {}
    named = [row[name] or default for name, default in zip(("average", "best"), Place.human_names, strict=True)]
    return {"human_usual": row["usual"], "human_names": tuple(f"{name}, {row['source']}" for name in named)}


def frontier_places(benchmarks: pd.DataFrame) -> Iterator[Place]:
    """The tasks of the frontier tables."""
    for row in benchmarks.to_dict("records"):
        released = row["released"]
        yield Place(
            str(row["benchmark"]),
            str(row["task"]),
            (str(row["metric"]),),
            unit=str(row["unit"]),
            human_average=_number(row["human_average"]),
            human_best=_number(row["human_best"]),
            **_human_baseline(str(row["benchmark"])),
            released=None if pd.isna(released) else pd.Timestamp(released).date(),
        )


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def line_names(product_lines: Iterable[str], organisations: Iterable[str]) -> dict[str, str]:
    """Product lines by folded name, and what several begin with: ``Claude`` of Claude Opus, Claude Sonnet."""
    lines = sorted(set(product_lines))
    taken = {fold(name) for name in organisations}
    found = {fold(name): name for name in lines}
    for name in lines:
        head = re.split(r"[ -]", name)[0]
        if fold(head) not in taken and len(head) > 2:
            found.setdefault(fold(head), head)
    return {folded: name for folded, name in found.items() if folded not in taken}


def is_name(folded: str) -> bool:
    """Whether a folded name can be told from an ordinary word: three letters at least, or a digit among them."""
    return folded not in _NO_NAMES and (len(folded) > 2 or (len(folded) == 2 and any(c.isdigit() for c in folded)))
