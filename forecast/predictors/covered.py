"""Which forecasts' intervals held about what they say in backtests, and what is said of the others.

Two groups did not. Losses jump. And a model that scores far below chance follows a wrong rule, not luck: its scores may
stay, fall to nothing or turn to the right rule at once, of which a spread learned on all other tasks knows little.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.predictors.losses import UNCOVERED

OF_CHANCE = 0.5
"""Share of chance below which a score is far below it, where that is beyond noise."""
STANDARD_ERRORS = 2.0
FAR_BELOW_CHANCE = (
    "uncovered, since in backtests those from a score far below chance held far fewer scores than they say"
)


def far_below_chance(rows: pd.DataFrame) -> np.ndarray:
    """Whether the origin's score is below half of chance and beyond noise below it, (n,); never where chance is
    unknown."""
    chance, origin = rows["chance"].to_numpy(float), rows["origin_score"].to_numpy(float)
    noise = STANDARD_ERRORS * rows["origin_se"].to_numpy(float)
    share = rows["is_share"].to_numpy(dtype=bool)
    return share & (origin < OF_CHANCE * chance) & (origin < chance - noise)


def remarks(rows: pd.DataFrame) -> np.ndarray:
    """What is said of each row's intervals, (n,); empty where they held about what they say."""
    far = np.where(far_below_chance(rows), FAR_BELOW_CHANCE, "")
    return np.where(rows["is_share"].to_numpy(dtype=bool), far, UNCOVERED)
