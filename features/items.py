"""What item-level logs say of a series up to each of its points: probabilities move before right answers do.

Read only where the user gives profiles (`data.profiles`). Each feature is an (n, L) matrix whose column p reads columns
0..p alone, as in `features.history`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from scale_forecast.data.scale import BELOW

ITEM_FEATURES = {
    "item_prob_correct": "mean probability of the correct choice",
    "item_prob_slope": "its gain a decade over all models so far",
    "item_prob_slope_last": "its gain a decade over the last step",
    "item_brier": "Brier score over the choices; lower is better",
    "item_never_solved": "share of items that no model of the family so far answered correctly",
    "item_never_solved_slope": "its change a decade over all models so far",
}
"""What `item_features` says, and what it means."""


def item_features(
    scale: np.ndarray, prob_correct: np.ndarray, brier_score: np.ndarray, never_solved: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    """Name and values, (n, L), of each of `ITEM_FEATURES`.

    Parameters
    ----------
    scale : (n, L), decades, ascending; NaN in the padding on the right
    prob_correct, brier_score, never_solved : (n, L), of the model at each point; NaN where it has no profile

    A slope over less than 10% of scale, and every feature of a model without a profile, is missing.

    >>> scale, p, none = np.array([[9.0, 10.0, 11.0]]), np.array([[0.25, 0.27, 0.31]]), np.full((1, 3), np.nan)
    >>> {name: float(value[0, 2].round(3)) for name, value in item_features(scale, p, none, none)}["item_prob_slope"]
    0.03
    """
    columns = (
        prob_correct,
        _slope(scale, prob_correct),
        _slope_last(scale, prob_correct),
        brier_score,
        never_solved,
        _slope(scale, never_solved),
    )
    yield from zip(ITEM_FEATURES, columns, strict=True)


def _slope(scale: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Least squares through all points up to each that have a value."""
    seen = np.isfinite(value)
    x = np.where(seen, scale - scale[:, :1], 0.0)
    y = np.where(seen, value, 0.0)
    n, sx, sy, sxx, sxy = (np.cumsum(part, axis=1) for part in (seen, x, y, x * x, x * y))
    n = np.where(seen, n, np.nan)
    spread = sxx - sx * sx / n
    return np.divide(sxy - sx * sy / n, spread, out=np.full_like(value, np.nan), where=spread > 0.5 * BELOW**2)


def _slope_last(scale: np.ndarray, value: np.ndarray) -> np.ndarray:
    slope = np.full_like(value, np.nan)
    span = np.diff(scale, axis=1)
    np.divide(np.diff(value, axis=1), span, out=slope[:, 1:], where=span > BELOW)
    return slope
