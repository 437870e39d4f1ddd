"""Two families, two organisations, or two days, side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scale_forecast.by_date.compare import Side, compare_records
from scale_forecast.data.dates import Reading, as_read, say_reading
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.frontier import bundled_frontier_tables
from scale_forecast.data.names import count_of, did_you_mean, fold
from scale_forecast.data.notebook import ShowsHtml
from scale_forecast.inputs.panel import Panel
from scale_forecast.side_by_side import Comparison, compare_families
from scale_forecast.workflow.clock import Day, as_day, now
from scale_forecast.workflow.frontier import frontier_tables
from scale_forecast.workflow.inputs import panel_of
from scale_forecast.workflow.tables import Results, Tables, Tell, silent, tables_of

EVERYONE = "everyone"
DATED = re.compile(r"(?:(?P<who>.+?)\s*@\s*)?(?P<day>\d{4}(?:-\d{1,2}){0,2})")
"""A side as of a day: ``OpenAI@2025-03-31``, or the day alone for everyone."""


@dataclass(frozen=True)
class Compared(ShowsHtml):
    """What `compare` found: ``frame`` a row a task or benchmark, ``tables`` all by name, ``said`` the gist in words."""

    a: str
    b: str
    frame: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    said: list[str]

    def __repr__(self) -> str:
        return f"<Compared: {self.a} and {self.b} on {count_of(len(self.frame), 'task')}>"


def compare(
    a: str,
    b: str,
    results: Results = None,
    *,
    benchmark: str | None = None,
    as_of: Day | None = None,
    reading: Reading | str = Reading.DATED,
    seed: int = 0,
    tell: Tell = silent,
) -> Compared:
    """Two families at equal compute, or two organisations or days by date, on what both have scores on.

    Parameters
    ----------
    a, b : families of the results or bundled figures; else organisations of the tables by date, as of a day
        where one follows (``OpenAI@2025-03-31``), and everyone for a day alone
    results : tables, files or DataFrames; the bundled figures when None
    benchmark : on this one alone
    as_of : know only what was public on this day
    reading : which day scores by date count from, as `data.dates` has it
    seed : of the draws that intervals come from

    Raises
    ------
    UsageError
        For a name that is neither.
    DataError
        Where both have no score on one task.
    """
    a, b = str(a), str(b)
    tables, day = tables_of(results, tell), as_day(as_of)
    panel = panel_of(tables)
    if day is not None:
        panel = panel.restrict((panel.rows["known_on"] <= day).to_numpy())
    if benchmark is not None:
        panel = panel.take((panel.rows["benchmark"].astype(str).map(fold) == fold(benchmark)).to_numpy())
        if not len(panel.rows):
            _require_benchmark(benchmark, tables)
    families = [str(name) for name in tables.results["family"].unique()]
    named = {fold(name): name for name in families}
    if a.casefold() == b.casefold():
        raise UsageError(f"{a!r} twice: give two families, two organisations, or two days")
    if fold(a) in named and fold(b) in named:
        return _by_scale(panel, named[fold(a)], named[fold(b)], seed)
    return _by_date(a, b, families, benchmark, day, Reading(reading))


def _require_benchmark(benchmark: str, tables: Tables) -> None:
    """Refuse a name that is of no table; one of the tables by date alone may still be compared there."""
    known = [*tables.results["benchmark"].astype(str).unique(), *bundled_frontier_tables().benchmarks["task"].unique()]
    if fold(benchmark) not in {fold(name) for name in known}:
        raise UsageError(
            f"no benchmark {benchmark!r}{did_you_mean(benchmark, known)}: see `forecast data list --by benchmark`"
        )


def _by_scale(panel: Panel, a: str, b: str, seed: int) -> Compared:
    found = compare_families(panel, a, b, seed=seed)
    tables = {"equal_compute": found.equal, "effective_compute": found.effective, "tasks": found.tasks}
    return Compared(a, b, found.tasks, tables, [*_gist(found, a, b), *_cautions(panel, found, a, b)])


def _gist(found: Comparison, a: str, b: str) -> list[str]:
    said = []
    if len(found.equal):
        last = found.equal.iloc[-1]
        leader, other, prob = (b, a, last["prob_b_ahead"]) if last["gap"] > 0 else (a, b, 1 - last["prob_b_ahead"])
        ends = f"{last['gap_q10']:+.3f} to {last['gap_q90']:+.3f}"
        said.append(
            f"at {last['compute']:.2g} FLOP, the most that both have, {leader} is ahead of {other} by "
            f"{abs(last['gap']):.3f} on the mean of {count_of(int(last['tasks']), 'task')} "
            f"(80% interval of {b} less {a}: {ends}; probability {prob:.2f})"
        )
        if np.isfinite(found.crossing):
            said.append(f"the lead changes at {found.crossing:.2g} FLOP; in {found.crossing_prob:.0%} of draws it does")
    else:
        said.append(f"no compute lies inside the sizes of both {a} and {b}: nothing is said of equal compute")
    inside = found.effective[np.isfinite(found.effective["times"]) & (found.effective["times"] > 0)]
    if len(inside):
        last = inside.iloc[-1]
        said.append(
            f"{last['model']} scores as {a} would with {last['times']:.2g} times its compute "
            f"(80% interval {last['times_q10']:.2g} to {last['times_q90']:.2g})"
        )
    for name in ("saturated", "emerging", "falling", "u-shaped"):
        counts = [int((found.tasks[f"trend_{side}"] == name).sum()) for side in ("a", "b")]
        if any(counts):
            said.append(f"{name}: {count_of(counts[0], 'task')} of {a}, {counts[1]} of {b}")
    human = found.tasks["human"].notna()
    if human.any():
        reached = [int(found.tasks.loc[human, f"human_{side}"].notna().sum()) for side in ("a", "b")]
        said.append(
            f"average human level, known of {int(human.sum())}: reached on {reached[0]} by {a}, {reached[1]} by {b}"
        )
    return said


def _cautions(panel: Panel, found: Comparison, a: str, b: str) -> list[str]:
    said = []
    if unlike := int((~found.tasks["alike"]).sum()):
        said.append(
            f"{unlike} of {count_of(len(found.tasks), 'task')} were measured otherwise (shots, prompt or benchmark)"
        )
    rows = panel.rows
    for name in (a, b):
        if rows.loc[(rows["family"] == name).to_numpy(), "train_flops"].isna().any():
            said.append(f"compute of some models of {name} is not known and taken as compute-optimal for their size")
    return said


def _by_date(
    a: str, b: str, families: list[str], benchmark: str | None, day: pd.Timestamp | None, reading: Reading
) -> Compared:
    frontier = frontier_tables(day)
    makers = [str(name) for name in frontier.releases["organisation"].dropna().unique()]
    one, two = (_side(name, other, makers, families, day) for name, other in ((a, b), (b, a)))
    rows = as_read(frontier.scores, reading).merge(frontier.releases[["model", "organisation"]], on="model")
    rows = rows[rows["known_on"].notna() & ((rows["known_on"] <= day) if day is not None else True)]
    if benchmark is not None:
        rows = rows[rows["task"].map(fold) == fold(benchmark)]
    table = compare_records(rows, frontier.benchmarks, one, two)
    if table.empty:
        raise DataError(f"no benchmark has scores of both {one.name} and {two.name} by one evaluator: compare others")
    return Compared(one.name, two.name, table, {"records": table}, _describe_records(table, one, two, reading))


def _side(text: str, other: str, makers: list[str], families: list[str], day: pd.Timestamp | None) -> Side:
    """Who is meant, and as of which day; ``other`` is the text of the other side."""
    dated = DATED.fullmatch(text.strip())
    who, at = (dated["who"] or EVERYONE, as_day(dated["day"])) if dated else (text, None)
    latest = pd.Timestamp(now().date()) if day is None else day
    if at is not None and at > latest:
        raise UsageError(f"{text!r} lies after {latest:%Y-%m-%d}: no day is known before it has come")
    if fold(who) == EVERYONE:
        return Side(None, at)
    named = {fold(name): name for name in makers}
    if fold(who) in named:
        return Side(named[fold(who)], at)
    if dated and fold(who) in {fold(name) for name in families}:
        raise UsageError(f"{who!r} is a family, which has no record by date: give a day to organisations")
    if fold(who) in {fold(name) for name in families}:
        near = "" if fold(other) in named else did_you_mean(other, families)
        raise UsageError(
            f"{who!r} is a family, {other!r} is none{near}: give two families, two organisations, or two days"
        )
    raise UsageError(
        f"no two families, organisations or days: {who!r} is unknown{did_you_mean(who, [*families, *makers, EVERYONE])}"
    )


def _describe_records(table: pd.DataFrame, one: Side, two: Side, reading: Reading) -> list[str]:
    leads, both = table["ahead"].value_counts(), count_of(len(table), "record")
    rose = table.loc[table["gap"] != 0, "gap"]
    said = [
        f"from {one.name} to {two.name} {len(rose)} of {both} (by benchmark and evaluator) changed"
        + (f", by {rose.median():+.3f} in the median" if len(rose) else "")
        if one.organisation == two.organisation
        else f"{one.name} is ahead on {leads.get(one.name, 0)} and {two.name} on {leads.get(two.name, 0)} of {both} "
        "(by benchmark and evaluator) that both have"
    ]
    human = table[table["human"].notna()]
    if len(human):
        reached = [int(human[f"human_day_{side}"].notna().sum()) for side in ("a", "b")]
        said.append(
            f"average human level, known of {len(human)}: reached on {reached[0]} by {one.name}, "
            f"{reached[1]} by {two.name}"
        )
    days = say_reading(reading) or "days are those by which scores were public at the latest"
    return [*said, f"{days}; the compute of most models is not published"]
