"""Recalibration: strictly increasing maps of probabilities, learned on settled questions of other lines.

A map acts on the probability of one measured event, before events are combined, so that what it does to one question
it does to every question made of the same events. Which form it takes is chosen by cross-validation over lines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, minimize_scalar
from scipy.special import expit, logit, xlog1py, xlogy

from scale_forecast.predictors.logistic import line_weights

INSIDE = 1e-6
"""Probabilities are kept this far from 0 and 1 before their log-odds are taken."""
PENALTY = 60.0
"""Ridge on a map's distance from leaving probabilities alone, against a sum of log losses; large, since the questions
of a line are far from independent."""
FEWEST = 40
"""Settled questions below which probabilities are left alone."""
WORTH = 0.5
"""A form must beat the identity by this many standard errors of its gain over lines."""
STEPS_KEPT = 0.85


@dataclass(frozen=True)
class BetaMap:
    """log-odds(p') = low * log p - high * log(1 - p) + shift, with positive slopes (Kull et al. 2017).

    Equal slopes make it logistic recalibration, without shift a temperature, and (1, 1, 0) leaves all as it is.
    """

    low: float = 1.0
    high: float = 1.0
    shift: float = 0.0

    def __call__(self, probability: np.ndarray) -> np.ndarray:
        p = np.clip(probability, INSIDE, 1.0 - INSIDE)
        return expit(self.low * np.log(p) - self.high * np.log1p(-p) + self.shift)


@dataclass(frozen=True)
class StepMap:
    """Isotonic regression, linear between knots (k,), with a share of the identity so that it never stands still."""

    said: np.ndarray
    happened: np.ndarray

    def __call__(self, probability: np.ndarray) -> np.ndarray:
        p = np.asarray(probability, dtype=float)
        return STEPS_KEPT * np.interp(p, self.said, self.happened) + (1.0 - STEPS_KEPT) * p


@dataclass(frozen=True)
class DampedMap:
    """p' = (1 - share) p: in a share of cases nothing comes of it, however likely it looked."""

    share: float

    def __call__(self, probability: np.ndarray) -> np.ndarray:
        return (1.0 - self.share) * np.asarray(probability, dtype=float)


Map = BetaMap | StepMap | DampedMap
IDENTITY = BetaMap()


def _parametric(free: tuple[bool, bool], p: np.ndarray, happened: np.ndarray, weight: np.ndarray) -> BetaMap:
    """By penalised maximum likelihood; ``free`` says whether the slopes may differ and whether there is a shift."""
    apart, shifts = free
    p = np.clip(p, INSIDE, 1.0 - INSIDE)
    log_p, log_q = np.log(p), -np.log1p(-p)

    def loss(a: np.ndarray) -> tuple[float, np.ndarray]:
        low, high = np.exp(a[0]), np.exp(a[1] if apart else a[0])
        odds = low * log_p + high * log_q + (a[2] if shifts else 0.0)
        pull = weight * (expit(odds) - happened)
        by_low, by_high = low * (pull @ log_p), high * (pull @ log_q)
        slope = np.array([by_low, by_high, 0.0] if apart else [by_low + by_high, 0.0, 0.0])
        slope[2] = pull.sum() if shifts else 0.0
        value = weight @ (np.logaddexp(0.0, odds) - happened * odds)
        return float(value + 0.5 * PENALTY * a @ a), slope + PENALTY * a

    a = minimize(loss, np.zeros(3), jac=True, method="L-BFGS-B").x
    return BetaMap(float(np.exp(a[0])), float(np.exp(a[1] if apart else a[0])), float(a[2]))


def _fit_damped(p: np.ndarray, happened: np.ndarray, weight: np.ndarray) -> DampedMap:
    """The share by penalised maximum likelihood."""

    def loss(share: float) -> float:
        return float(weight @ _log_loss((1.0 - share) * p, happened) + 0.5 * PENALTY * share**2)

    return DampedMap(float(minimize_scalar(loss, bounds=(0.0, 0.5), method="bounded").x))


def _steps(p: np.ndarray, happened: np.ndarray, weight: np.ndarray) -> StepMap:
    from sklearn.isotonic import IsotonicRegression

    pseudo = np.array([0.0, 1.0])
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0).fit(
        np.concatenate([p, pseudo]), np.concatenate([happened, pseudo]), np.concatenate([weight, [1.0, 1.0]])
    )
    return StepMap(fitted.X_thresholds_, fitted.y_thresholds_)


FORMS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], Map]] = {
    "identity": lambda p, happened, weight: IDENTITY,
    "temperature": lambda p, happened, weight: _parametric((False, False), p, happened, weight),
    "logistic": lambda p, happened, weight: _parametric((False, True), p, happened, weight),
    "beta": lambda p, happened, weight: _parametric((True, True), p, happened, weight),
    "damped": _fit_damped,
    "isotonic": _steps,
}
"""The forms a map may take, the simplest first."""


def chosen_map(p: np.ndarray, happened: np.ndarray, line: np.ndarray) -> tuple[str, Map]:
    """The form of least log loss on lines left out, fitted to all; the identity unless it is worth it.

    Parameters
    ----------
    p, happened : (n,)
        What was said and what came of it, 0 or 1.
    line : (n,)
        Cluster of each question. Lines weigh together as the root of their questions.
    """
    names, code = np.unique(line, return_inverse=True)
    if len(p) < FEWEST or len(names) < 3:
        return "identity", IDENTITY
    weight = line_weights(code)
    loss = {}
    for name, fit in FORMS.items():
        held = np.empty(len(p))
        for k in range(len(names)):
            out = code == k
            held[out] = _log_loss(fit(p[~out], happened[~out], weight[~out])(p[out]), happened[out])
        loss[name] = np.bincount(code, weight * held) / weight.sum()
    best, margin = "identity", 0.0
    for name, by_line in loss.items():
        gain = loss["identity"] - by_line
        spread = float(np.sqrt(len(gain) * gain.var(ddof=1)))
        if gain.sum() - WORTH * spread > margin:
            best, margin = name, gain.sum() - WORTH * spread
    return best, FORMS[best](p, happened, weight)


def resampled_map(p: np.ndarray, happened: np.ndarray, line: np.ndarray, *, seed: int) -> Map:
    """The logistic map of as many lines drawn with replacement."""
    code = np.unique(line, return_inverse=True)[1]
    n = code.max() + 1
    times = np.bincount(np.random.default_rng(seed).integers(n, size=n), minlength=n)[code]
    drawn = times > 0
    return FORMS["logistic"](p[drawn], happened[drawn], (line_weights(code) * times)[drawn])


def _log_loss(p: np.ndarray, happened: np.ndarray) -> np.ndarray:
    inside = np.clip(p, INSIDE, 1.0 - INSIDE)
    return -(xlogy(happened, inside) + xlog1py(1.0 - happened, -inside))


def log_odds(p: np.ndarray | float) -> np.ndarray:
    """Log-odds of probabilities kept off 0 and 1."""
    return logit(np.clip(p, INSIDE, 1.0 - INSIDE))
