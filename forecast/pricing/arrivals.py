"""Questions with a deadline: which models will be measured by then, of what size, and what they would bring about.

Nobody knows which models will come. New ones are taken to be measured on a benchmark as a Poisson process whose rate is
what it was as far as publications are known, held towards that of all benchmarks, and ages from there on (`ageing`).
From the newest of these on, not from the day of asking, models may have been measured without anybody here having seen
it. One that comes is about as large as the frontier of its day, less a gap as past ones had, and its later recipe is
worth further compute; what it does is forecast as if it were the next model of one of the families in scope, of that
size. The event then happens by the deadline unless no arrival brings it about, which has a closed form in every joint
draw: so the probability rises with every day of a deadline and falls with every step of a threshold.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import expit, gammaincinv, ndtr, ndtri

from scale_forecast.by_date.largest import Frontier
from scale_forecast.data.names.keys import name_keys, task_key
from scale_forecast.inputs.steps import Histories
from scale_forecast.pricing.maps import Map, log_odds
from scale_forecast.pricing.space import Event
from scale_forecast.resolvers.judge.events import turns
from scale_forecast.resolvers.kinds.base import Measured

STEPS = np.array([0.1, 0.6, 1.3, 2.5])
"""Decades above a family's largest model at which its next is forecast; in between by lines, beyond as at an end."""
YEAR = 365.25
FADES = 0.25
"""Years after which ageing shows."""
PER_YEAR = 4
"""Steps of a year in which sizes are drawn."""
SHARED = 0.6
"""Correlation of what several arrivals do: the same task is hard or easy for all of them."""
TOGETHER = 0.5
"""Correlation of arrivals, and of what they do, between tasks of one benchmark."""
GAPS = np.array([0.0, 0.3, 0.8])
"""Decades below the frontier of models that are measured, where nothing is known of them."""
FEWEST_GAPS = 3
FEWEST_SIZES = 4
"""Models of a family whose scores can show a turn."""
RARELY = 0.1
"""Share of ladders that show a turn, before any is seen."""
LIKE_TASK = 4.0
LIKE_BENCHMARK = 10.0
"""Ladders as which the benchmark counts for a task, and all benchmarks for one."""


@dataclass(frozen=True)
class Rate:
    """Models newly measured on a benchmark, a year: a gamma distribution of ``shape`` and ``rate``."""

    shape: float
    rate: float

    @property
    def mean(self) -> float:
        return self.shape / self.rate

    def quantile(self, level: np.ndarray | float) -> np.ndarray:
        return gammaincinv(self.shape, level) / self.rate


@dataclass(frozen=True)
class Ageing:
    """How a rate falls from a benchmark's newest publication on: to ``pace / (1 + years / FADES) ** power`` of it."""

    pace: float = 1.0
    power: float = 0.0

    def years(self, begin: np.ndarray | float, end: np.ndarray | float) -> np.ndarray:
        """The time between two ages, each moment counted as the rate has aged by then."""
        return self.pace * (self._until(end) - self._until(begin))

    def _until(self, age: np.ndarray | float) -> np.ndarray:
        grown = 1.0 + np.asarray(age, dtype=float) / FADES
        if abs(self.power - 1.0) < 1e-9:
            return FADES * np.log(grown)
        return FADES * (grown ** (1.0 - self.power) - 1.0) / (1.0 - self.power)


TIMELESS = Ageing()
"""Nothing ages."""


