"""Do statements match frequencies? Decompositions of the Brier score, calibration errors, tests and tables.

Everything takes outcomes in {0, 1} and probabilities in [0, 1]; ``weights`` count forecasts and default to 1 each.
Bins are half-open ``[low, high)``, the last one closed; a decimal that equals an edge belongs to the bin above it,
whatever its binary rounding (0.6 is an edge of five bins, though ``np.linspace`` puts that at 0.6000000000000001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.scores.probabilities import brier_score

METACULUS_EDGES = np.array([0, 1 / 24, 2 / 24, *np.arange(0.125, 0.9, 0.05), 22 / 24, 23 / 24, 1.0])
"""Edges of Metaculus' calibration curve: three bins of 1/24 at each end, fifteen of 0.05 between."""

_DIGITS = 9


@dataclass(frozen=True)
class Murphy:
    """Brier score = reliability - resolution + uncertainty + within_variance - within_covariance.

    The two last terms vanish when forecasts are grouped by their very value (Stephenson et al. 2008).
    """

    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float
    brier: float


@dataclass(frozen=True)
class Corp:
    """Brier score = miscalibration - discrimination + uncertainty, by isotonic recalibration.

    ``recalibrated`` holds each forecast's recalibrated probability.
    """

    miscalibration: float
    discrimination: float
    uncertainty: float
    brier: float
    recalibrated: np.ndarray


@dataclass(frozen=True)
class Spiegelhalter:
    """Statistic of Spiegelhalter's test of calibration, and its two-sided p value."""

    z: float
    p_value: float


def murphy_decomposition(
    outcome: npt.ArrayLike,
    probability: npt.ArrayLike,
    *,
    bins: int | npt.ArrayLike | None = None,
    weights: npt.ArrayLike | None = None,
) -> Murphy:
    r"""Murphy's decomposition of the mean Brier score; exact by unique value, with two more terms when binned.

    Parameters
    ----------
    outcome, probability : array-like, shape (n,)
    bins : None, a number of equal bins, or their edges
        None groups forecasts by their value, so that the three classic terms add up.
    weights : array-like, shape (n,), optional

    References
    ----------
    Murphy (1973), doi:10.1175/1520-0450(1973)012<0595:ANVPOT>2.0.CO;2; Stephenson, Coelho and Jolliffe (2008),
    doi:10.1175/2007WAF2006116.1

    >>> m = murphy_decomposition([0, 1, 1, 1], [0.2, 0.2, 0.8, 0.8])
    >>> round(m.reliability - m.resolution + m.uncertainty, 4), round(m.brier, 4)
    (0.19, 0.19)
    """
    o, p, w = _check_inputs(outcome, probability, weights)
    group = np.unique(p, return_inverse=True)[1] if bins is None else bin_index(p, bins)
    share = np.bincount(group, w)
    used = share > 0
    with np.errstate(invalid="ignore"):
        mean_o = np.bincount(group, w * o) / share
        mean_p = np.bincount(group, w * p) / share
    base = float(w @ o)
    within_p, within_o = p - mean_p[group], o - mean_o[group]
    return Murphy(
        reliability=float(share[used] @ (mean_p - mean_o)[used] ** 2),
        resolution=float(share[used] @ (mean_o - base)[used] ** 2),
        uncertainty=base * (1 - base),
        within_variance=float(w @ within_p**2),
        within_covariance=float(2 * (w @ (within_p * within_o))),
        brier=float(w @ brier_score(o, p)),
    )


def corp_decomposition(
    outcome: npt.ArrayLike, probability: npt.ArrayLike, *, weights: npt.ArrayLike | None = None
) -> Corp:
    """CORP decomposition: bins and their edges are left to isotonic regression, so nothing is chosen by hand.

    References
    ----------
    Dimitriadis, Gneiting and Jordan (2021), doi:10.1073/pnas.2016191118

    >>> c = corp_decomposition([0, 1, 0, 1], [0.1, 0.4, 0.6, 0.9])
    >>> round(c.miscalibration - c.discrimination + c.uncertainty, 4) == round(c.brier, 4)
    True
    """
    from sklearn.isotonic import IsotonicRegression

    o, p, w = _check_inputs(outcome, probability, weights)
    fitted = IsotonicRegression(y_min=0.0, y_max=1.0).fit_transform(p, o, sample_weight=w)
    recalibrated = np.clip(fitted, 0.0, 1.0)
    base = float(w @ o)
    brier = float(w @ brier_score(o, p))
    best = float(w @ brier_score(o, recalibrated))
    uncertainty = base * (1 - base)
    return Corp(brier - best, uncertainty - best, uncertainty, brier, recalibrated)


