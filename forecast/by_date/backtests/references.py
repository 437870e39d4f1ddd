"""What the forecasts of records by date are measured against: simple centres, each with its own errors of closed
windows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.by_date.link import from_link
from scale_forecast.by_date.world import YEAR, World, scale_of

QUANTILES = (np.arange(199) + 1) / 200
RIDGE = 1.0
TREND_YEARS = 1.0
DAMPINGS = np.linspace(0.0, 1.2, 13)
REFERENCES = (
    "persistence",
    "pooled gains in points",
    "pooled gains in logits",
    "record's trend",
    "record's drift",
    "index frontier",
    "record and index trend",
    "record and damped index trend",
)


def index_of(world: World) -> tuple[pd.Series, pd.Series]:
    """One number a model and one level a task, additive on the link, both shrunk a little: an index with no groups."""
    best = world.best
    task, model = pd.Categorical(best["task"]), pd.Categorical(best["model"])
    level, index = np.zeros(len(task.categories)), np.zeros(len(model.categories))
    z = best["z"].to_numpy()
    n_task, n_model = np.bincount(task.codes), np.bincount(model.codes)
    for _ in range(60):
        level = np.bincount(task.codes, z - index[model.codes]) / (n_task + 0.1)
        index = np.bincount(model.codes, z - level[task.codes]) / (n_model + RIDGE)
    return pd.Series(index, model.categories), pd.Series(level, task.categories)


def centres(world: World, tasks: list[str], months: int) -> pd.DataFrame:
    """Each reference's point forecast of the record on the link, but for the damping, which is chosen on closed
    windows."""
    record = world.rows.groupby("task")["z"].max()[tasks]
    index, level = index_of(world)
    age = -world.models["t"].reindex(index.index)
    front, before = index.max(), index[age >= TREND_YEARS].max() if (age >= TREND_YEARS).any() else index.max()
    slope = (front - before) / TREND_YEARS
    ahead = months / 12
    out = pd.DataFrame(index=tasks)
    for name in ("persistence", "pooled gains in points", "pooled gains in logits"):
        out[name] = record
    steps = [_steps(world, task) for task in tasks]
    out["record's trend"] = record + np.array([_slope(*s) for s in steps]) * ahead
    out["record's drift"] = record + np.array([_drift(*s) for s in steps]) * ahead
    out["index frontier"] = level.reindex(tasks) + front + slope * ahead
    out["record and index trend"] = record + slope * ahead
    return out.assign(trend=slope * ahead, z=record)


def _steps(world: World, task: str) -> tuple[np.ndarray, np.ndarray]:
    """Days (years, relative to the origin) and heights of a record's path over the last 18 months."""
    rows = world.rows[world.rows["task"] == task].sort_values("day", kind="stable")
    t = (rows["day"] - world.as_of).dt.days.to_numpy() / YEAR
    z = np.maximum.accumulate(rows["z"].to_numpy())
    kept = t >= -1.5
    return t[kept], z[kept]


def _slope(t: np.ndarray, z: np.ndarray) -> float:
    """Least squares through the path, with a little weight on no change."""
    if len(t) < 3 or np.ptp(t) < 0.1:
        return 0.0
    centred = t - t.mean()
    return max(float(centred @ z / (centred @ centred + 0.05)), 0.0)


def _drift(t: np.ndarray, z: np.ndarray) -> float:
    return max(float((z[-1] - z[0]) / max(-t[0], 0.25)), 0.0) if len(t) else 0.0


def draws_of(
    centre: pd.DataFrame, closed: pd.DataFrame, name: str, about: pd.DataFrame, record: np.ndarray
) -> np.ndarray:
    """A reference's distribution for each target as equally likely scores, shape (targets, draws).

    ``closed`` holds its centres and the outcomes of closed windows of the horizon, whose errors are its spread. A
    record
    never falls.
    """
    z = centre["z"].to_numpy()
    if name == "persistence":
        return record[:, None]
    if name == "pooled gains in points":
        gain = np.quantile(closed["record_after"] - closed["record"], QUANTILES)
        share = (about["unit"] == "share").to_numpy()[:, None]
        return np.where(share, np.minimum(record[:, None] + gain[None, :], 1.0), record[:, None])
    at, errors = damp(centre, closed) if name.endswith("damped index trend") else (centre[name], None)
    if errors is None:
        errors = (closed["z_after"] - closed[name]).to_numpy()
    forecast = np.maximum(at.to_numpy()[:, None] + np.quantile(errors, QUANTILES)[None, :], z[:, None])
    return scores_of(forecast, about, record)


def damp(centre: pd.DataFrame, closed: pd.DataFrame) -> tuple[pd.Series, np.ndarray]:
    """The record plus that share of the index's trend which erred least on closed windows, and its errors there."""
    moved = closed["z"].to_numpy()[None, :] + DAMPINGS[:, None] * closed["trend"].to_numpy()[None, :]
    errors = closed["z_after"].to_numpy()[None, :] - moved
    at = int(np.abs(errors).mean(axis=1).argmin())
    return centre["z"] + DAMPINGS[at] * centre["trend"], errors[at]


def scores_of(z: np.ndarray, about: pd.DataFrame, record: np.ndarray) -> np.ndarray:
    """Link draws as scores; no draw is below the record."""
    rows = [from_link(z[i], scale_of(about, task)) for i, task in enumerate(about.index)]
    return np.maximum(np.stack(rows), record[:, None])
