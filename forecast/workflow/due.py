"""What waits in the ledger: questions and scores whose evidence arrived, whose deadline passed or comes next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from scale_forecast.data.names import count_of
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import Resolution, resolve_all
from scale_forecast.resolvers.questions.settle import settle_scores
from scale_forecast.workflow import clock
from scale_forecast.workflow.clock import Day, as_day
from scale_forecast.workflow.places import ledger_exists, open_ledger_at
from scale_forecast.workflow.questions import own_questions
from scale_forecast.workflow.tables import Results, Tell, evidence_of, silent, tables_of

COLUMNS = ["what", "waits_for", "deadline", "days", "said", "reason"]
ARRIVED, CHANGED, PAST, AHEAD, UNSEEN = (
    "forecast resolve: evidence arrived",
    "forecast resolve: the answer changed",
    "a ruling or evidence: past its deadline",
    "its deadline",
    "a score",
)
"""What something may wait for, the most pressing first."""


def due(
    results: Results = None,
    *,
    as_of: Day | None = None,
    within: int | None = None,
    questions: Sequence[Path] = (),
    ledger: str | Path | None = None,
    tell: Tell = silent,
) -> pd.DataFrame:
    """List what waits: settled by the results but not in the ledger, past its deadline, and the next deadlines.

    Parameters
    ----------
    results : tables, or files of any known layout, whose rows stand beside the bundled ones
    as_of : judge by what was public on this day; now when None
    within : of deadlines to come only those within so many days
    questions : YAML files, or folders of them, beside the ledger's questions
    ledger : path or address; the user's own when None

    Returns
    -------
    DataFrame, what presses most first
        ``what`` (a question's id, or the scores of a model), ``waits_for``, ``deadline``, ``days`` until it,
        ``said`` (the last probability recorded here), ``reason``.
    """
    tables, at, day = tables_of(results, tell, frontier=True, as_of=as_of), clock.now(), as_day(as_of)
    own = own_questions(questions, ledger)
    now = at if day is None else day.tz_localize("UTC").to_pydatetime()
    judged = resolve_all(own, evidence_of(tables, tell), as_of=day or at)
    forecasts, standing = _load_recorded(ledger)
    rows = list(_of_questions(own, judged, standing, forecasts, now))
    if len(forecasts):
        scores = settle_scores(forecasts, tables.results, as_of=day or pd.Timestamp(at.date()))
        rows += _of_scores(scores, standing)
    table = pd.DataFrame(rows, columns=COLUMNS)
    if within is not None:
        table = table[(table["waits_for"] != AHEAD) | (table["days"] <= within)]
    order = table["waits_for"].map([ARRIVED, CHANGED, PAST, AHEAD, UNSEEN].index)
    table = table.assign(_order=order).sort_values(["_order", "deadline"], kind="stable").drop(columns="_order")
    table["deadline"] = pd.to_datetime(table["deadline"]).astype("datetime64[s]")
    if len(table):
        tell(f"{count_of(len(table), 'thing')} waiting")
    return table.astype({"days": "float64", "said": "float64"}).reset_index(drop=True)


def _load_recorded(ledger: str | Path | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ledger's forecasts, and the resolutions that stand; empty where there is none."""
    if not ledger_exists(ledger):
        return pd.DataFrame(), pd.DataFrame()
    with open_ledger_at(ledger) as book:
        return book.forecasts(), book.resolutions()


def _of_questions(
    own: Sequence[Question],
    judged: Sequence[Resolution],
    standing: pd.DataFrame,
    forecasts: pd.DataFrame,
    now: datetime,
) -> Iterator[dict[str, Any]]:
    """A row for each question that waits."""
    settled = dict(zip(standing["question_id"], standing["status"], strict=True)) if len(standing) else {}
    said = forecasts[forecasts["probability"].notna()] if len(forecasts) else forecasts
    last = dict(zip(said["question_id"], said["probability"], strict=True)) if len(said) else {}
    for question, found in zip(own, judged, strict=True):
        before, waits_for = settled.get(question.id), None
        if found.status.is_settled and before is None:
            waits_for = ARRIVED
        elif found.status.is_settled and before != found.status.value:
            waits_for = CHANGED
        elif not found.status.is_settled and before is None:
            waits_for = PAST if question.resolve_by < now else AHEAD
        if waits_for is not None:
            yield {
                "what": question.id,
                "waits_for": waits_for,
                "deadline": question.resolve_by.replace(tzinfo=None),
                "days": (question.resolve_by - now).days,
                "said": last.get(question.id),
                "reason": f"{found.status.value}: {found.reason}" if found.status.is_settled else found.reason,
            }


def _of_scores(scores: pd.DataFrame, standing: pd.DataFrame) -> list[dict[str, Any]]:
    """A row for the scores of each model that arrived, and one for those that nobody published."""
    subject = ["benchmark", "task", "metric", "shots", "prompt", "model"]
    known = standing[subject].assign(_stands=True) if len(standing) else pd.DataFrame(columns=[*subject, "_stands"])
    merged = scores.merge(known.drop_duplicates(subject).astype(scores[subject].dtypes), on=subject, how="left")
    waiting = merged[merged["_stands"].isna()]
    waiting = waiting.assign(waits_for=(waiting["status"] == "open").map({True: UNSEEN, False: ARRIVED}))
    rows = []
    for (model, waits_for), part in waiting.groupby(["model", "waits_for"], sort=True):
        near = part["reason"].str.contains("near misses").sum()
        offered = f", {near} with near misses, such as {_first_near(part)}" if near else ""
        reason = f"{count_of(len(part), 'recorded score')}{offered}"
        rows.append({"what": f"scores of {model}", "waits_for": waits_for, "reason": reason})
    return rows


def _first_near(part: pd.DataFrame) -> str:
    """The task of the first score that has near misses, and what is said of them."""
    first = part[part["reason"].str.contains("near misses")].iloc[0]
    return f"{first['task']}: {first['reason'].partition('near misses, which settle nothing: ')[2]}"
