"""Score forecasts by date on what is already known: records at past origins, and the models that came after them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from scale_forecast.by_date.backtests import models, records
from scale_forecast.by_date.backtests.kept import Kept
from scale_forecast.by_date.backtests.summary import models_summary, records_summary
from scale_forecast.by_date.tables import Tables
from scale_forecast.data.errors import ForecastError, UsageError
from scale_forecast.data.names import did_you_mean, fold
from scale_forecast.data.names.keys import benchmark_key
from scale_forecast.parallel import Workers
from scale_forecast.workflow.brief import Brief
from scale_forecast.workflow.by_date import tables_by_date
from scale_forecast.workflow.clock import day_of_knowledge
from scale_forecast.workflow.places import cache_folder
from scale_forecast.workflow.tables import Results, Tell, names_in, silent

RECORDS, MODELS = "records", "by-date"
BY_DATE_FOLDS = (RECORDS, MODELS)


@dataclass(frozen=True, repr=False)
class BacktestByDate(Brief):
    """A row per predictor, origin and window (``records``), or coming model, benchmark and known scores."""

    folds: str
    table: pd.DataFrame

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Averages by horizon, or by number of known scores: see `by_date.backtests.summary`."""
        return records_summary(self.table) if self.folds == RECORDS else models_summary(self.table)


def backtest_by_date(
    results: Results = None,
    *,
    folds: str = RECORDS,
    target: str | Sequence[str] = (),
    reading: str = "dated",
    data: str | Path | None = None,
    bundled: bool = False,
    workers: Workers | None = None,
    progress: Callable[[str, int, int], None] = lambda fold, done, total: None,
    tell: Tell = silent,
) -> BacktestByDate:
    """Forecast from each past quarter what followed, as it would have been from what was known then.

    Parameters
    ----------
    results : tables, or files of any known layout, beside the bundled scores by date
    folds : ``records``, over 3, 6 and 12 months; ``by-date``, models released in the quarter, with 0, 1, 3 or 5 scores
    target : only these benchmarks of ``records``, only these models of ``by-date``
    reading : ``dated``, ``release`` (optimistic) or ``strict``: how the day of a score is read
    data, bundled : the folder of your own data, or leave them out
    workers : who forecasts, an origin a step
    progress : told the fold that begins, its number, and how many there are

    Raises
    ------
    UsageError
        For folds of another kind, and a target that is in no table.
    ForecastError
        Where no window counts.
    """
    if folds not in BY_DATE_FOLDS:
        raise UsageError(f"no folds by date are called {folds!r}: use one of {', '.join(BY_DATE_FOLDS)}")
    day = pd.Timestamp(day_of_knowledge(None))
    tables, _ = tables_by_date(results, day, reading, data, bundled, tell, of_many_days=True)
    known = tables.scores[tables.scores["known_on"] <= day]
    tables = Tables(known.reset_index(drop=True), tables.releases, tables.benchmarks)
    only = _targets(names_in(target), tables, folds)
    kept = Kept(tables, cache_folder())
    measure = records.measure if folds == RECORDS else models.measure
    table = measure(kept, str(reading), last=True, only=only, progress=progress, workers=workers)
    if table.empty:
        raise ForecastError(f"no past window of {folds} counts: see docs/backtest.md for which do")
    table.insert(0, "fold", folds + table["origin"].dt.strftime(" %Y-%m-%d"))
    table.insert(0, "predictor", table.pop("predictor"))
    return BacktestByDate(folds, table)


def _targets(names: Sequence[str], tables: Tables, folds: str) -> set[str]:
    """Tasks, or models, that were named in any spelling."""
    of_records = folds == RECORDS
    known = tables.benchmarks["task"] if of_records else tables.releases["model"]
    same = benchmark_key if of_records else fold
    keys = {same(str(name)): str(name) for name in known}
    for name in names:
        if same(name) not in keys:
            word = "benchmark" if of_records else "model"
            raise UsageError(f"no {word} with scores by date is called {name!r}{did_you_mean(name, list(known))}")
    return {keys[same(name)] for name in names}
