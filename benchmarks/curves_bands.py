"""Bands beyond the points, as they are in use: which share of held-out points the 80% interval holds, by domain.

    python -m benchmarks.curves_bands [accuracy] [loss] [.../lcdb/database-*.csv ...]

Accuracies: the bundled datasets, with all points within 0.3, 1 and 1.5 decades of the largest held out. Losses: the
simulators, and of the Learning Curve Database (its half that played no part) the errors of each file, twice and four
times beyond. Half widths are medians, of losses in logs.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.curves import DATASETS, SIMULATED, hold_out, show
from benchmarks.curves_lcdb import read, split
from scale_forecast.curves import fit_curves

EVERY = {"pythia": 16, "openlm": 8}
"""Of the large datasets one curve of so many."""


def band(
    kind: str, x: np.ndarray, y: np.ndarray, beyond: np.ndarray, held: np.ndarray, **known: np.ndarray
) -> dict[str, float]:
    """Coverage and median half width of the 80% interval at what is held out."""
    fits = fit_curves(x, y, kind=kind, **known)
    low, high = np.moveaxis(fits.quantiles(beyond, [0.1, 0.9]), -1, 0)
    seen = np.isfinite(held)
    scale = np.log if kind == "loss" else np.asarray
    return {
        "points": int(seen.sum()),
        "80% hold": float(((held >= low) & (held <= high))[seen].mean()),
        "half width": float(np.median((scale(high[seen]) - scale(low[seen])) / 2)),
    }


def accuracies() -> pd.DataFrame:
    """The bundled datasets, by decades held out."""
    rows = []
    for dataset in ("inverse_scaling", *DATASETS):
        for gap in (0.3, 1.0, 1.5):
            held = hold_out(dataset, gap, every=EVERY.get(dataset, 1))
            found = band("accuracy", beyond=held.x, held=held.y, **held.given)
            rows.append({"domain": f"{dataset}, {gap:g} decades"} | found)
    return pd.DataFrame(rows)


def losses() -> pd.DataFrame:
    """The simulators."""
    return pd.DataFrame([{"domain": name} | band("loss", *drawn()) for name, drawn in SIMULATED.items()])


def lcdb(path: Path) -> pd.DataFrame:
    """Real learning curves."""
    rows = read(path, 1)
    name = path.stem.removeprefix("database-")
    return pd.DataFrame([{"domain": f"{name}, {f:g} times"} | band("loss", *split(rows, f, 200)) for f in (2.0, 4.0)])


if __name__ == "__main__":
    asked = sys.argv[1:] or ["accuracy", "loss"]
    for part, table in {"accuracy": accuracies, "loss": losses}.items():
        if part in asked:
            show(table())
    for word in asked:
        if word.endswith(".csv"):
            show(lcdb(Path(word)))
