"""A results table arranged for judging: what was known of a task by a moment, found without a search.

Several tables may be joined, so that one key can carry several scores: exact repeats are dropped (the earliest stays),
different scores stay and are a conflict. Rows without a date are never evidence. Where a table holds only bounds of
the day on which a score became public, `Evidence` reads the latest and `Evidence.earliest` the earliest: the judge is
sure of what both show.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd

from scale_forecast.data.dates import Reading, known_days, latest_day
from scale_forecast.data.frontier import open_weights
from scale_forecast.data.names import fold
from scale_forecast.data.names.keys import AVERAGES, is_of_line, name_key, release_of, same_test, whole_of
from scale_forecast.data.noise import standard_error
from scale_forecast.data.results import KEY, UNIT
from scale_forecast.data.tasks import directions, task_sizes
from scale_forecast.resolvers.judge.wholes import with_means
from scale_forecast.resolvers.terms.scope import SERIES_FIELDS, SERIES_NAMES, Scope

SHOWN = [
    "benchmark", "task", "metric", "shots", "prompt", "evaluator", "version", "setting", "family", "model",
    "checkpoint", "params", "train_flops", "tuning", "released", "known_on", "score", "stderr", "source",
]  # fmt: skip
"""Columns of an evidence row."""
_NAMES = [
    "benchmark", "task", "metric", "prompt", "evaluator", "version", "setting", "family", "line", "organisation",
    "model", "tuning",
]  # fmt: skip
_NEVER = np.datetime64("9999-12-31", "s")
_KEPT = 4096


class Measurement(Protocol):
    """What a criterion measures."""

    @property
    def task(self) -> str: ...
    @property
    def benchmark(self) -> str | None: ...
    @property
    def metric(self) -> str: ...


class Evidence:
    """Everything published, indexed by task and ordered by the day it became known.

    Parameters
    ----------
    results : results table
        One checked table, or several joined (`pd.concat`).
    tasks, metrics : DataFrame
        Descriptors (`data.tasks`): test sizes for standard errors, and directions of metrics.
    reading : Reading
        How the tables' days are read (`data.dates`).
    coverage : DataFrame, optional
        Which source would hold which row (`data.coverage`), so that silence can be told from ignorance.
    has_means : bool
        Whether the results hold the averages already that no table states (`judge.wholes`).

    Attributes
    ----------
    table : DataFrame
        The dated rows, by task and then by ``known_on``; positions in it identify rows everywhere.
    undated : int
        Rows left out because nothing says when they became known.
    """

    def __init__(
        self,
        results: pd.DataFrame,
        tasks: pd.DataFrame,
        metrics: pd.DataFrame,
        reading: Reading = Reading.DATED,
        coverage: pd.DataFrame | None = None,
        has_means: bool = False,
    ) -> None:
        self.coverage = coverage
        self.undated = int(known_days(results, reading).isna().sum())
        results = results if has_means else with_means(results)
        self._given = results, tasks, metrics
        dated = results.assign(_day=known_days(results, reading)).dropna(subset="_day")
        by_task = np.lexsort((dated["_day"].to_numpy(), _code_names(dated["task"], "task")[0]))
        dated = dated.iloc[by_task].reset_index(drop=True)
        codes, shown = {}, {}
        for name in [*_NAMES, "checkpoint", "source"]:
            code, lookup, shown[name] = _code_names(dated[name], name)
            codes[name] = code, lookup
        key = pd.DataFrame({name: codes[name][0] if name in codes else dated[name] for name in KEY})
        again = key.assign(score=dated["score"]).duplicated(keep="first").to_numpy()
        if again.any():
            dated, key = dated[~again].reset_index(drop=True), key[~again].reset_index(drop=True)
            codes = {name: (code[~again], lookup) for name, (code, lookup) in codes.items()}

        self.table = dated[SHOWN]
        self._codes = {name: code for name, (code, _) in codes.items()}
        self._lookup = {name: lookup for name, (_, lookup) in codes.items()}
        self._shown = shown
        self.family = self._codes["family"]
        self.way = key.groupby(UNIT, sort=False, dropna=False).ngroup().to_numpy(dtype=np.int32)
        series = pd.DataFrame({"way": self.way, "family": self.family})
        self.series = series.groupby(["way", "family"], sort=False).ngroup().to_numpy(dtype=np.int32)
        self.conflict = _conflicts(key)

        self.known = dated["_day"].to_numpy().astype("datetime64[s]")
        self.sure = latest_day(dated).to_numpy().astype("datetime64[s]")
        self.has_bounds = bool((dated["known_on"] < dated["_day"]).any())
        self.released = dated["released"].to_numpy().astype("datetime64[s]")
        self.score = dated["score"].to_numpy(dtype=float)
        self.params = dated["params"].to_numpy(dtype=float)
        self.flops = dated["train_flops"].to_numpy(dtype=float)
        self.shots = dated["shots"].to_numpy(dtype=float)
        self.is_checkpoint = dated["checkpoint"].notna().to_numpy()
        higher, self.stderr = _describe_ways(dated, self.way, tasks, metrics)
        self.better = np.where(higher, self.score, -self.score)
        self._without_flops_from = self._first_without_flops()
        self._bounds = np.searchsorted(self._codes["task"], np.arange(len(self._lookup["task"]) + 1))
        self._cache: dict[Any, Any] = {}

    @cached_property
    def earliest(self) -> Evidence:
        """The same rows, each on the first day on which it can have been public."""
        return Evidence(*self._given, Reading.RELEASE, self.coverage, has_means=True) if self.has_bounds else self

    def __len__(self) -> int:
        return len(self.known)

    def _first_without_flops(self) -> np.ndarray:
        """For each family the first day on which one of its rows has no training compute."""
        out = np.full(len(self._lookup["family"]), _NEVER)
        gap = np.flatnonzero(np.isnan(self.flops) & ~np.isnan(self.params))
        np.minimum.at(out, self.family[gap], self.known[gap])
        return out

    def scale(self, rows: np.ndarray, when: np.ndarray) -> np.ndarray:
        """The scale of rows as it was measured at a moment: compute where the whole family had it, else parameters."""
        by_flops = when < self._without_flops_from[self.family[rows]]
        return np.log10(np.where(by_flops, self.flops[rows], self.params[rows]))

    def with_size(self, rows: np.ndarray) -> np.ndarray:
        """Those rows whose model has a place on a scale."""
        return rows[~(np.isnan(self.flops[rows]) & np.isnan(self.params[rows]))]

    def rows_of(self, task: str) -> np.ndarray:
        """Positions of a task's rows, in order of publication."""
        code = self._code("task", task)
        return np.empty(0, dtype=int) if code < 0 else self._span(code)

    def select(self, measured: Measurement, scope: Scope) -> np.ndarray:
        """Positions of the series a criterion looks at, in order of publication, whenever published."""
        wanted = tuple(getattr(scope, name) for name in SERIES_FIELDS)
        key = ("series", measured.task, measured.benchmark, measured.metric, wanted)
        return self.remember(key, lambda: self._select(measured, scope))

    def _select(self, measured: Measurement, scope: Scope) -> np.ndarray:
        rows = self.remember(
            ("measured", measured.task, measured.benchmark, measured.metric), lambda: self._measurements(measured)
        )
        return self.in_series(rows, scope)

    def in_series(self, rows: np.ndarray, scope: Scope) -> np.ndarray:
        """Those rows that are of the series a scope looks at."""
        keep = np.ones(len(rows), dtype=bool)
        for name in SERIES_NAMES:
            wanted = getattr(scope, name)
            if wanted:
                keep &= self._is_one_of(name, wanted, rows)
        if scope.shots:
            keep &= np.isin(self.shots[rows], scope.shots)
        if not scope.checkpoints:
            keep &= ~self.is_checkpoint[rows]
        return rows[keep]

    def _measurements(self, measured: Measurement) -> np.ndarray:
        rows = self.rows_about(measured)
        return rows[self._is_one_of("metric", (measured.metric,), rows)]

    def rows_about(self, measured: Measurement) -> np.ndarray:
        """Positions of all rows of what a criterion measures, in any metric, in order of publication.

        A benchmark's average is looked for under every name that suites and tables give it.
        """
        key = ("about", measured.task, measured.benchmark)
        return self.remember(key, lambda: self._rows_about(measured))

    def _rows_about(self, measured: Measurement) -> np.ndarray:
        rows = self.rows_of(measured.task)
        if measured.benchmark is not None:
            rows = rows[self._ran_same_test(measured.benchmark, measured.task, self._codes["benchmark"][rows])]
        of = whole_of(measured.benchmark, measured.task)
        if of is None:
            return rows
        named = self.rows_of(of)
        split = [code for code, name in enumerate(self._shown["benchmark"]) if name.endswith(")")]
        own = self._ran_same_test(of, of, self._codes["benchmark"][named])
        whole = named[own | ~np.isin(self._codes["benchmark"][named], split)]
        averages = np.concatenate([self.rows_of(name) for name in sorted(AVERAGES)])
        averages = averages[self._codes["benchmark"][averages] == self._code("benchmark", of)]
        found = np.unique(np.concatenate([rows, whole, averages]))
        return found[np.argsort(self.known[found], kind="stable")]

    def _span(self, code: int) -> np.ndarray:
        return np.arange(self._bounds[code], self._bounds[code + 1])

    def newest(self, measured: Measurement, scope: Scope, by: np.datetime64) -> np.datetime64 | None:
        """When the newest score of a criterion's benchmark in the series of a scope became known; None without any.

        A benchmark that is left open is that of the task, or the one that the task is named after.
        """
        wanted = tuple(getattr(scope, name) for name in SERIES_FIELDS)
        key = ("covered", measured.task, measured.benchmark, measured.metric, wanted)
        known = self.remember(key, lambda: np.sort(self.known[self.in_series(self._of_benchmark(measured), scope)]))
        until = int(np.searchsorted(known, by, side="right"))
        return known[until - 1] if until else None

    def _of_benchmark(self, measured: Measurement) -> np.ndarray:
        of_task = np.unique(self._codes["benchmark"][self.rows_about(measured)])
        codes = of_task.tolist() or [self._code("benchmark", measured.benchmark or measured.task)]
        rows = np.flatnonzero(np.isin(self._codes["benchmark"], codes))
        return rows[self._is_one_of("metric", (measured.metric,), rows)]

    def _ran_same_test(self, benchmark: str, task: str, codes: np.ndarray) -> np.ndarray:
        """Which benchmarks of a task are the one asked about, or a suite that ran the same test."""
        distinct = np.unique(codes)
        same = [code for code in distinct if same_test(benchmark, task, self._shown["benchmark"][code], task)]
        return np.isin(codes, same)

    def _is_one_of(self, name: str, wanted: tuple[str, ...], rows: np.ndarray) -> np.ndarray:
        codes = [self._code(name, value) for value in wanted]
        if name == "line":
            codes += [code for value in wanted for code in self._lines_of(value)]
        column = self._codes[name][rows]
        return column == codes[0] if len(codes) == 1 else np.isin(column, codes)

    def _lines_of(self, name: str) -> list[int]:
        """Product lines that bear a name, alone or with more behind it: Claude is Claude Opus too."""
        return [code for code, line in self._bare_lines if is_of_line(line, name)]

    @cached_property
    def _bare_lines(self) -> list[tuple[int, str]]:
        """Lines that are written behind their organisation, without it."""
        found: dict[int, str] = {}
        codes, first = np.unique(self._codes["line"], return_index=True)
        for code, row in zip(codes.tolist(), first.tolist(), strict=True):
            line, organisation = self.name_or_none("line", row), self.name_or_none("organisation", row)
            if line and organisation and line.startswith(f"{organisation} "):
                found[code] = line.removeprefix(f"{organisation} ")
        return list(found.items())

    def _code(self, column: str, name: str) -> int:
        """The number of a name; a name written in full goes before what it is the same as."""
        lookup = self._lookup[column]
        return lookup.get(fold(name), lookup.get(name_key(column, name), -1))

    def may_decide(self, rows: np.ndarray, scope: Scope) -> np.ndarray:
        """Which rows are of a model that may decide. A size or date that is unknown does not pass a bound on it."""
        keep = np.ones(len(rows), dtype=bool)
        if scope.model:
            keep &= self._is_one_of("model", scope.model, rows)
        if scope.weights is not None:
            keep &= self._weights[self._codes["model"][rows]] == scope.weights
        with np.errstate(invalid="ignore"):
            for values, low, high in (
                (self.params, scope.min_params, scope.max_params),
                (self.flops, scope.min_flops, scope.max_flops),
            ):
                if low is not None:
                    keep &= values[rows] >= low
                if high is not None:
                    keep &= values[rows] <= high
        if scope.released_from is not None:
            keep &= self.released[rows] >= np.datetime64(scope.released_from)
        if scope.released_until is not None:
            keep &= self.released[rows] <= np.datetime64(scope.released_until)
        if scope.known_from is not None:
            keep &= self.known[rows] >= np.datetime64(scope.known_from)
        return keep

    @cached_property
    def _weights(self) -> np.ndarray:
        """Of each model ``open`` or ``closed``, as the table of releases has it; empty where that does not say."""
        stated = open_weights()
        released = [release_of(name) for name in self._shown["model"]]
        return np.array([stated.get(name or "", "") for name in released], dtype=object)

    def remember(self, key: Any, compute: Any) -> Any:
        """What ``compute`` gives, kept under ``key``."""
        if key not in self._cache:
            if len(self._cache) >= _KEPT:
                self._cache.clear()
            self._cache[key] = compute()
        return self._cache[key]

    def name(self, column: str, row: int) -> str:
        """A row's benchmark, task, model, ... as it was first written."""
        return self._shown[column][self._codes[column][row]]

    def name_or_none(self, column: str, row: int) -> str | None:
        """As `name`; None where the row does not say."""
        return None if self._codes[column][row] < 0 else self.name(column, row)

    def say(self, row: int) -> str:
        """A row in words: model, score, and when it became known."""
        return f"{self.name('model', row)} at {self.score[row]:.4g} ({self.day(row, self.known)})"

    def day(self, row: int, of: np.ndarray) -> str | None:
        """One of a row's days, ``known`` or ``sure``; None where it has none."""
        return None if np.isnat(of[row]) else str(of[row].astype("datetime64[D]"))

    def names(self, column: str) -> list[str]:
        """Every benchmark, task, model, ... there is a score of."""
        return self._shown[column]

    def metrics_of(self, measured: Measurement) -> list[str]:
        """The metrics that there are scores in of what a criterion measures."""
        codes = np.unique(self._codes["metric"][self.rows_about(measured)])
        return sorted(self._shown["metric"][code] for code in codes)

    def of_model(self, model: str) -> np.ndarray:
        """Positions of all rows of a model."""
        return np.flatnonzero(self._codes["model"] == self._code("model", model))

    def family_of(self, model: str) -> str | None:
        """The family of a model; None where nothing is known of it."""
        rows = self.of_model(model)
        return self.name("family", int(rows[0])) if len(rows) else None

    def families_of(self, line: str) -> list[str]:
        """The families of a line, or the line itself where nothing is known of it."""
        rows = self._codes["line"] == self._code("line", line)
        return [self._shown["family"][code] for code in np.unique(self.family[rows])] or [line]

    def records(self, rows: np.ndarray) -> list[dict[str, Any]]:
        """Rows as plain values, missing as None, dates as text."""
        part = self.table.iloc[rows]
        columns = [_plain_values(part[name]) for name in SHOWN]
        return [dict(zip(SHOWN, values, strict=True)) for values in zip(*columns, strict=True)]


