"""Variances and loadings of the model of scores, by marginal likelihood with weak priors.

Given the abilities the tasks are independent, so the likelihood needs one small factor a task and one of the models:
thousands of scores take tenths of a second. Its gradient is that of the expected complete likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import lapack
from scipy.optimize import minimize

from scale_forecast.by_date.kernels import ABILITY, ABILITY_START, TASK, TASK_START, Points, ability_parts, task_parts
from scale_forecast.by_date.world import OTHERS, World, scale_of

ERROR_START = 0.15
SPREAD_OF_LOGS = 1.0
"""Prior standard deviation of each log variance about its start."""
SPREAD_OF_ERRORS = 0.6
"""Prior standard deviation of a task's log error variance about the pool's."""
SPREAD_OF_LOADINGS = {"share": 0.3, "Elo": 0.3, "minutes": 0.6, "US dollars": 0.6}
SPREAD_OF_OFFSET = 0.3
WIDE_LEVEL = {"share": 0.0, "Elo": 4.0, "minutes": 9.0, "US dollars": 25.0}
"""Variance added to the level of a task whose unit has no natural zero."""


@dataclass(frozen=True)
class Parameters:
    """What is learned; a task that was not fitted has a loading of 1 and the pool's error."""

    ability: np.ndarray
    task: np.ndarray
    offset: float
    error: float
    errors: dict[str, float]
    loadings: dict[str, float]


@dataclass(frozen=True)
class TaskData:
    """The measurements of one task: which model (an index), who measured, z and its sampling noise."""

    name: str
    unit: str
    model: np.ndarray
    who: np.ndarray
    z: np.ndarray
    noise: np.ndarray
    parts: np.ndarray
    same: np.ndarray
    repeated: bool


@dataclass(frozen=True)
class Data:
    points: Points
    start: float
    ability: np.ndarray
    tasks: list[TaskData]


def arrange(world: World) -> tuple[Data, dict[str, dict[str, int]]]:
    """The world as arrays, and the codes that its organisations, tiers and lines have."""
    models = world.models
    codes = {
        name: {v: i for i, v in enumerate(sorted(models[name].unique()))} for name in ("organisation", "tier", "line")
    }
    points = points_of(models, codes)
    start = float(points.t.min(initial=0.0)) - 0.25
    of_row = models.index.get_indexer(pd.Index(world.best["model"]))
    columns = {column: world.best[column].to_numpy() for column in ("who", "z", "noise")}
    tasks = []
    for name, at in world.best.groupby("task", sort=True).indices.items():
        m, who = of_row[at], columns["who"][at]
        own = points.at(m)
        parts = task_parts(own.t, own.organisation, who, own.t, own.organisation, who)
        unit = scale_of(world.tasks, str(name)).unit
        same = (m[:, None] == m[None, :]).astype(float)
        z, noise = columns["z"][at], columns["noise"][at]
        tasks.append(TaskData(str(name), unit, m, who, z, noise, parts, same, len(np.unique(m)) < len(m)))
    return Data(points, start, np.stack([*ability_parts(points, points, start, same_model=True)]), tasks), codes


def points_of(models: pd.DataFrame, codes: dict[str, dict[str, int]]) -> Points:
    """Models as points; a group without a code is new: it is like no other."""
    coded: list[np.ndarray] = []
    for name in ("organisation", "tier", "line"):
        known = codes[name]
        new = {v: len(known) + i for i, v in enumerate(sorted(set(models[name]) - set(known)))}
        coded.append(models[name].map(known | new).to_numpy())
    organisation, tier, line = coded
    return Points(organisation, tier, line, models["reasoning"].to_numpy(float), models["t"].to_numpy(float))


def fit_parameters(data: Data, start: Parameters | None = None, *, most: int = 60) -> Parameters:
    """The most probable parameters given the scores; ``start`` is where the search begins, e.g. an earlier origin's
    fit."""
    at = _Layout(data)
    begin = at.begin(start)
    if not data.tasks:
        return at.read(begin)
    found = minimize(
        _cost, begin, args=(data, at), jac=True, method="L-BFGS-B", options={"maxiter": most, "ftol": 1e-6}
    )
    return at.read(found.x)


