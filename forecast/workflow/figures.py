"""Look at the bundled figures, and read the user's own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from scale_forecast.data.catalog import bundled_results
from scale_forecast.data.coverage import bundled_coverage
from scale_forecast.data.errors import UsageError
from scale_forecast.data.overview import overview, printable, select
from scale_forecast.data.readers import Layout, Loaded, read, read_models
from scale_forecast.data.results import known_rows
from scale_forecast.workflow.clock import Day, as_day
from scale_forecast.workflow.frontier import frontier_tables
from scale_forecast.workflow.tables import Results, Tell, silent, tables_of


def list_data(by: str = "dataset", *, data: str | Path | None = None, bundled: bool = False) -> pd.DataFrame:
    """What is bundled, added by hand and fetched, counted by dataset, benchmark, line, family, model or metric.

    Parameters
    ----------
    data, bundled : the folder of your own data, or leave them out: see `workflow.frontier.frontier_tables`
    """
    frontier = frontier_tables(data=data, bundled=bundled)
    every = pd.concat([bundled_results(), frontier.results()], ignore_index=True)
    return overview(every, by, bundled_coverage())


def show_data(
    results: Results = None, *, as_of: Day | None = None, tell: Tell = silent, **wanted: str | None
) -> pd.DataFrame:
    """Rows of the bundled figures, or of results joined with them, that were public on a day.

    ``wanted`` is a value of some columns, as ``family="Gopher"``.
    """
    rows = select(tables_of(results, tell, frontier=True, as_of=as_of).results, **wanted)
    day = as_day(as_of)
    known = known_rows(rows, day)
    if known.empty:
        raise UsageError(f"none of these {len(rows)} scores was public on {day:%Y-%m-%d}: ask for a later day")
    return printable(known.reset_index(drop=True))


def import_data(
    paths: Sequence[str | Path],
    *,
    models: str | Path | None = None,
    as_model: str | None = None,
    layout: Layout | None = None,
    stdin: BinaryIO | None = None,
    tell: Tell = silent,
) -> Loaded:
    """Results of files of any known layout, alone, with what was found, kept and refused of each file.

    Parameters
    ----------
    paths : files and folders; ``-`` is ``stdin``
    models : table of sizes and families
    as_model : what to call the model of files that name none
    layout : how to read tables
    """
    described = read_models(models) if models else None
    loaded = read(paths, models=described, layout=layout, model=as_model, stdin=stdin)
    for sentence in loaded.notes:
        tell(sentence)
    return loaded
