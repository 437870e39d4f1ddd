"""How sure the parameters of a fitted form are: intervals by profile likelihood, all curves at once."""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from scale_forecast.curves.levmar import Model, Problem, minimise

REACH = np.array([0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0, 10.0, 20.0])
"""How far from the best value a parameter is held, in its approximate standard deviations."""
STEPS = 40
"""Most steps in which the other parameters follow."""
TOLERANCE = 1e-6


def profile_intervals(
    model: Model, problem: Problem, best: np.ndarray, covariance: np.ndarray, *, level: float = 0.8
) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the interval of each parameter, (p, b) each, within the problem's box.

    A parameter is held ever further from its best value while the others are fitted anew, until the cost has risen by
    what Student's quantile allows: n points, the weight of the guessed noise as further ones, p parameters.

    Parameters
    ----------
    model, problem : as `minimise` takes them, of b problems
    best : (p, b), where the cost is least
    covariance : (p, p, b), about how the parameters vary together there
    """
    p, b = best.shape
    count = (problem.weight > 0).sum(axis=0) + problem.noise_dof
    freedom = np.maximum(count - p, 1.0)
    rise = 0.5 * count * np.log1p(stdtrit(freedom, 0.5 + level / 2) ** 2 / freedom)
    cost = problem.cost(best, model(best, np.arange(b))[0])
    low, high = np.empty_like(best), np.empty_like(best)
    for j in range(p):
        low[j] = _end(model, problem, best, covariance, cost + rise, j, -1.0)
        high[j] = _end(model, problem, best, covariance, cost + rise, j, 1.0)
    return low, high


def _end(
    model: Model,
    problem: Problem,
    best: np.ndarray,
    covariance: np.ndarray,
    limit: np.ndarray,
    j: int,
    sign: float,
) -> np.ndarray:
    """Where parameter j, moved away from its best value to one side, first costs more than ``limit``, (b,)."""
    b, k = best.shape[1], len(REACH)
    sd = np.sqrt(np.maximum(covariance[j, j], 1e-300))
    held = np.clip(best[j] + sign * REACH[:, None] * sd, problem.lower[j], problem.upper[j])
    follow = covariance[:, j] / np.maximum(covariance[j, j], 1e-300)
    start = (best[:, None] + follow[:, None] * (held - best[j])).reshape(len(best), k * b)
    which = np.tile(np.arange(b), k)
    fixed = problem.take(which)
    fixed.lower[j] = fixed.upper[j] = start[j] = held.ravel()
    found = minimise(
        lambda theta, index: model(theta, which[index]), fixed, start, max_iterations=STEPS, tolerance=TOLERANCE
    )
    costs = np.vstack([problem.cost(best, model(best, np.arange(b))[0]), found.cost.reshape(k, b)])
    places = np.vstack([best[j], held])
    above = costs > limit
    first = np.where(above.any(axis=0), above.argmax(axis=0), k)
    at = np.arange(b)
    before = np.maximum(first - 1, 0)
    gap = np.sqrt(np.maximum(costs - costs[0], 0.0))  # about linear in the distance
    wanted = np.sqrt(limit - costs[0])
    share = (wanted - gap[before, at]) / np.maximum(gap[first, at] - gap[before, at], 1e-300)
    crossed = places[before, at] + np.clip(share, 0.0, 1.0) * (places[first, at] - places[before, at])
    return np.where(above.any(axis=0), crossed, places[-1])
