"""Which names mean one thing: the key under which a column's names are compared, from alias tables kept as data.

What counts as one task is a rule: the test itself under any of its names (``aliases_tasks.csv``), in whatever suite,
with any shots and prompt, which are columns of their own. A split, a subset, a translation, another release of the
questions or the same questions with tools are other tasks, and stay so because no alias leads from one to the other.
The name of a suite says how a test was run, not which test it is; a suite with a qualifier in brackets (``MMLU
(validation split)``) says that it is another test.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd

from scale_forecast.data.names.text import change_names, fold

_TABLES = Path(__file__).parent.parent / "tables"
_SETTING = re.compile(r"[_ ]\(?(?:xhigh|high|medium|low|minimal|none|max|unknown|thinking|[0-9]+k)\)?$", re.IGNORECASE)
"""What an evaluator writes behind a model's name on how hard it thought: a setting, and no other model."""
_TUNED = frozenset({"instruct", "chat", "it", "base", "hf", "sft", "dpo", "rlhf"})


@cache
def _aliases(kind: str, *, relatives: bool = False) -> dict[str, str]:
    """Folded alias to name, of one of the tables ``aliases_*.csv``; ``relatives`` of a name are not the same thing."""
    with open(_TABLES / f"aliases_{kind}.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {fold(row["alias"]): row["name"] for row in rows if relatives or row.get("same", "yes") == "yes"}


def aliases(kind: str) -> dict[str, str]:
    """The names of ``benchmarks``, ``organisations``, ``tasks`` or ``metrics`` by their folded aliases."""
    return dict(_aliases(kind))


def metric_name(name: str) -> str:
    """A metric under its name in the metrics table; what follows a colon (a second reading of the answers) is kept.

    >>> metric_name("acc"), metric_name("EM:flexible-extract"), metric_name("wer")
    ('accuracy', 'exact_match:flexible-extract', 'wer')
    """
    plain, colon, reading = name.partition(":")
    return _metric_names().get(fold(plain), plain) + colon + reading


@cache
def _metric_names() -> dict[str, str]:
    """Folded alias to name, and each name's own spellings to it."""
    aliases = _aliases("metrics")
    return {fold(name): name for name in aliases.values()} | aliases


def metric_key(name: str) -> str:
    """Metrics are compared under this.

    >>> metric_key("acc") == metric_key("Accuracy")
    True
    """
    return fold(metric_name(name))


def benchmark_key(name: str) -> str:
    """Benchmarks are compared under this.

    >>> benchmark_key("HLE") == benchmark_key("Humanity\u2019s last exam")
    True
    """
    folded = fold(name)
    return fold(_aliases("benchmarks").get(folded, folded))


def task_key(name: str) -> str:
    """Tasks are compared under this, whatever suite ran them; a benchmark that is one task goes by its names too.

    >>> task_key("ai2_arc_challenge") == task_key("ARC (Challenge)"), task_key("LCB") == task_key("LiveCodeBench")
    (True, True)
    """
    folded = fold(name)
    return fold(_aliases("tasks").get(folded) or _aliases("benchmarks").get(folded, folded))


def relative_of(task: str) -> str:
    """The task whose scores speak about a task: itself under its plain name, or a near relative.

    >>> relative_of("truthfulqa_mc2"), relative_of("openbook_qa"), relative_of("mine")
    ('truthfulqa', 'obqa', 'mine')
    """
    return _aliases("tasks", relatives=True).get(fold(task), task)


@cache
def _free_tasks() -> frozenset[str]:
    return frozenset(map(fold, _aliases("tasks").values()))


def is_free_of_suite(task: str) -> bool:
    """True for a test that is the same whatever suite ran it, so that the suite's name need not match.

    >>> is_free_of_suite("GSM8K"), is_free_of_suite("astronomy")
    (True, False)
    """
    return task_key(task) in _free_tasks()


def same_test(benchmark: str, task: str, other_benchmark: str, other_task: str) -> bool:
    """Whether two names of a task in a benchmark are the same test; the rule stands in this module's first lines.

    >>> same_test("lm-eval", "gsm8k_cot", "GSM8K", "GSM8K")
    True
    >>> same_test("MMLU", "astronomy", "MMLU (validation split)", "astronomy")
    False
    """
    if task_key(task) != task_key(other_task):
        return False
    if benchmark_key(benchmark) == benchmark_key(other_benchmark):
        return True
    return is_free_of_suite(task) and not {benchmark[-1:], other_benchmark[-1:]} & {")"}


AVERAGES = frozenset({"average", "all", "overall", "mean", "total"})
"""What suites call the average over their tasks."""


def whole_of(benchmark: str | None, task: str) -> str | None:
    """The benchmark that a task is the whole of: its average, or the benchmark itself; None for one of its tasks.

    >>> whole_of("MMLU", "average"), whole_of(None, "mmlu"), whole_of("MMLU", "astronomy")
    ('MMLU', 'mmlu', None)
    """
    if fold(task) in AVERAGES:
        return benchmark
    return task if benchmark is None or benchmark_key(benchmark) == benchmark_key(task) else None


def organisation_name(name: str) -> str:
    """An organisation under one name, also when it is written as the prefix of a repository.

    >>> organisation_name("meta-llama"), organisation_name("Google DeepMind"), organisation_name("Acme")
    ('Meta', 'Google', 'Acme')
    """
    return _aliases("organisations").get(fold(name), name)


def is_of_line(line: str, name: str) -> bool:
    """Whether a product line goes by a name, alone or with more words behind it.

    >>> is_of_line("Claude Opus", "claude"), is_of_line("GPT-Neo", "GPT")
    (True, False)
    """
    return line.casefold() == name.casefold() or line.casefold().startswith(f"{name.casefold()} ")


def organisation_key(name: str) -> str:
    """Organisations are compared under this."""
    return fold(organisation_name(name))


def model_key(name: str) -> str:
    """Models are compared under this: without the organisation, converted weights as the weights, aliases as the model.

    A tuned copy is another model: no alias leads from it to its base.

    >>> model_key("meta-llama/Meta-Llama-3.1-70B") == model_key("Llama 3.1 70B"), model_key("acme/w-7b-hf")
    (True, 'w7b')
    >>> model_key("gpt-5-2025-08-07") == model_key("GPT-5"), model_key("Llama-3.1-8B-Instruct")
    (True, 'llama3.18binstruct')
    """
    short = _short(name)
    return _alias_releases(identity=True).get(short, short)


def _short(name: str) -> str:
    bare = re.sub(r"[-_]hf$", "", name.rstrip("/").rsplit("/", 1)[-1], flags=re.IGNORECASE)
    folded = fold(bare)
    return folded.removeprefix("meta") if folded.startswith("metallama") else folded


def release_of(name: str) -> str | None:
    """The release in the frontier table whose weights a name means, tuned copies included; None when it is not there.

    >>> release_of("meta-llama/Llama-3.1-8B-Instruct"), release_of("gpt-5_high"), release_of("widget-7b")
    ('Llama 3.1-8B', 'GPT-5', None)
    """
    names = _release_names()
    for spelling in (name, _SETTING.sub("", name)):
        short = _short(spelling)
        if (found := names.get(_alias_releases(identity=False).get(short, short))) is not None:
            return found
    return None


@cache
def _releases() -> tuple[tuple[str, tuple[str, ...]], ...]:
    with open(_TABLES / "frontier" / "releases.csv", encoding="utf-8", newline="") as file:
        return tuple(
            (row["model"], tuple(filter(None, map(str.strip, row["aliases"].split(";")))))
            for row in csv.DictReader(file)
        )


@cache
def _release_names() -> dict[str, str]:
    return {_short(model): model for model, _ in _releases()}


@cache
def _alias_releases(*, identity: bool) -> dict[str, str]:
    """Short alias to the short name of its release; with ``identity`` without the names of tuned copies."""
    return {
        _short(alias): _short(model)
        for model, aliases in _releases()
        for alias in aliases
        if not identity or not (_words(alias) - _words(model)) & _TUNED
    }


def _words(name: str) -> set[str]:
    return set(re.split(r"[\s\-_./()]+", name.casefold()))


KEYS: dict[str, Callable[[str], str]] = {
    "benchmark": benchmark_key,
    "task": task_key,
    "metric": metric_key,
    "model": model_key,
    "organisation": organisation_key,
    "evaluator": organisation_key,
}
"""How the names of a column are compared; those of every other column by their spelling alone."""


def name_key(column: str, name: str) -> str:
    """What a name of a column is compared under.

    >>> name_key("metric", "acc"), name_key("family", "Llama-2")
    ('accuracy', 'llama2')
    """
    return KEYS.get(column, fold)(name)


def name_keys(column: str, names: pd.Series) -> pd.Series:
    """`name_key` for a column of a table; missing stays missing. Works on the distinct names only."""
    return change_names(names, KEYS.get(column, fold))
