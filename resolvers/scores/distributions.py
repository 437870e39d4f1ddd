r"""Proper scoring rules of whole distributions, given as samples or as a distribution function: one loss per forecast.

Lower is better; averaging is left to the caller.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from scale_forecast.data.errors import DataError

ENSEMBLE_ESTIMATORS = ("qd", "nrg", "fair", "pwm", "int")


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


def crps_cdf_parts(
    observed: npt.ArrayLike,
    points: npt.ArrayLike,
    cdf: npt.ArrayLike,
    *,
    above: float | None = None,
    below: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    r"""CRPS of a piecewise-linear CDF in two parts: for mass below the outcome, and for mass above it.

    On a segment of width h over which F runs from p to q, :math:`\int F^2 = h (p^2 + pq + q^2) / 3`.

    Parameters
    ----------
    observed : array-like, shape (n,)
    points : array-like, shape (k,) or (n, k), ascending; a repeated point is a jump
    cdf : array-like, shape (n, k), ascending in [0, 1]
    above, below : float, optional
        Only what lies between them is integrated.

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
    start, slope = x[..., :-1], np.diff(f, axis=-1) / np.where(np.diff(x, axis=-1) > 0, np.diff(x, axis=-1), 1.0)
    low, high = -np.inf if above is None else above, np.inf if below is None else below
    a, b = (np.clip(edge, low, max(low, high)) for edge in (start, x[..., 1:]))
    c = np.clip(y, a, b)
    fa, fb, fc = (f[..., :-1] + slope * (np.clip(edge, start, x[..., 1:]) - start) for edge in (a, b, c))
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


def threshold_weighted_crps(
    observed: npt.ArrayLike,
    points: npt.ArrayLike,
    cdf: npt.ArrayLike,
    *,
    above: float | None = None,
    below: float | None = None,
) -> np.ndarray:
    r"""CRPS of a piecewise-linear CDF over outcomes between two thresholds alone, in the outcome's units.

    .. math:: \int_a^b (F(x) - \mathbf{1}\{x \ge y\})^2 \, dx

    Proper, unlike the CRPS of those forecasts whose outcome fell there: it asks how well the part that matters (a
    record beyond a line, say) was foretold, whatever happened. Lower is better; without thresholds it is `crps_cdf`.

    Parameters
    ----------
    observed, points, cdf : as for `crps_cdf`
    above, below : float, optional
        The thresholds a and b; the ends of the points when None.

    References
    ----------
    Gneiting and Ranjan (2011), doi:10.1198/jbes.2010.08110

    >>> threshold_weighted_crps([1.5], [0, 1, 2, 3, 4], [[0, 0.2, 0.5, 0.9, 1.0]], above=2.0).round(4).tolist()
    [0.1067]
    """
    under, over = crps_cdf_parts(observed, points, cdf, above=above, below=below)
    return under + over
