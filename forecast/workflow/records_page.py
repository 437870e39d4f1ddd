"""The page of `forecast records --report`: what the records, the index and the leaders say together."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.by_date.index import capability_index
from scale_forecast.by_date.present import SHARES, ladder_table, record_table
from scale_forecast.by_date.record_forecast import RecordForecast, read_records
from scale_forecast.show.report.world import World, tasks_to_draw, world_page
from scale_forecast.workflow import clock
from scale_forecast.workflow.found_by_date import Records

CROSSED = 2
"""Thresholds below a record that are named, the highest ones."""


def records_page(found: Records, *, command: str | None = None) -> str:
    """One self-contained page about the records of a forecast; ``command`` is how it was asked for, which it says."""
    tasks = tasks_to_draw(found.table)
    days = [found.paths.start, *(day for day in found.paths.days if found.paths.start < day < found.last), found.last]
    between = read_records(found.paths, days, tasks, found.scope)
    names = found.table[["task", "benchmark"]].drop_duplicates()
    state = found.paths.state
    models = state.world.models
    known = state.world.rows[state.world.rows["model"].isin(models.index[found.scope.holds(models)])]
    ladder = found.ladder
    if ladder.empty:
        # From the day of knowledge on, as the ladder of the command: the day of even odds is one of these months.
        months = pd.date_range(found.as_of, found.last, freq="MS")
        asked = found.forecast.days
        ladder = ladder_table(read_records(found.paths, sorted({*asked, *months}), tasks, found.scope))
        ladder = ladder[ladder["by"].isin(asked)].reset_index(drop=True)
    said = found.scope.sentence()
    world = World(
        found.table,
        record_table(between, names),
        known.loc[known["task"].isin(tasks), ["task", "day", "score", "model"]],
        ladder,
        crossed_thresholds(known[known["task"].isin(tasks)], found.table),
        held_records(found.forecast),
        capability_index(state),
        found.as_of,
        found.newest,
        "" if said == "" else said,
        ({"Command": command} if command else {}) | {"Made": f"{clock.now():%Y-%m-%d %H:%M} UTC"},
    )
    return world_page(world)


def crossed_thresholds(known: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """The highest round shares that each benchmark's record has crossed: ``task, threshold, day, model``."""
    shares = set(records.loc[records["unit"] == "share", "task"])
    rows = []
    for task, scores in known[known["task"].isin(shares)].groupby("task"):
        order = scores.sort_values(["day", "model"], kind="stable")
        best = float(order["score"].max())
        for threshold in [share for share in SHARES if share <= best][-CROSSED:]:
            first = order[order["score"] >= threshold].iloc[0]
            rows.append((str(task), threshold, first["day"], str(first["model"])))
    return pd.DataFrame(rows, columns=["task", "threshold", "day", "model"])


def held_records(forecast: RecordForecast) -> pd.DataFrame:
    """Of each organisation the records that it holds now, and how many it is expected to hold on the last day."""
    now = pd.Series([record.organisation for record in forecast.records.values()]).value_counts()
    then: dict[str, float] = {}
    for task in forecast.tasks:
        for who, share in forecast.holder(task).items():
            then[str(who)] = then.get(str(who), 0.0) + float(share)
    table = pd.DataFrame({"now": now, "to_come": pd.Series(then)}).fillna(0.0).rename_axis("organisation")
    table = table[np.maximum(table["now"], table["to_come"]) >= 0.5].reset_index()
    order = table.sort_values(["now", "to_come", "organisation"], ascending=[False, False, True], kind="stable")
    return order.astype({"now": int}).reset_index(drop=True)
