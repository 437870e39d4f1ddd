"""The forecasts by date as one object: train once on a day, then ask for records, coming models and the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.by_date.fit import Parameters
from scale_forecast.by_date.history import (
    HORIZONS,
    MODELS_AT_THE_ORIGIN,
    closed_windows,
    counted_tasks,
    known_by,
    learn_spread,
    quarters_before,
)
from scale_forecast.by_date.link import from_link
from scale_forecast.by_date.records import Record, Simulated, simulate
from scale_forecast.by_date.spread import Spread
from scale_forecast.by_date.state import State, fit_world
from scale_forecast.by_date.tables import Tables
from scale_forecast.by_date.world import YEAR, World, scale_of, see

PAST_DRAWS = 300
"""Draws of each past quarter's simulation, from which the spread is learned."""
QUARTERS = 10
"""Past quarters that the spread is learned on, the newest ones."""


@dataclass(frozen=True)
class Trained:
    """What a day's forecasts by date rest on."""

    state: State
    spread: Spread
    past_reading: str
    """The reading of days in which the closed windows were taken."""


@dataclass(frozen=True)
class RecordForecast:
    """Joint draws of records: ``draws`` (n, tasks, days) in each benchmark's unit, never below the record that stands.

    ``holders`` are codes of ``organisations``, -1 where the standing record's holder keeps it; ``new`` says whether
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

    def unchanged(self) -> np.ndarray:
        """P(the record stands), nothing new measured included, shape (tasks, days)."""
        held = np.array([self.records[task].score for task in self.tasks])
        return (self.draws <= held[None, :, None]).mean(axis=0)

    def holder(self, task: str, day: pd.Timestamp | None = None) -> pd.Series:
        """P(an organisation holds the record by a day), the likeliest first."""
        at = -1 if day is None else self.days.index(pd.Timestamp(day))
        code = self.holders[:, self.tasks.index(task), at]
        names = np.array([*self.organisations, self.records[task].organisation], dtype=object)
        return pd.Series(names[code]).value_counts(normalize=True)

    def even_odds(self, task: str, score: float) -> pd.Timestamp | None:
        """The first of the days by which a score is likelier reached than not; none where it is on no day."""
        reached = (self.draws[:, self.tasks.index(task)] >= score).mean(axis=0) >= 0.5
        return self.days[int(reached.argmax())] if reached.any() else None


def train(tables: Tables, as_of: pd.Timestamp, reading: str = "dated") -> Trained:
    """The state on a day, and the spread from simulated forecasts of the quarters before it."""
    as_of = pd.Timestamp(as_of)
    taken, closed = closed_windows(tables, reading, as_of)
    known = known_by(tables, as_of, reading)
    quarters = quarters_before(as_of)[-QUARTERS:]
    closed = closed[closed["origin"].isin(quarters)]
    simulations: dict[pd.Timestamp, Simulated] = {}
    parameters: Parameters | None = None
    for quarter in quarters:
        world = see(known, quarter, taken)
        if world.rows.empty or quarter not in set(closed["origin"]):
            continue
        state = fit_world(world, parameters)
        parameters = state.parameters
        simulations[quarter] = past_simulation(state, PAST_DRAWS)
    world = see(tables, as_of, reading)
    state = fit_world(world, parameters)
    return Trained(state, learn_spread(closed, world.tasks, simulations.__getitem__), taken)


def past_simulation(state: State, draws: int, seed: int = 7) -> Simulated:
    """Records simulated over `HORIZONS` from a state's day, of benchmarks that a window may count."""
    tasks = sorted(counted_tasks(state.world, MODELS_AT_THE_ORIGIN))
    days = [state.world.as_of + pd.DateOffset(months=months) for months in HORIZONS]
    return simulate(state, tasks, days, draws=draws, seed=seed)


def forecast_records(
    trained: Trained,
    days: Sequence[pd.Timestamp],
    tasks: Sequence[str] | None = None,
    *,
    draws: int = 1000,
    seed: int = 0,
    start: pd.Timestamp | None = None,
) -> RecordForecast:
    """Records by each day, as joint draws. ``start`` is where the tables end (default: see `tables_end`)."""
    state = trained.state
    names = sorted(state.tasks) if tasks is None else list(tasks)
    start = tables_end(state.world) if start is None else pd.Timestamp(start)
    ordered = sorted(pd.Timestamp(day) for day in days)
    simulated = simulate(state, names, ordered, draws=draws, seed=seed, start=start)
    about = state.world.tasks.loc[names]
    out = np.zeros(simulated.best.shape)
    holders = simulated.holder.astype(int)
    for j, name in enumerate(names):
        record, (unit, chance, _) = simulated.records[name], scale_of(about, name)
        for d, day in enumerate(ordered):
            years = max((day - start).days / YEAR, 1.0 / YEAR)
            raw = simulated.best[:, j, d] - record.z
            gain = np.maximum(trained.spread.adjust(raw, simulated.gap[j], record.z, unit, years), 0.0)
            score = np.where(gain > 0, from_link(record.z + gain, unit, chance), record.score)
            out[:, j, d] = np.maximum(score, record.score)
            holders[:, j, d] = np.where(out[:, j, d] > record.score, holders[:, j, d], -1)
    np.maximum.accumulate(out, axis=2, out=out)
    return RecordForecast(
        names,
        about["unit"].tolist(),
        ordered,
        simulated.records,
        out,
        holders,
        simulated.measured,
        simulated.organisations,
    )


QUIET = 30
"""Days without a new row that are no sign that the tables have ended."""


def tables_end(world: World) -> pd.Timestamp:
    """The day from which releases are simulated: the newest visible day, or the forecast's own where that is near."""
    quiet = (world.as_of - world.newest).days
    return world.as_of if quiet <= QUIET else world.newest
