"""Everything known on a day, ready to be priced from: the results, trained predictors, maps, and forecasts made once.

Rows that became known later are dropped before anything else happens; nothing here ever sees them.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.backtests.training import Trained
from scale_forecast.by_date.largest import Frontier, bundled_frontier
from scale_forecast.data.errors import DataError
from scale_forecast.data.load import Tables
from scale_forecast.data.names import did_you_mean, fold
from scale_forecast.data.names.keys import name_key, name_keys, same_test
from scale_forecast.data.results import known_rows
from scale_forecast.data.sizes import split_size
from scale_forecast.distribution import LEVELS, Forecast, Link
from scale_forecast.inputs.folds import Exclusion
from scale_forecast.inputs.panel import Panel, as_panel
from scale_forecast.inputs.targets import (
    NEW,
    Target,
    evidence_of,
    family_rows,
    held_out_target,
    target_rows,
    upcoming_target,
    visible,
)
from scale_forecast.parallel import Workers
from scale_forecast.predictors.registry import DEFAULT
from scale_forecast.pricing.ageing import closed_windows, learn_ageing
from scale_forecast.pricing.arrivals import Ageing, Course, Publications, Rate, gaps
from scale_forecast.pricing.futures import RecordFutures
from scale_forecast.pricing.model import DRAWS, PricedModel
from scale_forecast.pricing.questions import benchmark_of_average, is_part_of
from scale_forecast.pricing.recalibration import NOTHING, Recalibration
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.kinds.base import Measured
from scale_forecast.resolvers.terms.scope import SERIES_NAMES, Scope

FEWEST_MEMBERS = 5
"""Tasks that an average is taken over."""


class Desk:
    """The state of knowledge on a day.

    Parameters
    ----------
    tables : of `data.load.load`
    as_of : day
    predictor : name in the registry
    cache : folder of trained states; nothing is kept when None
    seed : of all joint draws
    recalibrate : whether to learn maps from past questions, which takes as long as training some predictors
    workers : who goes through the past forecasts that is learned from
    futures : records by date of the same day; without them questions are priced by scale alone
    earlier : makes the desk of an earlier day, for questions that closed then; by scale alone when None
    judged : what the judge reads, who knows of scores without sizes and of coverage too; ``tables`` when None
    """

    def __init__(
        self, tables: Tables, as_of: dt.date, *, predictor: str = DEFAULT, cache: Path | None = None, seed: int = 0,
        recalibrate: bool = True, workers: Workers | None = None, judged: Tables | None = None,
        futures: RecordFutures | None = None, earlier: Callable[[dt.date], Desk] | None = None,
    ) -> None:  # fmt: skip
        results = known_rows(tables.results, pd.Timestamp(as_of))
        if results.empty:
            raise DataError(f"no score was public by {as_of}: ask as of a later day")
        self.as_of, self.predictor, self.seed = as_of, predictor, seed
        self._judged, self.futures, self._earlier = judged, futures, earlier
        self._days: dict[dt.date, Desk] = {}
        self.tables = Tables(results.reset_index(drop=True), tables.tasks, tables.metrics)
        self._cache, self._recalibrate, self._workers = cache, recalibrate, workers
        self._learned: dict[Exclusion, Recalibration] = {}
        self._models: dict[Any, PricedModel] = {}
        self._rows: dict[tuple[str, str, float], pd.DataFrame] = {}
        self._courses: dict[tuple[dt.date, int], Course] = {}
        self._targets: dict[tuple[str, float], Target] = {}
        self._rates: dict[tuple[str, tuple[str, ...]], Rate] = {}

    def on(self, day: dt.date) -> Desk:
        """The desk of an earlier day, which knows what was public then; the same one each time."""
        if day not in self._days:
            self._days[day] = self._earlier(day) if self._earlier is not None else self._by_scale_on(day)
        return self._days[day]

    def _by_scale_on(self, day: dt.date) -> Desk:
        return Desk(
            self.tables, day, predictor=self.predictor, cache=self._cache, seed=self.seed,
            recalibrate=self._recalibrate, workers=self._workers, judged=self._judged,
        )  # fmt: skip

    @cached_property
    def panel(self) -> Panel:
        """All that is known, as predictors see it."""
        return as_panel(self.tables.results, self.tables.tasks, self.tables.metrics)

    @cached_property
    def evidence(self) -> Evidence:
        """All that is known, as the judge sees it."""
        if self._judged is None:
            return Evidence(self.tables.results, self.tables.tasks, self.tables.metrics)
        known = known_rows(self._judged.results, pd.Timestamp(self.as_of)).reset_index(drop=True)
        return Evidence(known, self._judged.tasks, self._judged.metrics, coverage=self._judged.coverage)

    @cached_property
    def frontier(self) -> Frontier | None:
        """The largest public models by date; None where too few were known."""
        try:
            found = bundled_frontier(self.as_of)
            found.sample(self.as_of + dt.timedelta(days=1), 1, 0)
        except DataError:
            return None
        return found

    @cached_property
    def publications(self) -> Publications:
        return Publications(self.panel.rows)

    @cached_property
    def ageing(self) -> Ageing:
        """How rates of publication fell as benchmarks aged, in windows closed by the newest publication known.

        Later ones would take the silence of tables that end there for that of the world.
        """
        rows = self.panel.rows
        dated = rows[rows["known_on"].notna().to_numpy()]
        return learn_ageing(closed_windows(dated, dated["known_on"].max()))

    @cached_property
    def _gaps(self) -> np.ndarray:
        return gaps(self.panel.rows, self.frontier)

    def newest(self, leaf: Measured, scope: Scope | None = None) -> dt.date | None:
        """The day of the newest score known of a leaf's benchmark, or of the series of a scope on it."""
        found = self.evidence.newest(leaf, scope or Scope(), np.datetime64(self.as_of, "s"))
        if found is None and scope is None and (of := benchmark_of_average(leaf)):
            parts = self.panel.rows.loc[self.part_of(of), "known_on"]  # an average is priced from a benchmark's splits
            return parts.max().date() if len(parts) else None
        return None if found is None else found.astype("datetime64[D]").item()

    def newest_of_name(self, leaf: Measured) -> dt.date | None:
        """The day of the newest score on anything that bears the name of a leaf's benchmark, its splits too."""
        name = fold(leaf.benchmark or leaf.task)
        alike = {of: fold(of) == name or fold(of.split(" ")[0]) == name for of in self.evidence.names("benchmark")}
        rows = self.panel.rows
        days = rows.loc[rows["benchmark"].astype("str").map(alike).fillna(False).to_numpy(dtype=bool), "known_on"]
        newest = [day for day in (self.newest(leaf), days.max().date() if len(days) else None) if day is not None]
        return max(newest, default=None)

    def seen_until(self, leaf: Measured, scope: Scope, until: dt.date) -> dt.date:
        """The day from which a leaf may have come true unseen: the newest score of its benchmark.

        Where this is past the deadline and yet settles nothing, it is the newest score in scope.
        """
        newest = self.newest(leaf) or self.as_of
        if newest >= until:
            newest = min(self.newest(leaf, scope) or newest, newest)
        return newest

    def course(self, start: dt.date, until: dt.date) -> Course:
        """Joint draws of the sizes of models to come after a day, until another; all from one day begin alike."""
        years = max((until - start).days, 0) // 365 + 1
        if (start, years) not in self._courses:
            largest = float(self.panel.rows["compute"].max())
            self._courses[start, years] = Course.draw(
                start, years, self.frontier, self._gaps, largest, n=DRAWS, seed=self.seed, ageing=self.ageing
            )
        return self._courses[start, years]

    @cached_property
    def folded(self) -> dict[str, np.ndarray]:
        """Names of the panel's rows as they are compared, by column."""
        out = {}
        for name in ("benchmark", "task", "metric", "model", *SERIES_NAMES):
            column = self.panel.rows[name].astype("category").cat
            keys = [name_key(name, str(value)) for value in column.categories]
            out[name] = np.array([*keys, ""], dtype=object)[column.codes]
        return out

    @cached_property
    def _trained(self) -> Trained:
        return Trained(self.panel, self._cache, workers=self._workers)

    def recalibration_for(self, line: str) -> Recalibration:
        """Settled questions of the past in which a line has no part."""
        exclusion = Exclusion(line)
        if exclusion not in self._learned:
            self._learned[exclusion] = (
                Recalibration.learn(
                    self.panel, self.tables, exclusion, self.predictor, cache=self._cache, workers=self._workers
                )
                if self._recalibrate
                else Recalibration(NOTHING)
            )
        return self._learned[exclusion]

    def model(self, target: Target, leaf: Measured, *, trained_without: str | None = None) -> PricedModel:
        """The upcoming model ``target`` with its forecast on the suites that a leaf looks at, made once.

        ``trained_without`` names the line that nothing was learned from, the target's own when None.

        Raises
        ------
        DataError
            When the family has no score on any of them.
        """
        line = target.line if trained_without is None else trained_without
        asked = (target.family, target.model, target.compute, line, fold(leaf.task), fold(leaf.benchmark or ""))
        if asked not in self._models:
            self._models[asked] = self._model_of(target, leaf, line)
        return self._models[asked]

    def _model_of(self, target: Target, leaf: Measured, line: str) -> PricedModel:
        """The model; the same one for all leaves that look at the same suites."""
        rows = self._rows_of(target)
        suites = frozenset(rows["suite"][_rows_of_leaf(rows, leaf)].tolist())
        key = (target.family, target.model, target.compute, line, suites)
        if key not in self._models:
            rows = rows[rows["suite"].isin(suites)].reset_index(drop=True)
            if rows.empty:
                of = leaf.benchmark or leaf.task
                raise DataError(f"no score of {target.family} on {of} is known: there is nothing to start from")
            self._models[key] = self._build_model(target, rows, Exclusion(line))
        return self._models[key]

    def _rows_of(self, target: Target) -> pd.DataFrame:
        """All that can be forecast of a target; of a family that nobody has seen, what anybody was measured on."""
        key = (target.family, target.model, target.compute)
        if key not in self._rows:
            evidence = evidence_of(self.panel, target, visible(self.panel, target))
            everything = evidence.rows["unit"].unique() if target.family == NEW else None
            self._rows[key] = target_rows(evidence, target, everything)
        return self._rows[key]

    def _build_model(self, target: Target, rows: pd.DataFrame, exclusion: Exclusion) -> PricedModel:
        evidence = evidence_of(self.panel, target, visible(self.panel, target))
        seen = evidence.take(np.isin(evidence.rows["task_code"].to_numpy(), rows["task_code"].to_numpy()))
        forecast = self._trained.get(self.predictor, exclusion).predict(rows, seen)
        seed = zlib.crc32(f"{self.seed}|{target.family}".encode())
        forecast = with_averages(forecast, seed=seed)
        maps, reversal = self.recalibration_for(exclusion.line).maps, self._trained.reversal(exclusion)
        return PricedModel(forecast, seen, reversal=reversal, maps=maps, seed=seed)

    def named_target(self, name: str, family: str | None = None, by: dt.date | None = None) -> Target:
        """The model of a name: a known one, or one of a known family whose name tells its size.

        Without a size in the name it is taken to be as large as the frontier will be on the day ``by``.

        Raises
        ------
        DataError
            When no family is known that the name begins with.
        """
        rows = self.panel.rows
        known = rows.loc[self.folded["model"] == name_key("model", name), ["family", "model"]]
        if len(known):
            return held_out_target(self.panel, str(known["model"].iloc[0]), str(known["family"].iloc[0]))
        of = self._family(family or name)
        size = split_size(name)[1]
        if size is not None:
            target, _ = upcoming_target(self.panel, of, size)
        else:
            target = self.target_of(of, self.frontier_size(by or self.as_of))
        return Target(**{**vars(target), "model": name})

    def sized_target(self, family: str, params: float | None, train_flops: float | None) -> Target:
        """A family's model of a size."""
        of = self._family(family)
        return upcoming_target(self.panel, of, params, train_flops=train_flops)[0]

    def _family(self, name: str) -> str:
        """The family that a name begins with, the longest.

        Raises
        ------
        DataError
            When none is known.
        """
        families = sorted(self.panel.rows["family"].astype("str").unique(), key=len, reverse=True)
        for family in families:
            if fold(name).startswith(fold(family)) and "@" not in family:
                return family
        raise DataError(
            f"{name!r} belongs to no family with scores known by {self.as_of}{did_you_mean(name, families)}: "
            "name a family, or give its scores as results"
        )

    def frontier_size(self, by: dt.date) -> float:
        """Median compute (decades) of the largest model on a day."""
        if self.frontier is None:
            return float(self.panel.rows["compute"].max())
        return float(np.median(self.frontier.sample(by, DRAWS, self.seed)))

    def next_target(self, family: str, step: float) -> Target:
        """A family's model so many decades of compute above its largest."""
        if (family, step) not in self._targets:
            largest = float(family_rows(self.panel, family)["compute"].max())
            self._targets[family, step] = self.target_of(family, largest + step)
        return self._targets[family, step]

    def part_of(self, benchmark: str) -> np.ndarray:
        """Mask of the panel's rows of a benchmark or its splits."""
        return self.panel.rows["benchmark"].astype("str").map(is_part_of(benchmark)).to_numpy(dtype=bool)

    def of_benchmark(self, leaf: Measured) -> np.ndarray:
        """Mask of the panel's rows whose benchmark is a leaf's, or a suite that ran the same test."""
        column = self.panel.rows["benchmark"].astype("category").cat
        asked = leaf.benchmark or leaf.task
        same = [same_test(str(name), leaf.task, asked, leaf.task) for name in column.categories]
        return np.array([*same, False])[column.codes]

    def in_scope(self, scope: Scope) -> np.ndarray:
        """Mask of the panel's rows of the families, lines, ... prompts and shots that a scope names."""
        here = np.ones(len(self.panel.rows), dtype=bool)
        for name in SERIES_NAMES:
            if wanted := [name_key(name, value) for value in getattr(scope, name)]:
                here = here & np.isin(self.folded[name], wanted)
        if scope.shots:
            here = here & self.panel.rows["shots"].isin(scope.shots).to_numpy(dtype=bool)
        return here

    def new_targets(self, leaf: Measured, steps: np.ndarray) -> list[Target]:
        """Base models of a family that nobody has seen, so many decades from the largest measured on a leaf's task."""
        on_task = self.folded["task"] == name_key("task", leaf.task)
        if not on_task.any() and (of := benchmark_of_average(leaf)):
            on_task = self.part_of(of)
        largest = float(self.panel.rows["compute"].to_numpy()[on_task].max())
        return [upcoming_target(self.panel, NEW, None, train_flops=10 ** (largest + step))[0] for step in steps]

    def families_of_tuning(self, tuning: Sequence[str]) -> tuple[str, ...]:
        """Families of some tuning; none where no tuning is named, which stands for all of them."""
        wanted = [fold(name) for name in tuning]
        own = self.panel.rows["family"][np.isin(self.folded["tuning"], wanted)]
        return tuple(sorted(own.astype("str").unique()))

    def rate(self, benchmark: str, families: tuple[str, ...]) -> Rate:
        """Models newly measured on a benchmark, a year; of some families, which is never more often than of all."""
        if (benchmark, families) not in self._rates:
            found = self.publications.rate(benchmark, families)
            whole = self.rate(benchmark, ()) if families else found
            self._rates[benchmark, families] = min(found, whole, key=lambda rate: rate.mean)
        return self._rates[benchmark, families]

    def target_of(self, family: str, compute: float) -> Target:
        """A family's next model at so many decades of compute, and no smaller than just above its largest."""
        own = self.panel.rows[(self.panel.rows["family"] == family).to_numpy()]
        size = max(compute, float(own["compute"].max()) + 0.05)
        if own["train_flops"].notna().all():
            target, _ = upcoming_target(self.panel, family, None, train_flops=10**size)
        else:
            target, _ = upcoming_target(self.panel, family, (10**size / 120.0) ** 0.5)
        return target


