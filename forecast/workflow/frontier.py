"""The tables by date as a command reads them: the bundled ones, joined with a user's own as of a day."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from scale_forecast.data.dates import Reading, known_days
from scale_forecast.data.frontier import DATASET, Frontier, bundled_frontier_tables
from scale_forecast.data.names import count_of
from scale_forecast.data.own import added as by_hand
from scale_forecast.data.own import vintages as fetched
from scale_forecast.data.own.sources import public_sources
from scale_forecast.data.own.world import join_own
from scale_forecast.workflow.clock import Day, as_day, now
from scale_forecast.workflow.places import data_folder


def frontier_tables(as_of: Day | None = None, *, data: str | Path | None = None, bundled: bool = False) -> Frontier:
    """The bundled tables by date joined with a user's own as of a day: what was added or fetched later is not read.

    Parameters
    ----------
    as_of : the day; today when None
    data : the user's folder; FORECAST_DATA or a folder of the user's when None
    bundled : the bundled tables alone
    """
    if bundled:
        return bundled_frontier_tables()
    day = as_day(as_of)
    return frontier_at(data_folder(data), pd.Timestamp(now().date()) if day is None else day)


def frontier_at(folder: Path, day: pd.Timestamp) -> Frontier:
    """The tables with what a folder held by a day."""
    scores = by_hand.added_rows(by_hand.list_added(folder), day)
    found = fetched.vintages(folder, day)
    rows = fetched.vintage_rows(folder, found)
    newest = {vintage.source: vintage for vintage in found}
    said = [count_of(len(scores), "score") + " added by hand"] if len(scores) else []
    said += [f"{vintage.title} of {vintage.fetched_on}" for vintage in newest.values()]
    parts = [part for part in (scores, rows) if len(part)]
    if not parts:
        return bundled_frontier_tables()
    return join_own(pd.concat(parts, ignore_index=True), f"with your own data: {', '.join(said)}")


def swept_until(frontier: Frontier, day: pd.Timestamp, reading: Reading | str) -> pd.Timestamp:
    """The newest day known of a public table; what a user adds says nothing of the models that it leaves out."""
    scores = frontier.scores
    if not frontier.is_bundled:
        scores = scores[scores["dataset"].str.partition(" ")[0].isin([DATASET, *public_sources()])]
    days = known_days(scores, reading)
    return days[days <= day].max()
