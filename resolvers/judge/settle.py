"""Settling recorded score forecasts against results: what did the language model score? Pure."""

from __future__ import annotations

from typing import Any

import pandas as pd

from scale_forecast.data.names.keys import name_keys
from scale_forecast.data.results import UNIT, known_by
from scale_forecast.resolvers.judge.evidence import SHOWN
from scale_forecast.resolvers.judge.resolve import Resolution
from scale_forecast.resolvers.judge.status import Status

SUBJECT = ["benchmark", "task", "metric", "shots", "prompt", "model"]
"""What a score forecast is about."""

_NAMES = [name for name in [*UNIT, "model"] if name != "shots"]


def settle_scores(forecasts: pd.DataFrame, results: pd.DataFrame, *, as_of: pd.Timestamp | str) -> pd.DataFrame:
    """The observed score of everything that score forecasts are about, as far as it was public on ``as_of``.

    Names match as `scale_forecast.data.names.keys` compares them; shots must be the same; intermediate checkpoints
    never settle a forecast of the model.

    Parameters
    ----------
    forecasts : DataFrame
        As `Ledger.forecasts` gives it; rows of other kinds are passed over.
    results : results table
        A key may carry a score from each of several sources; where they differ the subject is ``ambiguous``.
    as_of : day
        Rows that became public later do not count, nor do undated ones.

    Returns
    -------
    DataFrame
        One row for each distinct subject: `SUBJECT`, ``status`` (``number``, ``ambiguous`` or ``open``), ``outcome``,
        ``stderr``, ``known_on``, ``as_of``, ``reason``, ``evidence`` (the rows that settled it). Those that are not
        open are rows for `Ledger.append_resolutions`.
    """
    subjects = forecasts.loc[forecasts["kind"] == "score", SUBJECT].drop_duplicates().reset_index(drop=True)
    final = known_by(results, as_of)
    final = final[final["checkpoint"].isna()]
    wanted, known = _keys(subjects), _keys(final)
    known = known[known.isin(set(wanted))]
    found = {str(key): rows for key, rows in final.loc[known.index].groupby(known)}
    day = pd.Timestamp(as_of)
    settled = [
        _resolution(found[key])
        if key in found
        else {"status": "open", "reason": f"no score was public by {day:%Y-%m-%d}"}
        for key in wanted
    ]
    columns = ["status", "outcome", "stderr", "known_on", "reason", "evidence"]
    return subjects.join(pd.DataFrame(settled, columns=columns)).assign(as_of=day)


def settled_rows(settled: pd.DataFrame) -> list[dict[str, Any]]:
    """Those of `settle_scores` that are no longer open, as rows for `Ledger.append_resolutions`."""
    return [{str(k): v for k, v in row.items()} for row in settled[settled["status"] != "open"].to_dict("records")]


def as_resolutions(settled: pd.DataFrame) -> list[Resolution]:
    """The rows of `settle_scores` in the form of questions' resolutions, to be printed beside them."""
    return [_as_resolution(row) for row in settled.to_dict("records")]


def _as_resolution(row: dict[Any, Any]) -> Resolution:
    shots = "" if pd.isna(row["shots"]) else f"{row['shots']:.0f}-shot "
    name = f"{row['benchmark']}/{row['task']} {shots}{row['metric']} of {row['model']}"
    evidence = row["evidence"] if isinstance(row["evidence"], list) else []
    return Resolution(
        question=name,
        title=name,
        status=Status(row["status"]),
        reason=row["reason"],
        value=None if pd.isna(row["outcome"]) else row["outcome"],
        known_on=None if pd.isna(row["known_on"]) else row["known_on"].date(),
        as_of=row["as_of"].to_pydatetime(),
        evidence=tuple({c: _shown(e.get(c)) for c in SHOWN} for e in evidence),
        fingerprint="",
    )


def _shown(value: Any) -> Any:
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else value


def _keys(table: pd.DataFrame) -> pd.Series:
    """One hashable name for what each row is about; a forecast that names no evaluator is about plain scores."""
    key = table["shots"].astype("float64").fillna(-1.0).astype("str")
    for name in _NAMES:
        names = table[name] if name in table else pd.Series(None, index=table.index, dtype="str")
        key = key + "\x1f" + name_keys(name, names.astype("str")).fillna("").astype("str")
    return key


def _resolution(rows: pd.DataFrame) -> dict[str, object]:
    """What the rows of one subject say, for the ledger."""
    evidence = [{name: value for name, value in row.items() if pd.notna(value)} for row in rows.to_dict("records")]
    if rows["score"].nunique() > 1:
        scores = ", ".join(f"{row['score']:.4g} ({row['source']})" for row in evidence)
        return {"status": "ambiguous", "reason": f"the sources disagree: {scores}", "evidence": evidence}
    row = rows.sort_values("known_on", kind="stable").iloc[0]
    return {
        "status": "number",
        "outcome": float(row["score"]),
        "stderr": row["stderr"],
        "known_on": row["known_on"],
        "reason": f"scored {row['score']:.4g}, public since {row['known_on']:%Y-%m-%d} ({row['source']})",
        "evidence": evidence,
    }
