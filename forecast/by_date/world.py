"""What is known on a day: the visible scores on their link, the models with their groups, and the benchmarks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.by_date.link import UNITS, Scale, sampling_variance, to_link
from scale_forecast.by_date.tables import Tables
from scale_forecast.data.dates import known_days

YEAR = 365.25
GROUPS = ("organisation", "product_line", "weights")
"""Columns of a model by which somebody's records are told from all."""
OWN, OTHERS = 0, 1
"""Who measured: the model's own vendor, or anybody else."""


@dataclass(frozen=True)
class World:
    """Everything visible on ``as_of``: nothing in it depends on a row that was not.

    rows     a visible score: task, model, who, day, score, z, noise (variance of z from the number of examples)
    best     of each task, model and who, the best of its rows: what the model of scores is fitted to
    models   by name: organisation, tier, kind (tier and weights), product_line, weights (open, closed or unknown), line
             (organisation, product line and tier), reasoning (0 or 1), released, t (years after as_of)
    tasks    by name: benchmark, unit, chance, ceiling (as far as known on the day), n_examples
    left_out benchmarks that no forecast by date covers, each with the reason
    """

    as_of: pd.Timestamp
    reading: str
    rows: pd.DataFrame
    best: pd.DataFrame
    models: pd.DataFrame
    tasks: pd.DataFrame
    left_out: dict[str, str]

    @property
    def newest(self) -> pd.Timestamp:
        """The newest day on which anything visible became known."""
        return self.rows["day"].max()


def see(tables: Tables, as_of: pd.Timestamp, reading: str = "dated") -> World:
    """The world as it was known on ``as_of``, that day included."""
    as_of = pd.Timestamp(as_of)
    rows = _visible(tables, as_of, reading)
    models = tables.groups.assign(t=(tables.groups["released"] - as_of).dt.days / YEAR)
    tasks, left_out = _tasks(tables.benchmarks, rows, as_of)
    rows = rows[rows["task"].isin(tasks.index)]
    rows = rows.assign(who=np.where(rows["evaluator_kind"] == "vendor", OWN, OTHERS))
    rows = _links(rows.sort_values(["task", "model", "who", "day", "score"], kind="stable"), tasks)
    best = rows.loc[rows.groupby(["task", "model", "who"], sort=True)["z"].idxmax()].reset_index(drop=True)
    seen = models[models.index.isin(rows["model"])]
    return World(as_of, reading, rows, best, seen, tasks, left_out)


def tasks_on(tables: Tables, days: Iterable[pd.Timestamp], reading: str = "dated") -> dict[pd.Timestamp, pd.DataFrame]:
    """The `tasks` of each day's world, without the rest of it."""
    rows, dated = tables.scores[["task", "score"]], _days_of(tables, reading)
    return {day: _tasks(tables.benchmarks, rows[_are_visible(dated, day)], day)[0] for day in days}


def newest_day(tables: Tables, as_of: pd.Timestamp, reading: str = "dated") -> pd.Timestamp:
    """`World.newest` of a day, without the rest of its world."""
    rows = _visible(tables, pd.Timestamp(as_of), reading)
    tasks, _ = _tasks(tables.benchmarks, rows, pd.Timestamp(as_of))
    return rows.loc[rows["task"].isin(tasks.index), "day"].max()


def _visible(tables: Tables, as_of: pd.Timestamp, reading: str) -> pd.DataFrame:
    """The scores that were known on a day, of models that were out by then."""
    dated = _days_of(tables, reading)
    are_visible = _are_visible(dated, as_of)
    return tables.scores[are_visible].assign(day=dated[0][are_visible])


def _days_of(tables: Tables, reading: str) -> tuple[pd.Series, np.ndarray]:
    """Of each score the day on which it was known, and that of its model's release."""
    released = tables.scores["model"].map(tables.releases.set_index("model")["released"])
    return known_days(tables.scores, reading), released.to_numpy()


def _are_visible(dated: tuple[pd.Series, np.ndarray], as_of: pd.Timestamp) -> np.ndarray:
    known, released = dated
    return (known.to_numpy() <= as_of.to_numpy()) & (released <= as_of.to_numpy())


def _tasks(benchmarks: pd.DataFrame, rows: pd.DataFrame, as_of: pd.Timestamp) -> tuple[pd.DataFrame, dict[str, str]]:
    """Tasks that can be forecast, sorted by name, and why the others cannot."""
    found = rows.groupby("task")["score"].agg(["min", "max"])
    tasks = benchmarks[benchmarks["task"].isin(found.index)].set_index("task").sort_index()
    found = found.reindex(tasks.index)
    names, units = [str(name) for name in tasks.index], tasks["unit"].tolist()
    rises, least = tasks["higher_is_better"].astype(bool).tolist(), found["min"].tolist()
    left_out = {name: f"its unit is {unit}" for name, unit in zip(names, units, strict=True) if unit not in UNITS}
    left_out |= {name: "lower is better" for name, is_rising in zip(names, rises, strict=True) if not is_rising}
    left_out |= {
        name: "a score of zero or less has no logarithm"
        for name, unit, score in zip(names, units, least, strict=True)
        if unit in ("minutes", "US dollars") and score <= 0
    }
    stays = np.array([name not in left_out for name in names], dtype=bool)
    tasks, best = tasks[stays], found["max"].to_numpy()[stays]
    # A ceiling counts from the day on which it became known, and never below a score that somebody has.
    known = tasks["ceiling"].where(tasks["ceiling_known_on"] <= as_of).fillna(1.0).to_numpy()
    ceiling = np.where(tasks["unit"].to_numpy() == "share", np.maximum(known, best), 1.0)
    return tasks.assign(ceiling=ceiling), left_out


def scale_of(tasks: pd.DataFrame, name: str) -> Scale:
    """How a task counts."""
    values: Any = tasks.at
    numbers = [float(values[name, column]) for column in ("chance", "ceiling", "n_examples")]
    return Scale(str(values[name, "unit"]), *numbers)


def _links(rows: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    rows = rows.reset_index(drop=True)
    z, noise = np.zeros(len(rows)), np.zeros(len(rows))
    for name, at in rows.groupby("task", sort=True).indices.items():
        scale = scale_of(tasks, str(name))
        z[at] = to_link(rows["score"].to_numpy()[at], scale)
        noise[at] = sampling_variance(z[at], scale)
    return rows.assign(z=z, noise=noise)
