"""How likely a model scores exactly as the last one did: by luck on few examples, by rote at chance, at 0 and at 1.

A forecast's continuous distribution has luck in it, but not that models which cannot do a task answer it alike. What
it knows, how near the origin it expects the score, is one of the things that ties are told by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
import pandas as pd

from scale_forecast.data.noise import binomial_stderr
from scale_forecast.inputs.folds import Fold
from scale_forecast.inputs.panel import known_items
from scale_forecast.predictors.logistic import Logistic, line_weights

TYPICAL = 0.05
"""Counts as one step seen before any other."""
FEATURES = ("luck", "end", "chance", "forecast")
"""Log of the share of ties that sampling noise alone would bring; whether the origin is at 0 or 1; how near it is to
chance, from 0 to 1; log of the forecast's own probability of the origin's item."""
LEAST = 1e-4
"""Of that probability, before a log is taken."""


@dataclass(frozen=True)
class Ties:
    """P(target's score is its origin's), learned on past forecasts."""

    regression: Logistic

    @classmethod
    def fit(cls, past: Sequence[tuple[Fold, np.ndarray]]) -> Self:
        """From shares whose origin is their own family's; a line weighs as the root of their number.

        ``past`` holds folds and what a forecast of each gave the origin's item (`Forecast.prob_tie`).
        """
        own = [_has_own(fold.rows) for fold, _ in past]
        kept = [(fold.take(of), luck[of]) for (fold, luck), of in zip(past, own, strict=True) if of.any()]
        x = np.concatenate([np.zeros((0, len(FEATURES))), *(_tie_features(fold.rows, luck) for fold, luck in kept)])
        of_folds = [(fold.truth["score"].to_numpy() == fold.rows["origin_score"]).to_numpy() for fold, _ in kept]
        tied = np.concatenate([np.zeros(0, dtype=bool), *of_folds])
        line = np.repeat([fold.target.line for fold, _ in kept], [len(fold.rows) for fold, _ in kept])
        code = np.unique(line, return_inverse=True)[1]
        return cls(Logistic.fit(x, tied, line_weights(code), TYPICAL))

    def predict(self, rows: pd.DataFrame, luck: np.ndarray) -> np.ndarray:
        """Of target rows, (n,), to whose origin's item a forecast gave ``luck``.

        NaN for losses and where the origin is another family's.
        """
        own, out = _has_own(rows), np.full(len(rows), np.nan)
        out[own] = self.regression.probability(_tie_features(rows[own], luck[own]))
        return out

    def state(self) -> dict[str, np.ndarray]:
        """As arrays, for `restore`."""
        return {name: np.asarray(value) for name, value in asdict(self.regression).items()}

    @classmethod
    def restore(cls, state: dict[str, np.ndarray]) -> Self:
        return cls(Logistic(state["centre"], state["scale"], state["slope"], float(state["intercept"])))


def _has_own(rows: pd.DataFrame) -> np.ndarray:
    return (rows["is_share"] & rows["origin_is_own"]).to_numpy(dtype=bool)


def _tie_features(rows: pd.DataFrame, luck: np.ndarray) -> np.ndarray:
    """The `FEATURES`, (n, 4)."""
    origin, items = rows["origin_score"].to_numpy(dtype=float), known_items(rows)
    noise = np.maximum(binomial_stderr(origin, items), 0.3 / items)
    by_luck = 1.0 / (2.0 * np.sqrt(np.pi) * noise * items)  # density at 0 of the difference of two such scores
    away = (origin - rows["chance"].to_numpy(dtype=float)) / rows["origin_se"].to_numpy(dtype=float)
    near = np.nan_to_num(np.exp(-0.5 * away**2))
    expected = np.log(np.maximum(luck, LEAST))
    ends = (origin <= 0) | (origin >= 1)
    return np.column_stack([np.log(np.minimum(by_luck, 1.0)), ends, near, expected]).astype(float)
