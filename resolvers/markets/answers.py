"""One predictive distribution, every question: thresholds, options, grids and dates read off the same CDF.

Since each answer is an area under one distribution, a ladder of thresholds falls as it should, options that share a
line sum to one, and the grid agrees with both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets.cdf import admissible_cdf
from scale_forecast.resolvers.markets.market import CONTINUOUS, Kind, Market
from scale_forecast.resolvers.markets.rules import LEAST, MOST
from scale_forecast.resolvers.markets.scale import Scale
from scale_forecast.resolvers.markets.service import Answer
from scale_forecast.resolvers.markets.services import takes_stakes

Cdf = Callable[[np.ndarray], np.ndarray]
"""P(outcome <= x) for an array of x, in the market's own unit (unix seconds for dates)."""

_NUMBER = r"[-+]?\d[\d,]*(?:\.\d+)?"
_BELOW = r"(?:<|less than|below|under|fewer than)"
_AT_MOST = r"(?:<=|≤|at most|up to|no more than)"
_ABOVE = r"(?:>|greater than|more than|above|over)"
_AT_LEAST = r"(?:>=|≥|at least|no less than)"
_OR_MORE = r"(?:\+|or (?:more|above|higher|greater))"
_OR_LESS = r"or (?:less|below|lower|fewer)"
SIGNS = (">=", ">", "<=", "<")


def answer(market: Market, cdf: Cdf, threshold: tuple[str, float] | None = None) -> Answer:
    """What a distribution says about a market, within the limits that a service puts on probabilities.

    Parameters
    ----------
    market : Market
    cdf : callable
        Cumulative distribution in the market's unit.
    threshold : (sign, value), optional
        What a binary market asks, such as ``(">=", 0.9)``; taken from the market where it says so itself.

    Raises
    ------
    DataError
        For a binary market whose threshold nobody gave, or options that do not divide the number line.
    """
    if market.kind is Kind.BINARY:
        asked = threshold or market.threshold
        if asked is None:
            raise DataError(f"{market.name} names no threshold itself: say what it asks, such as '>= 0.9'")
        return Answer(probability=float(np.clip(probability_of(cdf, *asked), LEAST, MOST)))
    if market.kind is Kind.MULTIPLE_CHOICE:
        edges = option_edges([option.label for option in market.options])
        shares = within_limits(np.diff(np.concatenate([[0.0], cdf(edges.values), [1.0]])))
        labels = [market.options[i].label for i in edges.order]
        named = dict(zip(labels, shares.tolist(), strict=True))
        return Answer(options={option.label: named[option.label] for option in market.options})
    assert market.kind in CONTINUOUS
    assert market.scale is not None
    if takes_stakes(market):
        return Answer(probability=float(np.clip(mean_position(cdf, market.scale), LEAST, MOST)))
    return Answer(cdf=tuple(admissible_cdf(cdf(market.scale.nodes()), market.scale).tolist()))


def probability_of(cdf: Cdf, sign: str, value: float) -> float:
    """Probability of an outcome ``>=``, ``>``, ``<=`` or ``<`` a value; a point mass on it counts where it should.

    >>> step = lambda x: (np.asarray(x) >= 1.0).astype(float)
    >>> [probability_of(step, sign, 1.0) for sign in (">=", ">", "<=", "<")]
    [1.0, 0.0, 1.0, 0.0]
    """
    if sign not in SIGNS:
        raise DataError(f"{sign!r} compares nothing: use one of {', '.join(SIGNS)}")
    up_to = np.nextafter(value, -np.inf) if sign in (">=", "<") else value
    below = float(cdf(np.array([up_to]))[0])
    return 1.0 - below if sign.startswith(">") else below


def parse_threshold(text: str) -> tuple[str, float]:
    """A sign and a number; a percentage is a share.

    >>> parse_threshold(">= 90%"), parse_threshold("<0.5")
    (('>=', 0.9), ('<', 0.5))
    """
    match = re.fullmatch(rf"\s*(>=|<=|>|<)\s*({_NUMBER})\s*(%?)\s*", text)
    if not match:
        raise DataError(f"{text!r} is no threshold: write a sign and a number, such as '>= 0.9'")
    return match[1], _value(match[2], match[3])


def mean_position(cdf: Cdf, scale: Scale) -> float:
    """Mean position of the outcome in the range, which is what a pseudo-numeric market pays.

    The integral of 1 - F over the range, so that mass beyond an end counts as lying on it.
    """
    u = np.linspace(0.0, 1.0, 2001)
    above = 1.0 - cdf(scale.from_unit(u))
    return float((above[:-1] + above[1:]).mean() / 2.0)


