r"""Proper scoring rules of probabilities, of yes or no and of categories: one number per forecast.

Losses (lower is better): Brier, log, ranked probability. Rewards (higher is better): spherical. Averaging is left to
the caller. Rules that nobody here needs stay in ``scoringrules``, which does the sums wherever it has the rule. It is
imported when first needed: with numba installed that takes seconds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.scores.checks import refuse


def brier_score(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> np.ndarray:
    r"""Brier score of a yes-or-no forecast, :math:`(p - o)^2`, in [0, 1]; lower is better, 0.25 at p = 1/2.

    The original two-class sum (0 to 2) is `brier_score_categories` of ``[1 - p, p]``.

    Parameters
    ----------
    outcome : array-like of 0 and 1
    probability : array-like in [0, 1], broadcast against ``outcome``

    Raises
    ------
    DataError
        For an outcome or probability that is missing or out of range.

    References
    ----------
    Brier (1950), doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2

    >>> brier_score([1, 0], [0.9, 0.9]).round(2).tolist()
    [0.01, 0.81]
    """
    import scoringrules

    o, p = _binary(outcome, probability)
    return np.asarray(scoringrules.brier_score(o, p, backend="numpy"))


def log_score(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> np.ndarray:
    r"""Log score in nats, :math:`-\ln` of the probability given to what happened; lower is better, infinite at 0.

    Written out here, since ``-log|p + o - 1|`` takes a probability of 1e-17 for nothing.

    Parameters and errors as `brier_score`. Good (1952), doi:10.1111/j.2517-6161.1952.tb00104.x

    >>> log_score([1, 0], [0.5, 0.2]).round(4).tolist()
    [0.6931, 0.2231]
    """
    o, p = _binary(outcome, probability)
    with np.errstate(divide="ignore"):
        return np.where(o == 1, -np.log(p), -np.log1p(-p)) + 0.0


def spherical_score(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> np.ndarray:
    r"""Spherical score, the outcome's probability over the length of (p, 1 - p); in [0, 1], higher is better.

    Parameters and errors as `brier_score`. Roby (1965), doi:10.1007/978-94-009-0183-9

    >>> spherical_score([1, 0], [0.5, 0.9]).round(4).tolist()
    [0.7071, 0.1104]
    """
    o, p = _binary(outcome, probability)
    return np.where(o == 1, p, 1 - p) / np.hypot(p, 1 - p)


def brier_score_categories(outcome: npt.ArrayLike, probabilities: npt.ArrayLike) -> np.ndarray:
    r"""Brier score over c categories, :math:`\sum_k (p_k - o_k)^2`, in [0, 2]; lower is better.

    Parameters
    ----------
    outcome : array-like of int, shape (...)
        Index of the category that happened, from 0.
    probabilities : array-like, shape (..., c)
        Each row sums to 1.

    Raises
    ------
    DataError
        For an index outside 0..c-1, or probabilities that are missing, out of range or do not sum to 1.

    >>> brier_score_categories([1], [[0.2, 0.5, 0.3]]).round(2).tolist()
    [0.38]
    """
    o, p = _categories(outcome, probabilities)
    happened = np.arange(p.shape[-1]) == o[..., None]
    return ((p - happened) ** 2).sum(axis=-1)


def log_score_categories(outcome: npt.ArrayLike, probabilities: npt.ArrayLike) -> np.ndarray:
    """Log score in nats over categories; lower is better. Parameters and errors as `brier_score_categories`.

    >>> log_score_categories([1], [[0.2, 0.5, 0.3]]).round(4).tolist()
    [0.6931]
    """
    o, p = _categories(outcome, probabilities)
    with np.errstate(divide="ignore"):
        return -np.log(_probability_of_outcome(o, p)) + 0.0


def spherical_score_categories(outcome: npt.ArrayLike, probabilities: npt.ArrayLike) -> np.ndarray:
    """Spherical score over categories, in [0, 1]; higher is better. Parameters and errors as `brier_score_categories`.

    >>> spherical_score_categories([1], [[0.2, 0.5, 0.3]]).round(4).tolist()
    [0.8111]
    """
    o, p = _categories(outcome, probabilities)
    return _probability_of_outcome(o, p) / np.linalg.norm(p, axis=-1)


def ranked_probability_score(outcome: npt.ArrayLike, probabilities: npt.ArrayLike) -> np.ndarray:
    r"""Ranked probability score over ordered categories, :math:`\sum_k (P_k - O_k)^2` of the cumulated
    probabilities; lower is better. Not divided by c - 1. Parameters and errors as `brier_score_categories`.

    Epstein (1969), doi:10.1175/1520-0450(1969)008<0985:ASSFPF>2.0.CO;2

    >>> ranked_probability_score([2], [[0.01, 0.32, 0.44, 0.23]]).round(4).tolist()
    [0.1619]
    """
    import scoringrules

    o, p = _categories(outcome, probabilities)
    return np.asarray(scoringrules.rps_score(o + 1, p, backend="numpy"))


def _binary(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    o, p = np.broadcast_arrays(np.asarray(outcome, float), np.asarray(probability, float))
    refuse(~np.isin(o, (0.0, 1.0)), o, "outcome", "is neither 0 nor 1: only settled questions are scored")
    refuse(~((p >= 0) & (p <= 1)), p, "probability", "is outside [0, 1]: are these percentages? divide by 100")
    return o, p


def _categories(outcome: npt.ArrayLike, probabilities: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    p = np.asarray(probabilities, float)
    o = np.asarray(outcome)
    if p.ndim == 0 or o.shape != p.shape[:-1]:
        raise DataError(
            f"probabilities of shape {p.shape} do not fit outcomes of shape {o.shape}: "
            "give one row per outcome and one column per category"
        )
    count = p.shape[-1]
    refuse(~np.isin(o, np.arange(count)), o, "category", f"is not one of the {count}: count them from 0")
    refuse(~((p >= 0) & (p <= 1)), p, "probability", "is outside [0, 1]: are these percentages? divide by 100")
    total = p.sum(axis=-1)
    refuse(np.abs(total - 1) > 1e-6, total, "sum of probabilities", "is not 1: divide each row by its sum")
    return o.astype(int), p


def _probability_of_outcome(outcome: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    return np.take_along_axis(probabilities, outcome[..., None], axis=-1)[..., 0]