def _plain_values(column: pd.Series) -> list[Any]:
    is_day = column.dtype.kind == "M"
    values = np.datetime_as_string(column.to_numpy(), unit="D").tolist() if is_day else column.tolist()
    return [None if gone else value for value, gone in zip(values, column.isna(), strict=True)]


def _code_names(names: pd.Series, column: str) -> tuple[np.ndarray, dict[str, int], list[str]]:
    """A number for each name, -1 where it is missing; the numbers by compared name; the name as first written.

    Models that two organisations call alike stay two, under their full names.
    """
    codes, distinct = pd.factorize(names)
    lookup: dict[str, int] = {}
    written: list[str] = []
    merged = []
    clash = _find_namesakes(distinct) if column == "model" else set()
    for name in distinct:
        compared = fold(name) if name in clash else name_key(column, name)
        code = lookup.setdefault(compared, len(lookup))
        if code == len(written):
            written.append(str(name))
        merged.append(code)
    return np.array([*merged, -1], dtype=np.int32)[codes], lookup, written


def _find_namesakes(models: Iterable[str]) -> set[str]:
    """Models of several organisations that have one name without them."""
    owners: dict[str, set[str]] = {}
    for name in models:
        owner, slash, _ = str(name).rpartition("/")
        if slash:
            owners.setdefault(name_key("model", name), set()).add(name_key("organisation", owner))
    return {name for name in models if "/" in str(name) and len(owners[name_key("model", name)]) > 1}


def _describe_ways(
    dated: pd.DataFrame, way: np.ndarray, tasks: pd.DataFrame, metrics: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Whether higher is better, and the standard error, of each row; each way of measuring is described once."""
    first = np.unique(way, return_index=True)[1]
    ways = dated[["benchmark", "task", "metric", "higher_is_better"]].iloc[first]
    of_task = task_sizes(ways, tasks)[way]
    sized = dated[["stderr", "score", "metric"]].assign(n_examples=dated["n_examples"].fillna(pd.Series(of_task)))
    stderr = np.nan_to_num(standard_error(sized).to_numpy(dtype=float))
    return directions(ways["metric"], ways["higher_is_better"], metrics).to_numpy()[way], stderr


def _conflicts(key: pd.DataFrame) -> np.ndarray:
    """A number for each key that carries several different scores, -1 for all other rows."""
    several = key.duplicated(keep=False).to_numpy()
    out = np.full(len(key), -1, dtype=np.int32)
    if several.any():
        out[several] = key[several].groupby(KEY, sort=False, dropna=False).ngroup().to_numpy()
    return out
