"""ForecastBench's forecast and resolution sets: reading, scoring and writing them by the benchmark's own rules.

Source: forecastingresearch/forecastbench@05f612e src/_schemas.py, src/resolve and
src/external-submissions/functions/common/validation.py (the rules of an upload).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers.files import document_of
from scale_forecast.resolvers.markets.forecastbench import DATASET_SOURCES, MARKET_SOURCES
from scale_forecast.resolvers.markets.payload import probability, require

COVERAGE = 0.95
"""A set that answers less than this share of the market or of the dataset questions is not ranked."""
UNINFORMED = 0.5
HEADER = ("organization", "model", "model_organization", "question_set")
KEY = ["source", "id", "resolution_date"]


def read_set(path: Path) -> dict[str, Any]:
    """A question, forecast or resolution set as it stands in its file."""
    content = document_of(path)
    if not isinstance(content, dict) or not {"questions", "forecasts", "resolutions"} & set(content):
        raise DataError(f"{path} is no ForecastBench set: it holds neither questions, forecasts nor resolutions")
    return content


def _id(value: Any) -> str:
    """One id; the two of a combination joined."""
    return "+".join(map(str, value)) if isinstance(value, list) else str(value)


def resolutions_of(content: Mapping[str, Any]) -> pd.DataFrame:
    """Resolutions that count: `KEY`, ``direction`` and ``outcome``.

    A market question must be resolved, to 0 or 1, after the forecast due date; a dataset question counts as it stands.
    What is left out is counted in ``table.attrs['left_out']``.
    """
    due = content.get("forecast_due_date")
    rows, left_out = [], 0
    for row in require(content, "resolutions", "this resolution set"):
        source, outcome = str(row["source"]), probability(row.get("resolved_to"), "resolved_to")
        market = source in MARKET_SOURCES
        early = bool(market and due and row.get("resolution_date") and row["resolution_date"] <= due)
        open_ = not row.get("resolved", True) or outcome is None
        if (market and (open_ or outcome not in (0.0, 1.0) or early)) or outcome is None:
            left_out += 1
            continue
        when = None if market else row.get("resolution_date")
        direction = tuple(row["direction"]) if row.get("direction") else None
        rows.append((source, _id(row["id"]), when, direction, outcome))
    table = pd.DataFrame(rows, columns=[*KEY, "direction", "outcome"])
    table.attrs["left_out"] = left_out
    return table


def forecasts_of(content: Mapping[str, Any]) -> pd.DataFrame:
    """Forecasts of a set: ``forecaster``, `KEY`, ``direction`` and ``probability``."""
    who = f"{content.get('organization', '')} {content.get('model', '')}".strip() or "unnamed"
    rows = []
    for row in require(content, "forecasts", "this forecast set"):
        source = str(require(row, "source", "a forecast"))
        when = None if source in MARKET_SOURCES else row.get("resolution_date")
        direction = tuple(row["direction"]) if row.get("direction") else None
        given = probability(row.get("forecast"), "forecast")
        rows.append((who, source, _id(require(row, "id", "a forecast")), when, direction, given))
    return pd.DataFrame(rows, columns=["forecaster", *KEY, "direction", "probability"])


def combine(values: Iterable[float], directions: Iterable[int]) -> float:
    """Probability, or outcome, that all parts of a combination happen: each is turned round where its direction is -1.

    >>> combine([1.0, 0.0], [1, -1])
    1.0
    """
    product = 1.0
    for value, direction in zip(values, directions, strict=True):
        product *= value if direction == 1 else 1.0 - value
    return product


def brier_table(forecasts: pd.DataFrame, resolutions: pd.DataFrame) -> pd.DataFrame:
    """Brier score of every forecaster on every question that counts; a missing forecast counts as 0.5.

    Returns
    -------
    DataFrame with ``forecaster``, ``question``, ``brier``, ``imputed``; ready for `resolvers.scores.difficulty`.
    """
    key = [*KEY, "direction"]
    grid = resolutions.merge(forecasts[["forecaster"]].drop_duplicates(), how="cross")
    table = grid.merge(forecasts, how="left", on=["forecaster", *key])
    table["imputed"] = table["probability"].isna()
    table["brier"] = (table["probability"].fillna(UNINFORMED) - table["outcome"]) ** 2
    named = table[key].astype("object").where(table[key].notna(), "")
    table["question"] = named.astype("str").agg("|".join, axis=1)
    return table[["forecaster", "question", "brier", "imputed"]]


def forecast_set(
    question_set: Mapping[str, Any],
    probabilities: Mapping[tuple[str, str, str | None], float],
    *,
    organization: str,
    model: str,
    model_organization: str | None = None,
) -> dict[str, Any]:
    """A forecast set for upload.

    Parameters
    ----------
    question_set : mapping
        As published; its order of questions is kept.
    probabilities : mapping
        (source, id, resolution date or None) -> probability; questions without one are left out.
    """
    rows = []
    for question in require(question_set, "questions", "this question set"):
        if isinstance(question["id"], list):
            continue
        source, id = str(question["source"]), str(question["id"])
        dates = question.get("resolution_dates") if source in DATASET_SOURCES else None
        for when in dates if isinstance(dates, list) else [None]:
            given = probabilities.get((source, id, when))
            if given is not None:
                rows.append({"id": id, "source": source, "forecast": given, "resolution_date": when, "reasoning": None})
    return {
        "organization": organization,
        "model": model,
        "model_organization": model_organization or organization,
        "question_set": question_set.get("question_set"),
        "forecast_due_date": question_set.get("forecast_due_date"),
        "forecasts": rows,
    }


def set_complaints(answer: Mapping[str, Any], question_set: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """What the benchmark would say to a forecast set: errors, and remarks that only cost the place in the ranking."""
    errors = [f"{name!r} must be a text" for name in HEADER if not isinstance(answer.get(name), str)]
    if answer.get("question_set") != question_set.get("question_set"):
        errors.append(
            f"'question_set' is {answer.get('question_set')!r}, the questions' is {question_set.get('question_set')!r}"
        )
    forecasts = answer.get("forecasts")
    if not isinstance(forecasts, list) or not forecasts:
        return [*errors, "'forecasts' holds nothing"], []
    questions = {(str(q["source"]), _id(q["id"])): q for q in question_set["questions"]}
    seen: set[tuple[Any, ...]] = set()
    for row in forecasts:
        errors += _row_complaints(row, questions, seen)
    return errors, _coverage_remarks(questions, seen)


def _row_complaints(row: Mapping[str, Any], questions: Mapping[Any, Any], seen: set[tuple[Any, ...]]) -> list[str]:
    source, id = str(row.get("source")), _id(row.get("id"))
    label, given, when = f"forecast of {source}/{id}", row.get("forecast"), row.get("resolution_date")
    complaints = [
        f"{label} has no {name!r}" for name in ("id", "source", "forecast", "resolution_date") if name not in row
    ]
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
        complaints.append(f"{label} is {given!r}, not a number between 0 and 1")
    if (source, id) not in questions:
        complaints.append(f"{label} answers no question of the set")
    elif source in MARKET_SOURCES and when is not None:
        complaints.append(f"{label} has a resolution date: a market question has none")
    elif source in DATASET_SOURCES and when not in (questions[source, id].get("resolution_dates") or []):
        complaints.append(f"{label} has resolution date {when!r}, which is none of the question's")
    if (source, id, when) in seen:
        complaints.append(f"{label} stands twice for {when or 'its outcome'}")
    seen.add((source, id, when))
    return complaints


def _coverage_remarks(questions: Mapping[tuple[str, str], Any], seen: set[tuple[Any, ...]]) -> list[str]:
    remarks = []
    answered = {(source, id) for source, id, _ in seen}
    for what, sources in (("market", MARKET_SOURCES), ("dataset", DATASET_SOURCES)):
        asked = [key for key in questions if key[0] in sources]
        share = sum(key in answered for key in asked) / len(asked) if asked else 1.0
        if share < COVERAGE:
            remarks.append(f"answers {share:.0%} of the {what} questions: below 95% it is not ranked")
    return remarks


def file_name_complaints(name: str, due: str | None) -> list[str]:
    """The upload's name is DATE.ORGANIZATION.N.json, with the round's date.

    >>> file_name_complaints("2026-03-01.Example.1.json", "2026-03-01")
    []
    """
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)\.(.+)\.(\d+)\.json", name)
    if not match:
        return [f"the file name {name!r} is not of the form DATE.ORGANIZATION.N.json"]
    try:
        date.fromisoformat(match[1])
    except ValueError:
        return [f"the file name {name!r} does not begin with a date"]
    if due and match[1] != due:
        return [f"the file name {name!r} has not the round's date {due}"]
    return []
