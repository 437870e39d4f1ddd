"""Doubts about a question that is well formed: names that no result carries, so that it could never be settled."""

from __future__ import annotations

from scale_forecast.data.names import did_you_mean
from scale_forecast.data.names.keys import name_key
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.kinds.base import Measured
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.terms.scope import SERIES_NAMES, Scope


def doubts(question: Question, evidence: Evidence) -> list[str]:
    """A sentence for each task, metric, family, line or model that the results do not know."""
    found: list[str] = []
    for leaf in question.criterion.leaves():
        found += _of_leaf(leaf, evidence)
        for scope in (question.scope.within(leaf.scope), *leaf.sides):
            found += _of_scope(scope, evidence)
    return [f"{question.id}: {sentence}" for sentence in dict.fromkeys(found)]


def _of_leaf(leaf: Measured, evidence: Evidence) -> list[str]:
    if not len(evidence.rows_of(leaf.task)) and not len(evidence.rows_about(leaf)):
        return [f"no result on task {leaf.task!r}{did_you_mean(leaf.task, evidence.names('task'))}"]
    if leaf.benchmark is not None and not _is_known("benchmark", leaf.benchmark, evidence.names("benchmark")):
        return [f"no result of benchmark {leaf.benchmark!r}{did_you_mean(leaf.benchmark, evidence.names('benchmark'))}"]
    metrics = evidence.metrics_of(leaf)
    if not _is_known("metric", leaf.metric, metrics):
        return [f"no {leaf.metric} score on {leaf.task!r}: its metrics are {', '.join(metrics)}"]
    return []


def _of_scope(scope: Scope, evidence: Evidence) -> list[str]:
    return [
        f"no result of {column} {name!r}{did_you_mean(name, evidence.names(column))}"
        for column in (*SERIES_NAMES, "model")
        for name in getattr(scope, column)
        if not _is_known(column, name, evidence.names(column))
    ]


def _is_known(column: str, name: str, names: list[str]) -> bool:
    return name_key(column, name) in {name_key(column, n) for n in names}
