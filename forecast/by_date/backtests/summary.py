"""Averages of backtests by date: origins equally, and within an origin benchmarks (or models) equally, of shares."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.by_date.backtests.records import MODEL, SIMULATED
from scale_forecast.by_date.backtests.rule import THRESHOLDS

CELLS = [0.0, 0.2, 0.5, 0.8, 1.01]
"""Ends of the ranges of a record of which coverage is told."""
RESAMPLES = 500


def records_summary(table: pd.DataFrame) -> pd.DataFrame:
    """By horizon and predictor: windows, losses, the share of outcomes within 80%, and the model's CRPS over its own.

    ``ratio`` has a 90% interval, ``low`` to ``high``, over origins and benchmarks drawn anew; below 1 the model is
    better than the predictor of the row.
    """
    shares = table[(table["unit"] == "share") & (table["predictor"] != SIMULATED)]
    brier = [f"brier_{t}" for t in THRESHOLDS]
    shares = shares.assign(brier=shares[brier].mean(axis=1), inside=shares["pit"].between(0.1, 0.9).astype(float))
    columns = ["crps", "abs_error", "error", "brier", "inside"]
    by_origin = shares.groupby(["months", "predictor", "origin"])[columns].mean()
    found = by_origin.groupby(["months", "predictor"]).mean().reset_index()
    found.insert(2, "windows", shares.groupby(["months", "predictor"]).size().to_numpy())
    ratios = [ratio(shares, name, months) for months, name in zip(found["months"], found["predictor"], strict=True)]
    found[["ratio", "low", "high"]] = ratios
    return found.sort_values(["months", "crps"], kind="stable", ignore_index=True)


def models_summary(table: pd.DataFrame) -> pd.DataFrame:
    """By number of known scores and predictor: models, scores, losses and the share within 80%; models count equally.

    ``ratio`` is of the mean absolute error, the model's over that of the row, with a 90% interval over origins.
    """
    inside = table["pit"].between(0.1, 0.9).astype(float).where(table["pit"].notna())
    unit = ["known", "predictor", "origin", "target_model"]
    means = table.assign(inside=inside).groupby(unit)[["abs_error", "error", "crps", "inside"]].mean()
    grouped = means.groupby(["known", "predictor"])
    found = grouped.mean().reset_index()
    found.insert(2, "models", grouped.size().to_numpy())
    found.insert(3, "scores", table.groupby(["known", "predictor"]).size().to_numpy())
    wide = means["abs_error"].unstack("predictor")
    pairs = [
        _ratio_of_models(wide.loc[known], name) for known, name in zip(found["known"], found["predictor"], strict=True)
    ]
    found[["ratio", "low", "high"]] = pairs
    return found.sort_values(["known", "abs_error"], kind="stable", ignore_index=True)


def _ratio_of_models(wide: pd.DataFrame, reference: str) -> tuple[float, float, float]:
    both = wide.groupby("origin")[[MODEL, reference]].sum().to_numpy() if reference != MODEL else np.ones((1, 2))
    drawn = np.random.default_rng(1).integers(0, len(both), (RESAMPLES, len(both)))
    sums = both[drawn].sum(axis=1)
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [0.05, 0.95])
    return float(both[:, 0].sum() / both[:, 1].sum()), float(low), float(high)


def cells(table: pd.DataFrame, predictor: str = MODEL) -> pd.DataFrame:
    """Coverage of 80% by horizon and record, with the number of targets."""
    own = table[(table["predictor"] == predictor) & (table["unit"] == "share")]
    cell = pd.cut(own["origin_score"], CELLS, right=False)
    inside = own["pit"].between(0.1, 0.9)
    grouped = inside.groupby([own["months"], cell], observed=True)
    wide = pd.DataFrame({"inside": grouped.mean().round(3), "targets": grouped.size()}).unstack()
    return pd.DataFrame(wide)


def ratio(
    table: pd.DataFrame, reference: str, months: int | None = None, *, resamples: int = RESAMPLES, seed: int = 1
) -> tuple[float, float, float]:
    """Ratio of the model's CRPS to a reference's, with the 90% interval over resampled origins and benchmarks.

    Of shares, of one horizon or of all together.
    """
    if reference == MODEL:
        return 1.0, 1.0, 1.0
    own = table[(table["unit"] == "share") & ((table["months"] == months) if months else True)]
    wide = own.pivot_table(index=["origin", "months", "task"], columns="predictor", values="crps")
    wide = wide[[MODEL, reference]].dropna()
    o, t = (pd.factorize(wide.index.get_level_values(name))[0] for name in ("origin", "task"))
    rng = np.random.default_rng(seed)
    model, other = wide[MODEL].to_numpy(), wide[reference].to_numpy()

    def value(weight: np.ndarray, origins: np.ndarray) -> float:
        size = np.bincount(o, weight)
        kept = size > 0
        mine, theirs = (np.bincount(o, weight * x)[kept] / size[kept] for x in (model, other))
        lost = float(origins[kept] @ theirs)
        return float(origins[kept] @ mine) / lost if lost > 0 else np.nan

    point = value(np.ones(len(o)), np.ones(o.max() + 1))
    drawn = []
    for _ in range(resamples):
        origins = np.bincount(rng.integers(0, o.max() + 1, o.max() + 1), minlength=o.max() + 1).astype(float)
        benchmarks = np.bincount(rng.integers(0, t.max() + 1, t.max() + 1), minlength=t.max() + 1)
        drawn.append(value(benchmarks[t].astype(float), origins))
    low, high = np.nanquantile(drawn, [0.05, 0.95]) if np.isfinite(drawn).any() else (np.nan, np.nan)
    return point, float(low), float(high)
