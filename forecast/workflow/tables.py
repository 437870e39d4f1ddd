"""From files to tables, and from tables to what the judge reads: written once, for all of the workflow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scale_forecast.data.dates import Stale
from scale_forecast.data.errors import translate
from scale_forecast.data.load import Given, Tables, load
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.workflow.clock import Day
from scale_forecast.workflow.frontier import frontier_tables

Results = Tables | Given | Sequence[Given] | None
"""What a function of the workflow reads: tables, files of any layout, DataFrames, or None for the bundled figures."""
Remark = str | Stale
Tell = Callable[[Remark], None]


def silent(remark: Remark) -> None:
    """Where remarks go when nobody asks for them."""


def tell_once(tell: Tell) -> Tell:
    """The same without repeating a sentence, in the words of whoever is told."""
    said: set[Remark] = set()

    def tell_new(remark: Remark) -> None:
        if remark not in said:
            said.add(remark)
            tell(translate(remark) if isinstance(remark, str) else remark)

    return tell_new


def tables_of(
    results: Results, tell: Tell = silent, *, frontier: bool = False, as_of: Day | None = None, by_size: bool = True
) -> Tables:
    """Tables as they are; files and DataFrames, read and joined with the bundled figures; the bundled figures for None.

    ``frontier`` adds the scores since 2022 to what is read here, bundled and the user's own as of a day, as
    `data.load.load` does; without ``by_size`` nothing is said of models without a size.
    """
    if isinstance(results, Tables):
        return results
    by_date = frontier_tables(as_of) if frontier else False
    tables = load(() if results is None else results, frontier=by_date, by_size=by_size)
    for sentence in tables.notes:
        tell(sentence)
    return tables


def evidence_of(tables: Tables, tell: Tell = silent) -> Evidence:
    """The tables as the judge sees them; says how many scores have no date and so count for nothing."""
    evidence = Evidence(tables.results, tables.tasks, tables.metrics, coverage=tables.coverage)
    if evidence.undated:
        tell(f"{evidence.undated} scores without a date are evidence of nothing: give known_on or released")
    return evidence


def names_in(names: str | Sequence[str]) -> tuple[str, ...]:
    """One name, or several, as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)
