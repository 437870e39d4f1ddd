"""The price of a question: its probability, how sure that is, where it started from and what moved it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.data.dates import FRESH_DAYS, Stale
from scale_forecast.data.errors import DataError
from scale_forecast.data.load import Tables
from scale_forecast.data.notebook import ShowsHtml
from scale_forecast.predictors.registry import DEFAULT
from scale_forecast.pricing.answers import Answer, day, number, option
from scale_forecast.pricing.by_date import IF_NEWLY, NEWLY, foretell
from scale_forecast.pricing.by_scale import answer_by_scale
from scale_forecast.pricing.desk import Desk
from scale_forecast.pricing.parts import Part, start_of
from scale_forecast.pricing.space import Event, hold_off, probability_of
from scale_forecast.resolvers.judge.futures import Untold
from scale_forecast.resolvers.judge.status import ANSWERED, Status
from scale_forecast.resolvers.kinds.base import Kind, Measured
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import Resolution, resolve
from scale_forecast.resolvers.scores.odds import fair_odds

REPRICED = 40
"""Times a question is priced anew with resampled lines, for the interval."""
COVERAGE = 0.8
SETTLED_NOTE = "already settled"
BY_DATE = "by date"
"""What prices on futures by date name as their predictor."""
UNTOLD = (np.nan, np.nan)
_ASKED = {"number": "a number", "date": "a day", "option": "an option"}


@dataclass(frozen=True)
class Price(ShowsHtml):
    """What a question is worth on a day.

    Attributes
    ----------
    question : str
        Its id.
    probability : float
        Never 0 or 1.
    low, high : float
        80% interval of the probability: how it moves with the lines that calibration and rates were learned from; NaN
        on futures by date, which learn from no lines.
    base_rate : float
        How often past questions of its kind came out yes; NaN where none was.
    base_of : str
        What the base rate is of.
    moved : tuple of (str, float)
        The way from the base rate to the probability: what was taken into account, and the probability then.
    reasons : tuple of str
        Sentences: what was assumed and what weighs.
    measured : (float, float)
        P(anything in scope is newly measured in time), and of the event if so; NaN where no such thing is foretold.
    answer : Answer, optional
        Of a question for a number, a day or an option its distribution; ``probability`` is NaN then.
    note : str
        How days were read, and a warning that what is known is old; or nothing.
    stale : Stale, optional
        That warning as a value.
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
    stale: Stale | None = None
    measured: tuple[float, float] = UNTOLD
    answer: Answer | None = None

    @property
    def odds(self) -> str:
        """Fair odds; empty where there is no probability."""
        return "" if np.isnan(self.probability) else fair_odds(self.probability)


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
    """Price one question at a desk; see `price_all`. A number, a day or an option has an ``answer`` and no probability.

    A question that is over without being settled has the price of its last day, and ``as_of`` says so.

    Raises
    ------
    DataError
        When it cannot be priced, with the reason: no table settles it, or nothing is known to start from.
    """
    known = _judge(desk, question)
    if known.status in ANSWERED:
        return _settled_price(desk, question, known)
    if question.resolve_by.date() < desk.as_of:
        return _price_of_last_day(desk, question, known, interval)
    opened = _open_question(desk, question, known)
    return opened.price(interval) if question.criterion.answers == "event" else opened.answer()


def events_at(desk: Desk, question: Question) -> list[Event] | None:
    """The recalibrated event of each leaf of an open question; None where the day's evidence decides it.

    Raises
    ------
    DataError
        As `price_at`, and where its time is over.
    """
    known = _judge(desk, question)
    if known.status in ANSWERED:
        return None
    if question.resolve_by.date() < desk.as_of:
        raise DataError(f"{question.id} closed on {question.resolve_by:%Y-%m-%d} and waits for its judge")
    return [part.event() for part in _open_question(desk, question, known).parts]


