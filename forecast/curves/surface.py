"""A loss as a law of two variables, parameters N and tokens D: L = E + A / N^alpha + B / D^beta, and the best of both.

Huber's loss on log L from many starts, intervals by a bootstrap of the residuals (Hoffmann et al. 2022,
arXiv:2203.15556, approach 3, which used another optimiser).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from scale_forecast.curves.forms import grid
from scale_forecast.curves.levmar import Model, Problem, Solution, minimise
from scale_forecast.data.errors import DataError
from scale_forecast.data.sizes import FLOPS_PER_PARAM_TOKEN

HUBER = 2.0
"""Residuals beyond this many standard deviations count linearly."""
STARTS, STEPS = 12, 400
"""Starts that are followed to the end, the best of the grid's; most steps of each."""
FEWEST = 7
"""Runs: two more than parameters."""
LOWER, UPPER = np.array([-12.0, -25.0, 0.01, -25.0, 0.01]), np.array([12.0, 25.0, 3.0, 25.0, 3.0])
"""Box of log E, log of A / N^alpha at the runs' middle N, alpha, log of B / D^beta at their middle D, and beta."""


@dataclass(frozen=True)
class LossSurface:
    """A fitted law, as a best estimate and draws of it.

    Attributes
    ----------
    best : (5,), draws : (5, draws)
        As in `LOWER`, with ``middle`` = log of the middle N and D.
    sigma : float
        Standard deviation of log L around the law.
    noise : (draws,)
        Of log L in a run that would be observed, one with each draw of the law.
    """

    best: np.ndarray
    draws: np.ndarray
    middle: tuple[float, float]
    sigma: float
    noise: np.ndarray

    def predict(self, params: npt.ArrayLike, tokens: npt.ArrayLike) -> np.ndarray:
        """The loss at each N and D, (n,)."""
        return np.exp(self._log_loss(self.best[:, None], params, tokens)[:, 0])

    def quantiles(self, params: npt.ArrayLike, tokens: npt.ArrayLike, levels: Sequence[float]) -> np.ndarray:
        """Quantiles of a loss that would be observed at each N and D, (n, k)."""
        return np.quantile(np.exp(self._log_loss(self.draws, params, tokens) + self.noise), levels, axis=1).T

    def parameters(self) -> pd.DataFrame:
        """``parameter, estimate, q10, q90, meaning``, with the exponent of the best N in compute."""
        found, drawn = self._natural(self.best[:, None])[:, 0], self._natural(self.draws)
        low, high = np.quantile(drawn, [0.1, 0.9], axis=1)
        return pd.DataFrame(
            {
                "parameter": ["E", "A", "alpha", "B", "beta", "a"],
                "estimate": found,
                "q10": low,
                "q90": high,
                "meaning": [
                    "loss at infinite N and D", "scale of the part that parameters take away", "its exponent",
                    "scale of the part that tokens take away", "its exponent",
                    "beta / (alpha + beta): the best N grows as compute to this power",
                ],
            }
        )  # fmt: skip

    def optimal(self, compute: Sequence[float]) -> pd.DataFrame:
        """N and D of least loss for each compute of 6 N D, and that loss, with 80% intervals."""
        rows = []
        for flops in compute:
            n, d, loss = self._optimum(self.draws, flops)
            best_n, best_d, best_loss = (value[0] for value in self._optimum(self.best[:, None], flops))
            row = {"compute": float(flops), "params": best_n, "tokens": best_d, "tokens_per_param": best_d / best_n,
                   "loss": best_loss}  # fmt: skip
            for name, values in (("params", n), ("tokens", d), ("tokens_per_param", d / n), ("loss", loss)):
                row[f"{name}_q10"], row[f"{name}_q90"] = np.quantile(values, [0.1, 0.9])
            rows.append(row)
        return pd.DataFrame(rows)

    def _log_loss(self, theta: np.ndarray, params: npt.ArrayLike, tokens: npt.ArrayLike) -> np.ndarray:
        """(n, draws)."""
        u, v = (np.log(np.atleast_1d(np.asarray(x, dtype=float))) for x in (params, tokens))
        return _value(theta, (u - self.middle[0])[:, None], (v - self.middle[1])[:, None])[0]

    def _natural(self, theta: np.ndarray) -> np.ndarray:
        """E, A, alpha, B, beta and beta / (alpha + beta), (6, draws)."""
        e, a, alpha, b, beta = theta
        with np.errstate(over="ignore"):
            scale_n, scale_d = np.exp(a + alpha * self.middle[0]), np.exp(b + beta * self.middle[1])
        return np.array([np.exp(e), scale_n, alpha, scale_d, beta, beta / (alpha + beta)])

    def _optimum(self, theta: np.ndarray, flops: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Best N, best D and the loss there, (draws,) each: where another FLOP on either takes away as much."""
        _, a, alpha, b, beta = theta
        both = np.log(flops / FLOPS_PER_PARAM_TOKEN)
        marginal = np.log(alpha) + a + alpha * self.middle[0] - np.log(beta) - b + beta * (both - self.middle[1])
        log_n = marginal / (alpha + beta)
        loss = _value(theta, (log_n - self.middle[0])[None], (both - log_n - self.middle[1])[None])[0][0]
        return np.exp(log_n), np.exp(both - log_n), np.exp(loss)


def fit_surface(
    params: npt.ArrayLike, tokens: npt.ArrayLike, loss: npt.ArrayLike, *, draws: int = 300, seed: int = 0
) -> LossSurface:
    """Fit the law to runs of n sizes and lengths.

    Parameters
    ----------
    params, tokens, loss : (n,), positive; each of the first two must vary apart from the other
    draws : of the bootstrap
    seed : of the bootstrap, and of the noise of runs to come

    Raises
    ------
    DataError
        For fewer than `FEWEST` runs, values that are not positive, or a fixed ratio of tokens to parameters.
    """
    n, d, y = (np.asarray(values, dtype=float) for values in (params, tokens, loss))
    _check(n, d, y)
    u, v, z = np.log(n), np.log(d), np.log(y)
    middle = float(u.mean()), float(v.mean())
    u, v = u - middle[0], v - middle[1]
    found = _solve(_starts(u, v, y), u, v, np.repeat(z[:, None], STARTS, axis=1))
    best = found.theta[:, found.cost.argmin()]
    fitted = _value(best[:, None], u[:, None], v[:, None])[0]
    residual = (z[:, None] - fitted) * np.sqrt(len(z) / (len(z) - len(best)))
    rng = np.random.default_rng(seed)
    pick = rng.integers(len(z), size=(len(z), draws))
    drawn = _solve(np.repeat(best[:, None], draws, axis=1), u, v, fitted + residual[pick, 0])
    sigma = float(np.sqrt((residual**2).mean()))
    return LossSurface(best, drawn.theta, middle, sigma, sigma * rng.standard_normal(draws))


def _check(n: np.ndarray, d: np.ndarray, y: np.ndarray) -> None:
    if len(y) < FEWEST:
        raise DataError(f"{len(y)} runs: a law of parameters and tokens has five parameters, give {FEWEST} or more")
    for name, values in (("parameters", n), ("tokens", d), ("a loss", y)):
        if not (np.isfinite(values) & (values > 0)).all():
            raise DataError(f"{name} of {values[~(values > 0)][0]:g}: give positive numbers")
    u, v = np.log(n), np.log(d)
    if np.linalg.matrix_rank(np.column_stack([np.ones_like(u), u, v]), tol=1e-6 * np.sqrt(len(u))) < 3:
        raise DataError("tokens go with parameters in one line: their parts cannot be told apart; fit a curve instead")


def _value(theta: np.ndarray, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log L (m, b) and its Jacobian (5, m, b) at log N and log D from the middle, (m, 1)."""
    e, a, alpha, b, beta = theta
    parts = np.exp(np.stack(np.broadcast_arrays(e + 0.0 * u, a - alpha * u, b - beta * v)))
    total = parts.sum(axis=0)
    share = parts / total
    return np.log(total), np.stack([share[0], share[1], -u * share[1], share[2], -v * share[2]])


def _solve(start: np.ndarray, u: np.ndarray, v: np.ndarray, z: np.ndarray) -> Solution:
    """The law fitted from each start (5, b) to its log losses (m, b)."""
    b = start.shape[1]
    flat = np.zeros((5, b))
    problem = Problem(
        z, np.ones((len(u), b)), np.repeat(LOWER[:, None], b, axis=1), np.repeat(UPPER[:, None], b, axis=1),
        flat, flat, np.full(b, 1e-4), noise_dof=0.1, huber=HUBER,
    )  # fmt: skip
    model: Model = lambda theta, index: _value(theta, u[:, None], v[:, None])  # noqa: E731
    return minimise(model, problem, start, max_iterations=STEPS, tolerance=1e-9)


def _starts(u: np.ndarray, v: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The `STARTS` best of a grid of limits and exponents, the scales of both parts by least squares, (5, s)."""
    limits, alphas, betas = grid(y.min() * np.array([0.1, 0.5, 0.8, 0.95]), *[np.array([0.1, 0.25, 0.4, 0.7])] * 2)
    rows, cost = [], []
    for limit, alpha, beta in zip(limits, alphas, betas, strict=True):
        columns = np.column_stack([np.exp(-alpha * u), np.exp(-beta * v)]) / y[:, None]
        scales = np.maximum(np.linalg.lstsq(columns, (y - limit) / y, rcond=None)[0], 1e-4 * y.mean())
        rows.append([np.log(limit), np.log(scales[0]), alpha, np.log(scales[1]), beta])
        cost.append(np.square((y - limit) / y - columns @ scales).sum())
    return np.array(rows)[np.argsort(cost)[:STARTS]].T
