"""Windows of the past that are closed, and what they teach of a forecast's spread: always by what was known then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pandas as pd

from scale_forecast.by_date.link import to_link
from scale_forecast.by_date.records import Simulated
from scale_forecast.by_date.spread import LEVELS, Closed, Spread, learn
from scale_forecast.by_date.tables import Tables
from scale_forecast.by_date.world import World, scale_of, see, tasks_on
from scale_forecast.data.dates import known_days

HORIZONS = (3, 6, 12)
"""Months over which past windows run."""
MODELS_AT_THE_ORIGIN, MODELS_WHEN_CLOSED = 3, 5
ENOUGH = 40
"""Closed windows of a quarter from which on they are taken in the forecast's own reading."""
EARLIEST = pd.Timestamp("2023-01-01")
FEWEST_GAINS = 20
WINDOW = ["task", "models", "record", "models_after", "record_after", "new", "ceiling", "z", "z_after"]
WINDOW += ["origin", "months"]
Standing = dict[str, tuple[int, float]]
"""Of each benchmark, how many models have a score, and the record."""


def windows(tables: Tables, reading: str, starts: list[pd.Timestamp], end: pd.Timestamp, fewest: int) -> pd.DataFrame:
    """All windows that count from these origins and close by ``end``, of benchmarks with ``fewest`` models by then.

    ``z`` and ``z_after`` are on the scale that was known at the window's origin, as its simulation is.
    """
    world = see(tables, end, reading)
    rows = world.rows[world.rows["task"].isin(counted_tasks(world, fewest))]
    standing = _standing(rows, _days(starts, end))
    tasks = tasks_on(tables, starts, reading)
    found: list[tuple] = []
    for origin in starts:
        for months in HORIZONS:
            close = origin + pd.DateOffset(months=months)
            if close <= end:
                made = _windows(standing[origin], standing[close], tasks[origin])
                found += [(*window, origin, months) for window in made]
    return pd.DataFrame(found, columns=WINDOW)


def _days(starts: list[pd.Timestamp], end: pd.Timestamp) -> set[pd.Timestamp]:
    ends = {start + pd.DateOffset(months=months) for start in starts for months in HORIZONS}
    return {day for day in ends | set(starts) if day <= end}


def _standing(rows: pd.DataFrame, days: Iterable[pd.Timestamp]) -> dict[pd.Timestamp, Standing]:
    """Each benchmark's record on each day, and of how many models."""
    (task, names), (model, models) = (pd.factorize(rows[column]) for column in ("task", "model"))
    day, score = rows["day"].to_numpy(), rows["score"].to_numpy()
    standing = {}
    for until in days:
        known = day <= until.to_numpy()
        pairs = np.unique(task[known] * len(models) + model[known])
        counts, record = np.bincount(pairs // len(models), minlength=len(names)), np.full(len(names), -np.inf)
        np.maximum.at(record, task[known], score[known])
        standing[until] = {str(names[int(at)]): (int(counts[at]), float(record[at])) for at in np.flatnonzero(counts)}
    return standing


def _windows(before: Standing, after: Standing, tasks: pd.DataFrame) -> Iterator[tuple]:
    """Records at a window's origin and end, and how many models were newly measured between, where the window
    counts."""
    for task, (models, record) in before.items():
        models_after, record_after = after[task]
        if models < MODELS_AT_THE_ORIGIN or models_after <= models or task not in tasks.index:
            continue
        scale = scale_of(tasks, task)
        z, z_after = (float(to_link(np.array(score), scale)) for score in (record, record_after))
        yield task, models, record, models_after, record_after, models_after - models, scale.ceiling, z, z_after


def counted_tasks(world: World, fewest: int) -> set[str]:
    """Benchmarks with so many models in this world."""
    models = world.rows.groupby("task")["model"].nunique()
    return set(models.index[models >= fewest])


def cut_by(tables: Tables, day: pd.Timestamp, reading: str) -> Tables:
    """The tables cut to what was known on a day."""
    scores = tables.scores[known_days(tables.scores, reading) <= day]
    releases = tables.releases[tables.releases["released"] <= day]
    return Tables(scores, releases, tables.benchmarks)


def quarters_before(day: pd.Timestamp) -> list[pd.Timestamp]:
    """First days of quarters from which a window of the shortest kind has closed."""
    return list(pd.date_range(EARLIEST, day - pd.DateOffset(months=min(HORIZONS)), freq="QS"))


def closed_windows(tables: Tables, reading: str, day: pd.Timestamp) -> tuple[str, pd.DataFrame]:
    """Windows closed by ``day`` among the rows known then, and the reading in which they are taken.

    The forecast's own reading where `ENOUGH` windows of a quarter are closed in it; else the release reading of the
    rows
    known, which has windows from long before anybody kept days.
    """
    known = cut_by(tables, day, reading)
    own = windows(known, reading, quarters_before(day), day, MODELS_WHEN_CLOSED)
    if reading == "release" or (own["months"] == min(HORIZONS)).sum() >= ENOUGH:
        return reading, own
    return "release", windows(known, "release", quarters_before(day), day, MODELS_WHEN_CLOSED)


def learn_spread(closed: pd.DataFrame, tasks: pd.DataFrame, simulated: Callable[[pd.Timestamp], Simulated]) -> Spread:
    """The spread learned on closed windows, whose origins' simulations ``simulated`` gives."""
    found = []
    for origin in sorted(set(closed["origin"])):
        past = simulated(origin)
        at = {task: j for j, task in enumerate(past.tasks)}
        for row in closed[closed["origin"] == origin].to_dict("records"):
            task, months, z = str(row["task"]), int(row["months"]), float(row["z"])
            gains = past.best[:, at[task], HORIZONS.index(months)].astype(float) - z
            gains = gains[np.isfinite(gains)]
            if len(gains) < FEWEST_GAINS:
                continue
            scale = scale_of(tasks, task)._replace(ceiling=float(row["ceiling"]))
            gap, outcome = float(past.gap[at[task]]), float(row["z_after"]) - z
            found.append(Closed(np.quantile(gains, LEVELS), gap, z, outcome, months / 12, scale))
    return learn(found, [months / 12 for months in HORIZONS])
