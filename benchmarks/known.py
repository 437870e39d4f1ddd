"""What a few published scores of the target tell about its others: `--known` on held-out models.

    python -m benchmarks.known            # about ten minutes

Of each held-out model 1 or 5 scores, picked by a hash of their names, are revealed; the others are forecast with and
without them, by what was trained without the model's line. Tasks with a revealed twin under another name are left out.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
import pandas as pd

from scale_forecast.backtests.fold_rows import fold_rows
from scale_forecast.backtests.resampled import Resampled, interval, nested_mean
from scale_forecast.backtests.training import Trained
from scale_forecast.data.load import load
from scale_forecast.inputs.folds import Fold, folds_of, without_family
from scale_forecast.inputs.panel import Panel, as_panel
from scale_forecast.predictors.registry import DEFAULT

REVEALED = (1, 5)
FEWEST = 10
"""Scores that a model must have to be counted."""
MOST_OF_LINE = 20


def pick(fold: Fold, count: int) -> np.ndarray:
    """Places of the revealed scores."""
    names = fold.rows["canonical_task"].astype("str") + fold.target.model
    order = np.argsort([zlib.crc32(name.encode()) for name in names], kind="stable")
    return np.sort(order[:count])


def reveal(fold: Fold, trained: Trained) -> Iterator[pd.DataFrame]:
    """Scores of the unrevealed tasks, told nothing and told the revealed ones."""
    forecast = trained.get(DEFAULT, fold.exclusion).predict(fold.rows, fold.evidence)
    observed = fold.truth["score"].to_numpy()
    for count in REVEALED:
        at = pick(fold, count)
        rest = (~fold.rows["canonical_task"].isin(fold.rows["canonical_task"].iloc[at])).to_numpy()
        if rest.sum() < FEWEST - max(REVEALED):
            continue
        for told, given in (("nothing", forecast), ("them", forecast.condition_on(at, observed[at]))):
            yield fold_rows(given.take(np.flatnonzero(rest)), fold.take(rest)).assign(told=told, count=count)


def hold_out(panel: Panel) -> Iterator[tuple[str, Fold]]:
    counted: dict[str, int] = {}
    for fold in folds_of(panel, "leave-family-out"):
        if fold.date_limited or "@" in fold.target.family:
            continue
        counted[fold.target.line] = counted.get(fold.target.line, 0) + 1
        if counted[fold.target.line] <= MOST_OF_LINE:
            yield "of a known family", fold
            stranger = without_family(fold)
            if stranger is not None:
                yield "of a new family", stranger


def main() -> None:
    tables = load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics)
    trained = Trained(panel)
    parts = [
        rows.assign(kind=kind)
        for kind, fold in hold_out(panel)
        if len(fold.rows) >= FEWEST
        for rows in reveal(fold, trained)
    ]
    table = pd.concat(parts, ignore_index=True)
    table = table[table["is_share"]]
    table["inside"] = table["score"].between(table["q10"], table["q90"]).astype(float)
    for (kind, count), part in table.groupby(["kind", "count"]):
        told = {name: rows.reset_index(drop=True) for name, rows in part.groupby("told")}
        resampled = Resampled(told["nothing"])
        print(f"{kind}, {count} revealed, {len(told['nothing'])} scores of {part['line'].nunique()} lines")
        held = {name: nested_mean(rows, "inside") for name, rows in told.items()}
        print(f"  in the 80% interval {held['nothing']:.0%} -> {held['them']:.0%}")
        for column in ("abs_error", "crps"):
            means = {name: nested_mean(rows, column) for name, rows in told.items()}
            draws = {name: resampled.means(rows[column].to_numpy()) for name, rows in told.items()}
            low, high = interval(1 - draws["them"] / draws["nothing"])
            print(
                f"  {column:9} {means['nothing']:.4f} -> {means['them']:.4f}: "
                f"{1 - means['them'] / means['nothing']:.1%} lower [{low:+.1%}, {high:+.1%}]"
            )


if __name__ == "__main__":
    main()
