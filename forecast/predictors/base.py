"""One protocol for every predictor, and the plain way to put a distribution around a point."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from scale_forecast.distribution import Forecast
from scale_forecast.inputs.folds import Fold
from scale_forecast.inputs.panel import Panel
from scale_forecast.parallel import Workers
from scale_forecast.predictors.spread import Spread

ALONE = Workers()


class Predictor(ABC):
    """Learns from past forecasts of other models, then predicts a target from the evidence at hand.

    ``fit`` and ``predict`` see only what the fold allows: the caller builds both (`inputs.folds`). Subclasses store
    settings in the constructor and give what they learn a trailing underscore.
    """

    name: ClassVar[str]
    is_reference: ClassVar[bool] = False
    reads_profiles: ClassVar[bool] = False
    """Whether profiles of item-level logs, where given, move its forecasts."""

    @abstractmethod
    def fit(self, past: Sequence[Fold], workers: Workers = ALONE) -> Self:
        """Learn from folds of models that are known; with none, documented defaults are used.

        ``workers`` go through the folds; what is learned does not depend on them.
        """

    @abstractmethod
    def state(self) -> dict[str, np.ndarray]:
        """What ``fit`` learned, as arrays: enough for `restore` to predict the same bytes."""

    @abstractmethod
    def restore(self, state: dict[str, np.ndarray]) -> Self:
        """Take over what another instance learned."""

    @abstractmethod
    def predict(self, rows: pd.DataFrame, evidence: Panel) -> Forecast:
        """Distributions for the target rows of one model, from the visible rows.

        Parameters
        ----------
        rows : as `inputs.targets.target_rows` returns them, (n, ...)
        evidence : Panel
        """


class PointPredictor(Predictor):
    """A predictor that only says where; its spread is that of its own past errors."""

    def __init__(self) -> None:
        self.spread_ = Spread()

    @abstractmethod
    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        """The predicted score on the link scale, (n,)."""

    def fit(self, past: Sequence[Fold], workers: Workers = ALONE) -> Self:
        self.spread_ = Spread.of_errors(list(zip(past, workers.map(self._locate_in, past), strict=True)))
        return self

    def _locate_in(self, fold: Fold) -> np.ndarray:
        return self.locate(fold.rows, fold.evidence)

    def state(self) -> dict[str, np.ndarray]:
        return {name: np.asarray(value) for name, value in asdict(self.spread_).items()}

    def restore(self, state: dict[str, np.ndarray]) -> Self:
        self.spread_ = Spread(float(state["variance"]), state["shape"], float(state["loading"]))
        return self

    def predict(self, rows: pd.DataFrame, evidence: Panel) -> Forecast:
        return self.spread_.around(self.locate(rows, evidence), rows, self.name)


def suite_mean(values: np.ndarray, suite: np.ndarray) -> np.ndarray:
    """The mean of ``values``, (n,) or (n, k), over each one's suite, in their shape."""
    _, index = np.unique(suite, return_inverse=True)
    total = np.zeros((index.max(initial=-1) + 1, *values.shape[1:]))
    np.add.at(total, index, values)
    return (total.T / np.bincount(index)).T[index]
