"""The tables a command works on: the bundled figures, or a user's own results joined with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from scale_forecast.data.catalog import bundled_metrics, bundled_results, bundled_tasks
from scale_forecast.data.coverage import as_coverage, bundled_coverage, no_coverage, own_coverage
from scale_forecast.data.dates import Reading, as_read
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.frontier import Frontier, bundled_frontier_tables
from scale_forecast.data.names import count_of, did_you_mean, fold, fold_series
from scale_forecast.data.names.tasks import describe_by_name
from scale_forecast.data.readers import Layout, read, read_models, read_tasks
from scale_forecast.data.readers.files import Source
from scale_forecast.data.readers.tables import read_csv
from scale_forecast.data.results import COLUMNS, has_size, join_results
from scale_forecast.data.scale import without_size
from scale_forecast.data.tasks import TASK_COLUMNS, as_tasks, directions

Given = str | Path | pd.DataFrame
"""A file or folder of results, or a table of them."""
_COVERAGE = "give the columns source, covers, complete_until, and families or benchmark"


@dataclass(frozen=True)
class Tables:
    """What `load` returns.

    Attributes
    ----------
    results, tasks, metrics : DataFrame
        As `data.results.as_results`, `data.tasks.as_tasks` and `data.tasks.as_metrics` return them.
    notes : list of str
        What was inferred, replaced or refused on the way, one sentence each; for stderr.
    own_families : tuple of str
        Families of the user's own rows; empty for the bundled figures alone.
    coverage : DataFrame
        Which of the sources would hold which row, until when (`data.coverage`).
    reading : Reading
        How the days of the rows were read (`data.dates`).
    """

    results: pd.DataFrame
    tasks: pd.DataFrame
    metrics: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    own_families: tuple[str, ...] = ()
    coverage: pd.DataFrame = field(default_factory=no_coverage)
    reading: Reading | str = Reading.DATED

    def __repr__(self) -> str:
        models, tasks = (count_of(self.results[name].nunique(), name) for name in ("model", "task"))
        own = f", own families {', '.join(self.own_families)}" if self.own_families else ""
        return f"<Tables: {count_of(len(self.results), 'score')} of {models} on {tasks}{own}>"


def load(
    paths: Given | Sequence[Given] = (),
    *,
    tasks: str | Path | None = None,
    models: str | Path | None = None,
    layout: Layout | None = None,
    model: str | None = None,
    stdin: BinaryIO | None = None,
    several_sources: bool = False,
    frontier: Frontier | bool = False,
    coverage: str | Path | None = None,
    reading: Reading | str = Reading.DATED,
    by_size: bool = True,
) -> Tables:
    """Read a user's results in any known format and join them with the bundled figures.

    The user's rows replace bundled rows of the same line (see `replaced_lines`); bundled rows of other lines stay.
    With ``several_sources`` nothing is replaced: a key may carry a score from each source, and the judge reports where
    they disagree. Without ``paths`` the bundled figures alone.

    Parameters
    ----------
    paths : a file, a folder, a DataFrame, or several; of any layout that `data.readers` knows
    layout, model, stdin : see `data.readers.read`
    tasks : a tasks table or a folder of BIG-bench tasks; what it says goes before the bundled descriptors
    models : a models table; asked before the bundled models
    frontier : tables by date, or True for the bundled ones
        With the scores since 2022 of models whose sizes are mostly unpublished, for whoever goes by date or judges;
        the forecasts by scale do without.
    coverage : a coverage table: of whom else the user's results are complete, and until when
    reading : how days are read (`data.dates`); of the usual one the bounds of days stay, for the judge to weigh
    by_size : whether to say what matters by size alone: what bundled rows the user's replace, what is left out

    Raises
    ------
    DataError
        One sentence on what is wrong, where, and what to do.
    """
    bundled = bundled_results()[list(COLUMNS)]
    by_date = bundled_frontier_tables() if frontier is True else frontier or None
    if by_date is not None:
        bundled = pd.concat([bundled, by_date.results()[list(COLUMNS)]], ignore_index=True)
    own = [by_date.own] if by_date is not None and by_date.own is not None else []
    described = None if tasks is None else read_tasks(tasks)
    known_models = None if models is None else read_models(models)
    stated = None if coverage is None else as_coverage(read_csv(coverage, _COVERAGE, dtype=str), where=str(coverage))
    sources = _sources(paths)
    if not sources:
        table, notes = _describe_tasks(bundled, described, None, str(tasks), by_date)
        rows, known = _read_days(bundled, reading), _coverage(None, stated, by_date is not None)
        return Tables(rows, table, bundled_metrics(), [*own, *notes], (), known, reading)
    loaded = read(
        sources, models=known_models, layout=layout, model=model, stdin=stdin, several_sources=several_sources
    )
    if several_sources:
        results, notes = pd.concat([loaded.results, bundled], ignore_index=True), []
    else:
        results, notes = join_bundled(loaded.results, bundled)
    table, task_notes = _describe_tasks(loaded.results, described, loaded.tasks, str(tasks), by_date)
    metrics = bundled_metrics()
    families = tuple(loaded.results["family"].unique())
    of_sizes = [*notes, *_without_size(results, metrics)] if by_size else []
    known = _coverage(loaded.results, stated, by_date is not None)
    rows = _read_days(results, reading)
    return Tables(rows, table, metrics, [*own, *loaded.notes, *task_notes, *of_sizes], families, known, reading)


def _sources(paths: Any) -> list[str | Path | Source]:
    """What was given, one or several, as what is read: a table as the text of one, so that both are checked alike."""
    whole = _frame_of(paths)
    if whole is not None or isinstance(paths, str | Path | Mapping | pd.Series) or not isinstance(paths, Iterable):
        each: list[Any] = [paths if whole is None else whole]
    else:
        each = list(paths)
        if each and all(isinstance(one, Mapping) for one in each):
            each = [pd.DataFrame(each)]
    frames = [_frame_of(one) for one in each]
    for one, frame in zip(each, frames, strict=True):
        if frame is None and not isinstance(one, str | Path | Source):
            raise UsageError(f"results are no {type(one).__name__}: give a path, a DataFrame, or several of them")
    return [
        one if frame is None else _source_of(frame, place)
        for place, (one, frame) in enumerate(zip(each, frames, strict=True))
    ]


def _frame_of(given: Any) -> pd.DataFrame | None:
    """A table as a DataFrame: one, columns by name, or one of another library that becomes one; None of all else."""
    if isinstance(given, pd.DataFrame):
        return given
    if isinstance(given, Mapping) and given and all(isinstance(column, Sized) for column in given.values()):
        return None if any(isinstance(column, str) for column in given.values()) else pd.DataFrame(given)
    made = given.to_pandas() if callable(getattr(given, "to_pandas", None)) else None
    return made if isinstance(made, pd.DataFrame) else None


def _source_of(table: pd.DataFrame, place: int) -> Source:
    name = "the DataFrame" if place == 0 else f"DataFrame {place + 1}"
    if table.columns.nlevels > 1 or not table.columns.is_unique:
        raise DataError(f"{name}: its columns have no single name each: give one row of names")
    named = table.index.names != [None]
    text = (table.reset_index() if named else table).to_csv(index=False)
    return Source(Path(name), text.encode())


def _read_days(rows: pd.DataFrame, reading: Reading | str) -> pd.DataFrame:
    return rows if reading == Reading.DATED else as_read(rows, reading)


def with_frontier(tables: Tables, frontier: Frontier | None = None) -> Tables:
    """The same beside the scores since 2022 (the bundled ones) and what their sources cover, for whoever judges."""
    frontier = frontier or bundled_frontier_tables()
    scores = _read_days(frontier.results()[list(COLUMNS)], tables.reading)
    results = pd.concat([tables.results, scores], ignore_index=True)
    listed = bundled_coverage()
    coverage = pd.concat([tables.coverage, listed[listed["covers"] != "families"]], ignore_index=True)
    return replace(tables, results=results, tasks=prefer(tables.tasks, frontier.tasks()), coverage=coverage)


def _coverage(own: pd.DataFrame | None, stated: pd.DataFrame | None, frontier: bool) -> pd.DataFrame:
    """What a user states, then what the user's rows and the bundled tables that are loaded would hold."""
    bundled = bundled_coverage()
    parts = [bundled if frontier else bundled[bundled["covers"] == "families"]]
    if own is not None and not own.empty:
        parts.insert(0, own_coverage(own, "your results"))
    if stated is not None:
        parts.insert(0, stated)
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _without_size(results: pd.DataFrame, metrics: pd.DataFrame) -> list[str]:
    """What forecasts by size go without, of the tasks that have a row without a size."""
    places = results.loc[~has_size(results), ["benchmark", "task"]].drop_duplicates()
    if places.empty:
        return []
    here = results[results["task"].isin(places["task"])]
    sentence = without_size(here, directions(here["metric"], here["higher_is_better"], metrics))
    return [f"{sentence}; give params in --models"] if sentence else []


