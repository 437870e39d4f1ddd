"""The number line of a continuous question: where a service's grid stands, and which bucket a value falls into.

Positions are written ``u``: 0 at the lower end of the range, 1 at the upper end, evenly spaced on the service's own
scale, which is logarithmic when it has a zero point. Dates are unix seconds.
Source: Metaculus/metaculus@100c4088f docs/openapi.yml and utils/the_math/formulas.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scale_forecast.data.errors import DataError


@dataclass(frozen=True)
class Scale:
    """Range, bounds and grid of a continuous question.

    Parameters
    ----------
    range_min, range_max : float
        Ends of the range in the question's units (unix seconds for dates).
    zero_point : float, optional
        Makes the scale logarithmic in the distance from this point, which lies outside the range.
    open_lower, open_upper : bool
        Whether the outcome may lie beyond that end.
    count : int
        Buckets inside the range: 200, or the number of outcomes of a discrete question.
    """

    range_min: float
    range_max: float
    zero_point: float | None = None
    open_lower: bool = False
    open_upper: bool = False
    count: int = 200

    def __post_init__(self) -> None:
        if not (np.isfinite(self.range_min) and np.isfinite(self.range_max) and self.range_min < self.range_max):
            raise DataError(
                f"a question's range runs from {self.range_min!r} to {self.range_max!r}: "
                "give two finite ends, the lower one first"
            )
        if self.count < 1:
            raise DataError(f"a question's grid has {self.count} buckets: give at least one")
        if self.zero_point is not None and self.range_min <= self.zero_point <= self.range_max:
            raise DataError(f"zero point {self.zero_point!r} lies inside the range: a log scale needs it outside")

    @property
    def ratio(self) -> float | None:
        """Slope of the scale at the upper end over that at the lower end; None on a linear scale."""
        if self.zero_point is None:
            return None
        ratio = (self.range_max - self.zero_point) / (self.range_min - self.zero_point)
        return None if ratio == 1.0 else ratio

    def from_unit(self, u: np.ndarray | float) -> np.ndarray:
        """Values at positions ``u``.

        >>> Scale(1.0, 1e10, zero_point=0.0).from_unit([0.0, 0.2, 0.5]).round(6).tolist()
        [1.0, 100.0, 100000.0]
        """
        u = np.asarray(u, dtype=float)
        share = u if self.ratio is None else np.expm1(u * np.log(self.ratio)) / (self.ratio - 1.0)
        return self.range_min + (self.range_max - self.range_min) * share

    def to_unit(self, value: np.ndarray | float) -> np.ndarray:
        """Positions of values; minus infinity at and below a log scale's zero point.

        >>> Scale(0.0, 200.0).to_unit([0.0, 100.0, 201.0]).tolist()
        [0.0, 0.5, 1.005]
        """
        share = (np.asarray(value, dtype=float) - self.range_min) / (self.range_max - self.range_min)
        if self.ratio is None:
            return share
        inside = 1.0 + share * (self.ratio - 1.0)
        with np.errstate(divide="ignore"):
            return np.log(np.maximum(inside, 0.0)) / np.log(self.ratio)

    def nodes(self) -> np.ndarray:
        """Values, shape (count + 1,), at which the service wants the cumulative distribution."""
        return self.from_unit(np.linspace(0.0, 1.0, self.count + 1))

    def bucket(self, value: float) -> int:
        """Bucket of an outcome: 0 below the range, 1 … count inside, count + 1 above; buckets are (lower, upper].

        >>> [Scale(0.0, 200.0).bucket(v) for v in (-0.001, 0.0, 1.0, 1.001, 200.0, 200.001)]
        [0, 1, 1, 2, 200, 201]
        """
        u = float(self.to_unit(value))
        if u < 0.0:
            return 0
        if u > 1.0:
            return self.count + 1
        return min(max(int(u * self.count + 1.0 - 1e-10), 1), self.count)
