"""The scores of a coming model: a joint distribution over all tasks, given its groups, its day and the scores already
out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from scale_forecast.by_date.link import Scale, exact_link, from_link, sampling_variance, to_link
from scale_forecast.by_date.state import State, condition_ability, condition_task
from scale_forecast.by_date.world import OWN, scale_of
from scale_forecast.data.errors import DataError
from scale_forecast.data.names import did_you_mean
from scale_forecast.parallel import on_one_thread

TAIL = 6.0
"""Degrees of freedom of a forecast's tails."""


@dataclass(frozen=True)
class NewModel:
    """A model to come. What is not known is left empty, and then it is like no other in that."""

    name: str
    released: pd.Timestamp
    organisation: str | None = None
    line: str | None = None
    tier: str | None = None
    reasoning: bool = True


@dataclass(frozen=True)
class ScoresToCome:
    """Joint distribution on the link: Student's t with `TAIL` degrees, location ``mean``, scale matrix
    ``covariance``."""

    tasks: list[str]
    scales: list[Scale]
    mean: np.ndarray
    covariance: np.ndarray
    out: Mapping[str, float] = field(default_factory=dict)
    """Scores that are known, which stand as they are."""

    @property
    def units(self) -> list[str]:
        return [scale.unit for scale in self.scales]

    @on_one_thread
    def sample(self, n: int, seed: int) -> np.ndarray:
        """Joint draws of the scores in their own units, shape (n, tasks)."""
        rng = np.random.default_rng(seed)
        values, vectors = np.linalg.eigh(self.covariance)
        normal = rng.standard_normal((n, len(self.tasks))) @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
        z = self.mean + normal / np.sqrt(rng.chisquare(TAIL, (n, 1)) / TAIL)
        return self._scores(z)

    def quantiles(self, levels: np.ndarray) -> np.ndarray:
        """Quantiles of each task's score, shape (tasks, levels)."""
        scale = np.sqrt(np.diag(self.covariance))
        z = self.mean[:, None] + scale[:, None] * stdtrit(TAIL, np.asarray(levels))[None, :]
        return self._scores(z.T).T

    def prob_above(self, task: str, score: float) -> float:
        """P(score above ``score``)."""
        i = self.tasks.index(task)
        if task in self.out:
            return float(self.out[task] > score)
        z, scale = exact_link(score, self.scales[i]), float(np.sqrt(self.covariance[i, i]))
        return float(stdtr(TAIL, -(z - self.mean[i]) / scale)) if scale > 0 else float(z < self.mean[i])

    def _scores(self, z: np.ndarray) -> np.ndarray:
        columns = [
            np.full(len(z), self.out[task]) if task in self.out else from_link(z[:, i], scale)
            for i, (task, scale) in enumerate(zip(self.tasks, self.scales, strict=True))
        ]
        return np.stack(columns, axis=1)


@on_one_thread
def predict_model(
    state: State,
    target: NewModel,
    known: Mapping[str, float] | None = None,
    *,
    tasks: list[str] | None = None,
    who: int = OWN,
    widening: float = 1.0,
) -> ScoresToCome:
    """Joint forecast of a model's scores; ``known`` are scores already out, in their own units, by task.

    A known task that is not among ``tasks`` is forecast with them, as the score that it is.

    Raises
    ------
    DataError
        For a task without scores by date, and for a known share outside [0, 1].
    """
    known = dict(known or {})
    names = list(state.tasks) if tasks is None else list(tasks)
    names += [name for name in known if name not in names]
    _require_known(state, names, known)
    mean, covariance, noise = _joint(state, target, names, who)
    scales = [scale_of(state.world.tasks, name) for name in names]
    if known:
        mean, covariance = _condition_on(names, scales, mean, covariance + np.diag(noise), known, widening)
    else:
        covariance = (covariance + np.diag(noise)) * widening**2
    return ScoresToCome(names, scales, mean, covariance, known)


def _require_known(state: State, names: list[str], known: Mapping[str, float]) -> None:
    for name in names:
        if name not in state.tasks:
            raise DataError(f"no score by date of {name!r} is known{did_you_mean(name, list(state.tasks))}")
    for name, score in known.items():
        unit = scale_of(state.world.tasks, name).unit
        if not np.isfinite(score) or (unit == "share" and not 0 <= score <= 1) or (unit != "share" and score <= 0):
            wanted = "a share between 0 and 1" if unit == "share" else f"a positive number of {unit}"
            raise DataError(f"the known score {score:g} on {name} is not {wanted}")


def as_models(state: State, targets: list[NewModel]) -> pd.DataFrame:
    """Targets as a models table; an organisation, tier or line that is not known is one of its own."""
    rows = []
    for target in targets:
        organisation = target.organisation or f"maker of {target.name}"
        tier = target.tier or "unknown"
        line = f"{organisation} / {target.line or organisation} / {tier}"
        rows.append((organisation, tier, line, float(target.reasoning), state.years(target.released)))
    return pd.DataFrame(rows, columns=["organisation", "tier", "line", "reasoning", "t"])


def _joint(state: State, target: NewModel, names: list[str], who: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and covariance of the target's scores on the link, and each task's own noise."""
    point = state.points(as_models(state, [target]))
    ability = condition_ability(state, point)
    own = float(ability.covariance[0, 0]) + float(state.parameters.ability[-1])
    gains, constants = np.zeros((len(names), len(state.mean))), np.zeros(len(names))
    extra, loadings = np.zeros(len(names)), np.zeros(len(names))
    for i, name in enumerate(names):
        given = condition_task(state, name, point.t, point.organisation, np.array([who]))
        loadings[i] = state.parameters.loadings[name]
        gains[i] = loadings[i] * ability.gain[0] - given.gain[0]
        constants[i], extra[i] = given.constant[0], given.covariance[0, 0]
    mean = constants + gains @ state.mean
    covariance = (
        gains @ state.covariance @ gains.T + own * np.outer(loadings, loadings) + np.diag(np.maximum(extra, 0.0))
    )
    noise = np.array([own_noise(state, name, mean[i]) for i, name in enumerate(names)])
    return mean, covariance, noise


def own_noise(state: State, name: str, z: float) -> float:
    """Variance of one measurement about what ability and task say."""
    sampled = float(sampling_variance(np.array([z]), scale_of(state.world.tasks, name))[0])
    return state.parameters.errors[name] + float(state.parameters.task[-1]) + sampled


def _condition_on(
    names: list[str],
    scales: list[Scale],
    mean: np.ndarray,
    covariance: np.ndarray,
    known: dict[str, float],
    widening: float,
) -> tuple[np.ndarray, np.ndarray]:
    """The joint normal of all scores, conditioned on the known ones."""
    at = np.array([names.index(name) for name in known])
    z = np.array([float(to_link(np.array([score]), scales[i])[0]) for i, score in zip(at, known.values(), strict=True)])
    gain = np.linalg.solve(covariance[np.ix_(at, at)], covariance[at]).T
    left = covariance - gain @ covariance[at]
    moved = mean + gain @ (z - mean[at])
    left[at], left[:, at] = 0.0, 0.0
    return moved, left * widening**2
