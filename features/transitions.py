"""The matrix of features: one row a step from a family's known scale (the origin) to another (the target).

A step is described by what was known before the target: the task (`descriptors`), its own history up to the origin
(`history`), what item-level logs say of it so far (`items`), the other tasks of the family at models up to the origin's
scale (`family`), the same task by other lines (`peers`), and of the target itself its scale, date and tuning, never a
score.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import did_you_mean, fold, fold_series
from scale_forecast.data.results import UNIT, known_rows
from scale_forecast.data.scale import BELOW, scale_of
from scale_forecast.data.series import SeriesMatrix, as_series
from scale_forecast.data.trend import TRENDS
from scale_forecast.features.descriptors import TUNINGS, code_of, descriptors
from scale_forecast.features.evidence import TARGET, evidence_for, size_of, smaller_models
from scale_forecast.features.family import family_progress
from scale_forecast.features.history import history
from scale_forecast.features.items import ITEM_FEATURES, item_features
from scale_forecast.features.peers import Query, peers
from scale_forecast.features.points import Points, points_of

PAIRS = ("consecutive", "all")
STEP = [
    *UNIT,
    "family",
    "line",
    "origin_model",
    "target_model",
    "origin_row",
    "target_row",
    "origin_scale",
    "target_scale",
    "target_params",
    "target_flops",
    "target_released",
    "target_tuning",
]
"""Columns of a table of steps. ``origin_row`` and ``target_row`` are positions in the results, -1 for a target without
a score; scales are in decades."""
UNNAMED = ["origin_row", "target_row", "target_scale", "target_params", "target_flops", "target_tuning"]
"""Those that a table for people leaves out."""


def observed_steps(
    results: pd.DataFrame,
    *,
    pairs: str = "consecutive",
    max_distance: float | None = None,
    as_of: pd.Timestamp | str | None = None,
) -> pd.DataFrame:
    """Steps between known scores of a series.

    Parameters
    ----------
    results : results table
    pairs : ``"consecutive"`` or ``"all"``
        Each target with the largest origin more than 10% below it, or with every such origin.
    max_distance : longest step, in decades of scale
    as_of : only rows public on that day

    Returns
    -------
    DataFrame with the columns of `STEP`, index 0..n-1, in the order of series, target and origin
    """
    if pairs not in PAIRS:
        raise ValueError(f"pairs is one of {', '.join(PAIRS)}, not {pairs!r}")
    place = _public(results, as_of)
    known = results.iloc[place].reset_index(drop=True)
    whole = as_series(known)
    models = known.drop_duplicates(["family", "model"])
    targets = models.rename(columns={"params": "target_params", "train_flops": "target_flops"})
    targets = targets.rename(columns={"released": "target_released"})
    targets = targets.assign(target_scale=scale_of(known)[models.index])[["family", "model", *TARGET]]
    parts = []
    for of_target, row, table in evidence_for(known, targets, targets["model"]):
        series = whole if table is known else as_series(table)
        at, origin, target = _pairs(series, consecutive=pairs == "consecutive", reach=max_distance or np.inf)
        scales = [series.scale[at, origin], series.scale[at, target]]
        part = pd.DataFrame(dict(zip(("origin_scale", "target_scale"), scales, strict=True)))
        part["origin"], part["target"] = row[series.row[at, origin]], row[series.row[at, target]]
        asked = pd.MultiIndex.from_frame(targets.loc[of_target, ["family", "model"]])
        parts.append(part[pd.MultiIndex.from_frame(known.loc[part["target"], ["family", "model"]]).isin(asked)])
    found = pd.concat(parts, ignore_index=True)
    (at, first), (_, last) = (_position(whole, found[name].to_numpy()) for name in ("origin", "target"))
    found = found.iloc[np.lexsort((first, last, at))]
    target_row = place[found["target"].to_numpy()]
    return _steps(
        results,
        place[found["origin"].to_numpy()],
        target_row=target_row,
        target_model=results["model"].iloc[target_row].to_numpy(),
        origin_scale=found["origin_scale"].to_numpy(),
        target_scale=found["target_scale"].to_numpy(),
        target_params=results["params"].iloc[target_row].to_numpy(),
        target_flops=results["train_flops"].iloc[target_row].to_numpy(),
        target_released=results["released"].iloc[target_row].to_numpy(),
        target_tuning=results["tuning"].iloc[target_row].to_numpy(),
    )


def target_steps(
    results: pd.DataFrame,
    family: str,
    scale: float,
    *,
    params: float | None = None,
    model: str | None = None,
    released: pd.Timestamp | str | None = None,
    tuning: str | None = None,
    as_of: pd.Timestamp | str | None = None,
) -> pd.DataFrame:
    """Steps to an upcoming model: one for each series of the family with a score more than 10% below it.

    Parameters
    ----------
    results : results table
    family : matches ignoring case, spaces, hyphens and underscores
    scale : of the upcoming model, in decades (`data.scale.target_scale`)
    params : its parameters, where they are known besides; no model with as many is read
    model : its name; the family's when None
    released, tuning : of the upcoming model; its tuning is the family's when None
    as_of : only rows public on that day

    Returns
    -------
    DataFrame with the columns of `STEP`; ``target_row`` is -1

    Raises
    ------
    UsageError
        When the family is unknown.
    DataError
        When it has nothing below the target.
    """
    rows = family_rows(results, family, as_of=as_of)
    name = rows["family"].iloc[0]
    day = pd.NaT if released is None else pd.Timestamp(released)
    size, flops = size_of(rows[~(rows["released"] > day)], scale, params)
    seen = smaller_models(rows, pd.Series(dict(zip(TARGET, (size, flops, scale, day), strict=True)), dtype=object))
    place = results.index.get_indexer(seen.index)
    series = as_series(seen)
    origin = (series.scale < scale - BELOW).sum(axis=1) - 1
    at = np.flatnonzero(origin >= 0)
    if not len(at):
        raise DataError(
            f"no score of {name} lies more than 10% below the target's scale "
            f"(10^{scale:.2f} {'params' if np.isnan(flops) else 'train_flops'}): give a larger target"
        )
    origin_row = place[series.row[at, origin[at]]]
    return _steps(
        results,
        origin_row,
        target_row=-1,
        target_model=model or name,
        origin_scale=series.scale[at, origin[at]],
        target_scale=scale,
        target_params=size,
        target_flops=flops,
        target_released=day,
        target_tuning=results["tuning"].iloc[origin_row].to_numpy() if tuning is None else tuning,
    )


def family_rows(results: pd.DataFrame, family: str, *, as_of: pd.Timestamp | str | None = None) -> pd.DataFrame:
    """The rows of one family that were public on the day ``as_of``.

    Raises
    ------
    UsageError
        For an unknown family, with near names.
    DataError
        When nothing of it was public.
    """
    rows = results[fold_series(results["family"]) == fold(family)]
    if rows.empty:
        raise UsageError(f"no scores of a family {family!r}{did_you_mean(family, results['family'].unique())}")
    known = known_rows(rows, as_of)
    if known.empty and as_of is not None:
        raise DataError(f"no scores of {rows['family'].iloc[0]} were public on {_day(as_of)}: give a later date")
    return known


def features(
    results: pd.DataFrame,
    tasks: pd.DataFrame,
    metrics: pd.DataFrame,
    steps: pd.DataFrame,
    *,
    as_of: pd.Timestamp | str | None = None,
    date_limited: bool = True,
    profiles: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """What is known of each step before its target exists.

    Parameters
    ----------
    results : results table that ``steps`` were made from
    tasks, metrics : descriptors (`data.tasks`)
    steps : from `observed_steps` or `target_steps`
    as_of : read only rows public on that day
    date_limited : of other lines, read only rows public before ``target_released``, where the step gives it
    profiles : of item-level logs (`data.profiles`): adds `features.items.ITEM_FEATURES`

    Returns
    -------
    DataFrame of float, index of ``steps``. NaN where a thing is unknown or has no meaning (a slope of one point).
    Slopes are per decade of scale and larger is better in all views.

    Raises
    ------
    DataError
        When the steps do not belong to these results, or an origin was not public on ``as_of``.
    """
    place = _public(results, as_of)
    known = results.iloc[place]
    if known.empty and as_of is not None:
        raise DataError(f"no score was public on {_day(as_of)}: give a later date")
    known, origin_row = known.reset_index(drop=True), _origin_in(place, len(results), steps)
    points = points_of(known, tasks, metrics, profiles)
    columns: dict[str, np.ndarray] = {}
    for asked, row, table in evidence_for(known, steps):
        inside = np.full(len(known), -1)
        inside[row] = np.arange(len(row))
        own = points if table is known else points_of(table, tasks, metrics, profiles)
        found = _of_family(own, steps[asked], table["released"].to_numpy(), inside[origin_row[asked]])
        for name, values in found.items():
            columns.setdefault(name, np.full(len(steps), np.nan))[asked] = values
    released = steps["target_released"].to_numpy(dtype="datetime64[s]")
    query = Query(
        series=_position(points.series, origin_row)[0],
        origin_scale=columns.pop("origin_scale"),
        origin_value=columns["origin_normalised_logit"],
        target_scale=columns["target_scale"],
        on_flops=columns.pop("on_flops") > 0,
        before=released if date_limited else np.full_like(released, "NaT"),
    )
    columns.update(peers(points, query))
    of_items = [columns.pop(name) for name in ITEM_FEATURES] if points.profile else []
    columns.update(zip(ITEM_FEATURES, of_items, strict=False))
    return pd.DataFrame(columns, index=steps.index, copy=False)


def _of_family(
    points: Points, steps: pd.DataFrame, released: np.ndarray, origin_row: np.ndarray
) -> dict[str, np.ndarray]:
    """What a step's family tells of it, where whatever is not larger than its origin may be known, (N,) each.

    ``released`` of each row behind the points, and ``origin_row`` among them.
    """
    at, position = _position(points.series, origin_row)
    origin_scale, target_scale = points.series.scale[at, position], steps["target_scale"].to_numpy(dtype=float)
    if not np.array_equal(origin_scale, steps["origin_scale"].to_numpy(dtype=float)):
        raise DataError("these steps were made from other results: make them from the table that is described")
    columns: dict[str, np.ndarray] = {
        "origin_scale": origin_scale,
        "on_flops": (points.described["kind"] == "train_flops").to_numpy()[at],
        "distance": target_scale - origin_scale,
        "target_scale": target_scale,
        "years": _years(released[origin_row], steps["target_released"].to_numpy(dtype="datetime64[s]")),
        "target_tuning": code_of(steps["target_tuning"], TUNINGS),
    }
    columns.update((name, column[at]) for name, column in descriptors(points))
    for source in (history, family_progress):
        columns.update((name, matrix[at, position]) for name, matrix in source(points))
    if points.profile:
        of_items = item_features(points.series.scale, **points.profile)
        columns.update((name, matrix[at, position]) for name, matrix in of_items)
    return columns


def feature_table(
    results: pd.DataFrame,
    tasks: pd.DataFrame,
    metrics: pd.DataFrame,
    steps: pd.DataFrame,
    *,
    as_of: pd.Timestamp | str | None = None,
    profiles: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The matrix for people: steps by name with their origin's score, then their features, ``trend`` as its label."""
    matrix = features(results, tasks, metrics, steps, as_of=as_of, profiles=profiles)
    named = steps.drop(columns=UNNAMED)
    named["origin_score"] = results["score"].to_numpy()[steps["origin_row"].to_numpy(dtype=int)]
    trend = np.array(TRENDS)[matrix["trend"].to_numpy(dtype=int)]
    return pd.concat([named, matrix.drop(columns="shots").assign(trend=trend)], axis=1)


