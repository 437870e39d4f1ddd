"""What the next models of the families in scope would do at several sizes, and a family that is new to the task."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from scale_forecast.data.errors import DataError
from scale_forecast.data.names.keys import metric_key, task_key
from scale_forecast.pricing.arrivals import STEPS, Template, ladder_rate
from scale_forecast.pricing.desk import Desk
from scale_forecast.pricing.model import PricedModel, Rival
from scale_forecast.pricing.questions import benchmark_of_average, units_of
from scale_forecast.pricing.sentences import describe_model
from scale_forecast.resolvers.kinds.base import Measured
from scale_forecast.resolvers.terms.scope import Scope

MOST_TEMPLATES = 6
"""Families whose next models stand for what may come; the largest are taken."""
NEW_SIZES = np.array([-1.5, -0.6, 0.1, 0.8, 2.0])
"""Decades from the largest model measured on a task at which a model of a new family is forecast."""
NEW_FAMILY = "a new family"


def families_in_scope(desk: Desk, leaf: Measured, scope: Scope) -> list[str]:
    """Families in scope with a score on the task so far, the largest first, at most `MOST_TEMPLATES`."""
    rows, names = desk.panel.rows, desk.folded
    here = names["task"] == task_key(leaf.task)
    if not here.any() and (of := benchmark_of_average(leaf)):
        here = desk.part_of(of)
    elif leaf.benchmark:
        here = here & desk.of_benchmark(leaf)
    here = here & (names["metric"] == metric_key(leaf.metric)) & rows["checkpoint"].isna().to_numpy()
    largest = rows[here & desk.in_scope(scope)].groupby("family", observed=True)["compute"].max()
    return [str(name) for name in largest.sort_values(ascending=False, kind="stable").index[:MOST_TEMPLATES]]


def template_of(desk: Desk, leaf: Measured, scope: Scope, family: str) -> tuple[Template, str, tuple[str, ...]] | None:
    """What the family's next model would do at several sizes, the benchmark, and what to say; None without forecast."""
    compute, raw, benchmark = [], [], ""
    said: tuple[str, ...] = ()
    for step in STEPS:
        target = desk.next_target(family, float(step))
        model = desk.model(target, leaf, trained_without="")
        units = units_of(model, leaf, scope)
        if not units:
            return None
        raw.append(_raw_on(model, leaf, units))
        compute.append(target.compute)
        if step == STEPS[0]:
            benchmark = str(model.forecast.targets["benchmark"].iloc[units[0][0]])
            said = tuple(describe_model(target.model, target.params, target.compute, model, units[:1]))
    return Template(family, np.array(compute), np.array(raw)), benchmark, said


def _raw_on(model: PricedModel, leaf: Measured, units: Sequence[tuple[int, Rival | None]]) -> float:
    """Before recalibration, in the way of measuring that decides: the likeliest, or the least where all must hold."""
    each = [model.raw(at, leaf, rival=rival) for at, rival in units]
    return min(each) if leaf.in_every_way else max(each)


def newcomer(desk: Desk, leaf: Measured, scope: Scope, benchmark: str, *, every: bool) -> Template | None:
    """A family that is new to the task; None where nothing is known of the kind asked for.

    Its whole ladder may fall and rise, as often as those of others did. Where a single model can bring the event about,
    it is forecast as a recipe that nobody has seen, at sizes around those that were measured. Where every family is
    asked to resolve, a new one that never falls is not asked, and how many fall is left out.
    """
    weight = desk.publications.new_share
    if every and leaf.needs_fall:
        return None
    if leaf.reads_ladders:
        rate = ladder_rate(desk.panel.rows, leaf, benchmark)
        return Template(NEW_FAMILY, np.zeros(1), np.array([rate]), weight=weight, is_rate=True, is_new=True)
    if scope.tuning and "base" not in scope.tuning:
        return None
    compute, raw = [], []
    for target in desk.new_targets(leaf, NEW_SIZES):
        try:
            model = desk.model(target, leaf, trained_without="")
        except DataError:  # nothing so small was measured
            continue
        if units := units_of(model, leaf, scope):
            compute.append(target.compute)
            raw.append(_raw_on(model, leaf, units))
    return Template(NEW_FAMILY, np.array(compute), np.array(raw), weight=weight, is_new=True) if raw else None
