"""Questions that are settled by now, priced as they could have been: from what was public when they opened.

Many a question opens before anything is known of its tasks. Such a one is priced on the first later day on which it
can be, as long as its outcome was not public then.
"""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.load import Tables
from scale_forecast.parallel import Workers
from scale_forecast.pricing.desk import Desk
from scale_forecast.pricing.price import Price, price_at
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import Resolution, resolve_all
from scale_forecast.resolvers.questions.stated import stated_probabilities
from scale_forecast.resolvers.scores.calibration import calibration_table
from scale_forecast.resolvers.scores.probabilities import brier_score, log_score

COLUMNS = [
    "question", "kind", "opened", "as_of", "probability", "low", "high", "base_rate", "crowd", "happened", "brier",
    "log_score", "crowd_brier", "why_not", "public", "retrospective", "benchmark", "measured", "given_measured",
]  # fmt: skip
DRAWS = 2000
MOST_DAYS = 3
"""Days after its opening on which a question is tried unless stated: those on which more of its tasks was known."""


def backtest_questions(
    questions: Sequence[Question],
    tables: Tables,
    *,
    as_of: dt.date,
    desk_on: Callable[[dt.date], Desk],
    outcomes: Mapping[str, tuple[float, dt.date | None]] | None = None,
    recorded: pd.DataFrame | None = None,
    later: int = MOST_DAYS,
    interval: bool = True,
    workers: Workers | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """One row for each question that is settled yes or no by ``as_of``.

    Parameters
    ----------
    tables : what the judge reads
    desk_on : what was known on a day, to price from
    later : days after its opening on which a question that cannot be priced is tried again
    interval : whether to work out ``low`` and ``high``, which takes most of the time
    outcomes : by question 1 or 0 and the day it was public, for questions that a file settles and no results do
    recorded : forecasts of others, as `resolvers.questions.stated.stated_probabilities` takes them
    workers : who prices; questions that opened on one day go together, and the table does not depend on it
    progress : called with one line for each question priced

    Returns
    -------
    DataFrame, `COLUMNS`
        ``why_not`` says why a question has no price, and is empty otherwise; ``crowd`` is the bet or last forecast on
        record by that day. Losses are missing where there is nothing to score. ``public`` is the day of the outcome;
        ``measured`` is P(anything in scope is newly measured in time) and ``given_measured`` that of the event if so.
    """
    settled = sorted(_find_settled(questions, tables, as_of, outcomes or {}), key=lambda one: one[0].opened)
    together = (list(group) for _, group in itertools.groupby(settled, key=lambda one: one[0].opened.date()))
    how: dict[str, Any] = {"recorded": recorded, "desk_on": desk_on, "later": later, "interval": interval}
    work = functools.partial(_price_day, tables=tables, **how)
    rows = []
    for done in (workers or Workers()).map(work, together):
        for row, said in done:
            rows.append(row)
            if said:
                progress(said)
    return pd.DataFrame(rows, columns=COLUMNS)


def _price_day(
    settled: Sequence[tuple[Question, float, dt.date | None]],
    *,
    tables: Tables,
    recorded: pd.DataFrame | None,
    desk_on: Callable[[dt.date], Desk],
    later: int,
    interval: bool,
) -> list[tuple[tuple[object, ...], str]]:
    """Questions that opened on one day, which share desks: of each its row, and what to tell of it."""
    desks: dict[dt.date, Desk] = {}
    known = pd.to_datetime(tables.results["known_on"])
    rows = []
    for question, happened, public in settled:
        price: Price | None = None
        why, told = "settled when it opened", ""
        for day in _days(question, tables, known, public, later):
            if day not in desks:
                try:
                    desks[day] = desk_on(day)
                except DataError as error:
                    why = str(error)
                    continue
            try:
                found = price_at(desks[day], question, interval=interval)
            except DataError as error:
                why = str(error)
                continue
            if found.status is Status.OPEN:
                price = found
                told = f"{question.id} as of {day}: {found.probability:.3f}, came out {happened:g}"
                break
        said = stated_probabilities(question, recorded, as_of=price.as_of if price else question.closes.date())
        head = (*_row(question, happened, price, why, said[-1][1] if said else np.nan), public, question.retrospective)
        measured = (np.nan, np.nan) if price is None else price.measured
        rows.append(((*head, _benchmark(question, tables), *measured), told))
    return rows


def summary(table: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Mean Brier and log scores of what was priced, beside base rate, even odds and the crowd on the same questions.

    Columns ``who, questions, brier`` with a 90% interval over questions drawn anew (``low, high``), ``log_score``.
    """
    priced = table[table["probability"].notna()]
    rng = np.random.default_rng(seed)
    rows = []
    with_crowd = priced[priced["crowd"].notna()]
    for who, part, p in (
        ("ours", priced, priced["probability"]),
        ("base rate", priced[priced["base_rate"].notna()], priced["base_rate"].dropna()),
        ("even odds", priced, priced["probability"] * 0 + 0.5),
        ("ours, where a crowd spoke", with_crowd, with_crowd["probability"]),
        ("crowd", with_crowd, with_crowd["crowd"]),
    ):
        if part.empty:
            continue
        happened, said = part["happened"].to_numpy(dtype=float), p.to_numpy(dtype=float)
        loss = brier_score(happened, said)
        drawn = loss[rng.integers(len(loss), size=(DRAWS, len(loss)))].mean(axis=1)
        low, high = np.quantile(drawn, [0.05, 0.95])
        inside = np.clip(said, 1e-6, 1 - 1e-6)
        rows.append((who, len(part), loss.mean(), low, high, log_score(happened, inside).mean()))
    return pd.DataFrame(rows, columns=["who", "questions", "brier", "low", "high", "log_score"])


def reliability(table: pd.DataFrame, *, bins: int = 5) -> pd.DataFrame:
    """What was said against what happened, in bins; empty without a price."""
    priced = table[table["probability"].notna()]
    if priced.empty:
        return pd.DataFrame(columns=["low", "high", "count", "probability", "frequency", "band_low", "band_high"])
    found = calibration_table(priced["happened"].astype(float), priced["probability"].astype(float), bins=bins)
    return found[["low", "high", "count", "probability", "frequency", "band_low", "band_high"]]


def _find_settled(
    questions: Sequence[Question], tables: Tables, as_of: dt.date, outcomes: Mapping[str, tuple[float, dt.date | None]]
) -> Iterator[tuple[Question, float, dt.date | None]]:
    """Those that came to yes or no, with the day on which that was public."""
    evidence = Evidence(tables.results, tables.tasks, tables.metrics, coverage=tables.coverage)
    found: list[Resolution] = resolve_all(questions, evidence, as_of=pd.Timestamp(as_of))
    for question, resolution in zip(questions, found, strict=True):
        if resolution.status in (Status.YES, Status.NO):
            yield question, float(resolution.status is Status.YES), resolution.known_on
        elif question.id in outcomes:
            yield question, *outcomes[question.id]


def _benchmark(question: Question, tables: Tables) -> str:
    """The benchmark that a question is about, by its first criterion; what no table tells of, by its topic."""
    leaf = next(iter(question.criterion.leaves()), None)
    if leaf is None:
        return question.topic or question.kind
    of_task = tables.results.loc[(tables.results["task"] == leaf.task).to_numpy(), "benchmark"]
    return str(leaf.benchmark or (of_task.iloc[0] if len(of_task) else leaf.task))


def _days(question: Question, tables: Tables, known: pd.Series, public: dt.date | None, most: int) -> Iterator[dt.date]:
    """The day it opened, and the first days after on which something new of its tasks was known; all before the end."""
    end = min(question.closes.date(), public or question.closes.date())
    if question.opened.date() < end:
        yield question.opened.date()
    if not most:
        return
    tasks = {leaf.task for leaf in question.criterion.leaves()}
    days = known[tables.results["task"].isin(tasks).to_numpy()].dropna().dt.date.unique()
    later = sorted(day for day in days if question.opened.date() < day < end)
    yield from later[:most]


def _row(question: Question, happened: float, price: Price | None, why: str, crowd: float) -> tuple[object, ...]:
    crowd_brier = float(brier_score([happened], [crowd])[0]) if np.isfinite(crowd) else np.nan
    head = (question.id, question.kind, f"{question.opened:%Y-%m-%d}")
    if price is None:
        return (*head, "", *[np.nan] * 4, crowd, happened, np.nan, np.nan, crowd_brier, why)
    p = price.probability
    losses = (float(brier_score([happened], [p])[0]), float(log_score([happened], [p])[0]))
    return (
        *head,
        f"{price.as_of}",
        p,
        price.low,
        price.high,
        price.base_rate,
        crowd,
        happened,
        *losses,
        crowd_brier,
        "",
    )
