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
    rows = rows[rows["day"] <= world.as_of]
    rows = rows.assign(maker=rows["model"].map(world.models["organisation"]))
    oldest = world.as_of - pd.DateOffset(months=OF_LATE)
    starts = [day for day in quarters_before(world.as_of) if day >= oldest]
    stayed, counted = np.zeros(len(HORIZONS)), np.zeros(len(HORIZONS))
    for start in starts:
        known = rows[rows["day"] <= start]
        in_use = known.groupby("task")["day"].max() > start - IN_USE
        before = _leaders(known, start)
        before = before[in_use.reindex(before.index)]
        for at, months in enumerate(HORIZONS):
            close = start + pd.DateOffset(months=months)
            if close > world.newest:
                continue
            stayed[at] += (before == _leaders(rows, close, fewest=1).reindex(before.index)).sum()
            counted[at] += len(before)
    shares = (stayed + TRUST * PRIOR) / (counted + TRUST)
    return Lasting(np.minimum.accumulate(shares), counted)


def _leaders(rows: pd.DataFrame, day: pd.Timestamp, fewest: int = MODELS_AT_THE_ORIGIN) -> pd.Series:
    """Whose the best score of each benchmark with so many models is on a day; of equal ones that known first."""
    known = rows[rows["day"] <= day]
    enough = known.groupby("task")["model"].nunique() >= fewest
    best = known.sort_values(["task", "score", "day", "model"], ascending=[True, False, True, True], kind="stable")
    first = best.drop_duplicates("task").set_index("task")["maker"]
    return first[enough.reindex(first.index)]


def keeps_lead(own: np.ndarray, stays: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """In which draws and days the holder leads beyond those in which it is simulated to, (draws, days).

    ``own`` (draws, days) says where it does, ``stays`` (days) how likely it is by how long leads lasted, ``drawn`` is a
    uniform number a draw.
    """
    simulated = own.mean(axis=0)
    lacking = SHARE * np.maximum(stays - simulated, 0.0)
    share = lacking / np.maximum(1.0 - simulated, 1e-9)
    return ~own & (drawn[:, None] < share[None, :])
