"""Scores of forecasts whose answer is an option or a day: what the ledger holds of them against what happened. Pure.

Losses are on the scales of the rest of the record: the Brier score of an option is half the sum over the options, so
that two of them score as yes or no do; the CRPS of a day is a share of the time that was looked at, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.data.names import fold
from scale_forecast.resolvers.judge.futures import OTHER
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.scores.peer import baseline_score

COLUMNS = ["brier", "log_score", "baseline", "chance", "crps"]


def score_answers(table: pd.DataFrame) -> pd.DataFrame:
    """Scores of the rows whose distribution is over options or days and whose question has such an answer.

    Parameters
    ----------
    table : DataFrame
        ``distribution`` (``{"options": {name: p}}``, or ``{"by": [...], "probability": [...]}``: P by each day),
        ``status``, ``answer`` (the option or the day) and ``made_at``.

    Returns
    -------
    DataFrame
        ``brier, log_score, baseline, chance`` of options, ``crps`` of days; other rows are missing.
    """
    found: dict[Any, dict[str, float]] = {}
    for at, row in zip(table.index, table.to_dict("records"), strict=True):
        said = row["distribution"]
        if not isinstance(said, Mapping):
            continue
        if "options" in said and row["status"] == Status.OPTION:
            found[at] = score_option(said["options"], str(row["answer"]))
        elif "by" in said and row["status"] in (Status.DATE, Status.NO):
            day = str(row["answer"]) if row["status"] == Status.DATE else None
            found[at] = {"crps": score_day(said["by"], said["probability"], day, row["made_at"])}
    return pd.DataFrame.from_dict(found, orient="index", columns=None).reindex(columns=COLUMNS).astype("float64")


def score_option(options: Mapping[str, float], answer: str) -> dict[str, float]:
    """Brier score (half the sum over options), log score in nats, Metaculus' baseline score, and chance's Brier score.

    An answer that is none of the options is the one called other, and had probability 0 where there is none.

    >>> {name: round(value, 3) for name, value in score_option({"A": 0.7, "other": 0.3}, "A").items()}
    {'brier': 0.09, 'log_score': 0.357, 'baseline': 48.543, 'chance': 0.25}
    """
    shares = {fold(name): float(share) for name, share in options.items()}
    happened = fold(answer) if fold(answer) in shares else fold(OTHER)
    shares.setdefault(happened, 0.0)
    given, count = shares[happened], len(shares)
    with np.errstate(divide="ignore"):
        log = float(-np.log(given)) + 0.0
    squares = sum((share - (name == happened)) ** 2 for name, share in shares.items())
    return {
        "brier": 0.5 * squares,
        "log_score": log,
        "baseline": float(baseline_score([given], max(count, 2))[0]),
        "chance": 0.5 * (1.0 - 1.0 / count),
    }


def score_day(by: list[str], probability: list[float], day: str | None, made_at: pd.Timestamp) -> float:
    """CRPS of a day, as a share of the time from when it was said to the last day looked at; lower is better.

    Between the days that it tells of the probability rises in a line; ``day`` is None for never, or not by then.

    >>> round(score_day(["2026-01-11"], [1.0], "2026-01-01", pd.Timestamp("2026-01-01")), 3)
    0.35
    """
    start, ends = np.datetime64(made_at.date()), np.array(by, dtype="datetime64[D]")
    if ends[-1] <= start:
        return float("nan")
    days = np.arange(start, ends[-1] + 1)
    later = ends > start
    known = np.concatenate([[0.0], np.asarray(probability, dtype=float)[later]])
    at = np.concatenate([[start], ends[later]]).astype("datetime64[D]").astype(float)
    shares = np.interp(days.astype(float), at, known)
    happened = np.zeros(len(days), dtype=bool) if day is None else days >= np.datetime64(day)
    return float(np.mean((shares - happened) ** 2))
