"""One predictive distribution on a service's grid, within all of its rules and with the least loss.

Two rules bind. Every bucket needs a least mass: the shares of the others shrink in proportion, which costs the least
expected log score. No bucket may hold more than a most: what is too much moves next door, to the CDF nearest in
squares, since sending G when F holds costs an expected CRPS of the integral of (F - G)². The nearest point is found by
Dykstra's alternation between two isotonic regressions (Boyle & Dykstra 1986, doi:10.1007/978-1-4613-9940-7_3).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import ndtr, ndtri

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets.rules import LEAST, MOST, ROUNDING, cdf_complaints, step_limits
from scale_forecast.resolvers.markets.scale import Scale

MARGIN = 4e-9
"""Kept from both step limits, so that rounding to ten decimals cannot cross one."""
CLOSE = 1e-7
ROUNDS = 60


def cdf_of_quantiles(levels: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Cumulative distribution of a set of quantiles, for use where only quantiles are known.

    Linear between them on normal probability paper, and beyond the outermost ones along the last line, so the tails
    are those of a normal distribution. Equal quantiles are a point mass.

    Parameters
    ----------
    levels : array, shape (k,)
        Increasing, strictly between 0 and 1; at least two.
    values : array, shape (k,)
        Quantiles, not decreasing.
    at : array, shape (m,)

    Returns
    -------
    array, shape (m,), not decreasing in ``at``.

    >>> cdf_of_quantiles([0.1, 0.5, 0.9], [20.0, 40.0, 60.0], [20.0, 40.0, 1e9]).round(6).tolist()
    [0.1, 0.5, 1.0]
    """
    levels, values = np.asarray(levels, dtype=float), np.asarray(values, dtype=float)
    at = np.asarray(at, dtype=float)
    if len(levels) < 2 or len(levels) != len(values):
        raise DataError(f"{len(levels)} levels and {len(values)} quantiles: give at least two of each, in pairs")
    if not ((levels > 0) & (levels < 1)).all() or (np.diff(levels) <= 0).any():
        raise DataError("the levels of quantiles must rise and lie strictly between 0 and 1: sort them")
    if not np.isfinite(values).all() or (np.diff(values) < 0).any():
        raise DataError("quantiles must be finite and must not fall as their level rises: sort them")
    rising = np.flatnonzero(np.diff(values) > 0)
    if len(rising) == 0:
        return (at >= values[0]).astype(float)
    scores = ndtri(levels)
    last = np.searchsorted(values, at, side="right") - 1
    segment = np.clip(last, rising[0], rising[-1])
    slope = (scores[segment + 1] - scores[segment]) / (values[segment + 1] - values[segment])
    anchor = np.clip(last, 0, len(values) - 1)
    return ndtr(scores[anchor] + slope * (at - values[anchor]))


def admissible_cdf(wanted: np.ndarray, scale: Scale) -> np.ndarray:
    """The CDF that the service accepts in place of the wanted one.

    Mass beyond an open bound stays beyond it (at least 0.001, as the rules ask), and where mass piles up at that bound
    what its buckets may not hold spills over it, at most as much as one bucket takes. Mass beyond a closed bound, where
    the outcome cannot be, moves to that bound.

    Parameters
    ----------
    wanted : array, shape (count + 1,)
        Cumulative probability at `Scale.nodes`, not decreasing.

    Returns
    -------
    array, shape (count + 1,), rounded to ten decimals; passes `rules.cdf_complaints`.

    Raises
    ------
    DataError
        For a wrong length, values that are not probabilities, or a CDF that falls.

    >>> grid = Scale(0.0, 1.0, count=4)
    >>> admissible_cdf([0.0, 0.0, 1.0, 1.0, 1.0], grid).round(3).tolist()
    [0.0, 0.003, 0.995, 0.997, 1.0]
    """
    wanted = _inside_closed_ends(_as_cdf(wanted, scale), scale)
    least, most = step_limits(scale.count)
    least, most = least + MARGIN, most - MARGIN
    first, last = _ends(wanted, scale, least * scale.count)
    raised = _with_least_steps(wanted, first, last, least)
    low = np.array([first, *[least] * scale.count, 1.0 - last])
    below, above = _spill(first, scale.open_lower, most), _spill(1.0 - last, scale.open_upper, most)
    high = np.array([below, *[most] * scale.count, above])
    sent = _cap_steps(np.concatenate([[0.0], raised, [1.0]]), low, high)[1:-1].round(ROUNDING)
    complaints = cdf_complaints(sent, scale.count, scale.open_lower, scale.open_upper)
    assert not complaints, complaints
    return sent


