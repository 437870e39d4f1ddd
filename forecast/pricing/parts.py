"""Price one leaf of a question: of models that are named, that are measured, or that will have come by a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np

from scale_forecast.data.errors import DataError
from scale_forecast.data.names.keys import benchmark_key, model_key, task_key
from scale_forecast.inputs.targets import Target
from scale_forecast.pricing.arrivals import YEAR, DatedEvent
from scale_forecast.pricing.by_date import Foretold, foretell, is_well_measured
from scale_forecast.pricing.desk import Desk
from scale_forecast.pricing.maps import Map
from scale_forecast.pricing.model import DRAWS, PricedModel
from scale_forecast.pricing.questions import benchmark_of_average, leaf_on, name_leaf, units_of
from scale_forecast.pricing.recalibration import Recalibration
from scale_forecast.pricing.sentences import describe_arrivals, describe_families, describe_model, why_unpriced
from scale_forecast.pricing.space import Event, probability_of
from scale_forecast.pricing.standing import holds_today, is_measured, lacking, why_undecided
from scale_forecast.pricing.templates import families_in_scope, newcomer, template_of
from scale_forecast.resolvers.judge.case import Case, moment
from scale_forecast.resolvers.judge.futures import Untold
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.any_of import AnyOf
from scale_forecast.resolvers.kinds.base import Kind, Measured
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.terms.scope import Scope

MOST_YEARS = 30
"""Of a deadline without a named model."""
ONE_SIZE = 1.5
"""Bounds on size that are no further apart than this factor mean one model."""


def start_of(day: dt.date) -> dt.datetime:
    """The first moment of a day in UTC."""
    return dt.datetime.combine(day, dt.time(0), tzinfo=dt.UTC)


@dataclass(frozen=True)
class Part:
    """One leaf, as priced: ``event(maps, level)`` on the draws, and what there is to say about it."""

    leaf: Kind
    kind: str
    learned: Recalibration | None
    fixed: Event | None = None
    models: tuple[PricedModel, ...] = ()
    dated: DatedEvent | None = None
    scope: Scope = field(default_factory=Scope)
    said: tuple[str, ...] = ()
    told: Foretold | None = None
    """What futures by date say of it, where these price it."""
    is_undone: bool = False
    """Whether ``dated`` or ``models`` tell what would undo the leaf, rather than bring it about."""

    @classmethod
    def of(cls, desk: Desk, question: Question, asked: Kind, until: dt.datetime) -> Part:
        """What has an event of its own in a question, whose evidence counts until a moment."""
        today, deadline = moment(start_of(desk.as_of)), moment(question.resolve_by)
        case = Case(desk.evidence, question.scope, today, deadline, moment(until), whole_days=True)
        found, leaf = asked.judge(case), next(iter(asked.leaves()), None)
        if leaf is None:
            if found.status in (Status.YES, Status.NO):
                return cls._certain(asked, found.reason, happened=found.status is Status.YES)
            return _part_by_date(desk, question, asked, until.date())
        scope = question.scope.within(leaf.scope)
        over = until.date() < desk.as_of and leaf.is_covered(case)
        if found.status is Status.YES or over:
            happened = "has happened" if found.status is Status.YES else "did not happen in time"
            said = f"{leaf.kind} on {leaf.task} {happened}: {found.reason}"
            return cls._certain(leaf, said, happened=found.status is Status.YES)
        if leaf.needs_futures:
            return _part_by_date(desk, question, leaf, until.date())
        if (part := _tell_first(desk, question, leaf, until)) is not None:
            return part
        deciding = leaf.scopes(question.scope)[0]
        if is_measured(desk, leaf, deciding):
            return _measured_part(desk, question, leaf, scope, until.date(), found.reason)
        targets = _named_targets(desk, deciding, until.date())
        if targets:
            return _named_part(desk, leaf, scope, targets, until.date())
        if leaf.sides and (standing := holds_today(desk, question, leaf)):
            return _standing_part(desk, question, leaf, scope, until.date(), standing)
        return _dated_part(desk, question, leaf, scope, until.date())

    @classmethod
    def _certain(cls, leaf: Kind, said: str, *, happened: bool = True) -> Part:
        rank = np.arange(DRAWS)
        return cls(leaf, leaf.kind, None, fixed=Event(rank, float(happened)), said=(said,))

    def event(self, maps: Mapping[str, Map] | None = None, level: float | None = None) -> Event:
        """The event on the draws; with other maps, or the rate of arrivals at one of its quantiles."""
        event = self._event(maps, level)
        return replace(event, turned=not event.turned) if self.is_undone else event

    @property
    def measured(self) -> tuple[float, float]:
        """P(anything in scope is newly measured in time), and of the leaf if so; NaN where that is not told apart."""
        if self.told is not None and self.told.new is not None and self.told.new.any():
            return float(self.told.new.mean()), float(self.told.values[self.told.new].mean())
        if self.dated is None or self.dated.every or self.is_undone:
            return np.nan, np.nan
        measured = self.dated.measured
        return measured, self.event().probability / measured

    def _event(self, maps: Mapping[str, Map] | None, level: float | None) -> Event:
        if self.fixed is not None:
            return self.fixed
        if self.dated is not None:
            used = maps if maps is not None else self.learned.maps if self.learned else {}
            return self.dated.event(used, level)
        leaf = cast(Measured, self.leaf)  # models are foretold of measured leaves alone
        events = [leaf_on(model.with_maps(maps), leaf, self.scope)[1] for model in self.models]
        if len(events) == 1:
            return events[0]
        either = AnyOf(of=(self.leaf,) * len(events))
        reach = np.max([event.reach for event in events], axis=0)
        return Event.top(reach, probability_of(either, events))


def _tell_first(desk: Desk, question: Question, leaf: Measured, until: dt.datetime) -> Part | None:
    """A leaf on futures by date, unless these do not tell of it or the forecast by scale knows more of it.

    Of some of whom only futures by date tell, where all are priced by scale, never more than of all.
    """
    if desk.futures is None or _is_named_by_scale(desk, question, leaf, until.date()):
        return None
    try:
        told = foretell(desk.futures, leaf, question.scope, until.date())
        known = not told.note and is_well_measured(desk.futures, leaf, question.scope)
    except Untold:
        return None
    if known:
        return _foretold_part(leaf, told)
    if families_in_scope(desk, leaf, question.scope.within(leaf.scope)):
        return None
    part = _foretold_part(leaf, told)
    if leaf.sides or not families_in_scope(desk, leaf, Scope()):
        return part
    anybody = question.model_copy(update={"scope": Scope()})
    most = Part.of(desk, anybody, leaf.model_copy(update={"scope": None}), until).event().probability
    return replace(part, fixed=told.event.at(min(told.event.probability, most)))


def _is_named_by_scale(desk: Desk, question: Question, leaf: Measured, by: dt.date) -> bool:
    """Whether a side names models whose family the forecast by scale knows on a test: what size tells is more."""
    here = desk.of_benchmark(leaf)
    if of := benchmark_of_average(leaf):
        here = here | desk.part_of(of)
    families = set(desk.panel.rows["family"][here].astype("str"))
    for side in leaf.scopes(question.scope):
        try:
            if any(target.family in families for target in _named_targets(desk, side, by)):
                return True
        except DataError:
            continue
    return False


def _part_by_date(desk: Desk, question: Question, leaf: Kind, until: dt.date) -> Part:
    """A leaf that futures by date alone can tell of."""
    try:
        return _foretold_part(leaf, foretell(desk.futures, leaf, question.scope, until))
    except Untold as untold:
        raise DataError(f"{question.id} cannot be priced: {untold}") from untold


def _foretold_part(leaf: Kind, told: Foretold) -> Part:
    return Part(leaf, leaf.kind, None, fixed=told.event, said=told.said, told=told)


def _named_targets(desk: Desk, scope: Scope, by: dt.date) -> list[Target]:
    """The models that a scope names, by name or as the family's model of one size; none where it leaves that open."""
    family = next(iter(scope.family), None)
    if scope.model:
        return [desk.named_target(name, family, by) for name in scope.model]
    if family is None:
        return []
    for low, high, is_compute in (
        (scope.min_params, scope.max_params, False), (scope.min_flops, scope.max_flops, True),
    ):  # fmt: skip
        if low is not None and high is not None and high <= ONE_SIZE * low:
            size = (low * high) ** 0.5
            return [desk.sized_target(family, None if is_compute else size, size if is_compute else None)]
    return []


