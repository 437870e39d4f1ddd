"""At least so many of several criteria hold."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from scale_forecast.resolvers.kinds.base import Example
from scale_forecast.resolvers.kinds.several import Several


class Count(Several):
    """At least so many of several criteria hold."""

    kind: Literal["count"] = "count"
    at_least: Annotated[int, Field(ge=1)]

    example: ClassVar[Example] = {
        "kind": "count",
        "at_least": 2,
        "of": [{"kind": "u_shape", "task": task} for task in ("neqa", "quote_repetition", "redefine_math")],
    }

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.at_least > len(self.of):
            raise ValueError(f"at_least {self.at_least} is more than the {len(self.of)} criteria listed")
        return self

    @property
    def needed(self) -> int:
        """As many as it says."""
        return self.at_least

    @property
    def quantity(self) -> str:
        """At least so many of the tasks."""
        return f"at least {self.at_least} of the {len(self.of)} tasks"

    def say_one_by_one(self) -> str:
        """How many, and every part."""
        return f"at least {self.at_least} hold: {super().say_one_by_one()}"
