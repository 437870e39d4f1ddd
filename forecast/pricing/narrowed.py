"""Records as some evaluator, release of a test or setting has them: which scores count, and the futures on these alone.

A test's scores in and out of the series that a scope asks for are two tests of the same models: nothing known of a
model is lost, and the level of the series is learned from its own scores. What is said of a series is held below what
is said of every wider one, draw by draw, so that a narrower question never costs more.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from scale_forecast.by_date.forecasts import Trained
from scale_forecast.by_date.history import cut_by
from scale_forecast.by_date.state import state_with
from scale_forecast.by_date.tables import Tables, as_tables
from scale_forecast.by_date.world import see
from scale_forecast.data.dates import known_days
from scale_forecast.data.names.keys import name_key, name_keys
from scale_forecast.resolvers.judge.futures import Untold
from scale_forecast.resolvers.terms.scope import WAYS, Scope

NEAREST = 4
"""Others that are named where a series has no score."""
Way = tuple[tuple[str, str], ...]
"""One series: of each field that is narrowed its name."""


def ways_of(scope: Scope) -> list[Way]:
    """The series that a scope is narrowed to; none where it takes any score."""
    named = [[(field, name) for name in getattr(scope, field)] for field in WAYS if getattr(scope, field)]
    return list(itertools.product(*named)) if named else []


def without_ways(scope: Scope) -> Scope:
    """The scope with scores of any series."""
    return scope.model_copy(update=dict.fromkeys(WAYS, ()))


def wider(way: Way) -> Iterator[Way]:
    """The series that a series is part of, with one field less; of one field all scores."""
    yield from (way[:at] + way[at + 1 :] for at in range(len(way)))


def is_in(scores: pd.DataFrame, way: Way) -> pd.Series:
    """Which scores are of a series."""
    keep = pd.Series(True, index=scores.index)
    for field, name in way:
        keep &= name_keys(field, scores[field].astype("object")) == name_key(field, name)
    return keep


def narrow(trained: Trained, tables: Tables, scores: pd.DataFrame, task: str, way: Way, as_of: pd.Timestamp) -> Trained:
    """The same with a series' scores alone as those of the test; nothing is trained anew.

    Parameters
    ----------
    tables : scores, releases and benchmarks by date
    scores : every score with who measured it and how (`WAYS`)

    Raises
    ------
    Untold
        Where no score of the series was known, naming what is.
    """
    reading, old, rest = trained.state.world.reading, trained.state.parameters, f"{task}, measured otherwise"
    of_task, inside = scores["task"] == task, is_in(scores, way)
    _require_known(scores[of_task], inside[of_task], task, way, as_of, reading)
    told_apart = scores.assign(task=scores["task"].where(~of_task | inside, rest))
    about = tables.benchmarks[tables.benchmarks["task"] == task].assign(task=rest, benchmark=rest)
    tables = as_tables(told_apart, tables.releases, pd.concat([tables.benchmarks, about], ignore_index=True))
    world = see(cut_by(tables, as_of, reading), trained.state.world.as_of, reading)
    if task not in world.tasks.index:
        raise Untold(f"no score {say_way(way)} on {task} is of a model that was out by {as_of:%Y-%m-%d}")
    parameters = replace(
        old, errors=old.errors | {rest: old.errors[task]}, loadings=old.loadings | {rest: old.loadings[task]}
    )
    return replace(trained, state=state_with(world, parameters))


def _require_known(
    of_task: pd.DataFrame, inside: pd.Series, task: str, way: Way, as_of: pd.Timestamp, reading: str
) -> None:
    known = (known_days(of_task, reading) <= as_of).to_numpy(dtype=bool)
    if (known & inside.to_numpy(dtype=bool)).any():
        return
    said = []
    for field, name in way:
        counts = of_task.loc[known, field].value_counts()
        if not (name_keys(field, counts.index.to_series()) == name_key(field, name)).any():
            others = ", ".join(f"{other} ({count})" for other, count in counts.head(NEAREST).items())
            said.append(f"{field} {name}: known are {others or 'none that say it'}")
    where = "; ".join(said) or "each is known, and never together"
    raise Untold(f"no score {say_way(way)} on {task} was known by {as_of:%Y-%m-%d} ({where})")


def say_way(way: Way) -> str:
    """A series in words."""
    how = {"evaluator": "measured by {}", "version": "on version {}", "setting": "with {}"}
    return " ".join(how[field].format(name) for field, name in way)