def join_bundled(own: pd.DataFrame, bundled: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """A user's rows, then the bundled rows of all lines they do not replace; and a note on what was replaced."""
    if own.empty:
        return bundled, []
    lines = replaced_lines(own, bundled)
    gone = bundled["line"].isin({name for name in bundled["line"].unique() if fold(name) in lines})
    joined = join_results([own, bundled[~gone]], where="results and bundled figures")
    if not gone.any():
        return joined, []
    names = ", ".join(sorted(bundled.loc[gone, "line"].unique()))
    return joined, [
        f"{count_of(len(own), 'row')} of yours in place of {count_of(int(gone.sum()), 'bundled row')} of {names}"
    ]


def replaced_lines(own: pd.DataFrame, bundled: pd.DataFrame) -> set[str]:
    """Folded names of the bundled lines a user's rows stand for.

    A line is replaced when the user's rows name one of its families or one of its models: whatever line the user puts
    a bundled model in, its bundled scores must not stay beside it as another line's. A family of another name that
    belongs to the line (a tuned or quantised copy) replaces nothing.
    """
    models = bundled[["line", "family", "model"]].drop_duplicates()
    named = pd.Series(False, index=models.index)
    for column in ("family", "model"):
        named |= fold_series(models[column]).isin(set(fold_series(own[column])))
    return set(fold_series(models["line"])[named])


def _describe_tasks(
    own: pd.DataFrame, users: pd.DataFrame | None, found: pd.DataFrame | None, where: str, frontier: Frontier | None
) -> tuple[pd.DataFrame, list[str]]:
    """The tasks table: the user's descriptors, then the bundled ones, then what files and names tell; and remarks."""
    tasks = bundled_tasks() if frontier is None else prefer(bundled_tasks(), frontier.tasks())
    notes: list[str] = []
    if found is not None and not found.empty:
        tasks = prefer(tasks, found)
    if users is not None:
        users, notes = _in_their_benchmark(users, own, where)
        tasks = prefer(users, tasks)
    by_name = describe_by_name(own, tasks)
    if not by_name.empty:
        tasks = prefer(tasks, as_tasks(by_name, where="tasks known by name"))
        examples = ", ".join(by_name["task"].head(3)) + (", ..." if len(by_name) > 3 else "")
        notes.append(f"{count_of(len(by_name), 'task')} described as the published task of the name ({examples})")
    return tasks, notes


def prefer(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Two tasks tables as one: what ``first`` leaves open of a task is filled from ``second``."""
    key = ["_benchmark", "_task"]
    both = pd.concat([first, second], ignore_index=True)
    both = both.assign(_benchmark=fold_series(both["benchmark"]), _task=fold_series(both["task"]))
    return both.groupby(key, sort=False).first().reset_index(drop=True)[list(TASK_COLUMNS)]


def _in_their_benchmark(users: pd.DataFrame, own: pd.DataFrame, where: str) -> tuple[pd.DataFrame, list[str]]:
    """A description that names no benchmark is of that task in whatever benchmark of the results has it."""
    places = own[["benchmark", "task"]].drop_duplicates()
    places = places.assign(_task=fold_series(places["task"]))
    general = users["benchmark"] == "user"
    named = users[general].assign(_task=fold_series(users.loc[general, "task"])).drop(columns="benchmark")
    spread = places[["benchmark", "_task"]].merge(named, on="_task").drop(columns="_task")
    joined = pd.concat([users[~general], spread[list(TASK_COLUMNS)], users[general]], ignore_index=True)
    joined = joined.drop_duplicates(["benchmark", "task"]).reset_index(drop=True)
    lost = users[~fold_series(users["task"]).isin(set(places["_task"]))]
    if lost.empty:
        return joined, []
    name = str(lost["task"].iloc[0])
    return joined, [
        f"{where}: no result has {count_of(len(lost), 'task')}, first {name!r}{did_you_mean(name, places['task'])}"
    ]
