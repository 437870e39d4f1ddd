"""Which benchmarks, origins and windows count in the tests by date, fixed before anything was fitted.

- A benchmark counts with ten models at the end of the tables, in one of the units that the forecast covers; averages in
  points are over shares, other units stand apart.
- Origins are the first days of quarters. The release reading begins in July 2023, when twenty windows are closed; the dated one in October 2024,
  before which hardly any row has a witnessed day.
- A window runs from an origin over 3, 6 or 12 months and ends within the tables. It counts for a benchmark with three
  models known at the origin and at least one model newly measured in the window.
- What is chosen at an origin (references' spreads, a damping, a calibration) rests on windows closed by then, of rows
  known by then: of the same reading where forty of them are closed, else of those rows' release reading. A closed window
  counts with three models at its origin, something new in it, and five models by the day of choosing.
- New models: released in the quarter after an origin, with eight scores on benchmarks with three models at the origin.
  Of these 0, 1, 3 or 5 are known, the earliest ones, and the others are forecast.
- The last four origins of quarters that end within the tables are looked at once, when nothing is chosen any more.
"""

from __future__ import annotations

import pandas as pd

from forecast.by_date.tables import Tables
from forecast.by_date.world import World, see

HORIZONS = (3, 6, 12)
FIRST_ORIGIN = {"release": pd.Timestamp("2023-07-01"), "dated": pd.Timestamp("2024-10-01")}
LAST_ORIGINS = 4
MODELS_AT_THE_END, MODELS_AT_THE_ORIGIN, MODELS_WHEN_CLOSED = 10, 3, 5
CLOSED_WINDOWS = 40
KNOWN_SCORES = (0, 1, 3, 5)
SCORES_OF_A_MODEL = 8
THRESHOLDS = (0.1, 0.25, 0.5)
"""Levels above the record whose Brier score is taken, as shares of the distance from the record to 1."""


def origins(tables: Tables, reading: str, *, last: bool) -> list[pd.Timestamp]:
    """The quarterly origins; with ``last`` only the last four, without it only the others."""
    end = tables.scores["known_on"].max()
    days = [day for day in pd.date_range("2023-01-01", end, freq="QS") if day + pd.DateOffset(months=3) <= end]
    kept = days[-LAST_ORIGINS:] if last else days[:-LAST_ORIGINS]
    return [day for day in kept if day >= FIRST_ORIGIN[reading]]


def counted_tasks(world: World, fewest: int) -> set[str]:
    """Benchmarks with so many models in this world."""
    models = world.rows.groupby("task")["model"].nunique()
    return set(models.index[models >= fewest])


def window(before: World, after: World) -> pd.DataFrame:
    """Each benchmark's record at a window's origin and end, and how many models were newly measured between."""
    return pd.DataFrame(
        {
            "models": before.rows.groupby("task")["model"].nunique(),
            "record": before.rows.groupby("task")["score"].max(),
            "z": before.rows.groupby("task")["z"].max(),
            "record_after": after.rows.groupby("task")["score"].max(),
            "z_after": after.rows.groupby("task")["z"].max(),
            "models_after": after.rows.groupby("task")["model"].nunique(),
        }
    ).assign(new=lambda t: t["models_after"] - t["models"])


def windows(tables: Tables, reading: str, starts: list[pd.Timestamp], end: pd.Timestamp, fewest: int) -> pd.DataFrame:
    """All windows that count among these origins and close by ``end``, of benchmarks with ``fewest`` models by then."""
    worlds: dict[pd.Timestamp, World] = {}

    def at(day: pd.Timestamp) -> World:
        if day not in worlds:
            worlds[day] = see(tables, day, reading)
        return worlds[day]

    counted = counted_tasks(see(tables, end, reading), fewest)
    found = []
    for origin in starts:
        for months in HORIZONS:
            close = origin + pd.DateOffset(months=months)
            if close > end or at(origin).rows.empty:
                continue
            table = window(at(origin), at(close))
            table = table[(table["models"] >= MODELS_AT_THE_ORIGIN) & (table["new"] >= 1)]
            table = table[table.index.isin(counted)].rename_axis("task").reset_index()
            found.append(table.assign(origin=origin, months=months))
    if not found:
        return pd.DataFrame(columns=["task", "models", "record", "z", "record_after", "z_after", "new", "origin", "months"])
    return pd.concat(found, ignore_index=True)


def known_by(tables: Tables, day: pd.Timestamp, reading: str) -> Tables:
    """The tables cut to what was known on a day."""
    from forecast.by_date.tables import known_day

    scores = tables.scores[known_day(tables.scores, reading) <= day]
    releases = tables.releases[tables.releases["released"] <= day]
    return Tables(scores, releases, tables.benchmarks)


def quarters_before(day: pd.Timestamp) -> list[pd.Timestamp]:
    return list(pd.date_range("2023-01-01", day - pd.DateOffset(months=min(HORIZONS)), freq="QS"))


def closed_windows(tables: Tables, reading: str, day: pd.Timestamp) -> tuple[str, pd.DataFrame]:
    """Windows closed by ``day`` among the rows known then, and the reading in which they are taken."""
    known = known_by(tables, day, reading)
    own = windows(known, reading, quarters_before(day), day, MODELS_WHEN_CLOSED)
    if reading == "release" or (own["months"] == min(HORIZONS)).sum() >= CLOSED_WINDOWS:
        return reading, own
    return "release", windows(known, "release", quarters_before(day), day, MODELS_WHEN_CLOSED)
