"""Releases to come, and what of them is measured on which benchmark: simulated from what was released and measured of late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.by_date.state import State
from scale_forecast.by_date.world import OTHERS, YEAR

ACTIVE = 1.5
"""Years after its last release until a line counts as given up."""
FADING = 0.5
"""Years in which the weight of a past release or measurement falls to 1/e."""
BACKLOG = 0.75
"""Years after its release in which a model may still be measured for the first time and set a record."""
PRIOR_EXPOSURE = 0.15
"""Years of the average benchmark's measuring that each benchmark's own rate is shrunk with."""
TRUSTS = [(kind, line) for kind in (0.3, 1.0, 3.0) for line in (0.5, 1.5, 5.0)]
"""Measurements that the shares of kinds and of lines may be shrunk with: the last half-year chooses."""
ATTENTION_TRUST = 40.0
"""Benchmarks' half-years that the prior change of attention counts for."""


@dataclass(frozen=True)
class Lines:
    """Lines that are active, a row each: groups of its next model, and releases a year."""

    table: pd.DataFrame
    rate: np.ndarray


@dataclass(frozen=True)
class Measuring:
    """How benchmarks are measured: new models a year as a gamma (shape, rate) and each line's weight, by benchmark.

    ``weights`` (benchmarks, lines) average to one over the releases expected; ``delays`` are years from release to known.
    """

    tasks: list[str]
    shape: np.ndarray
    rate: np.ndarray
    weights: np.ndarray
    delays: list[np.ndarray]
    others: np.ndarray
    """Share of measurements not made by the vendor."""
    drift: float
    swing: float
    """Mean and standard deviation of the log rate of measuring a year ahead."""


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
    return Lines(pd.concat([newest, twins]).reset_index(drop=True), rates)


def measuring(state: State, lines: Lines, tasks: list[str], start: pd.Timestamp) -> Measuring:
    """Rates, weights and delays, all from rows visible on the origin."""
    first = first_known(state)
    first = first.assign(age=(start - first["day"]).dt.days / YEAR)
    shape, rate = _rates(first[first["task"].isin(tasks)], tasks)
    weights, delays, others = _weights(first[first["task"].isin(tasks)], lines, tasks)
    return Measuring(tasks, shape, rate, weights, delays, others, *_attention(first))


