"""Accuracy on lines held out of training: the table predictor x line, and the figures that the project promises.

    python -m benchmarks.accuracy                 # all held-out models but intermediate checkpoints; about 20 minutes
    python -m benchmarks.accuracy --table FILE    # from a backtest table kept by --keep FILE

Every score is forecast by predictors that learned nothing from the target's line; other lines' scores count whatever
their date (``--dated``: only what was public before the target's release).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.backtests.gains import FEWEST_TASKS, SUITE, TARGET, gain_statistics, partial_correlation
from scale_forecast.backtests.resampled import Resampled, between_targets, interval, nested_mean, task_bootstrap
from scale_forecast.backtests.run import backtest
from scale_forecast.backtests.summary import COVERAGES
from scale_forecast.data.load import load
from scale_forecast.inputs.folds import folds_of
from scale_forecast.inputs.panel import as_panel
from scale_forecast.predictors.registry import DEFAULT, PREDICTORS, reference_names

SUITES = [
    ("PaLM 540B", "BIG-bench Lite"),
    ("PaLM 540B", "MMLU (validation split)"),
    ("PaLM 540B", "BBH"),
    ("PaLM 540B", "PaLM NLU"),
    ("LLaMA 65B", "MMLU"),
]
DISTANCES = [(0.0, 0.75), (0.75, 1.5), (1.5, 9.0)]


def hold_out(dated: bool) -> pd.DataFrame:
    tables = load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics)
    folds = (
        fold
        for fold in folds_of(panel, "leave-family-out")
        if fold.date_limited == dated and "@" not in fold.target.family
    )
    return backtest(panel, folds, list(PREDICTORS), progress=lambda line: print(line, file=sys.stderr))


def by_line(table: pd.DataFrame) -> pd.DataFrame:
    targets = table.groupby(["predictor", "line", "family", "target_model"])["crps"].mean()
    lines = targets.groupby(["line", "predictor"]).mean().unstack()
    return pd.concat([lines, lines.mean().rename("all lines").to_frame().T]).round(4)


def suite_correlations(rows: pd.DataFrame) -> list[float]:
    """Partial correlation of gains in each of `SUITES`, the mean of its prompt and shot settings."""
    out = []
    for model, benchmark in SUITES:
        suite = rows[(rows["target_model"] == model) & (rows["benchmark"] == benchmark)]
        settings = [
            partial_correlation(
                (part["median"] - part["origin_score"]).to_numpy(),
                (part["score"] - part["origin_score"]).to_numpy(),
                part["origin_score"].to_numpy(),
            )
            for _, part in suite.groupby(["shots", "prompt"], dropna=False)
        ]
        out.append(float(np.mean(settings)))
    return out


def mean_suite_correlation(rows: pd.DataFrame) -> float:
    return float(np.mean(suite_correlations(rows)))


def suite_square_errors(rows: pd.DataFrame) -> float:
    """Mean over `SUITES` of the mean squared error."""
    return float(
        np.mean([rows[(rows["target_model"] == m) & (rows["benchmark"] == b)]["sq_error"].mean() for m, b in SUITES])
    )


def suite_averages(rows: pd.DataFrame) -> pd.DataFrame:
    """Forecast and truth averaged over each suite of `FEWEST_TASKS` tasks or more."""
    groups = rows.groupby(SUITE, dropna=False)
    means = groups[["score", "median", "distance"]].mean()[groups.size() >= FEWEST_TASKS].reset_index()
    return means.assign(abs_error=(means["score"] - means["median"]).abs())


def errors_by_level(shares: pd.DataFrame) -> pd.DataFrame:
    """Mean absolute error, lines counting the same, of single tasks, categories and suite averages at each distance."""
    category = shares["benchmark"] == "MMLU categories"
    levels = {
        "single tasks": shares[~category],
        "single BIG-bench tasks": shares[shares["benchmark"].isin(["BIG-bench", "BIG-bench Lite", "BBH"])],
        "MMLU categories": shares[category],
        "suite averages": suite_averages(shares[~category]),
    }
    out = pd.DataFrame(index=list(levels), columns=[f"{low:g} to {high:g}" for low, high in DISTANCES])
    for level, rows in levels.items():
        for (low, high), column in zip(DISTANCES, out.columns, strict=True):
            part = rows[rows["distance"].between(low, high)]
            if len(part):
                out.loc[level, column] = f"{100 * nested_mean(part, 'abs_error'):.1f} ({len(part)})"
    return out.fillna("")


def below_the_best(by_name: dict[str, pd.DataFrame], keep: np.ndarray) -> str:
    """How far the default's CRPS lies below that of the reference with the lowest mean, and of each line's lowest."""
    kept = {name: by_name[name][keep].reset_index(drop=True) for name in (DEFAULT, *reference_names())}
    means = {name: nested_mean(rows, "crps") for name, rows in kept.items()}
    best = min(reference_names(), key=lambda name: means[name])
    resampled = Resampled(kept[DEFAULT])
    draws = [resampled.means(kept[name]["crps"].to_numpy()) for name in (DEFAULT, best)]
    low, high = interval(1 - draws[0] / draws[1])
    lines = by_line(pd.concat(kept.values())).drop(index="all lines")
    hindsight = lines[reference_names()].min(axis=1).mean()
    worst = (lines[DEFAULT] / lines[best] - 1).max()
    by_target = [kept[name].groupby(TARGET)["crps"].mean() for name in (DEFAULT, best)]
    apart = between_targets(1 - by_target[0] / by_target[1])
    below = f"{1 - means[DEFAULT] / means[best]:.1%} [{low:.1%}, {high:.1%}] below {best}"
    return (
        f"CRPS {means[DEFAULT]:.4f}, {below}, the best single reference; "
        f"{hindsight:.4f} for each line's best in hindsight; at worst {worst:+.0%} on a line; between targets of one "
        f"line it differs by a standard deviation of {apart:.0%}"
    )


def report(table: pd.DataFrame) -> None:
    order = ["line", "family", "target_model", "benchmark", "task", "metric", "shots", "prompt"]
    by_name = {name: rows.sort_values(order).reset_index(drop=True) for name, rows in table.groupby("predictor")}
    stack = by_name[DEFAULT]
    share = table["is_share"].to_numpy(dtype=bool)
    for what, part in (("shares", table[share]), ("losses, in log units", table[~share])):
        print(f"CRPS by held-out line, {what}\n", by_line(part).to_string(), "\n", sep="")
    shares = stack["is_share"].to_numpy(dtype=bool)
    for what, keep in (("shares", shares), ("losses, in log units", ~shares)):
        print(f"{what}: {below_the_best(by_name, keep)}")
    print_gains(by_name)

    suites = suite_correlations(stack)
    picked = stack[stack["target_model"].isin([model for model, _ in SUITES])].reset_index(drop=True)
    low, high = interval(task_bootstrap(picked, mean_suite_correlation, draws=200))
    values = ", ".join(f"{value:.2f}" for value in suites)
    print(f"partial correlation of gains {values}: mean {np.mean(suites):.2f} [{low:.2f}, {high:.2f}] (of these tasks)")
    below = 1 - suite_square_errors(stack) / suite_square_errors(by_name["drift"])
    print(f"squared error below drift's on those rows: {below:.0%}")

    for what, part in (("shares", stack[shares]), ("losses", stack[~shares])):
        print_coverage(what, part.reset_index(drop=True))
    print("\nmean absolute error in points, by decades to the target and by level (number of forecasts)")
    print(errors_by_level(stack[shares]).to_string())


def print_gains(by_name: dict[str, pd.DataFrame]) -> None:
    """Explained variance and correlation of the gains of shares, mean over suites within targets, then lines."""
    for name in (DEFAULT, *reference_names()):
        found = gain_statistics(by_name[name][by_name[name]["is_share"]])
        r2, forgiven, ceiling, r = (nested_mean(found, c) for c in ("r2", "r2_shift_forgiven", "ceiling_r2", "r"))
        print(
            f"gains in {len(found)} suites, {name}: R2 {r2:.2f} (plain mean over suites {found['r2'].mean():.2f}), "
            f"shift forgiven {forgiven:.2f}, ceiling of both {ceiling:.2f}; r {r:.2f}"
        )


def print_coverage(what: str, rows: pd.DataFrame) -> None:
    resampled = Resampled(rows)
    for name, (lower, upper) in COVERAGES.items():
        inside = rows["score"].between(rows[lower], rows[upper]).astype(float)
        low, high = interval(resampled.means(inside.to_numpy()))
        print(f"{name}, {what}: {nested_mean(rows.assign(inside=inside), 'inside'):.0%} [{low:.0%}, {high:.0%}]")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dated", action="store_true", help="other lines only as known before the target's release")
    parser.add_argument("--keep", type=Path, help="write the backtest table here (Parquet)")
    parser.add_argument("--table", type=Path, help="read the table instead of making it")
    given = parser.parse_args()
    table = pd.read_parquet(given.table) if given.table else hold_out(given.dated)
    if given.keep:
        table.to_parquet(given.keep)
    report(table)


if __name__ == "__main__":
    main()
