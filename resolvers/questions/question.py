"""Questions about benchmark scores: what was asked, in a form that a program can judge.

A question is read from YAML, checked once, and never changes: the judge, the pricer and the ledger all take
a `Question`. Its ``criterion`` is one of the kinds below, and ``all_of``, ``any_of``, ``count`` and ``not`` combine
others; its ``scope`` says which models count. ``resolve_by`` is the last moment whose evidence counts.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import json
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from scale_forecast.data.errors import UsageError
from scale_forecast.data.sizes import parse_size
from scale_forecast.resolvers.scores.odds import implied_probability

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$"

_DAY_END = dt.time(23, 59, 59, tzinfo=dt.UTC)
_DAY_START = dt.time(0, 0, tzinfo=dt.UTC)


# --- small types -----------------------------------------------------------------------------------------------------


def _as_tuple(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else (value,)


def _as_size(value: Any) -> float:
    try:
        return parse_size(value)
    except UsageError as error:
        raise ValueError(str(error)) from error


def _moment(value: Any, of_day: dt.time) -> Any:
    """A day as its first or last second in UTC; a time of day needs a time zone."""
    if isinstance(value, str):
        try:
            value = dt.date.fromisoformat(value) if len(value) == 10 else dt.datetime.fromisoformat(value)
        except ValueError as error:
            raise ValueError("is not a date: write YYYY-MM-DD, or a time with its zone") from error
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise ValueError("has no time zone: write 2024-01-01T00:00:00Z, or the date alone for a day in UTC")
        try:
            return value.astimezone(dt.UTC)
        except OverflowError as error:
            raise ValueError("is beyond the years 1 to 9999 in UTC: choose another day") from error
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, of_day)
    return value


def _shown(value: dt.datetime | None) -> Any:
    """A first or last second of a day is written as the day."""
    if value is not None and value.timetz() in (_DAY_START, _DAY_END):
        return value.date()
    return value


def _shown_start(value: dt.datetime) -> Any:
    return value.date() if value.timetz() == _DAY_START else value


def _shown_end(value: dt.datetime | None) -> Any:
    return value.date() if value is not None and value.timetz() == _DAY_END else value


def _shown_tuple(value: tuple[Any, ...]) -> Any:
    return value[0] if len(value) == 1 else list(value)


Size = Annotated[float, BeforeValidator(_as_size)]
Start = Annotated[
    dt.datetime, BeforeValidator(lambda v: _moment(v, _DAY_START)), PlainSerializer(_shown_start, return_type=Any)
]
End = Annotated[
    dt.datetime, BeforeValidator(lambda v: _moment(v, _DAY_END)), PlainSerializer(_shown_end, return_type=Any)
]
Name = Annotated[str, Field(min_length=1)]
Names = Annotated[
    tuple[Name, ...], BeforeValidator(_as_tuple), PlainSerializer(_shown_tuple, return_type=Any, when_used="always")
]
Counts = Annotated[
    tuple[Annotated[int, Field(ge=0)], ...],
    BeforeValidator(_as_tuple),
    PlainSerializer(_shown_tuple, return_type=Any, when_used="always"),
]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


# --- scope -----------------------------------------------------------------------------------------------------------


class Scope(_Strict):
    """Which models count.

    ``over`` quantifies over families: the event in ``any`` of them, or in ``all`` that were measured. `SERIES_FIELDS`
    say which series of scores are looked at. The rest say which model may decide: for a reversal it is the model that
    turns, while its smaller siblings need not pass.
    """

    over: Literal["any", "all"] = "any"
    family: Names = ()
    line: Names = ()
    organisation: Names = ()
    tuning: Names = ()
    prompt: Names = ()
    shots: Counts = ()
    evaluator: Names = ()
    version: Names = ()
    setting: Names = ()
    checkpoints: bool = False
    model: Names = ()
    min_params: Size | None = None
    max_params: Size | None = None
    min_flops: Size | None = None
    max_flops: Size | None = None
    released_from: dt.date | None = None
    released_until: dt.date | None = None
    known_from: dt.date | None = None

    @model_validator(mode="before")
    @classmethod
    def _word(cls, value: Any) -> Any:
        if isinstance(value, str):
            if value not in ("any", "all"):
                raise ValueError(f"is neither any nor all: for one family write 'family: {value}'")
            return {"over": value}
        return value

    def within(self, inner: Scope | None) -> Scope:
        """This scope with what ``inner`` states in place of its own."""
        return self if inner is None else self.model_copy(update={k: getattr(inner, k) for k in inner.model_fields_set})


SERIES_NAMES = ("family", "line", "organisation", "tuning", "prompt", "evaluator", "version", "setting")
SERIES_FIELDS = (*SERIES_NAMES, "shots", "checkpoints")


# --- criteria --------------------------------------------------------------------------------------------------------

IfNothing = Literal["no", "annul", "ambiguous", "open"]


class _Kind(_Strict):
    @model_serializer(mode="wrap")
    def _led_by_kind(self, rest: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """``kind`` equals its default, and yet a dump without it could not be read back."""
        return {"kind": self.kind, **rest(self)}  # type: ignore[attr-defined]


class Measured(_Kind):
    """What is measured. ``metric`` names one metric; ``benchmark`` may be left open where the task's name is unique."""

    task: Name
    benchmark: Name | None = None
    metric: Name = "accuracy"
    scope: Scope | None = None
    if_nothing: IfNothing = "no"


