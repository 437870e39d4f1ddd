"""Simulated futures: abilities of all lines over time, the models they release, and how these score where measured.

The models that a draw releases are shared by all benchmarks: one that is able is able on all of them at once. Every
part has random numbers of its own, in the order of time: a draw is the same whichever benchmarks are asked for, and a
later end only goes on with it.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.by_date.fit import WIDE_LEVEL
from scale_forecast.by_date.releases import BACKLOG, Lines, Measuring
from scale_forecast.by_date.state import State, centre, condition_ability, root
from scale_forecast.by_date.world import GROUPS, OTHERS, OWN
from scale_forecast.parallel import on_one_thread

MONTH = 1.0 / 12.0
FINE = 12
"""Steps of a month; those after them are quarters."""
TAIL = 6.0
"""Degrees of freedom of a score's own error."""
REPLICAS = 200
"""Draws from which the record that the model expects today is averaged."""
BURSTS = 4.0
"""Shape of the gamma by which all releases of a draw come faster or slower than of late."""


@dataclass(frozen=True)
class Measured:
    """New measurements of one task over all draws, flat: draw, year known, score on the link, row of the makers."""

    draw: np.ndarray
    known_at: np.ndarray
    z: np.ndarray
    maker: np.ndarray

    def of(self, makers: np.ndarray) -> Measured:
        """Those by the makers that count, one truth value each."""
        kept = makers[self.maker]
        return Measured(self.draw[kept], self.known_at[kept], self.z[kept], self.maker[kept])


def steps_until(years: float) -> np.ndarray:
    """Ends of the steps of time, in years from the beginning: months, then quarters, the last one not before
    ``years``.

    >>> steps_until(0.2).round(3).tolist(), len(steps_until(1.0)), steps_until(1.1)[-1].round(3).item()
    ([0.083, 0.167, 0.25], 12, 1.25)
    """
    months = np.arange(1, FINE + 1) * MONTH
    quarters = months[-1] + 3.0 * MONTH * np.arange(1, max(int(np.ceil((years - months[-1]) / (3.0 * MONTH))), 0) + 1)
    ends = np.concatenate([months, quarters])
    return ends[: int(np.searchsorted(ends, years - 1e-3)) + 1]


