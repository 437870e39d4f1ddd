"""Are ladders that have only risen told to rise on? What is said and what comes, of all and of those above the others.

    python -m benchmarks.accuracy --keep table.parquet      # first: the backtest on held-out lines
    python -m benchmarks.rising table.parquet

A ladder rises where each of the family's known scores on a task, three or more, is better than that of the next smaller
model. It stands above the pool where its largest known model beats nine tenths of the other lines' models of at most
twice its scale, of which there are two or more. Shares only; intervals draw lines and tasks anew.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.backtests.resampled import Resampled, interval, nested_mean
from scale_forecast.data.load import load
from scale_forecast.inputs.panel import as_panel
from scale_forecast.predictors.registry import DEFAULT

TASK = ["benchmark", "task", "metric", "shots", "prompt"]
FEWEST = 3
"""Known scores of a ladder."""
TWICE = np.log10(2.0)
"""In decades: how much larger than the origin others may be that it is held against."""
BEATEN = 0.9
HIGH = 0.7
"""Score of an origin from which little is left to gain."""


def describe_ladders(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Whether the ladder below each row of a backtest ``rises``, and the share of others that its end ``beats``."""
    by_task = dict(list(rows.assign(shots=rows["shots"].fillna(-1)).groupby(TASK)))
    found = []
    for row in table.assign(shots=table["shots"].fillna(-1)).itertuples():
        same = by_task[tuple(getattr(row, name) for name in TASK)]
        own = same[same["family"] == row.family].sort_values("scale")
        own = own[own["scale"] < own["scale"][own["model"] == row.target_model].min()]
        scores = own["score"].to_numpy()
        others = same[(same["line"] != row.line) & (same["scale"] <= own["scale"].max() + TWICE)]
        beats = (others["score"] < row.origin_score).mean() if len(others) > 1 else np.nan
        found.append((len(scores) >= FEWEST and bool((np.diff(scores) > 0).all()), beats))
    return pd.DataFrame(found, columns=["rises", "beats"], index=table.index)


def summarise(table: pd.DataFrame) -> dict[str, object]:
    """What was said of one group and what came; of means, lines and their targets count the same."""
    table = table.reset_index(drop=True)
    resampled = Resampled(table)
    inside = table["score"].between(table["q10"], table["q90"]).astype(float)
    more = table["gained"].astype(float) - table["prob_gain"]
    low, high = interval(resampled.means(more.to_numpy()))
    means = {name: nested_mean(table.assign(of=values), "of") for name, values in
             (("said", table["prob_gain"]), ("came", table["gained"].astype(float)), ("inside", inside),
              ("error", table["median"] - table["score"]))}  # fmt: skip
    return {
        "scores": len(table),
        "lines": table["line"].nunique(),
        "P(gain) said": f"{means['said']:.2f}",
        "came": f"{means['came']:.2f}",
        "came less said": f"{means['came'] - means['said']:+.2f} [{low:+.2f}, {high:+.2f}]",
        "80% held": f"{means['inside']:.0%}",
        "median less score, points": f"{100 * means['error']:+.1f}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("table", type=Path, help="what benchmarks.accuracy --keep wrote")
    given = parser.parse_args()
    tables = load()
    table = pd.read_parquet(given.table)
    table = table[(table["predictor"] == DEFAULT) & table["is_share"] & table["origin_is_own"]]
    ladders = describe_ladders(table, as_panel(tables.results, tables.tasks, tables.metrics).rows)
    rises, above = ladders["rises"], ladders["rises"] & (ladders["beats"] >= BEATEN)
    parts = {
        "all": rises | True,
        "rises": rises,
        f"rises, origin above {HIGH}": rises & (table["origin_score"] > HIGH),
        "rises, above the pool": above,
        f"rises, above the pool, origin above {HIGH}": above & (table["origin_score"] > HIGH),
        "rises, told to fall": rises & (table["median"] < table["origin_score"]),
    }
    rows = [{"ladder": name, **summarise(table[part])} for name, part in parts.items() if part.any()]
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
