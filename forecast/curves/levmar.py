"""Levenberg-Marquardt for thousands of small problems at once.

Arrays put the problem on the last axis, so that every operation runs along contiguous memory: parameters
(p, b), points (m, b), Jacobians (p, m, b) for p parameters, m points and b problems. Two to three times
faster here than stacked p x p matrices, and nothing is copied between solver and form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

Model = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""(theta (p, b), indices of the problems (b,)) -> value (m, b), Jacobian (p, m, b)."""


SMALLEST_PIVOT = 1e-15
"""Of a matrix with unit diagonal."""
FEW = 5000
"""Below so many points in all an operation costs its call, and symmetric halves are not worth a second."""
FEW_SYSTEMS = 150
"""Up to so many a call for all of them costs less than `solve_spd`'s operations."""

GOOD, POOR = 0.75, 0.25
"""Of the fall that the quadratic promises: a step that keeps more than the first is damped far less the next time, one
that keeps less than the second more. In narrow curved valleys every second step would otherwise be refused; with no
change between them, searches of many breaks end before they are there."""


@dataclass(frozen=True)
class Problem:
    """b weighted least-squares problems with box bounds and Gaussian priors.

    Minimises, for each problem, with the noise variance profiled out,

    .. math:: \\tfrac{n + \\nu}{2} \\log\\bigl(\\sum_i w_i \\rho(r_i) + \\nu s^2\\bigr)
              + \\tfrac12 \\sum_j (\\theta_j - \\mu_j)^2 / \\tau_j^2

    so that priors weigh much on noisy curves and nothing on noiseless ones. ``rho`` is the square, or Huber's.

    Attributes
    ----------
    target, weight : (m, b)
        Values to meet and w_i; weight 0 masks a point.
    lower, upper, prior_mean, prior_precision : (p, b)
    noise : (b,)
        s, the prior guess of the residuals' standard deviation (in units of 1 / sqrt(w)).
    noise_dof : float
        nu, how many observations that guess counts for.
    huber : float
        Residuals beyond this many standard deviations count linearly; inf for plain least squares.
    """

    target: np.ndarray
    weight: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    prior_mean: np.ndarray
    prior_precision: np.ndarray
    noise: np.ndarray
    noise_dof: float = 3.0
    huber: float = np.inf

    @cached_property
    def count(self) -> np.ndarray:
        """How many observations there are, with those of the guess, (b,)."""
        return np.asarray((self.weight > 0).sum(axis=0) + self.noise_dof)

    @cached_property
    def guessed(self) -> np.ndarray:
        """What the guess adds to the sum of squares, (b,)."""
        return self.noise_dof * self.noise**2

    def take(self, index: np.ndarray) -> Problem:
        """The problems at ``index``."""
        arrays = ("target", "weight", "lower", "upper", "prior_mean", "prior_precision", "noise")
        return replace(self, **{name: getattr(self, name)[..., index] for name in arrays})

    def cost(self, theta: np.ndarray, value: np.ndarray) -> np.ndarray:
        """What is minimised, (b,), at parameters whose values are ``value`` (m, b); least squares only."""
        total = ((self.target - value) ** 2 * self.weight).sum(axis=0)
        prior = (self.prior_precision * (theta - self.prior_mean) ** 2).sum(axis=0)
        cost = 0.5 * self.count * np.log((total + self.guessed) / self.count) + 0.5 * prior
        return np.where(np.isfinite(cost), cost, np.inf)


@dataclass(frozen=True)
class Solution:
    """``theta`` (p, b); ``cost``, ``sigma`` (the residuals' standard deviation) and ``converged``, (b,) each."""

    theta: np.ndarray
    cost: np.ndarray
    sigma: np.ndarray
    converged: np.ndarray


