"""The averages of benchmarks that no table states: the mean over all tasks, where one model was measured on each."""

from __future__ import annotations

import pandas as pd

from scale_forecast.data.names import fold
from scale_forecast.data.names.keys import AVERAGES, benchmark_key
from scale_forecast.data.results import KEY

FEWEST = 5
"""Tasks that an average is taken over."""
WHOLE = "average"
"""What the task of such a row is called."""


def with_means(results: pd.DataFrame) -> pd.DataFrame:
    """The results, and a row for each model that was measured alike on every task of a benchmark: the mean score.

    It was public when the last of its parts was. A benchmark that states its average has no other.
    """
    final = results[results["checkpoint"].isna()]
    places = final[["benchmark", "task", "metric"]].drop_duplicates()
    places = places[[not _is_whole(*place) for place in zip(places["benchmark"], places["task"], strict=True)]]
    tasks = places.groupby(["benchmark", "metric"])["task"].size().rename("tasks")
    tasks = tasks[tasks >= FEWEST]
    if tasks.empty:
        return results
    rows = final.merge(places, on=["benchmark", "task", "metric"]).join(tasks, on=["benchmark", "metric"], how="inner")
    by_model = rows.groupby(["benchmark", "metric", "model"], sort=False)["task"].transform("nunique")
    key = [name for name in KEY if name not in ("task", "checkpoint")]
    rows = rows[by_model == rows["tasks"]].drop_duplicates([*key, "task"])  # of several sources the first
    rows = rows[rows.groupby(key, sort=False, dropna=False)["task"].transform("size") == rows["tasks"]]
    if rows.empty:
        return results
    parts = rows.groupby(key, sort=False, dropna=False)
    means = parts.first().reset_index()
    last = {name: parts[name].max().to_numpy() for name in ("known_on", "seen_on")}
    variance = parts["stderr"].agg(lambda errors: float((errors**2).sum()))
    means = means.assign(
        **last,
        task=WHOLE,
        score=parts["score"].mean().to_numpy(),
        stderr=(variance**0.5).to_numpy() / means["tasks"].to_numpy(),
        n_examples=parts["n_examples"].sum(min_count=1).to_numpy(),
        source=[f"mean of {of} tasks, {source}" for of, source in zip(means["tasks"], means["source"], strict=True)],
    )
    return pd.concat([results, means.reindex(columns=results.columns).astype(results.dtypes)], ignore_index=True)


def _is_whole(benchmark: str, task: str) -> bool:
    return fold(task) in AVERAGES or benchmark_key(benchmark) == benchmark_key(task)
