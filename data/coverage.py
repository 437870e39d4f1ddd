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
from scale_forecast.data.frontier import frontier_scores
from scale_forecast.data.names import fold, refuse_unknown_columns
from scale_forecast.data.names.keys import name_key, name_keys

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
_RANK = {"leaders": 0, "families": 1, "list": 2}


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


def no_coverage() -> pd.DataFrame:
    """A coverage table without rows."""
    return _no_coverage().copy()


@cache
def _no_coverage() -> pd.DataFrame:
    return as_coverage(pd.DataFrame(columns=list(COVERAGE_COLUMNS)))


@cache
def bundled_coverage() -> pd.DataFrame:
    """What the bundled tables cover, a row for each benchmark of a source.

    A scaling table covers the families it has scores of on a benchmark; a frontier source lists what its rows show.
    """
    table = pd.read_csv(TABLES / "coverage.csv", keep_default_na=False)
    rows = [made for _, row in table.iterrows() for made in _by_benchmark(row)]
    return as_coverage(pd.DataFrame(rows), where="bundled coverage")


def _by_benchmark(row: pd.Series) -> list[dict[str, object]]:
    """A stated row, or one for each benchmark that the source has rows of."""
    stated: dict[str, object] = {str(name): value for name, value in row.items()}
    if row["covers"] == "families":
        results = bundled_results()
        families = (
            results[results["dataset"] == row["source"]].groupby("benchmark", sort=False)["family"].agg(_join_names)
        )
        return [{**stated, "benchmark": str(name), "families": some} for name, some in families.items()]
    if row["benchmark"] != EVERY:
        return [stated]
    scores = frontier_scores()
    if row["evaluator"]:
        own = scores["evaluator"] == row["evaluator"]
    else:
        own = scores["source"].str.startswith(row["source"])
    return [{**stated, "benchmark": name} for name in scores.loc[own, "benchmark"].unique()]


def own_coverage(results: pd.DataFrame, source: str) -> pd.DataFrame:
    """A user's file covers each family in it, on its benchmarks, until the family's newest day; and nobody else.

    Undated rows cover nothing.
    """
    dated = results[results["known_on"].notna()]
    if dated.empty:
        return no_coverage()
    until = dated.groupby("family")["known_on"].max()
    rows = [
        {
            "source": source,
            "benchmark": benchmark,
            "covers": "families",
            "families": family,
            "complete_until": until[family],
            "note": "the families in the file, until its newest day",
        }
        for benchmark, family in dated[["benchmark", "family"]].drop_duplicates().itertuples(index=False)
    ]
    return as_coverage(pd.DataFrame(rows))


def by_benchmark(coverage: pd.DataFrame) -> pd.DataFrame:
    """The widest coverage of each benchmark: ``covers, complete_until, covered_by``, indexed by its compared name."""
    ranked = coverage.assign(_key=name_keys("benchmark", coverage["benchmark"]), _rank=coverage["covers"].map(_RANK))
    ranked = ranked.sort_values(["_rank", "complete_until"], ascending=[True, False], kind="stable")
    first = ranked.drop_duplicates("_key").set_index("_key")
    return first[["covers", "complete_until", "source"]].rename(columns={"source": "covered_by"})


def _join_names(names: pd.Series) -> str:
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
    asked = {"benchmark": benchmark, "task": task, "evaluator": evaluator, "version": version}
    hit = pd.Series(True, index=coverage.index)
    for column, name in asked.items():
        if name is not None:
            every = coverage[column].isin(("", EVERY))
            hit &= every | (name_keys(column, coverage[column]) == name_key(column, name))
    return coverage[hit]


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
