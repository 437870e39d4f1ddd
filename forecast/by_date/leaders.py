"""How often whoever leads a benchmark still leads some time later: counted in windows that are closed.

Simulated releases let leaders change hands as the models of all who release become known. How long leads lasted of
late is another opinion; both count alike, so that nothing is tuned.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.by_date.history import HORIZONS, MODELS_AT_THE_ORIGIN, quarters_before
from scale_forecast.by_date.world import World
from scale_forecast.data.dates import known_days

PRIOR, TRUST = 0.75, 10.0
"""P(still leads) before any window is closed, and how many windows that counts for."""
OF_LATE = 18
"""Months before the day in which the windows begin that are counted."""
IN_USE = pd.Timedelta(days=183)
"""Age of a benchmark's newest score up to which it is in use."""
SHARE = 0.5
"""Weight of how long leads lasted beside what is simulated."""


@dataclass(frozen=True)
class Lasting:
    """P(whoever leads a benchmark still does) at the ends of windows of `HORIZONS`, and how many were counted."""

    shares: np.ndarray
    windows: np.ndarray

    def stays(self, years: np.ndarray) -> np.ndarray:
        """At each of some times: between the lengths by a straight line, and never more the later."""
        at = np.interp(years, [0.0, *(months / 12.0 for months in HORIZONS)], [1.0, *self.shares])
        return np.minimum.accumulate(at)


def count_lasting(world: World, reading: str) -> Lasting:
    """From what is known, in the reading in which past windows are taken.

    A benchmark counts in a window that begins while it is in use: a score of the half-year before was known. To ask
    for a score from after the window would leave out those on which nothing happened, and so count too many changes.
    """
    rows = world.rows.assign(day=known_days(world.rows, reading))
    scores = _Scores(rows[rows["day"] <= world.as_of], world.models["organisation"])
    oldest = world.as_of - pd.DateOffset(months=OF_LATE)
    starts = [day for day in quarters_before(world.as_of) if day >= oldest]
    stayed, counted = np.zeros(len(HORIZONS)), np.zeros(len(HORIZONS))
    for start in starts:
        leads, maker = scores.leaders(start, MODELS_AT_THE_ORIGIN)
        leads &= scores.are_in_use(start)
        for at, months in enumerate(HORIZONS):
            close = start + pd.DateOffset(months=months)
            if close > world.newest:
                continue
            stayed[at] += (leads & (maker == scores.leaders(close)[1]) & (maker >= 0)).sum()
            counted[at] += leads.sum()
    shares = (stayed + TRUST * PRIOR) / (counted + TRUST)
    return Lasting(np.minimum.accumulate(shares), counted)


class _Scores:
    """The scores of all benchmarks, of each the best first and of equal ones that known first, as numbers."""

    def __init__(self, rows: pd.DataFrame, makers: pd.Series) -> None:
        rows = rows.sort_values(["task", "score", "day", "model"], ascending=[True, False, True, True], kind="stable")
        self.day = rows["day"].to_numpy()
        self.task, tasks = pd.factorize(rows["task"])
        self.model, models = pd.factorize(rows["model"])
        self.maker = pd.factorize(models.map(makers.to_dict()))[0][self.model]
        self.tasks, self.models = len(tasks), len(models)

    def leaders(self, day: pd.Timestamp, fewest: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Which benchmarks have so many models on a day, and of each whose its best score is; -1 for nobody's."""
        known = np.flatnonzero(self.day <= day.to_numpy())
        pairs = np.unique(self.task[known] * self.models + self.model[known])
        enough = np.bincount(pairs // self.models, minlength=self.tasks) >= fewest
        measured, first = np.unique(self.task[known], return_index=True)
        maker = np.full(self.tasks, -1)
        maker[measured] = self.maker[known[first]]
        return enough, np.where(enough, maker, -1)

    def are_in_use(self, day: pd.Timestamp) -> np.ndarray:
        """Which benchmarks have a score known in the time before a day."""
        recent = (self.day <= day.to_numpy()) & (self.day > (day - IN_USE).to_numpy())
        return np.bincount(self.task[recent], minlength=self.tasks) > 0


def keeps_lead(own: np.ndarray, stays: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """In which draws and days the holder leads beyond those in which it is simulated to, (draws, days).

    ``own`` (draws, days) says where it does, ``stays`` (days) how likely it is by how long leads lasted, ``drawn`` is a
    uniform number a draw.
    """
    simulated = own.mean(axis=0)
    lacking = SHARE * np.maximum(stays - simulated, 0.0)
    share = lacking / np.maximum(1.0 - simulated, 1e-9)
    return ~own & (drawn[:, None] < share[None, :])