def _judge(desk: Desk, question: Question) -> Resolution:
    """What the day's evidence says of a question; an error where it is annulled or ambiguous."""
    asked = question.model_copy(update={"opened": min(question.opened, start_of(desk.as_of))})
    known = resolve(asked, desk.evidence, as_of=pd.Timestamp(desk.as_of))
    if known.status not in ANSWERED and known.status is not Status.OPEN:
        raise DataError(f"{question.id} is {known.status.value} as of {desk.as_of}: {known.reason}")
    return known


def _open_question(desk: Desk, question: Question, known: Resolution) -> _Open:
    """A question that is not settled, with its leaves."""
    if why := question.criterion.why_unpriced():
        raise DataError(f"{question.id} {why}")
    leaves = question.criterion.dated_leaves(question.resolve_by)
    if question.criterion.answers != "event":
        return _Open(desk, question, [], known)
    return _Open(desk, question, [Part.of(desk, question, leaf, until) for leaf, until in leaves], known)


def _price_of_last_day(desk: Desk, question: Question, known: Resolution, interval: bool) -> Price:
    """Of a question that is over and that nothing settles: what it was worth on its last day, as that day knew it.

    What became known later is about other days, so that it would raise a record before its time.
    """
    last = question.resolve_by.date()
    try:
        then = price_at(desk.on(last), question, interval=interval)
    except DataError as error:
        raise DataError(f"{question.id} closed on {last} and waits for its judge ({known.reason}): {error}") from error
    first = f"Closed on {last} and not settled since ({known.reason}): the price is that of its last day, {last}."
    return replace(then, note=f"{first} {then.note}".strip())


def _settled_price(desk: Desk, question: Question, known: Resolution) -> Price:
    p, answer = np.nan, None
    if known.status in (Status.YES, Status.NO):
        p = hold_off(float(known.status is Status.YES))
    else:
        said = known.answer or f"{known.value:g}"
        answer = Answer(question.criterion.answers, said, pd.DataFrame({"option": [said], "probability": [1.0]}))
    return Price(
        question.id, question.title, p, p, p, np.nan, "", (), (f"{SETTLED_NOTE} as of {desk.as_of}: {known.reason}",),
        known.status, desk.as_of, desk.predictor, answer=answer,
    )  # fmt: skip


