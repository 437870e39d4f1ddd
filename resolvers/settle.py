"""Settling recorded score forecasts against results: what did the language model score? Pure."""

from __future__ import annotations

import pandas as pd

from data.names import fold_series
from data.results import UNIT, known_by

SUBJECT = [*UNIT, "model"]
"""What a score forecast is about."""

_NAMES = [name for name in SUBJECT if name != "shots"]


def settle_scores(forecasts: pd.DataFrame, results: pd.DataFrame, *, as_of: pd.Timestamp | str) -> pd.DataFrame:
    """The observed score of everything that score forecasts are about, as far as it was public on ``as_of``.

    Names match ignoring case, spaces, hyphens and underscores; shots must be the same; intermediate checkpoints
    never settle a forecast of the model.

    Parameters
    ----------
    forecasts : DataFrame
        As `Ledger.forecasts` gives it; rows of other kinds are passed over.
    results : results table
    as_of : day
        Rows that became public later do not count, nor do undated ones.

    Returns
    -------
    DataFrame
        One row for each distinct subject: `SUBJECT`, ``status`` (``number`` or ``open``), ``outcome``, ``stderr``,
        ``known_on``, ``as_of``, ``reason``, ``evidence`` (the row that settled it). Those with a number are rows for
        `Ledger.append_resolutions`.
    """
    subjects = forecasts.loc[forecasts["kind"] == "score", SUBJECT].drop_duplicates().reset_index(drop=True)
    final = known_by(results, as_of)
    final = final[final["checkpoint"].isna()]
    rows = dict(zip(_keys(final), final.index, strict=True))
    found = _keys(subjects).map(rows)
    day = pd.Timestamp(as_of)
    settled = [
        {"status": "open", "reason": f"no score was public by {day:%Y-%m-%d}"}
        if pd.isna(row)
        else _resolution(final.loc[row])
        for row in found
    ]
    columns = ["status", "outcome", "stderr", "known_on", "reason", "evidence"]
    return subjects.join(pd.DataFrame(settled, columns=columns)).assign(as_of=day)


def _keys(table: pd.DataFrame) -> pd.Series:
    """One hashable name for what each row is about."""
    key = table["shots"].astype("float64").fillna(-1.0).astype("str")
    for name in _NAMES:
        key = key + "\x1f" + fold_series(table[name].astype("str")).fillna("").astype("str")
    return key


def _resolution(row: pd.Series) -> dict[str, object]:
    """What a row of results says, for the ledger."""
    evidence = {name: value for name, value in row.items() if pd.notna(value)}
    return {
        "status": "number",
        "outcome": float(row["score"]),
        "stderr": row["stderr"],
        "known_on": row["known_on"],
        "reason": f"scored {row['score']:.4g}, public since {row['known_on']:%Y-%m-%d} ({row['source']})",
        "evidence": [evidence],
    }
