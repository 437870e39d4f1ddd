"""Extrapolation of real learning curves: error rates of scikit-learn's classifiers against the training set's size.

    python -m benchmarks.curves_lcdb .../lcdb/database-accuracy.csv [--half 0|1]

The file is the Learning Curve Database's (Mohr, Viering, Loog and van Rijn 2022), as in version 0.1.0 of the package
``lcdb``; it is too large to bundle. Its error rates are averaged over seeds; sizes up to a quarter (or half) of the
largest are fitted, the larger held out. Curves have eight fitted points or more, over which the error falls by 15%, and
no error below 0.003. The datasets are split in two halves: on half 0 `auto`'s pool was compared with others; half 1
played no part.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.curves import losses_row, show

Curves = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def read(path: Path, half: int) -> pd.DataFrame:
    """Mean error by ``openmlid, learner, size_train`` of one half of the datasets."""
    rows = pd.read_csv(path, usecols=["openmlid", "learner", "size_train", "score_test"])
    rows = rows.groupby(["openmlid", "learner", "size_train"])["score_test"].mean().reset_index()
    rows = rows.assign(error=1.0 - rows["score_test"])
    datasets = np.sort(rows["openmlid"].unique())
    np.random.default_rng(1).shuffle(datasets)
    return rows[rows["openmlid"].isin(datasets[half::2]) & (rows["error"] > 0.003)]


def split(rows: pd.DataFrame, factor: float, n: int = 400, least: float = 1.15) -> Curves:
    """x, y of the sizes fitted and of those held out, up to ``factor`` times larger, for ``n`` curves drawn.

    ``least``: how many times the last fitted error the first has to be.
    """
    curves = []
    for _, curve in rows.groupby(["openmlid", "learner"]):
        x, y = curve["size_train"].to_numpy(dtype=float), curve["error"].to_numpy()
        fitted = x <= 1.01 * x[-1] / factor
        if fitted.sum() >= 8 and y[0] >= least * y[fitted][-1]:
            curves.append((x[fitted], y[fitted], x[~fitted], y[~fitted]))
    pick = np.random.default_rng(0).permutation(len(curves))[:n]
    x, y, beyond, held = (pad([curves[i][part] for i in pick]) for part in range(4))
    return x, y, beyond, held


def pad(rows: list[np.ndarray]) -> np.ndarray:
    """Rows of unequal length as one array, NaN on the right."""
    out = np.full((len(rows), max(map(len, rows))), np.nan)
    for i, row in enumerate(rows):
        out[i, : len(row)] = row
    return out


def main() -> None:
    """Print one row for each distance."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--half", type=int, choices=(0, 1), default=1)
    given = parser.parse_args()
    rows = read(given.path, given.half)
    show(pd.DataFrame([{"times beyond": f, **losses_row(*split(rows, f))} for f in (2.0, 4.0)]))


if __name__ == "__main__":
    main()
