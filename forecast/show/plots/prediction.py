"""One task of a prediction along the scale: what is known, and the forecast of each size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import did_you_mean, fold, fold_series
from scale_forecast.show.plots.task import draw_task, scores_of_task
from scale_forecast.upcoming import Upcoming

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_prediction(parts: Sequence[Upcoming], task: str | None = None) -> Figure:
    """A task's scores and the forecasts of each size, with the fan to the largest; the largest change for None."""
    largest = max(parts, key=lambda part: part.target.compute)
    table = largest.table
    if task is not None:
        table = table[fold_series(table["task"]) == fold(task)]
        if table.empty:
            raise UsageError(f"no forecast of a task {task!r}{did_you_mean(task, largest.table['task'].unique())}")
    change = (table["median"] - table["origin_score"]).abs().to_numpy()
    at = np.flatnonzero(largest.table.index.isin(table.index))[np.argmax(change)]
    unit = int(largest.forecast.targets["unit"].iloc[at])
    smaller = []
    for part in parts:
        same = part.table[(part.forecast.targets["unit"] == unit).to_numpy()]
        if part is not largest and len(same):
            smaller.append(same.iloc[0])
    return draw_task(scores_of_task(largest.evidence.rows, unit), largest.table.iloc[at], smaller=smaller)
