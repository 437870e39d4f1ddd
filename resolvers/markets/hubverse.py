"""Hubverse model output: what is forecast in columns of its own, how in ``output_type``, ``output_type_id``, ``value``.

Source: hubverse-org/hubDocs docs/source/user-guide/model-output.md. Hubs name their own task columns; ours say which
question, or which score of which model. A yes-or-no question is a ``pmf`` over ``no`` and ``yes``, a distribution its
quantiles. Missing values are written NA.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.numbers import as_numbers

TASK = ["origin_date", "target", "benchmark", "task", "metric", "shots", "prompt", "model"]
OUTPUT = ["output_type", "output_type_id", "value"]
TYPES = ("mean", "median", "quantile", "cdf", "pmf", "sample")
SUM_TOLERANCE = 1e-6


def model_output(forecasts: pd.DataFrame) -> pd.DataFrame:
    """The ledger's forecasts of one forecaster as model output.

    Parameters
    ----------
    forecasts : DataFrame
        As `resolvers.ledger.Ledger.forecasts` gives it. Of several forecasts of one thing on one day the last counts.

    Returns
    -------
    DataFrame with the columns `TASK` and `OUTPUT`.
    """
    if forecasts.empty:
        raise DataError("there is no forecast to export: record some first")
    forecasts = forecasts.assign(origin_date=forecasts["made_at"].dt.strftime("%Y-%m-%d"))
    forecasts["target"] = forecasts["question_id"].where(forecasts["question_id"].notna(), "score")
    last = forecasts.drop_duplicates(TASK, keep="last")
    rows = [
        {**{name: row[name] for name in TASK}, "output_type": type_, "output_type_id": id, "value": value}
        for row in last.to_dict("records")
        for type_, id, value in _outputs(row)
    ]
    return pd.DataFrame(rows, columns=[*TASK, *OUTPUT])


def _outputs(row: dict) -> list[tuple[str, str, float]]:
    distribution = row["distribution"]
    if distribution is None:
        yes = float(row["probability"])
        return [("pmf", "no", 1.0 - yes), ("pmf", "yes", yes)]
    if "options" in distribution:
        return [("pmf", name, float(share)) for name, share in distribution["options"].items()]
    if "by" in distribution:
        return [("cdf", day, float(p)) for day, p in zip(distribution["by"], distribution["probability"], strict=True)]
    pairs = zip(distribution["levels"], distribution["quantiles"], strict=True)
    return [("quantile", f"{level:.12g}", float(value)) for level, value in pairs]


def output_complaints(table: pd.DataFrame) -> list[str]:
    """What makes a table no model output; an empty list means that it is one."""
    missing = [name for name in OUTPUT if name not in table.columns]
    if missing:
        return [f"there is no column {missing[0]!r}"]
    unknown = sorted(set(table["output_type"].astype("str")) - set(TYPES))
    if unknown:
        return [f"output_type {unknown[0]!r} is none of {', '.join(TYPES)}"]
    tasks = [name for name in table.columns if name not in OUTPUT]
    complaints = []
    if not np.isfinite(as_numbers(table["value"])).all():
        complaints.append("value holds something that is not a finite number")
    if table.duplicated([*tasks, "output_type", "output_type_id"]).any():
        complaints.append("one output_type_id stands twice for the same task")
    for type_, rows in table.groupby("output_type", sort=False):
        complaints += _type_complaints(str(type_), rows, tasks)
    return complaints


def _type_complaints(type_: str, rows: pd.DataFrame, tasks: list[str]) -> list[str]:
    if type_ in ("mean", "median"):
        return [] if rows["output_type_id"].isna().all() else [f"a {type_} has an output_type_id: it must be missing"]
    if rows["output_type_id"].isna().any():
        return [f"a {type_} has no output_type_id"]
    groups = rows.groupby(tasks, dropna=False, sort=False) if tasks else [("", rows)]
    found: list[str] = []
    for _, group in groups:
        found += [complaint for complaint in _group_complaints(type_, group) if complaint not in found]
    return found


def _group_complaints(type_: str, group: pd.DataFrame) -> list[str]:
    value = as_numbers(group["value"]).to_numpy(dtype=float)
    id = as_numbers(group["output_type_id"]).to_numpy(dtype=float)
    inside = ((value >= 0) & (value <= 1)).all()
    if type_ == "pmf":
        if not inside:
            return ["a pmf holds a value outside [0, 1]"]
        return [] if abs(value.sum() - 1.0) <= SUM_TOLERANCE else [f"a pmf sums to {value.sum():.6g}, not to 1"]
    if type_ == "sample":
        return (
            [] if ((id > 0) & (id == np.round(id))).all() else ["a sample's output_type_id is no positive whole number"]
        )
    if type_ == "quantile" and not ((id >= 0) & (id <= 1)).all():
        return ["a quantile's output_type_id is no level between 0 and 1"]
    if type_ == "cdf" and not inside:
        return ["a cdf holds a value outside [0, 1]"]
    ordered = value[np.argsort(id, kind="stable")] if np.isfinite(id).all() else value
    return (
        ["a quantile falls as its level rises" if type_ == "quantile" else "a cdf falls"]
        if (np.diff(ordered) < 0).any()
        else []
    )


def file_name(origin_date: str, model_id: str) -> str:
    """Name of a model output file: round, team and model.

    >>> file_name("2026-11-24", "ours-stack")
    '2026-11-24-ours-stack.csv'
    """
    if not re.fullmatch(r"\w{1,16}-\w{1,16}", model_id):
        raise DataError(
            f"{model_id!r} is no hubverse model id: write TEAM-MODEL in letters, digits and underscores, "
            "each of at most 16"
        )
    return f"{origin_date}-{model_id}.csv"
