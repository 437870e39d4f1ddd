"""Records to come: the best score on each benchmark by each day, as joint draws over benchmarks and days.

Each draw is one future: the abilities of all lines over time, the models that they release, what of these is measured
on
which benchmark and when, and the scores. The record is the best of what is measured, never below the one that stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scale_forecast.by_date.fit import WIDE_LEVEL, task_covariance
from scale_forecast.by_date.kernels import Points
from scale_forecast.by_date.link import from_link, to_link
from scale_forecast.by_date.releases import BACKLOG, Lines, Measuring, active_lines, measuring
from scale_forecast.by_date.state import State, ability_given, centred, root
from scale_forecast.by_date.world import OTHERS, OWN

MONTH = 1.0 / 12.0
TAIL = 6.0
REPLICAS = 200
"""Draws from which the record that the model expects today is averaged."""


@dataclass(frozen=True)
class Record:
    """The best visible score of a benchmark: on the link and in its unit, who holds it, since when, from where."""

    task: str
    z: float
    score: float
    model: str
    organisation: str
    day: pd.Timestamp
    source: str
    models: int


@dataclass(frozen=True)
class Simulated:
    """Best new measurement on the link by benchmark and day, before any adjustment; minus infinity where there is none.

    ``best`` (draws, tasks, days); ``holder`` (draws, tasks, days) codes of ``organisations``; ``measured`` says whether
    anything new was; ``gap`` (tasks) how far the standing record is above the one that the model expects.
    """

    tasks: list[str]
    days: list[pd.Timestamp]
    records: dict[str, Record]
    best: np.ndarray
    holder: np.ndarray
    measured: np.ndarray
    gap: np.ndarray
    organisations: list[str]
    years: np.ndarray = field(default_factory=lambda: np.zeros(0))


def standing(state: State, tasks: list[str] | None = None) -> dict[str, Record]:
    """The record of each benchmark as it is known; of equal scores the one known first."""
    rows = state.world.rows if tasks is None else state.world.rows[state.world.rows["task"].isin(tasks)]
    models = rows.groupby("task")["model"].nunique()
    order = rows.sort_values(["task", "score", "day", "model"], ascending=[True, False, True, True], kind="stable")
    held = {}
    for row in order.drop_duplicates("task").itertuples():
        organisation = str(state.world.models.loc[row.model, "organisation"])
        held[row.task] = Record(
            row.task, row.z, row.score, row.model, organisation, row.day, str(row.source), int(models[row.task])
        )
    return held


def simulate(
    state: State,
    tasks: list[str],
    days: list[pd.Timestamp],
    *,
    draws: int,
    seed: int,
    start: pd.Timestamp | None = None,
) -> Simulated:
    """Joint draws of the best new measurement on each benchmark by each day.

    ``start`` is where the tables end: releases and measurements since then are simulated. By default the newest
    visible day, or the origin where that is nearer than a month (a quiet fortnight is not an end of the tables).
    """
    rng = np.random.default_rng(seed)
    start = start or state.world.as_of
    years = np.array([state.years(day) for day in days])
    begin, end = state.years(start), max(float(years.max()), state.years(start) + MONTH)
    lines = active_lines(state, start)
    future = _Future(state, lines, begin, end, draws, rng)
    about = measuring(state, lines, tasks, start)
    records = standing(state, tasks)
    shape = (draws, len(tasks), len(days))
    best, holder, measured = np.full(shape, -np.inf), np.full(shape, -1, dtype=np.int16), np.zeros(shape, dtype=bool)
    gap = np.zeros(len(tasks))
    for j, task in enumerate(tasks):
        new, replicas = future.measure(task, about, j, begin)
        gap[j] = records[task].z - replicas.max(axis=1).mean()
        for d, year in enumerate(years):
            in_time = new.known_at <= year
            row, z = new.draw[in_time], new.z[in_time]
            np.maximum.at(best[:, j, d], row, z)
            leads = z >= best[row, j, d]
            holder[row[leads], j, d] = new.owner[in_time][leads]
        measured[:, j] = np.isfinite(best[:, j])
    return Simulated(tasks, days, records, best, holder, measured, gap, future.organisations, years)


class _Future:
    """Draws of abilities of known and coming models; the releases are shared by all benchmarks of a draw."""

    def __init__(
        self, state: State, lines: Lines, begin: float, end: float, draws: int, rng: np.random.Generator
    ) -> None:
        self.state, self.rng, self.draws = state, rng, draws
        self.known = state.mean + rng.standard_normal((draws, len(state.mean))) @ root(state.covariance).T
        self.grid = begin + MONTH * (np.arange(int(np.ceil((end - begin) / MONTH))) + 0.5)
        table = lines.table
        points = _over_time(state, table, self.grid)
        given = ability_given(state, points)
        noise = rng.standard_normal((draws, len(points))) @ root(given.covariance).T
        ability = (self.known @ given.gain.T + noise).reshape(draws, len(table), len(self.grid))
        self._release(lines, begin, end, ability)
        self._backlog(begin)
        self.organisations = sorted(set(state.world.models["organisation"]))
        code = {name: i for i, name in enumerate(self.organisations)}
        self.owner_of_line = table["organisation"].map(code).to_numpy()
        self.owner_of_known = state.world.models["organisation"].map(code).to_numpy()

    def _release(self, lines: Lines, begin: float, end: float, ability: np.ndarray) -> None:
        """Releases of each draw as padded arrays: line, day and ability."""
        rng, draws = self.rng, self.draws
        spread = rng.gamma(4.0, 0.25, (draws, 1))
        count = rng.poisson(spread * lines.rate[None, :] * (end - begin))
        if not len(lines.rate):
            ability, lines = np.zeros((draws, 1, len(self.grid))), lines
        most = max(int(count.sum(axis=1).max(initial=0)), 1)
        self.line = np.zeros((draws, most), dtype=int)
        self.exists = np.zeros((draws, most), dtype=bool)
        for d in range(draws):
            of_draw = np.repeat(np.arange(len(lines.rate)), count[d])
            self.line[d, : len(of_draw)], self.exists[d, : len(of_draw)] = of_draw, True
        self.day = begin + (end - begin) * rng.random((draws, most))
        self.cell = np.clip(((self.day - begin) / MONTH).astype(int), 0, len(self.grid) - 1)
        own = np.sqrt(self.state.parameters.ability[-1]) * rng.standard_normal((draws, most))
        self.ability = ability[np.arange(draws)[:, None], self.line, self.cell] + own
        self.line_of, self.of_lines = lines, self.state.points(lines.table)

    def _backlog(self, begin: float) -> None:
        """Known models that may still be measured elsewhere, with their lines."""
        models = self.state.world.models
        age = begin - models["t"].to_numpy()
        code = {line: i for i, line in reversed(list(enumerate(self.line_of.table["line"])))}
        line = models["line"].map(code)
        self.late = np.flatnonzero((age <= BACKLOG) & (age >= 0) & line.notna().to_numpy())
        self.late_line = line.to_numpy()[self.late].astype(int)
        self.late_age = age[self.late]
        self.late_names = [models.index[i] for i in self.late]

    def measure(self, task: str, about: Measuring, j: int, begin: float) -> tuple[_New, np.ndarray]:
        """New measurements of one task, and what its measured models could have scored, shape (draws, measurements)."""
        state, rng, draws = self.state, self.rng, self.draws
        rate = rng.gamma(about.shape[j], 1.0 / about.rate[j], draws)
        pace = rate / max(float(self.line_of.rate.sum()), 1e-9)
        weights, delays = about.weights[j], np.sort(about.delays[j])
        ahead = np.maximum(self.day - begin, 0.0)
        attention = np.exp(about.drift * ahead + about.swing * np.sqrt(ahead) * rng.standard_normal((draws, 1)))
        chosen = rng.random(self.day.shape) < -np.expm1(-pace[:, None] * attention * weights[self.line])
        draw, release = np.nonzero(chosen & self.exists)
        line = self.line[draw, release]
        fresh = _New(
            draw,
            self.day[draw, release] + rng.choice(delays, len(draw)),
            self.ability[draw, release],
            self.cell[draw, release],
            self.of_lines.organisation[line],
            self.owner_of_line[line],
        )
        new = np.array([name not in about.seen[j] for name in self.late_names], dtype=bool)
        late, late_line, age = self.late[new], self.late_line[new], self.late_age[new]
        still = 1.0 - np.searchsorted(delays, age, side="right") / len(delays)
        happens = rng.random((draws, len(late))) < -np.expm1(-pace[:, None] * weights[late_line]) * still
        late_draw, which = np.nonzero(happens)
        wait = np.quantile(delays, 1.0 - still[which] * rng.random(len(which))) - age[which]
        model = late[which]
        waited = _New(
            late_draw,
            begin + np.maximum(wait, 0.001),
            self.known[late_draw, model],
            len(self.grid) + np.flatnonzero(new)[which],
            state.data.points.organisation[model],
            self.owner_of_known[model],
        )
        own = _LatentTask(state, task, np.concatenate([self.grid, state.data.points.t[self.late]]), self.of_lines)
        parts = own.draw(self.known, rng)
        both = fresh.joined(waited)
        both.z[:] = self._score(task, about.others[j], own, parts, both)
        return both, self._replicas(task, own)

    def _score(self, task: str, others: float, own: _LatentTask, parts: np.ndarray, new: _New) -> np.ndarray:
        who = (self.rng.random(len(new.draw)) < others).astype(int)
        time = parts[new.draw, new.time]
        bent = parts[new.draw, own.group(new.organisation)]
        z = own.loading * new.ability + time + bent + parts[new.draw, own.measurer(who)]
        return z + self._noise(task, z)

    def _replicas(self, task: str, own: _LatentTask) -> np.ndarray:
        """Scores of the measured models with their errors drawn anew."""
        known = self.state.tasks[task]
        z = own.fitted + own.loading * (self.known[:REPLICAS, known.model] - self.state.mean[known.model])
        return z + self._noise(task, z)

    def _noise(self, task: str, z: np.ndarray) -> np.ndarray:
        state = self.state
        variance = state.parameters.errors[task] + float(state.parameters.task[-1])
        variance += float(np.median(state.tasks[task].noise))
        return np.sqrt(variance * (TAIL - 2.0) / TAIL) * self.rng.standard_t(TAIL, z.shape)


@dataclass(frozen=True)
class _New:
    """New measurements of one task over all draws, flat: draw, day known, ability, place in time, organisation,
    owner."""

    draw: np.ndarray
    known_at: np.ndarray
    ability: np.ndarray
    time: np.ndarray
    organisation: np.ndarray
    owner: np.ndarray
    z: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def joined(self, other: _New) -> _New:
        names = ("draw", "known_at", "ability", "time", "organisation", "owner")
        both = [np.concatenate([getattr(self, name), getattr(other, name)]) for name in names]
        return _New(*both, np.zeros(len(both[0])))


class _LatentTask:
    """A task's own part split into times, organisations and measurers, jointly drawn given the abilities."""

    def __init__(self, state: State, task: str, times: np.ndarray, lines: Points) -> None:
        known = state.tasks[task]
        own = state.data.points.at(known.model)
        level, slope, wiggle, bent, offset, _ = state.parameters.task
        self.organisations = np.unique(np.concatenate([lines.organisation, state.data.points.organisation]))
        self.times, n = len(times), len(times) + len(self.organisations) + 2
        t, groups = slice(0, self.times), slice(self.times, n - 2)
        cross, inner = np.zeros((n, len(own))), np.zeros((n, n))
        wide = level + WIDE_LEVEL[known.unit]
        cross[t] = wide + slope * np.outer(times, own.t) + wiggle * np.exp(-np.abs(times[:, None] - own.t[None, :]))
        cross[groups] = bent * (self.organisations[:, None] == own.organisation[None, :])
        for who in (OWN, OTHERS):
            cross[n - 2 + who] = offset * (known.who == who)
        inner[t, t] = wide + slope * np.outer(times, times) + wiggle * np.exp(-np.abs(times[:, None] - times[None, :]))
        inner[groups, groups] = bent * np.eye(len(self.organisations))
        inner[n - 2 :, n - 2 :] = offset * np.eye(2)
        self.weight = cross @ state.weights[task]
        self.model, self.loading = known.model, state.parameters.loadings[task]
        y = centred(known, state.parameters)
        self.constant = self.weight @ y
        self.constant[n - 2 + OTHERS] += state.parameters.offset
        self.root = root(inner - self.weight @ cross.T)
        left = state.weights[task] @ (y - self.loading * state.mean[self.model])
        shared = task_covariance(known, state.parameters)
        error = state.parameters.errors[task] * known.same + np.diag(known.noise + state.parameters.task[-1])
        self.fitted = known.z - y + self.loading * state.mean[self.model] + (shared - error) @ left

    def group(self, organisation: np.ndarray) -> np.ndarray:
        return self.times + np.searchsorted(self.organisations, organisation)

    def measurer(self, who: np.ndarray) -> np.ndarray:
        return self.times + len(self.organisations) + who

    def draw(self, ability: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        mean = self.constant - self.loading * ability[:, self.model] @ self.weight.T
        return mean + rng.standard_normal((len(ability), len(self.constant))) @ self.root.T


def _over_time(state: State, table: pd.DataFrame, grid: np.ndarray) -> Points:
    """Each line at each time of the grid, lines first."""
    repeated = table.loc[table.index.repeat(len(grid))].assign(t=np.tile(grid, len(table)))
    return state.points(repeated)


__all__ = ["Record", "Simulated", "from_link", "simulate", "standing", "to_link"]
