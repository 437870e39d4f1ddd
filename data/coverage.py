"""Which source would hold a row: until when silence is evidence, for whom, and who says so.

A score that is not in a table is not published, or published and not tabled. Silence says the first only where a
source covers the model and the task and is complete until the day in question. Sources cover models in three ways:
``families`` (every published model of the families it names), ``leaders`` (whoever leads the benchmark), and ``list``
(some models that it chose), whose silence says nothing.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

import pandas as pd

from scale_forecast.data.catalog import TABLES, bundled_results
from scale_forecast.data.errors import DataError
from scale_forecast.data.names import fold, fold_series, refuse_unknown_columns

COVERAGE_COLUMNS = (
    "source",
    "benchmark",
    "task",
    "evaluator",
    "version",
    "covers",
    "families",
    "complete_until",
    "seen_on",
    "note",
)
KINDS = ("families", "leaders", "list")
EVERY = "*"
"""In ``benchmark`` and ``task``: all that the source has rows of."""
LAG_DAYS = 60
"""A list of leaders is believed about a day only when it was seen this much later: results take time to be listed."""
_SEPARATOR = ";"


def as_coverage(frame: pd.DataFrame, *, where: str = "coverage") -> pd.DataFrame:
    """Check a coverage table: `COVERAGE_COLUMNS`, days as dates, ``families`` joined by semicolons.

    ``benchmark`` and ``task`` default to `EVERY`, ``seen_on`` to ``complete_until``; an empty evaluator or version
    stands for every one.

    Raises
    ------
    DataError
        For unknown columns, a kind that is not one of `KINDS`, a day that is none, or families that are not named.
    """
    refuse_unknown_columns(frame, COVERAGE_COLUMNS, where)
    for name in ("source", "covers", "complete_until"):
        if name not in frame.columns or frame[name].isna().any():
            raise DataError(f"{where}: every row of a coverage table needs {name}: fill it")
    table = frame.reset_index(drop=True).reindex(columns=list(COVERAGE_COLUMNS)).astype(object)
    table[["benchmark", "task"]] = table[["benchmark", "task"]].fillna(EVERY)
    table[["evaluator", "version", "families", "note"]] = table[["evaluator", "version", "families", "note"]].fillna("")
    wrong = ~table["covers"].isin(KINDS)
    if wrong.any():
        raise DataError(
            f"{where}: covers {table.loc[wrong, 'covers'].iloc[0]!r} is none of {', '.join(KINDS)}: choose one"
        )
    unnamed = (table["covers"] == "families") & (table["families"] == "")
    if unnamed.any():
        raise DataError(f"{where}: {table.loc[unnamed, 'source'].iloc[0]!r} covers families and names none: name them")
    table["seen_on"] = table["seen_on"].where(table["seen_on"].notna(), table["complete_until"])
    for name in ("complete_until", "seen_on"):
        days = pd.to_datetime(table[name], errors="coerce", format="ISO8601")
        if days.isna().any():
            bad = table.loc[days.isna(), name].iloc[0]
            raise DataError(f"{where}: {name} {bad!r} is not a date: write dates as YYYY-MM-DD")
        table[name] = days.dt.normalize().astype("datetime64[s]")
    return table


@cache
def bundled_coverage() -> pd.DataFrame:
    """What the bundled tables cover. A source of a scaling table is its dataset and covers the families in it."""
    table = pd.read_csv(TABLES / "coverage.csv", keep_default_na=False)
    families = bundled_results().groupby("dataset", sort=False)["family"].agg(_joined)
    table["families"] = table["source"].map(families).where(table["covers"] == "families", "")
    return as_coverage(table, where="bundled coverage")


def own_coverage(results: pd.DataFrame, source: str) -> pd.DataFrame:
    """A user's file covers the families in it until its newest day, and nobody else; undated rows cover nothing."""
    dated = results[results["known_on"].notna()]
    if dated.empty:
        return as_coverage(pd.DataFrame(columns=list(COVERAGE_COLUMNS)))
    row = {
        "source": source,
        "covers": "families",
        "families": _joined(dated["family"]),
        "complete_until": dated["known_on"].max(),
        "note": "the families in the file, until its newest day",
    }
    return as_coverage(pd.DataFrame([row]))


def _joined(names: pd.Series) -> str:
    return _SEPARATOR.join(names.drop_duplicates())


def speaks_about(
    coverage: pd.DataFrame,
    *,
    benchmark: str,
    task: str,
    evaluator: str | None = None,
    version: str | None = None,
) -> pd.DataFrame:
    """The rows of a coverage table that concern a task, as it was measured."""
    hit = _is_or(coverage["benchmark"], benchmark, EVERY) & _is_or(coverage["task"], task, EVERY)
    for column, name in (("evaluator", evaluator), ("version", version)):
        if name is not None:
            hit &= _is_or(coverage[column], name, "")
    return coverage[hit]


def _is_or(column: pd.Series, name: str, every: str) -> pd.Series:
    return (column == every) | (fold_series(column) == fold(name))


def silence_until(
    coverage: pd.DataFrame,
    *,
    benchmark: str,
    task: str,
    family: str | None = None,
    evaluator: str | None = None,
    version: str | None = None,
) -> tuple[dt.date, str] | None:
    """Until which day silence is evidence that nothing was published, and the source that says so; None: of nothing.

    Parameters
    ----------
    family : str, optional
        Whose scores; None asks about all models, of which only a list of leaders tells, and only `LAG_DAYS` before it
        was last seen.
    """
    rows = speaks_about(coverage, benchmark=benchmark, task=task, evaluator=evaluator, version=version)
    if family is None:
        rows = rows[rows["covers"] == "leaders"]
        days = rows["complete_until"].clip(upper=rows["seen_on"] - pd.Timedelta(days=LAG_DAYS))
    else:
        named = [fold(family) in map(fold, names.split(_SEPARATOR)) for names in rows["families"]]
        rows = rows[(rows["covers"] == "families") & pd.Series(named, index=rows.index, dtype=bool)]
        days = rows["complete_until"]
    if rows.empty:
        return None
    best = int(days.to_numpy().argmax())
    return days.iloc[best].date(), str(rows["source"].iloc[best])


def is_evidence(
    coverage: pd.DataFrame,
    by: dt.date,
    *,
    benchmark: str,
    task: str,
    family: str | None = None,
    evaluator: str | None = None,
    version: str | None = None,
) -> str | None:
    """The source whose silence shows that nothing was published by a day; None where no source does."""
    found = silence_until(coverage, benchmark=benchmark, task=task, family=family, evaluator=evaluator, version=version)
    return found[1] if found is not None and found[0] >= by else None