def _as_cdf(wanted: np.ndarray, scale: Scale) -> np.ndarray:
    wanted = np.asarray(wanted, dtype=float)
    if wanted.shape != (scale.count + 1,):
        raise DataError(f"a CDF of {wanted.size} points: this question's grid has {scale.count + 1}")
    if not np.isfinite(wanted).all() or wanted.min() < -1e-9 or wanted.max() > 1 + 1e-9:
        raise DataError("a CDF holds values that are no probabilities: give numbers between 0 and 1")
    if (np.diff(wanted) < -1e-9).any():
        where = int(np.argmin(np.diff(wanted)))
        raise DataError(f"a CDF falls from point {where + 1} to point {where + 2}: give cumulative probabilities")
    return np.maximum.accumulate(np.clip(wanted, 0.0, 1.0))


def _inside_closed_ends(wanted: np.ndarray, scale: Scale) -> np.ndarray:
    if not scale.open_lower:
        wanted[0] = 0.0
    if not scale.open_upper:
        wanted[-1] = 1.0
    return wanted


def _ends(wanted: np.ndarray, scale: Scale, needed: float) -> tuple[float, float]:
    """First and last value: as wanted, within the limits, and far enough apart for the least steps."""
    lowest, highest = (LEAST if scale.open_lower else 0.0), (MOST if scale.open_upper else 1.0)
    first, last = (float(np.clip(end, lowest, highest)) for end in (wanted[0], wanted[-1]))
    short = needed - (last - first)
    if short > 0:
        last = float(np.clip(last + short / 2, lowest + needed, highest))
        first = last - needed if scale.open_lower else lowest
        last = first + needed if scale.open_upper else highest
    return first, last


def _with_least_steps(wanted: np.ndarray, first: float, last: float, least: float) -> np.ndarray:
    """Every step at least so high, the others in the proportions wanted: the least loss of expected log score."""
    steps = np.diff(wanted)
    total = last - first
    high = np.sort(steps)[::-1]
    count = np.arange(1, len(steps) + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        factors = (total - least * (len(steps) - count)) / np.cumsum(high)
        kept = np.flatnonzero(factors * high >= least)
    factor = factors[kept[-1]] if len(kept) else 0.0
    return first + np.concatenate([[0.0], np.cumsum(np.maximum(least, factor * steps))])


def _spill(beyond: float, is_open: bool, most: float) -> float:
    """The most that may lie beyond an end: what lies there anyway, or as much as one bucket where the end is open."""
    return max(beyond, most) if is_open else beyond


def _cap_steps(wanted: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The CDF nearest in squares whose steps stay within limits; it begins at 0 and ends at 1.

    Dykstra's alternation between the CDFs that rise at least and those that rise at most by so much a step.
    """
    floor, ceiling = (np.concatenate([[0.0], np.cumsum(limits)]) for limits in (low, high))
    point, up, down = wanted, np.zeros(len(wanted)), np.zeros(len(wanted))
    for _ in range(ROUNDS):
        risen = _monotone(point + up, floor, rising=True)
        up = point + up - risen
        point = _monotone(risen + down, ceiling, rising=False)
        down = risen + down - point
        if np.abs(point - risen).max() < CLOSE:
            break
    return _repair_steps(point, low, high)


def _monotone(point: np.ndarray, line: np.ndarray, *, rising: bool) -> np.ndarray:
    """Nearest CDF from 0 to 1 whose distance from a line only rises (or only falls)."""
    inner = isotonic_regression((point - line)[1:-1], increasing=rising).x
    end = 1.0 - line[-1]
    return np.concatenate([[0.0], np.clip(inner, min(0.0, end), max(0.0, end)) + line[1:-1], [1.0]])


def _repair_steps(point: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """What the alternation left open: steps cut to their limits, the difference spread over those with room."""
    steps = np.clip(np.diff(point), low, high)
    missing = 1.0 - steps.sum()
    room = (high - steps) if missing > 0 else (steps - low)
    if room.sum() > 0:
        steps = steps + missing * room / room.sum()
    return np.concatenate([[0.0], np.cumsum(steps[:-1]), [1.0]])
