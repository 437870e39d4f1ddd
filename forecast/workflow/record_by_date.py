"""Append forecasts by date to the ledger: a coming model's scores, and records as questions that results settle."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.by_date.tables import Tables
from scale_forecast.cache.fingerprint import code_fingerprint
from scale_forecast.distribution import PRINTED
from scale_forecast.resolvers.ledger.rows import score_forecasts
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.settle import BY_DATE
from scale_forecast.workflow.found_by_date import ModelByDate, Records
from scale_forecast.workflow.places import open_ledger_at
from scale_forecast.workflow.questions import own_questions

PREDICTOR = "by-date"
LEVELS = np.sort([0.01, 0.025, *PRINTED.values(), 0.5, 0.975, 0.99])


def record_model(
    found: ModelByDate,
    tables: Tables,
    metrics: dict[str, str],
    reading: str,
    ledger: str | Path | None,
    *,
    at: datetime,
) -> int:
    """Append a coming model's scores, a row a benchmark, settled by the model's name; how many were appended."""
    table = found.table
    at_tasks = [found.forecast.tasks.index(task) for task in table["task"]]
    rows = table.assign(
        predictor=PREDICTOR,
        metric=[metrics.get(task, "accuracy") for task in table["task"]],
        by=BY_DATE,
        as_of=f"{found.as_of:%Y-%m-%d}",
        reading=str(reading),
        target_released=table["target_released"].dt.strftime("%Y-%m-%d"),
    )
    entries = score_forecasts(
        rows,
        LEVELS,
        found.forecast.quantiles(LEVELS)[at_tasks],
        predictor_version=code_fingerprint(),
        data_fingerprint=_fingerprint(tables),
    )
    with open_ledger_at(ledger, create=True) as book:
        book.append_forecasts(entries, at=at)
    return len(entries)


def record_records(
    found: Records, tables: Tables, metrics: dict[str, str], reading: str, ledger: str | Path | None, *, at: datetime
) -> int:
    """Append each record by each day as a question for a number, and each rung of the ladder above it as one for yes.

    A question that the ledger has is forecast anew, not asked again. How many forecasts were appended.
    """
    common = {
        "predictor": PREDICTOR,
        "predictor_version": code_fingerprint(),
        "data_fingerprint": _fingerprint(tables),
    }
    known = {question.id: question for question in own_questions((), ledger)}
    questions: dict[str, Question] = {}
    entries = []
    for question, said in _of_records(found, metrics):
        question = known.get(question.id, question)
        questions[question.id] = question
        details = {"as_of": f"{found.as_of:%Y-%m-%d}", "reading": str(reading), **said.pop("details", {})}
        entries.append({"question_id": question.id, "details": details, **said, **common})
    with open_ledger_at(ledger, create=True) as book:
        book.append_questions(
            [{"question_id": name, "definition": q.to_dict()} for name, q in questions.items()], at=at
        )
        book.append_forecasts(entries, at=at)
    return len(entries)


def _of_records(found: Records, metrics: dict[str, str]) -> Iterator[tuple[Question, dict[str, Any]]]:
    """Questions and what the forecast says of each; of days to come, and of levels that nobody has reached."""
    scope, whose = _scope(found), found.scope.sentence()
    forecast, quantiles = found.forecast, found.forecast.quantiles(LEVELS.tolist())
    table = found.table[found.table["by"] > found.as_of]
    for row in table.to_dict("records"):
        at = forecast.tasks.index(row["task"]), forecast.days.index(row["by"])
        measured = _criterion_fields(row["task"], row["benchmark"], metrics)
        criterion: dict[str, Any] = {"kind": "numeric", "statistic": "highest", **measured}
        title = f"What will the highest score{_by(whose)} on {row['task']} be by {row['by']:%Y-%m-%d}?"
        values = {"levels": LEVELS.tolist(), "quantiles": quantiles[at].tolist()}
        yield (
            _question(title, criterion, scope, found.as_of, row["by"]),
            {"distribution": values, "details": {"origin_score": row["record_now"]}},
        )
    if found.ladder.empty:
        return
    benchmarks = found.table.set_index("task")["benchmark"].to_dict()
    ladder = found.ladder[found.ladder["by"] > found.as_of]
    for row in ladder.to_dict("records"):
        task, level = row["task"], float(row["threshold"])
        if forecast.records[task].score >= level:
            continue
        criterion = {"kind": "threshold", "score": level, **_criterion_fields(task, benchmarks[task], metrics)}
        title = f"Will any model{_by(whose)} score at least {level:g} on {task} by {row['by']:%Y-%m-%d}?"
        yield (
            _question(title, criterion, scope, found.as_of, row["by"]),
            {"probability": row["probability"]},
        )


def _by(whose: str) -> str:
    return f" of {whose}" if whose else ""


def _criterion_fields(task: str, benchmark: str, metrics: dict[str, str]) -> dict[str, str]:
    return {"task": task, "benchmark": benchmark, "metric": metrics.get(task, "accuracy")}


def _scope(found: Records) -> dict[str, Any]:
    """The scope as a question's: a product line by the names that its models' lines have in the results table."""
    scope, models = found.scope, found.paths.state.world.models
    names = {line.casefold() for line in scope.product_lines}
    of_lines = models[models["product_line"].str.casefold().isin(names)]
    lines = (of_lines["organisation"] + " " + of_lines["product_line"]).unique().tolist()
    said = {"organisation": list(scope.organisations), "line": lines, "weights": scope.weights}
    return {name: value for name, value in said.items() if value}


def _question(
    title: str, criterion: dict[str, Any], scope: dict[str, Any], opened: pd.Timestamp, by: pd.Timestamp
) -> Question:
    """A question whose id says what it is of; the title tells two of one id apart."""
    words = re.sub(r"[^a-z0-9]+", "-", f"{criterion['task']} {criterion.get('score', 'record')}".lower()).strip("-")
    digest = hashlib.sha256(title.encode()).hexdigest()[:8]
    return Question.model_validate(
        {
            "id": f"by-date-{words[:60]}-{by:%Y-%m-%d}-{digest}",
            "title": title,
            "criterion": criterion,
            "scope": scope,
            "opened": opened.date(),
            "resolve_by": by.date(),
        }
    )


def _fingerprint(tables: Tables) -> str:
    """Of the scores that the forecast read, independent of the order of the rows."""
    rows = np.sort(pd.util.hash_pandas_object(tables.scores, index=False).to_numpy())
    return hashlib.sha256(rows.tobytes()).hexdigest()[:16]
