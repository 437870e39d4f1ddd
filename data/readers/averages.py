"""Averages that stand beside their parts in a table, so that nothing is counted twice unseen."""

from __future__ import annotations

import re

import pandas as pd

from scale_forecast.data.names import fold
from scale_forecast.data.readers.headers import says_average

_CLOSE = 0.006
"""An average of rounded shares lies this close to the mean of its parts."""


def of_titles(rows: pd.DataFrame) -> list[dict[str, object]]:
    """Rows of a tasks table, one for each task that averages others of the table.

    An average is called so (``Average``, ``Overall``); or begins the names of others (``MMLU`` beside ``MMLU STEM``)
    and lies among them; or equals, for at least three models, the mean of all the others.
    """
    if rows.empty or rows["task"].nunique() < 3:
        return []
    benchmark = rows["benchmark"].iloc[0] if "benchmark" in rows and rows["benchmark"].notna().any() else "user"
    table = rows.pivot_table(index="model", columns="task", values="score", aggfunc="mean", sort=False)
    tasks = [str(task) for task in table.columns]
    named = [task for task in tasks if says_average(task)]
    found = {}
    for task in tasks:
        others = [other for other in tasks if other != task and other not in named]
        alike = [other for other in others if _begins(task, other)]
        if task in named and len(others) > 1:
            found[task] = others
        elif len(alike) > 1 and _among(table, task, alike):
            found[task] = alike
        elif len(others) > 2 and _is_mean(table, task, others):
            found[task] = others
    inner = {task: [part for part in parts if part not in found or task in named] for task, parts in found.items()}
    return [
        {"benchmark": benchmark, "task": task, "aggregate_of": f"{benchmark}: {','.join(sorted(parts))}"}
        for task, parts in inner.items()
        if parts
    ]


def of_names(rows: pd.DataFrame) -> list[dict[str, object]]:
    """Rows of a tasks table for tasks of a long table that are called an average, of the others of their benchmark."""
    if rows.empty:
        return []
    benchmark = rows["benchmark"].fillna("user") if "benchmark" in rows else pd.Series("user", index=rows.index)
    places = pd.DataFrame({"benchmark": benchmark, "task": rows["task"]}).drop_duplicates().dropna()
    places["is_average"] = places["task"].map(lambda task: says_average(str(task)))
    return [
        {"benchmark": name, "task": task, "aggregate_of": f"{name}: {','.join(sorted(map(str, parts)))}"}
        for name, here in places.groupby("benchmark", sort=False)
        if len(parts := here.loc[~here["is_average"], "task"].tolist()) > 1
        for task in here.loc[here["is_average"], "task"]
    ]


def _begins(task: str, other: str) -> bool:
    return bool(re.match(rf"{re.escape(task)}[\s\-_:/(]", other)) and fold(task) != fold(other)


def _among(table: pd.DataFrame, task: str, parts: list[str]) -> bool:
    """Whether a task's scores lie within those of its supposed parts wherever all are known."""
    whole = table[[task, *parts]].dropna()
    if whole.empty:
        return False
    low, high = whole[parts].min(axis=1) - _CLOSE, whole[parts].max(axis=1) + _CLOSE
    return bool(whole[task].between(low, high).all())


def _is_mean(table: pd.DataFrame, task: str, others: list[str]) -> bool:
    whole = table[[task, *others]].dropna()
    return len(whole) > 2 and bool(((whole[others].mean(axis=1) - whole[task]).abs() < _CLOSE).all())
