"""States and simulations of past origins, made once and kept on disk: what was learned of a fold, as arrays."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.by_date.forecasts import past_simulation
from scale_forecast.by_date.history import cut_by, quarters_before
from scale_forecast.by_date.records import Simulated
from scale_forecast.by_date.state import State, fit_world, state_with
from scale_forecast.by_date.tables import Tables
from scale_forecast.by_date.trained import TRAINING, parameter_arrays, restored_parameters
from scale_forecast.by_date.world import World, see
from scale_forecast.cache.fingerprint import code_fingerprint, library_versions
from scale_forecast.cache.state import load_state, save_state

DRAWS = 400
STEPS = 40
Cut = tuple[str, pd.Timestamp] | None
"""A reading and a day by which the rows are cut before an origin sees them; None where it sees all that it may."""


class Kept:
    """States and simulations by reading, origin and cut; nothing is kept on disk where ``folder`` is None."""

    def __init__(self, tables: Tables, folder: Path | None = None) -> None:
        self.tables, self.folder = tables, folder
        self._states: dict[tuple[str, pd.Timestamp, Cut], State] = {}

    def state(self, reading: str, origin: pd.Timestamp, cut: Cut = None) -> State:
        """The state at an origin, begun from the quarter before it."""
        asked = (reading, origin, cut)
        if asked not in self._states:
            self._states[asked] = self._state(reading, origin, cut)
        return self._states[asked]

    def _state(self, reading: str, origin: pd.Timestamp, cut: Cut) -> State:
        tables = self._cut(cut)
        world = see(tables, origin, reading)
        key = f"past-state-{_digest(world, tables)}"
        found = None if self.folder is None else load_state(self.folder, key)
        if found is not None:
            return state_with(world, restored_parameters(found))
        before, start = origin - pd.DateOffset(months=3), None
        if before in quarters_before(origin) and len(see(tables, before, reading).rows):
            start = self.state(reading, before, cut).parameters
        state = fit_world(world, start, most=STEPS)
        if self.folder is not None:
            save_state(self.folder, key, parameter_arrays(state.parameters))
        return state

    def simulated_records(self, reading: str, origin: pd.Timestamp, cut: Cut = None) -> Simulated:
        """Records simulated from an origin, over the horizons that past windows run."""
        tables = self._cut(cut)
        key = f"past-draws-{_digest(see(tables, origin, reading), tables)}"
        found = None if self.folder is None else load_state(self.folder, key)
        if found is not None:
            dates = [pd.Timestamp(day) for day in found["days"].tolist()]
            return Simulated(found["tasks"].tolist(), dates, found["best"], found["gap"])
        made = past_simulation(self.state(reading, origin, cut), DRAWS)
        made = Simulated(made.tasks, made.days, made.best.astype(np.float32), made.gap)
        if self.folder is not None:
            days = np.array([f"{day:%Y-%m-%d}" for day in made.days])
            arrays = {"tasks": np.array(made.tasks, dtype=str), "days": days, "best": made.best, "gap": made.gap}
            save_state(self.folder, key, arrays)
        return made

    def _cut(self, cut: Cut) -> Tables:
        return self.tables if cut is None else cut_by(self.tables, cut[1], cut[0])


def _digest(world: World, tables: Tables) -> str:
    """Of the code, and of all that an origin and the quarters before it may see."""
    made_by = [code_fingerprint(TRAINING), *library_versions(), f"{STEPS} {DRAWS}"]
    digest = hashlib.sha256("|".join([*made_by, world.reading, str(world.as_of)]).encode())
    known = cut_by(tables, world.as_of, world.reading)
    for table in (known.scores, known.releases, known.benchmarks):
        digest.update("|".join(table.columns).encode())
        digest.update(np.sort(pd.util.hash_pandas_object(table, index=False).to_numpy()).tobytes())
    return digest.hexdigest()[:24]
