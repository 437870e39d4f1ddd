"""BIG-bench's logs of every query (``full-log_FAMILY_MODEL.json``): scores, task, model, and queries with samples.

The shape is that of ``bigbench/api/results.py`` in BIG-bench 1.0.0. A sample of a multiple-choice query holds
``targets``, the log-likelihood of each (``scores``), the worth of each (``target_values``) and that of the likeliest
(``correct``); one of a generative query holds the output and, by target, ``exact_str_match``. Shots and subtask stand
behind the samples, so that the document is read twice. Scoring queries and tasks of code have no right answers to tell.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from scale_forecast.data.errors import DataError
from scale_forecast.data.logs.log import Item, Log, at, share
from scale_forecast.data.readers.bigbench import BENCHMARK, model_row, subtask_name, task_name
from scale_forecast.data.readers.files import Limits, Source
from scale_forecast.data.readers.identity import Identity, as_dict
from scale_forecast.data.readers.json_parts import Parts

KIND = "BIG-bench log"
_PROGRAMMATIC = "programmatic"
_MOST_QUERIES = 200_000


class _Query(NamedTuple):
    task: str
    shots: int | None
    function: str


def bigbench_log(source: Source, path: Path, limits: Limits, model: str | None, document: str | None) -> Log:
    """One model's log of one task.

    Raises
    ------
    DataError
        For a file without queries or without the name of its task.
    """
    header: dict[str, object] = {}
    queries: list[_Query] = []
    for key, value in _document(source, limits):
        if key == "query":
            about = as_dict(value)
            shots = about.get("shots")
            is_count = isinstance(shots, int) and not isinstance(shots, bool) and 0 <= shots < 1 << 31
            queries.append(
                _Query(str(about.get("task") or ""), shots if is_count else None, str(about.get("function")))  # type: ignore[arg-type]
            )
            if len(queries) > _MOST_QUERIES:
                raise DataError(f"{source.name}: holds more than {_MOST_QUERIES:,} queries: this is no log of results")
        elif key != "sample":
            header[key] = value
    if not queries:
        raise DataError(f"{source.name}: holds scores but no queries: read it with `forecast data import`")
    row = model_row(header, source, model)
    size = row["params"]
    return Log(
        source,
        KIND,
        path,
        identity=Identity(str(row["model"]), params=float(size) if isinstance(size, (int, float)) else None),
        family=None if row["family"] is None else str(row["family"]),
        benchmark=BENCHMARK,
        accuracy="multiple_choice_grade",
        items=functools.partial(_items, source, limits, _place_queries(queries, task_name(header, source)), document),
    )


def _place_queries(queries: list[_Query], task: str) -> list[_Query]:
    """Queries under the task's own name, with the subtask's where there are several."""
    alone = len({query.task for query in queries}) == 1
    return [
        query._replace(task=task if alone or query.task in ("", _PROGRAMMATIC) else subtask_name(task, query.task))
        for query in queries
    ]


def _document(source: Source, limits: Limits) -> Iterator[tuple[str, object]]:
    """``task`` and ``model``, each sample under the name ``sample``, and behind them their ``query``."""
    with source.open() as stream:
        parts = Parts(stream, source.name, limits)
        for key in parts.entries():
            if key == "queries" and parts.next() == "[":
                for _ in parts.elements():
                    yield from _query(parts)
            elif key in ("task", "model"):
                yield key, parts.value()
            else:
                parts.skip()
        parts.finish()


def _query(parts: Parts) -> Iterator[tuple[str, object]]:
    about = {}
    for key in parts.entries():
        if key == "samples" and parts.next() == "[":
            for _ in parts.elements():
                yield "sample", parts.value()
        elif key in ("function", "shots", "task"):
            about[key] = parts.value()
        else:
            parts.skip()
    yield "query", about


def _items(source: Source, limits: Limits, queries: list[_Query], document: str | None) -> Iterator[Item]:
    """Samples whose right answer is known, each found again under its prompt."""
    now = iter(queries)
    query = next(now)
    for key, value in _document(source, limits):
        if key == "query":
            query = next(now, query)
        elif key == "sample":
            sample = as_dict(value)
            scores = _choice(sample) if "target_values" in sample else _mark_generated(sample)
            if scores is not None:
                yield Item(
                    item=str(sample.get("input")),
                    filter=query.function,
                    task=query.task,
                    line_shots=query.shots,
                    document=at(sample, document) if document else None,
                    **scores,
                )


def _mark_generated(sample: dict[str, object]) -> dict[str, float | None] | None:
    """Whether the output is one of the targets; None for a sample that has no output or no targets."""
    targets = sample.get("targets")
    if "output" not in sample or not isinstance(targets, dict):
        return None
    found = [share(as_dict(scores).get("exact_str_match")) for scores in targets.values()]
    known = [value for value in found if value is not None]
    return {"exact_match": max(known) if known else None}


def _choice(sample: dict[str, object]) -> dict[str, float | None]:
    """The grade, and where one choice is right and the others are wrong, its probability and the Brier score."""
    grade = sample.get("correct")
    accuracy = share(as_dict(grade).get("multiple_choice_grade", grade) if isinstance(grade, dict) else grade)
    targets, scores = sample.get("targets"), sample.get("scores")
    worth = as_dict(sample.get("target_values"))
    found: dict[str, float | None] = {"accuracy": accuracy}
    if not isinstance(targets, list) or not isinstance(scores, list) or len(targets) != len(scores) or len(scores) < 2:
        return found
    values = [worth.get(target) if isinstance(target, str) else None for target in targets]
    logs = [float(x) if isinstance(x, (int, float)) else math.nan for x in scores]
    if values.count(1) != 1 or values.count(0) != len(values) - 1 or not all(map(math.isfinite, logs)):
        return found
    gold, best = values.index(1), max(logs)
    if accuracy in (0.0, 1.0) and (logs.index(best) == gold) != (accuracy == 1.0):
        return found
    weights = [math.exp(x - best) for x in logs]
    p = [weight / sum(weights) for weight in weights]
    return found | {
        "prob_correct": p[gold],
        "brier_score": sum((x - (k == gold)) ** 2 for k, x in enumerate(p)),
    }
