"""Trends of series with their probabilities, and how many would fall or turn if noise were all there is.

A series is said to fall, or to be U-shaped, where repeats of its tests would get that label nine times in ten. Noise
makes such series too. How many, is found by giving every series a true curve that never falls, drawing scores around
it with the noise of its tests, and labelling these in the same way. Two such truths: the non-decreasing curve nearest
to the scores (weighted by their noise, which leaves every real rise in place), and no change at all with scale.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from scale_forecast.data.series import SeriesMatrix
from scale_forecast.data.trend import TRENDS, trend_of

DRAWS = 200
SURE = 0.9
REPEATS, DRAWS_OF_A_REPEAT = 20, 100
COUNTED = {"falling": "falling", "u_shaped": "u-shaped"}


def some(series: SeriesMatrix, mask: np.ndarray) -> SeriesMatrix:
    """The series at which ``mask`` (n,) is true."""
    keys = series.keys[mask].reset_index(drop=True)
    return SeriesMatrix(keys, series.scale[mask], series.score[mask], series.stderr[mask], series.row[mask])


def label_probabilities(
    series: SeriesMatrix, first: pd.DataFrame, rng: np.random.Generator, *, draws: int = DRAWS
) -> np.ndarray:
    """How often each series would get each label of `data.trend.TRENDS` if its tests were repeated, (n, 7).

    Where some noise is unknown, 1 for the label of the scores as they are.

    Parameters
    ----------
    series : SeriesMatrix, (n, L)
    first : described rows of the series' first scores, (n, ...)
    """
    chance, ceiling = _limits(first)
    better, se = series.better, series.stderr
    noise = np.where(np.isnan(se).any(axis=1, where=np.isfinite(better), keepdims=True), 0.0, np.nan_to_num(se))
    count = np.zeros((len(better), len(TRENDS)))
    rows = np.arange(len(better))
    place = {name: i for i, name in enumerate(TRENDS)}
    for _ in range(draws):
        labels = trend_of(better + noise * rng.normal(size=better.shape), se, chance, ceiling)
        count[rows, [place[name] for name in labels]] += 1
    return count / draws


def _limits(first: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Chance and ceiling, (n,) each, NaN where lower is better."""
    up = first["higher_is_better"].to_numpy(dtype=bool)
    chance, ceiling = (np.where(up, first[c].to_numpy(dtype=float), np.nan) for c in ("chance", "ceiling"))
    return chance, ceiling


def by_noise(series: SeriesMatrix, first: pd.DataFrame, *, seed: int, repeats: int = REPEATS) -> pd.DataFrame:
    """How many series would surely fall or be U-shaped if no true score fell, and if none changed.

    Parameters
    ----------
    series : all of whose noise is known
    first : as for `label_probabilities`

    Returns
    -------
    One row per truth: ``truth, series``; mean of ``falling`` and ``u_shaped``, and ``_low, _high``, between which nine
    of ten repeats lie
    """
    rng = np.random.default_rng(seed)
    better, se = series.better, series.stderr
    weight = np.where(np.isfinite(better), 1.0 / np.maximum(se, 1e-9) ** 2, 0.0)
    level = (weight * np.nan_to_num(better)).sum(axis=1) / weight.sum(axis=1)
    truths = {
        "no true score falls": never_falling(better, weight),
        "no true score changes": np.where(np.isfinite(better), level[:, None], np.nan),
    }
    out = []
    for name, truth in truths.items():
        counts = np.array([_sure(series, first, truth, rng) for _ in range(repeats)])
        row: dict[str, object] = {"truth": name, "series": len(better)}
        for column, values in zip(COUNTED, counts.T, strict=True):
            low, high = np.quantile(values, [0.05, 0.95])
            row |= {column: float(values.mean()), f"{column}_low": float(low), f"{column}_high": float(high)}
        out.append(row)
    return pd.DataFrame(out)


def never_falling(better: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The non-decreasing curve nearest to each series in weighted least squares, (n, L), NaN in the padding.

    Neighbours that fall are pooled until none does (Ayer et al. 1955, doi:10.1214/aoms/1177728423).

    >>> never_falling(np.array([[1.0, 3.0, 2.0, 4.0]]), np.ones((1, 4))).tolist()
    [[1.0, 2.5, 2.5, 4.0]]
    """
    out = np.full(better.shape, np.nan)
    for i, (values, weights) in enumerate(zip(better, weight, strict=True)):
        known = np.flatnonzero(np.isfinite(values))
        pools: list[tuple[float, float, int]] = []
        for j in known:
            pool = (float(values[j]), float(weights[j]), 1)
            while pools and pools[-1][0] > pool[0]:
                level, mass, size = pools.pop()
                total = mass + pool[1]
                pool = ((level * mass + pool[0] * pool[1]) / total, total, size + pool[2])
            pools.append(pool)
        out[i, known] = np.repeat([level for level, _, _ in pools], [size for _, _, size in pools])
    return out


def _sure(series: SeriesMatrix, first: pd.DataFrame, truth: np.ndarray, rng: np.random.Generator) -> list[int]:
    """Of scores drawn around a truth, how many series get each label of `COUNTED` with probability `SURE`.

    A label that nine of ten repeats give is that of the drawn scores themselves, so only those are repeated.
    """
    sign = np.where(series.keys["higher_is_better"].to_numpy(dtype=bool), 1.0, -1.0)[:, None]
    drawn = replace(series, score=sign * (truth + series.stderr * rng.normal(size=truth.shape)))
    near = np.isin(trend_of(drawn.better, drawn.stderr, *_limits(first)), list(COUNTED.values()))
    if not near.any():
        return [0] * len(COUNTED)
    probability = label_probabilities(some(drawn, near), first[near], rng, draws=DRAWS_OF_A_REPEAT)
    return [int((probability[:, TRENDS.index(label)] >= SURE).sum()) for label in COUNTED.values()]
