"""Records to come: the best score on each benchmark by each day, as joint draws over benchmarks and days.

Each draw is one future: the abilities of all lines over time, the models that they release, what of these is measured
on
which benchmark and when, and the scores. The record is the best of what is measured, never below the one that stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.by_date.futures import MONTH, Future
from scale_forecast.by_date.releases import active_lines, measuring
from scale_forecast.by_date.state import State


@dataclass(frozen=True)
class Record:
    """The best visible score of a benchmark: on the link and in its unit, who holds it, since when, from where."""

    task: str
    z: float
    score: float
    model: str
    organisation: str
    day: pd.Timestamp
    source: str
    models: int


@dataclass(frozen=True)
class Simulated:
    """Best new measurement on the link by benchmark and day, before any adjustment; minus infinity where there is none.

    ``best`` (draws, tasks, days); ``holder`` (draws, tasks, days) codes of ``organisations``; ``measured`` says whether
    anything new was; ``gap`` (tasks) how far the standing record is above the one that the model expects.
    """

    tasks: list[str]
    days: list[pd.Timestamp]
    records: dict[str, Record]
    best: np.ndarray
    holder: np.ndarray
    measured: np.ndarray
    gap: np.ndarray
    organisations: list[str]


def standing(state: State, tasks: list[str] | None = None) -> dict[str, Record]:
    """The record of each benchmark as it is known; of equal scores the one known first."""
    rows = state.world.rows if tasks is None else state.world.rows[state.world.rows["task"].isin(tasks)]
    models = rows.groupby("task")["model"].nunique()
    order = rows.sort_values(["task", "score", "day", "model"], ascending=[True, False, True, True], kind="stable")
    held = {}
    organisation = state.world.models["organisation"].to_dict()
    for row in order.drop_duplicates("task").to_dict("records"):
        task, model = str(row["task"]), str(row["model"])
        held[task] = Record(
            task,
            float(row["z"]),
            float(row["score"]),
            model,
            str(organisation[model]),
            row["day"],
            str(row["source"]),
            int(models[task]),
        )
    return held


def simulate(
    state: State,
    tasks: list[str],
    days: list[pd.Timestamp],
    *,
    draws: int,
    seed: int,
    start: pd.Timestamp | None = None,
) -> Simulated:
    """Joint draws of the best new measurement on each benchmark by each day.

    ``start`` is where the tables end, by default the state's day: what was released and measured since is simulated.
    """
    rng = np.random.default_rng(seed)
    start = start or state.world.as_of
    years = np.array([state.years(day) for day in days])
    begin, end = state.years(start), max(float(years.max()), state.years(start) + MONTH)
    lines = active_lines(state, start)
    future = Future(state, lines, begin, end, draws, rng)
    about = measuring(state, lines, tasks, start)
    records = standing(state, tasks)
    shape = (draws, len(tasks), len(days))
    best, holder, measured = np.full(shape, -np.inf), np.full(shape, -1, dtype=np.int16), np.zeros(shape, dtype=bool)
    gap = np.zeros(len(tasks))
    for j, task in enumerate(tasks):
        new, expected = future.measure(task, about, j)
        gap[j] = records[task].z - expected
        for d, year in enumerate(years):
            in_time = new.known_at <= year
            row, z = new.draw[in_time], new.z[in_time]
            np.maximum.at(best[:, j, d], row, z)
            leads = z >= best[row, j, d]
            holder[row[leads], j, d] = new.owner[in_time][leads]
        measured[:, j] = np.isfinite(best[:, j])
    return Simulated(tasks, days, records, best, holder, measured, gap, future.organisations)
