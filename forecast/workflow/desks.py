"""Where a question of a day is priced: what is known then, by scale and by date, the user's own data included."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from scale_forecast.by_date.coming import with_groups
from scale_forecast.by_date.tables import as_tables
from scale_forecast.data.frontier import DATASET, Frontier, bundled_frontier_tables
from scale_forecast.data.load import Tables, with_frontier
from scale_forecast.data.results import COLUMNS
from scale_forecast.parallel import Workers
from scale_forecast.predictors.registry import make
from scale_forecast.pricing import Desk
from scale_forecast.pricing.futures import RecordFutures
from scale_forecast.pricing.model import DRAWS
from scale_forecast.workflow.frontier import frontier_tables, swept_until
from scale_forecast.workflow.places import cache_folder
from scale_forecast.workflow.tables import Tell, silent


def by_date_of(day: date, data: str | Path | None, bundled: bool, tell: Tell) -> Frontier | None:
    """The tables by date with the user's own, which are told; None where they are the bundled ones."""
    frontier = frontier_tables(day, data=data, bundled=bundled)
    if frontier.own is not None:
        tell(frontier.own)
    return None if frontier.is_bundled else frontier


def add_names(tables: Tables, own: Frontier | None) -> Tables:
    """The tables with the user's own scores by date, whose benchmarks, models and makers words may name."""
    if own is None:
        return tables
    scores = own.results()
    rows = scores.loc[scores["dataset"] != DATASET, list(COLUMNS)]
    return replace(tables, results=pd.concat([tables.results, rows], ignore_index=True))


def desk_of(
    tables: Tables, own: Frontier | None, day: date, predictor: str, seed: int, workers: Workers | None,
    *, widen: bool = True, tell: Tell = silent,
) -> Desk:  # fmt: skip
    """What is known on a day, by scale and by date, as the judge sees it too.

    ``own`` are the tables by date with a user's own, None the bundled ones, which every process has for itself: what
    is handed over from another one is no longer known to be these. ``widen`` as for `RecordFutures`.
    """
    make(predictor)
    frontier = bundled_frontier_tables() if own is None else own
    return Desk(
        tables, day, predictor=predictor, cache=cache_folder(), seed=seed, workers=workers or Workers(),
        judged=with_frontier(tables, frontier), futures=_futures(frontier, day, seed, str(tables.reading), widen, tell),
        earlier=lambda then: desk_of(tables, own, then, predictor, seed, workers, widen=widen, tell=tell),
    )  # fmt: skip


def _futures(frontier: Frontier, day: date, seed: int, reading: str, widen: bool, tell: Tell) -> RecordFutures:
    """The records by date of a day; nothing is trained before a question asks for them."""
    benchmarks = frontier.benchmarks
    metrics = dict(zip(benchmarks["task"], benchmarks["metric"], strict=True))
    releases = with_groups(frontier.releases, len(bundled_frontier_tables().releases))
    tables = as_tables(frontier.scores, releases, benchmarks)
    until = None if frontier.is_bundled else swept_until(frontier, pd.Timestamp(day), reading)
    return RecordFutures(
        tables, day, metrics, draws=DRAWS, seed=seed, cache=cache_folder(), reading=reading, until=until, widen=widen,
        scores=frontier.scores, tell=tell,
    )  # fmt: skip
