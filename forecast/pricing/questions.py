"""Questions about one model: from a criterion to the event of each of its leaves, and from those to a price."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scale_forecast.data.errors import DataError
from scale_forecast.data.names.keys import benchmark_key, task_key, whole_of
from scale_forecast.pricing.model import PricedModel, Rival
from scale_forecast.pricing.space import Event, probability_of
from scale_forecast.resolvers.kinds.all_of import AllOf
from scale_forecast.resolvers.kinds.any_of import AnyOf
from scale_forecast.resolvers.kinds.base import Measured
from scale_forecast.resolvers.terms.scope import Scope


def raw_on(model: PricedModel, leaf: Measured) -> float:
    """A leaf's probability before recalibration, without joint draws."""
    ((at, rival),) = units_of(model, leaf, Scope())
    return model.raw(at, leaf, rival=rival)


def leaf_on(model: PricedModel, leaf: Measured, scope: Scope) -> tuple[float, Event]:
    """A leaf's probability before recalibration, and its event.

    On several ways of measuring any may show it, unless it has to hold in every way, as a comparison does.

    Raises
    ------
    DataError
        When the model's forecast has no unit that the leaf looks at.
    """
    units = units_of(model, leaf, scope)
    if not len(units):
        raise DataError(f"no score of {model.name} on {name_leaf(leaf)} can be forecast: its family has none so far")
    found = [(model.raw(at, leaf, rival=r), model.event(at, leaf, rival=r)) for at, r in units]
    if len(found) == 1:
        return found[0]
    several = (AllOf if leaf.in_every_way else AnyOf)(of=(leaf,) * len(found))
    raw = probability_of(several, [event.at(p) for p, event in found])
    reach = (np.min if leaf.in_every_way else np.max)([event.reach for _, event in found], axis=0)
    return raw, Event.top(reach, probability_of(several, [event for _, event in found]))


def units_of(model: PricedModel, leaf: Measured, scope: Scope) -> list[tuple[int, Rival | None]]:
    """Positions of the units a leaf looks at, each with its rival in a contest; those without one are left out."""
    inner = scope.within(leaf.scope)
    at = [i for i in model.places.get(task_key(leaf.task), ()) if model.is_measured(i, leaf, inner)]
    of = benchmark_of_average(leaf)
    if not at and of:
        part = is_part_of(of)
        anywhere = leaf.model_copy(update={"benchmark": None})
        at = [
            i
            for i in model.places.get("average", ())
            if model.is_measured(i, anywhere, inner) and part(model.benchmarks[i])
        ]
    if not leaf.sides:
        return [(i, None) for i in at]
    rivals = [(i, model.best_of(i, leaf.sides[1])) for i in at]
    return [(i, rival) for i, rival in rivals if rival is not None]


def benchmark_of_average(leaf: Measured) -> str | None:
    """The benchmark whose average a leaf asks about, as MMLU/average, MMLU/MMLU or MMLU alone; None for a task."""
    return whole_of(leaf.benchmark, leaf.task)


def is_part_of(benchmark: str) -> Callable[[str], bool]:
    """Whether a name is that of a benchmark or of a split of it, such as ``MMLU (validation split)``."""
    return lambda name: benchmark_key(name.partition(" (")[0]) == benchmark_key(benchmark)


def name_leaf(leaf: Measured) -> str:
    """Benchmark and task of a leaf."""
    return f"{leaf.benchmark}/{leaf.task}" if leaf.benchmark else str(leaf.task)
