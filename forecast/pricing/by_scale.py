"""Days and numbers where the forecast by scale prices thresholds: read off these, so that no two answers disagree."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.pricing.answers import Answer, day_from, number_from
from scale_forecast.pricing.desk import Desk
from scale_forecast.pricing.parts import Part
from scale_forecast.pricing.space import hold_off, probability_of
from scale_forecast.resolvers.kinds.base import Kind, Measured
from scale_forecast.resolvers.questions.question import Question

BARS = 24
"""Scores at which the distribution of a number is worked out."""


def answer_by_scale(
    desk: Desk, question: Question, leaf: Kind, until: dt.datetime, so_far: float
) -> tuple[Answer, tuple[str, ...]] | None:
    """The answer and its reasons; None where thresholds on the same test are priced on futures by date, or not at all.

    ``so_far`` is the best score known, minus infinity for none.
    """
    low = so_far if np.isfinite(so_far) else 0.0
    measured = next(iter(leaf.leaves()), None)
    asked = None if measured is None else measured.whether(0.5 * (1.0 + low))
    if measured is None or asked is None:
        return None
    try:
        whole = Part.of(desk, question, asked, until)
    except DataError:
        return None
    if whole.told is not None:
        return None
    if measured.answers == "date":
        return _day(desk, question, asked, until), whole.said
    return _number(desk, question, measured, until, low), whole.said


def _probability(desk: Desk, question: Question, asked: Measured, until: dt.datetime) -> float:
    part = Part.of(desk, question, asked, until)
    return hold_off(probability_of(asked, [part.event()]))


def _day(desk: Desk, question: Question, asked: Measured, until: dt.datetime) -> Answer:
    ends = [end.date() for end in pd.date_range(desk.as_of, until.date(), freq="QE") if end.date() < until.date()]
    days = [dt.datetime.combine(end, until.timetz()) for end in ends] + [until]
    shares = [_probability(desk, question, asked, day) for day in days]
    return day_from([*ends, until.date()], np.maximum.accumulate(shares))


def _number(desk: Desk, question: Question, leaf: Measured, until: dt.datetime, low: float) -> Answer:
    """Quantiles between the probabilities of scores that are closer together towards the best known and towards 1."""
    places = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, BARS + 2))[1:-1]
    bars = low + (1.0 - low) * places
    asked = [one for bar in bars if (one := leaf.whether(float(bar))) is not None]
    above = [_probability(desk, question, one, until) for one in asked]
    return number_from(np.r_[low, bars, 1.0], np.r_[1.0, np.minimum.accumulate(above), 0.0])