class Publications:
    """How often new models were measured on the tasks of each benchmark, until its newest publication known.

    Parameters
    ----------
    rows : results known by the day of asking
    """

    def __init__(self, rows: pd.DataFrame) -> None:
        final = rows.loc[rows["checkpoint"].isna().to_numpy(), ["benchmark", "task", "family", "model", "known_on"]]
        final = final.astype({name: "str" for name in ("benchmark", "task", "family", "model")})
        self._days = final[["benchmark", "known_on"]].drop_duplicates()
        key = ["benchmark", "task", "family", "model"]
        self.first: pd.DataFrame = final.groupby(key)["known_on"].min().reset_index()

    def until(self, day: pd.Timestamp) -> Publications:
        """The same of what was known on a day."""
        known = copy(self)
        known._days, known.first = (rows[(rows["known_on"] <= day).to_numpy()] for rows in (self._days, self.first))
        for name in ("_newest", "_usual", "new_share"):
            vars(known).pop(name, None)
        return known

    @cached_property
    def _newest(self) -> pd.Series:
        return self._days.groupby("benchmark")["known_on"].max()

    def rate(self, benchmark: str, families: Sequence[str] = ()) -> Rate:
        """Of a benchmark, or of models of some families on it; one event a day of publication, averaged over tasks."""
        own: pd.DataFrame = self.first[self.first["benchmark"] == benchmark]
        usual = self._usual
        if families:
            usual /= max(own["family"].nunique(), 1) / len(families)
            own = own.loc[own["family"].isin(families)]
        counted = self._count_days(own)
        mean = counted.mean() if len(counted) else pd.Series({"events": 0.0, "years": 0.0})
        return Rate(1.0 + float(mean["events"]), 1.0 / usual + float(mean["years"]))

    @cached_property
    def _usual(self) -> float:
        """Of all benchmarks together; the tasks of one are measured together."""
        everywhere = self._count_days(self.first).groupby("benchmark").mean()
        events, years = (float(everywhere[name].sum()) for name in ("events", "years"))
        return (events + 1.0) / (years + 1.0)

    @cached_property
    def new_share(self) -> float:
        """Of models that were measured later than the first on a task, the share that was of a new family."""
        began = self.first.groupby(["benchmark", "task"])["known_on"].transform("min")
        family_began = self.first.groupby(["benchmark", "task", "family"])["known_on"].transform("min")
        later = (self.first["known_on"] > began).to_numpy()
        fresh = later & (self.first["known_on"] == family_began).to_numpy()
        days = self.first.assign(fresh=fresh)[later].groupby(["known_on", "benchmark"])["fresh"].mean()
        return float((days.sum() + 1.0) / (len(days) + 2.0))

    def _count_days(self, first: pd.DataFrame) -> pd.DataFrame:
        """Of each task the further days on which new models were measured, and the years in which they were seen."""
        days = first.groupby(["benchmark", "task"])["known_on"].agg(["min", "nunique"])
        newest = self._newest.reindex(days.index.get_level_values("benchmark")).to_numpy()
        return pd.DataFrame({"events": days["nunique"] - 1, "years": (newest - days["min"]).dt.days / YEAR})


def ladder_rate(rows: pd.DataFrame, leaf: Measured, benchmark: str) -> float:
    """How often a family's whole ladder of sizes shows a turn on a task.

    How often ladders fall on the task, held towards its benchmark, times how often those turn that fell, of the
    benchmark and held towards all benchmarks.

    Parameters
    ----------
    rows : of a `inputs.panel.Panel`
    leaf : what reads whole ladders, on its task
    """
    final = rows[rows["checkpoint"].isna().to_numpy()].reset_index(drop=True)
    series = Histories.of(final)
    long = np.isfinite(series.better).sum(axis=1) >= FEWEST_SIZES
    better, stderr, scale = (table[long] for table in (series.better, series.se, series.scale))
    found = turns(better, stderr, scale)
    turned = leaf.shows(better, stderr, scale)
    first = final.iloc[series.row[long, 0]]
    here = (first["benchmark"].astype("str") == benchmark).to_numpy(dtype=bool)
    own = here & (name_keys("task", first["task"].astype("str")) == task_key(leaf.task)).to_numpy(dtype=bool)

    def shrink(events: np.ndarray, towards: float, weight: float) -> float:
        return float((events.sum() + weight * towards) / (len(events) + weight))

    falls = shrink(found.fell[own], shrink(found.fell[here], RARELY, 1.0), LIKE_TASK)
    usual = shrink(turned[found.fell], RARELY, 1.0)
    return falls * shrink(turned[here & found.fell], usual, LIKE_BENCHMARK)


