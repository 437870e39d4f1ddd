"""Futures by date as questions read them: records of everybody or of some, first days, leaders, the largest model.

All questions of a day read the same draws, so that a narrower scope, a higher bar or an earlier day is never likelier.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Set
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.by_date.forecasts import Trained
from scale_forecast.by_date.largest import Frontier, bundled_frontier
from scale_forecast.by_date.link import ASSUMED
from scale_forecast.by_date.paths import RecordPaths
from scale_forecast.by_date.records import Record
from scale_forecast.by_date.scopes import Scope as Whose
from scale_forecast.by_date.tables import Tables
from scale_forecast.by_date.trained import silent, train_on, widen
from scale_forecast.by_date.world import scale_of
from scale_forecast.data.dates import Reading
from scale_forecast.data.errors import DataError
from scale_forecast.data.names.keys import (
    benchmark_key,
    is_of_line,
    metric_key,
    model_key,
    organisation_name,
    same_test,
    task_key,
    whole_of,
)
from scale_forecast.pricing.named import describe_named, known_score, limit_to, scores_to_come
from scale_forecast.pricing.narrowed import Way, narrow, say_way, ways_of, wider, without_ways
from scale_forecast.resolvers.judge.events import Line
from scale_forecast.resolvers.judge.evidence import Measurement
from scale_forecast.resolvers.judge.futures import NOBODY, Untold
from scale_forecast.resolvers.terms.scope import Scope

FURTHEST = 10
"""Years ahead that are looked at."""
_TOLD = frozenset({"over", "organisation", "line", "weights", "known_from", "checkpoints"})
"""Fields of a scope that the futures tell apart, or that narrow nothing here."""


class RecordFutures:
    """The futures of one day.

    Parameters
    ----------
    tables : scores, releases and benchmarks by date
    as_of : day of knowledge
    metrics : of each task of the tables, in what it is scored; a task that is missing is scored in anything
    draws, seed : of the simulation
    cache : folder of trained states
    reading : how days are read
    until : the day until which the tables list many models, where they hold single scores of later days
    widen : whether a test of which the dated reading knows no score at all is told by the day of release (`wider`),
        which may count scores that nobody had published yet; never in a backtest
    scores : every score with who measured it and how, for scopes that narrow this; without them these are refused
    tell : is told where something has to be learned first
    """

    def __init__(
        self,
        tables: Tables,
        as_of: dt.date,
        metrics: dict[str, str],
        *,
        draws: int,
        seed: int,
        cache: Path | None,
        reading: str = "dated",
        until: pd.Timestamp | None = None,
        widen: bool = False,
        scores: pd.DataFrame | None = None,
        tell: Callable[[str], None] = silent,
    ) -> None:
        self.as_of, self.draws, self.seed = as_of, draws, seed
        self._tables, self._metrics, self._cache, self._reading = tables, metrics, cache, reading
        self._until, self._widen = until, widen
        self._scores, self._tell = scores, tell
        self._series: dict[tuple[str, Way], RecordFutures] = {}
        self._walked: RecordPaths | None = None

    # --- what questions ask

    def best(self, measured: Measurement, scope: Scope, day: dt.date) -> np.ndarray:
        """The best score of those in scope by a day, (n,); NaN while there is none.

        Of models that are named it is the score that they have, or will have: they are taken to be measured by then.
        """
        if ways := ways_of(scope):
            anyhow = without_ways(scope)
            return np.fmax.reduce([self._best_in(measured, way, anyhow, day) for way in ways])
        if scope.model:
            self._refuse_limits(scope, {"model"})
            task = self.task(measured)
            best = np.max([self._of_model(task, name, day) for name in scope.model], axis=0)
        else:
            task = self.task(measured)
            best = self._paths(day).over(task, [pd.Timestamp(day)], self._whose(scope))[:, 0]
        return np.where(best >= self._perfect(task), np.maximum(best, 1.0), best)

    def new(self, measured: Measurement, scope: Scope, day: dt.date) -> np.ndarray:
        """Whether anything in scope is newly measured by a day, (n,)."""
        if ways := ways_of(scope):
            anyhow = without_ways(scope)
            return self.new(measured, anyhow, day) & np.any(
                [self._in(measured, way).new(measured, anyhow, day) for way in ways], axis=0
            )
        return self._paths(day).new(self.task(measured), [pd.Timestamp(day)], self._whose(scope))[:, 0]

    def first_day(self, measured: Measurement, scope: Scope, line: Line) -> np.ndarray:
        """The day on which somebody in scope reaches a line, (n,); NaT for not within `FURTHEST` years."""
        if not line.is_upward:
            raise Untold("records tell of the first score above a line")
        if ways := ways_of(scope):
            anyhow = without_ways(scope)
            return _earliest([self._first_day_in(measured, way, anyhow, line) for way in ways])
        paths = self._paths(self.as_of + dt.timedelta(days=round(365.25 * FURTHEST) - 1))
        task = self.task(measured)
        days = paths.first_day(task, self._least(task, line), self._whose(scope))
        counted = np.nan_to_num(days, posinf=0.0).astype("timedelta64[D]")
        start = np.datetime64(paths.start, "D")
        return np.where(np.isfinite(days), start + counted, np.datetime64("NaT"))

    def leader(self, measured: Measurement, scope: Scope, of: str, day: dt.date) -> np.ndarray:
        """Whose the best score is on a day, (n,) of names."""
        if ways_of(scope):
            return self._in_one(measured, scope).leader(measured, without_ways(scope), of, day)
        paths, task, whose = self._paths(day), self.task(measured), self._whose(scope)
        return self._maker_names(paths, task, whose, of, paths.holders(task, [pd.Timestamp(day)], whose)[:, 0])

    def first(self, measured: Measurement, scope: Scope, of: str, line: Line, day: dt.date) -> np.ndarray:
        """Who reaches a line first, (n,) of names; `NOBODY` where nobody does by a day."""
        if ways_of(scope):
            return self._in_one(measured, scope).first(measured, without_ways(scope), of, line, day)
        first = self.first_day(measured, scope, line)
        paths, task, whose = self._paths(day), self.task(measured), self._whose(scope)
        path = paths.path(task, whose)
        reached = path.scores >= self._least(task, line)
        makers = path.maker[np.arange(paths.draws), reached.argmax(axis=1)]
        names = self._maker_names(paths, task, whose, of, makers)
        return np.where(first <= np.datetime64(day), names, NOBODY)

    def knows(self, model: str) -> bool:
        """Whether a model has a score by date on anything."""
        return model_key(model) in set(map(model_key, self._trained.state.world.models.index))

    def largest(self, unit: str, day: dt.date) -> np.ndarray:
        """The largest public model by a day, (n,): training FLOP or parameters."""
        if self._frontier is None:
            raise Untold(f"too few sizes of models were public by {self.as_of}")
        of = "params" if unit == "params" else "train_flops"
        return 10.0 ** self._frontier.sample(day, self.draws, self.seed, of=of)

    def _of_model(self, task: str, name: str, day: dt.date) -> np.ndarray:
        state = self._trained.state
        if (known := known_score(state.world, task, name)) is not None:
            return np.full(self.draws, known)
        found, paths = describe_named(name, self._tables.releases, self.as_of), self._paths(day)
        days = pd.Timestamp(self.as_of), pd.Timestamp(day)
        own = scores_to_come(state, found, task, days, self.draws, self.seed)
        maker = found.model.organisation
        makers = {maker} & set(paths.makers["organisation"])
        whose = Whose(tuple(name for name in makers if name is not None))
        return limit_to(own, paths.over(task, [pd.Timestamp(day)], whose)[:, 0])

    def largest_day(self, unit: str, line: Line) -> np.ndarray:
        """The day on which a public model of a size comes out, (n,); NaT for not within `FURTHEST` years."""
        if self._frontier is None:
            raise Untold(f"too few sizes of models were public by {self.as_of}")
        of = "params" if unit == "params" else "train_flops"
        last = self.as_of + dt.timedelta(days=round(365.25 * FURTHEST))
        return self._frontier.first_day(float(np.log10(_least(line))), last, self.draws, self.seed, of=of)

    def _least(self, task: str, line: Line) -> float:
        """The least simulated score that reaches a line on a test."""
        least = _least(line)
        return min(least, self._perfect(task)) if least <= 1.0 else least

    def _perfect(self, task: str) -> float:
        """From which simulated score on all of a test is solved: no score lies between one item less and all of them,
        or, where averages over several runs do, between the nearest of them and all."""
        world = self._trained.state.world
        scale = scale_of(world.tasks, task)
        if scale.unit != "share" or scale.ceiling < 1.0:
            return np.inf
        items = scale.n_examples if np.isfinite(scale.n_examples) else ASSUMED
        scores = world.rows.loc[world.rows["task"] == task, "score"].to_numpy(dtype=float)
        missed = 1.0 - scores[scores < 1.0]
        return float(1.0 - 0.5 * min(1.0 / items, missed.min(initial=1.0)))

    # --- what is known

    def learn(self) -> None:
        """Have what the day teaches in the cache, so that other processes find it there."""
        with suppress(Untold):
            self._trained  # noqa: B018

    def tells(self, measured: Measurement) -> bool:
        """Whether these futures tell of a test, or wider ones do."""
        try:
            self.task(measured)
        except Untold:
            return self._widen and bool(self.hint(measured))
        return True

    def say_models(self, measured: Measurement, scope: Scope, day: dt.date) -> Iterator[str]:
        """What each model that is named is taken for."""
        if ways := ways_of(scope):
            yield from self._in(measured, ways[0]).say_models(measured, without_ways(scope), day)
            return
        task = self.task(measured)
        for name in scope.model:
            if (known := known_score(self._trained.state.world, task, name)) is not None:
                yield f"{name} has {known:.4g} on {task}, which is taken to stand"
                continue
            found = describe_named(name, self._tables.releases, self.as_of)
            low, mid, high = np.quantile(self._of_model(task, name, day), [0.1, 0.5, 0.9])
            yield (
                f"{name} has no score on {task} by {self.as_of}: forecast {mid:.4g} (80%: {low:.4g} to {high:.4g}), as "
                f"a model like {found.like} and never above the record of {found.model.organisation or 'all'}; taken "
                f"for granted that it is released and measured by {day}"
            )

    def task(self, measured: Measurement) -> str:
        """The task of the tables by date that a criterion measures."""
        about = self._trained.state.world.tasks
        whole = whole_of(measured.benchmark, measured.task)
        for name, benchmark in about["benchmark"].items():
            if metric_key(self._metrics.get(str(name), measured.metric)) != metric_key(measured.metric):
                continue
            if _is_task(measured, whole, str(benchmark), str(name)):
                return str(name)
        where = measured.benchmark or measured.task
        raise Untold(f"no score by date in {measured.metric} on {where} was known by {self.as_of}{self.hint(measured)}")

    def hint(self, measured: Measurement) -> str:
        """What another reading of days would count of a test of which this one knows nothing; empty for nothing."""
        if self._reading != Reading.DATED:
            return ""
        whole = whole_of(measured.benchmark, measured.task)
        about = self._tables.benchmarks[["benchmark", "task"]].drop_duplicates()
        names = [task for of, task in about.itertuples(index=False) if _is_task(measured, whole, str(of), str(task))]
        scores = self._tables.scores
        count = int((scores["task"].isin(names) & (scores["known_on"] <= pd.Timestamp(self.as_of))).sum())
        return f"; {_say_undated(count)}: `--release-dates` counts them" if count else ""

    def find_futures(self, measured: Measurement) -> tuple[RecordFutures, str]:
        """The futures that tell of a test, and what is to be said first of them.

        Raises
        ------
        Untold
            Where neither these nor wider ones do.
        """
        try:
            self.task(measured)
        except Untold:
            if not self._widen or not self.hint(measured):
                raise
            self._wider.task(measured)
            where = measured.benchmark or measured.task
            count = len(self._wider.rows(measured))
            return self._wider, (
                f"Note: no score on {where} was dated by {self.as_of}; {_say_undated(count)}, and they are taken as "
                "known from the day of release, as with `--release-dates`: some may have been published later."
            )
        return self, ""

    @cached_property
    def _wider(self) -> RecordFutures:
        """The same day with the tests that have no dated score too."""
        futures = RecordFutures(
            self._tables, self.as_of, self._metrics, draws=self.draws, seed=self.seed, cache=self._cache,
            reading=self._reading, until=self._until, scores=self._scores,
        )  # fmt: skip
        futures._trained = widen(self._trained, self._tables, pd.Timestamp(self.as_of))
        return futures

    # --- narrower series

    def _in(self, measured: Measurement, way: Way) -> RecordFutures:
        """The same futures of a test on the scores of one series alone."""
        task = self.task(measured)
        if self._scores is None:
            raise Untold(f"records by date do not tell apart scores {say_way(way)}")
        if (task, way) not in self._series:
            futures = RecordFutures(
                self._tables, self.as_of, self._metrics, draws=self.draws, seed=self.seed, cache=self._cache,
                reading=self._reading, until=self._until,
            )  # fmt: skip
            day = pd.Timestamp(self.as_of)
            futures._trained = narrow(self._trained, self._tables, self._scores, task, way, day)
            self._series[task, way] = futures
        return self._series[task, way]

    def _in_one(self, measured: Measurement, scope: Scope) -> RecordFutures:
        ways = ways_of(scope)
        if len(ways) > 1:
            raise Untold("who leads in any of several series is not told: ask of one evaluator, version and setting")
        return self._in(measured, ways[0])

    def _best_in(self, measured: Measurement, way: Way, scope: Scope, day: dt.date) -> np.ndarray:
        """The best score of one series by a day, in no draw above that of a wider one."""
        if not way:
            return self.best(measured, scope, day)
        own = self._in(measured, way).best(measured, scope, day)
        return np.minimum.reduce([own, *(self._best_in(measured, one, scope, day) for one in wider(way))])

    def _first_day_in(self, measured: Measurement, way: Way, scope: Scope, line: Line) -> np.ndarray:
        """The day on which one series reaches a line, in no draw before a wider one."""
        if not way:
            return self.first_day(measured, scope, line)
        own = self._in(measured, way).first_day(measured, scope, line)
        return np.maximum.reduce([own, *(self._first_day_in(measured, one, scope, line) for one in wider(way))])

    def rows(self, measured: Measurement) -> pd.DataFrame:
        """The scores known on a task."""
        rows = self._trained.state.world.rows
        return rows[rows["task"] == self.task(measured)]

    def standing(self, measured: Measurement, scope: Scope) -> Record | None:
        """The record of those in scope as it is known; None where nobody has a score."""
        if ways := ways_of(scope):
            found = [self._in(measured, way).standing(measured, without_ways(scope)) for way in ways]
            return max((one for one in found if one is not None), key=lambda record: record.score, default=None)
        return self._paths(self.as_of).records(self._whose(scope)).get(self.task(measured))

    def end(self) -> dt.date:
        """The day from which on what happened is simulated."""
        return self._paths(self.as_of).start.date()

    def newest(self, measured: Measurement) -> dt.date:
        """The day of the newest score known on a task."""
        return self.rows(measured)["day"].max().date()

    @cached_property
    def _frontier(self) -> Frontier | None:
        try:
            found = bundled_frontier(self.as_of)
            found.sample(self.as_of, 1, 0)
        except DataError:
            return None
        return found

    @cached_property
    def _trained(self) -> Trained:
        try:
            return train_on(self._tables, pd.Timestamp(self.as_of), self._reading, self._cache, self._tell)
        except DataError as error:
            raise Untold(str(error)) from error

    def _paths(self, day: dt.date) -> RecordPaths:
        """Paths that reach a day; a further end changes nothing of the days before it."""
        if (day - self.as_of).days > 365.25 * FURTHEST:
            raise Untold(f"{day} is more than {FURTHEST} years ahead")
        wanted = pd.Timestamp(max(day, self.as_of))
        if self._walked is None or self._walked.days[-1] < wanted:
            self._walked = RecordPaths(self._trained, wanted, draws=self.draws, seed=self.seed, start=self._until)
        return self._walked

    def _whose(self, scope: Scope) -> Whose:
        """Whose records a scope asks for."""
        self._refuse_limits(scope)
        organisations = tuple(organisation_name(name) for name in scope.organisation)
        owners, lines = self._lines(scope.line)
        return Whose(organisations or owners, lines, scope.weights or "")

    def _refuse_limits(self, scope: Scope, told: Set[str] = frozenset()) -> None:
        limits = sorted(scope.model_fields_set - _TOLD - told)
        limits = [name for name in limits if getattr(scope, name) not in ((), None)]
        if limits:
            raise Untold(f"records by date do not tell apart {' and '.join(limits)}")

    def _lines(self, names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Product lines that go by these names, written with or without their organisation, and whose they are."""
        if not names:
            return (), ()
        models = self._trained.state.world.models
        known = models[["organisation", "product_line"]].drop_duplicates()
        found = []
        for name in names:
            of = [
                (str(organisation), str(line))
                for organisation, line in known.itertuples(index=False)
                if line and (is_of_line(line, name) or is_of_line(f"{organisation} {line}", name))
            ]
            if not of:
                raise Untold(f"no model of the line {name!r} has a score by date known by {self.as_of}")
            found += of
        owners, lines = (tuple(sorted({one[at] for one in found})) for at in (0, 1))
        return owners, lines

    def _maker_names(self, paths: RecordPaths, task: str, whose: Whose, of: str, makers: np.ndarray) -> np.ndarray:
        """The names of rows of the makers; -1 is the holder of the record that stands."""
        table = paths.makers
        organisations = table["organisation"].astype(str).tolist()
        models = self._trained.state.world.models
        to_come = len(table) - len(models)
        if of == "organisation":
            names = organisations
        elif of == "line":
            lines = table["product_line"].astype(str).tolist()
            names = [line or maker for line, maker in zip(lines, organisations, strict=True)]
        else:
            names = [f"a model to come of {maker}" for maker in organisations[:to_come]] + list(models.index)
        record = paths.records(whose).get(task)
        holder = NOBODY
        if record is not None:
            own = to_come + models.index.tolist().index(record.model)
            holder = names[own]
        return np.array([*names, holder], dtype=object)[makers]


def _say_undated(count: int) -> str:
    return f"of {count} scores of models that were out by then the day of publication is not known"


def _earliest(days: list[np.ndarray]) -> np.ndarray:
    """The first of some days in each draw; NaT only where all are."""
    return np.fmin.reduce(days)


def _least(line: Line) -> float:
    """The least score that reaches a line from below."""
    return line.score if line.side == "at_least" else float(np.nextafter(line.score, np.inf))


def _is_task(measured: Measurement, whole: str | None, benchmark: str, task: str) -> bool:
    if whole is not None and benchmark_key(benchmark) == benchmark_key(whole) and task_key(task) == task_key(benchmark):
        return True
    if measured.benchmark is None:
        return task_key(task) == task_key(measured.task)
    return same_test(measured.benchmark, measured.task, benchmark, task)