class Threshold(Measured):
    """Some model's score reaches a line."""

    kind: Literal["threshold"] = "threshold"
    score: float
    side: Literal["at_least", "above", "at_most", "below"] = "at_least"


class Reversal(Measured):
    """Inverse scaling resolves with scale: after a fall, a larger model beats the best smaller one beyond noise.

    Where no series in scope ever falls, the premise is missing.
    """

    kind: Literal["reversal"] = "reversal"


class UShape(Measured):
    """A family's scores fall and then rise, each beyond noise, and the rise is the last turn."""

    kind: Literal["u_shape"] = "u_shape"


class Comparison(Measured):
    """``better`` beats ``worse``, each at its best score, measured alike (same metric, shots and prompt)."""

    kind: Literal["comparison"] = "comparison"
    better: Scope
    worse: Scope
    margin: Annotated[float, Field(ge=0.0)] = 0.0
    beyond_noise: bool = False


class Numeric(Measured):
    """The number that a statistic of the qualifying scores takes; ``first`` is the earliest published."""

    kind: Literal["numeric"] = "numeric"
    statistic: Literal["highest", "lowest", "first"] = "highest"
    if_nothing: IfNothing = "annul"

    @model_validator(mode="after")
    def _number_or_nothing(self) -> Self:
        if self.if_nothing == "no":
            raise ValueError("if_nothing 'no' is not a number: choose annul, ambiguous or open")
        return self


class FirstBy(_Kind):
    """An event happens by a date that may lie before the question's own deadline."""

    kind: Literal["first_by"] = "first_by"
    event: Event
    by: End
    if_nothing: IfNothing = "no"


class _Several(_Kind):
    of: tuple[Condition, ...]
    if_nothing: IfNothing = "no"

    @model_validator(mode="after")
    def _some(self) -> Self:
        if not self.of:
            raise ValueError("of lists no criterion: give at least one")
        return self


class Count(_Several):
    """At least so many of several criteria hold."""

    kind: Literal["count"] = "count"
    at_least: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.at_least > len(self.of):
            raise ValueError(f"at_least {self.at_least} is more than the {len(self.of)} criteria listed")
        return self


class AllOf(_Several):
    """Every one of several criteria holds."""

    kind: Literal["all_of"] = "all_of"


class AnyOf(_Several):
    """One of several criteria holds."""

    kind: Literal["any_of"] = "any_of"


class Not(_Kind):
    """A criterion does not hold."""

    kind: Literal["not"] = "not"
    of: Condition


class Manual(_Kind):
    """What no results table can settle, and why; the question's ``ruling`` does."""

    kind: Literal["manual"] = "manual"
    why: Name
    numeric: bool = False


Leaf = Threshold | Reversal | UShape | Comparison | Numeric
Event = Annotated[Threshold | Reversal | UShape | Comparison | Count | AllOf | AnyOf, Field(discriminator="kind")]
Condition = Annotated[
    Threshold | Reversal | UShape | Comparison | FirstBy | Count | AllOf | AnyOf | Not | Manual,
    Field(discriminator="kind"),
]
Criterion = Annotated[
    Threshold | Reversal | UShape | Comparison | Numeric | FirstBy | Count | AllOf | AnyOf | Not | Manual,
    Field(discriminator="kind"),
]
KINDS = (
    "threshold", "reversal", "u_shape", "comparison", "numeric", "first_by", "count", "all_of", "any_of", "not",
    "manual",
)  # fmt: skip

for _model in (FirstBy, Count, AllOf, AnyOf, Not):
    _model.model_rebuild()