class Future:
    """Draws of abilities of known and coming models. Years count from the state's day.

    ``makers`` has a row for each line that may release a model, then one for each known model: organisation, product
    line and weights, by which a scope tells whose measurements it holds.
    """

    @on_one_thread
    def __init__(self, state: State, lines: Lines, begin: float, end: float, draws: int, seed: int) -> None:
        self.state, self.seed, self.draws, self.begin = state, seed, draws, begin
        normal = self.random("abilities").standard_normal((draws, len(state.mean)))
        self.known = state.mean + normal @ root(state.covariance).T
        ends = steps_until(end - begin)
        self.starts, self.lengths = np.concatenate([[0.0], ends[:-1]]), np.diff(ends, prepend=0.0)
        self.grid = begin + self.starts + 0.5 * self.lengths
        self.lines, self.points_of_lines = lines, state.points(lines.table)
        self.makers = pd.concat([lines.table, state.world.models])[list(GROUPS)].reset_index(drop=True)
        self._release()
        self._wait()

    def random(self, *names: str | int) -> np.random.Generator:
        """Random numbers of one part, which no other part uses up."""
        return np.random.default_rng([self.seed, *(zlib.crc32(str(name).encode()) for name in names)])

    def _release(self) -> None:
        """Releases of all draws, flat and in the order of steps: draw, line, day, step of time and ability."""
        state, rate = self.state, self.lines.rate
        pace = self.random("pace").gamma(BURSTS, 1.0 / BURSTS, (self.draws, 1))
        found = []
        for cell, (start, length) in enumerate(zip(self.starts, self.lengths, strict=True)):
            rng = self.random("releases", cell)
            count = rng.poisson(pace * rate[None, :] * length)
            draw, line = np.nonzero(count)
            times = count[draw, line]
            draw, line = np.repeat(draw, times), np.repeat(line, times)
            ahead = start + length * rng.random(len(draw))
            found.append((draw, line, ahead, np.full(len(draw), cell), rng.standard_normal(len(draw))))
        self.draw, self.line, self.ahead, self.cell, own = (np.concatenate(part) for part in zip(*found, strict=True))
        over_time = pd.concat([self.lines.table.assign(t=t) for t in self.grid])
        points = state.points(over_time)
        given = condition_ability(state, points)
        process = self.known @ given.gain.T
        process += self.random("process").standard_normal((len(points), self.draws)).T @ root(given.covariance).T
        at = self.cell * len(rate) + self.line
        self.ability = process[self.draw, at] + np.sqrt(state.parameters.ability[-1]) * own

    def _wait(self) -> None:
        """Known models that may still be measured elsewhere, with their lines and the months since their release."""
        models = self.state.world.models
        age = self.begin - models["t"].to_numpy()
        table = self.lines.table.drop_duplicates("line")
        line = pd.Index(table["line"]).get_indexer(pd.Index(models["line"]))
        self.late = np.flatnonzero((age <= BACKLOG) & (age >= 0) & (line >= 0))
        self.late_line, self.late_age = table.index.to_numpy()[line[self.late]], age[self.late]
        backlog = int(BACKLOG / MONTH)
        self.late_month = np.clip((self.late_age / MONTH).astype(int), 0, backlog - 1)
        self.late_names = models.index[self.late].tolist()
        self.times = np.concatenate([self.begin - MONTH * (np.arange(backlog) + 0.5), self.grid])
        self.backlog = backlog
        of_late = self.state.data.points.organisation[self.late]
        self.known_organisations = np.unique(np.concatenate([self.points_of_lines.organisation, of_late]))

    @on_one_thread
    def measure(self, task: str, about: Measuring) -> Measured:
        """New measurements of a task."""
        j = about.tasks.index(task)
        delays = np.sort(about.delays[j])
        rng = self.random(task, "pace")
        pace = rng.gamma(about.shape[j], 1.0 / about.rate[j], self.draws) / max(float(self.lines.rate.sum()), 1e-9)
        own = TaskDraws(self, task)
        fresh = self._fresh(task, about, j, pace)
        delay = delays[(self.random(task, "delays").random(len(fresh)) * len(delays)).astype(int)]
        line = self.line[fresh]
        coming = own.score(
            "coming",
            self.draw[fresh],
            self.ability[fresh],
            self.backlog + self.cell[fresh],
            self.points_of_lines.organisation[line],
            about.others[j],
        )
        draw, which, wait = self._measure_late(task, about, j, pace, delays)
        models = self.late[which]
        organisation = self.state.data.points.organisation[models]
        late = own.score("late", draw, self.known[draw, models], self.late_month[which], organisation, about.others[j])
        return Measured(
            np.concatenate([self.draw[fresh], draw]),
            self.begin + np.concatenate([self.ahead[fresh] + delay, wait]),
            np.concatenate([coming, late]),
            np.concatenate([line, len(self.lines.table) + models]),
        )

    @on_one_thread
    def expected_record(self, task: str, among: np.ndarray | None = None) -> float:
        """Mean of the best score that the measured models could have had, with their errors drawn anew.

        ``among`` says of each known model whether it counts.
        """
        state, known = self.state, self.state.tasks[task]
        loading = state.parameters.loadings[task]
        left = state.weights[task] @ (centre(known, state.parameters) - loading * state.mean[known.model])
        error = state.parameters.errors[task] * known.same + np.diag(known.noise + state.parameters.task[-1])
        fitted = known.z - error @ left
        off = loading * (self.known[:REPLICAS, known.model] - state.mean[known.model])
        errors = own_errors(self.random(task, "replicas"), variance_of(state, task), off.shape)
        could = fitted + off + errors
        return float((could if among is None else could[:, among[known.model]]).max(axis=1).mean())

    def _fresh(self, task: str, about: Measuring, j: int, pace: np.ndarray) -> np.ndarray:
        """Which of the releases to come are measured."""
        rng, ahead = self.random(task, "measured"), self.grid - self.begin
        swing = about.swing * np.sqrt(ahead)[None, :] * rng.standard_normal((self.draws, 1))
        pace = pace[:, None] * np.exp(about.drift * ahead[None, :] + swing)
        rate = pace[self.draw, self.cell] * about.weights[j][self.line]
        return np.flatnonzero(rng.standard_exponential(len(rate)) < rate)

    def _measure_late(
        self, task: str, about: Measuring, j: int, pace: np.ndarray, delays: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Known models that are measured at last: draws, which of those that wait, and the years until then."""
        rng = self.random(task, "waited")
        new = np.flatnonzero([name not in about.seen[j] for name in self.late_names])
        age = self.late_age[new]
        still = 1.0 - np.searchsorted(delays, age, side="right") / len(delays)
        rate = pace[:, None] * about.weights[j][self.late_line[new]][None, :]
        draw, which = np.nonzero(rng.random(rate.shape) < -np.expm1(-rate) * still)
        late = np.quantile(delays, 1.0 - still[which] * rng.random(len(which)))
        return draw, new[which], np.maximum(late - age[which], 0.001)


class TaskDraws:
    """A task's own part in every draw, given the abilities: at each time, of each organisation, by each measurer."""

    def __init__(self, future: Future, task: str) -> None:
        state = future.state
        known = state.tasks[task]
        self.future, self.task = future, task
        cross, inner = _own_covariances(state, task, future.times, future.known_organisations)
        weight = cross @ state.weights[task]
        self.loading = state.parameters.loadings[task]
        constant = weight @ centre(known, state.parameters)
        self.measurers = len(future.known_organisations)
        constant[self.measurers + OTHERS] += state.parameters.offset
        mean = constant - self.loading * future.known[:, known.model] @ weight.T
        normal = future.random(task, "own").standard_normal((len(constant), future.draws)).T
        self.parts = mean + normal @ root(inner - weight @ cross.T).T
        self.variance = variance_of(state, task)

    def score(
        self,
        which: str,
        draw: np.ndarray,
        ability: np.ndarray,
        time: np.ndarray,
        organisation: np.ndarray,
        others: float,
    ) -> np.ndarray:
        """Scores on the link of models with these abilities, some measured by their vendor and some by others."""
        future = self.future
        who = np.where(future.random(self.task, "who", which).random(len(draw)) < others, OTHERS, OWN)
        at = np.searchsorted(future.known_organisations, organisation)
        own = (
            self.parts[draw, self.measurers + 2 + time] + self.parts[draw, at] + self.parts[draw, self.measurers + who]
        )
        return (
            self.loading * ability
            + own
            + own_errors(future.random(self.task, "errors", which), self.variance, len(draw))
        )


def variance_of(state: State, task: str) -> float:
    """Variance of a measurement about ability and task: own error, row and the usual sampling noise."""
    known = float(np.median(state.tasks[task].noise))
    return state.parameters.errors[task] + float(state.parameters.task[-1]) + known


def own_errors(rng: np.random.Generator, variance: float, shape: int | Sequence[int]) -> np.ndarray:
    return np.sqrt(variance * (TAIL - 2.0) / TAIL) * rng.standard_t(TAIL, shape)


def _own_covariances(
    state: State, task: str, times: np.ndarray, organisations: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of organisations, the two measurers and times: covariance with the task's measurements, and among themselves."""
    known = state.tasks[task]
    own = state.data.points.at(known.model)
    level, slope, wiggle, bent, offset, _ = state.parameters.task
    level = level + WIDE_LEVEL[known.unit]
    groups = slice(0, len(organisations))
    by, at = slice(groups.stop, groups.stop + 2), slice(groups.stop + 2, groups.stop + 2 + len(times))
    cross, inner = np.zeros((at.stop, len(own))), np.zeros((at.stop, at.stop))

    def in_time(other: np.ndarray) -> np.ndarray:
        return level + slope * np.outer(times, other) + wiggle * np.exp(-np.abs(times[:, None] - other[None, :]))

    cross[groups] = bent * (organisations[:, None] == own.organisation[None, :])
    inner[groups, groups] = bent * np.eye(len(organisations))
    for who in (OWN, OTHERS):
        cross[by.start + who] = offset * (known.who == who)
    inner[by, by] = offset * np.eye(2)
    cross[at], inner[at, at] = in_time(own.t), in_time(times)
    return cross, inner
