"""The curve engine: recovery, speed beside the published procedure, extrapolation of bundled and simulated curves.

    python -m benchmarks.curves [recovery] [speed] [many] [alone] [bundled] [simulated]

Seconds are of processor time, both ways on one thread, so that what else the machine does counts little.
"""

from __future__ import annotations

import argparse
import functools
import resource
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import OptimizeWarning, brute, curve_fit

from benchmarks.learning_curves import broken_curves, broken_law, learning_curves, noiseless, prior_curves
from scale_forecast.curves import FORMS, fit_curves
from scale_forecast.data.catalog import bundled_metrics, bundled_results, bundled_tasks
from scale_forecast.data.series import as_series
from scale_forecast.data.tasks import describe
from scale_forecast.parallel import Workers

DATASETS = ("pythia", "openlm", "gpt3", "bigbench")


def rmsle(predicted: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Root mean squared log error of each curve."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(np.mean((np.log(predicted) - np.log(observed)) ** 2, axis=1))


def recovery(n: int = 100) -> pd.DataFrame:
    """Noiseless BNSL curves of 1 to 3 breaks: 60 points over four decades fitted, one decade further predicted."""
    rows = []
    for breaks in (1, 2, 3):
        x, y, beyond, held, truth = noiseless(n, breaks, seed=breaks)
        start = time.process_time()
        fits = fit_curves(np.tile(x, (n, 1)), y, f"bnsl{breaks}")
        seconds = time.process_time() - start
        error = rmsle(fits.predict(beyond), held)
        params = fits.params(f"bnsl{breaks}")
        found = np.array([params["c0"], *(params[f"c{i}"] for i in range(1, breaks + 1))]).T
        order = np.argsort([params[f"log_d{i}"] for i in range(1, breaks + 1)], axis=0).T
        found[:, 1:] = np.take_along_axis(found[:, 1:], order, axis=1)
        rows.append(
            {
                "breaks": breaks,
                "rmsle < 1e-4": np.mean(error < 1e-4),
                "median rmsle": np.median(error),
                "exponents within 1%": np.mean(np.abs(found - truth).max(axis=1) < 0.01 * np.abs(truth).max(axis=1)),
                "ms a curve": 1000 * seconds / n,
            }
        )
    return pd.DataFrame(rows)


GRID = (
    slice(0.0, 1.0, 0.1),
    slice(0, 40, 2.5),
    slice(0, 1, 0.25),
    slice(0, 1, 0.25),
    slice(0, 40, 2.5),
    slice(0, 1, 0.25),
)
"""The published grid for one break: 163,840 starts over limit, scale, exponent, change, place, width."""


def published_fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Six parameters by grid search, then least squares on log(1 + y): the procedure of Caballero et al. 2022, A.6."""

    def law(at: np.ndarray, a: float, b: float, c0: float, c1: float, d1: float, f1: float) -> np.ndarray:
        return a + b * at**-c0 * (1 + (at / d1) ** (1 / f1)) ** (-c1 * f1)

    def loss(p: np.ndarray) -> float:
        a, b, c0, c1, d1, f1 = p
        return np.mean((np.log1p(law(x, a, 1.25**b - 0.9, c0, c1, 1.25**d1 - 0.9, f1)) - np.log1p(y)) ** 2)

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", (RuntimeWarning, OptimizeWarning))
        a, b, c0, c1, d1, f1 = brute(loss, GRID, finish=None)
        start = [a, 1.25**b - 0.9, c0, c1, 1.25**d1 - 0.9, f1]
        try:
            best, _ = curve_fit(lambda at, *p: np.log1p(law(at, *p)), x, np.log1p(y), p0=start, maxfev=100_000)
        except (RuntimeError, ValueError):
            best = np.array(start)
    return best


def speed(n: int = 2000, slow: int = 8) -> pd.DataFrame:
    """One-break curves of 14 points with 0.5% noise, 3 further predicted; the reference on the first ``slow``."""
    rng = np.random.default_rng(3)
    x = np.array([160, 192, 256, 320, 384, 448, 480, 512, 544, 576, 608, 640, 672, 736, 800, 864, 928], dtype=float)
    laws = [
        (
            rng.uniform(0.1, 0.5),
            rng.uniform(1.5, 3.0),
            rng.uniform(0.02, 0.1),
            [(rng.uniform(0.5, 3.0), rng.uniform(350, 600), rng.uniform(0.05, 0.3))],
        )
        for _ in range(n)
    ]
    y = np.array([broken_law(x, *law) for law in laws]) * np.exp(0.005 * rng.normal(size=(n, len(x))))
    start = time.process_time()
    fits = fit_curves(np.tile(x[:14], (n, 1)), y[:, :14], "bnsl1", workers=Workers())
    ours = (time.process_time() - start) / n
    error = rmsle(fits.predict(x[14:]), y[:, 14:])
    start = time.process_time()
    with np.errstate(all="ignore"):
        best = [published_fit(x[:14], row[:14]) for row in y[:slow]]
        other = np.array([broken_law(x[14:], p[0], p[1], p[2], [(p[3], p[4], p[5])]) for p in best])
    reference = (time.process_time() - start) / slow
    theirs = rmsle(np.where(other > 0, other, np.nan), y[:slow, 14:])
    names = ["published procedure", "this engine", "this engine, all curves"]
    return pd.DataFrame(
        {
            "fit": names,
            "curves": [slow, slow, n],
            "s a curve": [reference, ours, ours],
            "mean rmsle": [np.mean(theirs), np.mean(error[:slow]), np.mean(error)],
            "median rmsle": [np.nanmedian(theirs), np.median(error[:slow]), np.median(error)],
            "times as fast": [1.0, reference / ours, reference / ours],
        }
    )


def many_curves(n: int) -> Iterator[tuple[str, str, tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]]]:
    """Name, kind, and x, y and what is known, of ``n`` simulated curves of 8 points: accuracies and losses."""
    rng = np.random.default_rng(0)
    x = np.logspace(8, 11, 8)
    level, slope = rng.uniform(-1, 1, (n, 1)), rng.uniform(0, 0.6, (n, 1))
    share = rng.binomial(200, 0.25 + 0.75 / (1 + np.exp(-level - slope * np.log(x / 1e11)))) / 200
    loss = np.exp(rng.normal(0, 0.01, (n, 8))) * (0.5 + np.exp(level) * (x / 1e9) ** -0.2)
    known = {"chance": np.full(n, 0.25), "n_examples": np.full(n, 200.0)}
    yield "accuracy", "accuracy", (np.tile(x, (n, 1)), share, known)
    yield "loss", "loss", (np.tile(x, (n, 1)), loss, {})


def many() -> pd.DataFrame:
    """Curves of 8 points by ``auto`` with intervals: growth and peak memory of this process."""
    rows = []
    for n in (2500, 5000, 10_000):
        for _, kind, (x, y, known) in many_curves(n):
            wall, start = time.perf_counter(), time.process_time()
            fits = fit_curves(x, y, kind=kind, **known)
            fits.quantiles(np.array([3e11, 1e12]), [0.05, 0.1, 0.25, 0.75, 0.9, 0.95])
            rows.append(
                {
                    "curves": n,
                    "kind": kind,
                    "CPU s": time.process_time() - start,
                    "wall s": time.perf_counter() - wall,
                    "peak GB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
                }
            )
    return pd.DataFrame(rows)


def alone(singles: int = 10, repeats: int = 5) -> pd.DataFrame:
    """A curve on its own by ``auto`` with intervals, beside its share of batches; the least of several repeats each."""
    x, rng, rows = np.logspace(8, 11, 8), np.random.default_rng(1), []
    for kind in ("loss", "accuracy"):
        level, slope = rng.uniform(-1, 1, (1000, 1)), rng.uniform(0, 0.6, (1000, 1))
        y = np.exp(rng.normal(0, 0.01, (1000, 8))) * (0.5 + np.exp(level) * (x / 1e9) ** -0.2)
        if kind == "accuracy":
            y = rng.binomial(200, 0.25 + 0.75 / (1 + np.exp(-level - slope * np.log(x / 1e11)))) / 200

        def least(part: slice, times: int, kind: str = kind, y: np.ndarray = y) -> float:
            seconds = []
            known = {"chance": 0.25, "n_examples": np.full(len(y[part]), 200)} if kind == "accuracy" else {}
            for _ in range(times):
                start = time.process_time()
                fits = fit_curves(np.tile(x, (len(y[part]), 1)), y[part], kind=kind, workers=Workers(), **known)
                fits.quantiles(np.array([3e11, 1e12]), [0.05, 0.1, 0.25, 0.75, 0.9, 0.95])
                seconds.append(time.process_time() - start)
            return 1000 * min(seconds)

        one = float(np.median([least(slice(i, i + 1), repeats) for i in range(singles)]))
        row: dict[str, object] = {"kind": kind, "ms alone": one}
        for n in (30, 200, 1000):
            share = least(slice(0, n), 2) / n
            row |= {f"ms of {n}": share, f"times {n}": one / share}
        rows.append(row)
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Held:
    """Curves of one dataset with their last points held out: what is ``given`` to a fit, and ``x, y`` (n, m) held out.

    ``near`` (n,): no fitted score is above chance by two standard errors.
    """

    given: dict[str, np.ndarray]
    x: np.ndarray
    y: np.ndarray
    near: np.ndarray


@functools.cache
def bundled_rows() -> pd.DataFrame:
    """The bundled results with what is known of their tasks."""
    return describe(bundled_results(), bundled_tasks(), bundled_metrics())


def hold_out(dataset: str, gap: float, every: int = 1) -> Held:
    """Hold out all points within ``gap`` decades of each curve's largest; curves with two points left or more."""
    described = bundled_rows()
    part = described[(described["dataset"] == dataset) & described["is_share"] & described["higher_is_better"]]
    series = as_series(part, part["higher_is_better"])
    top = np.nanmax(series.scale, axis=1, keepdims=True)
    fitted = np.nan_to_num(series.scale, nan=np.inf) <= top - gap
    keep = np.flatnonzero(fitted.sum(axis=1) >= 2)[::every]
    fitted, score, stderr, row = fitted[keep], series.score[keep], series.stderr[keep], series.row[keep]
    x = 10 ** series.scale[keep]
    count = np.where(row >= 0, part["n_examples"].to_numpy(dtype=float)[row], np.nan)
    chance = np.nan_to_num(part["chance"].to_numpy(dtype=float)[row[:, 0]])
    above = score - 2 * np.where(np.isfinite(stderr), stderr, 0.03) > chance[:, None]
    given = {
        "x": np.where(fitted, x, np.nan),
        "y": np.where(fitted, score, np.nan),
        "n_examples": count,
        "stderr": np.where(fitted, stderr, np.nan),
        "chance": chance,
        "ceiling": part["ceiling"].to_numpy(dtype=float)[row[:, 0]],
        "group": series.keys["family"].to_numpy()[keep],
    }
    return Held(given, np.where(fitted, np.nan, x), np.where(fitted, np.nan, score), ~(above & fitted).any(axis=1))


def bundled_held_out_errors(gap: float, forms: tuple[str, ...]) -> pd.DataFrame:
    """Absolute errors on held-out scores of the bundled curves, one row each."""
    rows = []
    for dataset in DATASETS:
        held = hold_out(dataset, gap)
        i, j = np.nonzero(np.isfinite(held.y))
        for form in forms:
            fits = fit_curves(form=form, kind="accuracy", **held.given)
            low, high = np.moveaxis(fits.quantiles(held.x, [0.1, 0.9]), -1, 0)
            row = {
                "dataset": dataset,
                "form": form,
                "chance": np.where(held.near[i], "near", "far"),
                "error": np.abs(fits.predict(held.x) - held.y)[i, j],
                "inside": ((held.y >= low) & (held.y <= high))[i, j],
            }
            rows.append(pd.DataFrame(row))
    return pd.concat(rows, ignore_index=True)


def bundled_table(gap: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Mean absolute error in points by form, and coverage of ``auto``'s 80% intervals."""
    names = tuple(
        form.name for form in FORMS.values() if "accuracy" in form.kinds and form.name not in ("bnsl2", "bnsl3")
    )
    held = bundled_held_out_errors(gap, ("auto", *names))
    error = 100 * held.groupby(["form", "dataset", "chance"])["error"].mean().unstack([1, 2])
    error.columns = [" ".join(map(str, column)) for column in error.columns]
    error["mean"] = error.mean(axis=1)
    auto = held[held["form"] == "auto"]
    coverage = auto.groupby("dataset")["inside"].agg(["mean", "size"]).reset_index()
    return error.sort_values("mean").round(2).reset_index(), coverage


SIMULATED = {
    "kinds 8, x3": lambda: learning_curves(240, 8, 1.5, 3.0, seed=8),
    "kinds 12, x4": lambda: learning_curves(240, 12, 1.5, 4.0, seed=12),
    "kinds 25, x4": lambda: learning_curves(240, 25, 2.0, 4.0, seed=25),
    "kinds 40, x10": lambda: learning_curves(240, 40, 2.5, 10.0, seed=40),
    "kinds 70, x2": lambda: learning_curves(240, 70, 2.7, 2.0, seed=70),
    "kinds 20 even in x, x2": lambda: learning_curves(240, 20, 2.0, 2.0, seed=20, even=True),
    "kinds 30 even in x, x2, walk 1%": lambda: learning_curves(240, 30, 2.5, 2.0, seed=30, even=True, wander=0.01),
    "kinds 24, x3, walk 1.5%": lambda: learning_curves(240, 24, 2.0, 3.0, seed=24, wander=0.015),
    "breaks 15, x3": lambda: broken_curves(240, 15, 2.0, 3.0, seed=15),
    "breaks 30, x5": lambda: broken_curves(240, 30, 2.0, 5.0, seed=30),
    "breaks 70, x2": lambda: broken_curves(240, 70, 2.7, 2.0, seed=70),
    "LC-PFN prior 10, x5": lambda: prior_curves(240, 10, 50, seed=10),
    "LC-PFN prior 20, x2.5": lambda: prior_curves(240, 20, 50, seed=20),
    "LC-PFN prior 40, x2.5": lambda: prior_curves(240, 40, 100, seed=40),
}
"""Simulator, points and how many times beyond is predicted."""
SINGLE = ("persistence", "m1", "m2", "m3", "m4", "bnsl1")


def simulate() -> pd.DataFrame:
    """RMSLE by form on simulated learning curves, and the coverage of ``auto``'s 80% intervals."""
    return pd.DataFrame([{"curves": name} | losses_row(*drawn()) for name, drawn in SIMULATED.items()])


def losses_row(x: np.ndarray, y: np.ndarray, beyond: np.ndarray, held: np.ndarray) -> dict[str, float]:
    """Mean RMSLE of each form at ``beyond, held`` (n, m), NaN in the padding; coverage of ``auto``'s 80% intervals."""
    row = {}
    for form in (*SINGLE, "auto"):
        fits = fit_curves(x, y, form)
        row[form] = np.sqrt(np.nanmean((np.log(fits.predict(beyond)) - np.log(held)) ** 2, axis=1)).mean()
    low, high = np.moveaxis(fits.quantiles(beyond, [0.1, 0.9]), -1, 0)
    seen = np.isfinite(held)
    return row | {"80% hold": ((held >= low) & (held <= high))[seen].mean()}


def show(table: pd.DataFrame) -> None:
    """Print one table."""
    print(table.to_string(index=False, float_format=lambda v: f"{v:.4g}"), end="\n\n", flush=True)


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = ("recovery", "speed", "many", "alone", "bundled", "simulated")
    parser.add_argument("parts", nargs="*", help=f"any of {', '.join(parts)}; all when none is given")
    asked = parser.parse_args().parts or list(parts)
    for part in asked:
        print(f"== {part}")
        if part == "bundled":
            for gap in (1.0, 0.01):
                print(
                    f"held out: all points within {gap:g} decades of the largest"
                    if gap > 0.1
                    else "held out: the largest"
                )
                for table in bundled_table(gap):
                    show(table)
        else:
            tables = {"recovery": recovery, "speed": speed, "many": many, "alone": alone, "simulated": simulate}
            show(tables[part]())


if __name__ == "__main__":
    main()
