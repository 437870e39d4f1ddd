"""Derive the constants of `forecast.curves.intervals` from extrapolations of held-out curves.

    python -m benchmarks.curves_spread

Accuracies: the bundled Pythia (every fourth curve), OpenLM, GPT-3 and BIG-G curves, their points within 0.3, 1 and 1.5
decades of the largest held out. Losses: simulated learning curves (`benchmarks.learning_curves`). The weights of the
parts maximise Student's likelihood (5 degrees of freedom) of the errors, each set of curves counted equally; the shape
is the errors' quantiles in units of the spread so found. For accuracies it also prints what the 80% interval covers on
each set when the constants are derived from the other three.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.stats import t as student

from benchmarks.curves import DATASETS, Held, held_out
from benchmarks.learning_curves import learning_curves
from forecast.curves.averaging import POOL, average_forms, learn_priors, share_weights
from forecast.curves.batch import Batch, as_batch
from forecast.curves.intervals import Parts, centre_of, parts_of, trial_parts

LEVELS = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
PARTS = ["noise", "between", "distance", "change"]


def errors(batch: Batch, x: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """Errors of ``auto`` at x, y (n, m), and at its own rolling origins, with the parts of their spread."""
    average = average_forms(batch, learn_priors(batch, tuple(POOL[batch.kind])))
    (average,) = share_weights([(batch, average)])
    u = np.log(x).T - np.log(batch.x_ref)
    rows = [_rows(batch.to_target(y.T) - centre_of(batch, average, u), parts_of(batch, average, u), "beyond")]
    rows += [_rows(*trial_parts(batch, average, trial), f"origin {i}") for i, trial in enumerate(average.trials)]
    return pd.concat(rows)


def _rows(error: np.ndarray, parts: Parts, where: str) -> pd.DataFrame:
    seen = np.isfinite(error)
    columns = {name: getattr(parts, name)[seen] for name in PARTS}
    return pd.DataFrame({"error": error[seen], "curve": np.nonzero(seen)[1], "where": where, **columns})


def design(rows: pd.DataFrame) -> np.ndarray:
    """Squares of the parts, and of distance times noise, (n, 5)."""
    parts = rows[PARTS].to_numpy()
    return np.column_stack([parts, parts[:, 0] * parts[:, 2]]) ** 2


def fitted(rows: pd.DataFrame) -> np.ndarray:
    """Factors of the parts in the standard deviation, (5,)."""
    squares, error = design(rows), rows["error"].to_numpy()
    weight = 1.0 / rows.groupby("set")["error"].transform("size").to_numpy()

    def cost(log_weights: np.ndarray) -> float:
        spread = np.sqrt(squares @ np.exp(log_weights))
        return -float((weight * (student.logpdf(error / spread, 5) - np.log(spread))).sum())

    starts = ([0, 0, -7, -3, -4], [0, 1, -9, -2, -3])
    best = min(
        (minimize(cost, s, method="Nelder-Mead", options={"maxiter": 4000}) for s in starts), key=lambda o: o.fun
    )
    return np.exp(best.x / 2)


def quantiles(values: pd.Series, sets: pd.Series, levels: list[float]) -> np.ndarray:
    """Quantiles with every set counted equally."""
    weight = (1.0 / sets.groupby(sets).transform("size")).to_numpy()
    order = np.argsort(values.to_numpy())
    return np.interp(levels, np.cumsum(weight[order]) / weight.sum(), values.to_numpy()[order])


def report(kind: str, rows: pd.DataFrame) -> None:
    """Print the constants of one kind."""
    beyond = rows[rows["where"] == "beyond"]
    factors = fitted(beyond)
    ratio = rows["error"] / np.sqrt(design(rows) @ factors**2)
    print(kind, "WEIGHTS", factors.round(3))
    print("  SHAPE", quantiles(ratio[beyond.index], beyond["set"], LEVELS).round(2))
    trials = rows.assign(size=ratio.abs())[rows["where"] != "beyond"]
    largest = trials.groupby(["set", "where", "curve"])["size"].max().reset_index()
    print("  HELD_OUT", quantiles(largest["size"], largest["set"], [0.8]).round(2))
    if kind == "accuracy":
        for dataset in DATASETS:
            own = beyond["set"].str.startswith(dataset)
            others = beyond[~own]
            factors = fitted(others)
            limit = quantiles((others["error"] / np.sqrt(design(others) @ factors**2)).abs(), others["set"], [0.8])
            inside = (beyond["error"] / np.sqrt(design(beyond) @ factors**2)).abs()[own] < limit[0]
            print("  80% from the others on", inside.groupby(beyond["set"][own]).mean().round(3).to_dict())


def bundled_errors() -> pd.DataFrame:
    """Errors on the bundled curves, by set: dataset and decades held out."""
    rows = []
    for gap in (0.3, 1.0, 1.5):
        for dataset in DATASETS:
            held: Held = held_out(dataset, gap, every=4 if dataset == "pythia" else 1)
            rows.append(errors(as_batch(kind="accuracy", **held.given), held.x, held.y).assign(set=f"{dataset} {gap}"))
    return pd.concat(rows, ignore_index=True)


def simulated_errors() -> pd.DataFrame:
    """Errors on simulated learning curves, by set: points and how far beyond."""
    rows = []
    for points, decades, factor in ((25, 2.0, 4.0), (12, 1.5, 4.0), (40, 2.5, 10.0), (8, 1.5, 10.0), (16, 3.0, 10.0)):
        x, y, beyond, held = learning_curves(120, points, decades, factor, seed=100 + points)
        rows.append(errors(as_batch(x, y, kind="loss"), beyond, held).assign(set=f"{points} x{factor}"))
    return pd.concat(rows, ignore_index=True)


if __name__ == "__main__":
    report("accuracy", bundled_errors())
    report("loss", simulated_errors())
