"""Every one of several criteria holds."""

from __future__ import annotations

from typing import ClassVar, Literal

from scale_forecast.resolvers.kinds.base import Example
from scale_forecast.resolvers.kinds.several import Several


class AllOf(Several):
    """Every one of several criteria holds."""

    kind: Literal["all_of"] = "all_of"

    example: ClassVar[Example] = {
        "kind": "all_of",
        "of": [{"kind": "threshold", "task": "neqa", "score": 0.8}, {"kind": "reversal", "task": "redefine_math"}],
    }
    joint: ClassVar[str] = " and "

    @property
    def needed(self) -> int:
        """All of them."""
        return len(self.of)

    @property
    def quantity(self) -> str:
        """All of the tasks."""
        return f"all of the {len(self.of)} tasks"