def within_limits(shares: np.ndarray) -> np.ndarray:
    """Probabilities that sum to one with none under the least a service takes; the others keep their proportions.

    >>> within_limits(np.array([0.0, 0.25, 0.75])).round(5).tolist()
    [0.001, 0.24975, 0.74925]
    """
    shares = np.clip(np.asarray(shares, dtype=float), 0.0, None)
    shares = shares / shares.sum() if shares.sum() > 0 else np.full(len(shares), 1.0 / len(shares))
    raised = np.zeros(len(shares), dtype=bool)
    while (low := (shares < LEAST) & ~raised).any():
        raised |= low
        rest = shares[~raised]
        shares = np.where(raised, LEAST, shares * (1.0 - LEAST * raised.sum()) / rest.sum())
    return shares


@dataclass(frozen=True)
class Edges:
    """Where one option ends and the next begins, and which option (by its place in the list) each piece is."""

    values: np.ndarray
    order: list[int]


def option_edges(labels: Sequence[str]) -> Edges:
    """Divide the number line as the options of a multiple-choice question do.

    Understands ``<40``, ``40-50``, ``50 to 60``, ``60 or more``, ``Less than 10``, ``10``, ``Greater than 10``, with
    or without a percent sign (a share is then meant). A single number among them means whole numbers.

    >>> option_edges(["Less than 10", "10", "Greater than 10"]).values.tolist()
    [9.5, 10.5]

    Raises
    ------
    DataError
        For a label that is no range, and for ranges that overlap or leave a gap.
    """
    pieces = [_piece(label) for label in labels]
    whole = any(piece.low == piece.high for piece in pieces)
    ranges = [_in_whole_numbers(piece) if whole else (piece.low, piece.high) for piece in pieces]
    order = sorted(range(len(labels)), key=lambda i: ranges[i])
    edges = []
    for one, other in pairwise(order):
        end, start = ranges[one][1], ranges[other][0]
        gap = start - end
        small = float(end).is_integer() and float(start).is_integer() and gap == 1
        if gap != 0 and not small:
            what = "overlap" if gap < 0 else "leave a gap"
            raise DataError(
                f"the options {labels[one]!r} and {labels[other]!r} {what}: give a probability for each option instead"
            )
        edges.append((end + start) / 2.0)
    if (np.diff(edges) <= 0).any():
        raise DataError(f"the options {', '.join(map(repr, labels))} overlap: give a probability for each instead")
    return Edges(np.array(edges, dtype=float), order)


@dataclass(frozen=True)
class _Piece:
    """A label's range, and whether each end belongs to it."""

    low: float
    high: float
    with_low: bool = True
    with_high: bool = True


def _piece(label: str) -> _Piece:
    text = " ".join(label.lower().replace("–", "-").replace("—", "-").split())
    forms: tuple[tuple[str, Callable[[float, float], _Piece]], ...] = (
        (rf"({_NUMBER})()(%?)", lambda a, _: _Piece(a, a)),
        (rf"{_AT_MOST} ?({_NUMBER})()(%?)|({_NUMBER})()(%?) ?{_OR_LESS}", lambda a, _: _Piece(-np.inf, a)),
        (rf"{_BELOW} ?({_NUMBER})()(%?)", lambda a, _: _Piece(-np.inf, a, with_high=False)),
        (rf"{_AT_LEAST} ?({_NUMBER})()(%?)|({_NUMBER})()(%?) ?{_OR_MORE}", lambda a, _: _Piece(a, np.inf)),
        (rf"{_ABOVE} ?({_NUMBER})()(%?)", lambda a, _: _Piece(a, np.inf, with_low=False)),
        (rf"(?:between )?({_NUMBER})%? ?(?:-|to|and) ?({_NUMBER})(%?)", lambda a, b: _Piece(a, b)),
    )
    for pattern, piece in forms:
        match = re.fullmatch(pattern, text)
        if match:
            first, second, percent = [group for group in match.groups() if group is not None][:3]
            return piece(_value(first, percent), _value(second, percent) if second else 0.0)
    raise DataError(f"the option {label!r} is no range of numbers: give a probability for each option instead")


def _value(text: str, percent: str) -> float:
    number = float(text.replace(",", ""))
    return float(f"{number / 100.0:.12g}") if percent else number


def _in_whole_numbers(piece: _Piece) -> tuple[float, float]:
    """Ends halfway between the whole numbers that belong to a range and those that do not."""
    low = piece.low - 0.5 if piece.with_low else piece.low + 0.5
    high = piece.high + 0.5 if piece.with_high else piece.high - 0.5
    return low, high
