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
    """The measurements of one task: which model (an index), who measured, z and its sampling noise.

    ``parts`` (a matrix for each of `TASK` but ``row``) are a view of the data's ``parts`` at ``cells``.
    """

    name: str
    unit: str
    model: np.ndarray
    who: np.ndarray
    z: np.ndarray
    noise: np.ndarray
    parts: np.ndarray
    same: np.ndarray
    repeated: bool
    cells: slice


@dataclass(frozen=True)
class Data:
    """Models and tasks as arrays. The pairs of measurements of all tasks stand in one row, so that a sum over parts is
    one product: ``parts`` (parts, pairs), ``pair`` which two models each is of, as a place among models x models."""

    points: Points
    start: float
    ability: np.ndarray
    tasks: list[TaskData]
    parts: np.ndarray
    pair: np.ndarray


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
    rows = world.best.groupby("task", sort=True).indices
    ends = np.cumsum([0, *(len(at) ** 2 for at in rows.values())])
    parts, pair = np.zeros((len(TASK) - 1, ends[-1])), np.zeros(ends[-1], dtype=np.intp)
    tasks = []
    for (name, at), begin, end in zip(rows.items(), ends[:-1], ends[1:], strict=True):
        m, who, cells = of_row[at], columns["who"][at], slice(begin, end)
        own = points.at(m)
        shaped = parts[:, cells].reshape(len(parts), len(at), len(at))
        shaped[:] = task_parts(own.t, own.organisation, who, own.t, own.organisation, who)
        pair[cells] = (m[:, None] * len(points) + m[None, :]).ravel()
        unit = scale_of(world.tasks, str(name)).unit
        same = (m[:, None] == m[None, :]).astype(float)
        z, noise = columns["z"][at], columns["noise"][at]
        tasks.append(TaskData(str(name), unit, m, who, z, noise, shaped, same, len(np.unique(m)) < len(m), cells))
    ability = np.stack([*ability_parts(points, points, start, same_model=True)])
    return Data(points, start, ability, tasks, parts, pair), codes


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
    factor, failed = lapack.dpotrf(matrix.T, lower=1)
    if failed:
        lifted = matrix + 1e-8 * np.trace(matrix) / len(matrix) * np.eye(len(matrix))
        factor, failed = lapack.dpotrf(lifted.T, lower=1)
        if failed:
            raise np.linalg.LinAlgError("a covariance is not positive definite")
    log_det = 2.0 * float(np.log(np.diagonal(factor)).sum())
    lower, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    inverted = lower + lower.T
    np.einsum("ii->i", inverted)[:] *= 0.5
    return inverted, log_det


def task_covariance(task: TaskData, parameters: Parameters) -> np.ndarray:
    """Covariance of a task's measurements given the abilities."""
    return _with_errors(np.tensordot(parameters.task[:-1], task.parts, axes=1), task, parameters)


def _with_errors(shared: np.ndarray, task: TaskData, parameters: Parameters) -> np.ndarray:
    """The covariance of a task's measurements from that of its shared parts, which is overwritten."""
    if WIDE_LEVEL[task.unit]:
        shared += WIDE_LEVEL[task.unit]
    diagonal = task.noise + parameters.task[-1]
    if task.repeated:
        shared += parameters.errors[task.name] * task.same
    else:
        diagonal = diagonal + parameters.errors[task.name]
    np.einsum("ii->i", shared)[:] += diagonal
    return shared


def sum_over_models(data: Data, blocks: np.ndarray) -> np.ndarray:
    """The tasks' matrices over measurements, given as one row of pairs, as their sum over models."""
    m = len(data.points)
    return np.bincount(data.pair, blocks, minlength=m * m).reshape(m, m)


def _cost(x: np.ndarray, data: Data, at: _Layout) -> tuple[float, np.ndarray]:
    """Minus the log posterior of the parameters, and its gradient."""
    p = at.read(x)
    m = len(data.points)
    ability = data.ability.reshape(len(data.ability), -1)
    k_inverse, cost = inverse((np.append(p.ability, 1.0) @ ability).reshape(m, m))
    b = np.zeros(m)
    pairs = p.task[:-1] @ data.parts
    weighted = np.empty_like(pairs)
    kept = []
    for task in data.tasks:
        n, loading = len(task.z), p.loadings[task.name]
        s_inverse, log_det = inverse(_with_errors(pairs[task.cells].reshape(n, n), task, p))
        y = task.z - p.offset * (task.who == OTHERS)
        sy = s_inverse @ y
        np.multiply(s_inverse, loading**2, out=weighted[task.cells].reshape(n, n))
        np.add.at(b, task.model, loading * sy)
        cost += log_det + float(y @ sy)
        kept.append((s_inverse, y))
    c_cov, log_det = inverse(k_inverse + sum_over_models(data, weighted))
    c = c_cov @ b
    cost = 0.5 * (cost + log_det - float(b @ c))
    gradient = np.zeros_like(x)
    kc = k_inverse @ c
    g = k_inverse @ c_cov @ k_inverse
    g += np.outer(kc, kc)
    g -= k_inverse
    gradient[at.ability] = -0.5 * p.ability * (ability[:-1] @ g.ravel())
    spreads = c_cov.ravel()[data.pair]
    # What is left of the covariances takes the place of the weights, task by task.
    left_over = weighted
    for j, (task, (s_inverse, y)) in enumerate(zip(data.tasks, kept, strict=True)):
        n, loading, error = len(y), p.loadings[task.name], p.errors[task.name]
        own, spread = c[task.model], spreads[task.cells].reshape(n, n)
        s_left = s_inverse @ (y - loading * own)
        s_spread = s_inverse @ spread
        g = left_over[task.cells].reshape(n, n)
        np.matmul(s_spread, s_inverse, out=g)
        g *= loading**2
        g += np.outer(s_left, s_left)
        g -= s_inverse
        trace = float(np.trace(g))
        gradient[at.task][-1] -= 0.5 * p.task[-1] * trace
        d_error = 0.5 * error * (float((task.same * g).sum()) if task.repeated else trace)
        gradient[at.error] -= d_error
        gradient[at.errors][j] -= d_error
        gradient[at.offset] -= s_left @ (task.who == OTHERS)
        gradient[at.loadings][j] -= s_left @ own - loading * float(np.trace(s_spread))
    gradient[at.task][:-1] -= 0.5 * p.task[:-1] * (data.parts @ left_over)
    off = (x - at.centre) / at.spread
    return cost + 0.5 * float(off @ off), gradient + off / at.spread