def gaps(rows: pd.DataFrame, frontier: Frontier | None) -> np.ndarray:
    """Decades by which the largest newly measured model of each line was below the frontier of its day, (k,)."""
    if frontier is None:
        return GAPS
    final = rows[rows["checkpoint"].isna().to_numpy() & rows["released"].notna().to_numpy()]
    top = final.sort_values("compute").groupby("line", observed=True).tail(1)
    known = np.array([frontier.sample(day.date(), 1, 0)[0] for day in top["released"]])
    gap = known - top["compute"].to_numpy(dtype=float)
    gap = np.sort(np.clip(gap[np.isfinite(gap)], 0.0, None))
    return gap if len(gap) >= FEWEST_GAPS else GAPS


@dataclass(frozen=True)
class Course:
    """Joint draws of what is to come, the same for every question asked on a day.

    Attributes
    ----------
    start : day after which nothing is known of what was measured, at latest that of asking
    size : ndarray, (steps, N)
        Compute (decades) of a newly measured model in each quarter after ``start``.
    gain : ndarray, (steps, N)
        Decades of compute that its recipe is worth beside those of ``start``.
    ageing : how rates fall from ``start`` on
    """

    start: dt.date
    size: np.ndarray
    gain: np.ndarray
    seed: int
    ageing: Ageing = TIMELESS

    @classmethod
    def draw(
        cls, start: dt.date, years: int, frontier: Frontier | None, gap: np.ndarray, largest: float, *, n: int,
        seed: int, ageing: Ageing = TIMELESS,
    ) -> Course:  # fmt: skip
        """``largest``, the compute of the largest model known, stands for the frontier where that is not known."""
        steps = years * PER_YEAR + 1
        ends = [start + dt.timedelta(days=round((m + 1) * YEAR / PER_YEAR)) for m in range(steps)]
        top = [np.full(n, largest) if frontier is None else frontier.sample(day, n, seed) for day in ends]
        better = [np.zeros(n) if frontier is None else frontier.recipe_gain(day, n, seed) for day in ends]
        if frontier is not None:  # gains count from the last known day, which may be later than the start
            better = [gain - np.minimum(frontier.recipe_gain(start, n, seed), 0.0) for gain in better]
        below = np.random.default_rng([seed, 7]).choice(gap, size=n)
        return cls(start, np.array(top) - below, np.maximum(better, 0.0), seed, ageing)

    def size_by(self, deadline: dt.date) -> np.ndarray:
        """Sizes in the last step before a deadline, (N,)."""
        return self.size[self._last(deadline)]

    def gain_by(self, deadline: dt.date) -> np.ndarray:
        """Decades that recipes gain until the last step before a deadline, (N,)."""
        return self.gain[self._last(deadline)]

    def _last(self, deadline: dt.date) -> int:
        return max(int(np.count_nonzero(self.weights(deadline))) - 1, 0)

    @property
    def n(self) -> int:
        return self.size.shape[1]

    def weights(self, deadline: dt.date) -> np.ndarray:
        """Years of each step that lie before the end of a day, counted as rates have aged by then, (steps,)."""
        until = ((deadline - self.start).days + 1) / YEAR
        begin = np.arange(len(self.size)) / PER_YEAR
        return self.ageing.years(begin, np.clip(until, begin, begin + 1.0 / PER_YEAR))

    def luck(self, benchmark: str, task: str, what: int) -> np.ndarray:
        """Uniform draws (N,) that tasks of one benchmark share in part; ``what`` tells apart what they are for."""
        both = [self._normal(f"{what}|{benchmark}"), self._normal(f"{what}|{benchmark}|{task}")]
        return ndtr(np.sqrt(TOGETHER) * both[0] + np.sqrt(1.0 - TOGETHER) * both[1])

    def _normal(self, name: str) -> np.ndarray:
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())]).standard_normal(self.n)


