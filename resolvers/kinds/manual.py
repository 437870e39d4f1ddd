"""What no results table can settle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np

from scale_forecast.resolvers.judge.case import Case, Finding
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Example, Kind
from scale_forecast.resolvers.terms.fields import Name


class Manual(Kind):
    """What no results table can settle, and why; the question's ``ruling`` does."""

    kind: Literal["manual"] = "manual"
    why: Name
    numeric: bool = False

    example: ClassVar[Example] = {"kind": "manual", "why": "settled as the market settles it"}
    may_be_dated: ClassVar[bool] = False
    by_hand: ClassVar[bool] = True

    @property
    def is_number(self) -> bool:
        """Where it says so."""
        return self.numeric

    @property
    def parts(self) -> tuple[Kind, ...]:
        """None."""
        return ()

    def judge(self, case: Case) -> Finding:
        """Open: no table settles it."""
        return Finding(Status.OPEN, self.why)

    def combine(self, happened: Iterator[np.ndarray]) -> np.ndarray:
        """Nowhere: it has no event."""
        return np.zeros((), dtype=bool)

    def why_unpriced(self) -> str:
        """Why no table settles it."""
        return super().why_unpriced() or f"is settled by no results table ({self.why}): it cannot be priced"

    def say(self) -> str:
        """Why no table settles it."""
        return self.why
