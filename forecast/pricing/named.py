"""Models that are named, on futures by date: the score that is known, or that one to come of that name will have."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd

from scale_forecast.by_date.coming import Coming, describe_coming
from scale_forecast.by_date.new_model import predict_model
from scale_forecast.by_date.paths import round_to_test
from scale_forecast.by_date.state import State
from scale_forecast.by_date.world import World, scale_of
from scale_forecast.data.names.keys import model_key
from scale_forecast.resolvers.judge.futures import Untold

RELEASE_DAYS = 6
"""Days on which a model to come may be released, evenly over the time that is left."""


def known_score(world: World, task: str, name: str) -> float | None:
    """The best score that a model is known to have on a task; None where it has none."""
    rows = world.rows[(world.rows["task"] == task).to_numpy()]
    mine = rows.loc[rows["model"].map(model_key) == model_key(name), "score"]
    return float(mine.max()) if len(mine) else None


def describe_named(name: str, releases: pd.DataFrame, as_of: dt.date) -> Coming:
    """A model without scores, as a rule on names describes it from what was released by a day.

    Raises
    ------
    Untold
        Where no earlier release has a name like it.
    """
    known = releases[releases["released"] <= pd.Timestamp(as_of)]
    own = known.loc[known["model"].map(model_key) == model_key(name), "released"]
    day = own.min() if len(own) else pd.Timestamp(as_of) + pd.Timedelta(days=1)
    found = describe_coming(name, day, known)
    if found.like is None:
        raise Untold(f"no model of a name like {name!r} was released by {as_of}")
    return replace(found, model=replace(found.model, released=day))


def scores_to_come(
    state: State, found: Coming, task: str, days: tuple[pd.Timestamp, pd.Timestamp], draws: int, seed: int
) -> np.ndarray:
    """Draws of the score on a task: released on its day where that is known, else evenly between two days."""
    first, last = days
    known = found.model.released <= first
    ahead = [found.model.released] if known else list(pd.date_range(first, max(last, first), RELEASE_DAYS + 1)[1:])
    shares = np.array_split(np.arange(draws), len(ahead))
    parts = [
        predict_model(state, replace(found.model, released=day), tasks=[task]).sample(len(share), seed + at)[:, 0]
        for at, (day, share) in enumerate(zip(ahead, shares, strict=True))
    ]
    return round_to_test(np.concatenate(parts), scale_of(state.world.tasks, task))


def limit_to(own: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Draws of a model's score dealt to those of its maker's record by rank, and never above it."""
    limit = np.where(np.isfinite(whole), whole, np.inf)
    out = np.empty(len(own))
    out[np.argsort(limit, kind="stable")] = np.sort(own)
    return np.minimum(out, limit)
