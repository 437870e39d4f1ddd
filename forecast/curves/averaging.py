"""Which forms to trust on each curve: by how well they would have extrapolated its own last points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scale_forecast.curves.batch import Batch
from scale_forecast.curves.fitting import FormFit, Prior, Task, Wanted, fit_each, fit_form_exactly, learn_each_prior
from scale_forecast.curves.inside import Inside, look_inside, points_within
from scale_forecast.curves.levmar import Problem
from scale_forecast.curves.registry import FORMS
from scale_forecast.curves.turning import TURNING, has_turned

POOL = {
    "loss": {"m4": 1.0, "bnsl1": 1.0, "m2": 0.5, "persistence": 0.2},
    "accuracy": {
        "law": 1.0, "m4": 1.0, "sigmoid": 1.0, "mixture": 1.0, "persistence": 1.0, "constant": 1.0, "turn": 2.0,
    },
}  # fmt: skip
"""The forms that ``auto`` averages, and their prior weights; that of a form that turns is for curves that do. Of losses
BNSL with a break turns already; a further form that does made curves worse that level off in noise."""
OWN_PRIOR = {"loss": ("m4",), "accuracy": ()}
"""Forms that ``auto`` leaves their own prior: on simulated losses of one batch a learned one did worse."""
FLAT = ("persistence", "constant")
FLAT_NEAR_CHANCE = 3.0
"""Factor on the prior weights of the flat forms for curves that have not left chance."""
BROADER, INSIST = 5.0, 2.0
"""Where the log-likelihood gains more than the second by it, priors are the first times as wide: a break of unheard-of
sharpness is then found, and on other curves the prior does its work."""
BREAKS = ("m2", "bnsl1", "bnsl2", "bnsl3")
"""BNSL without and with breaks."""
ORIGINS = {"loss": ((1, 0.07), (2, 0.15), (3, 0.3)), "accuracy": ((2, 0.15), (3, 0.3))}
"""Rolling origins: how many of the last different x are held out, at least and as a share."""
DOUBT = 10.0
"""Noise variances added to a form's held-out error before it is weighed: differences within noise count little."""
ALIKE = 10.0
"""How many curves the prior weights count for beside the batch's own, when its curves share their weights."""
TEMPER = 0.3
"""Power to which the likelihood of held-out points is taken: they are neighbours with one misfit in common, and origins
share them, so they tell less than as many points apart."""
RECENT = {"loss": {"m4": 0.3, "m2": 0.15}, "accuracy": {}}
"""Shares of a curve's span of log x over which, going back from its end, the weight of a point halves when the form is
fitted: what a form misses at the start of training must not bend it at the end."""
NEAR = 0.03
"""Share of a loss curve's span of log x over which the weight of a residual falls by e in `carry_residuals`."""


@dataclass(frozen=True)
class Trial:
    """What k forms predicted from one rolling origin.

    ``out`` (m, n): the points held out; ``values`` (k, m, n); ``sigma`` (k, n).
    """

    out: np.ndarray
    values: np.ndarray
    sigma: np.ndarray


@dataclass(frozen=True)
class Averaged:
    """Fits of several forms and their weights on each curve, (k, n), summing to 1; the trials that gave the weights.

    ``evidence`` (k, n): log-likelihood of what was held out, by which the weights differ from curve to curve.
    """

    fits: list[FormFit]
    weights: np.ndarray
    trials: tuple[Trial, ...] = ()
    evidence: np.ndarray | None = None
    priors: tuple[Prior, ...] = ()
    inside: Inside | None = None

    def values(self, batch: Batch, u: np.ndarray) -> np.ndarray:
        """Each form at u (m, n) in the fitted space, (k, m, n)."""
        return np.stack([fit.value(batch, u) for fit in self.fits])


def leading_form(batch: Batch, average: Averaged) -> np.ndarray:
    """Which form is of largest weight on each curve, of those with fewer parameters than the curve has points, (n,)."""
    parameters = np.array([len(fit.theta) for fit in average.fits])
    carried = parameters[:, None] < np.maximum(batch.distinct, parameters.min() + 1)
    return np.asarray(np.where(carried, average.weights, -1.0).argmax(axis=0))


def learn_priors(batch: Batch, pool: tuple[str, ...]) -> dict[str, Prior]:
    """Each form's prior, learned from all curves of a group."""
    learned = [name for name in pool if name not in OWN_PRIOR[batch.kind]]
    priors = dict(zip(learned, learn_each_prior([FORMS[name] for name in learned], batch), strict=True))
    return {name: priors.get(name) or Prior.of(FORMS[name], batch.groups) for name in pool}