def reliability_curve(
    outcome: npt.ArrayLike, probability: npt.ArrayLike, *, weights: npt.ArrayLike | None = None
) -> pd.DataFrame:
    """The CORP reliability diagram: one row per distinct probability, ascending.

    Columns ``probability``, ``frequency`` (recalibrated), ``count``.
    """
    o, p, _ = _check_inputs(outcome, probability, weights)
    table = pd.DataFrame({"probability": p, "frequency": corp_decomposition(o, p, weights=weights).recalibrated})
    return table.groupby("probability", as_index=False).agg(
        frequency=("frequency", "mean"), count=("frequency", "size")
    )


def calibration_table(
    outcome: npt.ArrayLike,
    probability: npt.ArrayLike,
    *,
    bins: int | npt.ArrayLike = 10,
    weights: npt.ArrayLike | None = None,
    band: float = 0.9,
) -> pd.DataFrame:
    """What was said against what happened, bin by bin; empty bins are left out.

    Parameters
    ----------
    bins : number of equal bins, or their edges (`METACULUS_EDGES`)
    band : float
        Coverage of the binomial band a calibrated forecaster's frequency falls in.

    Returns
    -------
    DataFrame
        ``low, high, count, share`` (of the weight), ``probability`` (mean said), ``frequency`` (mean happened),
        ``gap`` (frequency - probability), ``band_low, band_mid, band_high``.
    """
    o, p, w = _check_inputs(outcome, probability, weights)
    edges, index = _edges(p, bins), bin_index(p, bins)
    table = pd.DataFrame({"bin": index, "w": w, "wp": w * p, "wo": w * o})
    sums = table.groupby("bin").agg(count=("w", "size"), share=("w", "sum"), p=("wp", "sum"), o=("wo", "sum"))
    sums = sums[sums["share"] > 0]
    low, high = edges[sums.index], edges[sums.index + 1]
    said, happened = sums["p"] / sums["share"], sums["o"] / sums["share"]
    band_low, band_mid, band_high = binomial_band(sums["count"], low, high, coverage=band)
    return pd.DataFrame(
        {
            "low": low,
            "high": high,
            "count": sums["count"].to_numpy(),
            "share": sums["share"].to_numpy(),
            "probability": said.to_numpy(),
            "frequency": happened.to_numpy(),
            "gap": (happened - said).to_numpy(),
            "band_low": band_low,
            "band_mid": band_mid,
            "band_high": band_high,
        }
    )


def expected_calibration_error(
    outcome: npt.ArrayLike,
    probability: npt.ArrayLike,
    *,
    bins: int | npt.ArrayLike = 10,
    weights: npt.ArrayLike | None = None,
) -> float:
    """Mean absolute gap between what was said and what happened, bins weighted by their forecasts; 0 is best.

    For bins of equal mass pass ``equal_mass_edges(probability, bins)``.

    Naeini, Cooper and Hauskrecht (2015), doi:10.1609/aaai.v29i1.9602

    >>> round(expected_calibration_error([0, 0, 1, 1], [0.1, 0.3, 0.7, 0.9], bins=2), 2)
    0.2
    """
    table = calibration_table(outcome, probability, bins=bins, weights=weights)
    return float(table["share"].to_numpy() @ table["gap"].abs().to_numpy())


def maximum_calibration_error(
    outcome: npt.ArrayLike,
    probability: npt.ArrayLike,
    *,
    bins: int | npt.ArrayLike = 10,
    weights: npt.ArrayLike | None = None,
) -> float:
    """The largest absolute gap of any bin."""
    gap = calibration_table(outcome, probability, bins=bins, weights=weights)["gap"].to_numpy()
    return float(np.abs(gap).max())


