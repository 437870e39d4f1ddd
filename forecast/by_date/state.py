"""The fitted model of scores on a day: posterior of every model's ability, and of every task given the abilities."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.linalg import lapack

from scale_forecast.by_date.fit import (
    WIDE_LEVEL,
    Data,
    Parameters,
    TaskData,
    arrange,
    fit_parameters,
    inverse,
    points_of,
    sum_over_models,
    task_covariance,
)
from scale_forecast.by_date.kernels import Points, ability_kernel, task_parts
from scale_forecast.by_date.tables import Tables
from scale_forecast.by_date.world import OTHERS, YEAR, World, see
from scale_forecast.parallel import on_one_thread

JITTER = 1e-8


@dataclass(frozen=True)
class State:
    """What a forecast by date rests on. Abilities are relative to the day ``world.as_of``."""

    world: World
    data: Data
    codes: dict[str, dict[str, int]]
    parameters: Parameters
    mean: np.ndarray
    covariance: np.ndarray
    k_inverse: np.ndarray
    weights: dict[str, np.ndarray]
    """Of each task the inverse covariance of its measurements given the abilities."""

    @cached_property
    def tasks(self) -> dict[str, TaskData]:
        return {task.name: task for task in self.data.tasks}

    @cached_property
    def index(self) -> dict[str, int]:
        """Where each model stands among the abilities."""
        return {name: i for i, name in enumerate(self.world.models.index)}

    def years(self, day: pd.Timestamp) -> float:
        return (pd.Timestamp(day) - self.world.as_of).days / YEAR

    def points(self, models: pd.DataFrame) -> Points:
        return points_of(models, self.codes)


@dataclass(frozen=True)
class AbilityGiven:
    """Abilities of new points given those of the known models: ``gain @ known + noise`` with this covariance."""

    gain: np.ndarray
    covariance: np.ndarray


@dataclass(frozen=True)
class TaskGiven:
    """A task's own part at new points given the abilities: ``constant - gain @ ability of known models + noise``."""

    constant: np.ndarray
    gain: np.ndarray
    covariance: np.ndarray


def fit(tables: Tables, as_of: pd.Timestamp, reading: str = "dated", start: Parameters | None = None) -> State:
    """The state of knowledge on ``as_of``; ``start`` (an earlier day's parameters) only makes it faster."""
    return fit_world(see(tables, as_of, reading), start)


@on_one_thread
def fit_world(world: World, start: Parameters | None = None, *, most: int = 60) -> State:
    """The state of what is visible, its parameters learned from it in at most so many steps."""
    data, codes = arrange(world)
    return _posterior(world, data, codes, fit_parameters(data, start, most=most))


@on_one_thread
def state_with(world: World, parameters: Parameters) -> State:
    """The state of what is visible under parameters that were learned before."""
    return _posterior(world, *arrange(world), parameters)


def _posterior(world: World, data: Data, codes: dict[str, dict[str, int]], parameters: Parameters) -> State:
    k_inverse, _ = inverse(ability_kernel(data.points, data.points, data.start, parameters.ability, same_model=True))
    b, weights, pairs = np.zeros(len(data.points)), {}, np.zeros(len(data.pair))
    for task in data.tasks:
        s_inverse, _ = inverse(task_covariance(task, parameters))
        loading = parameters.loadings[task.name]
        pairs[task.cells] = (loading**2 * s_inverse).ravel()
        np.add.at(b, task.model, loading * (s_inverse @ centre(task, parameters)))
        weights[task.name] = s_inverse
    covariance, _ = inverse(k_inverse + sum_over_models(data, pairs))
    return State(world, data, codes, parameters, covariance @ b, covariance, k_inverse, weights)


def centre(task: TaskData, parameters: Parameters) -> np.ndarray:
    """Measurements without what independent measuring takes off on average."""
    return task.z - parameters.offset * (task.who == OTHERS)


def condition_ability(state: State, points: Points) -> AbilityGiven:
    """Abilities of new models, without their own parts, given the known models' abilities."""
    known, start, v = state.data.points, state.data.start, state.parameters.ability
    cross = ability_kernel(points, known, start, v, same_model=False)
    gain = cross @ state.k_inverse
    covariance = ability_kernel(points, points, start, v, same_model=False) - gain @ cross.T
    return AbilityGiven(gain, covariance)


def condition_task(state: State, name: str, t: np.ndarray, organisation: np.ndarray, who: np.ndarray) -> TaskGiven:
    """Level, slope, wiggle, bent and offset of a task at new measurements, given the abilities of the known models."""
    task, v = state.tasks[name], state.parameters.task[:-1]
    own = state.data.points.at(task.model)
    cross = np.tensordot(v, task_parts(t, organisation, who, own.t, own.organisation, task.who), axes=1)
    inner = np.tensordot(v, task_parts(t, organisation, who, t, organisation, who), axes=1)
    cross, inner = cross + WIDE_LEVEL[task.unit], inner + WIDE_LEVEL[task.unit]
    weight = cross @ state.weights[name]
    gain = np.zeros((len(t), len(state.mean)))
    np.add.at(gain.T, task.model, state.parameters.loadings[name] * weight.T)
    constant = weight @ centre(task, state.parameters) + state.parameters.offset * (who == OTHERS)
    return TaskGiven(constant, gain, inner - weight @ cross.T)


def root(covariance: np.ndarray) -> np.ndarray:
    """A matrix whose product with its transpose is the covariance; one that is barely singular is lifted a little."""
    if not len(covariance):
        return covariance
    lift = JITTER * max(float(np.trace(covariance)) / len(covariance), 1e-12)
    factor, failed = lapack.dpotrf(covariance + lift * np.eye(len(covariance)), lower=1)
    if not failed:
        return np.tril(factor)
    values, vectors = np.linalg.eigh(0.5 * (covariance + covariance.T))
    return vectors * np.sqrt(np.maximum(values, 0.0))
