"""The backtest tables that pictures are drawn from: read and checked, and one predictor's part of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import did_you_mean
from scale_forecast.data.readers.tables import read_csv

NEEDED = (
    "predictor", "fold", "benchmark", "task", "target_model", "line", "family", "distance", "origin_score", "score",
    "median", "q05", "q10", "q25", "q75", "q90", "q95", "crps", "pit", "prob_gain", "gained", "is_share",
)  # fmt: skip
DEFAULT = "stack"


def read_backtest(path: Path) -> pd.DataFrame:
    """A backtest table as ``forecast backtest --format csv`` writes it.

    Raises
    ------
    DataError
        For a file that is not one.
    """
    table = read_csv(path, "give what `forecast backtest --format csv` wrote")
    missing = [name for name in NEEDED if name not in table]
    if missing or table.empty:
        what = f"has no column {missing[0]!r}" if missing else "has no rows"
        raise DataError(f"{path} {what}: give what `forecast backtest --format csv` wrote")
    for name in ("gained", "is_share"):
        table[name] = table[name].astype(str).str.lower().eq("true")
    return table


def of_predictor(table: pd.DataFrame, wanted: str | None = None) -> pd.DataFrame:
    """The rows of one predictor: the one wanted, else the recommended one, else the first."""
    names = table["predictor"].unique().tolist()
    if wanted is None:
        wanted = DEFAULT if DEFAULT in names else names[0]
    if wanted not in names:
        raise UsageError(f"no predictor {wanted!r} in the backtest{did_you_mean(wanted, names)}: {', '.join(names)}")
    return table[table["predictor"] == wanted]


def largest_groups(table: pd.DataFrame, by: str, most: int) -> Sequence[object]:
    """The values of a column with most rows, largest first."""
    return table[by].value_counts().index[:most].tolist()
