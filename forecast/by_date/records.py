"""Records as they stand, and the best new measurements of simulated futures by each day, before any adjustment.

Each draw is one future: the abilities of all lines over time, the models that they release, what of these is measured
on which benchmark and when, and the scores.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.by_date.futures import MONTH, Future, Measured
from scale_forecast.by_date.releases import active_lines, measuring
from scale_forecast.by_date.scopes import EVERYBODY, Scope
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

    ``best`` (draws, tasks, days); ``gap`` (tasks) how far the standing record is above the one that the model expects.
    """

    tasks: list[str]
    days: list[pd.Timestamp]
    best: np.ndarray
    gap: np.ndarray


def standing(state: State, tasks: list[str] | None = None, scope: Scope = EVERYBODY) -> dict[str, Record]:
    """The record of each benchmark as it is known, of those in scope; of equal scores the one known first."""
    rows = state.world.rows if tasks is None else state.world.rows[state.world.rows["task"].isin(tasks)]
    if scope != EVERYBODY:
        rows = rows[rows["model"].isin(state.world.models.index[scope.holds(state.world.models)])]
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
    start = start or state.world.as_of
    years = np.array([state.years(day) for day in days])
    begin, end = state.years(start), max(float(years.max()), state.years(start) + MONTH)
    lines = active_lines(state, start)
    future = Future(state, lines, begin, end, draws, seed)
    about = measuring(state, lines, start)
    records = standing(state, tasks)
    best, gap = np.zeros((draws, len(tasks), len(days))), np.zeros(len(tasks))
    for j, task in enumerate(tasks):
        best[:, j], _ = best_by(future.measure(task, about), years, draws)
        gap[j] = records[task].z - future.expected_record(task)
    return Simulated(tasks, days, best, gap)


def best_by(measured: Measured, years: np.ndarray, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Best measurement by each of some ordered years and who made it (-1: nobody), each of shape (draws, years)."""
    cell = np.searchsorted(years, measured.known_at)
    order = np.flatnonzero(cell < len(years))
    order = order[np.argsort(measured.z[order], kind="stable")]
    best, maker = np.full((draws, len(years)), -np.inf), np.full((draws, len(years)), -1)
    # The best of a cell is written last.
    best[measured.draw[order], cell[order]] = measured.z[order]
    maker[measured.draw[order], cell[order]] = measured.maker[order]
    top = np.maximum.accumulate(best, axis=1)
    return top, carry_maker(maker, top)


def carry_maker(maker: np.ndarray, best: np.ndarray) -> np.ndarray:
    """Of each draw and day who made the best, where ``maker`` is whoever did on the day on which it rose to that."""
    rises = np.ones(best.shape, dtype=bool)
    rises[:, 1:] = best[:, 1:] > best[:, :-1]
    last = np.maximum.accumulate(np.where(rises, np.arange(best.shape[1])[None, :], 0), axis=1)
    return np.take_along_axis(maker, last, axis=1)
