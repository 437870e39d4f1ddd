"""Logistic regression on a handful of features held towards no effect, for events that are few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

PENALTY = 10.0
"""Ridge on each standardised coefficient, against a sum of log losses in which a case of an average line counts 1."""


@dataclass(frozen=True)
class Logistic:
    """A logistic regression on standardised features: ``centre, scale, slope`` (k,), ``intercept``."""

    centre: np.ndarray
    scale: np.ndarray
    slope: np.ndarray
    intercept: float

    @classmethod
    def fit(cls, x: np.ndarray, happened: np.ndarray, weight: np.ndarray, typical: float) -> Logistic:
        """Weighted, with a ridge on the slopes, and ``typical`` as one step at the centre; all there is without steps.

        Parameters
        ----------
        x : (n, k)
        happened : ndarray of bool, (n,)
        weight : (n,)
        """
        k = x.shape[1]
        centre = np.average(x, axis=0, weights=weight) if len(x) else np.zeros(k)
        spread = x.std(axis=0) if len(x) else np.zeros(k)
        scale = np.where(spread > 1e-9, spread, 1.0)
        features = np.vstack([(x - centre) / scale, np.zeros((2, k))])
        outcome = np.concatenate([happened, [1.0, 0.0]])
        weights = np.concatenate([weight, [typical, 1.0 - typical]])

        def loss(a: np.ndarray) -> tuple[float, np.ndarray]:
            odds = features @ a[:k] + a[k]
            value = weights @ (np.logaddexp(0.0, odds) - outcome * odds) + 0.5 * PENALTY * a[:k] @ a[:k]
            pull = weights * (expit(odds) - outcome)
            return float(value), np.append(features.T @ pull + PENALTY * a[:k], pull.sum())

        found = minimize(loss, np.append(np.zeros(k), logit(typical)), jac=True, method="L-BFGS-B").x
        return cls(centre, scale, found[:k], float(found[k]))

    def log_odds(self, x: np.ndarray) -> np.ndarray:
        """(n,) for features (n, k)."""
        return ((x - self.centre) / self.scale) @ self.slope + self.intercept

    def probability(self, x: np.ndarray) -> np.ndarray:
        """(n,) for features (n, k)."""
        return expit(self.log_odds(x))


def line_weights(code: np.ndarray) -> np.ndarray:
    """Weights (n,) of mean 1 that give each line the root of the number of its cases; ``code`` numbers the lines."""
    if not len(code):
        return np.zeros(0)
    weight = np.bincount(code)[code] ** -0.5
    return weight / weight.mean()
