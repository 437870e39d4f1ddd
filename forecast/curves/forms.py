"""The forms a curve may take: value and analytic Jacobian, bounds, priors and starting points of each.

Two spaces. *Loss forms* return the logarithm of a positive loss; *share forms* return the chance- and
ceiling-normalised score q = (y - chance) / (ceiling - chance). On accuracies a loss form describes the
normalised error 1 - q. ``u`` is the natural logarithm of x, zero at the last fitted point, so that levels
are levels there; losses are divided by their own last level. Shapes as in `levmar`: ``theta`` (p, b),
``u`` (m, b), value (m, b), Jacobian (p, m, b).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scale_forecast.curves.levmar import solve_spd

FAR = 30.0
"""Exponents are clipped to +-FAR in natural logarithm."""

ValueAndJacobian = tuple[np.ndarray, np.ndarray]
"""Value (m, b) and Jacobian (p, m, b)."""


@dataclass(frozen=True)
class Points:
    """What a form may look at to choose starts and priors.

    ``u, z, w`` (m, b): log x, the target in the form's space, weights (0 in the padding); ``floor`` (b,): the
    normalised score of a raw score of 0.
    """

    u: np.ndarray
    z: np.ndarray
    w: np.ndarray
    floor: np.ndarray


@dataclass(frozen=True)
class Parameter:
    """One parameter: its meaning, box and Gaussian prior, which a group teaches where it is ``pooled``.

    What people read is called ``symbol`` and is e to the power of the value where that is a ``log``; it is in units of
    the last loss, or of the largest fitted x, where ``unit`` is y or x.
    """

    name: str
    meaning: str
    lower: float
    upper: float
    mean: float = 0.0
    sd: float = np.inf
    pooled: bool = False
    symbol: str = ""
    unit: str = ""
    log: bool = False

    @property
    def said(self) -> str:
        """What it is called in the formula."""
        return self.symbol or self.name

    def natural(self, value: np.ndarray, x_ref: np.ndarray, y_ref: np.ndarray) -> np.ndarray:
        """The value as people read it, in the units of x and y."""
        with np.errstate(over="ignore"):
            plain = np.exp(value) if self.log else value
            return plain * {"x": x_ref, "y": y_ref}.get(self.unit, 1.0)


class Form(ABC):
    """One functional form. Subclasses give the class attributes, `value_and_jacobian` and `starts`.

    In a ``formula`` r is x as a share of the largest fitted x, and q the score between chance (0) and ceiling (1).

    ``of_loss``: the value is the log of a loss. ``last_only``: only the last point is fitted. ``refined`` starts are
    improved by ``short`` steps and ``polished`` of them by ``long`` ones; a stalled search is tried again with more
    effort, below ``efforts``. ``simpler``: the form whose fits `extend` turns into starts. ``held``: parameters whose
    values in `held_starts` are kept while the others are fitted, where a stalled search is of a smooth curve.
    ``by_batch``: how many starts are tried depends on the longest curve of the batch.
    """

    name: str
    words: str
    formula: str
    source: str
    kinds: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    of_loss = False
    last_only = False
    distinct_points = 2
    refined = 3
    polished = 1
    short = 8
    long = 60
    efforts = 1
    simpler: Form | None = None
    held: tuple[int, ...] = ()
    by_batch = False

    @abstractmethod
    def value_and_jacobian(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> ValueAndJacobian:
        """Value (m, b) and Jacobian (p, m, b)."""

    def value(self, theta: np.ndarray, u: np.ndarray, floor: np.ndarray) -> np.ndarray:
        """Value alone, (m, b)."""
        return self.value_and_jacobian(theta, u, floor)[0]

    @abstractmethod
    def starts(self, points: Points, effort: int = 0) -> np.ndarray:
        """Starting points (p, s, b); more of them, elsewhere, with more effort."""

    def extend(self, points: Points, kept: np.ndarray) -> np.ndarray:
        """Starts (p, s, b) made from the fits (q, s', b) of the `simpler` form."""
        raise NotImplementedError

    def held_starts(self, points: Points) -> np.ndarray:
        """Starts (p, s, b) on a grid of the ``held`` parameters."""
        raise NotImplementedError


def softplus(v: np.ndarray) -> np.ndarray:
    """log(1 + e^v) without overflow."""
    return np.maximum(v, 0.0) + np.log1p(np.exp(-np.abs(v)))


def logistic(v: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-v) without overflow."""
    e = np.exp(-np.abs(v))
    return np.where(v >= 0, 1.0, e) / (1.0 + e)


def linear_fit(
    columns: Sequence[np.ndarray], target: np.ndarray, weight: np.ndarray, ridge: Sequence[float] | float = 1e-6
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted least squares for b problems; ``ridge`` is relative to each column's own weight.

    Parameters
    ----------
    columns : k arrays that broadcast to (m, b)
    target, weight : (m, b)

    Returns
    -------
    coefficients (k, b), weighted residual sum of squares (b,)
    """
    k = len(columns)
    wide = np.broadcast_shapes(target.shape, *(c.shape for c in columns))
    b = wide[-1]
    matrix, right = np.empty((k, k, b)), np.empty((k, b))
    weight = np.broadcast_to(weight, wide)
    weighted = [c * weight for c in columns]
    for i in range(k):
        right[i] = np.einsum("mb,mb->b", weighted[i], np.broadcast_to(target, wide))
        for j in range(i, k):
            matrix[i, j] = matrix[j, i] = np.einsum("mb,mb->b", weighted[i], np.broadcast_to(columns[j], wide))
    at = np.arange(k)
    matrix[at, at] += np.broadcast_to(ridge, (k,))[:, None] * matrix[at, at] + 1e-300
    coefficients = solve_spd(matrix, right)
    fitted = sum(c * x for c, x in zip(columns, coefficients, strict=True))
    return coefficients, np.einsum("mb,mb->b", (target - fitted) ** 2, weight)


def grid(*axes: np.ndarray) -> np.ndarray:
    """All combinations of the axes' values, (number of axes, combinations)."""
    return np.array(np.meshgrid(*axes, indexing="ij")).reshape(len(axes), -1)


def spread(points: Points) -> np.ndarray:
    """Span of each curve's fitted points in log x, (b,)."""
    seen = points.w > 0
    low = np.where(seen, points.u, np.inf).min(axis=0)
    high = np.where(seen, points.u, -np.inf).max(axis=0)
    return np.where(np.isfinite(low) & np.isfinite(high), high - low, 0.0)


def thin(points: Points, most: int) -> Points:
    """At most ``most`` points of each curve, evenly by rank: enough to choose a start."""
    m = len(points.u)
    if m <= most:
        return points
    at = np.unique(np.linspace(0, m - 1, most).round().astype(int))
    return Points(points.u[at], points.z[at], points.w[at], points.floor)