def _steps(results: pd.DataFrame, origin_row: np.ndarray, **target: Any) -> pd.DataFrame:
    steps = results[[*UNIT, "family", "line"]].iloc[origin_row].reset_index(drop=True)
    origin = {"origin_model": results["model"].iloc[origin_row].to_numpy(), "origin_row": origin_row}
    return steps.assign(**origin, **target)[STEP]


def _pairs(series: SeriesMatrix, *, consecutive: bool, reach: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Series, origin and target position of every step."""
    none = np.zeros(0, dtype=int)
    found = [(none, none, none)]
    for target in range(1, series.scale.shape[1]):
        distance = series.scale[:, [target]] - series.scale[:, :target]
        usable = distance > BELOW
        if consecutive:
            usable &= np.arange(target) == usable.sum(axis=1, keepdims=True) - 1
        at, origin = np.nonzero(usable & (distance <= reach))
        found.append((at, origin, np.full(len(at), target)))
    at, origin, target_at = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((origin, target_at, at))
    return at[order], origin[order], target_at[order]


def _public(results: pd.DataFrame, as_of: pd.Timestamp | str | None) -> np.ndarray:
    """Positions of the rows that were public on the day ``as_of``."""
    if as_of is None:
        return np.arange(len(results))
    return np.flatnonzero((results["known_on"] <= pd.Timestamp(as_of)).to_numpy())


def _origin_in(place: np.ndarray, n: int, steps: pd.DataFrame) -> np.ndarray:
    """Positions of the steps' origins among the rows that were public."""
    origin = steps["origin_row"].to_numpy(dtype=int)
    inside = np.full(n, -1)
    inside[place] = np.arange(len(place))
    if len(origin) and (origin.max() >= n or (inside[origin] < 0).any()):
        raise DataError("the origin of a step was not public on that day: make the steps with the same as_of")
    return inside[origin]


def _position(series: SeriesMatrix, row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Series and position in it of some rows."""
    at, position = np.nonzero(series.row >= 0)
    series_of, position_of = np.empty((2, len(at)), dtype=int)
    series_of[series.row[at, position]], position_of[series.row[at, position]] = at, position
    return series_of[row], position_of[row]


def _day(date: pd.Timestamp | str) -> str:
    return f"{pd.Timestamp(date):%Y-%m-%d}"


def _years(earlier: np.ndarray, later: np.ndarray) -> np.ndarray:
    return (later - earlier) / np.timedelta64(1, "D") / 365.25