class _Layout:
    """Where each parameter stands in the vector that is searched, and the normal prior of each."""

    def __init__(self, data: Data) -> None:
        self.names = [task.name for task in data.tasks]
        a, k, n = len(ABILITY), len(TASK), len(self.names)
        self.ability, self.task, self.offset, self.error = slice(0, a), slice(a, a + k), a + k, a + k + 1
        self.errors, self.loadings = slice(a + k + 2, a + k + 2 + n), slice(a + k + 2 + n, a + k + 2 + 2 * n)
        loading = [SPREAD_OF_LOADINGS[task.unit] for task in data.tasks]
        logs = np.log([*ABILITY_START, *TASK_START])
        self.centre = np.concatenate([logs, [0.0, np.log(ERROR_START)], np.zeros(n), np.ones(n)])
        self.spread = np.concatenate(
            [np.full(a + k, SPREAD_OF_LOGS), [SPREAD_OF_OFFSET, SPREAD_OF_LOGS], np.full(n, SPREAD_OF_ERRORS), loading]
        )

    def begin(self, start: Parameters | None) -> np.ndarray:
        x = self.centre.copy()
        if start is not None:
            x[self.ability], x[self.task] = np.log(start.ability), np.log(start.task)
            x[self.offset], x[self.error] = start.offset, np.log(start.error)
            x[self.errors] = [np.log(start.errors.get(name, start.error) / start.error) for name in self.names]
            x[self.loadings] = [start.loadings.get(name, 1.0) for name in self.names]
        return x

    def read(self, x: np.ndarray) -> Parameters:
        error = float(np.exp(x[self.error]))
        return Parameters(
            np.exp(x[self.ability]),
            np.exp(x[self.task]),
            float(x[self.offset]),
            error,
            dict(zip(self.names, (error * np.exp(x[self.errors])).tolist(), strict=True)),
            dict(zip(self.names, x[self.loadings].tolist(), strict=True)),
        )


def inverse(matrix: np.ndarray) -> tuple[np.ndarray, float]:
    """The inverse of a positive definite matrix, and the logarithm of its determinant."""
    factor, failed = lapack.dpotrf(matrix, lower=1)
    if failed:
        factor, failed = lapack.dpotrf(matrix + 1e-8 * np.trace(matrix) / len(matrix) * np.eye(len(matrix)), lower=1)
        if failed:
            raise np.linalg.LinAlgError("a covariance is not positive definite")
    inverted, _ = lapack.dpotri(factor, lower=1)
    inverted = np.tril(inverted)
    return inverted + np.tril(inverted, -1).T, 2.0 * float(np.log(np.diag(factor)).sum())


def task_covariance(task: TaskData, parameters: Parameters) -> np.ndarray:
    """Covariance of a task's measurements given the abilities."""
    s = np.tensordot(parameters.task[:-1], task.parts, axes=1) + WIDE_LEVEL[task.unit]
    s += parameters.errors[task.name] * task.same
    s[np.diag_indices_from(s)] += task.noise + parameters.task[-1]
    return s


def add_at(target: np.ndarray, task: TaskData, block: np.ndarray) -> None:
    """Add a task's matrix over measurements to one over models."""
    if task.repeated:
        np.add.at(target, (task.model[:, None], task.model[None, :]), block)
    else:
        target[np.ix_(task.model, task.model)] += block


def _cost(x: np.ndarray, data: Data, at: _Layout) -> tuple[float, np.ndarray]:
    """Minus the log posterior of the parameters, and its gradient."""
    p = at.read(x)
    m = len(data.points)
    k = np.tensordot(np.append(p.ability, 1.0), data.ability, axes=1)
    k_inverse, cost = inverse(k)
    q, b = k_inverse.copy(), np.zeros(m)
    kept = []
    for task in data.tasks:
        s_inverse, log_det = inverse(task_covariance(task, p))
        y = task.z - p.offset * (task.who == OTHERS)
        loading = p.loadings[task.name]
        sy = s_inverse @ y
        add_at(q, task, loading**2 * s_inverse)
        np.add.at(b, task.model, loading * sy)
        cost += log_det + float(y @ sy)
        kept.append((s_inverse, y))
    c_cov, log_det = inverse(q)
    c = c_cov @ b
    cost = 0.5 * (cost + log_det - float(b @ c))
    gradient = np.zeros_like(x)
    g = k_inverse @ (np.outer(c, c) + c_cov) @ k_inverse - k_inverse
    gradient[at.ability] = -0.5 * p.ability * np.tensordot(data.ability[:-1], g, axes=2)
    for j, (task, (s_inverse, y)) in enumerate(zip(data.tasks, kept, strict=True)):
        loading, error = p.loadings[task.name], p.errors[task.name]
        own, spread = c[task.model], c_cov[np.ix_(task.model, task.model)]
        left = y - loading * own
        r = np.outer(left, left) + loading**2 * spread
        g = s_inverse @ r @ s_inverse - s_inverse
        gradient[at.task][:-1] -= 0.5 * p.task[:-1] * np.tensordot(task.parts, g, axes=2)
        gradient[at.task][-1] -= 0.5 * p.task[-1] * np.trace(g)
        d_error = 0.5 * error * (task.same * g).sum()
        gradient[at.error] -= d_error
        gradient[at.errors][j] -= d_error
        s_left = s_inverse @ left
        gradient[at.offset] -= s_left @ (task.who == OTHERS)
        gradient[at.loadings][j] -= s_left @ own - loading * (s_inverse * spread).sum()
    off = (x - at.centre) / at.spread
    return cost + 0.5 * float(off @ off), gradient + off / at.spread