def _rows_of_leaf(rows: pd.DataFrame, leaf: Measured) -> np.ndarray:
    """Rows of a leaf's task; where there are none, of the benchmark whose average it asks about."""
    task = (name_keys("task", rows["task"].astype("str")) == name_key("task", leaf.task)).to_numpy(dtype=bool)
    of = benchmark_of_average(leaf)
    if task.any() or of is None:
        return task
    return rows["benchmark"].astype("str").map(is_part_of(of)).to_numpy(dtype=bool)


def with_averages(forecast: Forecast, *, seed: int, draws: int = DRAWS) -> Forecast:
    """The forecast, and below it the average of every suite's tasks, from their joint draws: task ``average``.

    Suites of fewer than `FEWEST_MEMBERS` tasks of one metric have none, nor has one that states its average itself.
    """
    rows = forecast.targets
    whole = rows["aggregate_of"].notna().to_numpy()
    score = forecast.sample(draws, seed=seed)
    extra: list[pd.DataFrame] = []
    knots, loading = [], []
    for _, at in sorted(rows.groupby(["suite", "metric"], observed=True).indices.items()):
        members = np.asarray(at)[~whole[at]]
        if len(members) < FEWEST_MEMBERS or not rows["is_share"].iloc[members].all():
            continue
        mean = np.sort(score[:, members].mean(axis=1))
        row = rows.iloc[[members[0]]].copy()
        row["task"], row["unit"] = "average", -1 - len(extra)
        row["n_examples"] = rows["n_examples"].iloc[members].sum(min_count=1)
        row["origin_score"] = float(rows["origin_score"].iloc[members].mean())
        link = Link.of(row)
        at_levels = np.quantile(mean, LEVELS if link.up[0] else 1.0 - LEVELS)
        knots.append([float(link.forward(np.array([value]))[0]) for value in at_levels])
        common = float(np.mean(forecast.loading[members] ** 2))
        loading.append(min(np.sqrt(common / (common + (1.0 - common) / len(members))), 0.99))
        extra.append(row)
    if not extra:
        return forecast
    added = Forecast.from_knots(
        pd.concat(extra, ignore_index=True), np.array(knots), forecast.predictor, loading=np.array(loading)
    )
    targets = rows.astype({"task": "object"})
    return Forecast(
        targets=pd.concat([targets, added.targets.astype({"task": "object"})], ignore_index=True),
        knots=np.vstack([forecast.knots, added.knots]),
        levels=forecast.levels,
        loading=np.concatenate([forecast.loading, added.loading]),
        group=np.concatenate([forecast.group, np.zeros(len(extra), dtype=int)]),
        predictor=forecast.predictor,
        atom=np.concatenate([forecast.atom, added.atom]),
    )