def _named_part(desk: Desk, leaf: Measured, scope: Scope, targets: Sequence[Target], by: dt.date) -> Part:
    """A leaf about models that are named, taken to be measured in time."""
    models = tuple(desk.model(target, leaf) for target in targets)
    if leaf.sides:
        models = tuple(model.with_rival(_rival(desk, leaf, by)) for model in models)
    said: list[str] = []
    for target, model in zip(targets, models, strict=True):
        units = units_of(model, leaf, scope)
        if not units:
            raise DataError(why_unpriced(desk, leaf, target.family, scope))
        said += describe_model(target.model, target.params, target.compute, model, units)
        if len(units) > 1:
            said.append(
                f"any of {len(units)} ways of measuring {target.model} may show it: name the prompt or shots for one"
            )
    who = " and ".join(target.model for target in targets)
    said.append(f"taken for granted that {who} will be measured on it by {by}")
    return Part(
        leaf, leaf.event_kind, desk.recalibration_for(targets[0].line), models=models, scope=scope, said=tuple(said)
    )


def _measured_part(desk: Desk, question: Question, leaf: Measured, scope: Scope, until: dt.date, why: str) -> Part:
    """A leaf about named models whose scores are known, and have not brought it about: these scores stand."""
    if leaf.sides:
        if standing := holds_today(desk, question, leaf):
            return _standing_part(desk, question, leaf, scope, until, standing)
        worse = leaf.scopes(question.scope)[1]
        rivals = _named_targets(desk, worse, until)
        if not rivals and not len(desk.evidence.select(leaf, worse)):
            raise DataError(why_unpriced(desk, leaf, next(iter(worse.family), None), worse))
        if rivals and not is_measured(desk, leaf, worse):
            # The rival must stay below the known score less the margin: it must not beat it by a negative one.
            part = _named_part(desk, leaf.swap_sides(keep_margin=True), scope, rivals, until)
            who = " and ".join(leaf.sides[0].model)
            return replace(part, is_undone=True, said=(f"{who} is measured; what would surpass it:", *part.said))
        if unsure := why_undecided(desk, question, leaf):
            raise DataError(f"{question.id} is not told by the scores that are known: {unsure}")
    return Part._certain(leaf, f"{why}: measured already, and taken to stand", happened=False)


