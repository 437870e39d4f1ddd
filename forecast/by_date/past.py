"""How such forecasts of records fared at like origins, of those that had closed by a day.

The forecasts of past windows are kept as they were measured by ``benchmarks.records``, a row a window. A line of
today's rests on rows whose window had closed on the day of knowledge, so that it says no more than was known then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

LEVELS = (0.0, 0.2, 0.5, 0.8, 1.01)
"""Ends of the ranges of a record that count as alike."""
ANY = "any"
FEWEST = 40
"""Closed windows below which all levels of the horizon are taken together, and below which nothing is said."""


@dataclass(frozen=True)
class Fared:
    """Of so many windows the share inside the 80% interval, and how far the CRPS was below the record's own drift.

    ``of`` says which records the windows began with: ``any``, or the ends of their range.
    """

    of: str
    months: int
    windows: int
    held: float
    skill: float

    def sentence(self) -> str:
        below = f"{abs(self.skill):.0%} {'below' if self.skill >= 0 else 'above'} the record's own drift"
        ahead = (
            f"of {self.of} record, {self.months} months ahead at past origins"
            if self.of == ANY
            else (f"of records {self.of}, {self.months} months ahead at past origins")
        )
        return f"{ahead}: 80% intervals held {self.held:.0%} of {self.windows}; CRPS {below}"


def past_windows(past: pd.DataFrame, as_of: pd.Timestamp, reading: str) -> pd.DataFrame:
    """The windows of a reading that had closed on a day.

    ``past`` has ``reading, origin, months, task, record, pit, crps, crps_of_drift``.
    """
    kept = past[past["reading"] == ("release" if reading == "release" else "dated")]
    closed = np.zeros(len(kept), dtype=bool)
    for months in kept["months"].unique():
        closed |= (
            (kept["months"] == months) & (kept["origin"] + pd.DateOffset(months=int(months)) <= as_of)
        ).to_numpy()
    return kept[closed]


def performance(kept: pd.DataFrame, days: int, record: float) -> Fared | None:
    """How the forecasts of closed windows fared over about ``days``; None where these are too few.

    Windows are alike that are of the nearest length and whose record stood at the same level, where there are `FEWEST`
    of these.
    """
    lengths = np.sort(kept["months"].unique())
    if not len(lengths):
        return None
    months = int(lengths[np.abs(np.log(lengths * 30.4 / max(days, 1))).argmin()])
    kept = kept[kept["months"] == months]
    of, level = ANY, _level(record)
    cell = np.searchsorted(LEVELS, kept["record"], side="right") == level
    if cell.sum() >= FEWEST:
        kept, of = kept[cell], f"from {LEVELS[level - 1]:g} to {min(LEVELS[level], 1.0):g}"
    if len(kept) < FEWEST:
        return None
    skill = 1.0 - kept["crps"].mean() / kept["crps_of_drift"].mean()
    return Fared(of, months, len(kept), float(kept["pit"].between(0.1, 0.9).mean()), float(skill))


def _level(record: float) -> int:
    """Which of the ranges of `LEVELS` a record is in."""
    return int(np.searchsorted(LEVELS, record, side="right"))


def with_past(
    table: pd.DataFrame, past: pd.DataFrame, as_of: pd.Timestamp, reading: str, start: pd.Timestamp
) -> pd.DataFrame:
    """A table of records with ``past_of, past_months, past_windows, past_held, past_skill``; empty for no share."""
    closed = past_windows(past, as_of, reading)
    known: dict[tuple[str, int, int], Fared | None] = {}
    found = []
    for unit, by, record in zip(table["unit"], table["by"], table["record_now"], strict=True):
        alike = unit, (by - start).days, _level(record)
        if alike not in known:
            known[alike] = performance(closed, (by - start).days, record) if unit == "share" else None
        like = known[alike]
        found.append(
            (None, *(np.nan,) * 4) if like is None else (like.of, like.months, like.windows, like.held, like.skill)
        )
    names = ["past_of", "past_months", "past_windows", "past_held", "past_skill"]
    return table.join(pd.DataFrame(found, columns=names, index=table.index))