def solve_spd(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve b symmetric positive definite systems by Cholesky; shapes (p, p, b) and (p, b).

    Systems are scaled to a unit diagonal first, and the right side is eliminated with the matrix: few operations on
    many numbers, since of few systems each operation costs its call. A pivot that is not positive is replaced by a tiny
    one: callers damp the diagonal and test the step.
    """
    p = len(right)
    at = np.arange(p)
    scale = 1.0 / np.sqrt(np.maximum(matrix[at, at], 1e-280))
    work = np.concatenate([matrix * scale[:, None] * scale, (right * scale)[:, None]], axis=1)
    inverse = np.empty_like(right)
    for j in range(p):
        inverse[j] = 1.0 / np.sqrt(np.maximum(work[j, j], SMALLEST_PIVOT))
        row = work[j, j:]
        row *= inverse[j]
        if j + 1 < p:
            work[j + 1 :, j + 1 :] -= row[1:-1, None] * row[1:]
    x = work[:, p]
    for j in range(p - 1, -1, -1):
        x[j] *= inverse[j]
        if j:
            x[:j] -= work[:j, j] * x[j]
    return x * scale


def inverse_spd(matrix: np.ndarray) -> np.ndarray:
    """Inverses of b symmetric positive definite matrices, (p, p, b)."""
    p, _, b = matrix.shape
    right = np.repeat(np.eye(p), b, axis=1)
    return solve_spd(np.tile(matrix, (1, 1, p)), right).reshape(p, p, b)


@dataclass
class _State:
    """Where each problem stands: cost, gradient and Gauss-Newton matrix at ``theta``."""

    cost: np.ndarray
    gradient: np.ndarray
    hessian: np.ndarray
    sigma: np.ndarray


@np.errstate(over="ignore", invalid="ignore", divide="ignore")  # a step that overflows costs infinity and is refused
def _evaluate(model: Model, problem: Problem, theta: np.ndarray, index: np.ndarray) -> _State:
    value, jacobian = model(theta, index)
    residual = problem.target - value
    weight, count, guessed = problem.weight, problem.count, problem.guessed
    square = residual**2 * weight
    total = square.sum(axis=0)
    if np.isfinite(problem.huber):
        limit = problem.huber * np.sqrt((total + guessed) / count)
        size = np.sqrt(square)
        far = size > limit
        total = np.where(far, 2.0 * limit * size - limit**2, square).sum(axis=0)
        weight = np.where(far, weight * limit / np.where(far, size, 1.0), weight)
    sigma2 = (total + guessed) / count
    weighted = weight / sigma2
    deviation = theta - problem.prior_mean
    held = problem.prior_precision * deviation
    cost = 0.5 * (count * np.log(sigma2) + (held * deviation).sum(axis=0))
    scaled = jacobian * weighted
    gradient = np.einsum("pmb,mb->pb", scaled, residual) - held
    hessian = gram(scaled, jacobian)
    diagonal = np.arange(len(theta))
    hessian[diagonal, diagonal] += problem.prior_precision
    return _State(np.where(np.isfinite(cost), cost, np.inf), gradient, hessian, np.sqrt(sigma2))


def gram(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Sum over points of left x right, (p, m, b) each -> (p, p, b), symmetric by the caller's promise."""
    p, m, b = left.shape
    if m * b < FEW:
        return np.einsum("imb,jmb->ijb", left, right)
    out = np.empty((p, p, b))
    for i in range(p):
        np.einsum("mb,jmb->jb", left[i], right[i:], out=out[i, i:])
        out[i:, i] = out[i, i:]
    return out


def minimise(
    model: Model, problem: Problem, start: np.ndarray, *, max_iterations: int | np.ndarray = 60, tolerance: float = 1e-9
) -> Solution:
    """Run damped Gauss-Newton steps on every problem until each has converged or its iterations are used up.

    A step that leaves the box is cut back to it, and a parameter that sits on a bound and is pushed
    outwards is held for that step. Problems that have converged leave the batch.

    Parameters
    ----------
    model : Model
    problem : Problem
    start : (p, b)
    max_iterations : int or (b,)
    tolerance : float
        Converged when the cost fell by less than this in an accepted step.
    """
    b = start.shape[1]
    theta = np.clip(start, problem.lower, problem.upper)
    cost = np.full(b, np.inf)
    sigma = np.full(b, np.nan)
    converged = np.zeros(b, dtype=bool)
    if b == 0:
        return Solution(theta, cost, sigma, converged)

    index = np.arange(b)
    part, here = problem, theta.copy()
    state = _evaluate(model, part, here, index)
    damping = np.full(b, 1e-2)
    most = np.broadcast_to(max_iterations, b)
    for i in range(1, int(most.max()) + 1):
        step = _damped_step(state, here, part, damping)
        trial = np.minimum(np.maximum(here + step, part.lower), part.upper)
        new = _evaluate(model, part, trial, index)
        fall = state.cost - new.cost
        better = fall > 0
        taken = trial - here
        moved = np.abs(taken).max(axis=0) > 1e-14
        with np.errstate(all="ignore"):
            kept = fall / _promised_fall(state, taken)
        here = np.where(better, trial, here)
        for name in ("cost", "gradient", "hessian", "sigma"):
            old = getattr(state, name)
            np.copyto(old, getattr(new, name), where=better)
        stuck = ~better & ((damping > 1e10) | ~moved)
        done = (better & (fall < tolerance) & (damping < 1.0)) | stuck
        factor = np.where(kept > GOOD, 0.2, np.where(kept < POOR, 2.0, 0.5))
        damping = np.maximum(damping * np.where(better, factor, 3.0), 1e-12)
        over = done | (most[index] <= i)
        if over.any():
            at = index[over]
            theta[:, at], cost[at], sigma[at] = here[:, over], state.cost[over], state.sigma[over]
            converged[at] = done[over] & np.isfinite(state.cost[over])
            keep = ~over
            if not keep.any():
                return Solution(theta, cost, sigma, converged)
            index, here, damping, part = index[keep], here[:, keep], damping[keep], part.take(keep)
            state = _State(state.cost[keep], state.gradient[:, keep], state.hessian[:, :, keep], state.sigma[keep])
    theta[:, index], cost[index], sigma[index] = here, state.cost, state.sigma  # where no step was to be made
    return Solution(theta, cost, sigma, converged)


@dataclass(frozen=True)
class Search:
    """What `minimise` takes of some problems: a model of p parameters, and how many steps they get at most."""

    model: Model
    problem: Problem
    start: np.ndarray
    max_iterations: int


def minimise_together(searches: Sequence[Search], tolerance: float) -> list[Solution]:
    """As `minimise` of each, in the same steps: of few problems a step costs its calls, whatever the models.

    All have as many points. A model of fewer parameters than another has further ones, which are held at 0.
    """
    if len(searches) == 1:
        (one,) = searches
        return [minimise(one.model, one.problem, one.start, max_iterations=one.max_iterations, tolerance=tolerance)]
    sizes = [search.start.shape for search in searches]
    ends = np.cumsum([0, *(b for _, b in sizes)])
    widest = max(p for p, _ in sizes)

    def model(theta: np.ndarray, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value = np.empty((points, len(index)))
        jacobian = np.zeros((widest, *value.shape))
        cuts = np.searchsorted(index, ends)
        for search, (p, _), first, low, high in zip(searches, sizes, ends, cuts, cuts[1:], strict=False):
            if low < high:
                part = slice(low, high)
                value[:, part], jacobian[:p, :, part] = search.model(theta[:p, part], index[part] - first)
        return value, jacobian

    problem = _join([search.problem for search in searches], widest)
    points = len(problem.target)
    start = np.concatenate([_widen(search.start, widest, 0.0) for search in searches], axis=1)
    most = np.repeat([search.max_iterations for search in searches], [b for _, b in sizes])
    found = minimise(model, problem, start, max_iterations=most, tolerance=tolerance)
    return [
        Solution(found.theta[:p, i:j], found.cost[i:j], found.sigma[i:j], found.converged[i:j])
        for (p, _), i, j in zip(sizes, ends[:-1], ends[1:], strict=True)
    ]


def _join(problems: Sequence[Problem], p: int) -> Problem:
    """All problems one after the other, with p parameters each."""
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(problem, name) for problem in problems], axis=-1)
        for name in ("target", "weight", "noise")
    }
    for name, value in (("lower", 0.0), ("upper", 0.0), ("prior_mean", 0.0), ("prior_precision", 1.0)):
        joined[name] = np.concatenate([_widen(getattr(problem, name), p, value) for problem in problems], axis=1)
    return replace(problems[0], **joined)


