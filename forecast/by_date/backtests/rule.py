"""Which benchmarks, origins and windows count in the tests by date, fixed before anything was fitted.

- A benchmark counts with ten models at the end of the tables, in one of the units that the forecast covers; averages in
  points are over shares, other units stand apart.
- Origins are the first days of quarters. The release reading begins in July 2023, when twenty windows are closed; the
  dated one in October 2024, before which hardly any row has a witnessed day.
- A window runs from an origin over 3, 6 or 12 months and ends within the tables. It counts for a benchmark with three
  models known at the origin and at least one model newly measured in the window.
- What is chosen at an origin (references' spreads, a damping, a calibration) rests on windows closed by then, of rows
  known by then: of the same reading where forty of them are closed, else of those rows' release reading. A closed
  window
  counts with three models at its origin, something new in it, and five models by the day of choosing.
- New models: released in the quarter after an origin, with eight scores on benchmarks with three models at the origin.
  Of these 0, 1, 3 or 5 are known, the earliest ones, and the others are forecast.
- The last four origins of quarters that end within the tables are looked at once, when nothing is chosen any more.
  They were looked at on 2026-11-30, and nothing was chosen after it.
"""

from __future__ import annotations

import pandas as pd

from scale_forecast.by_date.history import windows
from scale_forecast.by_date.tables import Tables

FIRST_ORIGIN = {name: pd.Timestamp("2024-10-01") for name in ("dated", "strict")} | {
    "release": pd.Timestamp("2023-07-01")
}
LAST_ORIGINS = 4
MODELS_AT_THE_END = 10
KNOWN_SCORES = (0, 1, 3, 5)
SCORES_OF_A_MODEL = 8
THRESHOLDS = (0.1, 0.25, 0.5)
"""Levels above the record whose Brier score is taken, as shares of the distance from the record to 1."""


def origins(tables: Tables, *, reading: str, last: bool) -> list[pd.Timestamp]:
    """The quarterly origins; with ``last`` only the last four, without it only the others."""
    end = tables.scores["known_on"].max()
    days = [day for day in pd.date_range("2023-01-01", end, freq="QS") if day + pd.DateOffset(months=3) <= end]
    kept = days[-LAST_ORIGINS:] if last else days[:-LAST_ORIGINS]
    return [day for day in kept if day >= FIRST_ORIGIN[reading]]


def targets(tables: Tables, reading: str, *, last: bool) -> pd.DataFrame:
    """All windows that count, ``last`` origins included only if asked for."""
    days = origins(tables, reading=reading, last=False)
    days += origins(tables, reading=reading, last=True) if last else []
    return windows(tables, reading, days, tables.scores["known_on"].max(), MODELS_AT_THE_END)