def _rival(desk: Desk, leaf: Measured, by: dt.date) -> PricedModel | None:
    """The other side where it is a model that is not measured yet; None where its known scores stand for it."""
    other = leaf.sides[1]
    names = other.model
    known = desk.evidence.rows_of(leaf.task)
    measured = {model_key(desk.evidence.name("model", int(row))) for row in known}
    if not names or any(model_key(name) in measured for name in names):
        return None
    return desk.model(desk.named_target(names[0], next(iter(other.family), None), by), leaf)


def _dated_part(desk: Desk, question: Question, leaf: Measured, scope: Scope, until: dt.date) -> Part:
    """A leaf about whichever models will be measured by a day."""
    if (until - desk.as_of).days > MOST_YEARS * YEAR:
        raise DataError(
            f"the deadline {until} is more than {MOST_YEARS} years ahead, further than anything here can see: "
            "ask with an earlier one"
        )
    better = leaf.sides[0] if leaf.sides else Scope()
    families = families_in_scope(desk, leaf, scope.within(better))
    if not families:
        raise DataError(why_unpriced(desk, leaf, None, scope))
    every = scope.over == "all" and not leaf.sides
    asked = lacking(desk, question, leaf, families) if every else families
    made = [found for family in asked if (found := template_of(desk, leaf, scope, family)) is not None]
    if asked and not made:
        raise DataError(why_unpriced(desk, leaf, None, scope))
    templates = [template for template, _, _ in made]
    benchmarks = [benchmark for _, benchmark, _ in made] or [leaf.benchmark or ""]
    benchmark = next(
        (one for one in benchmarks if benchmark_key(one) == benchmark_key(leaf.benchmark or "")), benchmarks[0]
    )
    example = max(made, key=lambda found: float(found[0].raw.mean()))[2] if made else None
    is_closed = bool(scope.family or better.family or scope.line)
    rate = desk.rate(benchmark, tuple(families) if is_closed else desk.families_of_tuning(scope.tuning))
    course = desk.course(desk.seen_until(leaf, scope, until), until)
    fresh = None if is_closed else newcomer(desk, leaf, scope, benchmark, every=every)
    known = (1.0 - (fresh.weight if fresh else 0.0)) / len(families if every else templates)
    templates = [replace(template, weight=known) for template in templates] + ([fresh] if fresh else [])
    dated = DatedEvent(
        course,
        tuple(templates),
        rate,
        until,
        benchmark,
        task_key(leaf.task),
        leaf.event_kind,
        *_bounds(scope),
        every=every,
    )
    return Part(
        leaf,
        leaf.event_kind,
        desk.recalibration_for(""),
        dated=dated,
        scope=scope,
        said=tuple(describe_arrivals(dated, example)) + (describe_families(families, asked) if every else ()),
    )


def _standing_part(desk: Desk, question: Question, leaf: Measured, scope: Scope, until: dt.date, why: str) -> Part:
    """A contest that is won so far: it stays so unless the other side overtakes."""
    holds = f"{leaf.kind} on {name_leaf(leaf)} holds so far: {why}"
    if leaf.sides[1].model:
        return Part._certain(leaf, f"{holds}; the other side's models are measured")
    part = _dated_part(desk, question, leaf.swap_sides(), scope, until)
    return replace(part, leaf=leaf, is_undone=True, said=(f"{holds}; what may undo it:", *part.said))


def _bounds(scope: Scope) -> tuple[float, float]:
    """Compute, in decades, of the models that may decide."""
    least, most = [-np.inf], [np.inf]
    for bound, out in ((scope.min_flops, least), (scope.max_flops, most)):
        if bound is not None:
            out.append(float(np.log10(bound)))
    for bound, out in ((scope.min_params, least), (scope.max_params, most)):
        if bound is not None:
            out.append(float(np.log10(120.0 * bound**2)))
    return max(least), min(most)
