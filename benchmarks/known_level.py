"""Two further ways to forecast from one known model: the shift that its tasks share, and averages of distributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax

from benchmarks.candidates import Said
from scale_forecast.distribution import LEVELS, MID_LEVELS, Link
from scale_forecast.predictors.base import suite_mean
from scale_forecast.predictors.spread import equal_lines

SMOOTH_ABSOLUTE = 0.02
"""As the default's weights are learned, in score units."""
HELD = 1e-3
"""Ridge on the coefficients around 1 and on the weights' log-odds, in units of absolute error."""


@dataclass(frozen=True)
class KnownLevel:
    """How much of a known model's distance from what other lines lead one to expect is found again at its target.

    Attributes
    ----------
    kept : (3,) of the distance that all of its tasks share, of its suites' apart from that, of each task's apart from
        these
    between, within : variances of the first over models, and of a task's about it
    """

    kept: np.ndarray
    between: float
    within: float

    @classmethod
    def fit(cls, past: Sequence[Said]) -> Self:
        """By least absolute error in score units, every line counting the same."""
        away = [_distance(said) for said in past]
        weight = equal_lines([(said.fold, said.z) for said in past])
        folds = np.repeat(np.arange(len(past)), [len(each) for each in away])
        first = np.array([each[0, 0] for each in away])
        of_fold = np.bincount(folds, weight)
        spread = np.array([np.var(each[:, 1] + each[:, 2]) for each in away])
        within = float(of_fold @ spread)
        count = np.array([len(each) for each in away])
        between = max(float(of_fold @ (first**2 - within / count)), 1e-3)
        made = cls(np.ones(3), between, within)
        parts = np.concatenate([made._hold(each) for each in away])
        base = np.concatenate([_expectation(said)[1] for said in past])
        observed = np.concatenate([said.fold.truth["score"].to_numpy() for said in past])
        rows = [said.fold.rows[["is_share", "higher_is_better"]] for said in past]
        link = Link(*(np.concatenate([part[name].to_numpy(dtype=bool) for part in rows]) for name in rows[0]))

        def loss(a: np.ndarray) -> float:
            error = link.inverse(base + parts @ a) - observed
            return float(weight @ np.sqrt(error**2 + SMOOTH_ABSOLUTE**2) + HELD * (a - 1.0) @ (a - 1.0))

        return cls(minimize(loss, np.ones(3), method="L-BFGS-B").x, between, within)

    def locate(self, said: Said) -> np.ndarray:
        """Points on the link scale, (n,)."""
        return _expectation(said)[1] + self._hold(_distance(said)) @ self.kept

    def _hold(self, away: np.ndarray) -> np.ndarray:
        """What is shared, held towards nothing as far as so few tasks may have it by chance."""
        return away * [self.between / (self.between + self.within / len(away)), 1.0, 1.0]


def _expectation(said: Said) -> tuple[np.ndarray, np.ndarray]:
    """From other lines alone, of origins and of targets, (n,) each; no change where none has the suite."""
    assert said.more is not None
    at_origin, at_target = said.more.at_origin[:, -1], said.more.at_target[:, -1]
    origin = said.fold.rows["origin_z"].to_numpy()
    known = np.isfinite(at_origin)
    return np.where(known, at_origin, origin), np.where(known, at_target, origin)


def _distance(said: Said) -> np.ndarray:
    """Of the origins from what is expected, (n, 3): all tasks', their suite's apart from that, their own."""
    away = said.fold.rows["origin_z"].to_numpy() - _expectation(said)[0]
    of_suite = suite_mean(away, said.fold.rows["suite"].to_numpy())
    return np.column_stack([np.full(len(away), away.mean()), of_suite - away.mean(), away - of_suite])


def pool_weights(past: Sequence[Said], knots: np.ndarray, *, linear: bool) -> np.ndarray:
    """Weights of k distributions, knots (n, k, levels), whose average has the least CRPS on past forecasts.

    Averaged are quantiles, or (``linear``) probabilities.
    """
    weight = equal_lines([(said.fold, said.z) for said in past])
    observed = np.concatenate([said.fold.truth["score"].to_numpy() for said in past])[:, None, None]
    points = _points(knots)
    up = np.concatenate([said.fold.rows["higher_is_better"].to_numpy(dtype=bool) for said in past])[:, None, None]
    k = knots.shape[1]
    if linear:
        score = _share(points, up)
        far = np.einsum("n,nk->k", weight, np.abs(score - observed).mean(axis=2))
        apart = np.array([[weight @ _mean_apart(score[:, i], score[:, j]) for j in range(k)] for i in range(k)])

    def loss(a: np.ndarray) -> float:
        w = softmax(a)
        if linear:
            return float(w @ far - 0.5 * w @ apart @ w + HELD * a @ a)
        score = np.sort(_share(np.einsum("nkm,k->nm", points, w)[:, None], up), axis=2)[:, 0]
        error = observed[:, 0] - score
        pinball = 2.0 * np.maximum(MID_LEVELS * error, (MID_LEVELS - 1.0) * error).mean(axis=1)
        return float(weight @ pinball + HELD * a @ a)

    return softmax(minimize(loss, np.zeros(k), method="L-BFGS-B").x)


def pooled_knots(knots: np.ndarray, weights: np.ndarray, *, linear: bool) -> np.ndarray:
    """The average of k distributions, (n, k, levels), as knots (n, levels)."""
    if not linear:
        return np.einsum("nkl,k->nl", knots, weights)
    points = np.sort(_points(knots), axis=2)
    n, k, m = points.shape
    each = np.repeat(weights / m, m)
    flat = points.reshape(n, k * m)
    order = np.argsort(flat, axis=1)
    values, mass = np.take_along_axis(flat, order, axis=1), each[order]
    position = np.cumsum(mass, axis=1) - 0.5 * mass
    return np.array([np.interp(LEVELS, at, value) for at, value in zip(position, values, strict=True)])


def _points(knots: np.ndarray) -> np.ndarray:
    """Quantiles at even levels, (n, k, m), of knots at `LEVELS`."""
    right = np.clip(np.searchsorted(LEVELS, MID_LEVELS), 1, len(LEVELS) - 1)
    share = (MID_LEVELS - LEVELS[right - 1]) / (LEVELS[right] - LEVELS[right - 1])
    return knots[..., right - 1] + share * (knots[..., right] - knots[..., right - 1])


def _share(link: np.ndarray, up: np.ndarray) -> np.ndarray:
    return 1.0 / (1.0 + np.exp(np.where(up, -link, link)))


def _mean_apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(one[:, :, None] - other[:, None, :]).mean(axis=(1, 2))
