"""Which forms to trust on each curve: by how well they would have extrapolated its own last points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.curves.batch import Batch
from forecast.curves.fitting import FormFit, Prior, fit_form, fit_form_exactly, learn_prior
from forecast.curves.registry import FORMS

POOL = {
    "loss": ("persistence", "m1", "m2", "m3", "m4", "bnsl1"),
    "accuracy": ("persistence", "constant", "law", "sigmoid", "mixture", "m3", "m4"),
}
"""The forms that ``auto`` averages."""
FLAT = ("persistence", "constant")
FLAT_NEAR_CHANCE = 2.0
"""Prior weight of the flat forms on curves that have not left chance; every other prior weight is 1."""
BREAKS = ("m2", "bnsl1", "bnsl2", "bnsl3")
"""BNSL without and with breaks."""
ORIGINS = ((2, 0.15), (3, 0.3))
"""Rolling origins: how many of the last different x are held out, at least and as a share."""
DOUBT = {"loss": 10.0, "accuracy": 10.0}
"""Noise variances added to a form's held-out error before it is weighed: differences within noise count little."""


@dataclass(frozen=True)
class Averaged:
    """Fits of several forms and their weights on each curve, (k, n), summing to 1."""

    fits: list[FormFit]
    weights: np.ndarray

    def values(self, batch: Batch, u: np.ndarray) -> np.ndarray:
        """Each form at u (m, n) in the fitted space, (k, m, n)."""
        return np.stack([fit.value(batch, u) for fit in self.fits])


def learn_priors(batch: Batch, pool: tuple[str, ...]) -> dict[str, Prior]:
    """Each form's prior, learned from all curves of a group."""
    return {name: learn_prior(FORMS[name], batch) for name in pool}


def average_forms(batch: Batch, priors: dict[str, Prior]) -> Averaged:
    """Fit every form and weigh them curve by curve.

    Weights are proportional to a prior weight times (e_k^2 + `DOUBT` s^2)^(-h / 2), e_k the root mean squared error of
    form k on the h points held out at rolling origins and s the curve's noise: the likelihood of the held-out points
    with their variance profiled out.
    """
    fits = [fit_form(FORMS[name], batch, prior) for name, prior in priors.items()]
    total, held = _rolling_errors(batch, priors)
    score = -0.5 * held * np.log(total / np.maximum(held, 1.0) + DOUBT[batch.kind] * batch.noise**2)
    flat = np.isin(list(priors), FLAT)[:, None] & near_chance(batch)
    weights = np.exp(score - score.max(axis=0)) * np.where(flat, FLAT_NEAR_CHANCE, 1.0)
    return Averaged(fits, weights / weights.sum(axis=0))


def near_chance(batch: Batch) -> np.ndarray:
    """True for accuracies none of which is above chance by two standard errors, (n,)."""
    if batch.kind == "loss":
        return np.zeros(len(batch), dtype=bool)
    seen = batch.w > 0
    above = batch.z - 2.0 / np.sqrt(np.where(seen, batch.w, 1.0))
    return np.asarray(~((above > 0) & seen).any(axis=0))


def choose_breaks(batch: Batch) -> Averaged:
    """BNSL with the number of breaks of least BIC, given that the points outnumber the parameters."""
    fits = [fit_form_exactly(FORMS[name], batch) for name in BREAKS]
    count = (batch.w > 0).sum(axis=0)
    criterion = np.stack([2.0 * fit.cost + len(fit.theta) * np.log(np.maximum(count, 2)) for fit in fits])
    allowed = np.stack([batch.distinct > len(fit.theta) for fit in fits])
    allowed[0] = True
    best = np.where(allowed, criterion, np.inf).argmin(axis=0)
    return Averaged(fits, (np.arange(len(fits))[:, None] == best).astype(float))


def _rolling_errors(batch: Batch, priors: dict[str, Prior]) -> tuple[np.ndarray, np.ndarray]:
    """Sum of weighted squared errors on held-out points, (k, n), and their number, (n,)."""
    total = np.zeros((len(priors), len(batch)))
    held = np.zeros(len(batch))
    distinct = batch.distinct
    for least, share in ORIGINS:
        drop = np.maximum(least, np.rint(share * distinct)).astype(int)
        out = _last(batch, np.where(distinct > drop + 1, drop, 0))
        kept = batch.with_weights(np.where(out, 0.0, batch.w))
        held += out.sum(axis=0)
        for i, (name, prior) in enumerate(priors.items()):
            past = fit_form(FORMS[name], kept, prior)
            error = (past.value(kept, batch.u) - batch.z) ** 2 * batch.w
            total[i] += np.where(out, error, 0.0).sum(axis=0)
    return total, held


def _last(batch: Batch, count: np.ndarray) -> np.ndarray:
    """True at the points of the ``count`` largest different x of each curve, (m, n)."""
    ordered = np.sort(np.where(batch.w > 0, batch.u, -np.inf), axis=0)[::-1]
    rank = np.cumsum(np.vstack([np.ones(len(batch), dtype=bool)[None], ordered[1:] < ordered[:-1]]), axis=0)
    rank = np.where(np.isfinite(ordered), rank, 0)
    limit = np.where((rank > 0) & (rank <= count), ordered, np.inf).min(axis=0)
    return (batch.w > 0) & (batch.u >= limit)
