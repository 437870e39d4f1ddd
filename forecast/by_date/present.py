"""Tables of forecasts by date, as the commands print them: records, ladders of thresholds, a coming model's scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from scale_forecast.by_date.new_model import ScoresToCome
from scale_forecast.by_date.record_forecast import RecordForecast
from scale_forecast.by_date.records import Record

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
QUANTILES = tuple(f"q{round(100 * level):02d}" for level in LEVELS)
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
"""Thresholds of a share's ladder, those above its record."""
STEPS = 6
"""Thresholds of a ladder at most."""


def record_table(forecast: RecordForecast, benchmarks: pd.DataFrame) -> pd.DataFrame:
    """One row a benchmark and day: the record that stands, its distribution by the day, and who holds it then.

    ``nothing_new`` is the probability that nothing new is measured by the day; ``unchanged`` that the record stands,
    for that or another reason. ``leader`` is the likeliest holder.
    """
    about = benchmarks.drop_duplicates("task").set_index("task")
    quantiles = forecast.quantiles(LEVELS)
    mean, nothing, unchanged = forecast.draws.mean(axis=0), forecast.nothing_new(), forecast.prob_no_change()
    rows = []
    for i, task in enumerate(forecast.tasks):
        record = forecast.records[task]
        for d, day in enumerate(forecast.days):
            leader, prob_leader = forecast.leader(task, day)
            row = {"benchmark": about["benchmark"].get(task, task), "task": task, "unit": forecast.units[i], "by": day}
            row |= _standing(record) | {"median": quantiles[i, d, LEVELS.index(0.5)], "mean": mean[i, d]}
            row |= {name: value for name, value in zip(QUANTILES, quantiles[i, d], strict=True) if name != "q50"}
            row |= {"unchanged": unchanged[i, d], "nothing_new": nothing[i, d]}
            row |= {"leader": leader, "prob_leader": prob_leader}
            rows.append(row)
    return pd.DataFrame(rows)


def _standing(record: Record) -> dict[str, object]:
    return {
        "record_now": record.score,
        "record_model": record.model,
        "record_organisation": record.organisation,
        "record_date": record.day,
        "record_source": record.source,
        "models": record.models,
    }


def ladder_table(forecast: RecordForecast, thresholds: Sequence[float] = ()) -> pd.DataFrame:
    """P that each benchmark's record is a threshold or more by each day, and the day of even odds.

    Without ``thresholds`` those of a usual ladder above the record: round shares, doublings of minutes, 50 Elo. The
    day of even odds is the first of the forecast's days, empty where it is later than the last.
    """
    rows = []
    for i, task in enumerate(forecast.tasks):
        record = forecast.records[task].score
        for threshold in thresholds or _rungs(record, forecast.units[i]):
            even = forecast.even_odds(task, threshold)
            for day in forecast.days:
                prob = 1.0 if record >= threshold else forecast.prob_above(task, threshold, day)
                rows.append((task, threshold, day, prob, forecast.days[0] if record >= threshold else even))
    return pd.DataFrame(rows, columns=["task", "threshold", "by", "probability", "even_odds"])


def _rungs(record: float, unit: str) -> list[float]:
    if unit == "share":
        return [share for share in SHARES if share > record][:STEPS]
    if unit == "Elo":
        return [50.0 * (np.floor(record / 50.0) + k) for k in range(1, STEPS + 1)]
    return [2.0 ** (np.floor(np.log2(record)) + k) for k in range(1, STEPS + 1)] if record > 0 else []


def scores_table(
    scores: ScoresToCome, name: str, released: pd.Timestamp, records: dict[str, Record], benchmarks: pd.DataFrame
) -> pd.DataFrame:
    """One row a benchmark: the coming model's distribution beside the record, and P that it sets a new one."""
    about = benchmarks.drop_duplicates("task").set_index("task")
    quantiles = scores.quantiles(np.array(LEVELS))
    rows = []
    for i, task in enumerate(scores.tasks):
        record = records[task]
        row = {"benchmark": about["benchmark"].get(task, task), "task": task, "unit": scores.units[i]}
        row |= {"target_model": name, "target_released": released, "median": quantiles[i, LEVELS.index(0.5)]}
        row |= {level: value for level, value in zip(QUANTILES, quantiles[i], strict=True) if level != "q50"}
        row |= {"record_now": record.score, "record_model": record.model, "models": record.models}
        row |= {"prob_record": scores.prob_above(task, record.score)}
        rows.append(row)
    return pd.DataFrame(rows)


def round_score(value: float, unit: str) -> str:
    """A score as people read it: a share with three digits, minutes and Elo as whole numbers where they are large."""
    if unit == "share":
        return f"{value:.3f}"
    return f"{value:,.0f}" if abs(value) >= 20 else f"{value:.1f}"
