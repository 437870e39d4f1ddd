"""What a form that turns does for ``auto``: error and coverage without and with it, on turning and ordinary curves.

    python -m benchmarks.curves_turning [simulated] [real] [ordinary] [cost] [.../lcdb/database-accuracy.csv]

Turning curves are simulated in shapes that are not the form's, at several noises, or real ones: lines of the inverse
scaling prize and bundled datasets, and curves of the Learning Curve Database (as `benchmarks.curves_lcdb` reads them,
the half that played no part). Of the real ones a curve counts as turning where a fitted point lies beyond both an
earlier and a later one by three standard errors (of losses, by a tenth); what is held out plays no part in that.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

from benchmarks.curves import DATASETS, SIMULATED, hold_out, many_curves, show
from benchmarks.curves_lcdb import read, split
from benchmarks.turning_curves import Drawn, turning_losses, turning_scores
from scale_forecast.curves import CurveFits, fit_curves
from scale_forecast.curves.averaging import POOL
from scale_forecast.curves.turning import TURNING

FEWEST = 6
"""Points fitted, of real curves."""
ORDINARY = ("kinds 12, x4", "kinds 24, x3, walk 1.5%", "breaks 15, x3", "breaks 70, x2", "LC-PFN prior 10, x5",
            "LC-PFN prior 20, x2.5", "LC-PFN prior 40, x2.5")  # fmt: skip


def fit_both(x: np.ndarray, y: np.ndarray, kind: str, known: dict[str, np.ndarray]) -> Iterator[tuple[str, CurveFits]]:
    """``auto`` without and with the form that turns, which for losses it does not have."""
    turn = TURNING[kind].name
    without = {name: weight for name, weight in POOL[kind].items() if name != turn}
    for when, pool in (("before", without), ("after", {**without, turn: POOL[kind].get(turn, 1.0)})):
        with patch.dict(POOL, {kind: pool}):
            yield when, fit_curves(x, y, kind=kind, **known)


@dataclass(frozen=True)
class Errors:
    """Of each curve (n,) its error, in points or 100 RMSLE, and of each held-out point (n, m) whether it is inside the
    80% interval, by when."""

    error: dict[str, np.ndarray]
    inside: dict[str, np.ndarray]
    seen: np.ndarray

    def table(self, parts: dict[str, np.ndarray]) -> pd.DataFrame:
        """Mean error, its `change` and coverage on each of some parts of the curves (n,)."""
        rows: dict[str, dict[str, float]] = {name: {"curves": int(at.sum())} for name, at in parts.items()}
        for when, error in self.error.items():
            for name, at in parts.items():
                if at.any():
                    held = self.inside[when][at][self.seen[at]].mean()
                    rows[name] |= {when: error[at].mean(), f"80% {when}": held}
        changes = {name: change([self.on(at)]) for name, at in parts.items() if at.any()}
        return pd.DataFrame([{"part": name} | row | changes.get(name, {}) for name, row in rows.items()])

    def on(self, at: np.ndarray) -> np.ndarray:
        """The errors of some curves (n,), without and with, (2, k)."""
        return np.stack([self.error["before"][at], self.error["after"][at]])


def errors_of(
    kind: str, x: np.ndarray, y: np.ndarray, beyond: np.ndarray, held: np.ndarray, known: dict[str, np.ndarray]
) -> Errors:
    """Errors at held-out points without and with the form that turns."""
    found, seen = Errors({}, {}, np.isfinite(held)), np.isfinite(held)
    for when, fits in fit_both(x, y, kind, known):
        low, high = np.moveaxis(fits.quantiles(beyond, [0.1, 0.9]), -1, 0)
        middle = fits.predict(beyond)
        if kind == "accuracy":
            error = np.nanmean(np.where(seen, np.abs(middle - held), np.nan), axis=1)
        else:
            error = np.sqrt(np.nanmean(np.where(seen, (np.log(middle) - np.log(held)) ** 2, np.nan), axis=1))
        found.error[when] = 100 * error
        found.inside[when] = (held >= low) & (held <= high)
    return found


def compare(
    kind: str, x: np.ndarray, y: np.ndarray, beyond: np.ndarray, held: np.ndarray, known: dict[str, np.ndarray]
) -> pd.DataFrame:
    """Error and coverage of the 80% interval at held-out points, the mean over all curves."""
    return errors_of(kind, x, y, beyond, held, known).table({"": np.ones(len(x), dtype=bool)})


def change(groups: Sequence[np.ndarray], draws: int = 2000) -> dict[str, float]:
    """By how much the sum of several groups' mean errors (2, n) changes, of its size without; with the 5 and 95% points
    from resampling the curves of each group."""
    rng = np.random.default_rng(0)
    drawn = [error[:, rng.integers(0, error.shape[1], (draws, error.shape[1]))].mean(axis=2) for error in groups]
    without, with_it = np.sum([error.mean(axis=1) for error in groups], axis=0)
    before, after = np.sum(drawn, axis=0)
    low, high = np.quantile(after / before - 1.0, [0.05, 0.95])
    return {"change": with_it / without - 1.0, "5%": low, "95%": high}


def find_turns(y: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Whether a point lies beyond both an earlier and a later one by three standard errors of their difference, (n,).

    Points (n, m) are in order of x, NaN where there is none.
    """
    out = np.zeros(len(y), dtype=bool)
    for sign in (1.0, -1.0):
        for j in range(1, y.shape[1] - 1):
            apart = sign * (y - y[:, [j]]) / np.hypot(error, error[:, [j]])
            clear = np.nan_to_num(apart, nan=-1.0) > 3.0
            out |= clear[:, :j].any(axis=1) & clear[:, j + 1 :].any(axis=1)
    return out


