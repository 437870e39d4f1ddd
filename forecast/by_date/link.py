"""From a score to the scale on which abilities add up, and back: by the unit of the benchmark."""

from __future__ import annotations

import numpy as np

EDGE = 0.005
"""A share this near to chance or to one is held here: beyond it a logit says more than the test can."""
FEWEST, MOST, ASSUMED = 40.0, 400.0, 150.0
"""Numbers of examples that sampling noise is held to, and what stands for an unknown one: larger tests err in other
ways."""
ELO_PER_LOGIT = 400.0 / np.log(10.0)
ELO_ORIGIN = 1200.0
UNITS = ("share", "minutes", "US dollars", "Elo")


def to_link(score: np.ndarray, unit: str, chance: float) -> np.ndarray:
    """Logit of the share above chance; logarithm of minutes and dollars; Elo in logits.

    >>> to_link(np.array([0.625]), "share", 0.25).tolist(), to_link(np.array([1.0]), "minutes", 0.0).tolist()
    ([0.0], [0.0])
    """
    score = np.asarray(score, float)
    if unit == "Elo":
        return (score - ELO_ORIGIN) / ELO_PER_LOGIT
    if unit != "share":
        return np.log(np.maximum(score, 1e-9))
    share = np.clip((score - chance) / (1.0 - chance), EDGE, 1.0 - EDGE)
    return np.log(share / (1.0 - share))


def from_link(z: np.ndarray, unit: str, chance: float) -> np.ndarray:
    """The score whose `to_link` is ``z``."""
    z = np.asarray(z, float)
    if unit == "Elo":
        return z * ELO_PER_LOGIT + ELO_ORIGIN
    if unit != "share":
        return np.exp(np.clip(z, -30.0, 30.0))
    return chance + (1.0 - chance) / (1.0 + np.exp(-np.clip(z, -30.0, 30.0)))


def sampling_variance(z: np.ndarray, unit: str, chance: float, n_examples: float) -> np.ndarray:
    """Variance of a score's link from the finite number of examples; none is known for units other than shares."""
    z = np.asarray(z, float)
    if unit != "share":
        return np.zeros_like(z)
    n = np.clip(n_examples, FEWEST, MOST) if np.isfinite(n_examples) else ASSUMED
    share = np.clip(1.0 / (1.0 + np.exp(-z)), EDGE, 1.0 - EDGE)
    score = chance + (1.0 - chance) * share
    return score * (1.0 - score) / (n * (1.0 - chance) ** 2 * share**2 * (1.0 - share) ** 2)