def equal_mass_edges(probability: npt.ArrayLike, bins: int) -> np.ndarray:
    """Edges of bins that hold equal numbers of forecasts, by interpolated quantiles; tied edges are merged."""
    p = np.asarray(probability, float)
    inner = np.quantile(p, np.arange(1, bins) / bins)
    return np.unique(np.concatenate([[0.0], inner, [1.0]]))


def spiegelhalter(outcome: npt.ArrayLike, probability: npt.ArrayLike) -> Spiegelhalter:
    r"""Spiegelhalter's test that the probabilities are calibrated.

    .. math:: Z = \frac{\sum (o - p)(1 - 2p)}{\sqrt{\sum (1 - 2p)^2 p (1 - p)}}

    Missing where every probability is 0, 1/2 or 1, of which the test says nothing.

    References
    ----------
    Spiegelhalter (1986), doi:10.1002/sim.4780050506

    >>> round(spiegelhalter([1, 0, 1], [0.9, 0.2, 0.6]).z, 3)
    -0.793
    """
    from scipy.special import ndtr

    o, p, _ = _check_inputs(outcome, probability, None)
    spread = float((1 - 2 * p) ** 2 @ (p * (1 - p)))
    if spread == 0:
        return Spiegelhalter(np.nan, np.nan)
    z = float((o - p) @ (1 - 2 * p)) / spread**0.5
    return Spiegelhalter(z, float(2 * ndtr(-abs(z))))


def binomial_band(
    count: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike, *, coverage: float = 0.9
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Low end, middle and high end of where the frequency of ``count`` calibrated forecasts from a bin falls.

    >>> [float(x) for x in binomial_band(40, 0.475, 0.525)]
    [0.35, 0.5, 0.65]
    """
    from scipy.stats import binom

    n = np.maximum(np.asarray(count, int), 1)
    a, b = np.asarray(low, float), np.asarray(high, float)
    tail = round((1 - coverage) / 2, 12)
    return binom.ppf(tail, n, a) / n, binom.ppf(0.5, n, (a + b) / 2) / n, binom.ppf(1 - tail, n, b) / n


def bin_index(probability: npt.ArrayLike, bins: int | npt.ArrayLike) -> np.ndarray:
    """Position of each probability's bin, from 0; a probability at an edge belongs above it, 1 to the last bin.

    >>> bin_index([0.0, 0.3, 0.6, 1.0], 5).tolist()
    [0, 1, 3, 4]
    """
    p = np.round(np.asarray(probability, float), _DIGITS)
    edges = np.round(_edges(p, bins), _DIGITS)
    return np.clip(np.searchsorted(edges, p, side="right") - 1, 0, edges.size - 2)


def _edges(p: np.ndarray, bins: int | npt.ArrayLike) -> np.ndarray:
    if np.ndim(bins) == 0:
        count = int(bins)  # type: ignore[arg-type]
        if count < 1:
            raise DataError(f"{count} bins: give at least 1")
        return np.arange(count + 1) / count
    edges = np.asarray(bins, float)
    if edges.size < 2 or (np.diff(edges) <= 0).any() or edges[0] > p.min() or edges[-1] < p.max():
        raise DataError("bin edges must ascend and enclose every probability: start at 0 and end at 1")
    return edges


def _check_inputs(
    outcome: npt.ArrayLike, probability: npt.ArrayLike, weights: npt.ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes, probabilities, and weights that sum to 1."""
    o, p = np.broadcast_arrays(np.asarray(outcome, float), np.asarray(probability, float))
    if p.ndim != 1 or p.size == 0:
        raise DataError(f"calibration needs a list of forecasts, not an array of shape {p.shape}")
    brier_score(o, p)
    w = np.ones(p.size) if weights is None else np.asarray(weights, float)
    if w.shape != p.shape or not (w >= 0).all() or not w.sum() > 0:
        raise DataError("weights must be non-negative, one per forecast, and not all zero")
    return o, p, w / w.sum()
