"""Releases to come, and what of them is measured on which benchmark: simulated from what was released and measured of
late."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from scale_forecast.by_date.state import State
from scale_forecast.by_date.world import OTHERS, YEAR

ACTIVE = 1.5
"""Years after its last release until a line counts as given up."""
FADING = 0.5
"""Years in which the weight of a past release or measurement falls to 1/e; of a kind of model, twice as many."""
BACKLOG = 0.75
"""Years after its release in which a model may still be measured for the first time and set a record."""
PRIOR_EXPOSURE = 0.15
"""Years of the average benchmark's measuring that each benchmark's own rate is shrunk with."""
TRUSTS = [(kind, line) for kind in (0.3, 1.0, 3.0) for line in (0.5, 1.5, 5.0)]
"""Measurements that the shares of kinds and of lines may be shrunk with: the last half-year chooses."""
HALF = 0.5
ATTENTION_TRUST = 40.0
"""Benchmarks' half-years that the prior change of attention counts for."""
ATTENTION_PRIOR = (-0.15, 0.3)
"""Prior mean and variance of that change over half a year, in logs."""


@dataclass(frozen=True)
class Lines:
    """Lines that are active, a row each: groups of its next model, and releases a year."""

    table: pd.DataFrame
    rate: np.ndarray


@dataclass(frozen=True)
class Measuring:
    """How benchmarks are measured: new models a year as a gamma (shape, rate) and each line's weight, by benchmark.

    ``weights`` (benchmarks, lines) average to one over the releases expected; ``delays`` are years from release to
    known;
    ``others`` the share of measurements not made by the vendor; ``drift`` and ``swing`` mean and standard deviation of
    the log rate of measuring a year ahead; ``seen`` the models that each benchmark has.
    """

    tasks: list[str]
    shape: np.ndarray
    rate: np.ndarray
    weights: np.ndarray
    delays: list[np.ndarray]
    others: np.ndarray
    drift: float
    swing: float
    seen: list[set[str]]


@dataclass(frozen=True)
class Firsts:
    """The first measurement of each model on each benchmark: codes of task, line and kind (-1: none of those asked
    for).

    ``age`` is years before the simulation's start at which it became known, ``delay`` years from release to then.
    """

    task: np.ndarray
    line: np.ndarray
    kind: np.ndarray
    age: np.ndarray
    delay: np.ndarray
    others: np.ndarray

    def at(self, kept: np.ndarray, back: float = 0.0) -> Firsts:
        """Some of them, as they stood ``back`` years earlier."""
        chosen = Firsts(*(getattr(self, name)[kept] for name in self.__dataclass_fields__))
        return replace(chosen, age=chosen.age - back)


def active_lines(state: State, start: pd.Timestamp) -> Lines:
    """Lines with a release in the last `ACTIVE` years before ``start``, each as its newest model stands.

    A line that does not reason yet stands twice: as often as new models of late reason, its next one does.
    """
    models = state.world.models
    age = (start - models["released"]).dt.days / YEAR
    models = models.assign(age=age)[(age <= ACTIVE) & (age >= 0)]
    newest = models.sort_values(["released"], kind="stable").groupby("line", sort=True).tail(1).sort_values("line")
    rate = models.groupby("line", sort=True).size().to_numpy(float) / ACTIVE
    weight = np.exp(-models["age"].to_numpy() / FADING)
    turns = float(weight @ models["reasoning"].to_numpy() / max(weight.sum(), 1e-9))
    plain = (newest["reasoning"] == 0).to_numpy()
    twins = newest[plain].assign(reasoning=1.0)
    rates = np.concatenate([np.where(plain, rate * (1.0 - turns), rate), rate[plain] * turns])
    return Lines(pd.concat([newest, twins]).reset_index(drop=True), np.maximum(rates, 1e-9))


def measuring(state: State, lines: Lines, start: pd.Timestamp) -> Measuring:
    """Rates, weights and delays of all benchmarks, which learn from each other, from rows visible on the origin."""
    tasks = sorted(state.tasks)
    first, seen = _firsts(state, lines, tasks, start)
    shape, rate = _rates(first, len(tasks))
    drift, swing = _attention(first, len(tasks))
    weights = _weights(first, lines, len(tasks))
    delays, others = _delays(first, len(tasks))
    return Measuring(tasks, shape, rate, weights, delays, others, drift, swing, seen)


def _firsts(state: State, lines: Lines, tasks: list[str], start: pd.Timestamp) -> tuple[Firsts, list[set[str]]]:
    rows = state.world.rows[["task", "model", "day", "who"]].sort_values(["task", "model", "day"], kind="stable")
    first = rows.drop_duplicates(["task", "model"])
    first = first[first["task"].isin(tasks)]
    models = state.world.models.loc[first["model"]]
    kinds = sorted(set(lines.table["kind"]))
    found = Firsts(
        _codes(first["task"], tasks),
        _codes(models["line"], sorted(set(lines.table["line"]))),
        _codes(models["kind"], kinds),
        (start - first["day"]).dt.days.to_numpy() / YEAR,
        (first["day"].to_numpy() - models["released"].to_numpy()) / np.timedelta64(1, "D") / YEAR,
        (first["who"] == OTHERS).to_numpy(),
    )
    named = first.groupby("task")["model"].agg(set)
    return found, [named.get(task, set()) for task in tasks]


def _codes(values: pd.Series, names: list[str]) -> np.ndarray:
    return pd.Index(names).get_indexer(pd.Index(values)) if len(names) else np.full(len(values), -1)