def _rates(first: pd.DataFrame, tasks: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """New models a year on each benchmark as the shape and rate of a gamma: recent ones count more."""
    by_task = first.assign(weight=np.exp(-first["age"] / FADING)).groupby("task")
    counted = by_task["weight"].sum().reindex(tasks, fill_value=0.0).to_numpy()
    life = by_task["age"].max().reindex(tasks, fill_value=0.0).to_numpy()
    exposure = np.maximum(FADING * -np.expm1(-life / FADING), 0.02)
    pooled = max(counted.sum() / max(exposure.sum(), 1e-9), 1e-3)
    return counted + PRIOR_EXPOSURE * pooled, exposure + PRIOR_EXPOSURE


def _attention(first: pd.DataFrame) -> tuple[float, float]:
    """How the rate of measuring changed over past half-years: mean and standard deviation of its logarithm a year ahead.

    Benchmarks fall out of use and come into it: without this, a year's records all seem certain to move.
    """
    changes, noise = [], []
    for back in (0.5, 0.75, 1.0, 1.25, 1.5):
        before = first[first["age"] >= back].assign(age=lambda t, b=back: t["age"] - b)
        count = before.groupby("task").size()
        tasks = list(count.index[count >= 3])
        if not tasks:
            continue
        shape, rate = _rates(before, tasks)
        came = first[(first["age"] < back) & (first["age"] >= back - 0.5)].groupby("task").size()
        expected = 0.5 * shape / rate
        came = came.reindex(tasks, fill_value=0).to_numpy()
        kept = expected >= 1.0
        changes += np.log((came[kept] + 0.5) / (expected[kept] + 0.5)).tolist()
        noise += (1.0 / (expected[kept] + 0.5) + 0.5 / shape[kept]).tolist()
    n = len(changes)
    drift = 2.0 * (np.sum(changes) - ATTENTION_TRUST * 0.15) / (n + ATTENTION_TRUST)
    variance = 2.0 * (np.sum((np.array(changes) - drift / 2.0) ** 2 - np.array(noise)) + ATTENTION_TRUST * 0.3)
    return float(np.clip(drift, -1.5, 0.5)), float(np.sqrt(max(variance / (n + ATTENTION_TRUST), 0.1)))


def first_known(state: State) -> pd.DataFrame:
    """Of each task and model the first day on which a score was known, with the model's line and delay in years."""
    rows = state.world.rows.sort_values(["task", "model", "day"], kind="stable")
    first = rows.drop_duplicates(["task", "model"])[["task", "model", "day", "who"]].reset_index(drop=True)
    models = state.world.models
    released = first["model"].map(models["released"])
    groups = {name: first["model"].map(models[name]) for name in ("line", "kind")}
    return first.assign(**groups, delay=(first["day"] - released).dt.days / YEAR)


def _weights(
    on: pd.DataFrame, lines: Lines, tasks: list[str]
) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Weights of the lines, delays and the share of other measurers, by task."""
    before, came = on[on["age"] >= 0.5].assign(age=lambda t: t["age"] - 0.5), on[on["age"] < 0.5]
    shares = [(_shares(before, lines, tasks, trust), trust) for trust in TRUSTS]
    trust = max(shares, key=lambda found: _said(found[0], came, lines, tasks))[1]
    share = np.maximum(lines.rate, 1e-9) / np.maximum(lines.rate, 1e-9).sum()
    return _shares(on, lines, tasks, trust) / share[None, :], *_delays(on, tasks)


def _said(shares: np.ndarray, came: pd.DataFrame, lines: Lines, tasks: list[str]) -> float:
    """Log likelihood of the lines that were measured in a half-year under the shares expected before it."""
    names = sorted(set(lines.table["line"]))
    at = np.searchsorted(names, lines.table["line"])
    by_line = np.zeros((len(tasks), len(names)))
    np.add.at(by_line.T, at, shares.T)
    counted = _counts(came, "line", names, tasks, fading=np.inf)
    return float((counted * np.log(np.maximum(by_line, 1e-6))).sum())


def _shares(on: pd.DataFrame, lines: Lines, tasks: list[str], trust: tuple[float, float]) -> np.ndarray:
    """Each line's share of the measurements to come on each benchmark.

    As it was there, shrunk to its kind there, which is shrunk to the line everywhere; ``trust`` says in measurements by
    how much, for kinds and for lines.
    """
    table, expected = lines.table, np.maximum(lines.rate, 1e-9)
    share = expected / expected.sum()
    kinds, names = sorted(set(on["kind"]) | set(table["kind"])), sorted(set(table["line"]))
    kind_of, line_of = np.searchsorted(kinds, table["kind"]), np.searchsorted(names, table["line"])
    counted = _counts(on, "line", names, tasks)
    of_line = share / np.bincount(line_of, share)[line_of]
    everywhere = (counted.sum(axis=0)[line_of] + 0.2) * of_line
    everywhere /= everywhere.sum()
    by_kind = _counts(on, "kind", kinds, tasks, fading=2.0 * FADING)
    usual = np.bincount(kind_of, everywhere, minlength=len(kinds))
    kind_share = (by_kind + trust[0] * usual[None, :]) / (by_kind.sum(axis=1, keepdims=True) + trust[0])
    prior = everywhere[None, :] * (kind_share / np.maximum(usual, 1e-9)[None, :])[:, kind_of]
    prior /= prior.sum(axis=1, keepdims=True)
    own = counted[:, line_of] * of_line[None, :]
    return (own + trust[1] * prior) / (own.sum(axis=1, keepdims=True) + trust[1])


def _counts(on: pd.DataFrame, group: str, groups: list[str], tasks: list[str], fading: float = FADING) -> np.ndarray:
    """Measurements by task and group, recent ones counting more, shape (tasks, groups)."""
    kept = on[on[group].isin(groups)]
    counted = np.zeros((len(tasks), len(groups)))
    task = kept["task"].map({t: i for i, t in enumerate(tasks)}).to_numpy(int)
    at = kept[group].map({g: i for i, g in enumerate(groups)}).to_numpy(int)
    np.add.at(counted, (task, at), np.exp(-kept["age"].to_numpy() / fading))
    return counted


def _delays(on: pd.DataFrame, tasks: list[str]) -> tuple[list[np.ndarray], np.ndarray]:
    """Of each task years from release to known, its own and a few of all tasks', and the share of other measurers."""
    pool = on.loc[on["age"] <= 1.0, "delay"].to_numpy()
    few = np.quantile(pool if len(pool) else np.zeros(1), np.linspace(0.05, 0.95, 10))
    groups = dict(iter(on.groupby("task")))
    delays, others = [], np.zeros(len(tasks))
    for i, task in enumerate(tasks):
        own = groups[task]
        late = own.loc[own["age"] <= 1.0, "delay"].to_numpy()
        delays.append(np.concatenate([np.repeat(late, max(1, 20 // max(len(late), 1))), few]))
        weight = np.exp(-own["age"].to_numpy() / FADING)
        others[i] = ((own["who"] == OTHERS).to_numpy() @ weight + 0.5) / (weight.sum() + 1.0)
    return delays, others
