"""The price of a question: its probability, how sure that is, where it started from and what moved it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.load import Tables
from scale_forecast.data.names import did_you_mean
from scale_forecast.data.names.keys import benchmark_key, metric_key, model_key, task_key
from scale_forecast.data.sizes import format_size
from scale_forecast.inputs.targets import Target
from scale_forecast.predictors.registry import DEFAULT
from scale_forecast.pricing.arrivals import STEPS, YEAR, DatedEvent, Template, ladder_rate
from scale_forecast.pricing.desk import Desk
from scale_forecast.pricing.maps import Map
from scale_forecast.pricing.model import DRAWS, PricedModel, kind_of
from scale_forecast.pricing.questions import benchmark_of_average, leaf_on, named, units_of
from scale_forecast.pricing.recalibration import Recalibration
from scale_forecast.pricing.space import Event, held_off, probability_of
from scale_forecast.pricing.standing import average_reached, holds_today, is_measured, lacking
from scale_forecast.resolvers.judge.criteria import Case, is_covered, judge, moment
from scale_forecast.resolvers.judge.resolve import resolve
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.questions.question import (
    AllOf,
    AnyOf,
    Comparison,
    Count,
    FirstBy,
    Manual,
    Not,
    Question,
    Scope,
)
from scale_forecast.resolvers.scores.odds import fair_odds

MOST_TEMPLATES = 6
"""Families whose next models stand for what may come; the largest are taken."""
NEW_SIZES = np.array([-1.5, -0.6, 0.1, 0.8, 2.0])
"""Decades from the largest model measured on a task at which a model of a new family is forecast."""
NEW_FAMILY = "a new family"
MOST_YEARS = 30
"""Of a deadline without a named model."""
REPRICED = 40
"""Times a question is priced anew with resampled lines, for the interval."""
COVERAGE = 0.8
ONE_SIZE = 1.5
"""Bounds on size that are no further apart than this factor mean one model."""
SETTLED_NOTE = "already settled"
FRESH_DAYS = 90
"""Age of the newest score of a benchmark from which a price says so first."""


@dataclass(frozen=True)
class Price:
    """What a question is worth on a day.

    Attributes
    ----------
    question : str
        Its id.
    probability : float
        Never 0 or 1.
    low, high : float
        80% interval of the probability: how it moves with the lines that calibration and rates were learned from.
    base_rate : float
        How often past questions of its kind came out yes; NaN where none was.
    base_of : str
        What the base rate is of.
    moved : tuple of (str, float)
        The way from the base rate to the probability: what was taken into account, and the probability then.
    reasons : tuple of str
        Sentences: what was assumed and what weighs.
    note : str
        A warning that what is known is old, or nothing.
    status : Status
        `Status.OPEN`, or what the evidence of the day already decides.
    as_of : date
    predictor : str
    """

    question: str
    title: str
    probability: float
    low: float
    high: float
    base_rate: float
    base_of: str
    moved: tuple[tuple[str, float], ...]
    reasons: tuple[str, ...]
    status: Status
    as_of: dt.date
    predictor: str
    note: str = ""

    @property
    def odds(self) -> str:
        """Fair odds."""
        return fair_odds(self.probability)

    def _repr_html_(self) -> str:
        from scale_forecast.pricing.shown import html

        return html(self)


def price(
    question: Question,
    tables: Tables,
    *,
    as_of: dt.date | str | pd.Timestamp,
    predictor: str = DEFAULT,
    cache: Path | None = None,
    seed: int = 0,
) -> Price:
    """Price one question from what was public on a day; see `price_all`."""
    desk = Desk(tables, pd.Timestamp(as_of).date(), predictor=predictor, cache=cache, seed=seed)
    return price_at(desk, question)


def price_all(desk: Desk, questions: Sequence[Question], *, interval: bool = True) -> list[Price | DataError]:
    """Price many questions as of one day, each model being forecast once; what cannot be priced is the error itself.

    Without ``interval``, which takes most of the time, ``low`` and ``high`` are the probability.
    """
    out: list[Price | DataError] = []
    for question in questions:
        try:
            out.append(price_at(desk, question, interval=interval))
        except DataError as error:
            out.append(error)
    return out


def price_at(desk: Desk, question: Question, *, interval: bool = True) -> Price:
    """Price one question at a desk; see `price_all`.

    Raises
    ------
    DataError
        When it cannot be priced, with the reason: it asks for a number, no table settles it, its time is over, or
        nothing is known to start from.
    """
    opened = _opened(desk, question)
    return opened if isinstance(opened, Price) else opened.price(interval)


def events_at(desk: Desk, question: Question) -> list[Event] | None:
    """The recalibrated event of each leaf of an open question; None where the day's evidence decides it.

    Raises
    ------
    DataError
        As `price_at`.
    """
    opened = _opened(desk, question)
    return None if isinstance(opened, Price) else [part.event() for part in opened.parts]


def _opened(desk: Desk, question: Question) -> _Open | Price:
    """A question with its leaves, or its price where it is settled."""
    if question.is_numeric:
        raise DataError(f"{question.id} asks for a number, not yes or no: `forecast predict` gives its distribution")
    asked = question.model_copy(update={"opened": min(question.opened, _utc(desk.as_of))})
    known = resolve(asked, desk.evidence, as_of=pd.Timestamp(desk.as_of))
    if known.status in (Status.YES, Status.NO):
        return _settled(desk, question, known.status, known.reason)
    if known.status is not Status.OPEN:
        raise DataError(f"{question.id} is {known.status.value} as of {desk.as_of}: {known.reason}")
    if question.resolve_by.date() < desk.as_of:
        raise DataError(
            f"{question.id} closed on {question.resolve_by:%Y-%m-%d} and waits for its judge: nothing to price "
            f"({known.reason})"
        )
    manual = [part.why for part in _manual(question.criterion)]
    if manual:
        raise DataError(f"{question.id} is settled by no results table ({manual[0]}): it cannot be priced")
    parts = [_Part.of(desk, question, leaf, until) for leaf, until in _dated_leaves(question)]
    return _Open(desk, question, parts)


def _settled(desk: Desk, question: Question, status: Status, reason: str) -> Price:
    p = held_off(float(status is Status.YES))
    return Price(
        question.id, question.title, p, p, p, np.nan, "", (), (f"{SETTLED_NOTE} as of {desk.as_of}: {reason}",), status,
        desk.as_of, desk.predictor,
    )  # fmt: skip


def _utc(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(0), tzinfo=dt.UTC)


def _manual(criterion: Any) -> Iterator[Manual]:
    if isinstance(criterion, Manual):
        yield criterion
    elif isinstance(criterion, Not):
        yield from _manual(criterion.of)
    elif isinstance(criterion, (Count, AllOf, AnyOf)):
        for part in criterion.of:
            yield from _manual(part)


def _dated_leaves(question: Question) -> list[tuple[Any, dt.datetime]]:
    """Each leaf with the moment until which evidence counts for it, in the order of `questions.question.leaves`."""

    def walk(criterion: Any, until: dt.datetime) -> Iterator[tuple[Any, dt.datetime]]:
        if isinstance(criterion, FirstBy):
            yield from walk(criterion.event, min(until, criterion.by))
        elif isinstance(criterion, Not):
            yield from walk(criterion.of, until)
        elif isinstance(criterion, (Count, AllOf, AnyOf)):
            for part in criterion.of:
                yield from walk(part, until)
        else:
            yield criterion, until

    return list(walk(question.criterion, question.resolve_by))


# --- leaves ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """One leaf, as priced: ``event(maps, level)`` on the draws, and what there is to say about it."""

    leaf: Any
    kind: str
    learned: Recalibration | None
    fixed: Event | None = None
    models: tuple[PricedModel, ...] = ()
    dated: DatedEvent | None = None
    scope: Scope = field(default_factory=Scope)
    said: tuple[str, ...] = ()
    is_undone: bool = False
    """Whether ``dated`` or ``models`` tell what would undo the leaf, rather than bring it about."""

    @classmethod
    def of(cls, desk: Desk, question: Question, leaf: Any, until: dt.datetime) -> _Part:
        scope = question.scope.within(leaf.scope)
        case = Case(desk.evidence, question.scope, moment(_utc(desk.as_of)), moment(question.resolve_by), moment(until))
        found = judge(leaf, case)
        over = until.date() < desk.as_of and is_covered(leaf, case)
        if found.status is Status.YES or over:
            happened = "has happened" if found.status is Status.YES else "did not happen in time"
            said = f"{leaf.kind} on {leaf.task} {happened}: {found.reason}"
            return cls._certain(desk, leaf, said, happened=found.status is Status.YES)
        better = scope.within(leaf.better) if isinstance(leaf, Comparison) else scope
        if is_measured(desk, leaf, better):
            return _measured_part(desk, question, leaf, scope, until.date(), found.reason)
        targets = _named_targets(desk, better, until.date())
        if targets:
            return _named_part(desk, leaf, scope, targets, until.date())
        if isinstance(leaf, Comparison) and (standing := holds_today(desk, question, leaf)):
            return _standing_part(desk, question, leaf, scope, until.date(), standing)
        if reached := average_reached(desk, leaf, scope):
            return cls._certain(desk, leaf, f"{leaf.kind} on {named(leaf)} has happened: {reached}")
        return _dated_part(desk, question, leaf, scope, until.date())

    @classmethod
    def _certain(cls, desk: Desk, leaf: Any, said: str, *, happened: bool = True) -> _Part:
        rank = np.arange(DRAWS)
        return cls(leaf, kind_of(leaf), None, fixed=Event(rank, float(happened)), said=(said,))

    def event(self, maps: Mapping[str, Map] | None = None, level: float | None = None) -> Event:
        event = self._event(maps, level)
        return replace(event, turned=not event.turned) if self.is_undone else event

    def _event(self, maps: Mapping[str, Map] | None, level: float | None) -> Event:
        if self.fixed is not None:
            return self.fixed
        if self.dated is not None:
            used = maps if maps is not None else self.learned.maps if self.learned else {}
            return self.dated.event(used, level)
        events = [leaf_on(model.with_maps(maps), self.leaf, self.scope)[1] for model in self.models]
        if len(events) == 1:
            return events[0]
        either = AnyOf.model_construct(of=(self.leaf,) * len(events), if_nothing="no")
        reach = np.max([event.reach for event in events], axis=0)
        return Event.top(reach, probability_of(either, events))


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


def _named_part(desk: Desk, leaf: Any, scope: Scope, targets: Sequence[Target], by: dt.date) -> _Part:
    """A leaf about models that are named, taken to be measured in time."""
    models = tuple(desk.model(target, leaf) for target in targets)
    if isinstance(leaf, Comparison):
        models = tuple(model.with_rival(_rival(desk, leaf, by)) for model in models)
    said: list[str] = []
    for target, model in zip(targets, models, strict=True):
        units = units_of(model, leaf, scope)
        if not units:
            raise DataError(_unpriced(desk, leaf, scope, target.family))
        said += _said_of_model(target.model, target.params, target.compute, model, units)
        if len(units) > 1:
            said.append(
                f"any of {len(units)} ways of measuring {target.model} may show it: name the prompt or shots for one"
            )
    who = " and ".join(target.model for target in targets)
    said.append(f"taken for granted that {who} will be measured on it by {by}")
    return _Part(leaf, kind_of(leaf), desk.learned(targets[0].line), models=models, scope=scope, said=tuple(said))


def _measured_part(desk: Desk, question: Question, leaf: Any, scope: Scope, until: dt.date, why: str) -> _Part:
    """A leaf about named models whose scores are known, and have not brought it about: these scores stand."""
    if isinstance(leaf, Comparison):
        if standing := holds_today(desk, question, leaf):
            return _standing_part(desk, question, leaf, scope, until, standing)
        worse = scope.within(leaf.worse)
        rivals = _named_targets(desk, worse, until)
        if not rivals and not len(desk.evidence.select(leaf, worse)):
            raise DataError(_unpriced(desk, leaf, worse, next(iter(worse.family), None)))
        if rivals and not is_measured(desk, leaf, worse):
            # The rival must stay below the known score less the margin: it must not beat it by a negative one.
            part = _named_part(desk, _swapped(leaf, -leaf.margin), scope, rivals, until)
            who = " and ".join(leaf.better.model)
            return replace(part, is_undone=True, said=(f"{who} is measured; what would surpass it:", *part.said))
    return _Part._certain(desk, leaf, f"{why}: measured already, and taken to stand", happened=False)


def _swapped(leaf: Comparison, margin: float) -> Comparison:
    """The other side beating this one by a margin, noise aside."""
    sides = {"better": leaf.worse, "worse": leaf.better}
    return leaf.model_copy(update={**sides, "margin": margin, "beyond_noise": False})


def _rival(desk: Desk, leaf: Comparison, by: dt.date) -> PricedModel | None:
    """The other side where it is a model that is not measured yet; None where its known scores stand for it."""
    names = leaf.worse.model
    known = desk.evidence.rows_of(leaf.task)
    measured = {model_key(desk.evidence.name("model", int(row))) for row in known}
    if not names or any(model_key(name) in measured for name in names):
        return None
    return desk.model(desk.named_target(names[0], next(iter(leaf.worse.family), None), by), leaf)


def _dated_part(desk: Desk, question: Question, leaf: Any, scope: Scope, until: dt.date) -> _Part:
    """A leaf about whichever models will be measured by a day."""
    if (until - desk.as_of).days > MOST_YEARS * YEAR:
        raise DataError(
            f"the deadline {until} is more than {MOST_YEARS} years ahead, further than anything here can see: "
            "ask with an earlier one"
        )
    better = leaf.better if isinstance(leaf, Comparison) else Scope()
    families = _families(desk, leaf, scope.within(better) if better.model_fields_set else scope)
    if not families:
        raise DataError(_unpriced(desk, leaf, scope, None))
    every = scope.over == "all" and not isinstance(leaf, Comparison)
    asked = lacking(desk, question, leaf, families) if every else families
    made = [found for family in asked if (found := _template(desk, leaf, scope, family)) is not None]
    if asked and not made:
        raise DataError(_unpriced(desk, leaf, scope, None))
    templates = [template for template, _, _ in made]
    benchmarks = [benchmark for _, benchmark, _ in made] or [leaf.benchmark or ""]
    benchmark = next(
        (one for one in benchmarks if benchmark_key(one) == benchmark_key(leaf.benchmark or "")), benchmarks[0]
    )
    example = max(made, key=lambda found: float(found[0].raw.mean()))[2] if made else None
    is_closed = bool(scope.family or better.family or scope.line)
    rate = desk.rate(benchmark, tuple(families) if is_closed else desk.families_tuned(scope.tuning))
    course = desk.course(desk.seen_until(leaf, scope, until), until)
    newcomer = None if is_closed else _newcomer(desk, leaf, scope, benchmark, every=every)
    known = (1.0 - (newcomer.weight if newcomer else 0.0)) / len(families if every else templates)
    templates = [replace(template, weight=known) for template in templates] + ([newcomer] if newcomer else [])
    dated = DatedEvent(
        course,
        tuple(templates),
        rate,
        until,
        benchmark,
        task_key(leaf.task),
        kind_of(leaf),
        *_bounds(scope),
        every=every,
    )
    return _Part(
        leaf,
        kind_of(leaf),
        desk.learned(""),
        dated=dated,
        scope=scope,
        said=tuple(_said_of_dated(desk, dated, example)) + (_said_of_all(families, asked) if every else ()),
    )


def _standing_part(desk: Desk, question: Question, leaf: Comparison, scope: Scope, until: dt.date, why: str) -> _Part:
    """A comparison that holds so far: it stays so unless the other side overtakes."""
    holds = f"comparison on {named(leaf)} holds so far: {why}"
    if leaf.worse.model:
        return _Part._certain(desk, leaf, f"{holds}; the other side's models are measured")
    part = _dated_part(desk, question, _swapped(leaf, 0.0), scope, until)
    return replace(part, leaf=leaf, is_undone=True, said=(f"{holds}; what may undo it:", *part.said))


def _families(desk: Desk, leaf: Any, scope: Scope) -> list[str]:
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


def _template(desk: Desk, leaf: Any, scope: Scope, family: str) -> tuple[Template, str, tuple[str, ...]] | None:
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
            said = tuple(_said_of_model(target.model, target.params, target.compute, model, units[:1]))
    return Template(family, np.array(compute), np.array(raw)), benchmark, said


def _raw_on(model: PricedModel, leaf: Any, units: Sequence[tuple[int, Any]]) -> float:
    """Before recalibration, in the way of measuring that decides: the likeliest; of a comparison the least likely."""
    each = [model.raw(at, leaf, rival=rival, kind=kind_of(leaf)) for at, rival in units]
    return min(each) if isinstance(leaf, Comparison) else max(each)


def _newcomer(desk: Desk, leaf: Any, scope: Scope, benchmark: str, *, every: bool) -> Template | None:
    """A family that is new to the task; None where nothing is known of the kind asked for.

    Its whole ladder may fall and rise, as often as those of others did. Where a single model can bring the event about,
    it is forecast as a recipe that nobody has seen, at sizes around those that were measured. Where every family is
    asked to resolve, a new one that never falls is not asked, and how many fall is left out.
    """
    weight = desk.publications.new_share
    if every and leaf.kind == "reversal":
        return None
    if leaf.kind in ("reversal", "u_shape"):
        rate = ladder_rate(desk.panel.rows, leaf.kind, benchmark, leaf.task)
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


def _unpriced(desk: Desk, leaf: Any, scope: Scope, family: str | None) -> str:
    """Why a leaf cannot be priced, and what could be asked instead."""
    names = desk.evidence.names("task")
    has = len(desk.evidence.rows_of(leaf.task)) > 0
    whose = f" of {family}" if family else ""
    if not has:
        benchmarks = {benchmark_key(name) for name in desk.evidence.names("benchmark")}
        of = leaf.benchmark or leaf.task
        more = "" if benchmark_key(of) in benchmarks else f", nor any of a benchmark {of!r}"
        return (
            f"no score{whose} on {named(leaf)} was known by {desk.as_of}{more}{did_you_mean(leaf.task, names)}: "
            "there is nothing to start from; give results on it"
        )
    metrics = desk.evidence.metrics_of(leaf.task)
    if metric_key(leaf.metric) not in map(metric_key, metrics):
        return f"{leaf.task} was measured in {' and '.join(metrics)}, not {leaf.metric}: ask about one of these"
    known = f"no score{whose} on {named(leaf)} in the question's scope was known by {desk.as_of}"
    return f"{known}: widen tuning, prompt or shots"


# --- putting it together ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Open:
    """A question that is open, with its leaves."""

    desk: Desk
    question: Question
    parts: list[_Part]

    def price(self, interval: bool) -> Price:
        leaf_kinds = [part.kind for part in self.parts]
        identity = [part.event({}) for part in self.parts]
        events = [part.event() for part in self.parts]
        raw, final = (held_off(probability_of(self.question.criterion, e)) for e in (identity, events))
        base, base_of = self._base_rate(leaf_kinds)
        low, high = self._interval(final) if interval else (final, final)
        moved = [(base_of, base)] if np.isfinite(base) else []
        moved += self._steps(raw)
        if abs(final - raw) > 5e-4:
            moved.append(("as past questions of the kind came out", final))
        said = list(dict.fromkeys(sentence for part in self.parts for sentence in part.said))
        if self.question.premise is not None:
            said.append("given that its premise holds; else it is annulled")
        return Price(
            self.question.id, self.question.title, final, low, high, base, base_of, tuple(moved), tuple(said),
            Status.OPEN, self.desk.as_of, self.desk.predictor, self._staleness(),
        )  # fmt: skip

    def _staleness(self) -> str:
        """What to say first where the newest score that a part rests on is long past; the oldest such one."""
        newest = [(day, part.leaf) for part in self.parts if (day := self.desk.newest_named(part.leaf)) is not None]
        if not newest:
            return ""
        day, leaf = min(newest, key=lambda one: one[0])
        days = (self.desk.as_of - day).days
        if days <= FRESH_DAYS:
            return ""
        return (
            f"Note: the newest {leaf.benchmark or leaf.task} score here is of {day}, {days:,} days before "
            f"{self.desk.as_of}: what happened since is unknown to this forecast."
        )

    def _base_rate(self, kinds: Sequence[str]) -> tuple[float, str]:
        """Of the kind of one leaf; of a combination, as if its leaves came at their base rates independently."""
        rates = []
        for part, kind in zip(self.parts, kinds, strict=True):
            if part.learned is None:
                rates.append((part.fixed.probability if part.fixed else np.nan, 0))
                continue
            rates.append(part.learned.base_rate(kind))
        if not any(n for _, n in rates):
            return np.nan, ""
        if len(rates) == 1:
            return rates[0][0], f"base rate of {rates[0][1]} past {kinds[0].replace('_', '-')} questions on one model"
        rng = np.random.default_rng(self.desk.seed)
        n = len(self.parts[0].event({}).rank)
        apart = [Event(rng.permutation(n), float(np.nan_to_num(rate, nan=0.5))) for rate, _ in rates]
        return probability_of(self.question.criterion, apart), "its parts at the base rates of their kinds, independent"

    def _steps(self, raw: float) -> list[tuple[str, float]]:
        """The forecast's own probability; for a deadline, first that of one arrival and then with all that may come."""
        dated = [part.dated for part in self.parts if part.dated is not None]
        if len(self.parts) == 1 and dated:
            event = dated[0]
            if event.every:
                return [(f"with {event.expected:.1f} publications of new models expected in time", raw)]
            known = [t for t in event.templates if not t.is_new]
            weight = np.array([t.weight for t in event.templates])
            size = np.array([np.median(event.course.size_by(event.deadline) + event.course.gain_by(event.deadline))])
            near = np.mean([t.raw[0] for t in known])
            far = weight @ np.array([t.at(size, None)[0] for t in event.templates])
            if self.parts[0].is_undone:
                near, far = 1.0 - near, 1.0 - far
            return [
                ("the next model of a known family, just above its largest", float(near)),
                ("one newly measured model, of the size they will have by the deadline", float(far)),
                (f"with {event.expected:.1f} publications of new models expected in time", raw),
            ]
        return [("what the forecast of the model says" if not dated else "what the forecasts say together", raw)]

    def _interval(self, final: float) -> tuple[float, float]:
        """Quantiles of the price with maps of resampled lines and rates drawn anew; always around the price itself."""
        if all(part.fixed is not None for part in self.parts):
            return final, final
        rng = np.random.default_rng([self.desk.seed, 11])
        prices = []
        for level in rng.permutation((np.arange(REPRICED) + 0.5) / REPRICED):
            seed = int(rng.integers(2**31))
            events = []
            for part in self.parts:
                maps = {} if part.learned is None else part.learned.resampled(part.kind, seed)
                events.append(part.event(maps, float(level)))
            prices.append(held_off(probability_of(self.question.criterion, events)))
        low, high = np.quantile(prices, [0.5 - COVERAGE / 2, 0.5 + COVERAGE / 2])
        return float(min(low, final)), float(max(high, final))


