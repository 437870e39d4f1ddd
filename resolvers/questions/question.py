"""Questions about benchmark scores: what was asked, in a form that a program can judge.

A question is read from YAML, checked once, and never changes: the judge, the pricer and the ledger all take
a `Question`. Its ``criterion`` is of one of the `resolvers.kinds`, and its ``scope`` says which models count.
``resolve_by`` is the last moment whose evidence counts.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from scale_forecast.data.errors import UsageError
from scale_forecast.data.notebook import ShowsHtml
from scale_forecast.resolvers.kinds.base import Condition, Criterion
from scale_forecast.resolvers.scores.odds import implied_probability
from scale_forecast.resolvers.terms.fields import (
    ID_PATTERN,
    End,
    Name,
    Names,
    Probability,
    Start,
    Strict,
    day_or_moment,
)
from scale_forecast.resolvers.terms.scope import Scope


class Ruling(Strict):
    """How the question's own judge settled it, and where that is published."""

    outcome: Literal["yes", "no", "ambiguous", "annulled"] | float
    on: Start
    source: Name


class Premise(Strict):
    """What the question takes for granted; where it fails by its date, the question is annulled."""

    criterion: Condition
    by: End | None = None


class Given(Strict):
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


class Question(Strict, ShowsHtml):
    """One question. ``closes`` (forecasts accepted until) defaults to ``resolve_by``, the last evidence counted.

    ``also`` are other titles that people gave it; ``retrospective``: it was written when its outcome was known.
    """

    id: Annotated[str, Field(pattern=ID_PATTERN, max_length=200)]
    title: Name
    also: Names = ()
    criterion: Criterion
    scope: Scope = Scope()
    opened: Start
    closes: End
    resolve_by: End
    odds: str | None = None
    premise: Premise | None = None
    ruling: Ruling | None = None
    forecasts: tuple[Given, ...] = ()
    retrospective: bool = False
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
            raise ValueError(f"closes {day_or_moment(self.closes)} is not after opened {day_or_moment(self.opened)}")
        if self.resolve_by < self.closes:
            raise ValueError(
                f"resolve_by {day_or_moment(self.resolve_by)} is before closes {day_or_moment(self.closes)}: "
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
        return self.criterion.is_number

    @property
    def implied(self) -> float | None:
        """The probability of the odds, else the last one given; None where nobody stated one."""
        if self.odds:
            return implied_probability(self.odds)
        stated = [g.implied for g in self.forecasts if g.implied is not None]
        return stated[-1] if stated else None

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


def _check_odds(odds: str | None) -> None:
    if odds is not None:
        try:
            implied_probability(odds)
        except UsageError as error:
            raise ValueError(str(error)) from error
