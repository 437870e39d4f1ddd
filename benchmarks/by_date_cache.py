"""Fits and simulations of the tests by date, kept on disk: a fold's are made once a state of the code and the
tables."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.by_date.history import HORIZONS, MODELS_AT_THE_ORIGIN, counted_tasks, known_by, quarters_before
from scale_forecast.by_date.records import Simulated, simulate
from scale_forecast.by_date.state import State, fit_world
from scale_forecast.by_date.tables import Tables
from scale_forecast.by_date.world import see

DRAWS = 400


class Cache:
    """States and simulations by reading, day of cutting (None: not cut) and origin."""

    def __init__(self, tables: Tables, folder: Path) -> None:
        self.tables = tables
        code = sorted((Path(__file__).parent.parent / "forecast" / "by_date").glob("*.py"))
        core = [p for p in code if p.stem in ("tables", "link", "world", "kernels", "fit", "state")]
        rest = [p for p in code if p.stem in ("releases", "futures", "records", "scopes")]
        whole = (tables.scores, tables.releases, tables.benchmarks)
        data = b"".join(pd.util.hash_pandas_object(table).to_numpy().tobytes() for table in whole)
        self.fits = folder / _digest(core, data)
        self.simulations = folder / _digest(core + rest, data)
        self.fits.mkdir(parents=True, exist_ok=True)
        self.simulations.mkdir(parents=True, exist_ok=True)

    def state(self, reading: str, origin: pd.Timestamp, cut: tuple[str, pd.Timestamp] | None = None) -> State:
        """The state at an origin, begun from the quarter before it; ``cut`` is a reading and a day that cut the
        rows."""

        def make() -> State:
            tables = self.tables if cut is None else known_by(self.tables, cut[1], cut[0])
            world = see(tables, origin, reading)
            before = origin - pd.DateOffset(months=3)
            start = None
            if len(see(tables, before, reading).rows) and before in quarters_before(origin):
                start = self.state(reading, before, cut).parameters
            return fit_world(world, start, most=40)

        return _kept(self.fits / f"{_name(reading, origin, cut)}.state", make)

    def simulated(self, reading: str, origin: pd.Timestamp, cut: tuple[str, pd.Timestamp] | None = None) -> Simulated:
        def make() -> Simulated:
            state = self.state(reading, origin, cut)
            tasks = sorted(counted_tasks(state.world, MODELS_AT_THE_ORIGIN))
            days = [origin + pd.DateOffset(months=months) for months in HORIZONS]
            found = simulate(state, tasks, days, draws=DRAWS, seed=7)
            return Simulated(**{**found.__dict__, "best": found.best.astype(np.float32)})

        return _kept(self.simulations / f"{_name(reading, origin, cut)}.sim", make)


def _kept(path: Path, make: Callable) -> object:
    if not path.exists():
        made = make()
        part = path.with_suffix(".part")
        part.write_bytes(pickle.dumps(made))
        part.rename(path)
        return made
    return pickle.loads(path.read_bytes())


def _name(reading: str, origin: pd.Timestamp, cut: tuple[str, pd.Timestamp] | None) -> str:
    name = f"{reading}-{origin.date()}"
    return name if cut is None else f"{name}-cut-{cut[0]}-{cut[1].date()}"


def _digest(code: list[Path], data: bytes) -> str:
    digest = hashlib.sha256(data)
    for path in code:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
