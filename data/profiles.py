"""Profiles: what item-level logs say of a model on a task beyond its scores, made by `forecast data logs --profile`.

Checked once, where the file enters; `beside` puts them next to the scores of the same run.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.names import count_of, fold_series, refuse_unknown_columns
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.readers.files import Limits, sources
from scale_forecast.data.readers.tables import read_frame

PROFILE_COLUMNS = [
    "benchmark",
    "task",
    "filter",
    "shots",
    "prompt",
    "model",
    "params",
    "items",
    "documents",
    "prob_correct",
    "brier_score",
    "smaller_models",
    "never_solved",
    "failed_by_smaller",
    "solved_of_failed",
    *(f"decile_{k}" for k in range(1, 11)),
]
OF_ITEMS = ("prob_correct", "brier_score", "never_solved")
"""What features read: nothing here depends on another family, which a forecast may not know yet."""
_KEY = ["benchmark", "task", "prompt", "model"]
_MOST = {"brier_score": 2.0}


def as_profiles(frame: pd.DataFrame, *, where: str = "profiles") -> pd.DataFrame:
    """Check a table of profiles at the door.

    Returns
    -------
    DataFrame with the columns `PROFILE_COLUMNS`, numbers as float, NaN where unknown; index 0..n-1.

    Raises
    ------
    DataError
        For a missing or unknown column, or a value that is no number in its range, with the first bad row.
    """
    refuse_unknown_columns(frame, PROFILE_COLUMNS, where)
    missing = [name for name in ("benchmark", "task", "model", *OF_ITEMS) if name not in frame]
    if missing:
        raise DataError(f"{where}: no column {missing[0]!r}: give the file that `forecast data logs --profile` writes")
    if frame.empty:
        raise DataError(f"{where}: the table has no rows: give the file that `forecast data logs --profile` writes")
    table = frame.reset_index(drop=True).reindex(columns=PROFILE_COLUMNS)
    for name in ("benchmark", "task", "model"):
        if table[name].isna().any():
            raise DataError(f"{where}: row {int(table[name].isna().argmax()) + 1} has no {name}: fill it")
    table["prompt"] = table["prompt"].astype(object).fillna("direct")
    for name in ("shots", *OF_ITEMS):
        number = as_numbers(table[name])
        bad = table[name].notna() & ~number.between(0.0, np.inf if name == "shots" else _MOST.get(name, 1.0))
        if bad.any():
            row = int(bad.argmax())
            raise DataError(
                f"{where}: row {row + 1} has {name} {table[name].iloc[row]!r}, which is out of its range: "
                "give the file that `forecast data logs --profile` writes"
            )
        table[name] = number
    return table


def read_profiles(path: str | Path, results: pd.DataFrame, *, limits: Limits | None = None) -> tuple[pd.DataFrame, str]:
    """A file of profiles (CSV, Parquet or JSON lines) as `as_profiles` returns it, and how many scores have one.

    Raises
    ------
    DataError
        When it cannot be read, or none of the ``results`` is of a run in it.
    """
    frame = read_frame(sources([path])[0], limits or Limits())
    profiles = as_profiles(frame.replace({np.nan: None}), where=str(path))
    known = int(beside(results, profiles).notna().any(axis=1).sum())
    if not known:
        first = ", ".join(str(profiles[name].iloc[0]) for name in ("benchmark", "task", "model"))
        raise DataError(
            f"{path}: no score is of a run in it (the first: {first}): give the results that were written beside it"
        )
    return profiles, f"{count_of(known, 'score')} of {len(results):,} have a profile of items"


def beside(results: pd.DataFrame, profiles: pd.DataFrame) -> pd.DataFrame:
    """The profile of each score's run: columns `OF_ITEMS`, index of ``results``; NaN where there is none.

    A run is known by benchmark, task, shots, prompt and model, names matching loosely. Of several filters of one run
    the first that has probabilities counts, whatever the metric of the score.
    """
    first = profiles.assign(known=profiles["prob_correct"].notna()).sort_values("known", ascending=False, kind="stable")
    first = first.set_index(_profile_keys(first))[list(OF_ITEMS)]
    first = first[~first.index.duplicated()]
    return first.reindex(_profile_keys(results)).set_axis(results.index)


def _profile_keys(table: pd.DataFrame) -> pd.MultiIndex:
    names = [fold_series(table[name].astype("str")) for name in _KEY]
    return pd.MultiIndex.from_arrays([*names, table["shots"].astype(float).fillna(-1.0)])
