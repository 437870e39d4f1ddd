"""The averages of benchmarks that no table states: the mean over all tasks, where one model was measured on each."""

from __future__ import annotations

import numpy as np
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
    rows, tasks = _of_benchmarks(results[results["checkpoint"].isna()])
    key = [name for name in KEY if name not in ("task", "checkpoint")]
    number = rows.groupby(key, sort=False, dropna=False).ngroup().to_numpy()
    again = pd.DataFrame({"number": number, "task": pd.factorize(rows["task"])[0]}).duplicated().to_numpy()
    rows, tasks, number = rows[~again], tasks[~again], number[~again]  # of several sources the first
    whole = np.bincount(number)[number] == tasks
    rows, tasks, number = rows[whole], tasks[whole], number[whole]
    if rows.empty:
        return results
    parts = rows.groupby(number, sort=True)  # which is the order in which they stand
    of = tasks[np.unique(number, return_index=True)[1]]
    means = parts.first().reset_index(drop=True)
    last = {name: parts[name].max().to_numpy() for name in ("known_on", "seen_on")}
    variance = parts["stderr"].agg(lambda errors: float((errors**2).sum()))
    means = means.assign(
        **last,
        task=WHOLE,
        score=parts["score"].mean().to_numpy(),
        stderr=(variance**0.5).to_numpy() / of,
        n_examples=parts["n_examples"].sum(min_count=1).to_numpy(),
        source=[f"mean of {count} tasks, {source}" for count, source in zip(of, means["source"], strict=True)],
    )
    return pd.concat([results, means.reindex(columns=results.columns).astype(results.dtypes)], ignore_index=True)


def _of_benchmarks(final: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows of models that were measured in a metric on every one of a benchmark's tasks, and how many these are."""
    benchmark, task, metric, model = (pd.factorize(final[name])[0] for name in ("benchmark", "task", "metric", "model"))
    suite = _join_codes(benchmark, metric)
    place = _join_codes(suite, task)
    _, first = np.unique(place, return_index=True)
    names = zip(final["benchmark"].iloc[first], final["task"].iloc[first], strict=True)
    is_part = np.array([not _is_whole(*name) for name in names], dtype=bool)
    tasks = np.bincount(suite[first][is_part], minlength=suite.max(initial=-1) + 1)[suite]
    keep = is_part[place] & (tasks >= FEWEST)
    rows, suite, place, tasks, model = (each[keep] for each in (final, suite, place, tasks, model))
    measured = _join_codes(suite, model)
    pairs = np.unique(np.column_stack([measured, place]), axis=0)[:, 0]
    everything = np.bincount(pairs, minlength=len(rows))[measured] == tasks
    return rows[everything], tasks[everything]


def _join_codes(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """One number for each pair of numbers that stands somewhere."""
    return np.unique(first.astype(np.int64) * (second.max(initial=0) + 1) + second, return_inverse=True)[1]


def _is_whole(benchmark: str, task: str) -> bool:
    return fold(task) in AVERAGES or benchmark_key(benchmark) == benchmark_key(task)
