"""One form fitted to a whole batch: many cheap starts, a few refined, the best polished."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.curves.batch import Batch
from forecast.curves.forms import Form, Points
from forecast.curves.levmar import Model, Problem, Solution, minimise

STALLED = 3.0
"""Residuals this many times the curve's own noise mean that the search has stalled, if the form is right."""
MAX_CELLS = 2_000_000
"""Points x starts held at once: bounds the memory, whatever the number of curves."""


@dataclass(frozen=True)
class FormFit:
    """A form's parameters on every curve of a batch.

    ``theta`` (p, n), ``sigma`` (n,) residual sd in the unit of the weights, ``cost`` (n,), ``converged`` (n,).
    """

    form: Form
    theta: np.ndarray
    sigma: np.ndarray
    cost: np.ndarray
    converged: np.ndarray

    def improved(self, index: np.ndarray, other: FormFit) -> FormFit:
        """This fit with the curves at ``index`` replaced wherever ``other`` (of those curves) is better."""
        better = other.cost < self.cost[index]
        at = index[better]
        theta, sigma, cost, converged = (a.copy() for a in (self.theta, self.sigma, self.cost, self.converged))
        theta[:, at], sigma[at] = other.theta[:, better], other.sigma[better]
        cost[at], converged[at] = other.cost[better], other.converged[better]
        return FormFit(self.form, theta, sigma, cost, converged)

    def value(self, batch: Batch, u: np.ndarray) -> np.ndarray:
        """The form at log(x / x_ref) = u (k, n), in the space that is fitted."""
        return value_and_jacobian(self.form, batch.kind, self.theta, u, batch.floor)[0]


def value_and_jacobian(
    form: Form, kind: str, theta: np.ndarray, u: np.ndarray, floor: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A form in the fitted space: a loss form describes the error 1 - q of an accuracy."""
    value, jacobian = form.value_and_jacobian(theta, u, floor)
    if kind == "accuracy" and is_loss_form(form):
        error = np.exp(np.minimum(value, 5.0))
        return 1.0 - error, -jacobian * error
    return value, jacobian


def is_loss_form(form: Form) -> bool:
    """True for forms whose value is the log of a loss."""
    return type(form).__module__.endswith(".power")


def fit_form(
    form: Form,
    batch: Batch,
    *,
    warm: np.ndarray | None = None,
    prior: tuple[np.ndarray, np.ndarray] | None = None,
    robust: float = np.inf,
    thorough: bool = True,
) -> FormFit:
    """Fit one form to every curve.

    Parameters
    ----------
    warm : (p, s, n), optional
        Further starting points.
    prior : mean and precision (p, n) each, optional
        Instead of the form's own.
    robust : float
        Huber's limit in standard deviations.
    thorough : bool
        Search again from more starts where the residuals are still far above the curve's own noise.
    """
    if form.last_only:
        batch = batch.with_weights(np.where(batch.u >= 0.0, batch.w, 0.0))
    fit = _fit_once(form, batch, warm, prior, robust, 0)
    for effort in range(1, form.efforts if thorough else 1):
        again = np.flatnonzero(fit.sigma > STALLED * np.maximum(batch.noise, 1e-8))
        for part in np.array_split(again, max(1, len(again) // 8)):
            if len(part):
                sub_prior = None if prior is None else (prior[0][:, part], prior[1][:, part])
                other = _fit_once(form, batch.take(part), None, sub_prior, robust, effort)
                fit = fit.improved(part, other)
    return fit


def _fit_once(
    form: Form,
    batch: Batch,
    warm: np.ndarray | None,
    prior: tuple[np.ndarray, np.ndarray] | None,
    robust: float,
    effort: int,
) -> FormFit:
    own = _own_points(form, batch)
    lower, upper = form.box(own)
    mean, precision = form.prior(own) if prior is None else prior
    problem = Problem(batch.z, batch.w, lower, upper, mean, precision, batch.noise, huber=robust)
    model = _model(form, batch)
    starts = _refine(form, batch, own, model, problem, warm, effort)
    keep = min(form.polished + 2 * effort, starts.shape[1])
    final = _minimise_each(model, problem, starts[:, :keep], form.long)
    best = final.cost.reshape(keep, -1).argmin(axis=0) * len(batch) + np.arange(len(batch))
    return FormFit(form, final.theta[:, best], final.sigma[best], final.cost[best], final.converged[best])


def _refine(
    form: Form, batch: Batch, own: Points, model: Model, problem: Problem, warm: np.ndarray | None, effort: int
) -> np.ndarray:
    """The best starts after a few steps each, best first, (p, s, n)."""
    starts = [form.starts(own, effort)] if warm is None else [form.starts(own, effort), warm]
    if form.simpler is not None:
        simple = form.simpler
        base = Problem(
            batch.z, batch.w, *simple.box(own), *simple.prior(own), batch.noise, problem.noise_dof, problem.huber
        )
        starts.append(form.extend(own, _refine(simple, batch, own, _model(simple, batch), base, None, 0)))
    start = np.concatenate(starts, axis=1)
    start = np.clip(np.nan_to_num(start), problem.lower[:, None], problem.upper[:, None])
    if start.shape[1] == 1:
        return start
    keep = form.refined if effort == 0 else 400
    if keep < start.shape[1]:
        start = _cheapest(model, problem, start, keep)
    short = _minimise_each(model, problem, start, form.short)
    s = start.shape[1]
    order = np.argsort(short.cost.reshape(s, -1), axis=0, kind="stable")
    return np.take_along_axis(short.theta.reshape(-1, s, len(batch)), order[None], axis=1)


def _minimise_each(model: Model, problem: Problem, starts: np.ndarray, max_iterations: int) -> Solution:
    """Every start (p, s, n) on its own, as s * n problems."""
    p, s, n = starts.shape
    which = np.tile(np.arange(n), s)
    return minimise(
        lambda t, i: model(t, which[i]), problem.take(which), starts.reshape(p, s * n), max_iterations=max_iterations
    )


def _own_points(form: Form, batch: Batch) -> Points:
    points = batch.points
    if batch.kind == "accuracy" and is_loss_form(form):
        error = np.clip(1.0 - points.z, 0.005, 5.0)
        return Points(points.u, np.log(error), points.w * error**2, points.floor)
    return points


def _model(form: Form, batch: Batch) -> Model:
    def model(theta: np.ndarray, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return value_and_jacobian(form, batch.kind, theta, batch.u[:, index], batch.floor[index])

    return model


def _cheapest(model: Model, problem: Problem, starts: np.ndarray, keep: int) -> np.ndarray:
    """The ``keep`` starts of lowest cost, (p, keep, n)."""
    cost = np.stack([_cost(model, problem, starts[:, i]) for i in range(starts.shape[1])])
    pick = np.argsort(cost, axis=0, kind="stable")[:keep]
    return np.take_along_axis(starts, pick[None], axis=1)


def _cost(model: Model, problem: Problem, theta: np.ndarray) -> np.ndarray:
    """Cost at ``theta``, (n,)."""
    value, _ = model(theta, np.arange(theta.shape[1]))
    square = ((problem.target - value) ** 2 * problem.weight).sum(axis=0)
    prior = (problem.prior_precision * (theta - problem.prior_mean) ** 2).sum(axis=0)
    count = (problem.weight > 0).sum(axis=0)
    cost = 0.5 * (count + problem.noise_dof) * np.log(square + problem.noise_dof * problem.noise**2) + 0.5 * prior
    return np.where(np.isfinite(cost), cost, np.inf)
