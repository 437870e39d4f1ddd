"""Questions about one model: from a criterion to the event of each of its leaves, and from those to a price."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.errors import DataError
from data.names import fold
from forecast.pricing.model import PricedModel, kind_of
from forecast.pricing.space import Event, held_off, probability_of, ranks
from resolvers.questions import AnyOf, Comparison, Scope, leaves


def price_on(model: PricedModel, criterion: Any, scope: Scope | None = None) -> tuple[float, float]:
    """A criterion's probability before and after recalibration, every leaf being about ``model``."""
    found = [leaf_on(model, leaf, scope or Scope()) for leaf in leaves(criterion)]
    raws = [Event(event.rank, 1.0 - raw if event.turned else raw, event.turned) for raw, event in found]
    events = [event for _, event in found]
    return probability_of(criterion, raws), held_off(probability_of(criterion, events))


def events_on(model: PricedModel, criterion: Any, scope: Scope | None = None) -> list[Event]:
    """The recalibrated event of each leaf of a criterion about ``model``."""
    return [leaf_on(model, leaf, scope or Scope())[1] for leaf in leaves(criterion)]


def raw_on(model: PricedModel, leaf: Any) -> float:
    """A leaf's probability before recalibration, without joint draws."""
    ((at, rival),) = units_of(model, leaf, Scope())
    return model.raw(at, leaf, rival=rival, kind=kind_of(leaf))


def leaf_on(model: PricedModel, leaf: Any, scope: Scope) -> tuple[float, Event]:
    """A leaf's probability before recalibration, and its event; on several ways of measuring, that of any of them.

    Raises
    ------
    DataError
        When the model's forecast has no unit that the leaf looks at.
    """
    units = units_of(model, leaf, scope)
    if not len(units):
        raise DataError(f"no score of {model.name} on {named(leaf)} can be forecast: its family has none so far")
    kind = kind_of(leaf)
    found = [(model.raw(at, leaf, rival=r, kind=kind), model.event(at, leaf, rival=r, kind=kind)) for at, r in units]
    if len(found) == 1:
        return found[0]
    either = AnyOf.model_construct(of=(leaf,) * len(found), if_nothing="no")
    raw = probability_of(either, [Event(e.rank, 1 - p if e.turned else p, e.turned) for p, e in found])
    reach = np.max([len(e.rank) - 1 - e.rank if e.turned else e.rank for _, e in found], axis=0)
    return raw, Event(ranks(reach), probability_of(either, [event for _, event in found]))


def units_of(model: PricedModel, leaf: Any, scope: Scope) -> list[tuple[int, tuple[float, float] | None]]:
    """Positions of the units a leaf looks at, each with the score and error of its rival; those without are left out."""
    inner = scope.within(leaf.scope)
    at = [i for i in model.places.get(fold(leaf.task), ()) if model.is_measured(i, leaf, inner)]
    if not isinstance(leaf, Comparison):
        return [(i, None) for i in at]
    rivals = [(i, model.best_of(i, leaf.worse)) for i in at]
    return [(i, rival) for i, rival in rivals if rival is not None]


def named(leaf: Any) -> str:
    """Benchmark and task of a leaf."""
    return f"{leaf.benchmark}/{leaf.task}" if leaf.benchmark else str(leaf.task)