# --- words -----------------------------------------------------------------------------------------------------------


def _said_of_model(
    name: str, params: float, compute: float, model: PricedModel, units: Sequence[tuple[int, Any]]
) -> Iterator[str]:
    """Of each unit: where the model starts from and what is forecast."""
    size = f"{format_size(params)} parameters, 1e{compute:.1f} FLOP" if np.isfinite(params) else f"1e{compute:.1f} FLOP"
    for at, _ in list(units)[:3]:
        row, one = model.forecast.targets.iloc[at], model.single(at)
        low, high = one.interval(0.8)[0]
        shots = "" if pd.isna(row["shots"]) else f", {int(row['shots'])}-shot"
        trend = ""
        if at < len(model.turning):
            trend = f", so far {model.turning['trend'].iat[at]}"
        yield (
            f"{name} ({size}) on {row['benchmark']}/{row['task']} ({row['prompt']}{shots}): "
            f"from {row['origin_score']:.3f} of {row['origin_model']}{trend}, "
            f"forecast {one.median[0]:.3f} ({low:.3f} to {high:.3f})"
        )


def _said_of_all(families: Sequence[str], asked: Sequence[str]) -> tuple[str, ...]:
    """Where every family must show it: which have not."""
    if not asked:
        return (f"none of the {len(families)} families measured so far lacks it",)
    return (f"of {len(families)} families measured so far {len(asked)} still lack it: {', '.join(asked)}",)


