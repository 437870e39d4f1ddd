"""The naive predictors every report shows: several published methods lose to them on their own benchmarks.

All start from the origin score, the target family's largest smaller model, but for the task's mean.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd

from scale_forecast.distribution import Link
from scale_forecast.inputs.panel import Panel, own_history
from scale_forecast.predictors.base import PointPredictor

DEFAULT_SLOPE = 0.3
"""Link units a decade where the family has one scale only: a typical logit gain between published scales."""
LAW_CLIP = (0.02, 0.995)
LEAST_LOSS = 0.1
"""Of the origin's loss: as far down as a straight line is followed."""
PAST_COLUMNS = ["score", "z", "chance", "ceiling", "is_share", "higher_is_better"]


@dataclass(frozen=True)
class History:
    """The family's m earlier scores on n units: ``at`` (position of the unit), ``scale``, ``value``; (m,) each.

    ``share`` (n,) tells shares from losses, whose slopes have nothing to do with each other.
    """

    n: int
    share: np.ndarray
    at: np.ndarray
    scale: np.ndarray
    value: np.ndarray

    def slopes(self) -> np.ndarray:
        """Least-squares slope of each unit's values on scale, (n,); NaN with fewer than two scales."""
        xy, xx = self._centred_sums()
        return np.divide(xy, xx, out=np.full(self.n, np.nan), where=xx > 1e-6)

    def pooled_slope(self) -> np.ndarray:
        """The slope that all shares have in common, and that of all losses, each unit with its own intercept, (n,).

        `DEFAULT_SLOPE` with one scale only, for losses no slope.
        """
        xy, xx = self._centred_sums()
        out = np.where(self.share, DEFAULT_SLOPE, 0.0)
        for kind in (self.share, ~self.share):
            if xx[kind].sum() > 1e-6:
                out[kind] = xy[kind].sum() / xx[kind].sum()
        return out

    def _centred_sums(self) -> tuple[np.ndarray, np.ndarray]:
        count = np.maximum(np.bincount(self.at, minlength=self.n), 1)
        x = self.scale - (np.bincount(self.at, self.scale, self.n) / count)[self.at]
        y = self.value - (np.bincount(self.at, self.value, self.n) / count)[self.at]
        return np.bincount(self.at, x * y, self.n), np.bincount(self.at, x * x, self.n)


def history(rows: pd.DataFrame, evidence: Panel, view: Callable[[pd.DataFrame], np.ndarray]) -> History:
    """The family's earlier scores on the units to predict, in one view of the score."""
    past, at = own_history(rows, evidence, PAST_COLUMNS)
    return History(len(rows), rows["is_share"].to_numpy(dtype=bool), at, past["scale"].to_numpy(), view(past))


def law_view(table: pd.DataFrame, score: str = "score") -> np.ndarray:
    """-log(-log q) of the chance-normalised score q; -log of a loss, log of another size.

    A straight line in log C under -log q = A C^-a.
    """
    chance = table["chance"].fillna(0.0).to_numpy()
    ceiling = table["ceiling"].fillna(1.0).to_numpy()
    value = table[score].to_numpy()
    better = np.where(table["higher_is_better"], value, 1.0 - value)
    q = np.clip((better - chance) / (ceiling - chance), *LAW_CLIP)
    size = np.log(np.maximum(value, 1e-9))
    return np.where(table["is_share"], -np.log(-np.log(q)), np.where(table["higher_is_better"], size, -size))


