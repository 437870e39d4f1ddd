"""From a score to the scale on which abilities add up, and back: by the unit of the benchmark."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

EDGE = 0.005
"""A share this near to chance or to the ceiling is held here: beyond it a logit says more than the test can."""
FEWEST, MOST, ASSUMED = 40.0, 400.0, 150.0
"""Numbers of examples that sampling noise is held to, and what stands for an unknown one: larger tests err in other
ways."""
ELO_PER_LOGIT = 400.0 / np.log(10.0)
ELO_ORIGIN = 1200.0
UNITS = ("share", "minutes", "US dollars", "Elo")


class Scale(NamedTuple):
    """How a benchmark counts: for a share what guessing gets, and what is the most that its labels let anybody get."""

    unit: str
    chance: float = 0.0
    ceiling: float = 1.0
    n_examples: float = np.nan


SHARE = Scale("share")


def to_link(score: np.ndarray, scale: Scale) -> np.ndarray:
    """Logit of the share above chance, of what is to be had; logarithm of minutes and dollars; Elo in logits.

    >>> to_link(np.array([0.625]), Scale("share", 0.25)).tolist(), to_link(np.array([1.0]), Scale("minutes")).tolist()
    ([0.0], [0.0])
    """
    score = np.asarray(score, float)
    if scale.unit == "Elo":
        return (score - ELO_ORIGIN) / ELO_PER_LOGIT
    if scale.unit != "share":
        return np.log(np.maximum(score, 1e-9))
    share = np.clip((score - scale.chance) / (scale.ceiling - scale.chance), EDGE, 1.0 - EDGE)
    return np.log(share / (1.0 - share))


def from_link(z: np.ndarray, scale: Scale) -> np.ndarray:
    """The score whose `to_link` is ``z``."""
    z = np.asarray(z, float)
    if scale.unit == "Elo":
        return z * ELO_PER_LOGIT + ELO_ORIGIN
    if scale.unit != "share":
        return np.exp(np.clip(z, -30.0, 30.0))
    return scale.chance + (scale.ceiling - scale.chance) / (1.0 + np.exp(-np.clip(z, -30.0, 30.0)))


def exact_link(score: float, scale: Scale) -> float:
    """The value whose `from_link` is ``score``: infinite at and beyond chance and ceiling, where `to_link` stops.

    >>> exact_link(1.0, SHARE), exact_link(0.2, Scale("share", 0.25)), round(exact_link(0.999, SHARE), 2)
    (inf, -inf, 6.91)
    """
    if scale.unit != "share":
        return float(to_link(np.array(score), scale)) if scale.unit == "Elo" or score > 0 else -np.inf
    share = (score - scale.chance) / (scale.ceiling - scale.chance)
    if not 0.0 < share < 1.0:
        return -np.inf if share <= 0.0 else np.inf
    return float(np.log(share / (1.0 - share)))


def sampling_variance(z: np.ndarray, scale: Scale) -> np.ndarray:
    """Variance of a score's link from the finite number of examples; none is known for units other than shares."""
    z = np.asarray(z, float)
    if scale.unit != "share":
        return np.zeros_like(z)
    n = np.clip(scale.n_examples, FEWEST, MOST) if np.isfinite(scale.n_examples) else ASSUMED
    share = np.clip(1.0 / (1.0 + np.exp(-z)), EDGE, 1.0 - EDGE)
    span = scale.ceiling - scale.chance
    score = scale.chance + span * share
    return score * (1.0 - score) / (n * span**2 * share**2 * (1.0 - share) ** 2)
