"""`forecast quick` as people read it: four short tables and what is missing."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from scale_forecast.data.plain import plain_text
from scale_forecast.show.report.cells import tables_html
from scale_forecast.show.terminal import as_text


def as_page(families: pd.DataFrame, means: pd.DataFrame, record: pd.DataFrame, said: str, needs: Sequence[str]) -> str:
    """All of it as text."""
    parts = [as_text(table, title=title) for title, table in _tables(families, means, record).items()]
    wanted = "".join(f"  - {plain_text(sentence)}\n" for sentence in needs)
    return "\n".join([*parts, f"{plain_text(said)}\n"]) + (f"\nwhat would tell more\n{wanted}" if wanted else "")


def as_html(found: object) -> str:
    """The same for a notebook; ``found`` is a `workflow.quick.Quick`."""
    tables = _tables(found.families, found.frame, found.record)  # type: ignore[attr-defined]
    return tables_html(tables, [found.said, *found.needs])  # type: ignore[attr-defined]


def _tables(families: pd.DataFrame, means: pd.DataFrame, record: pd.DataFrame) -> dict[str, pd.DataFrame]:
    shown = families.drop(columns=["tokens_known", "newest"])
    tables = {"in your results": shown, "next sizes: means over tasks": _means(means)}
    if len(record):
        tables["track record: known models forecast from the smaller ones"] = _record(record)
    return tables


def _means(table: pd.DataFrame) -> pd.DataFrame:
    shots = table["shots"].map(lambda n: "" if pd.isna(n) else f", {n:g}-shot").astype(str)
    return pd.DataFrame(
        {
            "model": table["target_model"],
            "benchmark": table["benchmark"].astype(str),
            "setting": table["metric"].astype(str) + ", " + table["prompt"].astype(str) + shots,
            "tasks": table["tasks"],
            "from": table["origin_score"],
            "forecast": table["median"],
            "80% interval": [f"{low:.3f} to {high:.3f}" for low, high in zip(table["q10"], table["q90"], strict=True)],
            "P(gain)": table["prob_gain"],
        }
    )


def _record(table: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model": table["target_model"],
            "benchmark": table["benchmark"].astype(str),
            "metric": table["metric"].astype(str),
            "tasks": table["tasks"],
            "forecast": table["forecast"],
            "scored": table["score"],
            "error": table["error"],
            "error of no change": table["error_no_change"],
            "in 80%": [f"{held} of {n}" for held, n in zip(table["in_80"], table["tasks"], strict=True)],
        }
    )