def average_forms(batch: Batch, priors: dict[str, Prior]) -> Averaged:
    """Fit every form and weigh them curve by curve; `share_weights` then lets the curves of a batch learn together.

    Weights are proportional to a prior weight times (e_k^2 + `DOUBT` s^2)^(-h / 2) to the power of `TEMPER`, e_k the
    root mean squared error of form k on the h points held out at rolling origins and s the curve's noise: the
    likelihood of the held-out points with their variance profiled out. On curves too short to hold any out, the fitted
    points count as one held out. A form that turns is weighed, and fitted, on curves alone that have turned.
    """
    origins = _origins(batch)
    within = points_within(batch)
    turned = np.zeros(len(batch), dtype=bool)
    if _turns(priors).any():
        turned = has_turned(batch.kind, batch.points, batch.noise, batch.distinct)
    found = _fit_members(batch, priors, origins, within, turned)
    fits = [member.whole for member in found]
    trials = [_trial(batch, out, [member.past[i] for member in found]) for i, out in enumerate(origins)]
    total = sum(np.where(t.out, (t.values - batch.z) ** 2 * batch.w, 0.0).sum(axis=1) for t in trials)
    held = sum(t.out.sum(axis=0) for t in trials)
    untried = held == 0
    met = np.stack([((fit.value(batch, batch.u) - batch.z) ** 2 * batch.w).sum(axis=0) for fit in fits])
    total = np.where(untried, met, total)
    held = np.where(untried, 1.0, held)
    evidence = -0.5 * TEMPER * held * np.log(total / held + DOUBT * batch.noise**2)
    evidence = np.where(_turns(priors) & ~turned, -np.inf, evidence)
    evidence = evidence - evidence.max(axis=0)
    weights = _normalise(np.exp(evidence) * _prior_weights(batch, list(priors)))
    plain, left_out = [member.plain for member in found], [member.within for member in found]
    inside = look_inside(batch, plain, left_out, within, ~_turns(priors) | turned)
    return Averaged(fits, weights, tuple(trials), evidence, tuple(priors.values()), inside)


def share_weights(parts: Sequence[tuple[Batch, Averaged]], rounds: int = 20) -> list[Averaged]:
    """The same averages with prior weights learned from all curves together (empirical Bayes, by EM).

    A form's prior weight becomes the mean of its weights over the curves, with `ALIKE` curves' worth of the prior
    weight it had mixed in, so that a batch of few curves keeps nearly that.
    """
    evidence = [average.evidence for _, average in parts if average.evidence is not None]
    if len(evidence) < len(parts):
        return [average for _, average in parts]
    likelihood = np.exp(np.concatenate(evidence, axis=1))
    start = np.concatenate(
        [_prior_weights(batch, [fit.form.name for fit in average.fits]) for batch, average in parts], axis=1
    )
    turns = _turns([fit.form.name for fit in parts[0][1].fits])
    prior = start
    for _ in range(rounds):
        prior = _next_prior(_normalise(likelihood * prior), start, turns, likelihood > 0)
    weights = _normalise(likelihood * prior)
    ends = np.cumsum([len(batch) for batch, _ in parts])[:-1]
    return [
        replace(average, weights=part)
        for (_, average), part in zip(parts, np.split(weights, ends, axis=1), strict=True)
    ]


def _next_prior(weights: np.ndarray, start: np.ndarray, turns: np.ndarray, possible: np.ndarray) -> np.ndarray:
    """Prior weights (k, n) from the curves' weights: of forms that turn on the curves that do, of others on all."""
    one_way = np.where(turns, 0.0, weights)
    plain = one_way.sum(axis=1, keepdims=True) + ALIKE * _normalise(np.where(turns, 0.0, start))
    where = turns & possible
    count = where.sum(axis=1, keepdims=True)
    share = (np.where(turns, weights, 0.0).sum(axis=1, keepdims=True) + ALIKE * start) / (count + ALIKE)
    share = np.where(where, share, 0.0)
    return share + (1.0 - share.sum(axis=0)) * _normalise(plain)


