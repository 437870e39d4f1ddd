"""The spread of forecast errors, learned from simulated past forecasts.

An error on the link scale is divided by its expected size, the root of sampling noise at the target and of a drift
variance that grows with the step; the quantiles of what is left, each line of models counting the same, are the shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtri

from scale_forecast.distribution import LEVELS, Forecast, Link
from scale_forecast.inputs.panel import known_items, link_noise

if TYPE_CHECKING:
    from scale_forecast.inputs.folds import Fold

DEFAULT_VARIANCE = 0.25
"""Squared link units per decade, where no past forecast is known: half a logit a decade."""
SHORTEST_STEP = 0.1
FEWEST_PAST = 30
FEWEST_TASKS = 3
"""Of a model, for its shift to be told from its tasks' own errors."""
TYPICAL_LOADING = 0.5
LEAST_ITEM = 0.05


@dataclass(frozen=True)
class Spread:
    """Size and shape of errors.

    Attributes
    ----------
    variance : per decade of step, beyond sampling noise
    shape : quantiles of the standardised error at `LEVELS`, symmetric, so that the median is the point
    loading : correlation of a task's error with the shift that it shares with the model's other tasks
    """

    variance: float = DEFAULT_VARIANCE
    shape: np.ndarray = field(default_factory=lambda: ndtri(LEVELS))
    loading: float = 0.5

    def size(self, rows: pd.DataFrame, z: np.ndarray) -> np.ndarray:
        """Expected size of the error, (n,), link units."""
        step = np.maximum(rows["step"].to_numpy(), SHORTEST_STEP)
        return np.sqrt(noise_at(rows, z) ** 2 + self.variance * step)

    def around(self, z: np.ndarray, rows: pd.DataFrame, predictor: str) -> Forecast:
        """The distribution around points ``z``, which are its medians exactly.

        A point at the end of the range is spread as if it were half an item inside it.
        """
        inside = half_an_item_inside(z[:, None], rows)[:, 0]
        knots = inside[:, None] + self.size(rows, inside)[:, None] * self.shape
        below = LEVELS < 0.5
        knots[:, below] = np.minimum(knots[:, below], z[:, None])
        knots[:, ~below] = np.maximum(knots[:, ~below], z[:, None])
        knots[:, len(LEVELS) // 2] = z
        return Forecast.from_knots(rows, knots, predictor, loading=self.loading)

    @classmethod
    def of_errors(cls, past: Sequence[tuple[Fold, np.ndarray]]) -> Spread:
        """Learn from pairs of a past fold and the points that were predicted for it."""
        if sum(len(z) for _, z in past) < FEWEST_PAST:
            return cls()
        error = np.concatenate([fold.truth["z"].to_numpy() - z for fold, z in past])
        noise = np.concatenate([noise_at(fold.rows, z) for fold, z in past])
        step = np.maximum(np.concatenate([fold.rows["step"].to_numpy() for fold, _ in past]), SHORTEST_STEP)
        weight = equal_lines(past)
        variance = _drift_variance(error, noise, step, weight)
        standard = error / np.sqrt(noise**2 + variance * step)
        both_signs = np.concatenate([standard, -standard])
        shape = weighted_quantiles(both_signs, LEVELS, np.concatenate([weight, weight]))
        return cls(variance, 0.5 * (shape - shape[::-1]), shared_loading(standard, past))


def noise_at(rows: pd.DataFrame, z: np.ndarray) -> np.ndarray:
    """Link-scale standard error that the target's score would have if it were ``z``, (n,)."""
    link = Link.of(rows)
    return link_noise(link.inverse(z), known_items(rows), link)


def half_an_item_inside(z: np.ndarray, rows: pd.DataFrame) -> np.ndarray:
    """Points (n, k) of shares kept half an item inside the range, on the link scale."""
    end = logit(1.0 - 0.5 / (known_items(rows) + 1.0))[:, None]
    return np.where(Link.of(rows).share[:, None], np.clip(z, -end, end), z)


def without_smoothing(z: np.ndarray, rows: pd.DataFrame) -> np.ndarray:
    """Link-scale points (n, k) of shares whose one added success and failure (`inputs.panel.smooth`) are taken out.

    What would be beyond an end of the range stays `LEAST_ITEM` of an item inside it.
    """
    items = known_items(rows)[:, None]
    share = (expit(z) * (items + 2.0) - 1.0) / items
    inside = LEAST_ITEM / items
    return logit(np.clip(share, inside, 1.0 - inside))


def equal_lines(past: Sequence[tuple[Fold, np.ndarray]]) -> np.ndarray:
    """Weights that give each line the same say, and within it each target; they sum to 1."""
    lines = [fold.target.line for fold, _ in past]
    count = {line: lines.count(line) for line in lines}
    weight = np.concatenate([np.full(len(z), 1.0 / (count[f.target.line] * len(z))) for f, z in past if len(z)])
    return weight / weight.sum()


def weighted_quantiles(values: np.ndarray, levels: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Quantiles of a weighted sample, linear between the mid-points of its steps."""
    order = np.argsort(values, kind="stable")
    position = np.cumsum(weight[order]) - 0.5 * weight[order]
    return np.interp(levels, position / weight.sum(), values[order])


def shared_loading(standard: np.ndarray, past: Sequence[tuple[Fold, np.ndarray]]) -> float:
    """Root of the share of the error variance that lies between models (intraclass correlation), at most 0.95.

    Every line counts the same, and `TYPICAL_LOADING` as one line more.
    """
    parts: dict[str, list[tuple[float, float]]] = {}
    ends = np.cumsum([len(z) for _, z in past])
    for (fold, z), end in zip(past, ends, strict=True):
        group = np.clip(standard[end - len(z) : end], -4, 4)
        if len(z) >= FEWEST_TASKS:
            within = float(group.var(ddof=1))
            parts.setdefault(fold.target.line, []).append((float(group.mean()) ** 2 - within / len(group), within))
    if not parts:
        return TYPICAL_LOADING
    between, within = np.mean([np.mean(models, axis=0) for models in parts.values()], axis=0)
    share = max(between, 0.0) / (max(between, 0.0) + within)
    held = (len(parts) * share + TYPICAL_LOADING**2) / (len(parts) + 1)
    return float(np.clip(np.sqrt(held), 0.0, 0.95))


def _drift_variance(error: np.ndarray, noise: np.ndarray, step: np.ndarray, weight: np.ndarray) -> float:
    """Moment estimate, robust: solves weighted median(error^2 / size^2) = the median of chi-squared with 1 degree."""
    low, high = 1e-4, 25.0
    for _ in range(50):
        middle = np.sqrt(low * high)
        ratio = weighted_quantiles(error**2 / (noise**2 + middle * step), np.array([0.5]), weight)[0]
        low, high = (middle, high) if ratio > 0.4549 else (low, middle)
    return float(np.sqrt(low * high))
