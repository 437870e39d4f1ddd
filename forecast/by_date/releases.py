"""Releases to come, and what of them is measured on which benchmark: simulated from what was released and measured of late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.by_date.state import State
from forecast.by_date.world import OTHERS, YEAR

ACTIVE = 1.5
"""Years after its last release until a line counts as given up."""
FADING = 0.5
"""Years in which the weight of a past release or measurement falls to 1/e."""
BACKLOG = 0.75
"""Years after its release in which a model may still be measured for the first time and set a record."""
PRIOR_EXPOSURE = 0.15
"""Years of the average benchmark's measuring that each benchmark's own rate is shrunk with."""
PRIOR_RELEASES = 3.0
"""Releases of the average line that a line's chance to be measured is shrunk with."""


@dataclass(frozen=True)
class Lines:
    """Lines that are active, a row each: groups of its next model, and releases a year."""

    table: pd.DataFrame
    rate: np.ndarray


@dataclass(frozen=True)
class Measuring:
    """How benchmarks are measured: new models a year as a gamma (shape, rate) and each line's weight, by benchmark.

    ``weights`` (benchmarks, lines) average to one over the releases expected; ``delays`` are years from release to known.
    """

    tasks: list[str]
    shape: np.ndarray
    rate: np.ndarray
    weights: np.ndarray
    delays: list[np.ndarray]
    others: np.ndarray
    """Share of measurements not made by the vendor."""


def active_lines(state: State, start: pd.Timestamp) -> Lines:
    """Lines with a release in the last `ACTIVE` years before ``start``, each as its newest model stands."""
    models = state.world.models
    age = (start - models["released"]).dt.days / YEAR
    models = models.assign(age=age)[(age <= ACTIVE) & (age >= 0)]
    newest = models.sort_values(["released"], kind="stable").groupby("line", sort=True).tail(1).sort_values("line")
    count = models.groupby("line", sort=True).size().to_numpy(float)
    return Lines(newest.reset_index(drop=True), count / ACTIVE)


def measuring(state: State, lines: Lines, tasks: list[str], start: pd.Timestamp) -> Measuring:
    """Rates, weights and delays, all from rows visible on the origin."""
    first = first_known(state)
    age = (start - first["day"]).dt.days / YEAR
    first = first.assign(weight=np.exp(-age / FADING), age=age)
    span = (start - first["day"].min()).days / YEAR
    recorded = FADING * (1.0 - np.exp(-span / FADING))
    on = first[first["task"].isin(tasks)]
    counted = on.groupby("task")["weight"].sum().reindex(tasks, fill_value=0.0).to_numpy()
    life = on.groupby("task")["age"].max().reindex(tasks, fill_value=0.0).to_numpy()
    exposure = np.maximum(FADING * (1.0 - np.exp(-life / FADING)), 0.02)
    pooled = max(counted.sum() / max(len(tasks) * recorded, 1e-9), 1e-3)
    shape = counted + PRIOR_EXPOSURE * pooled
    return Measuring(tasks, shape, exposure + PRIOR_EXPOSURE, *_weights(state, lines, on, tasks))


def first_known(state: State) -> pd.DataFrame:
    """Of each task and model the first day on which a score was known, with the model's line and delay in years."""
    rows = state.world.rows.sort_values(["task", "model", "day"], kind="stable")
    first = rows.drop_duplicates(["task", "model"])[["task", "model", "day", "who"]].reset_index(drop=True)
    models = state.world.models
    released = first["model"].map(models["released"])
    return first.assign(line=first["model"].map(models["line"]), delay=(first["day"] - released).dt.days / YEAR)


def _weights(
    state: State, lines: Lines, on: pd.DataFrame, tasks: list[str]
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Weights of the lines, delays and the share of other measurers, by task."""
    table, code = lines.table, {line: i for i, line in enumerate(lines.table["line"])}
    expected = np.maximum(lines.rate, 1e-9)
    recent = on[on["line"].isin(code)]
    at = (recent["task"].map({t: i for i, t in enumerate(tasks)}), recent["line"].map(code))
    counted = np.zeros((len(tasks), len(table)))
    np.add.at(counted, (at[0].to_numpy(int), at[1].to_numpy(int)), recent["weight"].to_numpy())
    overall = (counted.sum(axis=0) + 0.2) / expected
    overall /= max(np.average(overall, weights=expected), 1e-9)
    total = counted.sum(axis=1, keepdims=True)
    prior = PRIOR_RELEASES * overall[None, :] * expected[None, :] / expected.sum()
    weights = (counted + prior) / (total + PRIOR_RELEASES) / (expected / expected.sum())[None, :]
    pool = on.loc[on["age"] <= 1.0, "delay"].to_numpy()
    pool = pool if len(pool) else np.zeros(1)
    delays, others = [], np.zeros(len(tasks))
    for i, task in enumerate(tasks):
        own = on[on["task"] == task]
        late = own.loc[own["age"] <= 1.0, "delay"].to_numpy()
        few = np.quantile(pool, np.linspace(0.05, 0.95, 10))
        delays.append(np.concatenate([np.repeat(late, max(1, 20 // max(len(late), 1))), few]))
        others[i] = ((own["who"] == OTHERS).to_numpy() @ own["weight"].to_numpy() + 0.5) / (own["weight"].sum() + 1.0)
    return weights, delays, others
