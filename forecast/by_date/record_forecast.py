"""The forecast of records by some days: one object with quantiles, thresholds, holders, read off whole paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.by_date.forecasts import Trained
from scale_forecast.by_date.paths import RecordPaths
from scale_forecast.by_date.records import Record
from scale_forecast.by_date.scopes import EVERYBODY, Scope


@dataclass(frozen=True)
class RecordForecast:
    """Joint draws of records: ``draws`` (n, tasks, days) in each benchmark's unit, never below the record that stands.

    ``holders`` are places in ``organisations``, -1 where the standing record's holder keeps it; ``new`` says whether
    anything new is measured on a benchmark by a day.
    """

    tasks: list[str]
    units: list[str]
    days: list[pd.Timestamp]
    records: dict[str, Record]
    draws: np.ndarray
    holders: np.ndarray
    new: np.ndarray
    organisations: list[str]

    def quantiles(self, levels: Sequence[float]) -> np.ndarray:
        """Quantiles of each record, shape (tasks, days, levels)."""
        return np.moveaxis(np.quantile(self.draws, levels, axis=0), 0, -1)

    def prob_above(self, task: str, score: float, day: pd.Timestamp | None = None) -> float:
        """P(the record is ``score`` or more by a day, the last one by default), what happened unseen included."""
        at = -1 if day is None else self.days.index(pd.Timestamp(day))
        return float((self.draws[:, self.tasks.index(task), at] >= score).mean())

    def nothing_new(self) -> np.ndarray:
        """P(nothing new is measured), shape (tasks, days)."""
        return 1.0 - self.new.mean(axis=0)

    def prob_no_change(self) -> np.ndarray:
        """P(the record stands), nothing new measured included, shape (tasks, days)."""
        held = np.array([self.records[task].score for task in self.tasks])
        return (self.draws <= held[None, :, None]).mean(axis=0)

    def holder(self, task: str, day: pd.Timestamp | None = None) -> pd.Series:
        """P(an organisation holds the record by a day), the likeliest first."""
        at = -1 if day is None else self.days.index(pd.Timestamp(day))
        return pd.Series(self._shares(task, at), dtype=float).sort_values(ascending=False, kind="stable")

    def leader(self, task: str, day: pd.Timestamp) -> tuple[str, float]:
        """The likeliest holder by a day, and its probability."""
        share = self._shares(task, self.days.index(pd.Timestamp(day)))
        name = max(share, key=share.__getitem__)
        return name, share[name]

    def _shares(self, task: str, at: int) -> dict[str, float]:
        """Of each organisation the share of draws in which it holds a record."""
        code = self.holders[:, self.tasks.index(task), at]
        names = [self.records[task].organisation, *self.organisations]
        share: dict[str, float] = {}
        counts = np.bincount(code + 1)
        for place in np.flatnonzero(counts).tolist():
            share[names[place]] = share.get(names[place], 0.0) + float(counts[place]) / len(code)
        return share

    def even_odds(self, task: str, score: float) -> pd.Timestamp | None:
        """The first of the days by which a score is likelier reached than not; none where it is on no day."""
        reached = (self.draws[:, self.tasks.index(task)] >= score).mean(axis=0) >= 0.5
        return self.days[int(reached.argmax())] if reached.any() else None


def forecast_records(
    trained: Trained,
    days: Sequence[pd.Timestamp],
    tasks: Sequence[str] | None = None,
    *,
    scope: Scope = EVERYBODY,
    draws: int = 1000,
    seed: int = 0,
    start: pd.Timestamp | None = None,
) -> RecordForecast:
    """Records by each day, as joint draws. ``start`` is where the tables end (default: see `paths.tables_end`).

    Benchmarks on which nobody in ``scope`` has a score have no record to begin with and are left out.
    """
    ordered = sorted(pd.Timestamp(day) for day in days)
    return read_records(RecordPaths(trained, ordered[-1], draws=draws, seed=seed, start=start), ordered, tasks, scope)


def read_records(
    paths: RecordPaths,
    days: Sequence[pd.Timestamp],
    tasks: Sequence[str] | None = None,
    scope: Scope = EVERYBODY,
) -> RecordForecast:
    """The records by some days, in order, off paths that reach them."""
    records = paths.records(scope)
    names = [task for task in (paths.tasks if tasks is None else tasks) if task in records]
    shape = (paths.draws, len(names), len(days))
    scores, holders, new = np.zeros(shape), np.zeros(shape, dtype=int), np.zeros(shape, dtype=bool)
    for j, name in enumerate(names):
        scores[:, j] = paths.over(name, days, scope)
        holders[:, j] = paths.holders(name, days, scope)
        new[:, j] = paths.new(name, days, scope)
    return RecordForecast(
        names,
        paths.state.world.tasks.loc[names, "unit"].tolist(),
        list(days),
        {name: records[name] for name in names},
        scores,
        holders,
        new,
        paths.makers["organisation"].tolist(),
    )
