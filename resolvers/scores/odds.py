"""Odds as people write them, and what a price is worth to someone with a probability of their own."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from scale_forecast.data.errors import UsageError

_ODDS = re.compile(
    r"^\s*(\d+(?:\.\d+)?)\s*(?::|to)\s*(\d+(?:\.\d+)?)\s*(for|on|in favou?r|against)?\s*$", re.IGNORECASE
)


def implied_probability(odds: str) -> float:
    """Probability of the event that ``odds`` imply: ``a:b`` (in favour, unless it says against) is a / (a + b).

    >>> implied_probability("1:1"), implied_probability("4:1 for"), implied_probability("4:1 against")
    (0.5, 0.8, 0.2)

    Raises
    ------
    UsageError
        When the text is not odds, or one side is zero: odds never claim certainty.
    """
    match = _ODDS.match(str(odds))
    if not match:
        raise UsageError(f"{str(odds)!r} is not odds: write 1:1, 4:1 for or 4:1 against")
    one, other = float(match[1]), float(match[2])
    if not (one > 0 and other > 0):
        raise UsageError(f"odds {str(odds)!r} claim certainty: both sides must be positive")
    if (match[3] or "").lower() == "against":
        one, other = other, one
    return one / (one + other)


def fair_odds(probability: float) -> str:
    """The odds of a probability, the larger side first.

    >>> fair_odds(0.8), fair_odds(0.5), fair_odds(0.2)
    ('4:1 for', '1:1', '4:1 against')
    """
    if not 0.0 < probability < 1.0:
        raise UsageError(f"probability {probability!r} has no odds: it must be between 0 and 1, both excluded")
    ratio = round(max(probability, 1 - probability) / min(probability, 1 - probability), 2)
    if ratio == 1.0:
        return "1:1"
    return f"{ratio:g}:1 {'for' if probability > 0.5 else 'against'}"


def edge(probability: npt.ArrayLike, price: npt.ArrayLike) -> np.ndarray:
    """Expected gain per share that pays 1 on YES and costs ``price``; negative where NO is the better side.

    >>> edge(0.6, 0.5).round(2).tolist()
    0.1
    """
    p, q = _in_unit(probability, "probability"), _in_unit(price, "price")
    return p - q


def kelly_fraction(probability: npt.ArrayLike, price: npt.ArrayLike) -> np.ndarray:
    r"""Share of wealth that maximises expected log wealth (Kelly 1956), positive on YES and negative on NO.

    .. math:: f = (p - q) / (1 - q) \text{ if } p \ge q, \quad (p - q) / q \text{ otherwise}

    Parameters
    ----------
    probability : array-like
        One's own probability of YES, in [0, 1].
    price : array-like
        Cost of a share that pays 1 on YES, strictly between 0 and 1; a share of NO costs ``1 - price``.

    >>> kelly_fraction([0.6, 0.5, 0.4], 0.5).round(2).tolist()
    [0.2, 0.0, -0.2]
    """
    p, q = _in_unit(probability, "probability"), _in_unit(price, "price")
    if not ((q > 0) & (q < 1)).all():
        raise UsageError("a price of 0 or 1 leaves nothing to bet on: give a price strictly between them")
    return (p - q) / np.where(p >= q, 1 - q, q)


def _in_unit(values: npt.ArrayLike, name: str) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    bad = ~((array >= 0) & (array <= 1))
    if bad.any():
        raise UsageError(f"{name} {array[bad].flat[0]!r} is outside [0, 1]: a percentage is divided by 100")
    return array
