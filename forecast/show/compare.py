"""`forecast compare` as people read it: what is to be said, then the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from scale_forecast.data.plain import plain_text
from scale_forecast.show.report.cells import tables_html
from scale_forecast.show.terminal import as_text

MOST_ROWS = 30


def as_page(a: str, b: str, tables: Mapping[str, pd.DataFrame], said: Sequence[str]) -> str:
    """All of it as text; of many tasks those with the largest gap."""
    parts = [as_text(table, title=title) for title, table in _shown_tables(a, b, tables).items()]
    return "\n".join(["".join(f"{plain_text(sentence)}\n" for sentence in said), *parts])


def as_html(found: Any) -> str:
    """The same for a notebook; ``found`` is a `workflow.compare.Compared`."""
    return tables_html(_shown_tables(found.a, found.b, found.tables), found.said)


def _shown_tables(a: str, b: str, tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    if "records" in tables:
        table = tables["records"].head(MOST_ROWS)
        columns = [
            "task",
            "evaluator",
            "score_a",
            "score_b",
            "gap",
            "80% interval",
            "ahead",
            "months_earlier",
            "changes",
        ]
        names = {"score_a": a, "score_b": b, "months_earlier": "months earlier", "last_change": "lead changed"}
        wide = table.assign(**{"80% interval": _interval(table, "gap", "+.3f")})
        return {"records by date": wide[[*columns, "last_change"]].rename(columns=names)}
    shown: dict[str, pd.DataFrame] = {}
    if len(tables["equal_compute"]):
        table = tables["equal_compute"]
        shown["at equal compute: means over tasks"] = pd.DataFrame(
            {"compute": table["compute"], "tasks": table["tasks"], a: table["score_a"], b: table["score_b"],
             "gap": table["gap"], "80% interval": _interval(table, "gap", "+.3f"),
             f"P({b} ahead)": table["prob_b_ahead"]}
        )  # fmt: skip
    if len(tables["effective_compute"]):
        table = tables["effective_compute"]
        shown[f"compute with which {a} would be level"] = pd.DataFrame(
            {"model": table["model"], "compute": table["compute"], "tasks": table["tasks"], "score": table["score"],
             "times": [_times(value) for value in table["times"]], "80% interval": _interval(table, "times", ".2g")}
        )  # fmt: skip
    table = _largest(tables["tasks"])
    shown["tasks, largest gap first"] = pd.DataFrame(
        {"task": table["task"], "benchmark": table["benchmark"], a: table["score_a"], b: table["score_b"],
         "gap": table["gap"], "80% interval": _interval(table, "gap", "+.3f"),
         "ahead": table["ahead"].map({"a": a, "b": b, "open": "open"}), f"{a} is": table["trend_a"],
         f"{b} is": table["trend_b"]}
    )  # fmt: skip
    return shown


def _times(value: float) -> str:
    return "more than it has" if value == float("inf") else "less than it has" if value == 0 else f"{value:.2g}"


def _interval(table: pd.DataFrame, name: str, how: str) -> list[str]:
    ends = zip(table[f"{name}_q10"], table[f"{name}_q90"], strict=True)
    return ["–" if pd.isna(low) else f"{low:{how}} to {high:{how}}" for low, high in ends]


def _largest(table: pd.DataFrame) -> pd.DataFrame:
    return table.loc[table["gap"].abs().sort_values(ascending=False, kind="stable").index[:MOST_ROWS]]
