"""A family's scores fall and then rise."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from scale_forecast.resolvers.judge.case import Case
from scale_forecast.resolvers.judge.events import Draws, is_u_shaped
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.first_shown import Shown, first_u_shapes
from scale_forecast.resolvers.kinds.base import Example
from scale_forecast.resolvers.kinds.families import InFamilies, largest_model
from scale_forecast.resolvers.kinds.phrases import limits_of
from scale_forecast.resolvers.kinds.silence import Nearest
from scale_forecast.resolvers.terms.scope import Scope


class UShape(InFamilies):
    """A family's scores fall and then rise, each beyond noise, and the rise is the last turn."""

    kind: Literal["u_shape"] = "u_shape"

    example: ClassVar[Example] = {"kind": "u_shape", "task": "neqa"}
    reads_ladders: ClassVar[bool] = True

    @property
    def happened(self) -> str:
        """What a family that showed it did."""
        return "fell and then rose"

    def first_showings(self, evidence: Evidence, rows: np.ndarray, scope: Scope) -> Shown:
        """The first day on which each family's trend was u-shaped and its largest model may decide."""
        return first_u_shapes(evidence, rows, scope)

    def nearest(self, case: Case, scope: Scope, rows: np.ndarray) -> Nearest:
        """The largest model."""
        return largest_model(case, rows)

    def read(self, draws: Draws) -> np.ndarray:
        """Where the family's ladder with the simulated model at its end is u-shaped."""
        better, stderr, _ = draws.ladder()
        return is_u_shaped(better, stderr)

    def shows(self, better: np.ndarray, stderr: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """Ladders whose trend is u-shaped."""
        return is_u_shaped(better, stderr)

    def say_on(self, place: str) -> str:
        """What turns."""
        said = f"scores on {place} turn U-shaped, falling and then rising, each beyond noise"
        return ", ".join([said, *limits_of(self.scope)])
