r"""Proper scoring rules: one function per rule, one number per forecast, averaging left to the caller.

Losses (lower is better): Brier, log, pinball, CRPS, interval, energy. Rewards (higher is better): spherical.
Rules that nobody here needs stay where they are, in ``scoringrules``, which does the sums wherever it has the rule.
It is imported when first needed: with numba installed that takes seconds.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scale_forecast.data.errors import DataError

ENSEMBLE_ESTIMATORS = ("qd", "nrg", "fair", "pwm", "int")


# --- probabilities ---------------------------------------------------------------------------------------------------


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
        return -np.log(_happened(o, p)) + 0.0


def spherical_score_categories(outcome: npt.ArrayLike, probabilities: npt.ArrayLike) -> np.ndarray:
    """Spherical score over categories, in [0, 1]; higher is better. Parameters and errors as `brier_score_categories`.

    >>> spherical_score_categories([1], [[0.2, 0.5, 0.3]]).round(4).tolist()
    [0.8111]
    """
    o, p = _categories(outcome, probabilities)
    return _happened(o, p) / np.linalg.norm(p, axis=-1)


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


# --- quantiles and intervals -----------------------------------------------------------------------------------------


def pinball_loss(observed: npt.ArrayLike, quantile: npt.ArrayLike, level: npt.ArrayLike) -> np.ndarray:
    r"""Pinball loss of quantile forecasts, in the units of ``observed``; lower is better.

    .. math:: L_\tau(q, y) = (\mathbf{1}\{y \le q\} - \tau)\,(q - y)

    Strictly consistent for the quantile.

    Parameters
    ----------
    observed : array-like, shape (...) or (n,)
    quantile : array-like, shape of ``observed``, or (n, k) with ``level`` of shape (k,)
    level : float, or array-like of shape (k,), strictly between 0 and 1

    Returns
    -------
    ndarray, the shape of ``quantile``. A missing value gives a missing loss.

    Raises
    ------
    DataError
        For a level outside (0, 1).

    References
    ----------
    Gneiting (2011), Theorem 9, doi:10.1198/jasa.2011.r10138

    >>> pinball_loss([0.6], [0.5], level=0.9).round(2).tolist()
    [0.09]
    """
    import scoringrules

    y, q, tau = _levels(observed, quantile, level)
    if tau.ndim == 1:
        y = y[..., None]
    return np.asarray(scoringrules.quantile_score(y, q, tau, backend="numpy"))


def crps_quantile(observed: npt.ArrayLike, quantiles: npt.ArrayLike, levels: npt.ArrayLike) -> np.ndarray:
    r"""CRPS from quantiles: twice the mean pinball loss over the levels, in the units of ``observed``; lower is better.

    Approaches the CRPS as evenly spaced levels grow dense; over a median and symmetric levels it is exactly the
    weighted interval score (Bracher et al. 2021, doi:10.1371/journal.pcbi.1008618). Levels that crowd in the tails make
    it too small: for those see `crps_uneven`.

    Parameters
    ----------
    observed : array-like, shape (n,)
    quantiles : array-like, shape (n, k)
    levels : array-like, shape (k,), strictly between 0 and 1

    Returns
    -------
    ndarray, (n,). A missing value gives a missing loss.

    Raises
    ------
    DataError
        For a level outside (0, 1), or shapes that do not fit.

    >>> crps_quantile([66.0], [[55.0, 62.0, 70.0, 77.0, 83.0]], [0.1, 0.25, 0.5, 0.75, 0.9]).round(2).tolist()
    [3.42]
    """
    import scoringrules

    y, q, tau = _levels(observed, quantiles, np.atleast_1d(levels))
    return np.asarray(scoringrules.crps_quantile(y, q, tau, backend="numpy"))


def crps_uneven(observed: npt.ArrayLike, quantiles: npt.ArrayLike, levels: npt.ArrayLike) -> np.ndarray:
    r"""CRPS from quantiles at uneven levels: the pinball loss integrated, :math:`2 \int_0^1 L_\tau \, d\tau`.

    Each level stands for the levels nearer to it than to any other, so that many levels in the tails do not count for
    more than their share. At levels (i - 1/2)/k it is `crps_quantile`. Still proper: a weighted sum of pinball losses.

    Parameters and errors as `crps_quantile`; ``levels`` ascend.

    >>> crps_uneven([66.0], [[55.0, 62.0, 70.0, 77.0, 83.0]], [0.1, 0.25, 0.5, 0.75, 0.9]).round(2).tolist()
    [3.48]
    """
    tau = np.atleast_1d(_open_unit(levels))
    between = (tau[1:] + tau[:-1]) / 2.0
    share = np.diff(np.concatenate([[0.0], between, [1.0]]))
    if (share < 0).any():
        raise DataError("levels must ascend: sort them, and the quantiles with them")
    return 2.0 * pinball_loss(observed, quantiles, tau) @ share


def interval_score(
    observed: npt.ArrayLike, lower: npt.ArrayLike, upper: npt.ArrayLike, coverage: npt.ArrayLike
) -> np.ndarray:
    r"""Interval score of a central prediction interval: its width, plus :math:`2/(1-c)` times what it missed by.

    Parameters
    ----------
    observed : array-like, shape (n,)
    lower, upper : array-like, shape (n,), or (n, k) with ``coverage`` of shape (k,)
    coverage : float, or array-like of shape (k,), strictly between 0 and 1
        Nominal coverage, 0.8 for the interval from q10 to q90.

    Returns
    -------
    ndarray, the shape of ``lower``, in the units of ``observed``; lower is better. A missing value gives a missing
    loss.

    Raises
    ------
    DataError
        For a coverage outside (0, 1) or a lower bound above the upper one.

    References
    ----------
    Gneiting and Raftery (2007), equation 43, doi:10.1198/016214506000001437

    >>> interval_score([66.0, 50.0], [55.0, 55.0], [83.0, 83.0], coverage=0.8).round(2).tolist()
    [28.0, 78.0]
    """
    import scoringrules

    low, high = np.broadcast_arrays(np.asarray(lower, float), np.asarray(upper, float))
    crossed = low > high
    if crossed.any():
        raise DataError(f"{int(crossed.sum())} intervals have a lower bound above the upper one: swap the bounds")
    y, low, miss = _levels(observed, low, np.round(1.0 - np.asarray(coverage, float), 12))
    score = scoringrules.interval_score(y, low, high, miss, backend="numpy")
    return np.asarray(score).reshape(np.broadcast_shapes((*y.shape, *miss.shape), low.shape))


def weighted_interval_score(
    observed: npt.ArrayLike,
    median: npt.ArrayLike,
    lower: npt.ArrayLike,
    upper: npt.ArrayLike,
    coverage: npt.ArrayLike,
) -> np.ndarray:
    r"""Weighted interval score of a median and K central intervals, in the units of ``observed``; lower is better.

    .. math:: \frac{1}{K + 1/2} \Bigl( \tfrac12 |y - m| + \sum_k \tfrac{1 - c_k}{2}\, \mathrm{IS}_k \Bigr)

    Summed here: the numpy backend of ``scoringrules`` 0.10 adds the median itself where its error belongs.

    Parameters
    ----------
    observed, median : array-like, shape (n,)
    lower, upper : array-like, shape (n, K)
    coverage : array-like, shape (K,)

    References
    ----------
    Bracher et al. (2021), doi:10.1371/journal.pcbi.1008618

    >>> weighted_interval_score([66.0], [70.0], [[55.0, 62.0]], [[83.0, 77.0]], [0.8, 0.5]).round(2).tolist()
    [3.42]
    """
    intervals = interval_score(observed, lower, upper, coverage)
    weight = (1.0 - np.asarray(coverage, float)) / 2.0
    middle = np.abs(np.asarray(observed, float) - np.asarray(median, float)) / 2.0
    return (middle + (intervals * weight).sum(axis=-1)) / (weight.size + 0.5)


# --- whole distributions ---------------------------------------------------------------------------------------------


def crps_ensemble(
    observed: npt.ArrayLike,
    samples: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    estimator: str = "qd",
) -> np.ndarray:
    r"""CRPS from samples, in the units of ``observed``; lower is better.

    .. math:: \mathrm{E}|X - y| - \tfrac12 \mathrm{E}|X - X'|

    Parameters
    ----------
    observed : array-like, shape (n,)
    samples : array-like, shape (n, m)
    weights : array-like, shape (n, m), optional
        Of the samples; need not sum to 1.
    estimator : one of `ENSEMBLE_ESTIMATORS`
        ``qd``, ``nrg`` and ``int`` score the samples as a distribution of their own (all m² pairs); ``fair`` and
        ``pwm`` score the distribution they were drawn from (pairs of different samples).

    Returns
    -------
    ndarray, (n,)

    Raises
    ------
    DataError
        For an unknown estimator or shapes that do not fit.

    References
    ----------
    Gneiting and Raftery (2007), doi:10.1198/016214506000001437; Zamo and Naveau (2018), doi:10.1007/s11004-017-9709-7

    >>> crps_ensemble([0.7], [[0.2, 0.5, 0.55, 0.9, 1.4]]).round(3).tolist()
    [0.126]
    """
    import scoringrules

    if estimator not in ENSEMBLE_ESTIMATORS:
        raise DataError(f"no estimator {estimator!r}: choose one of {', '.join(ENSEMBLE_ESTIMATORS)}")
    y, x = np.asarray(observed, float), np.asarray(samples, float)
    if x.shape[:-1] != y.shape:
        raise DataError(f"samples of shape {x.shape} do not fit {y.shape} observations: give one row per observation")
    w = None if weights is None else np.broadcast_to(np.asarray(weights, float), x.shape)
    return np.asarray(scoringrules.crps_ensemble(y, x, ens_w=w, estimator=estimator, backend="numpy"))


def crps_cdf(observed: npt.ArrayLike, points: npt.ArrayLike, cdf: npt.ArrayLike) -> np.ndarray:
    """CRPS of a piecewise-linear CDF, exact, in the units of ``observed``; lower is better.

    The integral runs over the given points only: mass beyond an open end is not integrated, and neither is the
    way from the last point to an outcome beyond it. Extend the points where that matters. The sum of `crps_cdf_parts`.

    >>> crps_cdf([1.5], [0, 1, 2, 3, 4], [[0, 0.2, 0.5, 0.9, 1.0]]).round(3).tolist()
    [0.325]
    """
    under, over = crps_cdf_parts(observed, points, cdf)
    return under + over


def crps_cdf_parts(observed: npt.ArrayLike, points: npt.ArrayLike, cdf: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    r"""CRPS of a piecewise-linear CDF in two parts: for mass below the outcome, and for mass above it.

    On a segment of width h over which F runs from p to q, :math:`\int F^2 = h (p^2 + pq + q^2) / 3`.

    Parameters
    ----------
    observed : array-like, shape (n,)
    points : array-like, shape (k,) or (n, k), ascending; a repeated point is a jump
    cdf : array-like, shape (n, k), ascending in [0, 1]

    Returns
    -------
    under, over : ndarray, (n,)
        :math:`\int_{x<y} F^2` and :math:`\int_{x>y} (1 - F)^2`. A missing value gives missing parts.

    Raises
    ------
    DataError
        For points or a CDF that descend, or a CDF outside [0, 1].

    >>> [part.round(4).tolist() for part in crps_cdf_parts([1.5], [0, 1, 2, 3, 4], [[0, 0.2, 0.5, 0.9, 1.0]])]
    [[0.0521], [0.2729]]
    """
    y, f = np.asarray(observed, float)[..., None], np.asarray(cdf, float)
    x = np.broadcast_to(np.asarray(points, float), f.shape)
    if (np.diff(x, axis=-1) < 0).any() or (np.diff(f, axis=-1) < 0).any() or (f < 0).any() or (f > 1).any():
        raise DataError("a CDF must ascend from 0 to 1 over ascending points: sort the points and cumulate the mass")
    a, b, fa, fb = x[..., :-1], x[..., 1:], f[..., :-1], f[..., 1:]
    c = np.clip(y, a, b)
    width = np.where(b > a, b - a, 1.0)
    fc = fa + (fb - fa) * (c - a) / width
    under = (c - a) * _mean_square(fa, fc)
    over = (b - c) * _mean_square(1 - fc, 1 - fb)
    return under.sum(axis=-1), over.sum(axis=-1)


def _mean_square(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Mean of the square of what runs straight from p to q."""
    return (p * p + p * q + q * q) / 3.0


