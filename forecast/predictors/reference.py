"""The naive predictors every report shows: several published methods lose to them on their own benchmarks.

All start from the origin score, the target family's largest smaller model, but for the task's mean.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from forecast.distribution import Link
from forecast.panel import Panel
from forecast.predictors.base import PointPredictor

DEFAULT_SLOPE = 0.3
"""Link units a decade where the family has one scale only: a typical logit gain between published scales."""
LAW_CLIP = (0.02, 0.995)


def history(rows: pd.DataFrame, evidence: Panel, view: str) -> pd.DataFrame:
    """The family's earlier scores on the units to predict: ``unit, scale, value``, in one view of the score."""
    past = evidence.rows
    past = past[(past["family"] == rows["family"].iloc[0]) & past["unit"].isin(rows["unit"])]
    return pd.DataFrame(
        {"unit": past["unit"].to_numpy(), "scale": past["scale"].to_numpy(), "value": VIEWS[view](past)}
    )


def law_view(table: pd.DataFrame, score: str = "score") -> np.ndarray:
    """-log(-log q) of the chance-normalised score q; -log of a loss. A straight line in log C under -log q = A C^-a."""
    chance = table["chance"].fillna(0.0).to_numpy()
    ceiling = table["ceiling"].fillna(1.0).to_numpy()
    value = table[score].to_numpy()
    better = np.where(table["higher_is_better"], value, 1.0 - value)
    q = np.clip((better - chance) / (ceiling - chance), *LAW_CLIP)
    return np.where(table["is_share"], -np.log(-np.log(q)), -np.log(np.maximum(value, 1e-9)))


def law_score(view: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    """Scores from `law_view`."""
    chance = table["chance"].fillna(0.0).to_numpy()
    ceiling = table["ceiling"].fillna(1.0).to_numpy()
    better = chance + (ceiling - chance) * np.exp(-np.exp(-view))
    share = np.where(table["higher_is_better"], better, 1.0 - better)
    return np.where(table["is_share"], share, np.exp(-view))


VIEWS = {
    "link": lambda table: table["z"].to_numpy(),
    "raw": lambda table: np.where(table["higher_is_better"], table["score"], -table["score"]),
    "law": law_view,
}


def own_slopes(past: pd.DataFrame, units: pd.Series) -> np.ndarray:
    """Least-squares slope of each unit's values on scale, (n,); NaN with fewer than two scales."""
    centred = past[["scale", "value"]] - past.groupby("unit")[["scale", "value"]].transform("mean")
    sums = (
        pd.DataFrame({"unit": past["unit"], "xy": centred["scale"] * centred["value"], "xx": centred["scale"] ** 2})
        .groupby("unit")[["xy", "xx"]]
        .sum()
    )
    slope = (sums["xy"] / sums["xx"].where(sums["xx"] > 1e-6)).reindex(units)
    return slope.to_numpy(dtype=float)


def pooled_slope(past: pd.DataFrame) -> float:
    """The one slope on scale that all units share, each with its own intercept; NaN with one scale only."""
    centred = past[["scale", "value"]] - past.groupby("unit")[["scale", "value"]].transform("mean")
    xx = float((centred["scale"] ** 2).sum())
    return float((centred["scale"] * centred["value"]).sum() / xx) if xx > 1e-6 else np.nan


class Persistence(PointPredictor):
    """No change: the target scores what the origin scored."""

    name: ClassVar[str] = "persistence"
    is_reference: ClassVar[bool] = True

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        return Link.of(rows).forward(_inside(rows["origin_score"].to_numpy(), rows))


class TaskMean(PointPredictor):
    """The mean of the task's scores by the family's smaller models."""

    name: ClassVar[str] = "task-mean"
    is_reference: ClassVar[bool] = True

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        past = evidence.rows[evidence.rows["family"] == rows["family"].iloc[0]]
        mean = past.groupby("unit")["score"].mean().reindex(rows["unit"]).to_numpy()
        mean = np.where(np.isfinite(mean), mean, rows["origin_score"])
        return Link.of(rows).forward(_inside(mean, rows))


class FamilyDrift(PointPredictor):
    """The origin plus the family's mean slope on the link scale: every task moves alike."""

    name: ClassVar[str] = "drift"
    is_reference: ClassVar[bool] = True

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        slope = pooled_slope(history(rows, evidence, "link"))
        return rows["origin_z"].to_numpy() + _or_default(slope) * rows["step"].to_numpy()


class TaskLinear(PointPredictor):
    """The origin plus the task's own slope of the raw score."""

    name: ClassVar[str] = "linear"
    is_reference: ClassVar[bool] = True

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        slope = own_slopes(history(rows, evidence, "raw"), rows["unit"])
        gain = np.where(np.isfinite(slope), slope, 0.0) * rows["step"].to_numpy()
        up = np.where(rows["higher_is_better"], 1.0, -1.0)
        return Link.of(rows).forward(_inside(rows["origin_score"].to_numpy() + up * gain, rows))


class TaskLogit(PointPredictor):
    """The origin plus the task's own slope on the link scale; the family's where the task has one scale."""

    name: ClassVar[str] = "logit"
    is_reference: ClassVar[bool] = True

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        past = history(rows, evidence, "link")
        slope = own_slopes(past, rows["unit"])
        slope = np.where(np.isfinite(slope), slope, _or_default(pooled_slope(past)))
        return rows["origin_z"].to_numpy() + slope * rows["step"].to_numpy()


class _Law(PointPredictor):
    """The two-parameter law -log q = A C^-alpha through the origin, q the chance-normalised score."""

    is_reference: ClassVar[bool] = True

    def _slope(self, past: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray | float:
        raise NotImplementedError

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        slope = self._slope(history(rows, evidence, "law"), rows)
        return through_law(rows, slope)


class TaskLaw(_Law):
    """The law with each task's own alpha; the family's where the task has one scale."""

    name: ClassVar[str] = "law"

    def _slope(self, past: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray | float:
        slope = own_slopes(past, rows["unit"])
        return np.where(np.isfinite(slope), slope, _or_default(pooled_slope(past)))


class PooledLaw(_Law):
    """The law with one alpha for all tasks of the family."""

    name: ClassVar[str] = "pooled-law"

    def _slope(self, past: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray | float:
        return _or_default(pooled_slope(past))


def through_law(rows: pd.DataFrame, slope: np.ndarray | float) -> np.ndarray:
    """The origin moved along the law for ``step`` decades, on the link scale.

    Only the law's change is added to the origin's score, so that an origin at or below chance stays where it is.
    """
    start = law_view(rows, "origin_score")
    change = law_score(start + slope * rows["step"].to_numpy(), rows) - law_score(start, rows)
    return Link.of(rows).forward(_inside(rows["origin_score"].to_numpy() + change, rows))


def _or_default(slope: float) -> float:
    return slope if np.isfinite(slope) else DEFAULT_SLOPE


def _inside(score: np.ndarray, rows: pd.DataFrame) -> np.ndarray:
    """Scores kept half an item inside the range of a share, and positive for a loss."""
    items = rows["n_examples"].fillna(500.0).to_numpy()
    half = 0.5 / (items + 1.0)
    return np.where(rows["is_share"], np.clip(score, half, 1.0 - half), np.maximum(score, 1e-6))


REFERENCES = (Persistence, TaskMean, FamilyDrift, TaskLinear, TaskLogit, TaskLaw, PooledLaw)
