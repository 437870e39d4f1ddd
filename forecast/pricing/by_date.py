"""Price a leaf on futures by date: what they tell, how likely it is measured at all, and the sentences."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scale_forecast.pricing.futures import RecordFutures
from scale_forecast.pricing.space import Event
from scale_forecast.resolvers.judge.futures import Untold
from scale_forecast.resolvers.kinds.base import Kind, Measured
from scale_forecast.resolvers.terms.scope import Scope

FEWEST_MODELS = 8
"""Models with a score from which on futures by date are believed before a forecast by scale."""

NEWLY, IF_NEWLY = "that any model is newly measured in time", "what is asked, given that one is"
"""What P(measured) and P(event | measured) are called on the way to a price."""
LONG = 180
"""Days in which something is measured of whoever releases models at all."""


@dataclass(frozen=True)
class Foretold:
    """What a leaf comes to in each draw, (n,), and whether anything in scope is newly measured by its deadline."""

    values: np.ndarray
    new: np.ndarray | None
    said: tuple[str, ...]
    note: str = ""
    """What is to be said first: that scores count whose day of publication is not known."""

    @property
    def event(self) -> Event:
        """Of truth values the event on the draws."""
        return Event.top(self.values.astype(float), float(self.values.mean()))

    @property
    def apart(self) -> tuple[tuple[str, float], ...]:
        """Of truth values P(measured), P(event | measured) and, where it may hold as things stand, P(event | not)."""
        if self.new is None or not self.new.any():
            return ()
        told = [
            (NEWLY, float(self.new.mean())),
            (IF_NEWLY, float(self.values[self.new].mean())),
        ]
        if self.values[~self.new].any():
            told.append(("what is asked, given that none is", float(self.values[~self.new].mean())))
        return tuple(told)


def foretell(futures: RecordFutures | None, leaf: Kind, scope: Scope, until: dt.date) -> Foretold:
    """What the futures of a day tell of a leaf.

    Raises
    ------
    Untold
        Where they do not, with the reason.
    """
    if futures is None:
        raise Untold("no futures by date are at hand")
    measured = next(iter(leaf.leaves()), None)
    if measured is None:
        return Foretold(leaf.foretell(futures, scope, until), None, ())
    futures, note = futures.find_futures(measured)
    values = leaf.foretell(futures, scope, until)
    news = [futures.new(measured, side, until) for side in measured.scopes(scope) if not side.model]
    if news and not np.any(news) and (until - futures.end()).days > LONG:
        raise Untold("nobody in scope released a model of late, so that none is expected to be measured")
    said = tuple(_sentences(futures, measured, scope, until))
    return Foretold(values, np.any(news, axis=0) if news else None, said, note)


def is_well_measured(futures: RecordFutures, leaf: Measured, scope: Scope) -> bool:
    """Whether enough models have a score for futures by date to go before a forecast by scale."""
    record = futures.standing(leaf, Scope())
    return record is not None and record.models >= FEWEST_MODELS


def _sentences(futures: RecordFutures, leaf: Measured, scope: Scope, until: dt.date) -> Iterator[str]:
    """Of each side who holds the record, and how far it will be."""
    for side in leaf.scopes(scope):
        if side.model:
            yield from futures.say_models(leaf, side, until)
            continue
        record = futures.standing(leaf, side)
        if record is None:
            yield f"nobody in scope has a score on {record_place(leaf)} by {futures.as_of}"
            continue
        best = futures.best(leaf, side, until)
        low, mid, high = np.nanquantile(best, [0.1, 0.5, 0.9])
        yield (
            f"the record on {record_place(leaf)} is {record.score:.4g} of {record.model} ({record.organisation}, "
            f"{record.day:%Y-%m-%d}, {record.source}), among {record.models} models; by {until} it is {mid:.4g} "
            f"(80%: {low:.4g} to {high:.4g})"
        )
    if (end := futures.end()) < futures.as_of:
        yield f"what happened since {end}, where the tables end, is simulated too: it may have happened unseen"


def record_place(leaf: Measured) -> str:
    """Benchmark and task, once where they are called alike."""
    return leaf.task if leaf.benchmark in (None, leaf.task) else f"{leaf.benchmark}/{leaf.task}"