def energy_score(observed: npt.ArrayLike, samples: npt.ArrayLike) -> np.ndarray:
    r"""Energy score of joint forecasts, :math:`\mathrm{E}\|X - y\| - \frac12 \mathrm{E}\|X - X'\|`; lower is better.

    The CRPS for several quantities at once; for one it is `crps_ensemble`. Distances are taken one forecast at a
    time, m² numbers each, where ``scoringrules`` holds n m² d.

    Parameters
    ----------
    observed : array-like, shape (n, d)
    samples : array-like, shape (n, m, d)
        m draws of all d quantities together.

    Returns
    -------
    ndarray, (n,)

    Raises
    ------
    DataError
        For shapes that do not fit.

    References
    ----------
    Gneiting and Raftery (2007), section 4.3, doi:10.1198/016214506000001437

    >>> energy_score([[0.0, 0.0]], [[[3.0, 4.0], [0.0, 0.0]]]).tolist()
    [1.25]
    """
    from scipy.spatial.distance import pdist

    y, x = np.asarray(observed, float), np.asarray(samples, float)
    if x.ndim != 3 or y.shape != (x.shape[0], x.shape[2]):
        raise DataError(
            f"samples of shape {x.shape} do not fit observations of shape {y.shape}: "
            "give (forecasts, draws, quantities) and (forecasts, quantities)"
        )
    to_outcome = np.linalg.norm(x - y[:, None, :], axis=-1).mean(axis=-1)
    # pdist lists each pair once; of the m² ordered pairs it is twice that, and half of their mean is wanted.
    between = np.array([pdist(draws).sum() for draws in x]) / x.shape[1] ** 2
    return to_outcome - between


