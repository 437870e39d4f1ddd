"""What is in a results table: counts by dataset, benchmark, family, and the rows of one of them."""

from __future__ import annotations

import pandas as pd

from scale_forecast.data.coverage import by_benchmark
from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import did_you_mean
from scale_forecast.data.names.keys import name_key, name_keys
from scale_forecast.data.results import COLUMNS

BY = ("dataset", "benchmark", "line", "family", "organisation", "model", "metric", "evaluator")


def overview(results: pd.DataFrame, by: str = "dataset", coverage: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row a group of `BY`: how many scores, tasks, families and models, over which sizes and dates, from where.

    Parameters
    ----------
    results : results table; with the column ``dataset`` when grouped by it

    coverage : coverage table, optional
        Adds ``covers, complete_until, covered_by`` when grouped by benchmark: the widest coverage of each.

    Returns
    -------
    DataFrame ``by, scores, benchmarks, tasks, families, models, smallest, largest, first, last, source`` in order of
    first appearance; sizes in parameters, dates are ``known_on``, ``source`` names the first of them and how many more.
    """
    groups = results.groupby(by, sort=False)
    table = pd.DataFrame(
        {
            "scores": groups.size(),
            "benchmarks": groups["benchmark"].nunique(),
            "tasks": results.assign(_task=results["benchmark"] + "/" + results["task"])
            .groupby(by, sort=False)["_task"]
            .nunique(),
            "families": groups["family"].nunique(),
            "models": groups["model"].nunique(),
            "smallest": groups["params"].min(),
            "largest": groups["params"].max(),
            "first": groups["known_on"].min(),
            "last": groups["known_on"].max(),
            "source": groups["source"].agg(_sources),
        }
    )
    if by == "benchmark" and coverage is not None:
        keys = name_keys("benchmark", table.index.to_series())
        known = by_benchmark(coverage).reindex(keys).set_axis(table.index)
        table = table.join(known)
    return table.reset_index()


def _sources(column: pd.Series) -> str:
    names = column.drop_duplicates()
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names.iloc[0]}{more}"


def select(results: pd.DataFrame, **wanted: str | None) -> pd.DataFrame:
    """Rows whose columns have the wanted names (None: any), matched as names are.

    Raises
    ------
    UsageError
        For a name that no row has, with near ones; or when no row has all of them together.
    """
    rows = results
    for column, name in wanted.items():
        if name is None:
            continue
        hit = name_keys(column, results[column]) == name_key(column, name)
        if not hit.any():
            raise UsageError(f"no {column} {name!r} in these results{did_you_mean(name, results[column].unique())}")
        rows = rows[hit.reindex(rows.index)]
    if rows.empty:
        names = ", ".join(f"{c} {n!r}" for c, n in wanted.items() if n is not None)
        raise UsageError(f"no score has {names} together: ask for fewer of them")
    return rows.reset_index(drop=True)


def printable(results: pd.DataFrame) -> pd.DataFrame:
    """The table with whole numbers (shots, examples) as such, for writing out."""
    whole = [name for name, kind in COLUMNS.items() if kind == "int?"]
    return results.astype({name: "Int64" for name in whole})
