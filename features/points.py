"""Every known score in its series, with all that the feature modules need of it; computed once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.data.noise import binomial_stderr, examples_behind
from scale_forecast.data.profiles import beside
from scale_forecast.data.scale import scale_kind
from scale_forecast.data.series import SeriesMatrix, as_series
from scale_forecast.data.tasks import describe
from scale_forecast.features.links import Limits, limits_of, link, link_stderr


@dataclass(frozen=True)
class Points:
    """n series of at most L points (`data.series.SeriesMatrix`), NaN in the padding.

    Attributes
    ----------
    series : SeriesMatrix
    described : DataFrame, (n, ...)
        Descriptors of each series' task and metric, ``tuning`` of its family, and the ``kind`` of its scale.
    limits : Limits
        (n, 1), but ``n_examples`` (n, L): a row's own, else the task's, else what its standard error implies.
    stderr : (n, L), in the score's unit
    value, noise : (n, L)
        Normalised logit and its standard error; the view in which tasks are compared.
    known_on, log_flops, log_params : (n, L)
    profile : dict of (n, L), by name in `data.profiles.OF_ITEMS`; empty where no profiles are given
    """

    series: SeriesMatrix
    described: pd.DataFrame
    limits: Limits
    stderr: np.ndarray
    value: np.ndarray
    noise: np.ndarray
    known_on: np.ndarray
    log_flops: np.ndarray
    log_params: np.ndarray
    profile: dict[str, np.ndarray]


def points_of(
    results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame, profiles: pd.DataFrame | None = None
) -> Points:
    """Arrange results as series and describe them (``n_examples`` of the tasks table fills what a row leaves open)."""
    series = as_series(results)
    row = series.row

    def spread(column: np.ndarray, missing: float | np.datetime64 = np.nan) -> np.ndarray:
        return np.where(row >= 0, column[row], missing)

    first = results.iloc[row[:, 0]].reset_index(drop=True)
    keys = series.keys.assign(n_examples=np.nan, higher_is_better=first["higher_is_better"])
    described = describe(keys, tasks, metrics)
    described["tuning"] = first["tuning"].to_numpy()
    described["kind"] = scale_kind(results).to_numpy()[row[:, 0]]

    # chance and ceiling are of right answers: they say nothing of a share that is better when low (a Brier score)
    described[["chance", "ceiling"]] = described[["chance", "ceiling"]].where(described["higher_is_better"])
    limits = limits_of(described).column
    n = spread(results["n_examples"].to_numpy(dtype=float))
    n = np.where(np.isnan(n), limits.n_examples, n)
    share_score = np.where(limits.is_share, series.score, np.nan)
    stderr = np.where(np.isnan(series.stderr), binomial_stderr(share_score, n), series.stderr)
    n = np.where(np.isnan(n), examples_behind(share_score, series.stderr), n)
    limits = limits.with_examples(n)
    profile = pd.DataFrame() if profiles is None else beside(results, profiles)
    return Points(
        series=series,
        described=described,
        limits=limits,
        stderr=stderr,
        value=link(series.score, "normalised_logit", limits),
        noise=link_stderr(series.score, stderr, "normalised_logit", limits),
        known_on=spread(results["known_on"].to_numpy(dtype="datetime64[s]"), np.datetime64("NaT")),
        log_flops=spread(np.log10(results["train_flops"].to_numpy(dtype=float))),
        log_params=spread(np.log10(results["params"].to_numpy(dtype=float))),
        profile={str(name): spread(column.to_numpy()) for name, column in profile.items()},
    )
