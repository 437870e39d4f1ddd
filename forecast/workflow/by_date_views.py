"""Pictures of forecasts by date: records with their fans, and the capability index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from scale_forecast.by_date.present import record_table
from scale_forecast.by_date.record_forecast import read_records
from scale_forecast.show.plots.records import PANELS, draw_index, draw_records
from scale_forecast.workflow.by_date import index, records
from scale_forecast.workflow.tables import Results, Tell, silent


def plot_records(
    by: str,
    results: Results = None,
    *,
    benchmarks: str | Sequence[str] = (),
    tell: Tell = silent,
    **about: Any,
) -> Any:
    """Known scores of some benchmarks, their records and the fan until ``by``; the benchmarks of most models for none.

    The other arguments are those of `records`.
    """
    found = records(by, results, benchmarks=benchmarks, tell=tell, **about)
    order = found.table.sort_values(["models", "task"], ascending=[False, True], kind="stable")
    tasks = order["task"].drop_duplicates().head(PANELS).tolist()
    days = [found.paths.start, *(day for day in found.paths.days if day > found.paths.start and day < found.last)]
    fan = record_table(read_records(found.paths, [*days, found.last], tasks, found.scope), order[["task", "benchmark"]])
    world = found.paths.state.world
    known = world.rows[world.rows["model"].isin(world.models.index[found.scope.holds(world.models)])]
    return draw_records(known[known["task"].isin(tasks)], fan, as_of=found.as_of, until=found.newest)


def plot_index(results: Results = None, *, tell: Tell = silent, **about: Any) -> Any:
    """The capability index of every model by its release, those named that led. The arguments are those of `index`."""
    found = index(results, tell=tell, **about)
    return draw_index(found.table, as_of=pd.Timestamp(found.as_of))
