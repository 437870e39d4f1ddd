"""What forecasts by date return: the joint distribution, and the tables that are read off it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from scale_forecast.by_date.new_model import ScoresToCome
from scale_forecast.by_date.paths import RecordPaths
from scale_forecast.by_date.record_forecast import RecordForecast
from scale_forecast.by_date.scopes import Scope
from scale_forecast.workflow.brief import Brief


@dataclass(frozen=True, repr=False)
class Records(Brief):
    """Forecasts of records: the joint draws, a row a benchmark and day, and a ladder of thresholds.

    ``newest`` is the day of the newest row that was read; ``paths`` and ``scope`` are what all of it is read off.
    """

    forecast: RecordForecast
    table: pd.DataFrame
    ladder: pd.DataFrame
    as_of: pd.Timestamp
    newest: pd.Timestamp
    paths: RecordPaths
    scope: Scope

    @property
    def last(self) -> pd.Timestamp:
        """The last day asked for."""
        return self.forecast.days[-1]


@dataclass(frozen=True, repr=False)
class ModelByDate(Brief):
    """Forecast of a coming model by date: the joint distribution, and a row a benchmark."""

    forecast: ScoresToCome
    table: pd.DataFrame
    as_of: pd.Timestamp
    newest: pd.Timestamp
