"""One of several criteria holds."""

from __future__ import annotations

from typing import ClassVar, Literal

from scale_forecast.resolvers.kinds.base import Example
from scale_forecast.resolvers.kinds.several import Several


class AnyOf(Several):
    """One of several criteria holds."""

    kind: Literal["any_of"] = "any_of"

    example: ClassVar[Example] = {
        "kind": "any_of",
        "of": [{"kind": "threshold", "task": task, "score": 0.95} for task in ("neqa", "redefine_math")],
    }
    joint: ClassVar[str] = " or "

    @property
    def needed(self) -> int:
        """One of them."""
        return 1

    @property
    def quantity(self) -> str:
        """Any of the tasks."""
        return f"any of the {len(self.of)} tasks"
