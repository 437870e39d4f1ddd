r"""What a crowd says together, as public scorers form it, and how far two forecasts lie apart. Pure.

Aggregates of probabilities: the recency-weighted median that Metaculus shows (as its server's code of August 2026 has
it), and the geometric mean of odds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scale_forecast.data.errors import DataError

EQUAL = 2
"""Up to so many forecasters nobody's forecast is taken for outdated."""


def recency_weights(n: int) -> np.ndarray:
    r"""Weights of n forecasts from the oldest to the newest, :math:`\exp(\sqrt{i} - \sqrt{n})`, 1 for the newest.

    Equal up to `EQUAL` forecasts. Metaculus, "Community prediction" (metaculus.com/faq).

    >>> recency_weights(3).round(3).tolist(), recency_weights(2).tolist()
    ([0.481, 0.728, 1.0], [1.0, 1.0])
    """
    if n <= EQUAL:
        return np.ones(n)
    return np.exp(np.sqrt(np.arange(1, n + 1)) - np.sqrt(n))


def weighted_quantile(values: npt.ArrayLike, level: float, weights: npt.ArrayLike | None = None) -> float:
    """The least value below which, itself included, more than ``level`` of the weight lies.

    Where exactly ``level`` of it lies at or below a value, halfway from there to the next: the median of two is their
    mean, as for equal weights everywhere.

    >>> weighted_quantile([0.2, 0.4], 0.5), weighted_quantile([0.5, 0.6, 0.1], 0.5, [0.1, 0.1, 1.0])
    (0.30000000000000004, 0.1)

    Raises
    ------
    DataError
        Without values, for a level outside (0, 1), or weights that are not positive.
    """
    v = np.asarray(values, float)
    w = np.ones(v.size) if weights is None else np.asarray(weights, float)
    if not v.size or not 0 < level < 1 or w.shape != v.shape or not (w > 0).all():
        raise DataError("a weighted quantile needs values, a level between 0 and 1, and a positive weight for each")
    order = np.argsort(v, kind="stable")
    v, share = v[order], np.cumsum(w[order]) / w.sum()
    at = int(np.searchsorted(share, level - 1e-12, side="left"))
    if at + 1 < v.size and abs(share[at] - level) < 1e-12:
        return float((v[at] + v[at + 1]) / 2.0)
    return float(v[at])


def community_median(probability: npt.ArrayLike) -> float:
    """The recency-weighted median of each forecaster's last probability, given from the oldest to the newest.

    >>> community_median([0.2, 0.4])
    0.30000000000000004
    """
    p = _probabilities(probability)
    return weighted_quantile(p, 0.5, recency_weights(p.size))


def geometric_mean_of_odds(probability: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    r"""The probability whose log odds are the mean of the forecasts' log odds.

    Certainty on one side decides, on both sides it is ½. Satopää et al. (2014), doi:10.1016/j.ijforecast.2013.09.009,
    who make it more extreme by a factor fitted to a crowd; none is applied here.

    >>> round(geometric_mean_of_odds([0.8, 0.5]), 4)  # odds 4 and 1: 2
    0.6667
    """
    p = _probabilities(probability)
    w = np.ones(p.size) if weights is None else np.asarray(weights, float)
    if (p == 0).any() and (p == 1).any():
        return 0.5
    with np.errstate(divide="ignore"):
        mean = float(np.average(np.log(p) - np.log1p(-p), weights=w))
    return float(1.0 / (1.0 + np.exp(-mean)))


def prediction_difference(before: npt.ArrayLike, after: npt.ArrayLike) -> np.ndarray:
    r"""How far two forecasts of the same options lie apart, :math:`\sum_k (q_k - p_k) \log_2 (q_k / p_k)`.

    The sum of the two Kullback-Leibler divergences, in bits (Jeffreys 1946, doi:10.1098/rspa.1946.0056): 0 for equal
    forecasts, infinite where one holds impossible what the other does not. Of a yes-or-no question ``[1 - p, p]``.

    Parameters
    ----------
    before, after : array-like, shape (..., options)
        Each row sums to 1.

    >>> prediction_difference([0.5, 0.5], [0.6, 0.4]).round(4).tolist()
    0.0585
    """
    p, q = np.broadcast_arrays(np.asarray(before, float), np.asarray(after, float))
    if not (np.isclose(p.sum(axis=-1), 1).all() and np.isclose(q.sum(axis=-1), 1).all()):
        raise DataError("probabilities of a forecast's options do not sum to 1: give one row a forecast")
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = (q - p) * np.log2(q / p)
    return np.where(p == q, 0.0, apart).sum(axis=-1) + 0.0


def odds_ratio(before: npt.ArrayLike, after: npt.ArrayLike) -> np.ndarray:
    """By which factor the odds of an option changed; missing where both forecasts hold it certain or both impossible.

    >>> odds_ratio([0.5, 0.8], [0.6, 0.5]).round(3).tolist()
    [1.5, 0.25]
    """
    p, q = _probabilities(before), _probabilities(after)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (q / (1.0 - q)) / (p / (1.0 - p))


def cdf_quantiles(points: npt.ArrayLike, cdf: npt.ArrayLike, levels: npt.ArrayLike) -> np.ndarray:
    """Quantiles of a piecewise-linear CDF at some levels; the range's end where the mass beyond it holds the level.

    Parameters
    ----------
    points : array-like, shape (k,), ascending
    cdf : array-like, shape (k,), ascending in [0, 1]; it may start above 0 and end below 1 where the range is open
    levels : array-like, shape (m,), between 0 and 1

    Returns
    -------
    ndarray, (m,): of a flat stretch of the CDF its lower end, as the quantile is the least such point.

    >>> cdf_quantiles([0.0, 100.0, 200.0], [0.0, 0.5, 1.0], [0.25, 0.5, 0.75]).tolist()
    [50.0, 100.0, 150.0]
    >>> cdf_quantiles([0.0, 0.5, 1.0], [0.1, 0.5, 0.9], [0.05, 0.5, 0.95]).tolist()
    [0.0, 0.5, 1.0]
    """
    x, f, tau = (np.asarray(value, float) for value in (points, cdf, np.atleast_1d(levels)))
    if x.shape != f.shape or (np.diff(x) < 0).any() or (np.diff(f) < 0).any() or (f < 0).any() or (f > 1).any():
        raise DataError("a CDF must ascend from 0 to 1 over ascending points: sort the points and cumulate the mass")
    if not ((tau >= 0) & (tau <= 1)).all():
        raise DataError("a level is outside [0, 1]: is it a percentage? divide by 100")
    upper = np.clip(np.searchsorted(f, tau, side="left"), 0, x.size - 1)
    lower = np.maximum(upper - 1, 0)
    rise = np.where(f[upper] > f[lower], f[upper] - f[lower], 1.0)
    share = np.clip((tau - f[lower]) / rise, 0.0, 1.0)
    return np.where(tau <= f[0], x[0], np.where(tau > f[-1], x[-1], x[lower] + share * (x[upper] - x[lower])))


def _probabilities(probability: npt.ArrayLike) -> np.ndarray:
    p = np.atleast_1d(np.asarray(probability, float))
    if not p.size or not ((p >= 0) & (p <= 1)).all():
        raise DataError("a crowd's forecasts are probabilities between 0 and 1, and at least one of them")
    return p
