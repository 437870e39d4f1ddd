"""Which models and ways of measuring count."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import model_validator

from scale_forecast.resolvers.terms.fields import Counts, Names, Size, Strict

WAYS = ("evaluator", "version", "setting")
"""Fields of a scope by which published scores of one test and prompt are told apart."""
SERIES_NAMES = ("family", "line", "organisation", "tuning", "prompt", *WAYS)
SERIES_FIELDS = (*SERIES_NAMES, "shots", "checkpoints")
"""Fields of a scope that say which series of scores are looked at; `SERIES_NAMES` are names or lists of them."""


class Scope(Strict):
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
    weights: Literal["open", "closed"] | None = None
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
