"""Refuse what no scoring rule can score."""

from __future__ import annotations

import numpy as np

from scale_forecast.data.errors import DataError


def refuse(bad: np.ndarray, values: np.ndarray, name: str, what: str) -> None:
    """Raise DataError for the first of some values that is bad, with its place."""
    if np.any(bad):
        where = tuple(int(i[0]) for i in np.nonzero(np.atleast_1d(bad)))
        place = f" (forecast {where[0]}, counted from 0)" if values.ndim else ""
        raise DataError(f"{name} {np.atleast_1d(values)[where]:g}{place} {what}")
