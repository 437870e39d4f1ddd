"""Where a task stands between chance and ceiling: floundering, learning, or on its plateau."""

from __future__ import annotations

import numpy as np

from scale_forecast.data.trend import beyond_noise
from scale_forecast.studies.ladders import Ladder, Measured

STATES = ("floundering", "learning", "plateau")
LOW, HIGH = 0.1, 0.9
"""Shares of the way from chance to ceiling where learning begins and ends."""


def states_of(position: np.ndarray, at_chance: np.ndarray | bool = False) -> np.ndarray:
    """Place in `STATES` of positions between chance (0) and ceiling (1); within noise of chance is floundering."""
    state = np.where(position >= HIGH, 2, np.where(position < LOW, 0, 1))
    return np.where(at_chance, 0, state)


def position_of(ladder: Ladder, data: Measured) -> tuple[np.ndarray, np.ndarray]:
    """Share of the way from chance to ceiling, and whether within noise of chance; (n, L), NaN where unknown."""
    rows = data.rows
    score, se, chance, ceiling = (
        ladder.of(rows[c].to_numpy(dtype=float)) for c in ("score", "se", "chance", "ceiling")
    )
    chance = np.where(rows["higher_is_better"].to_numpy()[ladder.row], chance, np.nan)
    ceiling = np.where(np.isnan(ceiling), 1.0, ceiling)
    return (score - chance) / (ceiling - chance), ~beyond_noise(score, chance, se, np.zeros(1))
