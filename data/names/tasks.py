"""Which published task a user's task is, by its name: careful, since a wrong match would pool unlike scores."""

from __future__ import annotations

import re
from functools import cache

import pandas as pd

from scale_forecast.data.catalog import bundled_tasks
from scale_forecast.data.frontier import frontier_benchmarks
from scale_forecast.data.names import fold, fold_series
from scale_forecast.data.names.keys import benchmark_key, relative_of

HARNESS = "lm-eval"
"""Benchmark of lm-evaluation-harness tasks that belong to no bundled benchmark."""

_MMLU = re.compile(r"^(?:hendrycks_?test[-_]|mmlu_)(.+)$", re.IGNORECASE)
_AGIEVAL = re.compile(r"^agi_?eval_(.+?)(?:_en)?$", re.IGNORECASE)
_BIG_BENCH = re.compile(
    r"^(?:leaderboard_)?(?:bigbench|bbh)_(?:(?:cot_)?(?:zeroshot|fewshot)_)?(.+?)"
    r"(?:_multiple_choice(?:_[ab])?|_generate_until)?$",
    re.IGNORECASE,
)
_COPIED = ("n_choices", "chance", "ceiling", "input_words", "target_chars", "human_average", "human_best", "keywords")


def harness_place(task: str) -> tuple[str, str]:
    """Benchmark and task under which the bundled figures keep an lm-evaluation-harness task.

    MMLU subjects of both layouts land in MMLU beside the published ones, TruthfulQA in its own; all keep their names.

    >>> harness_place("hendrycksTest-abstract_algebra"), harness_place("mmlu_stem"), harness_place("piqa")
    (('MMLU', 'abstract_algebra'), ('MMLU categories', 'mmlu_stem'), ('lm-eval', 'piqa'))
    """
    match = _MMLU.match(task)
    if match:
        for benchmark, name in (("MMLU", match[1]), ("MMLU categories", f"mmlu_{match[1]}")):
            if (fold(benchmark), fold(name)) in _described_tasks():
                return benchmark, name
    return ("truthfulqa" if task in ("truthfulqa_mc1", "truthfulqa_mc2") else HARNESS), task


def canonical_of(benchmark: str, task: str) -> str | None:
    """The canonical task that a task outside the bundled benchmarks is known to be; None when not sure.

    Only well-known names and the prefixes of known harnesses count: a private task called ``operators`` is not
    BIG-bench's.

    >>> [canonical_of("mine", task) for task in ("hendrycksTest-astronomy", "HellaSwag", "color")]
    ['mmlu/astronomy', 'hellaswag', None]
    """
    known = _canonical_tasks()
    patterns = ((_MMLU, "mmlu/"), (_AGIEVAL, "agieval/"), (_BIG_BENCH, "bigbench/"))
    candidates = [prefix + match[1] for pattern, prefix in patterns if (match := pattern.match(task))]
    if fold(benchmark) in ("bigbench", "bbh", "bigbenchlite", "bigbenchhard"):
        candidates.append("bigbench/" + task.partition(":")[0])
    if "mmlu" in fold(benchmark):
        candidates.append("mmlu/" + task)
    candidates.append(relative_of(task))
    return next((known[fold(name)] for name in candidates if fold(name) in known), None)


def describe_by_name(results: pd.DataFrame, tasks: pd.DataFrame) -> pd.DataFrame:
    """Rows for a tasks table: the tasks of ``results`` that ``tasks`` lacks and that are a published task by name.

    A descriptor is copied where all bundled rows of the canonical task agree on it; test-set sizes never are. A whole
    benchmark that only the tables by date have, as MMLU's average, brings its chance level.
    """
    have = set(zip(fold_series(tasks["benchmark"]), fold_series(tasks["task"]), strict=True))
    rows = []
    for benchmark, task in results[["benchmark", "task"]].drop_duplicates().itertuples(index=False):
        if (fold(benchmark), fold(task)) in have:
            continue
        canonical = canonical_of(benchmark, task)
        known = _common_values(canonical) if canonical is not None else _limits_of(task)
        if known is not None:
            rows.append({"benchmark": benchmark, "task": task, "canonical_task": canonical, **known})
    return pd.DataFrame(rows, columns=["benchmark", "task", "canonical_task", *_COPIED])


@cache
def _common_values(canonical: str) -> dict[str, object]:
    tasks = bundled_tasks()
    same = tasks.loc[tasks["canonical_task"] == canonical, list(_COPIED)]
    return {name: same[name].iloc[0] for name in _COPIED if same[name].notna().all() and same[name].nunique() == 1}


def _limits_of(name: str) -> dict[str, object] | None:
    """Chance level and ceiling of a benchmark of shares in the tables by date; None for any other name."""
    chance = _chance_levels().get(benchmark_key(name))
    return None if chance is None else {"chance": chance, "ceiling": 1.0}


@cache
def _chance_levels() -> dict[str, float]:
    known = frontier_benchmarks()
    whole = known[(known["unit"] == "share") & known["chance"].notna() & (known["benchmark"] == known["task"])]
    return {benchmark_key(name): float(chance) for name, chance in zip(whole["task"], whole["chance"], strict=True)}


@cache
def _described_tasks() -> set[tuple[str, str]]:
    tasks = bundled_tasks()
    return set(zip(fold_series(tasks["benchmark"]), fold_series(tasks["task"]), strict=True))


@cache
def _canonical_tasks() -> dict[str, str]:
    return {fold(name): name for name in bundled_tasks()["canonical_task"].dropna().unique()}