def _widen(rows: np.ndarray, p: int, value: float) -> np.ndarray:
    """Rows (q, b) and further ones of that value, (p, b)."""
    return np.concatenate([rows, np.full((p - len(rows), rows.shape[1]), value)])


def _promised_fall(state: _State, step: np.ndarray) -> np.ndarray:
    """How much the cost would fall by a step if it were the quadratic of its gradient and Gauss-Newton matrix, (b,)."""
    kept = step * (state.gradient - 0.5 * np.einsum("pqb,qb->pb", state.hessian, step))
    return np.asarray(kept.sum(axis=0))


def _damped_step(state: _State, theta: np.ndarray, problem: Problem, damping: np.ndarray) -> np.ndarray:
    outward = ((theta <= problem.lower) & (state.gradient < 0)) | ((theta >= problem.upper) & (state.gradient > 0))
    hessian = state.hessian.copy()
    diagonal = np.arange(len(theta))
    size = hessian[diagonal, diagonal]
    hessian[diagonal, diagonal] = size + damping * size + 1e-12 * (size.max(axis=0) + 1e-300)
    if outward.any():
        free = ~outward
        hessian *= free[:, None] & free[None, :]
        hessian[diagonal, diagonal] += outward
    return _solve_damped(hessian, np.where(outward, 0.0, state.gradient))


def _solve_damped(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    """As `solve_spd`; of few systems in one call, since there the calls are what costs."""
    p, b = right.shape
    if b > FEW_SYSTEMS:
        return solve_spd(matrix, right)
    at = np.arange(p)
    scale = 1.0 / np.sqrt(np.maximum(matrix[at, at], 1e-280))
    try:
        found = np.linalg.solve((matrix * scale[:, None] * scale).T, (right * scale).T[:, :, None])
    except np.linalg.LinAlgError:
        return solve_spd(matrix, right)
    return np.asarray(found[:, :, 0].T * scale)
