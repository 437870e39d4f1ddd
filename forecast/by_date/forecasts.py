"""Train for the forecasts of a day: the state of what is known, and the spread that past quarters teach."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from scale_forecast.by_date.fit import Parameters
from scale_forecast.by_date.history import (
    HORIZONS,
    MODELS_AT_THE_ORIGIN,
    closed_windows,
    counted_tasks,
    cut_by,
    learn_spread,
    quarters_before,
)
from scale_forecast.by_date.records import Simulated, simulate
from scale_forecast.by_date.spread import Spread
from scale_forecast.by_date.state import State, fit_world
from scale_forecast.by_date.tables import Tables
from scale_forecast.by_date.world import see

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


def train(tables: Tables, as_of: pd.Timestamp, reading: str = "dated") -> Trained:
    """The state on a day, and the spread from simulated forecasts of the quarters before it."""
    as_of = pd.Timestamp(as_of)
    taken, closed = closed_windows(tables, reading, as_of)
    known = cut_by(tables, as_of, reading)
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
