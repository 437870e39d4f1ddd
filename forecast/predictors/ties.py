"""How likely a model scores exactly as the last one did: by luck on few examples, by rote at chance, at 0 and at 1.

A forecast's continuous distribution has luck in it, but not that models which cannot do a task answer it alike.
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
FEATURES = ("luck", "end", "chance")
"""Log of the share of ties that sampling noise alone would bring; whether the origin is at 0 or 1; how near it is to
chance, from 0 to 1."""


@dataclass(frozen=True)
class Ties:
    """P(target's score is its origin's), learned on past forecasts."""

    regression: Logistic

    @classmethod
    def fit(cls, past: Sequence[Fold]) -> Self:
        """From shares whose origin is their own family's; a line weighs as the root of their number."""
        kept = [fold.take(_has_own(fold.rows)) for fold in past]
        kept = [fold for fold in kept if len(fold.rows)]
        none = np.zeros((0, len(FEATURES)))
        x = np.concatenate([none, *(_described(fold.rows) for fold in kept)])
        tied = np.concatenate(
            [np.zeros(0, dtype=bool), *(fold.truth["score"].to_numpy() == fold.rows["origin_score"] for fold in kept)]
        )
        line = np.repeat([fold.target.line for fold in kept], [len(fold.rows) for fold in kept])
        code = np.unique(line, return_inverse=True)[1]
        return cls(Logistic.fit(x, tied, line_weights(code), TYPICAL))

    def predict(self, rows: pd.DataFrame) -> np.ndarray:
        """Of target rows, (n,); NaN for losses and where the origin is another family's."""
        own, out = _has_own(rows), np.full(len(rows), np.nan)
        out[own] = self.regression.probability(_described(rows[own]))
        return out

    def state(self) -> dict[str, np.ndarray]:
        """As arrays, for `restore`."""
        return {name: np.asarray(value) for name, value in asdict(self.regression).items()}

    @classmethod
    def restore(cls, state: dict[str, np.ndarray]) -> Self:
        return cls(Logistic(state["centre"], state["scale"], state["slope"], float(state["intercept"])))


def _has_own(rows: pd.DataFrame) -> np.ndarray:
    return (rows["is_share"] & rows["origin_is_own"]).to_numpy(dtype=bool)


def _described(rows: pd.DataFrame) -> np.ndarray:
    """The `FEATURES`, (n, 3)."""
    origin, items = rows["origin_score"].to_numpy(dtype=float), known_items(rows)
    noise = np.maximum(binomial_stderr(origin, items), 0.3 / items)
    by_luck = 1.0 / (2.0 * np.sqrt(np.pi) * noise * items)  # density at 0 of the difference of two such scores
    away = (origin - rows["chance"].to_numpy(dtype=float)) / rows["origin_se"].to_numpy(dtype=float)
    near = np.nan_to_num(np.exp(-0.5 * away**2))
    return np.column_stack([np.log(np.minimum(by_luck, 1.0)), (origin <= 0) | (origin >= 1), near]).astype(float)