def carry_residuals(batch: Batch, w: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """What an average's residuals (m, n) at points of weights w (m, n) say that it misses at a loss curve's end, (n,).

    Losses drift smoothly around any form, so their last residuals go on; scores scatter by sampling, and nothing is
    carried. The residuals' mean near the end is shrunk by what noise alone would make of it: times 1 - v / mean^2,
    v its variance by noise, and no less than nothing (James and Stein 1961).
    """
    if batch.kind == "accuracy":
        return np.zeros(len(batch))
    seen = w > 0
    last = np.where(seen, batch.u, -np.inf).max(axis=0)
    span = last - np.where(seen, batch.u, np.inf).min(axis=0)
    weight = np.where(seen, w * np.exp(np.minimum((batch.u - last) / np.maximum(NEAR * span, 1e-9), 0.0)), 0.0)
    total = weight.sum(axis=0)
    mean = (weight * residual).sum(axis=0) / total
    variance = batch.noise**2 * (weight**2 / np.where(seen, w, 1.0)).sum(axis=0) / total**2
    return mean * np.maximum(1.0 - variance / np.maximum(mean**2, 1e-300), 0.0)


@dataclass(frozen=True)
class _Member:
    """A form as `auto` fits it: to all points, before each origin, to all points alike, and without some among them."""

    whole: FormFit
    past: list[FormFit]
    plain: FormFit
    within: FormFit


def _fit_members(
    batch: Batch, priors: dict[str, Prior], origins: Sequence[np.ndarray], within: np.ndarray, turned: np.ndarray
) -> list[_Member]:
    """The fits of each form, of few curves all together; one that turns on those alone that have ``turned`` (n,).

    ``origins, within`` (m, n): what is left out of each fit.
    """
    at = {name: np.flatnonzero(turned | (name != TURNING[batch.kind].name)) for name in priors}
    wanted: dict[str, Wanted] = {}
    for name, rows in at.items():
        if len(rows):
            weights = [w[:, rows] for w in _member_weights(name, batch, origins, within)]
            wanted[name] = Wanted(FORMS[name], batch.take(rows), weights, priors[name])
    fits = dict(zip(wanted, fit_each(list(wanted.values())), strict=True))
    k = len(origins)
    members: list[_Member] = []
    for name, rows in at.items():
        found = fits.get(name, [])
        if len(rows) < len(batch):
            blank = FormFit.empty(FORMS[name], len(batch))
            blank = replace(blank, sigma=batch.noise, converged=np.ones(len(batch), dtype=bool))
            found = [blank.replace_worse(rows, fit) for fit in found] or [blank] * (k + 2)
        members.append(
            _Member(found[0], found[1 : k + 1], found[k + 2] if len(found) > k + 2 else found[0], found[k + 1])
        )
    return members


def _member_weights(name: str, batch: Batch, origins: Sequence[np.ndarray], within: np.ndarray) -> list[np.ndarray]:
    """The weights (m, n) of a form's fits: to all points, before each origin, without some points among them, and to
    all points alike where the first are not."""
    half = RECENT[batch.kind].get(name)
    past = [np.where(out, 0.0, batch.w) for out in origins]
    inside = np.where(within, 0.0, batch.w)
    if half is None:
        return [batch.w, *past, inside]
    return [*(_recent(batch, w, half) for w in (batch.w, *past)), inside, batch.w]


def _turns(names: Iterable[str]) -> np.ndarray:
    """Which forms turn, (k, 1)."""
    return np.isin(list(names), [form.name for form in TURNING.values()])[:, None]


def _recent(batch: Batch, w: np.ndarray, half: float) -> np.ndarray:
    """Weights w (m, n) with recent points counting more, as `RECENT` says."""
    seen = w > 0
    last = np.where(seen, batch.u, -np.inf).max(axis=0)
    span = last - np.where(seen, batch.u, np.inf).min(axis=0)
    recent = w * 0.5 ** np.where(seen, (last - batch.u) / np.maximum(half * span, 1e-9), 0.0)
    return np.asarray(recent * w.sum(axis=0) / recent.sum(axis=0))


def _prior_weights(batch: Batch, names: list[str]) -> np.ndarray:
    """Prior weights (k, n), summing to 1."""
    weights = np.array([POOL[batch.kind][name] for name in names])[:, None]
    flat = np.isin(names, FLAT)[:, None] & near_chance(batch)
    return _normalise(weights * np.where(flat, FLAT_NEAR_CHANCE, 1.0))


def _normalise(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum(axis=0)


def near_chance(batch: Batch) -> np.ndarray:
    """True for accuracies none of which is above chance by two standard errors, (n,)."""
    if batch.kind == "loss":
        return np.zeros(len(batch), dtype=bool)
    seen = batch.w > 0
    above = batch.z - 2.0 / np.sqrt(np.where(seen, batch.w, 1.0))
    return np.asarray(~((above > 0) & seen).any(axis=0))


def choose_breaks(batch: Batch) -> Averaged:
    """BNSL with as many breaks as the points carry: one more only where AIC for few points and BIC both allow it.

    A further break is fitted only on curves where even a fit without residuals would be worth its parameters, so that
    noiseless curves are done with the breaks they have.
    """
    priors = [Prior.of(FORMS[name], batch.groups) for name in BREAKS]
    count = (batch.w > 0).sum(axis=0)
    guessed = Problem.noise_dof
    least = 0.5 * (count + guessed) * np.log(guessed * batch.noise**2 / (count + guessed))
    fits: list[FormFit] = []
    criterion = np.full((len(BREAKS), len(batch)), np.inf)
    for k, (name, prior) in enumerate(zip(BREAKS, priors, strict=True)):
        form = FORMS[name]
        penalty = _penalty(len(form.parameters), count)
        carried = (batch.distinct > len(form.parameters) + 1) | (k == 0)
        at = np.flatnonzero(carried & (2.0 * least + penalty < criterion.min(axis=0)))
        fits.append(FormFit.empty(form, len(batch)))
        if len(at):
            part = batch.take(at)
            found = _widen_prior(fit_form_exactly(form, part, prior), part, prior)
            fits[k] = fits[k].replace_worse(at, found)
            criterion[k, at] = penalty[at] - 2.0 * _likelihood(found, part)
    best = criterion.argmin(axis=0)
    return Averaged(fits, (np.arange(len(fits))[:, None] == best).astype(float), priors=tuple(priors))


def _widen_prior(fit: FormFit, batch: Batch, prior: Prior) -> FormFit:
    """The fit, and one under wider priors on curves whose likelihood gains more than `INSIST` by it."""
    wide = Task(fit.form, batch, prior.broader(BROADER)).fit_from(fit.theta[:, None])
    gain = _likelihood(wide, batch) - _likelihood(fit, batch)
    cost = np.where(gain > INSIST, -np.inf, np.inf)
    freed = fit.replace_worse(np.arange(len(batch)), replace(wide, cost=cost))
    return replace(freed, cost=np.where(gain > INSIST, wide.cost, fit.cost))


def _likelihood(fit: FormFit, batch: Batch) -> np.ndarray:
    """Log-likelihood of the points, noise profiled out, without the priors, (n,)."""
    return -0.5 * ((batch.w > 0).sum(axis=0) + Problem.noise_dof) * np.log(fit.sigma**2)


def _penalty(parameters: int, count: np.ndarray) -> np.ndarray:
    """What so many parameters have to be worth, in twice the log-likelihood: the larger of BIC's and AICc's, (n,)."""
    spare = count - parameters - 1.0
    corrected = np.where(spare > 0, 2.0 * parameters * count / np.maximum(spare, 1e-9), np.inf)
    return np.maximum(parameters * np.log(np.maximum(count, 2)), np.where(parameters <= 3, 0.0, corrected))


def _origins(batch: Batch) -> list[np.ndarray]:
    """The points held out at each rolling origin, (m, n)."""
    distinct = batch.distinct
    found = []
    for least, share in ORIGINS[batch.kind]:
        drop = np.maximum(least, np.rint(share * distinct)).astype(int)
        found.append(_last(batch, np.where(distinct > drop + 1, drop, 0)))
    return found


def _trial(batch: Batch, out: np.ndarray, past: Sequence[FormFit]) -> Trial:
    """What every form, fitted without the points ``out``, says of them."""
    values = np.stack([fit.value(batch, batch.u) for fit in past])
    return Trial(out, values, np.stack([fit.sigma for fit in past]))


def _last(batch: Batch, count: np.ndarray) -> np.ndarray:
    """True at the points of the ``count`` largest different x of each curve, (m, n)."""
    ordered = np.sort(np.where(batch.w > 0, batch.u, -np.inf), axis=0)[::-1]
    rank = np.cumsum(np.vstack([np.ones(len(batch), dtype=bool)[None], ordered[1:] < ordered[:-1]]), axis=0)
    rank = np.where(np.isfinite(ordered), rank, 0)
    limit = np.where((rank > 0) & (rank <= count), ordered, np.inf).min(axis=0)
    return (batch.w > 0) & (batch.u >= limit)