def law_score(view: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    """Scores from `law_view`."""
    chance = table["chance"].fillna(0.0).to_numpy()
    ceiling = table["ceiling"].fillna(1.0).to_numpy()
    better = chance + (ceiling - chance) * np.exp(-np.exp(-view))
    share = np.where(table["higher_is_better"], better, 1.0 - better)
    return np.where(table["is_share"], share, np.exp(np.where(table["higher_is_better"], view, -view)))


def link_view(table: pd.DataFrame) -> np.ndarray:
    return table["z"].to_numpy()


def raw_view(table: pd.DataFrame) -> np.ndarray:
    """The score, its sign turned where lower is better."""
    return np.where(table["higher_is_better"], table["score"], -table["score"])


class Persistence(PointPredictor):
    """No change: the target scores what the origin scored."""

    name: ClassVar[str] = "persistence"
    is_reference: ClassVar[bool] = True

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        return Link.of(rows).forward(rows["origin_score"].to_numpy())


class TaskMean(PointPredictor):
    """The mean of the task's scores by the family's smaller models."""

    name: ClassVar[str] = "task-mean"
    is_reference: ClassVar[bool] = True

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        past = history(rows, evidence, lambda table: table["score"].to_numpy())
        count = np.bincount(past.at, minlength=past.n)
        total = np.bincount(past.at, past.value, past.n)
        mean = np.divide(total, count, out=np.full(past.n, np.nan), where=count > 0)
        mean = np.where(np.isfinite(mean), mean, rows["origin_score"])
        return Link.of(rows).forward(mean)


class FamilyDrift(PointPredictor):
    """The origin plus the family's mean slope on the link scale: every task moves alike."""

    name: ClassVar[str] = "drift"
    is_reference: ClassVar[bool] = True

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        slope = history(rows, evidence, link_view).pooled_slope()
        return rows["origin_z"].to_numpy() + slope * rows["step"].to_numpy()


class TaskLinear(PointPredictor):
    """The origin plus the task's own slope of the raw score; a loss ends at a tenth of the origin's, not below zero."""

    name: ClassVar[str] = "linear"
    is_reference: ClassVar[bool] = True

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        slope = history(rows, evidence, raw_view).slopes()
        gain = np.where(np.isfinite(slope), slope, 0.0) * rows["step"].to_numpy()
        up = np.where(rows["higher_is_better"], 1.0, -1.0)
        link, origin = Link.of(rows), rows["origin_score"].to_numpy()
        score = origin + up * gain
        return link.forward(np.where(link.share, score, np.maximum(score, LEAST_LOSS * origin)))


class TaskLogit(PointPredictor):
    """The origin plus the task's own slope on the link scale; the family's where the task has one scale."""

    name: ClassVar[str] = "logit"
    is_reference: ClassVar[bool] = True

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        past = history(rows, evidence, link_view)
        slope = past.slopes()
        slope = np.where(np.isfinite(slope), slope, past.pooled_slope())
        return rows["origin_z"].to_numpy() + slope * rows["step"].to_numpy()


class _Law(PointPredictor):
    """The two-parameter law -log q = A C^-alpha through the origin, q the chance-normalised score."""

    is_reference: ClassVar[bool] = True

    @abstractmethod
    def _slope(self, past: History) -> np.ndarray:
        """Slope of `law_view` on scale, (n,)."""

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        return through_law(rows, self._slope(history(rows, evidence, law_view)))


class TaskLaw(_Law):
    """The law with each task's own alpha; the family's where the task has one scale."""

    name: ClassVar[str] = "law"

    def _slope(self, past: History) -> np.ndarray:
        slope = past.slopes()
        return np.where(np.isfinite(slope), slope, past.pooled_slope())


class PooledLaw(_Law):
    """The law with one alpha for all tasks of the family."""

    name: ClassVar[str] = "pooled-law"

    def _slope(self, past: History) -> np.ndarray:
        return past.pooled_slope()


def through_law(rows: pd.DataFrame, slope: np.ndarray) -> np.ndarray:
    """The origin moved along the law for ``step`` decades, on the link scale.

    Only the law's change is added to the origin's score, so that an origin at or below chance stays where it is.
    """
    start = law_view(rows, "origin_score")
    change = law_score(start + slope * rows["step"].to_numpy(), rows) - law_score(start, rows)
    return Link.of(rows).forward(rows["origin_score"].to_numpy() + change)


REFERENCES = (Persistence, TaskMean, FamilyDrift, TaskLinear, TaskLogit, TaskLaw, PooledLaw)