@dataclass(frozen=True)
class Template:
    """What an arrival of one family would do: probabilities ``raw`` (k,) at ``compute`` (k,) decades.

    ``weight`` is the share of arrivals that are of this family.
    """

    family: str
    compute: np.ndarray
    raw: np.ndarray
    weight: float = 1.0
    is_rate: bool = False
    """A frequency that no map corrects, rather than a forecast."""
    is_new: bool = False
    """Of a family that is not measured yet, rather than of one that is."""

    def at(self, size: np.ndarray, mapped: Map | None) -> np.ndarray:
        """Recalibrated probabilities at any sizes, at least the smallest of ``compute``."""
        p = self.raw if mapped is None or self.is_rate else mapped(self.raw)
        return expit(np.interp(np.maximum(size, self.compute[0]), self.compute, log_odds(p)))


@dataclass(frozen=True)
class DatedEvent:
    """A measured criterion with a deadline, of which no model is named.

    ``least`` and ``most`` bound the compute (decades) of models that may decide.
    """

    course: Course
    templates: tuple[Template, ...]
    rate: Rate
    deadline: dt.date
    benchmark: str
    task: str
    kind: str
    least: float = -np.inf
    most: float = np.inf
    every: bool = False
    """Whether all of the families must show it, rather than any."""

    def event(self, maps: Mapping[str, Map], level: float | None = None) -> Event:
        """The event on the draws of the course; ``level`` fixes the rate of arrivals at one of its quantiles."""
        arrivals, hazard = self._hazard(maps.get(self.kind), level)
        luck = -np.log(self.course.luck(self.benchmark, self.task, 1))
        weight = np.array([template.weight for template in self.templates])
        if self.every:
            new = np.array([template.is_new for template in self.templates], dtype=bool)
            shown = np.prod(-np.expm1(-weight[~new, None] * hazard[~new]), axis=0)
            without = weight[new] @ (arrivals - hazard[new])
            probability = shown * np.exp(-without)
            return Event.top(probability / luck, float(probability.mean()))
        total = weight @ hazard
        return Event.top(total / luck, float(np.mean(-np.expm1(-total))))

    def _hazard(self, mapped: Map | None, level: float | None) -> tuple[np.ndarray, np.ndarray]:
        """Expected arrivals before the deadline, (N,), and those that bring it about if all were of one family.

        The second is (families, N).
        """
        luck = self.course.luck(self.benchmark, "", 2) if level is None else level
        years = self.course.weights(self.deadline)
        until = int(np.count_nonzero(years))
        size, shift = self.course.size[:until], ndtri(self.course.luck(self.benchmark, self.task, 3))
        may = (size >= self.least) & (size <= self.most)
        effective = size + self.course.gain[:until]
        rate = np.maximum(self.rate.quantile(luck), 1e-9)
        rows = []
        for template in self.templates:
            normal = ndtri(np.clip(template.at(effective, mapped), 1e-9, 1 - 1e-9))
            given = ndtr((normal + np.sqrt(SHARED) * shift) / np.sqrt(1.0 - SHARED))
            rows.append(years[:until] @ np.where(may, np.maximum(given, 1e-12), 0.0))
        return years[:until] @ may * rate, np.array(rows) * rate

    @cached_property
    def measured(self) -> float:
        """P(a model that may decide is newly measured by the deadline)."""
        return float(np.mean(-np.expm1(-self._hazard(None, None)[0])))

    @cached_property
    def expected(self) -> float:
        """Models expected to be measured by the deadline."""
        return self.rate.mean * float(self.course.weights(self.deadline).sum())
