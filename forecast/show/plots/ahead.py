"""What pictures of upcoming models are drawn from: forecasts of one task, and falling tasks at sizes still to come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.backtests.training import Trained
from scale_forecast.data.errors import UsageError
from scale_forecast.data.results import UNIT
from scale_forecast.data.scale import BELOW
from scale_forecast.inputs.folds import Exclusion
from scale_forecast.inputs.panel import Panel
from scale_forecast.inputs.targets import Target, evidence_of, family_rows, target_rows, upcoming_target, visible
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.reversal import BASE, EVENTS, Reversal
from scale_forecast.show.plots.reversal import sizes_ahead
from scale_forecast.show.plots.task import scores_of_task
from scale_forecast.upcoming import Upcoming


@dataclass(frozen=True)
class TaskView:
    """One task's forecast and what it is drawn beside: the arguments of `show.plots.task.draw_task`."""

    scores: pd.DataFrame
    forecast: pd.Series
    truth: float | None


def task_view(panel: Panel, upcoming: Upcoming) -> tuple[TaskView, list[str]]:
    """The row of a forecast with the longest history, its scores, and the target's own score where it has come out.

    Parameters
    ----------
    panel : all rows, the target's own among them
    upcoming : the forecast, of one task in all its settings or in one

    Returns
    -------
    view : TaskView
    others : the settings of the rows not chosen
    """
    units = upcoming.forecast.targets["unit"].to_numpy()
    rows = upcoming.evidence.rows
    own = rows[(rows["family"] == upcoming.target.family) & rows["unit"].isin(units)]
    length = own["unit"].value_counts().reindex(units, fill_value=0).to_numpy()
    at = int(np.argmax(length))
    view = TaskView(
        scores=scores_of_task(rows, int(units[at])),
        forecast=upcoming.table.iloc[at],
        truth=truths(panel, upcoming.target).get(int(units[at])),
    )
    return view, [setting(row) for i, (_, row) in enumerate(upcoming.table.iterrows()) if i != at]


def setting(row: pd.Series) -> str:
    """How a task was measured, in a few words."""
    shots = "" if pd.isna(row["shots"]) else f", {row['shots']:g}-shot"
    return f"{row['benchmark']}, {row['metric']}, {row['prompt']}{shots}"


def truths(panel: Panel, target: Target) -> dict[int, float]:
    """The scores of the family's model of the target's size, by unit; empty before it is out."""
    rows = panel.rows
    off = np.log10(rows["params"] / target.params) if np.isfinite(target.params) else rows["compute"] - target.compute
    found = rows[(rows["family"] == target.family) & (off.abs() <= BELOW)].drop_duplicates("unit")
    return dict(zip(found["unit"].astype(int), found["score"].astype(float), strict=True))


def reversals_ahead(
    panel: Panel,
    families: Sequence[str],
    *,
    predictor: str,
    benchmark: str | None = None,
    as_of: pd.Timestamp | None = None,
    cache: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> pd.DataFrame:
    """The probability that each falling task of some families turns at a next model of several sizes.

    Returns
    -------
    DataFrame
        The columns of `show.plots.reversal.draw_reversal`, and `UNIT`: one row a task, family and size.

    Raises
    ------
    UsageError
        For an unknown family, or a benchmark none of them has.
    """
    parts, trained = [], Trained(panel, cache)
    for name in families:
        own = family_rows(panel, name).sort_values("scale", kind="stable")
        progress(f"forecasting next models of {name}")
        exclusion = Exclusion(str(own["line"].iloc[-1]), as_of=as_of)
        made, reversal = trained.get(predictor, exclusion), trained.reversal(exclusion)
        for params in sizes_ahead(float(own["params"].max())):
            target, _ = upcoming_target(panel, name, float(params), released=as_of)
            evidence = evidence_of(panel, target, visible(panel, target, as_of))
            parts.append(_falling(evidence, target, made, reversal))
    table = pd.concat(parts, ignore_index=True)
    if benchmark is not None:
        table = table[table["benchmark"].str.casefold() == benchmark.casefold()]
        if table.empty:
            raise UsageError(f"none of the families has scores on a benchmark {benchmark!r}: see `forecast data list`")
    return table


def _falling(evidence: Panel, target: Target, made: Predictor, reversal: Reversal) -> pd.DataFrame:
    forecast = made.predict(target_rows(evidence, target), evidence)
    events = reversal.predict(forecast, evidence)
    unit = [name for name in UNIT if name in forecast.targets]
    named = forecast.targets[[*unit, "family", "params"]].astype({"benchmark": "str", "task": "str", "family": "str"})
    return named.join(events[[*EVENTS, *BASE]])