# --- the question ----------------------------------------------------------------------------------------------------


class Ruling(_Strict):
    """How the question's own judge settled it, and where that is published."""

    outcome: Literal["yes", "no", "ambiguous", "annulled"] | float
    on: Start
    source: Name


class Premise(_Strict):
    """What the question takes for granted; where it fails by its date, the question is annulled."""

    criterion: Condition
    by: End | None = None


class Given(_Strict):
    """A forecast that someone published: a probability, or a point for a number."""

    forecaster: Name
    time: Start | None = None
    probability: Probability | None = None
    odds: str | None = None
    value: float | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if sum(x is not None for x in (self.probability, self.odds, self.value)) != 1:
            raise ValueError("needs exactly one of probability, odds and value")
        _check_odds(self.odds)
        return self

    @property
    def implied(self) -> float | None:
        """The probability stated or implied by the odds; None for a number."""
        return implied_probability(self.odds) if self.odds else self.probability


class Question(_Strict):
    """One question. ``closes`` (forecasts accepted until) defaults to ``resolve_by``, the last evidence counted."""

    id: Annotated[str, Field(pattern=ID_PATTERN, max_length=200)]
    title: Name
    criterion: Criterion
    scope: Scope = Scope()
    opened: Start
    closes: End
    resolve_by: End
    odds: str | None = None
    premise: Premise | None = None
    ruling: Ruling | None = None
    forecasts: tuple[Given, ...] = ()
    topic: str | None = None
    links: Names = ()
    notes: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _closes_with_the_deadline(cls, value: Any) -> Any:
        if isinstance(value, dict) and "closes" not in value and "resolve_by" in value:
            return {**value, "closes": value["resolve_by"]}
        return value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.closes <= self.opened:
            raise ValueError(f"closes {_shown(self.closes)} is not after opened {_shown(self.opened)}")
        if self.resolve_by < self.closes:
            raise ValueError(
                f"resolve_by {_shown(self.resolve_by)} is before closes {_shown(self.closes)}: "
                "forecasts would be accepted after the last evidence"
            )
        _check_odds(self.odds)
        outcome = None if self.ruling is None else self.ruling.outcome
        if outcome not in (None, "ambiguous", "annulled") and isinstance(outcome, float) is not self.is_numeric:
            wanted = "a number" if self.is_numeric else "yes, no, ambiguous or annulled"
            raise ValueError(f"ruling.outcome {outcome!r} should be {wanted}")
        return self

    @property
    def kind(self) -> str:
        return self.criterion.kind

    @property
    def is_numeric(self) -> bool:
        """Resolves to a number rather than to yes or no."""
        return isinstance(self.criterion, Numeric) or (isinstance(self.criterion, Manual) and self.criterion.numeric)

    @property
    def implied(self) -> float | None:
        """The probability of the odds, else the last one given; None where nobody stated one."""
        if self.odds:
            return implied_probability(self.odds)
        stated = [g.implied for g in self.forecasts if g.implied is not None]
        return stated[-1] if stated else None

    def _repr_html_(self) -> str:
        from scale_forecast.resolvers.questions.bank import dump_questions

        return f"<strong>{html.escape(self.title)}</strong><pre>{html.escape(dump_questions([self]))}</pre>"

    def to_dict(self) -> dict[str, Any]:
        """Plain values that `Question` reads back to an equal question; defaults are left out."""
        return self.model_dump(exclude_defaults=True, exclude={"closes"} if self.closes == self.resolve_by else None)

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits over what is asked (criterion, scope, dates, premise): a changed question is noticed."""
        asked = {k: v for k, v in self.to_dict().items() if k in _ASKED}
        text = json.dumps(asked, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


_ASKED = {"id", "criterion", "scope", "opened", "closes", "resolve_by", "premise"}


def leaves(criterion: Any) -> list[Leaf]:
    """The measured criteria inside one, in order; a manual one has none."""
    return list(_walk(criterion))


def _walk(criterion: Any) -> Iterator[Leaf]:
    if isinstance(criterion, FirstBy):
        yield from _walk(criterion.event)
    elif isinstance(criterion, Not):
        yield from _walk(criterion.of)
    elif isinstance(criterion, (Count, AllOf, AnyOf)):
        for part in criterion.of:
            yield from _walk(part)
    elif not isinstance(criterion, Manual):
        yield criterion


def _check_odds(odds: str | None) -> None:
    if odds is not None:
        try:
            implied_probability(odds)
        except UsageError as error:
            raise ValueError(str(error)) from error
