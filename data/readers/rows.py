"""Rows of a table that break the contract of the results table: each refuses itself, and the others stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd

from scale_forecast.data.metrics import is_unbounded
from scale_forecast.data.names import fold_series
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.results import COLUMNS, KEY

_NEEDED = ("task", "model", "score")
_DEFAULTS = {"benchmark": "user", "metric": "accuracy", "prompt": "direct"}
_SIZES = ("params", "active_params", "train_tokens", "train_flops")
_CELLS = ("stderr", "n_examples")


def usable_rows(rows: pd.DataFrame, *, several_sources: bool = False) -> tuple[pd.DataFrame, Counter[str], list[str]]:
    """The rows that a results table can hold, why the others were refused, and which cells were taken as unknown.

    A size, a day, an error or a number of examples that cannot be is unknown; a score, a name or shots that cannot be
    refuse their row. Two rows of one key with one score are one; with two scores both are refused.
    """
    rows = rows.copy()
    notes = [note for name in rows.columns if (note := _clean(rows, name))]
    refused = pd.Series(None, index=rows.index, dtype=object)
    for reason, bad in _bad_rows(rows):
        refused = refused.where(~(bad & refused.isna()), reason)
    for reason, bad in _find_repeated(rows[refused.isna()], several_sources):
        refused.loc[bad.index[bad]] = reason
    counts = Counter({str(reason): int(count) for reason, count in refused.dropna().value_counts().items()})
    return rows[refused.isna()], counts, notes


def _clean(rows: pd.DataFrame, name: str) -> str | None:
    """Take the cells of a column that cannot be as unknown; a sentence on them."""
    kind = COLUMNS.get(name, "str")
    if name in _SIZES or name in _CELLS:
        number = as_numbers(rows[name])
        good = np.isfinite(number) & ((number > 0) if name in _SIZES else (number >= (name == "n_examples")))
        good &= (number % 1 == 0) if kind == "int?" else True
    elif kind == "date?":
        good = pd.to_datetime(rows[name], errors="coerce", format="ISO8601", utc=True).notna()
    elif kind == "bool?":
        good = rows[name].map(lambda value: str(value).casefold() in ("true", "false", "yes", "no", "1", "0"))
    else:
        return None
    bad = rows[name].notna() & ~good.astype(bool)
    if not bad.any():
        return None
    first = rows.loc[bad, name].iloc[0]
    rows[name] = rows[name].astype(object).where(~bad, None)
    return (
        f"{name} {getattr(first, 'item', lambda: first)()!r} cannot be ({int(bad.sum())} such cells): taken as unknown"
    )


def _bad_rows(rows: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """Reasons, and the rows they hold for."""
    for name in _NEEDED:
        text = rows[name].astype("str").str.strip() if name != "score" else rows[name]
        yield f"{name} missing", rows[name].isna() | ((text == "") if name != "score" else False)
    score = as_numbers(rows["score"])
    yield "score not a number", score.isna()
    yield "score not finite", ~np.isfinite(score)
    if "shots" in rows:
        shots = as_numbers(rows["shots"])
        wrong = rows["shots"].notna() & ~((shots >= 0) & (shots % 1 == 0))
        yield from ((f"shots {str(value)[:20]!r} no whole number", wrong & (rows["shots"] == value))
                    for value in rows.loc[wrong, "shots"].unique()[:5])  # fmt: skip
        yield "shots no whole number", wrong
    metric = (rows["metric"] if "metric" in rows else pd.Series(None, index=rows.index, dtype=object)).astype(object)
    metric = metric.where(metric.notna(), "accuracy").astype(str)
    share = ~metric.isin({name for name in metric.unique() if is_unbounded(name)})
    yield "score outside [0, 1]", share & ~score.between(0.0, 1.0)
    yield "score negative", ~share & (score < 0)


def _find_repeated(rows: pd.DataFrame, several_sources: bool) -> Iterator[tuple[str, pd.Series]]:
    names = [*KEY, *(["source"] if several_sources else [])]
    key = rows.reindex(columns=names)
    for name in names:
        default = _DEFAULTS.get(name)
        column = key[name].astype(object)
        column = column.where(column.notna(), default)
        key[name] = fold_series(column.astype("str").where(column.notna())) if name != "shots" else as_numbers(column)
    codes = key.groupby(names, dropna=False, sort=False).ngroup()
    score = as_numbers(rows["score"])
    differ = score.groupby(codes).transform("nunique") > 1
    yield "key stands twice, with different scores", differ
    yield "repeated row", codes.duplicated() & ~differ
