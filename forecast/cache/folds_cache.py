"""Finished folds of a backtest kept on disk, so that one that was broken off goes on where it stopped.

A table's key holds all that it was made of: the code, that of the scoring rules included, the predictors, the rows
that they may have learned from, and the fold's own evidence, targets and truth. Other data, another fold or other code
is another key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from scale_forecast.cache.fingerprint import SCORING, code_fingerprint
from scale_forecast.cache.state import read_checked, state_key, write_checked
from scale_forecast.inputs.folds import Fold
from scale_forecast.inputs.panel import Panel


def fold_key(panel: Panel, fold: Fold, predictors: Sequence[str]) -> str:
    """Name of the table of a fold by some predictors, trained on what its exclusion allows of ``panel``."""
    learned = state_key(panel, ",".join(predictors), fold.exclusion)
    parts = [code_fingerprint(SCORING), learned, fold.name, repr(fold.target), str(fold.date_limited)]
    digest = hashlib.sha256("|".join(parts).encode())
    for table in (fold.evidence.rows, fold.rows, fold.truth):
        digest.update("|".join(map(str, table.columns)).encode())
        digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return f"fold-{digest.hexdigest()[:24]}"


def save_table(folder: Path, key: str, table: pd.DataFrame) -> None:
    """Write a table whole or not at all; a folder that cannot be written is passed over."""
    write_checked(folder, f"{key}.parquet", lambda file: table.to_parquet(file, index=False))


def load_table(folder: Path, key: str) -> pd.DataFrame | None:
    """A saved table, or None where there is none that can be read."""
    content = read_checked(folder, f"{key}.parquet")
    return None if content is None else pd.read_parquet(content)
