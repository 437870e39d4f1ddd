"""The forecaster as a library user meets it, in the manner of scikit-learn."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import pandas as pd
from sklearn.base import BaseEstimator

from scale_forecast.data.load import Tables
from scale_forecast.inputs.panel import Panel, as_panel
from scale_forecast.inputs.targets import upcoming_target
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.registry import DEFAULT, make
from scale_forecast.upcoming import Upcoming, predict_upcoming


class ScaleForecaster(BaseEstimator):
    """Predicts the benchmark scores of an upcoming model.

    Parameters
    ----------
    predictor : name in `predictors.registry.PREDICTORS`, or an untrained instance, of which a copy is trained
    as_of : read only what was public on this day
    cache : folder for trained states; nothing is kept when None

    Attributes
    ----------
    panel_ : Panel
        The results as predictors see them.

    Examples
    --------
    >>> from scale_forecast import ScaleForecaster, load
    >>> upcoming = ScaleForecaster("persistence").fit(load()).predict("PaLM", params=540e9, benchmark="MGSM")
    >>> len(upcoming.table)
    10
    """

    def __init__(
        self, predictor: str | Predictor = DEFAULT, *, as_of: pd.Timestamp | str | None = None,
        cache: Path | None = None,
    ) -> None:  # fmt: skip
        self.predictor = predictor
        self.as_of = as_of
        self.cache = cache

    def fit(self, tables: Tables) -> Self:
        """Take the tables in; training for a family happens when it is first predicted, without its line.

        Raises
        ------
        UsageError
            For an unknown predictor.
        """
        make(self.predictor)
        self.panel_: Panel = as_panel(tables.results, tables.tasks, tables.metrics)
        return self

    def predict(
        self,
        family: str,
        params: float | None = None,
        *,
        train_tokens: float | None = None,
        train_flops: float | None = None,
        benchmark: str | None = None,
        tasks: tuple[str, ...] = (),
    ) -> Upcoming:
        """Forecast a model of ``family`` of the given size; see `upcoming.predict_upcoming`."""
        as_of = None if self.as_of is None else pd.Timestamp(self.as_of)
        target, _ = upcoming_target(self.panel_, family, params, train_tokens, train_flops, as_of)
        return predict_upcoming(
            self.panel_,
            target,
            predictor=self.predictor,
            as_of=as_of,
            benchmark=benchmark,
            tasks=tasks,
            cache=self.cache,
        )