# --- putting it together ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Open:
    """A question that is open, with its leaves."""

    desk: Desk
    question: Question
    parts: list[Part]
    known: Resolution
    """What the evidence of the day comes to so far."""

    def price(self, interval: bool) -> Price:
        leaf_kinds = [part.kind for part in self.parts]
        identity = [part.event({}) for part in self.parts]
        events = [part.event() for part in self.parts]
        raw, final = (hold_off(probability_of(self.question.criterion, e)) for e in (identity, events))
        base, base_of = self._base_rate(leaf_kinds)
        low, high = self._interval(final) if interval else (final, final)
        by_date = [part for part in self.parts if part.told is not None]
        predictor = self.desk.predictor
        if self.parts and len(by_date) == len(self.parts):  # nothing was learned on lines that could be resampled
            predictor, low, high = BY_DATE, np.nan, np.nan
        moved = [(base_of, base)] if np.isfinite(base) else []
        moved += self._steps(raw)
        if abs(final - raw) > 5e-4:
            moved.append(("as past questions of the kind came out", final))
        said = list(dict.fromkeys(sentence for part in self.parts for sentence in part.said))
        if self.question.premise is not None:
            said.append("given that its premise holds; else it is annulled")
        note, stale = self._note([part.told.note for part in by_date if part.told])
        return Price(
            self.question.id, self.question.title, final, low, high, base, base_of, tuple(moved), tuple(said),
            Status.OPEN, self.desk.as_of, predictor, note, stale,
            self.parts[0].measured if len(self.parts) == 1 else UNTOLD,
        )  # fmt: skip

    def answer(self) -> Price:
        """A number, a day or an option: on futures by date, or where thresholds are priced by scale read off these."""
        question, desk = self.question, self.desk
        ((leaf, until),) = question.criterion.dated_leaves(question.resolve_by)
        so_far = max((float(row["score"]) for row in self.known.evidence), default=-np.inf)
        if (by_scale := answer_by_scale(desk, question, leaf, until, so_far)) is not None:
            return self._open_price(leaf, *by_scale, desk.predictor, "")
        try:
            told = foretell(desk.futures, leaf, question.scope, until.date())
        except Untold as untold:
            hint = "; `forecast predict` gives the distribution of a named model" if question.is_numeric else ""
            raise DataError(f"{question.id} asks for {_ASKED[leaf.answers]}, and {untold}{hint}") from untold
        if leaf.answers == "number":
            answer = number(np.fmax(told.values, so_far))  # tables by scale may hold a higher score than those by date
        elif leaf.answers == "date":
            answer = day(told.values, desk.as_of, until.date())
        else:
            answer = option(told.values)
        return self._open_price(leaf, answer, told.said, BY_DATE, told.note)

    def _open_price(self, leaf: Kind, answer: Answer, said: tuple[str, ...], predictor: str, note: str) -> Price:
        first, stale = self._note([note], [leaf])
        return Price(
            self.question.id, self.question.title, np.nan, np.nan, np.nan, np.nan, "", (), said, Status.OPEN,
            self.desk.as_of, predictor, first, stale, answer=answer,
        )  # fmt: skip

    def _note(self, first: Sequence[str], leaves: Sequence[Kind] | None = None) -> tuple[str, Stale | None]:
        """What is to be said first: how days were read, and how old what is known is."""
        stale = self._staleness(leaves)
        last = "" if stale is None else f"Note: {stale.sentence()}."
        return " ".join(dict.fromkeys(note for note in (*first, last) if note)), stale

    def _staleness(self, leaves: Sequence[Kind] | None = None) -> Stale | None:
        """How old the newest score is that a part rests on, where it is long past; the oldest such one."""
        looked = [part.leaf for part in self.parts] if leaves is None else leaves
        measured = [leaf for one in looked for leaf in one.leaves()]
        newest = [(day, leaf) for leaf in measured if (day := self._newest(leaf)) is not None]
        if not newest:
            return None
        day, leaf = min(newest, key=lambda one: one[0])
        if (self.desk.as_of - day).days <= FRESH_DAYS:
            return None
        of = f"{leaf.benchmark or leaf.task} score"
        return Stale(of, day, self.desk.as_of, "what happened since is unknown to this forecast")

    def _newest(self, leaf: Measured) -> dt.date | None:
        """The day of the newest score on a leaf's benchmark, by date or by scale."""
        try:
            if self.desk.futures is not None:
                return self.desk.futures.newest(leaf)
        except Untold:
            pass
        return self.desk.newest_of_name(leaf)

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
        told = [part.told for part in self.parts if part.told is not None]
        if len(self.parts) == 1 and told:
            return [*told[0].apart, ("on the futures by date, happened unseen or still to come", raw)]
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
                *self._measured_steps(),
                (f"with {event.expected:.1f} publications of new models expected in time", raw),
            ]
        return [("what the forecast of the model says" if not dated else "what the forecasts say together", raw)]

    def _measured_steps(self) -> list[tuple[str, float]]:
        """That anything is newly measured by a deadline, and what is asked if so."""
        measured, given = self.parts[0].measured
        if np.isnan(measured):
            return []
        return [(NEWLY, measured), (IF_NEWLY, given)]

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
                maps = {} if part.learned is None else part.learned.resample(part.kind, seed)
                events.append(part.event(maps, float(level)))
            prices.append(hold_off(probability_of(self.question.criterion, events)))
        low, high = np.quantile(prices, [0.5 - COVERAGE / 2, 0.5 + COVERAGE / 2])
        return float(min(low, final)), float(max(high, final))
