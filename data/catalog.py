"""The bundled tables: published figures with their sources, read once per process."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import pandas as pd

from scale_forecast.data.results import as_results
from scale_forecast.data.tasks import as_metrics, as_tasks

TABLES = Path(__file__).parent / "tables"
QUESTIONS = Path(__file__).parent / "questions"
FRONTIER_COMPLETE_UNTIL = dt.date(2025, 9, 30)
"""Until when `frontier_models` lists the largest public models; nothing follows from its silence afterwards."""


@cache
def bundled_results() -> pd.DataFrame:
    """All bundled scores as a results table with the extra column ``dataset`` (the file each row came from).

    Callers must not change it in place.
    """
    frames = [
        pd.read_csv(path, low_memory=False).assign(dataset=path.stem)
        for path in sorted((TABLES / "results").glob("*.csv"))
    ]
    joined = pd.concat(frames, ignore_index=True)
    results = as_results(joined.drop(columns="dataset"), where="bundled figures")
    return results.assign(dataset=joined["dataset"].to_numpy())


@cache
def bundled_tasks() -> pd.DataFrame:
    """Descriptors of the bundled tasks."""
    return as_tasks(pd.read_csv(TABLES / "tasks.csv"), where="bundled tasks")


@cache
def bundled_metrics() -> pd.DataFrame:
    """Directions and kinds of the known metrics."""
    return as_metrics(pd.read_csv(TABLES / "metrics.csv"), where="bundled metrics")


@cache
def bundled_models() -> pd.DataFrame:
    """One row per bundled model and checkpoint, with its size, family, line, tuning and release date."""
    columns = ["model", "family", "line", "checkpoint", "params", "train_tokens", "train_flops", "tuning", "released"]
    return bundled_results()[columns].drop_duplicates(["model", "checkpoint"]).reset_index(drop=True)


@cache
def model_sizes() -> pd.DataFrame:
    """Published sizes that a model's name does not hold, or holds otherwise: ``model, family, params, active_params``.

    ``model`` is the name of a repository without its organisation; ``family`` is given where sizes are words (``-xl``).
    """
    return pd.read_csv(TABLES / "model_sizes.csv").drop(columns="source")


@cache
def frontier_models() -> pd.DataFrame:
    """Notable models by date: ``model, organization, released, params, train_flops, train_tokens, source``."""
    return pd.read_csv(TABLES / "frontier_models.csv", parse_dates=["released"])
