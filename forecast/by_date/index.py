"""The capability index: what all benchmarks say together of each model, and which benchmarks go their own way."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri

from scale_forecast.by_date.state import State

ANCHORS = {"Claude 3.5 Sonnet (Jun 2024)": 130.0, "GPT-5": 150.0}
"""Models that fix the scale of Epoch's index, where both are present."""
APART = 0.6
"""Share of a benchmark's variance about its own trend that the index must explain, lest it is said to go its own
way."""


def capability_index(state: State, interval: float = 0.8) -> pd.DataFrame:
    """Each visible model's ability with an interval, the ablest first; on Epoch's scale where its anchors are
    present."""
    spread = np.sqrt(np.diag(state.covariance)) * ndtri(0.5 + interval / 2.0)
    intercept, slope = _scale(state)
    table = pd.DataFrame(
        {
            "model": state.world.models.index,
            "organisation": state.world.models["organisation"].to_numpy(),
            "released": state.world.models["released"].to_numpy(),
            "index": intercept + slope * state.mean,
            "low": intercept + slope * (state.mean - spread),
            "high": intercept + slope * (state.mean + spread),
            "scores": state.world.best.groupby("model")["task"].nunique().reindex(state.world.models.index).to_numpy(),
        }
    )
    return table.sort_values(["index", "model"], ascending=[False, True], ignore_index=True)


def apart(state: State) -> pd.DataFrame:
    """Of each benchmark the loading on the index, and the share of the models' spread there that the index explains."""
    rows = []
    for name, task in state.tasks.items():
        ability = state.mean[task.model]
        loading = state.parameters.loadings[name]
        explained = loading**2 * float(np.var(ability))
        own = state.parameters.errors[name] + float(state.parameters.task[3] + state.parameters.task[-1])
        share = explained / max(explained + own, 1e-12)
        rows.append((name, loading, share, len(np.unique(task.model)), share < APART))
    return pd.DataFrame(rows, columns=["task", "loading", "explained", "models", "apart"])


def _scale(state: State) -> tuple[float, float]:
    """Intercept and slope of the index on the abilities: Epoch's anchors, else logits."""
    at = [state.index.get(model) for model in ANCHORS]
    if any(i is None for i in at):
        return 0.0, 1.0
    low, high = (float(state.mean[i]) for i in at)
    if abs(high - low) < 0.1:
        return 0.0, 1.0
    bottom, top = ANCHORS.values()
    slope = (top - bottom) / (high - low)
    return bottom - slope * low, slope
