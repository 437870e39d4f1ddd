"""Descriptors of tasks and directions of metrics. What is unknown is missing, never invented."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.names import fold_series, refuse_unknown_columns
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.results import is_share

TASK_COLUMNS = {
    "benchmark": "str",
    "task": "str",
    "n_choices": "float",
    "chance": "float",
    "ceiling": "float",
    "n_examples": "float",
    "input_words": "float",
    "target_chars": "float",
    "low_score": "float",
    "high_score": "float",
    "human_average": "float",
    "human_best": "float",
    "keywords": "str",
    "shots_in_prompt": "float",
    "canonical_task": "str",
    "aggregate_of": "str",
}
METRIC_KINDS = ("linear", "threshold", "proper")


def as_tasks(frame: pd.DataFrame, *, where: str = "tasks", benchmark: str = "user") -> pd.DataFrame:
    """Check a tasks table; columns as `TASK_COLUMNS`, one row per (benchmark, task).

    Raises
    ------
    DataError
        For unknown columns, a repeated task, or a chance outside [0, ceiling).
    """
    refuse_unknown_columns(frame, TASK_COLUMNS, where)
    if "task" not in frame.columns or frame.empty:
        raise DataError(f"{where}: a tasks table needs a column 'task' and at least one row")
    table = frame.reset_index(drop=True).reindex(columns=list(TASK_COLUMNS))
    table["benchmark"] = table["benchmark"].astype(object).where(table["benchmark"].notna(), benchmark)
    for name, kind in TASK_COLUMNS.items():
        if kind == "float":
            number = as_numbers(table[name])
            bad = table[name].notna() & ~np.isfinite(number)
            if bad.any():
                row = int(np.flatnonzero(bad)[0])
                raise DataError(
                    f"{where}: {name} {table[name].iloc[row]!r} in row {row + 2} is not a number: "
                    "leave it empty when unknown"
                )
            table[name] = number
        else:
            table[name] = table[name].astype("str").where(table[name].notna())
    _require_ranges(table, where)
    folded = pd.DataFrame({c: fold_series(table[c]) for c in ("benchmark", "task")})
    if folded.duplicated().any():
        row = int(np.flatnonzero(folded.duplicated())[0])
        raise DataError(
            f"{where}: row {row + 2} describes {table['benchmark'].iloc[row]}/{table['task'].iloc[row]} "
            "again: keep one row per task"
        )
    return table


def _require_ranges(table: pd.DataFrame, where: str) -> None:
    ceiling = table["ceiling"].fillna(1.0)
    checks = [
        (
            "chance",
            table["chance"].notna() & ~((table["chance"] >= 0) & (table["chance"] < ceiling)),
            "is not in [0, ceiling)",
            "chance of four choices is 0.25",
        ),
        (
            "ceiling",
            table["ceiling"].notna() & ~table["ceiling"].between(0.0, 1.0, inclusive="right"),
            "is not in (0, 1]",
            "a percentage is divided by 100",
        ),
        (
            "n_choices",
            table["n_choices"].notna() & ~(table["n_choices"] >= 1),
            "is below 1",
            "leave it empty when unknown",
        ),
        (
            "n_examples",
            table["n_examples"].notna() & ~(table["n_examples"] >= 1),
            "is below 1",
            "leave it empty when unknown",
        ),
    ]
    for name, bad, what, remedy in checks:
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise DataError(f"{where}: {name} {table[name].iloc[row]!r} in row {row + 2} {what}: {remedy}")


def as_metrics(frame: pd.DataFrame, *, where: str = "metrics") -> pd.DataFrame:
    """Check a metrics table: ``metric, higher_is_better, metric_kind``."""
    missing = [c for c in ("metric", "higher_is_better", "metric_kind") if c not in frame.columns]
    if missing:
        raise DataError(f"{where}: no column {missing[0]!r}")
    bad = ~frame["metric_kind"].isin(METRIC_KINDS)
    if bad.any():
        raise DataError(
            f"{where}: metric_kind {frame.loc[bad, 'metric_kind'].iloc[0]!r} is not one of {', '.join(METRIC_KINDS)}"
        )
    return frame[["metric", "higher_is_better", "metric_kind"]].reset_index(drop=True)


def describe(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Results with the descriptors of their task and metric beside them (a left join; rows and order kept).

    Adds every descriptor of `TASK_COLUMNS` (``n_examples`` fills only what the row leaves open),
    ``higher_is_better``, ``metric_kind`` and ``is_share``. ``canonical_task`` is ``benchmark/task`` where none is
    known, so that it is never missing. ``chance`` and ``ceiling`` hold for shares only. A metric with a suffix
    (``exact_match:flexible-extract``) is of the kind of its plain name; one that is not in ``metrics`` counts as
    higher-is-better ``linear`` when it is a share, else as a ``proper`` loss. A direction that a row states goes first.
    """
    key = ["_benchmark", "_task"]
    left = results.assign(_benchmark=fold_series(results["benchmark"]), _task=fold_series(results["task"]))
    right = tasks.assign(_benchmark=fold_series(tasks["benchmark"]), _task=fold_series(tasks["task"]))
    right = right.drop(columns=["benchmark", "task"]).rename(columns={"n_examples": "_task_n"})
    out = left.merge(right, on=key, how="left", validate="m:1")
    out.index = results.index
    out["n_examples"] = out["n_examples"].fillna(out["_task_n"])
    own_name = fold_series(out["benchmark"]) + "/" + fold_series(out["task"])
    out["canonical_task"] = out["canonical_task"].fillna(own_name)
    share = is_share(out["metric"])
    out["is_share"] = share
    out[["chance", "ceiling"]] = out[["chance", "ceiling"]].where(share)
    out["higher_is_better"] = directions(out["metric"], out.get("higher_is_better"), metrics)
    kind = _listed_names(out["metric"], metrics).map(metrics.set_index("metric")["metric_kind"]).astype(object)
    out["metric_kind"] = kind.where(kind.notna(), np.where(share, "linear", "proper"))
    return out.drop(columns=[*key, "_task_n"])


def directions(metric: pd.Series, stated: pd.Series | None, metrics: pd.DataFrame) -> pd.Series:
    """Whether higher is better: as stated, else as `describe` takes a metric."""
    known = _listed_names(metric, metrics).map(metrics.set_index("metric")["higher_is_better"]).astype("boolean")
    known = known.fillna(is_share(metric))
    return (known if stated is None else stated.fillna(known)).astype(bool)


def _listed_names(metric: pd.Series, metrics: pd.DataFrame) -> pd.Series:
    """Metrics as the table of metrics lists them: one with a suffix that is not listed goes by its plain name."""
    listed = set(metrics["metric"])
    return metric.map({m: m if m in listed else str(m).partition(":")[0] for m in metric.unique()})


def task_sizes(results: pd.DataFrame, tasks: pd.DataFrame) -> np.ndarray:
    """How many examples the test of each row has by the tasks table, NaN where nothing is known."""
    folded, asked = ([fold_series(table[name]) for name in ("benchmark", "task")] for table in (tasks, results))
    known = dict(zip(zip(*folded, strict=True), tasks["n_examples"], strict=True))
    return np.array([known.get(place, np.nan) for place in zip(*asked, strict=True)], dtype=float)