def _said_of_dated(desk: Desk, dated: DatedEvent, example: tuple[str, ...] | None) -> Iterator[str]:
    low, mid, high = np.quantile(dated.course.size_by(dated.deadline), [0.1, 0.5, 0.9])
    gain = 10.0 ** float(np.median(dated.course.gain_by(dated.deadline)))
    yield (
        f"by {dated.deadline} newly measured models train on 1e{mid:.1f} FLOP (80%: 1e{low:.1f} to 1e{high:.1f}), "
        f"and recipes are worth {gain:.1f} times as much compute; {dated.expected:.1f} publications of them expected "
        f"on {dated.benchmark}, at {dated.rate.mean:.2f} a year"
    )
    if example:
        yield example[0]
    sizes = [f"{t.family} {t.raw[0]:.2f} to {t.raw[-1]:.2f}" for t in dated.templates if not t.is_new]
    if sizes:
        yield f"P(its next model shows it), from just above its largest to {STEPS[-1]:g} decades on: {', '.join(sizes)}"
    for t in dated.templates:
        low, high = (f"1e{size:.1f}" for size in (t.compute[0], t.compute[-1]))
        if t.is_new:
            new = f"{t.weight:.0%} of newly measured models are of new families"
            if t.is_rate:
                yield f"{new}, which show it with probability {t.raw[0]:.2f}, as others did"
            else:
                yield f"{new}: from {t.raw[0]:.2f} at {low} FLOP to {t.raw[-1]:.2f} at {high}"
