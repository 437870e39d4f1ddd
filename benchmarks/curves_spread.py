"""Derive the constants of `curves.intervals` from extrapolations of held-out curves.

    python -m benchmarks.curves_spread [accuracy] [loss]

Accuracies: the bundled Pythia (every fourth curve), OpenLM, GPT-3 and BIG-G curves, their points within 0.3, 1 and 1.5
decades of the largest held out. Losses: curves of the three simulators in `benchmarks.learning_curves`. The weights of
the parts maximise Student's likelihood (5 degrees of freedom) of the errors, each set of curves counted equally; the
shape is the errors' quantiles in units of the spread so found. It also prints what the 80% interval holds of each
dataset (or simulator) when all constants are derived from the others and the batch corrects its size by itself, as in
use, with a 90% interval from resampling the dataset's curves.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from benchmarks.curves import DATASETS, Held, hold_out
from benchmarks.learning_curves import broken_curves, learning_curves, prior_curves
from scale_forecast.curves.averaging import POOL, average_forms, learn_priors, near_chance, share_weights
from scale_forecast.curves.batch import Batch, as_batch
from scale_forecast.curves.intervals import OWN_CURVES, Parts, centre_of, parts_of, trial_parts

LEVELS = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95]
PARTS = ["noise", "between", "distance", "change"]


def errors(batch: Batch, x: np.ndarray, y: np.ndarray) -> pd.DataFrame:
    """Errors of ``auto`` at x, y (n, m), and at its own rolling origins, with the parts of their spread."""
    average = average_forms(batch, learn_priors(batch, tuple(POOL[batch.kind])))
    (average,) = share_weights([(batch, average)])
    u = np.log(x).T - np.log(batch.x_ref)
    rows = [_rows(batch.to_target(y.T) - centre_of(batch, average, u), parts_of(batch, average, u), "beyond")]
    rows += [_rows(*trial_parts(batch, average, trial), f"origin {i}") for i, trial in enumerate(average.trials)]
    out = pd.concat(rows)
    return out.assign(near=near_chance(batch)[out["curve"]])


def _rows(error: np.ndarray, parts: Parts, where: str) -> pd.DataFrame:
    seen = np.isfinite(error)
    columns = {name: getattr(parts, name)[seen] for name in PARTS}
    return pd.DataFrame({"error": error[seen], "curve": np.nonzero(seen)[1], "where": where, **columns})


def design(rows: pd.DataFrame) -> np.ndarray:
    """Squares of the parts, and of distance times noise, (n, 5)."""
    parts = rows[PARTS].to_numpy()
    return np.column_stack([parts, parts[:, 0] * parts[:, 2]]) ** 2


LIKELY = np.array([0.0, 0.0, -7.0, -3.0, -4.0])
"""Logarithms of the squared factors from which the search starts, and towards which it leans a little."""


def fit_factors(rows: pd.DataFrame) -> np.ndarray:
    """Factors of the parts in the standard deviation, (5,)."""
    squares, square = design(rows), rows["error"].to_numpy() ** 2
    weight = 1.0 / rows.groupby("set")["error"].transform("size").to_numpy()

    def cost(log_weights: np.ndarray) -> tuple[float, np.ndarray]:
        variance = squares @ np.exp(log_weights)
        ratio = square / variance
        lean = log_weights - LIKELY
        slope = weight * (0.5 - 3.0 * ratio / (5.0 + ratio)) / variance
        value = (weight * (0.5 * np.log(variance) + 3.0 * np.log1p(ratio / 5.0))).sum() + 0.01 * (lean**2).sum()
        return value, squares.T @ slope * np.exp(log_weights) + 0.02 * lean

    return np.exp(minimize(cost, LIKELY, jac=True, method="L-BFGS-B").x / 2)


def quantiles(values: pd.Series, sets: pd.Series, levels: list[float]) -> np.ndarray:
    """Quantiles with every set counted equally."""
    weight = (1.0 / sets.groupby(sets).transform("size")).to_numpy()
    order = np.argsort(values.to_numpy())
    return np.interp(levels, np.cumsum(weight[order]) / weight.sum(), values.to_numpy()[order])


@dataclass(frozen=True)
class Constants:
    """``factors`` (5,); the 80% point of |error| / spread beyond; that of curves' largest at their rolling origins."""

    factors: np.ndarray
    limit: float
    held_out: float

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Constants:
        factors = fit_factors(rows[rows["where"] == "beyond"])
        ratio = ratios(rows, factors)
        beyond = rows["where"] == "beyond"
        largest = _largest(rows[~beyond], ratio)
        return cls(
            factors,
            quantiles(ratio[beyond], rows.loc[beyond, "set"], [0.8])[0],
            quantiles(largest["ratio"], largest["set"], [0.8])[0],
        )

    def inside(self, rows: pd.DataFrame, kind: str) -> pd.DataFrame:
        """Which points beyond the 80% interval holds, given one set's rows: its own origins size it, as in use."""
        ratio = ratios(rows, self.factors)
        own = _largest(rows[rows["where"] != "beyond"], ratio)
        size = 1.0
        if len(own):
            curves = own["curve"].nunique()
            size = (np.quantile(own["ratio"], 0.8) / self.held_out) ** (curves / (curves + OWN_CURVES[kind]))
        beyond = rows[rows["where"] == "beyond"]
        return beyond.assign(inside=ratio[beyond.index] < self.limit * size)


