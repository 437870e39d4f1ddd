"""Days and numbers where the forecast by scale prices thresholds: read off these, so that no two answers disagree."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.results import is_unbounded
from scale_forecast.pricing.answers import Answer, day_from, number_from
from scale_forecast.pricing.desk import Desk
from scale_forecast.pricing.parts import Part
from scale_forecast.pricing.space import hold_off, probability_of
from scale_forecast.resolvers.kinds.base import Kind
from scale_forecast.resolvers.kinds.date import Date
from scale_forecast.resolvers.kinds.numeric import Numeric
from scale_forecast.resolvers.kinds.threshold import Threshold
from scale_forecast.resolvers.questions.question import Question

BARS = 24
"""Scores at which the distribution of a number is worked out."""


def answer_by_scale(
    desk: Desk, question: Question, leaf: Kind, until: dt.datetime, so_far: float
) -> tuple[Answer, tuple[str, ...]] | None:
    """The answer and its reasons; None where thresholds on the same test are priced on futures by date, or not at all.

    ``so_far`` is the best score known, minus infinity for none.
    """
    if isinstance(leaf, Date):
        whole = _part(desk, question, _threshold(leaf, leaf.score, leaf.side), until)
        return None if whole is None else (_day(desk, question, leaf, until), whole.said)
    if isinstance(leaf, Numeric) and leaf.statistic == "highest" and not is_unbounded(leaf.metric):
        low = so_far if np.isfinite(so_far) else 0.0
        whole = _part(desk, question, _threshold(leaf, 0.5 * (1.0 + low), "at_least"), until)
        return None if whole is None else (_number(desk, question, leaf, until, low), whole.said)
    return None


def _threshold(leaf: Date | Numeric, score: float, side: str) -> Threshold:
    fields = {"task": leaf.task, "benchmark": leaf.benchmark, "metric": leaf.metric, "scope": leaf.scope}
    return Threshold.model_validate({**fields, "score": score, "side": side})


def _part(desk: Desk, question: Question, leaf: Threshold, until: dt.datetime) -> Part | None:
    """A threshold as the forecast by scale prices it."""
    try:
        part = Part.of(desk, question, leaf, until)
    except DataError:
        return None
    return part if part.told is None else None


def _probability(desk: Desk, question: Question, leaf: Threshold, until: dt.datetime) -> float:
    part = Part.of(desk, question, leaf, until)
    return hold_off(probability_of(leaf, [part.event()]))


def _day(desk: Desk, question: Question, leaf: Date, until: dt.datetime) -> Answer:
    ends = [end.date() for end in pd.date_range(desk.as_of, until.date(), freq="QE") if end.date() < until.date()]
    threshold = _threshold(leaf, leaf.score, leaf.side)
    days = [dt.datetime.combine(end, until.timetz()) for end in ends] + [until]
    shares = [_probability(desk, question, threshold, day) for day in days]
    return day_from([*ends, until.date()], np.maximum.accumulate(shares))


def _number(desk: Desk, question: Question, leaf: Numeric, until: dt.datetime, low: float) -> Answer:
    """Quantiles between the probabilities of scores that are closer together towards the best known and towards 1."""
    places = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, BARS + 2))[1:-1]
    bars = low + (1.0 - low) * places
    above = [_probability(desk, question, _threshold(leaf, float(bar), "at_least"), until) for bar in bars]
    return number_from(np.r_[low, bars, 1.0], np.r_[1.0, np.minimum.accumulate(above), 0.0])