def _counts(first: Firsts, group: np.ndarray, groups: int, tasks: int, fading: float) -> np.ndarray:
    """Measurements by task and group, recent ones counting more, shape (tasks, groups)."""
    kept = group >= 0
    cell = first.task[kept] * groups + group[kept]
    return np.bincount(cell, np.exp(-first.age[kept] / fading), minlength=tasks * groups).reshape(tasks, groups)


def _rates(first: Firsts, tasks: int) -> tuple[np.ndarray, np.ndarray]:
    """New models a year on each benchmark as the shape and rate of a gamma: recent ones count more."""
    counted = np.bincount(first.task, np.exp(-first.age / FADING), minlength=tasks)
    life = np.zeros(tasks)
    np.maximum.at(life, first.task, first.age)
    exposure = np.maximum(FADING * -np.expm1(-life / FADING), 0.02)
    pooled = max(float(counted.sum() / max(exposure.sum(), 1e-9)), 1e-3)
    return counted + PRIOR_EXPOSURE * pooled, exposure + PRIOR_EXPOSURE


def _attention(first: Firsts, tasks: int) -> tuple[float, float]:
    """How the rate of measuring changed over past half-years: mean and standard deviation of its logarithm a year
    ahead.

    Benchmarks fall out of use and come into it: without this, a year's records all seem certain to move.
    """
    prior, variance = ATTENTION_PRIOR
    changes, noise = [np.zeros(0)], [np.zeros(0)]
    for back in (0.5, 0.75, 1.0, 1.25, 1.5):
        before = first.at(first.age >= back, back)
        shape, rate = _rates(before, tasks)
        expected = HALF * shape / rate
        came = np.bincount(first.task[(first.age < back) & (first.age >= back - HALF)], minlength=tasks)
        kept = (np.bincount(before.task, minlength=tasks) >= 3) & (expected >= 1.0)
        changes.append(np.log((came[kept] + 0.5) / (expected[kept] + 0.5)))
        noise.append(1.0 / (expected[kept] + 0.5) + 0.5 / shape[kept])
    change = np.concatenate(changes)
    n = len(change) + ATTENTION_TRUST
    mean = (change.sum() + ATTENTION_TRUST * prior) / n
    spread = (((change - mean) ** 2 - np.concatenate(noise)).sum() + ATTENTION_TRUST * variance) / n
    return float(np.clip(mean / HALF, -1.5, 0.5)), float(np.sqrt(max(spread / HALF, 0.1)))


def _weights(first: Firsts, lines: Lines, tasks: int) -> np.ndarray:
    """Weights of the lines by task, shrunk as the lines measured in the last half-year were best foretold."""
    before, came = first.at(first.age >= HALF, HALF), first.at(first.age < HALF)
    names = len(set(lines.table["line"]))
    if not names:
        return np.zeros((tasks, 0))
    counted = _counts(came, came.line, names, tasks, np.inf)
    line_of = _codes(lines.table["line"], sorted(set(lines.table["line"])))

    def log_likelihood(trust: tuple[float, float]) -> float:
        by_line = np.zeros((tasks, names))
        np.add.at(by_line.T, line_of, _shares(before, lines, tasks, trust).T)
        return float((counted * np.log(np.maximum(by_line, 1e-6))).sum())

    return _shares(first, lines, tasks, max(TRUSTS, key=log_likelihood)) / (lines.rate / lines.rate.sum())[None, :]


def _shares(first: Firsts, lines: Lines, tasks: int, trust: tuple[float, float]) -> np.ndarray:
    """Each line's share of the measurements to come on each benchmark.

    As it was there, shrunk to its kind there, which is shrunk to the line everywhere; ``trust`` says in measurements by
    how much, for kinds and for lines.
    """
    table, share = lines.table, lines.rate / lines.rate.sum()
    names, kinds = sorted(set(table["line"])), sorted(set(table["kind"]))
    line_of, kind_of = _codes(table["line"], names), _codes(table["kind"], kinds)
    of_line = share / np.bincount(line_of, share)[line_of]
    counted = _counts(first, first.line, len(names), tasks, FADING)
    everywhere = (counted.sum(axis=0)[line_of] + 0.2) * of_line
    everywhere /= everywhere.sum()
    by_kind = _counts(first, first.kind, len(kinds), tasks, 2.0 * FADING)
    usual = np.bincount(kind_of, everywhere, minlength=len(kinds))
    kind_share = (by_kind + trust[0] * usual[None, :]) / (by_kind.sum(axis=1, keepdims=True) + trust[0])
    prior = everywhere[None, :] * (kind_share / np.maximum(usual, 1e-9)[None, :])[:, kind_of]
    prior /= prior.sum(axis=1, keepdims=True)
    own = counted[:, line_of] * of_line[None, :]
    return (own + trust[1] * prior) / (own.sum(axis=1, keepdims=True) + trust[1])


def _delays(first: Firsts, tasks: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Of each task years from release to known, its own and a few of all tasks', and the share of other measurers."""
    recent = first.age <= 1.0
    pool = first.delay[recent] if recent.any() else np.zeros(1)
    few = np.quantile(pool, np.linspace(0.05, 0.95, 10))
    delays = []
    for task in range(tasks):
        late = first.delay[recent & (first.task == task)]
        delays.append(np.concatenate([np.repeat(late, max(1, 20 // max(len(late), 1))), few]))
    weight = np.exp(-first.age / FADING)
    total = np.bincount(first.task, weight, minlength=tasks)
    return delays, (np.bincount(first.task, weight * first.others, minlength=tasks) + 0.5) / (total + 1.0)
