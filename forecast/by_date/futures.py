"""Simulated futures: abilities of all lines over time, the models they release, and how these score where measured.

The models that a draw releases are shared by all benchmarks: one that is able is able on all of them at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.by_date.fit import WIDE_LEVEL
from scale_forecast.by_date.releases import BACKLOG, Lines, Measuring
from scale_forecast.by_date.state import State, ability_given, centred, root
from scale_forecast.by_date.world import OTHERS, OWN

MONTH = 1.0 / 12.0
STEPS = 12
"""Steps of time into which a long horizon is cut; short ones are cut into months."""
TAIL = 6.0
"""Degrees of freedom of a score's own error."""
REPLICAS = 200
"""Draws from which the record that the model expects today is averaged."""
BURSTS = 4.0
"""Shape of the gamma by which all releases of a draw come faster or slower than of late."""


@dataclass(frozen=True)
class Measured:
    """New measurements of one task over all draws, flat: draw, year known, score on the link, owner's code."""

    draw: np.ndarray
    known_at: np.ndarray
    z: np.ndarray
    owner: np.ndarray


class Future:
    """Draws of abilities of known and coming models. Years count from the state's day."""

    def __init__(
        self, state: State, lines: Lines, begin: float, end: float, draws: int, rng: np.random.Generator
    ) -> None:
        self.state, self.rng, self.draws, self.begin = state, rng, draws, begin
        self.known = state.mean + rng.standard_normal((draws, len(state.mean))) @ root(state.covariance).T
        steps = min(max(int(np.ceil((end - begin) / MONTH)), 1), STEPS)
        self.step = (end - begin) / steps
        self.grid = begin + self.step * (np.arange(steps) + 0.5)
        self.lines, self.points_of_lines = lines, state.points(lines.table)
        self.organisations = sorted(set(state.world.models["organisation"]))
        code = pd.Index(self.organisations)
        self.owner_of_line = code.get_indexer(lines.table["organisation"])
        self.owner_of_known = code.get_indexer(state.world.models["organisation"])
        self._release(end)
        self._wait()

    def _release(self, end: float) -> None:
        """Releases of all draws, flat and in the draws' order: draw, line, day, step of time and ability."""
        state, rng, rate = self.state, self.rng, self.lines.rate
        pace = rng.gamma(BURSTS, 1.0 / BURSTS, (self.draws, 1))
        count = rng.poisson(pace * rate[None, :] * (end - self.begin))
        draw, line = np.nonzero(count)
        times = count[draw, line]
        self.draw, self.line = np.repeat(draw, times), np.repeat(line, times)
        self.ahead = (end - self.begin) * rng.random(len(self.draw))
        self.cell = np.clip((self.ahead / self.step).astype(int), 0, len(self.grid) - 1)
        over_time = self.lines.table.loc[self.lines.table.index.repeat(len(self.grid))]
        points = state.points(over_time.assign(t=np.tile(self.grid, len(rate))))
        given = ability_given(state, points)
        process = self.known @ given.gain.T
        process += rng.standard_normal((self.draws, len(points))) @ root(given.covariance).T
        own = np.sqrt(state.parameters.ability[-1]) * rng.standard_normal(len(self.draw))
        self.ability = process[self.draw, self.line * len(self.grid) + self.cell] + own

    def _wait(self) -> None:
        """Known models that may still be measured elsewhere, with their lines and the months since their release."""
        models = self.state.world.models
        age = self.begin - models["t"].to_numpy()
        table = self.lines.table.drop_duplicates("line")
        line = pd.Index(table["line"]).get_indexer(pd.Index(models["line"]))
        self.late = np.flatnonzero((age <= BACKLOG) & (age >= 0) & (line >= 0))
        self.late_line, self.late_age = table.index.to_numpy()[line[self.late]], age[self.late]
        self.late_month = np.clip((self.late_age / MONTH).astype(int), 0, int(BACKLOG / MONTH) - 1)
        self.late_names = models.index[self.late].tolist()
        self.times = np.concatenate([self.grid, self.begin - MONTH * (np.arange(int(BACKLOG / MONTH)) + 0.5)])
        of_late = self.state.data.points.organisation[self.late]
        self.known_organisations = np.unique(np.concatenate([self.points_of_lines.organisation, of_late]))

    def measure(self, task: str, about: Measuring, j: int) -> tuple[Measured, float]:
        """New measurements of a task, and the record that the model expects of the models that it has."""
        rng, delays = self.rng, np.sort(about.delays[j])
        pace = rng.gamma(about.shape[j], 1.0 / about.rate[j], self.draws) / max(float(self.lines.rate.sum()), 1e-9)
        own = TaskDraws(self, task)
        fresh = self._fresh(about, j, pace)
        known_at = self.begin + self.ahead[fresh] + rng.choice(delays, len(fresh))
        organisation = self.points_of_lines.organisation[self.line[fresh]]
        waited, which, wait = self._waited(about, j, pace, delays)
        models = self.late[which]
        draw = np.concatenate([self.draw[fresh], waited])
        ability = np.concatenate([self.ability[fresh], self.known[waited, models]])
        time = np.concatenate([self.cell[fresh], len(self.grid) + self.late_month[which]])
        organisation = np.concatenate([organisation, self.state.data.points.organisation[models]])
        z = own.score(draw, ability, time, organisation, about.others[j])
        owner = np.concatenate([self.owner_of_line[self.line[fresh]], self.owner_of_known[models]])
        return Measured(draw, np.concatenate([known_at, self.begin + wait]), z, owner), own.expected_record()

    def _fresh(self, about: Measuring, j: int, pace: np.ndarray) -> np.ndarray:
        """Which of the releases to come are measured."""
        ahead = self.grid - self.begin
        swing = about.swing * np.sqrt(ahead)[None, :] * self.rng.standard_normal((self.draws, 1))
        pace = pace[:, None] * np.exp(about.drift * ahead[None, :] + swing)
        rate = pace[self.draw, self.cell] * about.weights[j][self.line]
        return np.flatnonzero(self.rng.standard_exponential(len(rate)) < rate)

    def _waited(
        self, about: Measuring, j: int, pace: np.ndarray, delays: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Known models that are measured at last: draws, which of those that wait, and the years until then."""
        new = np.flatnonzero([name not in about.seen[j] for name in self.late_names])
        age = self.late_age[new]
        still = 1.0 - np.searchsorted(delays, age, side="right") / len(delays)
        rate = pace[:, None] * about.weights[j][self.late_line[new]][None, :]
        draw, which = np.nonzero(self.rng.random(rate.shape) < -np.expm1(-rate) * still)
        late = np.quantile(delays, 1.0 - still[which] * self.rng.random(len(which)))
        return draw, new[which], np.maximum(late - age[which], 0.001)


class TaskDraws:
    """A task's own part in every draw, given the abilities: at each time, of each organisation, by each measurer."""

    def __init__(self, future: Future, task: str) -> None:
        state = future.state
        known = state.tasks[task]
        self.future, self.task, self.known = future, task, known
        cross, inner = _own_covariances(state, task, future.times, future.known_organisations)
        weight = cross @ state.weights[task]
        self.loading = state.parameters.loadings[task]
        y = centred(known, state.parameters)
        constant = weight @ y
        constant[-2 + OTHERS] += state.parameters.offset
        mean = constant - self.loading * future.known[:, known.model] @ weight.T
        noise = future.rng.standard_normal(mean.shape) @ root(inner - weight @ cross.T).T
        self.parts = mean + noise
        self.variance = state.parameters.errors[task] + float(state.parameters.task[-1]) + float(np.median(known.noise))

    def score(
        self, draw: np.ndarray, ability: np.ndarray, time: np.ndarray, organisation: np.ndarray, others: float
    ) -> np.ndarray:
        """Scores on the link of models with these abilities, some measured by their vendor and some by others."""
        future = self.future
        at = len(future.times) + np.searchsorted(future.known_organisations, organisation)
        who = np.where(future.rng.random(len(draw)) < others, OTHERS, OWN)
        own = self.parts[draw, time] + self.parts[draw, at] + self.parts[draw, self.parts.shape[1] - 2 + who]
        return self.loading * ability + own + self._errors(len(draw))

    def expected_record(self) -> float:
        """Mean of the best score that the measured models could have had, with their errors drawn anew."""
        state, known = self.future.state, self.known
        y = centred(known, state.parameters)
        left = state.weights[self.task] @ (y - self.loading * state.mean[known.model])
        error = state.parameters.errors[self.task] * known.same + np.diag(known.noise + state.parameters.task[-1])
        fitted = known.z - error @ left
        off = self.loading * (self.future.known[:REPLICAS, known.model] - state.mean[known.model])
        return float((fitted + off + self._errors(off.shape)).max(axis=1).mean())

    def _errors(self, shape: int | tuple[int, ...]) -> np.ndarray:
        return np.sqrt(self.variance * (TAIL - 2.0) / TAIL) * self.future.rng.standard_t(TAIL, shape)


def _own_covariances(
    state: State, task: str, times: np.ndarray, organisations: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of times, organisations and the two measurers: covariance with the task's measurements, and among themselves."""
    known = state.tasks[task]
    own = state.data.points.at(known.model)
    level, slope, wiggle, bent, offset, _ = state.parameters.task
    level = level + WIDE_LEVEL[known.unit]
    n = len(times) + len(organisations) + 2
    at, groups = slice(0, len(times)), slice(len(times), n - 2)
    cross, inner = np.zeros((n, len(own))), np.zeros((n, n))

    def in_time(other: np.ndarray) -> np.ndarray:
        return level + slope * np.outer(times, other) + wiggle * np.exp(-np.abs(times[:, None] - other[None, :]))

    cross[at], inner[at, at] = in_time(own.t), in_time(times)
    cross[groups] = bent * (organisations[:, None] == own.organisation[None, :])
    inner[groups, groups] = bent * np.eye(len(organisations))
    for who in (OWN, OTHERS):
        cross[n - 2 + who] = offset * (known.who == who)
    inner[n - 2 :, n - 2 :] = offset * np.eye(2)
    return cross, inner
