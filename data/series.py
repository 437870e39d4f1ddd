"""Scores of one task by one family in order of scale, as padded matrices: no Python loop over tasks anywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.data.noise import standard_error
from scale_forecast.data.results import UNIT
from scale_forecast.data.scale import scale_of

SERIES = [*UNIT, "family"]
"""What one series is: a task, as measured, along one family's scales."""


@dataclass(frozen=True)
class SeriesMatrix:
    """n series of at most L points, ascending in scale, padded with NaN on the right.

    Attributes
    ----------
    keys : DataFrame, (n, ...)
        `SERIES`, ``line``, and whether ``higher_is_better``.
    scale, score, stderr : ndarray, (n, L)
        Decades; raw score; its standard error (NaN where unknown).
    row : ndarray of int, (n, L)
        Position of each point in the results table; -1 in the padding.
    """

    keys: pd.DataFrame
    scale: np.ndarray
    score: np.ndarray
    stderr: np.ndarray
    row: np.ndarray

    @property
    def length(self) -> np.ndarray:
        """Points of each series, (n,)."""
        return (self.row >= 0).sum(axis=1)

    @property
    def better(self) -> np.ndarray:
        """Scores with the sign turned where lower is better, (n, L): larger is better everywhere."""
        sign = np.where(self.keys["higher_is_better"].to_numpy(), 1.0, -1.0)
        return self.score * sign[:, None]


def as_series(results: pd.DataFrame, higher_is_better: pd.Series | None = None) -> SeriesMatrix:
    """Arrange a results table as series.

    Of two models of one family at the same scale (reruns under another name) the later row is kept last; both stay.

    Parameters
    ----------
    results : results table
    higher_is_better : Series of bool, index of ``results``; all True when None.
    """
    scale = scale_of(results).to_numpy()
    codes = results.groupby(SERIES, sort=False, dropna=False, observed=True).ngroup().to_numpy()
    order = np.lexsort((scale, codes))
    codes_sorted = codes[order]
    n = int(codes.max()) + 1 if len(codes) else 0
    starts = np.searchsorted(codes_sorted, np.arange(n))
    position = np.arange(len(order)) - starts[codes_sorted] if n else np.array([], dtype=int)
    length = int(position.max()) + 1 if len(position) else 0

    def pad(values: np.ndarray, fill: float) -> np.ndarray:
        out = np.full((n, length), fill, dtype=values.dtype)
        out[codes_sorted, position] = values[order]
        return out

    first = order[starts]
    keys = results.iloc[first][[*SERIES, "line"]].reset_index(drop=True)
    up = np.ones(len(results), dtype=bool) if higher_is_better is None else higher_is_better.to_numpy(dtype=bool)
    keys["higher_is_better"] = up[first]
    return SeriesMatrix(
        keys=keys,
        scale=pad(scale, np.nan),
        score=pad(results["score"].to_numpy(dtype=float), np.nan),
        stderr=pad(standard_error(results).to_numpy(), np.nan),
        row=pad(np.arange(len(results)), -1),
    )
