r"""Proper scoring rules of quantiles and intervals, one loss per forecast, and the skill of one loss beside another.

Lower is better; averaging is left to the caller.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.scores.checks import refuse


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


def skill(loss: npt.ArrayLike, reference: npt.ArrayLike) -> np.ndarray:
    """Skill against a baseline, ``1 - loss / reference`` of two mean losses: 0 is no better, 1 is perfect.

    Missing where the baseline's loss is 0.

    >>> skill(0.1, 0.25).tolist()
    0.6
    """
    mean, base = np.asarray(loss, float), np.asarray(reference, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(base == 0, np.nan, 1.0 - mean / base)


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
    refuse(~((tau > 0) & (tau < 1)), tau, "level", "is not strictly between 0 and 1")
    return tau