def skill(loss: npt.ArrayLike, reference: npt.ArrayLike) -> np.ndarray:
    """Skill against a baseline, ``1 - loss / reference`` of two mean losses: 0 is no better, 1 is perfect.

    Missing where the baseline's loss is 0.

    >>> skill(0.1, 0.25).tolist()
    0.6
    """
    mean, base = np.asarray(loss, float), np.asarray(reference, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(base == 0, np.nan, 1.0 - mean / base)


# --- checks ----------------------------------------------------------------------------------------------------------


def _binary(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    o, p = np.broadcast_arrays(np.asarray(outcome, float), np.asarray(probability, float))
    _refuse(~np.isin(o, (0.0, 1.0)), o, "outcome", "is neither 0 nor 1: only settled questions are scored")
    _refuse(~((p >= 0) & (p <= 1)), p, "probability", "is outside [0, 1]: are these percentages? divide by 100")
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
    _refuse(~np.isin(o, np.arange(count)), o, "category", f"is not one of the {count}: count them from 0")
    _refuse(~((p >= 0) & (p <= 1)), p, "probability", "is outside [0, 1]: are these percentages? divide by 100")
    total = p.sum(axis=-1)
    _refuse(np.abs(total - 1) > 1e-6, total, "sum of probabilities", "is not 1: divide each row by its sum")
    return o.astype(int), p


def _happened(outcome: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    return np.take_along_axis(probabilities, outcome[..., None], axis=-1)[..., 0]


def _levels(
    observed: npt.ArrayLike, quantile: npt.ArrayLike, level: npt.ArrayLike
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y, q, tau = np.asarray(observed, float), np.asarray(quantile, float), _open_unit(level)
    if tau.ndim > 1 or (tau.ndim == 1 and q.shape != (*y.shape, tau.size)):
        raise DataError(
            f"forecasts of shape {q.shape} do not fit observations of shape {y.shape} at levels of shape {tau.shape}: "
            "give one row per observation and one column per level"
        )
    return y, q, tau


def _open_unit(level: npt.ArrayLike) -> np.ndarray:
    tau = np.asarray(level, float)
    _refuse(~((tau > 0) & (tau < 1)), tau, "level", "is not strictly between 0 and 1")
    return tau


def _refuse(bad: np.ndarray, values: np.ndarray, name: str, what: str) -> None:
    if np.any(bad):
        where = tuple(int(i[0]) for i in np.nonzero(np.atleast_1d(bad)))
        place = f" (forecast {where[0]}, counted from 0)" if values.ndim else ""
        raise DataError(f"{name} {np.atleast_1d(values)[where]:g}{place} {what}")
