"""Bands within the fitted points: which share of points left out the 80% interval holds, by domain.

    python -m benchmarks.curves_within [accuracy] [loss] [.../lcdb/database-accuracy.csv]

Every fourth point between a curve's ends is left out of the fit; those that size the band are others, and all are
fitted. The Learning Curve Database's file is that of `benchmarks.curves_lcdb`, the half of it that played no part.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.curves import DATASETS, hold_out, show
from benchmarks.curves_lcdb import read, split
from benchmarks.learning_curves import broken_curves, learning_curves, prior_curves
from scale_forecast.curves import fit_curves


def within(x: np.ndarray, y: np.ndarray, kind: str, **known: np.ndarray) -> dict[str, float]:
    """Coverage and half width (losses: in logs) of the 80% interval at the points left out of each curve (a row)."""
    seen = np.isfinite(x) & np.isfinite(y)
    rank = np.argsort(np.argsort(np.where(seen, x, np.inf), axis=1), axis=1)
    last = seen.sum(axis=1, keepdims=True) - 1
    out = seen & (rank % 4 == 2) & (rank > 0) & (rank < last)
    keep = out.any(axis=1)
    known = {name: value if np.ndim(value) == 0 else np.asarray(value)[keep] for name, value in known.items()}
    x, y, out = x[keep], y[keep], out[keep]
    fits = fit_curves(x, np.where(out, np.nan, y), kind=kind, **known)
    low, middle, high = np.moveaxis(fits.quantiles(x, [0.1, 0.5, 0.9]), -1, 0)
    scale = np.log if kind == "loss" else np.asarray
    return {
        "points": int(out.sum()),
        "80% hold": float(((y >= low) & (y <= high))[out].mean()),
        "half width": float(np.median((scale(high[out]) - scale(low[out])) / 2)),
        "error": float(np.abs(scale(middle[out]) - scale(y[out])).mean()),
    }


def noisy_shares(n: int, points: int, seed: int) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Accuracies of ``n`` logistic curves from chance 0.25, measured on 100 to 10,000 items."""
    rng = np.random.default_rng(seed)
    x = np.logspace(8, 11, points)
    share = 1 / (1 + np.exp(-rng.uniform(0.2, 0.9, (n, 1)) * (np.log(x) - rng.uniform(18, 26, (n, 1)))))
    items = 10 ** rng.integers(2, 5, n)
    scores = rng.binomial(items[:, None], 0.25 + 0.75 * share) / items[:, None]
    return np.tile(x, (n, 1)), scores, {"n_examples": items.astype(float), "chance": np.full(n, 0.25)}


def accuracies() -> pd.DataFrame:
    """The bundled datasets, all of their points, and simulated scores."""
    rows = []
    for dataset in DATASETS:
        given = hold_out(dataset, 0.0, every=8 if dataset in ("pythia", "openlm") else 1).given
        rows.append({"domain": dataset} | within(given.pop("x"), given.pop("y"), "accuracy", **given))
    x, y, known = noisy_shares(120, 8, seed=0)
    return pd.DataFrame([*rows, {"domain": "simulated logistic, 8 points"} | within(x, y, "accuracy", **known)])


def losses(lcdb: Path | None) -> pd.DataFrame:
    """The three simulators, and real learning curves where the file is at hand."""
    drawn = {
        "kinds 12": learning_curves(80, 12, 1.5, 4.0, seed=512),
        "kinds 30, walk 1%": learning_curves(80, 30, 2.5, 2.0, seed=530, even=True, wander=0.01),
        "breaks 30": broken_curves(80, 30, 2.0, 5.0, seed=530),
        "LC-PFN prior 20": prior_curves(80, 20, 50, seed=520),
    }
    if lcdb is not None:
        drawn["LCDB"] = split(read(lcdb, 1), 2.0, 120)
    return pd.DataFrame([{"domain": name} | within(x, y, "loss") for name, (x, y, _, _) in drawn.items()])


if __name__ == "__main__":
    asked = sys.argv[1:] or ["accuracy", "loss"]
    files = [Path(word) for word in asked if word.endswith(".csv")]
    if "accuracy" in asked:
        show(accuracies())
    if "loss" in asked:
        show(losses(files[0] if files else None))