TURNS = (
    ("accuracy", "two sigmoids", 8, 500, False),
    ("accuracy", "two sigmoids", 12, 100, True),
    ("accuracy", "two sigmoids", 20, 2000, False),
    ("accuracy", "dip", 8, 2000, True),
    ("accuracy", "dip", 12, 500, False),
    ("accuracy", "parabola", 8, 500, False),
    ("accuracy", "parabola", 15, 100, True),
    ("accuracy", "levels off", 10, 1000, False),
    ("accuracy", "levels off", 20, 200, True),
    ("loss", "overfit", 10, 0.02, False),
    ("loss", "overfit", 30, 0.005, False),
    ("loss", "overfit", 15, 0.05, True),
    ("loss", "dip", 12, 0.02, True),
    ("loss", "dip", 25, 0.01, False),
    ("loss", "parabola", 12, 0.03, True),
    ("loss", "levels off", 20, 0.02, False),
    ("loss", "two sigmoids", 15, 0.02, True),
)
"""Kind, shape, points, items (of losses the noise), and whether they rise first."""
DRAW: dict[str, Callable[..., Drawn]] = {"accuracy": turning_scores, "loss": turning_losses}


def simulate(n: int = 40) -> Iterator[pd.DataFrame]:
    """Turning curves by shape, points and noise."""
    for seed, (kind, shape, points, noise, mirrored) in enumerate(TURNS, start=700):
        x, y, beyond, held, known = DRAW[kind](n, points, noise, shape, seed=seed, mirrored=mirrored)
        said = f"{noise} items" if kind == "accuracy" else f"noise {noise:.1%}"
        name = f"{kind}: {shape}{', mirrored' * mirrored}, {points} points, {said}"
        yield compare(kind, x, y, beyond, held, known).assign(part=name)


def real() -> Iterator[pd.DataFrame]:
    """Bundled accuracies, the largest score of each curve held out; the ordinary curves of the ladders together."""
    ordinary: dict[str, np.ndarray] = {}
    for dataset in ("inverse_scaling", *DATASETS):
        held = hold_out(dataset, 0.01, every={"pythia": 8, "openlm": 4}.get(dataset, 1))
        y, error = held.given["y"], np.hypot(np.nan_to_num(held.given["stderr"], nan=0.03), 0.015)
        turns = find_turns(y, np.where(np.isfinite(y), error, np.nan)) & (np.isfinite(y).sum(axis=1) >= FEWEST)
        known = {name: value for name, value in held.given.items() if name not in "xy"}
        found = errors_of("accuracy", held.given["x"], y, held.x, held.y, known)
        ordinary[dataset] = found.on(~turns)
        table = found.table({"turning": turns, "ordinary": ~turns})
        yield table.assign(part=f"{dataset}, " + table["part"])
    yield pd.DataFrame(
        [
            {"part": f"ordinary of {', '.join(names)}"} | change([ordinary[name] for name in names])
            for names in (("inverse_scaling", *DATASETS), DATASETS)
        ]
    )


def lcdb(path: Path) -> Iterator[pd.DataFrame]:
    """Error rates twice and four times beyond: curves that turn, and those of `benchmarks.curves_lcdb`."""
    rows = read(path, 1)
    for factor in (2.0, 4.0):
        x, y, beyond, held = split(rows, factor, 200)
        yield compare("loss", x, y, beyond, held, {}).assign(part=f"LCDB ordinary, {factor:g} times")
        x, y, beyond, held = split(rows, factor, 5000, least=0.0)
        at = np.flatnonzero(find_turns(np.log(y), np.where(np.isfinite(y), 0.1 / 3 / np.sqrt(2), np.nan)))[:200]
        yield compare("loss", x[at], y[at], beyond[at], held[at], {}).assign(part=f"LCDB turning, {factor:g} times")


def ordinary() -> Iterator[pd.DataFrame]:
    """Losses of the three simulators."""
    for name in ORDINARY:
        yield compare("loss", *SIMULATED[name](), {}).assign(part=name)


def cost() -> Iterator[pd.DataFrame]:
    """Processor seconds of 500 ordinary curves of 8 points, and of as many that turn."""
    rows = []
    x, y, _, _, known = turning_scores(500, 8, 500, "two sigmoids", seed=1)
    for name, kind, args in (*many_curves(500), ("turning accuracy", "accuracy", (x, y, known))):
        row: dict[str, object] = {"curves": name}
        start = time.process_time()
        for when, _ in fit_both(args[0], args[1], kind, args[2]):
            row[when] = time.process_time() - start
            start = time.process_time()
        rows.append(row)
    yield pd.DataFrame(rows)


if __name__ == "__main__":
    asked = sys.argv[1:] or ["simulated", "real", "ordinary", "cost"]
    for part, tables in {"simulated": simulate, "real": real, "ordinary": ordinary, "cost": cost}.items():
        if part in asked:
            for table in tables():
                show(table)
    for word in asked:
        if word.endswith(".csv"):
            for table in lcdb(Path(word)):
                show(table)
