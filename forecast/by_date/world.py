"""What is known on a day: the visible scores on their link, the models with their groups, and the benchmarks."""

from __future__ import annotations

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
    models = _models(tables.releases, as_of)
    tasks, left_out = _tasks(tables.benchmarks, rows, as_of)
    rows = rows[rows["task"].isin(tasks.index)]
    rows = rows.assign(who=np.where(rows["evaluator_kind"] == "vendor", OWN, OTHERS))
    rows = _links(rows.sort_values(["task", "model", "who", "day", "score"], kind="stable"), tasks)
    best = rows.loc[rows.groupby(["task", "model", "who"], sort=True)["z"].idxmax()].reset_index(drop=True)
    seen = models[models.index.isin(rows["model"])]
    return World(as_of, reading, rows, best, seen, tasks, left_out)


def tasks_on(tables: Tables, as_of: pd.Timestamp, reading: str = "dated") -> pd.DataFrame:
    """The `tasks` of a day's world, without the rest of it."""
    return _tasks(tables.benchmarks, _visible(tables, pd.Timestamp(as_of), reading), pd.Timestamp(as_of))[0]


def newest_day(tables: Tables, as_of: pd.Timestamp, reading: str = "dated") -> pd.Timestamp:
    """`World.newest` of a day, without the rest of its world."""
    rows = _visible(tables, pd.Timestamp(as_of), reading)
    tasks, _ = _tasks(tables.benchmarks, rows, pd.Timestamp(as_of))
    return rows.loc[rows["task"].isin(tasks.index), "day"].max()


def _visible(tables: Tables, as_of: pd.Timestamp, reading: str) -> pd.DataFrame:
    """The scores that were known on a day, of models that were out by then."""
    rows = tables.scores.assign(day=known_days(tables.scores, reading))
    released = tables.releases.set_index("model")["released"]
    return rows[(rows["day"] <= as_of) & (rows["model"].map(released) <= as_of)]


def _tasks(benchmarks: pd.DataFrame, rows: pd.DataFrame, as_of: pd.Timestamp) -> tuple[pd.DataFrame, dict[str, str]]:
    """Tasks that can be forecast, sorted by name, and why the others cannot."""
    tasks = benchmarks[benchmarks["task"].isin(rows["task"])].set_index("task").sort_index()
    left_out = {str(name): f"its unit is {row.unit}" for name, row in tasks.iterrows() if row.unit not in UNITS}
    left_out |= {str(name): "lower is better" for name in tasks.index[~tasks["higher_is_better"].astype(bool)]}
    without = rows.loc[rows["score"] <= 0, "task"]
    logged = tasks["unit"].isin(["minutes", "US dollars"]) & tasks.index.isin(without)
    left_out |= {str(name): "a score of zero or less has no logarithm" for name in tasks.index[logged]}
    tasks = tasks[~tasks.index.isin(list(left_out))]
    # A ceiling counts from the day on which it became known, and never below a score that somebody has.
    best = rows.groupby("task")["score"].max().reindex(tasks.index)
    known = tasks["ceiling"].where(tasks["ceiling_known_on"] <= as_of)
    ceiling = np.where(tasks["unit"] == "share", np.maximum(known.fillna(1.0), best), 1.0)
    return tasks.assign(ceiling=ceiling), left_out


def _models(releases: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Groups of each model; what is not known of a model is a group of its own, but for the tier."""
    models = releases.set_index("model").sort_index()
    name = pd.Series(models.index, models.index)
    organisation = models["organisation"].astype("object").where(models["organisation"].notna(), "maker of " + name)
    tier = models["tier"].astype("object").where(models["tier"].notna(), "unknown")
    line = models["product_line"].astype("object").where(models["product_line"].notna(), organisation)
    weights = models["open_weights"].map({"yes": "open", "no": "closed"}).fillna("unknown")
    return pd.DataFrame(
        {
            "organisation": organisation,
            "tier": tier,
            "kind": tier.astype(str) + " / " + weights.astype(str),
            "product_line": models["product_line"].astype("object").where(models["product_line"].notna(), ""),
            "weights": weights,
            "line": organisation.astype(str) + " / " + line.astype(str) + " / " + tier.astype(str),
            "reasoning": models["reasoning"].isin(["yes", "optional", True]).astype(float),
            "released": models["released"],
            "t": (models["released"] - as_of).dt.days / YEAR,
        }
    )


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