def ratios(rows: pd.DataFrame, factors: np.ndarray) -> pd.Series:
    """|error| / spread."""
    return rows["error"].abs() / np.sqrt(design(rows) @ factors**2)


def _largest(rows: pd.DataFrame, ratio: pd.Series) -> pd.DataFrame:
    """The largest ratio of each curve at each origin."""
    return rows.assign(ratio=ratio[rows.index]).groupby(["set", "where", "curve"])["ratio"].max().reset_index()


def resample(held: pd.DataFrame, draws: int = 1000) -> tuple[float, float]:
    """5% and 95% points of the coverage when curves are drawn again."""
    curves = held.groupby("curve")["inside"].agg(["sum", "size"]).to_numpy()
    pick = np.random.default_rng(0).integers(len(curves), size=(draws, len(curves)))
    total = curves[pick].sum(axis=1)
    low, high = np.quantile(total[:, 0] / total[:, 1], [0.05, 0.95])
    return float(low), float(high)


def report(kind: str, rows: pd.DataFrame) -> None:
    """Print the constants of one kind, and the coverage of each dataset with constants from the others."""
    constants = Constants.of(rows)
    beyond = rows[rows["where"] == "beyond"]
    print(kind, "WEIGHTS", constants.factors.round(3))
    ratio = beyond["error"] / np.sqrt(design(beyond) @ constants.factors**2)
    print("  SHAPE", quantiles(ratio, beyond["set"], LEVELS).round(2))
    print(f"  HELD_OUT {constants.held_out:.2f}")
    print("  80% intervals with constants from the others hold:")
    for dataset in rows["dataset"].unique():
        others = Constants.of(rows[rows["dataset"] != dataset])
        for name, part in rows[rows["dataset"] == dataset].groupby("set"):
            held = others.inside(part, kind)
            low, high = resample(held)
            cells = "" if kind == "loss" else " " + str(held.groupby("near")["inside"].mean().round(3).to_dict())
            print(f"  {name}: {held['inside'].mean():.3f} [{low:.3f}, {high:.3f}]{cells}", flush=True)


def bundled_errors() -> pd.DataFrame:
    """Errors on the bundled curves, by set: dataset and decades held out."""
    rows = []
    for gap in (0.3, 1.0, 1.5):
        for dataset in DATASETS:
            held: Held = hold_out(dataset, gap, every=4 if dataset == "pythia" else 1)
            part = errors(as_batch(kind="accuracy", **held.given), held.x, held.y)
            rows.append(part.assign(set=f"{dataset} {gap}", dataset=dataset))
    return pd.concat(rows, ignore_index=True)


def simulated_errors() -> pd.DataFrame:
    """Errors on simulated learning curves, by set: simulator, points and how far beyond."""
    rows = []
    for points, decades, factor in ((25, 2.0, 4.0), (12, 1.5, 4.0), (40, 2.5, 10.0), (8, 1.5, 10.0), (70, 2.4, 2.2)):
        drawn = learning_curves(120, points, decades, factor, seed=100 + points)
        rows.append(_simulate_set("kinds", f"{points} x{factor}", *drawn))
    for points, decades, factor in ((70, 2.4, 2.2), (30, 2.0, 5.0), (15, 2.0, 3.0), (8, 1.5, 3.0)):
        drawn = broken_curves(120, points, decades, factor, seed=200 + points)
        rows.append(_simulate_set("breaks", f"{points} x{factor}", *drawn))
    for points, upto in ((20, 50), (10, 50), (40, 100), (40, 60)):
        drawn = prior_curves(120, points, upto, seed=300 + points + upto)
        rows.append(_simulate_set("LC-PFN prior", f"{points} x{upto / points}", *drawn))
    return pd.concat(rows, ignore_index=True)


def _simulate_set(
    simulator: str, name: str, x: np.ndarray, y: np.ndarray, beyond: np.ndarray, held: np.ndarray
) -> pd.DataFrame:
    part = errors(as_batch(x, y, kind="loss"), beyond, held)
    return part.assign(set=f"{simulator} {name}", dataset=simulator)


if __name__ == "__main__":
    asked = sys.argv[1:] or ["accuracy", "loss"]
    if "accuracy" in asked:
        report("accuracy", bundled_errors())
    if "loss" in asked:
        report("loss", simulated_errors())
