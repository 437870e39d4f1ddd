"""One form fitted to a whole batch: many cheap starts, a few refined, the best polished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from scale_forecast.curves.batch import Batch
from scale_forecast.curves.forms import Form, Points
from scale_forecast.curves.levmar import (
    Model,
    Problem,
    Search,
    Solution,
    gram,
    inverse_spd,
    minimise,
    minimise_together,
)

STALLED = 2.0
"""Residuals this many times the curve's own noise mean that the search has stalled, if the form is right."""
SMOOTH, STALLED_SMOOTH = 1e-3, 0.3
"""A curve of less noise than the first is as good as noiseless, and what looks like noise is curvature: the second
takes the place of `STALLED`."""
NO_RESIDUAL = 1e-9
"""Residuals of this size are those of rounding: nothing is left to be found."""
HARD_AT_ONCE = 16
"""Stalled curves searched again at once: each takes thousands of starts."""
PRIOR_CURVES = 5.0
"""How many curves a form's own prior counts for beside those of a group."""
FINER = (0.1, 0.02, 0.004, 8e-4, 1.6e-4, 3e-5, 6e-6)
"""Ever finer steps of log x in which the place of a break is searched on noiseless curves."""
NOISELESS, NONE = 1e-6, 1e-15
"""Below the first a curve has no noise to speak of, and its stalled fit is searched further; the noise then taken."""
SAMPLE = 2000
"""Most curves from which the priors of groups are learned."""
AT_ONCE = 3000
"""Curves, each under several weights and by several forms, that are fitted together: of few an operation costs its
call, of many it is the memory that costs."""
EXACT, QUICK = 1e-9, 1e-5
"""Fall of the cost (a log-likelihood) at which a fit has converged: for a form's own sake, and within an average."""


@dataclass(frozen=True)
class Prior:
    """Gaussian priors of a form's parameters in each group, ``mean`` and ``precision`` (p, groups)."""

    mean: np.ndarray
    precision: np.ndarray

    @classmethod
    def of(cls, form: Form, groups: int = 1) -> Prior:
        """The form's own prior, the same in every group."""
        mean = np.array([q.mean for q in form.parameters])
        precision = np.array([q.sd for q in form.parameters]) ** -2.0
        return cls(np.repeat(mean[:, None], groups, axis=1), np.repeat(precision[:, None], groups, axis=1))

    def broader(self, times: float) -> Prior:
        """The same with standard deviations so many times as wide."""
        return Prior(self.mean, self.precision / times**2)


@dataclass(frozen=True)
class FormFit:
    """A form's parameters on every curve of a batch.

    Attributes
    ----------
    theta : ndarray, (p, n)
    sigma, cost : ndarray, (n,)
        Residual standard deviation in units of 1 / sqrt(weight); negative log posterior up to a constant.
    converged : ndarray of bool, (n,)
    """

    form: Form
    theta: np.ndarray
    sigma: np.ndarray
    cost: np.ndarray
    converged: np.ndarray

    @classmethod
    def empty(cls, form: Form, n: int) -> FormFit:
        """No fit of n curves, for `replace_worse` to fill in: the means of the form's prior."""
        theta = np.repeat(Prior.of(form).mean, n, axis=1)
        return cls(form, theta, np.full(n, np.nan), np.full(n, np.inf), np.zeros(n, dtype=bool))

    def of(self, part: slice) -> FormFit:
        """The fit of some curves."""
        return FormFit(self.form, self.theta[:, part], self.sigma[part], self.cost[part], self.converged[part])

    def replace_worse(self, index: np.ndarray, other: FormFit) -> FormFit:
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
    if kind == "accuracy" and form.of_loss:
        error = np.exp(np.minimum(value, 5.0))
        return 1.0 - error, -jacobian * error
    return value, jacobian


