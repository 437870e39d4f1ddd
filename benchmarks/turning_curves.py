"""Simulated curves that turn, in shapes that are not the fitted form's: accuracies and losses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Drawn = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, np.ndarray]]
"""x, y (n, points); x, y beyond (n, 6); what is known of the scores."""
DECADES = 3.0


def turning_scores(n: int, points: int, items: int, shape: str, *, seed: int, mirrored: bool = False) -> Drawn:
    """Accuracies, around 0.3 to 0.5 with chance 0.25, measured on so many items."""
    rng = np.random.default_rng(seed)
    x, beyond, move = _moves(n, points, shape, rng)
    share = np.clip(rng.uniform(0.3, 0.5, (n, 1)) + (-move if mirrored else move), 0.02, 0.98)
    y = rng.binomial(items, share) / items
    known = {"n_examples": np.full(n, float(items)), "chance": np.full(n, 0.25)}
    return np.tile(x, (n, 1)), y[:, :points], np.tile(beyond, (n, 1)), y[:, points:], known


def turning_losses(n: int, points: int, noise: float, shape: str, *, seed: int, mirrored: bool = False) -> Drawn:
    """Losses with that relative noise."""
    rng = np.random.default_rng(seed)
    x, beyond, move = _moves(n, points, shape, rng)
    y = np.exp((-move if mirrored else move) + noise * rng.normal(size=move.shape))
    return np.tile(x, (n, 1)), y[:, :points], np.tile(beyond, (n, 1)), y[:, points:], {}


def _moves(n: int, points: int, shape: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x fitted, over three decades, and beyond, up to four times the largest; n curves there that fall and then rise,
    their turn at a share of 0.3 to 0.85 of the fitted decades."""
    x = np.logspace(8, 8 + DECADES, points)
    beyond = x[-1] * np.logspace(np.log10(1.3), np.log10(4.0), 6)
    share = np.log10(np.concatenate([x, beyond]) / x[0]) / DECADES
    return x, beyond, np.array([SHAPES[shape](share, rng.uniform(0.3, 0.85), rng) for _ in range(n)])


def _two_sigmoids(v: np.ndarray, turn: float, rng: np.random.Generator) -> np.ndarray:
    """A distractor is learned first, then the task."""
    depth, gap = rng.uniform(0.1, 0.4), rng.uniform(0.1, 0.3)
    first, second = rng.uniform(8, 20, 2)
    down, up = (1.0 / (1.0 + np.exp(-s * (v - turn + g))) for s, g in ((first, gap), (second, -gap)))
    return -depth * down + (0.4 + depth) * up


def _dip(v: np.ndarray, turn: float, rng: np.random.Generator) -> np.ndarray:
    """A passing dip in a rising line."""
    return rng.uniform(0.0, 0.3) * v - rng.uniform(0.15, 0.4) * np.exp(-(((v - turn) / rng.uniform(0.15, 0.4)) ** 2))


def _parabola(v: np.ndarray, turn: float, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(0.5, 1.2) * (v - turn) ** 2 - 0.1


def _levels_off(v: np.ndarray, turn: float, rng: np.random.Generator) -> np.ndarray:
    """A straight fall, and a rise that soon ends."""
    rise = 1.0 - np.exp(-np.maximum(v - turn, 0.0) / rng.uniform(0.1, 0.3))
    return -rng.uniform(0.1, 0.4) * np.minimum(v, turn) + rng.uniform(0.15, 0.4) * rise


def _overfit(v: np.ndarray, turn: float, rng: np.random.Generator) -> np.ndarray:
    """The logarithm of a limit, a falling and a rising power of x."""
    fall, rise = rng.uniform(0.1, 0.5, 2)
    past = DECADES * np.log(10) * (v - turn)
    return np.log(rng.uniform(0.0, 2.0) + np.exp(-fall * past) / fall + np.exp(rise * past) / rise)


SHAPES: dict[str, Callable[[np.ndarray, float, np.random.Generator], np.ndarray]] = {
    "two sigmoids": _two_sigmoids,
    "dip": _dip,
    "parabola": _parabola,
    "levels off": _levels_off,
    "overfit": _overfit,
}
