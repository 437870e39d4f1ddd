"""Is anything that the bundled tables show as happened ever priced low, or settled otherwise?

    python -m benchmarks.happened [--days DAYS] [--records N] [--output FILE]

Every score that was the best on its test when it became known is an event: that some model scores so much. As of many
days after it was public, with deadlines on its own day and after the day asked, of any model, of its model, of its
organisation and by its evaluator, at its level and halfway down to the record before it, the question is settled and
priced as `forecast resolve` and `forecast ask` do. Each must be YES, or AMBIGUOUS where sources disagree on it, and
cost 0.9 or more.
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.data.frontier import bundled_frontier_tables
from scale_forecast.data.load import load, with_frontier
from scale_forecast.pricing import Desk, price_at
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import resolve_all

FIRST, LAST = pd.Timestamp("2021-01-01"), pd.Timestamp("2026-11-30")
LEAST = 0.9
PRICED = 100
WHOSE = ("", "model", "organisation", "evaluator")


@dataclass(frozen=True)
class Shown:
    """A record when it was set: its row, and the record before it (NaN for none)."""

    row: int
    before: float


def records(evidence: Evidence) -> list[Shown]:
    """Every score that was the best on its test when it was sure to be public."""
    names = [evidence.table[name].astype(str) for name in ("benchmark", "task", "metric")]
    table = pd.DataFrame({"test": names[0] + "|" + names[1] + "|" + names[2], "day": evidence.sure})
    table["better"] = np.where(evidence.is_checkpoint, np.nan, evidence.better)
    table = table[table["day"].notna() & table["better"].notna()].sort_values(["test", "day", "better"], kind="stable")
    before = table.groupby("test")["better"].cummax().groupby(table["test"]).shift()
    is_record = ~(table["better"] <= before)
    sign = np.sign(evidence.better[table.index] * evidence.score[table.index])
    sign = np.where(sign == 0, 1.0, sign)
    found = zip(table.index[is_record], (before * sign)[is_record], strict=True)
    return [Shown(int(row), float(score)) for row, score in found]


def questions_on(evidence: Evidence, shown: Shown, as_of: dt.date) -> Iterator[Question]:
    """What is true as of a day since that record is public."""
    row = shown.row
    place = {name: evidence.name(name, row) for name in ("benchmark", "task", "metric")}
    score, public = float(evidence.score[row]), evidence.sure[row].astype("datetime64[D]").item()
    side = "at_least" if evidence.better[row] == score else "at_most"
    levels = [score] if np.isnan(shown.before) else [score, 0.5 * (score + shown.before)]
    for number, level in enumerate(levels):
        for field in WHOSE:
            name = evidence.name_or_none(field, row) if field else None
            if field and not name:
                continue
            for until in {public, as_of + dt.timedelta(days=200)}:
                yield Question.model_validate(
                    {
                        "id": f"r{row}-{number}-{field or 'any'}-{until}",
                        "title": "happened",
                        "criterion": {"kind": "threshold", **place, "score": level, "side": side},
                        "scope": {field: name} if field else {},
                        "opened": public - dt.timedelta(days=30),
                        "resolve_by": until,
                    }
                )


def check(desk: Desk, every: int = 1, first: int = 0, priced: int = PRICED) -> pd.DataFrame:
    """A row a question about every ``every``-th record known on the desk's day from ``first`` on: what became of it.

    Every ``priced``-th is priced too; the pricer settles what has happened by the judge's own functions.
    """
    evidence, today = desk.evidence, np.datetime64(desk.as_of, "s")
    known = [one for one in records(evidence) if evidence.sure[one.row] < today][first % every :: every]
    asked = [(one, question) for one in known for question in questions_on(evidence, one, desk.as_of)]
    found = resolve_all([question for _, question in asked], evidence, as_of=pd.Timestamp(desk.as_of))
    rows = []
    for at, ((shown, question), settled) in enumerate(zip(asked, found, strict=True)):
        price = np.nan
        if at % priced == 0 and settled.status is Status.YES:
            price = price_at(desk, question, interval=False).probability
        about = "/".join(evidence.name(name, shown.row) for name in ("benchmark", "task")), evidence.say(shown.row)
        rows.append((desk.as_of, question.id, *about, settled.status.value, price, settled.reason))
    return pd.DataFrame(rows, columns=["as_of", "question", "test", "shown", "status", "price", "why"])


def wrong(table: pd.DataFrame) -> pd.DataFrame:
    """Those that are not settled YES at `LEAST` or more, but for those on which sources disagree."""
    fine = (table["status"] == "yes") & ~(table["price"] < LEAST)
    return table[~fine & (table["status"] != "ambiguous")]


def desk_on(day: dt.date) -> Desk:
    """What the judge and the pricer know on a day, without any forecast."""
    tables = load()
    return Desk(tables, day, judged=with_frontier(tables, bundled_frontier_tables()), recalibrate=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=91, help="days between those asked on")
    parser.add_argument(
        "--records", type=int, default=10, help="one record in so many a day, others each day; 1 for all"
    )
    parser.add_argument("--output", type=Path, help="write what is wrong to this CSV file")
    chosen = parser.parse_args()
    found = []
    for number, day in enumerate([*pd.date_range(FIRST, LAST, freq=f"{chosen.days}D"), LAST]):
        table = check(desk_on(day.date()), chosen.records, number)
        bad = wrong(table)
        counts = ", ".join(f"{count} {status}" for status, count in table["status"].value_counts().items())
        print(f"{day:%Y-%m-%d}: {len(table)} questions ({counts}), {len(bad)} wrong", flush=True)
        found.append(bad)
    bad = pd.concat(found, ignore_index=True)
    print(bad.head(40).to_string(index=False) if len(bad) else "nothing that happened is priced or settled otherwise")
    if chosen.output:
        bad.to_csv(chosen.output, index=False)


if __name__ == "__main__":
    main()
