"""Two organisations or two days by date: whose record is higher on each benchmark, since when, by how many months."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

WAY = ["task", "metric", "evaluator", "version"]
"""Scores are compared within these: what one evaluator measured on one release of the questions."""
DAYS_A_MONTH = 30.4375
TEN_PERCENT = 1.2816
"""A normal variable lies beyond so many standard deviations on one side in a tenth of cases."""


@dataclass(frozen=True)
class Side:
    """Whose records: of one ``organisation``, or of all for None; as they stood on a ``day``, or stand for None."""

    organisation: str | None = None
    day: pd.Timestamp | None = None

    @property
    def name(self) -> str:
        """What it is called."""
        who = self.organisation or "everyone"
        return who if self.day is None else f"{who} {self.day:%Y-%m-%d}"

    def of(self, scores: pd.DataFrame) -> pd.DataFrame:
        """The scores that are its own."""
        if self.organisation is not None:
            scores = scores[scores["organisation"] == self.organisation]
        return scores if self.day is None else scores[scores["known_on"] <= self.day]


def compare_records(scores: pd.DataFrame, benchmarks: pd.DataFrame, a: Side, b: Side) -> pd.DataFrame:
    """The records of two sides, a row a benchmark and evaluator that both have scores of.

    Parameters
    ----------
    scores : with `WAY`, ``model, organisation, known_on, score, stderr``
    benchmarks : with ``task, higher_is_better, human_average``

    Returns
    -------
    DataFrame
        `WAY`; of each, ``score_a, model_a, day_a`` (when the record was set); ``gap`` (b less a, larger is better) with
        its 80% interval ``gap_q10, gap_q90`` by the standard errors of the two scores, where they are known, and who is
        ``ahead``; ``months_earlier``: how long before the other the leader was where the other is now (missing
        where it came later, and passed it, or where that is one and the same score); ``changes`` of the lead so far and
        the ``last_change``; ``beyond_noise`` where standard errors are known; ``human_day_a, human_day_b``: the first
        day at average human level, and the ``human`` score itself.
    """
    about = benchmarks.drop_duplicates("task").set_index("task")
    found = []
    parts: list[dict[Any, pd.DataFrame]] = [
        dict(iter(side.of(scores).groupby(WAY, dropna=False, sort=True))) for side in (a, b)
    ]
    for key, rows in parts[0].items():
        if key not in parts[1] or key[0] not in about.index:
            continue
        task = str(key[0])
        sign = 1.0 if about.at[task, "higher_is_better"] else -1.0
        human = float(about["human_average"].loc[task])
        one, two = (_record(side, sign) for side in (rows, parts[1][key]))
        days = _human_days(one, two, sign, human)
        found.append(dict(zip(WAY, key, strict=True)) | _row(one, two, a.name, b.name) | days | {"human": human})
    table = pd.DataFrame(found)
    return table.sort_values("day_b", ascending=False, kind="stable", ignore_index=True) if len(table) else table


def _record(rows: pd.DataFrame, sign: float) -> pd.DataFrame:
    """The scores that were an organisation's best when they came out, by day."""
    rows = rows.assign(better=sign * rows["score"]).sort_values(["known_on", "better"], kind="stable")
    before = rows["better"].cummax().shift(fill_value=-np.inf)
    return rows[rows["better"] > before].reset_index(drop=True)


def _row(one: pd.DataFrame, two: pd.DataFrame, a: str, b: str) -> dict[str, object]:
    last = [record.iloc[-1] for record in (one, two)]
    gap = float(last[1]["better"] - last[0]["better"])
    row: dict[str, object] = {}
    for name, record in (("a", last[0]), ("b", last[1])):
        row |= {f"score_{name}": record["score"], f"model_{name}": record["model"], f"day_{name}": record["known_on"]}
    leader, other = (two, last[0]) if gap > 0 else (one, last[1])
    there = leader[leader["better"] >= other["better"]].iloc[0]
    months = (other["known_on"] - there["known_on"]).days / DAYS_A_MONTH
    same = there["model"] == other["model"]
    noise = np.hypot(last[0]["stderr"], last[1]["stderr"])
    changes = _lead_changes(one, two)
    row |= {
        "gap": gap, "gap_q10": gap - TEN_PERCENT * noise, "gap_q90": gap + TEN_PERCENT * noise,
        "ahead": b if gap > 0 else a if gap < 0 else "level",
        "months_earlier": months if gap and months >= 0 and not same else np.nan,
        "changes": max(len(changes) - 1, 0), "last_change": changes[-1] if len(changes) > 1 else pd.NaT,
        "beyond_noise": None if np.isnan(noise) else bool(abs(gap) > 2.0 * noise),
    }  # fmt: skip
    return row


def _human_days(one: pd.DataFrame, two: pd.DataFrame, sign: float, human: float) -> dict[str, object]:
    """The first day on which each was at average human level."""
    days = {}
    for name, record in (("a", one), ("b", two)):
        there = record.loc[record["better"] >= sign * human, "known_on"] if pd.notna(human) else record["known_on"][:0]
        days[f"human_day_{name}"] = there.min() if len(there) else pd.NaT
    return days


def _lead_changes(one: pd.DataFrame, two: pd.DataFrame) -> list[pd.Timestamp]:
    """The days on which another of the two had the better record, the first leader's first."""
    both = pd.concat([one.assign(side=-1.0), two.assign(side=1.0)])
    best, leader = {-1.0: -np.inf, 1.0: -np.inf}, 0.0
    days: list[pd.Timestamp] = []
    for day, rows in both.groupby("known_on", sort=True):
        for side, better in zip(rows["side"], rows["better"], strict=True):
            best[side] = max(best[side], better)
        now = float(np.sign(best[1.0] - best[-1.0]))
        if now and now != leader:
            days.append(pd.Timestamp(str(day)))
            leader = now
    return days
