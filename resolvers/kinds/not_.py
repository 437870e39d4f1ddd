"""A criterion does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Literal, Self

import numpy as np

from scale_forecast.data.errors import UsageError
from scale_forecast.resolvers.judge.case import Case, Finding
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Condition, Example, Kind


class Not(Kind):
    """A criterion does not hold."""

    kind: Literal["not"] = "not"
    of: Condition

    example: ClassVar[Example] = {"kind": "not", "of": {"kind": "threshold", "task": "neqa", "score": 0.95}}
    may_be_dated: ClassVar[bool] = False

    @property
    def is_number(self) -> bool:
        """No."""
        return False

    @property
    def parts(self) -> tuple[Kind, ...]:
        """What does not hold."""
        return (self.of,)

    def with_parts(self, parts: tuple[Kind, ...]) -> Self:
        """Another that does not hold."""
        return self.model_copy(update={"of": parts[0]})

    def judge(self, case: Case) -> Finding:
        """Yes and no change places; the other states stay."""
        inner = self.of.judge(case)
        turned = {Status.YES: Status.NO, Status.NO: Status.YES}.get(inner.status, inner.status)
        return replace(inner, status=turned, reason=f"not: {inner.reason}")

    def combine(self, happened: Iterator[np.ndarray]) -> np.ndarray:
        """Where the other does not."""
        return ~np.asarray(self.of.combine(happened), dtype=bool)

    def annul_if_silent(self) -> Self:
        """As its part."""
        return self.with_parts((self.of.annul_if_silent(),))

    def say(self) -> str:
        """What does not hold."""
        return f"it does not hold that {self.of.say()}"


def denial(criterion: Kind) -> Kind:
    """A criterion that holds where another does not."""
    if isinstance(criterion, Not):
        return criterion.of
    if criterion.is_number:
        raise UsageError("a question for a number cannot be denied: leave the 'not' out")
    return Not(of=criterion)
