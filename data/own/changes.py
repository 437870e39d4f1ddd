"""What an update brought: scores that are new, changed or gone, the models and benchmarks among them, new records."""

from __future__ import annotations

import pandas as pd

from scale_forecast.data.frontier import Frontier
from scale_forecast.data.names import count_of

CHANGES = [
    *("what", "benchmark", "task", "model", "evaluator", "setting", "before", "after", "known_on"),
    *("is_new_model", "is_new_benchmark", "is_record"),
]
_LISTED = ["benchmark", "task", "metric", "evaluator", "version", "setting", "shots", "model"]
_PLACE = ["task", "metric", "evaluator", "version", "setting", "shots", "model"]


def changes(before: Frontier, after: Frontier, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """A row a score that is new to the tables, or that the source lists otherwise than before.

    Parameters
    ----------
    before, after : the joined tables without and with the vintage
    old, new : the source's rows in its previous vintage (no rows for the first) and in this one

    Returns
    -------
    DataFrame `CHANGES`; ``what`` is ``new``, ``changed`` or ``gone``; ``is_record`` marks a new score better than any
    before on its task. New ones first, then by benchmark and score.
    """
    fresh = _fresh(before, after)
    listed = old[[*_LISTED, "score"]].merge(
        new[[*_LISTED, "score", "known_on"]], on=_LISTED, how="outer", suffixes=("_old", ""), indicator=True
    )
    moved = listed[(listed["_merge"] == "both") & (listed["score_old"] != listed["score"])]
    moved = moved.assign(what="changed", before=moved["score_old"], after=moved["score"])
    gone = listed[listed["_merge"] == "left_only"]
    gone = gone.assign(what="gone", before=gone["score_old"], after=float("nan"))
    fresh = fresh[~_stands_in(fresh, moved)]
    parts = [part.reindex(columns=CHANGES) for part in (fresh, moved, gone) if len(part)]
    if not parts:
        return pd.DataFrame(columns=CHANGES)
    table = pd.concat(parts, ignore_index=True)
    flags = [name for name in CHANGES if name.startswith("is_")]
    table[flags] = table[flags].astype("boolean").fillna(False).astype(bool)
    order = pd.Categorical(table["what"], ["new", "changed", "gone"], ordered=True)
    table = table.assign(_order=order).sort_values(["_order", "benchmark", "task", "after"], ascending=True)
    return table.drop(columns="_order").reset_index(drop=True)


def _fresh(before: Frontier, after: Frontier) -> pd.DataFrame:
    """Scores of the tables after that the tables before lack."""
    key = [*_PLACE, "score"]
    had = before.scores[key].assign(_had=True).drop_duplicates()
    rows = after.scores.merge(had, on=key, how="left")
    rows = rows[rows["_had"].isna()].drop(columns="_had")
    if rows.empty:
        return rows
    better = after.benchmarks.drop_duplicates("task").set_index("task")["higher_is_better"].astype(str) != "False"
    sign = rows["task"].map(better).map({True: 1.0, False: -1.0})
    scores = before.scores["score"] * before.scores["task"].map(better).map({True: 1.0, False: -1.0})
    best = scores.groupby(before.scores["task"]).max()
    return rows.assign(
        what="new",
        before=float("nan"),
        after=rows["score"],
        is_new_model=~rows["model"].isin(before.scores["model"]),
        is_new_benchmark=~rows["task"].isin(before.scores["task"]),
        is_record=(rows["score"] * sign) > rows["task"].map(best),
    )


def _stands_in(rows: pd.DataFrame, others: pd.DataFrame) -> pd.Series:
    """Rows whose new score is among changed ones."""
    pairs = set(zip(others["task"], others["score"], strict=True))
    return pd.Series([pair in pairs for pair in zip(rows["task"], rows["score"], strict=True)], index=rows.index)


def in_words(table: pd.DataFrame) -> str:
    """One sentence on a table of changes."""
    if table.empty:
        return "nothing is new and nothing changed"
    new = table[table["what"] == "new"]
    said = [count_of(len(new), "new score")]
    for flag, column, noun in (("is_new_model", "model", "new model"), ("is_new_benchmark", "task", "new benchmark")):
        if names := list(dict.fromkeys(new.loc[new[flag], column])):
            some = ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
            said.append(f"{count_of(len(names), noun)} ({some})")
    if records := new.loc[new["is_record"], "task"].nunique():
        said.append(f"records on {count_of(records, 'benchmark')}")
    for what in ("changed", "gone"):
        if (count := int((table["what"] == what).sum())) > 0:
            said.append(f"{count_of(count, 'score')} {what}")
    return ", ".join(said)
