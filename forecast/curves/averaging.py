"""Which forms to trust on each curve: by how well they would have extrapolated its own last points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast.curves.batch import Batch
from forecast.curves.fitting import FormFit, fit_form
from forecast.curves.registry import FORMS

POOL = {
    "loss": ("persistence", "m1", "m2", "m3", "m4", "bnsl1"),
    "accuracy": ("persistence", "constant", "law", "sigmoid", "linear", "logit", "ushape", "m2"),
}
"""The forms that ``auto`` averages."""
BREAKS = ("m2", "bnsl1", "bnsl2", "bnsl3")
"""BNSL without and with breaks."""
ORIGINS = 2
"""How many rolling origins the forms are tested from."""


@dataclass(frozen=True)
class Averaged:
    """Fits of several forms and their weights on each curve, (k, n), summing to 1."""

    fits: list[FormFit]
    weights: np.ndarray

    def values(self, batch: Batch, u: np.ndarray) -> np.ndarray:
        """Each form at u (m, n) in the fitted space, (k, m, n)."""
        return np.stack([fit.value(batch, u) for fit in self.fits])


def average_forms(batch: Batch, pool: tuple[str, ...]) -> Averaged:
    """Fit every form of the pool and weigh them curve by curve.

    Weights are proportional to (e_k^2 + s^2)^(-h / 2), e_k the root mean squared error of form k on the h points
    held out at rolling origins and s the curve's noise: the likelihood of the held-out points with their variance
    profiled out.
    """
    fits = [fit_form(FORMS[name], batch) for name in pool]
    if len(fits) == 1:
        return Averaged(fits, np.ones((1, len(batch))))
    total, held = _rolling_errors(batch, fits)
    score = -0.5 * held * np.log(total / np.maximum(held, 1.0) + batch.noise**2)
    score -= score.max(axis=0)
    weights = np.exp(score)
    return Averaged(fits, weights / weights.sum(axis=0))


def choose_breaks(batch: Batch) -> Averaged:
    """BNSL with the number of breaks of least BIC, given that the points outnumber the parameters."""
    fits = [fit_form(FORMS[name], batch) for name in BREAKS]
    count = (batch.w > 0).sum(axis=0)
    criterion = np.stack([2.0 * fit.cost + len(fit.theta) * np.log(np.maximum(count, 2)) for fit in fits])
    allowed = np.stack([batch.distinct > len(fit.theta) for fit in fits])
    allowed[0] = True
    best = np.where(allowed, criterion, np.inf).argmin(axis=0)
    return Averaged(fits, (np.arange(len(fits))[:, None] == best).astype(float))


def _rolling_errors(batch: Batch, fits: list[FormFit]) -> tuple[np.ndarray, np.ndarray]:
    """Sum of weighted squared errors on held-out points, (k, n), and their number, (n,)."""
    total = np.zeros((len(fits), len(batch)))
    held = np.zeros(len(batch))
    distinct = batch.distinct
    for origin in range(1, ORIGINS + 1):
        drop = np.where(distinct > origin + 1, np.maximum(origin, np.rint(distinct * 0.15 * origin)), 0).astype(int)
        out = _last(batch, drop)
        kept = batch.with_weights(np.where(out, 0.0, batch.w))
        held += out.sum(axis=0)
        for i, fit in enumerate(fits):
            past = fit_form(fit.form, kept, warm=fit.theta[:, None], thorough=False)
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