@dataclass(frozen=True)
class Task:
    """A form to be fitted to a batch; of ``parts`` equal parts, each of which is started as if it were alone."""

    form: Form
    batch: Batch
    prior: Prior
    parts: int = 1
    points: Points = field(init=False)
    problem: Problem = field(init=False)

    def __post_init__(self) -> None:
        batch, n = self.batch, len(self.batch)
        points = batch.points
        if batch.kind == "accuracy" and self.form.of_loss:
            error = np.clip(1.0 - points.z, 0.005, 5.0)
            points = Points(points.u, np.log(error), points.w * error**2, points.floor)
        lower = np.array([[q.lower] for q in self.form.parameters])
        upper = np.array([[q.upper] for q in self.form.parameters])
        problem = Problem(
            batch.z,
            batch.w,
            np.repeat(lower, n, axis=1),
            np.repeat(upper, n, axis=1),
            self.prior.mean[:, batch.group],
            self.prior.precision[:, batch.group],
            batch.noise,
        )
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "problem", problem)

    def model(self, which: np.ndarray) -> Model:
        """The form as a function of parameters, its problem i being the curve ``which[i]``."""
        kind, u, floor = self.batch.kind, self.batch.u, self.batch.floor

        def model(theta: np.ndarray, index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            curve = which[index]
            return value_and_jacobian(self.form, kind, theta, u[:, curve], floor[curve])

        return model

    def search(self, starts: np.ndarray, max_iterations: int) -> Search:
        """Every start (p, s, n) on its own, as s * n problems, start-major."""
        p, s, n = starts.shape
        which = np.tile(np.arange(n), s)
        problem = self.problem if s == 1 else self.problem.take(which)
        return Search(self.model(which), problem, starts.reshape(p, s * n), max_iterations)

    def cheapest(self, starts: np.ndarray, keep: int) -> np.ndarray:
        """The ``keep`` starts of lowest cost, (p, keep, n)."""
        if starts.shape[1] <= keep:
            return starts
        cost = np.concatenate([self._cost(part) for part in self._few_at_once(starts)])
        pick = np.argsort(cost, axis=0, kind="stable")[:keep]
        return np.take_along_axis(starts, pick[None], axis=1)

    def _few_at_once(self, starts: np.ndarray) -> list[np.ndarray]:
        """The starts in parts that are not too large, (p, s', n) each."""
        size = max(1, AT_ONCE // max(1, len(self.batch)))
        return [starts[:, i : i + size] for i in range(0, starts.shape[1], size)]

    def _cost(self, starts: np.ndarray) -> np.ndarray:
        """The cost of each start, (s, n)."""
        search = self.search(starts, 0)
        value, _ = search.model(search.start, np.arange(search.start.shape[1]))
        return search.problem.cost(search.start, value).reshape(starts.shape[1:])

    def starts(self, effort: int) -> np.ndarray:
        """The form's own starts, (p, s, n)."""
        if self.parts == 1 or not self.form.by_batch:
            return self.form.starts(self.points, effort)
        arrays = (self.points.u, self.points.z, self.points.w, self.points.floor)
        parts = zip(*(np.split(array, self.parts, axis=-1) for array in arrays), strict=True)
        return np.concatenate([self.form.starts(Points(*part), effort) for part in parts], axis=2)

    def choose_starts(self, effort: int) -> np.ndarray:
        """The starts that are worth a few steps, (p, s, n)."""
        form = self.form
        starts = [self.starts(effort)]
        if form.simpler is not None:
            simple = Task(form.simpler, self.batch, Prior.of(form.simpler, self.prior.mean.shape[1]))
            (refined,) = refine_starts([simple], 0)
            starts.append(form.extend(self.points, refined))
        start = np.nan_to_num(np.concatenate(starts, axis=1))
        start = np.clip(start, self.problem.lower[:, None], self.problem.upper[:, None])
        return self.cheapest(start, form.refined if effort == 0 else start.shape[1])

    def fit_from(self, starts: np.ndarray, tolerance: float = EXACT) -> FormFit:
        """The best fit from these starts (p, s, n)."""
        return fit_from_together([self], [starts], tolerance)[0]

    def best_of(self, found: Solution) -> FormFit:
        """The best of several searches of each curve, start-major."""
        n = len(self.batch)
        best = found.cost.reshape(-1, n).argmin(axis=0) * n + np.arange(n)
        return FormFit(self.form, found.theta[:, best], found.sigma[best], found.cost[best], found.converged[best])

    def fit_from_grid(self, keep: int = 8) -> FormFit:
        """The best fit from starts whose ``held`` parameters were kept while the others were fitted."""
        start = self.form.held_starts(self.points)
        p, s, n = start.shape
        flat = start.reshape(p, s * n)
        which = np.tile(np.arange(n), s)
        problem = self.problem.take(which)
        at = list(self.form.held)
        lower, upper = problem.lower.copy(), problem.upper.copy()
        lower[at] = upper[at] = flat[at]
        fixed = replace(problem, lower=lower, upper=upper)
        found = minimise(self.model(which), fixed, flat, max_iterations=self.form.long, tolerance=QUICK)
        best = np.argsort(found.cost.reshape(s, n), axis=0, kind="stable")[:keep]
        fit = self.fit_from(np.take_along_axis(found.theta.reshape(p, s, n), best[None], axis=1))
        for width in FINER:
            fit = self._along(fit, self.form.held[0], width)
        return self.fit_from(fit.theta[:, None])

    def _along(self, fit: FormFit, at: int, width: float, steps: int = 21) -> FormFit:
        """The best of fits with one parameter held at values up to ``width`` from where it is.

        Where it trades off closely with others, free steps stall long before the bottom of their valley.
        """
        n = len(self.batch)
        which = np.tile(np.arange(n), steps)
        problem = replace(self.problem, noise=np.full(n, NONE)).take(which)
        start = np.tile(fit.theta, (1, steps))
        start[at] += np.repeat(np.linspace(-width, width, steps), n)
        lower, upper = problem.lower.copy(), problem.upper.copy()
        lower[at] = upper[at] = start[at] = np.clip(start[at], lower[at], upper[at])
        fixed = replace(problem, lower=lower, upper=upper)
        return self.best_of(minimise(self.model(which), fixed, start, max_iterations=self.form.long, tolerance=EXACT))

    def move_breaks(self, theta: np.ndarray) -> FormFit:
        """The best fit after taking each break of ``theta`` (p, n) out and putting one in elsewhere."""
        breaks = range(3, len(theta), 3)
        without = np.stack([np.delete(theta, slice(i, i + 3), axis=0) for i in breaks], axis=1)
        return self.fit_from(self.form.extend(self.points, without))


def refine_starts(tasks: Sequence[Task], effort: int) -> list[np.ndarray]:
    """The best starts of each task after a few steps each, best first, (p, s, n); all in the same steps."""
    starts = [task.choose_starts(effort) for task in tasks]
    several = [i for i, start in enumerate(starts) if start.shape[1] > 1]
    if several:
        searches = [tasks[i].search(starts[i], tasks[i].form.short) for i in several]
        for i, short in zip(several, minimise_together(searches, EXACT), strict=True):
            p, s, n = starts[i].shape
            order = np.argsort(short.cost.reshape(s, n), axis=0, kind="stable")
            starts[i] = np.take_along_axis(short.theta.reshape(p, s, n), order[None], axis=1)
    return starts


def fit_together(tasks: Sequence[Task], effort: int, tolerance: float) -> list[FormFit]:
    """The best of all starts of each task, all in the same steps."""
    starts = [
        start[:, : task.form.polished + 2 * effort]
        for task, start in zip(tasks, refine_starts(tasks, effort), strict=True)
    ]
    return fit_from_together(tasks, starts, tolerance)


def fit_from_together(tasks: Sequence[Task], starts: Sequence[np.ndarray], tolerance: float) -> list[FormFit]:
    """The best fit of each task from its starts (p, s, n), all in the same steps."""
    searches = [task.search(start, task.form.long) for task, start in zip(tasks, starts, strict=True)]
    found = minimise_together(searches, tolerance)
    return [task.best_of(solution) for task, solution in zip(tasks, found, strict=True)]


def fit_form(form: Form, batch: Batch, prior: Prior | None = None) -> FormFit:
    """Fit one form to every curve, quickly: as a member of an average; under ``prior`` instead of the form's own."""
    task = Task(form, fitted_part(form, batch), prior or Prior.of(form, batch.groups))
    return fit_together([task], 0, QUICK)[0]


@dataclass(frozen=True)
class Wanted:
    """A form to be fitted to a batch under each of several ``weights`` (m, n)."""

    form: Form
    batch: Batch
    weights: Sequence[np.ndarray]
    prior: Prior

    def __len__(self) -> int:
        return len(self.weights) * len(self.batch)

    def task(self) -> Task:
        """All at once."""
        k, n = len(self.weights), len(self.batch)
        every = self.batch.take(np.tile(np.arange(n), k)).with_weights(np.concatenate(self.weights, axis=1))
        return Task(self.form, fitted_part(self.form, every), self.prior, k)

    def parts(self, fit: FormFit) -> list[FormFit]:
        """The fits under each of the weights."""
        return [fit.of(slice(i, i + len(self.batch))) for i in range(0, len(self), len(self.batch))]


def fit_each(wanted: Sequence[Wanted]) -> list[list[FormFit]]:
    """As `fit_form` of each form under each of its weights: of few curves all in the same steps.

    A step costs its calls however few the curves, so that one curve alone would cost many times its share in a batch.
    """
    if sum(len(one) for one in wanted) <= AT_ONCE:
        fits = fit_together([one.task() for one in wanted], 0, QUICK)
        return [one.parts(fit) for one, fit in zip(wanted, fits, strict=True)]
    return [
        one.parts(fit_together([one.task()], 0, QUICK)[0])
        if len(one) <= AT_ONCE
        else [fit_form(one.form, one.batch.with_weights(w), one.prior) for w in one.weights]
        for one in wanted
    ]


def fit_form_exactly(form: Form, batch: Batch, prior: Prior | None = None) -> FormFit:
    """As `fit_form`, to full precision, and searched again from more starts where residuals stay above the noise."""
    prior = prior or Prior.of(form, batch.groups)
    batch = fitted_part(form, batch)
    (fit,) = fit_together([Task(form, batch, prior)], 0, EXACT)
    for effort in range(1, form.efforts):
        for part in _parts(_find_stalled(fit, batch)):
            (again,) = fit_together([Task(form, batch.take(part), prior)], effort, EXACT)
            fit = fit.replace_worse(part, again)
        if form.held:
            for part in _parts(np.flatnonzero((batch.noise < NOISELESS) & _has_stalled(fit, batch))):
                fit = fit.replace_worse(part, Task(form, batch.take(part), prior).fit_from_grid())
        if form.simpler is not None:
            for part in _parts(_find_stalled(fit, batch)):
                task = Task(form, batch.take(part), prior)
                fit = fit.replace_worse(part, task.move_breaks(fit.theta[:, part]))
    return fit


def _find_stalled(fit: FormFit, batch: Batch) -> np.ndarray:
    """Curves whose residuals say that the search has stalled, unless the form is wrong."""
    return np.flatnonzero(_has_stalled(fit, batch))


def _has_stalled(fit: FormFit, batch: Batch) -> np.ndarray:
    limit = np.where(batch.noise < SMOOTH, STALLED_SMOOTH, STALLED)
    count, guessed = (batch.w > 0).sum(axis=0), Problem.noise_dof
    # Of the points alone: the guess of the noise that sigma holds is more than the limit where points are few.
    square = ((count + guessed) * fit.sigma**2 - guessed * batch.noise**2) / count
    return np.asarray(square > np.maximum(limit * batch.noise, NO_RESIDUAL) ** 2)


def _parts(index: np.ndarray) -> list[np.ndarray]:
    return [index[i : i + HARD_AT_ONCE] for i in range(0, len(index), HARD_AT_ONCE)]


def fitted_part(form: Form, batch: Batch) -> Batch:
    """The curves with the points alone that the form looks at: the last of those that count, if it is the last alone.

    Where the end of a curve is left out that is the last point before it, and no point that is left out is looked at.
    """
    if not form.last_only:
        return batch
    last = np.where(batch.w > 0.0, batch.u, -np.inf).max(axis=0, keepdims=True)
    return batch.with_weights(np.where(batch.u >= last, batch.w, 0.0))


def learn_prior(form: Form, batch: Batch) -> Prior:
    """As `learn_each_prior`, of one form."""
    return learn_each_prior([form], batch)[0]


def learn_each_prior(forms: Sequence[Form], batch: Batch, rounds: int = 3) -> list[Prior]:
    """The prior of each form's pooled parameters in each group, learned from its curves (empirical Bayes, by EM).

    A group's mean and variance are those of its curves' posteriors, with `PRIOR_CURVES` curves' worth of the form's
    own prior mixed in, so that a group of one keeps nearly that. At most `SAMPLE` curves are looked at. Of few curves
    all forms are fitted in the same steps.
    """
    if len(forms) > 1 and len(forms) * len(batch) > AT_ONCE:
        return [prior for form in forms for prior in learn_each_prior([form], batch, rounds)]
    priors = [Prior.of(form, batch.groups) for form in forms]
    at = [i for i, form in enumerate(forms) if any(q.pooled for q in form.parameters)]
    if not at:
        return priors
    if len(batch) > SAMPLE:
        batch = batch.take(np.linspace(0, len(batch) - 1, SAMPLE).round().astype(int))
    fits = fit_together([Task(forms[i], batch, priors[i]) for i in at], 0, QUICK)
    for left in reversed(range(rounds)):
        for i, fit in zip(at, fits, strict=True):
            priors[i] = _next_prior(fit, batch, priors[i])
        if left:
            tasks = [Task(forms[i], batch, priors[i]) for i in at]
            fits = fit_from_together(tasks, [fit.theta[:, None] for fit in fits], QUICK)
    return priors


def _next_prior(fit: FormFit, batch: Batch, prior: Prior) -> Prior:
    """The prior that the curves' posteriors under the last one give, and the form's own."""
    base, size = Prior.of(fit.form, batch.groups), np.bincount(batch.group, minlength=batch.groups)
    variance = posterior_variance(fit, batch, prior)
    mean, precision = prior.mean.copy(), prior.precision.copy()
    for j in [j for j, q in enumerate(fit.form.parameters) if q.pooled]:
        mean[j] = (_group_sum(batch, fit.theta[j]) + PRIOR_CURVES * base.mean[j]) / (size + PRIOR_CURVES)
        square = _group_sum(batch, (fit.theta[j] - mean[j, batch.group]) ** 2 + variance[j])
        precision[j] = (size + PRIOR_CURVES) / (square + PRIOR_CURVES / base.precision[j])
    return Prior(mean, precision)


def _group_sum(batch: Batch, values: np.ndarray) -> np.ndarray:
    return np.bincount(batch.group, values, batch.groups)


def posterior_variance(fit: FormFit, batch: Batch, prior: Prior) -> np.ndarray:
    """Laplace's variance of each parameter, (p, n)."""
    at = np.arange(len(fit.theta))
    return inverse_spd(information(fit, batch, prior))[at, at]


def information(fit: FormFit, batch: Batch, prior: Prior) -> np.ndarray:
    """Gauss-Newton information at the fit, prior included, (p, p, n)."""
    _, jacobian = value_and_jacobian(fit.form, batch.kind, fit.theta, batch.u, batch.floor)
    matrix = gram(jacobian * (batch.w / fit.sigma**2), jacobian)
    at = np.arange(len(fit.theta))
    matrix[at, at] += prior.precision[:, batch.group] + 1e-12
    return matrix
