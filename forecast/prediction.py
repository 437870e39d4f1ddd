"""What `predict` returns: forecasts of one or several coming models, as one table, one distribution, one picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, overload

import numpy as np
import pandas as pd

from scale_forecast.data.names import count_of
from scale_forecast.data.notebook import ShowsHtml
from scale_forecast.data.results import UNIT
from scale_forecast.distribution import Forecast
from scale_forecast.upcoming import Upcoming

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


class Prediction(ShowsHtml, Sequence[Upcoming]):
    """Forecasts of coming models of one family, a part for each size.

    Attributes
    ----------
    frame : DataFrame
        The forecast table: a row a model and task, with median, quantiles and probabilities.
    forecast : Forecast
        The distributions behind the rows of ``frame``, in their order: ``prob_above``, ``interval``, ``sample``, ...
        Tasks of one model are drawn together; models of different sizes are drawn apart.
    """

    def __init__(self, parts: Sequence[Upcoming]) -> None:
        self._parts = tuple(parts)
        self.frame: pd.DataFrame = pd.concat([part.table for part in self._parts], ignore_index=True)
        self.forecast: Forecast = concatenate([part.forecast for part in self._parts])

    def __repr__(self) -> str:
        names = ", ".join(part.target.model for part in self._parts)
        tasks = count_of(len(self._parts[0].table), "task")
        return f"<Prediction: {tasks} of {names} by {self.forecast.predictor}>"

    def __len__(self) -> int:
        return len(self._parts)

    @overload
    def __getitem__(self, at: int) -> Upcoming: ...
    @overload
    def __getitem__(self, at: slice) -> Prediction: ...
    def __getitem__(self, at: int | slice) -> Upcoming | Prediction:
        """The forecast of one of the models, by its place; of several, as a prediction of their own."""
        return Prediction(self._parts[at]) if isinstance(at, slice) else self._parts[at]

    def __iter__(self) -> Iterator[Upcoming]:
        return iter(self._parts)

    @property
    def covered(self) -> np.ndarray:
        """Which rows' intervals held what they say in backtests, (n,): see `upcoming.Upcoming.covered`."""
        return np.concatenate([part.covered for part in self._parts])

    def quantiles(self, levels: Sequence[float] = LEVELS) -> pd.DataFrame:
        """Quantiles of each score, a column a level, by model and what is measured."""
        index = pd.MultiIndex.from_frame(self.frame[["target_model", *UNIT]])
        return pd.DataFrame(self.forecast.quantiles(list(levels)), index=index, columns=[float(n) for n in levels])

    def plot(self, task: str | None = None) -> Any:
        """A matplotlib figure of one task's scores and forecasts; of that with the largest expected change for None."""
        return import_module("scale_forecast.show.plots.prediction").draw_prediction(self._parts, task)


def concatenate(forecasts: Sequence[Forecast]) -> Forecast:
    """Several models' distributions as one, each model a group of its own."""
    groups = [np.full(len(one), place) for place, one in enumerate(forecasts)]
    first = forecasts[0]
    return Forecast(
        targets=pd.concat([one.targets for one in forecasts], ignore_index=True),
        knots=np.concatenate([one.knots for one in forecasts]),
        levels=first.levels,
        loading=np.concatenate([one.loading for one in forecasts]),
        group=np.concatenate(groups),
        predictor=first.predictor,
        atom=np.concatenate([one.atom for one in forecasts]),
    )
