"""Result files of EleutherAI's lm-evaluation-harness, in the layouts that have been in use.

=========== ====================================================================================================
old         ``results: {task: {"acc": 0.5, "acc_stderr": 0.01}}``, few-shot examples in ``config.num_fewshot``
runs        the same one level deeper, by time of the run: ``results: {task: {"2022-07-13-11-29-13": {...}}}``
checkpoints ``results: {task: {"acc": [0.4, 0.5]}}`` with lists ``checkpoints`` and ``tokens`` beside it
new         ``results: {task: {"acc,none": 0.5, "acc_stderr,none": 0.01}}``, with ``n-samples``, ``n-shot``, groups
bare        the inner part of ``new`` alone
=========== ====================================================================================================

Averages over other tasks (groups) are kept and marked ``aggregate_of`` in the tasks table, so that nothing is
counted twice unseen. MMLU subjects of both layouts join the published MMLU.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from scale_forecast.data.names.tasks import harness_place
from scale_forecast.data.readers.files import Source
from scale_forecast.data.readers.identity import Identity, identify, shots_in_path, stamp_in
from scale_forecast.data.readers.metrics import metric_name, score
from scale_forecast.data.readers.reading import Reading

_NOT_SCORES = {
    "alias",
    "name",
    "prompt_name",
    "task_name",
    "prompt_id",
    "prompt_jinja",
    "prompt_original_task",
    "fixed_answer_choice_list",
    "dataset_path",
    "dataset_name",
    "subset",
    "sample_len",
    "sample_count",
    "samples",
    "comment",
}
_TRUTHFUL = {"mc1": "truthfulqa_mc1", "mc2": "truthfulqa_mc2"}
_RUN = re.compile(r"\d{4}-\d{2}-\d{2}([-T]\d{2}[-:]\d{2}[-:]\d{2})?")


@dataclass(frozen=True)
class _Cell:
    """One metric of one task in one run."""

    task: str
    metric: str
    filter: str
    value: object
    stderr: object
    prompt: str | None = None
    run: str = ""
    at: int | None = None


def is_lm_eval(document: object) -> bool:
    """True for any of the layouts above."""
    if not isinstance(document, dict):
        return False
    results = document.get("results")
    if isinstance(results, dict):
        return bool(results) and all(isinstance(v, dict) for v in results.values())
    return _is_bare(document)


def _is_bare(document: dict[str, object]) -> bool:
    inner = [v for v in document.values() if isinstance(v, dict)]
    return len(inner) == len(document) > 0 and any("," in str(k) for v in inner for k in v)


def read_lm_eval(document: dict[str, object], source: Source, model: str | None = None) -> Reading:
    """All scores of one result file, each task under the benchmark it belongs to."""
    results = document["results"] if isinstance(document.get("results"), dict) else document
    assert isinstance(results, dict)
    reading = Reading(source.name, "lm-evaluation-harness", when=time_of(document, source))
    identity = identify(document, source, model)
    about = About(document, source)
    steps = document.get("checkpoints")
    steps = steps if isinstance(steps, list) else []
    tokens = document.get("tokens")
    tokens = tokens if isinstance(tokens, list) else []
    groups = _groups(document, results)
    rows, derived, taken = [], 0, set()
    for cell in _newest(list(_cells(results)), reading):
        reading.found += 1
        task, suite_shots = _suite(cell.task)
        one = score(cell.metric, cell.value, cell.stderr, filter_=cell.filter, task=task)
        if one.refused:
            reading.refused[f"{one.refused} ({one.metric})"] += 1
            continue
        if cell.metric in _TRUTHFUL and task.startswith("truthfulqa"):
            task, one = _TRUTHFUL[cell.metric], score("acc", cell.value, cell.stderr)
        benchmark, name = harness_place(task)
        metric = one.metric
        if (task, cell.prompt, cell.at, metric) in taken:  # two filters that both go by the plain name
            metric = f"{metric}:{cell.filter}"
        taken.add((task, cell.prompt, cell.at, metric))
        n = about.examples(cell.task)
        if n is None and one.metric in ("accuracy", "acc_norm") and cell.task not in groups:
            n = _examples_behind(one.value, one.stderr)
            derived += n is not None
        rows.append(
            {
                "benchmark": benchmark,
                "task": name,
                "metric": metric,
                "shots": about.shots(cell.task, suite_shots, groups),
                "prompt": cell.prompt or about.prompt(task),
                "score": one.value,
                "stderr": one.stderr,
                "n_examples": n,
                "source": f"lm-evaluation-harness, {source.path.name if source.path else 'standard input'}",
                **_model_row(identity, cell.at, steps, tokens),
            }
        )
    reading.rows = pd.DataFrame(rows)
    reading.tasks = [_aggregate(group, leaves) for group, leaves in groups.items()]
    reading.directions = _directions(document)
    reading.computed_n = derived
    if about.limited:
        reading.notes.append(f"{source.name}: the run was limited to {about.limited} examples a task")
    return reading


def _cells(results: dict[str, object]) -> Iterator[_Cell]:
    prompt: str | None
    for task, values in results.items():
        assert isinstance(values, dict)
        if values and all(_RUN.fullmatch(str(k)) and isinstance(v, dict) for k, v in values.items()):
            for run, inner in values.items():
                name, _, named = str(task).partition("+")
                prompt = str(inner.get("prompt_name") or named or "") or None
                yield from _metrics(str(inner.get("task_name") or name), inner, prompt, str(run))
        else:
            prompt = str(values.get("prompt_name") or "") or None
            yield from _metrics(str(values.get("task_name") or task), values, prompt, "")


def _metrics(task: str, values: dict[str, object], prompt: str | None, run: str) -> Iterator[_Cell]:
    for key, value in values.items():
        name, _, filter_ = str(key).partition(",")
        if name in _NOT_SCORES or name.endswith("_stderr"):
            continue
        stderr = values.get(f"{name}_stderr,{filter_}" if filter_ else f"{name}_stderr")
        if isinstance(value, list):
            errors = stderr if isinstance(stderr, list) and len(stderr) == len(value) else [None] * len(value)
            for at, (one, error) in enumerate(zip(value, errors, strict=True)):
                yield _Cell(task, name, filter_ or "none", one, error, prompt, run, at)
        else:
            yield _Cell(task, name, filter_ or "none", value, stderr, prompt, run)


def _newest(cells: list[_Cell], reading: Reading) -> list[_Cell]:
    """Of several runs in one file the last of each score; the others are counted."""
    last: dict[tuple[object, ...], _Cell] = {}
    for cell in cells:
        key = (cell.task, cell.metric, cell.filter, cell.prompt, cell.at)
        if key in last:
            reading.found += 1
            reading.refused["superseded by a newer run"] += 1
        if key not in last or cell.run >= last[key].run:
            last[key] = cell
    return list(last.values())


def _suite(task: str) -> tuple[str, int | None]:
    """Task and shots of a name such as ``harness|arc:challenge|25``."""
    parts = task.split("|")
    if len(parts) >= 3 and parts[2].isdigit():
        return parts[1].replace(":", "_"), int(parts[2])
    return task, None


class About:
    """What the file says of its tasks: shots, examples, prompts."""

    def __init__(self, document: dict[str, object], source: Source) -> None:
        self.by_task = _dict(document.get("n-shot"))
        self.configs = _dict(document.get("configs"))
        self.samples = _dict(document.get("n-samples"))
        self.config = _dict(document.get("config"))
        self.fallback = self.config.get("num_fewshot", shots_in_path(source))
        self.chat = bool(document.get("chat_template")) or bool(self.config.get("apply_chat_template"))
        self.limited = self.config.get("limit")

    def shots(self, task: str, stated: int | None, groups: dict[str, list[str]]) -> int | None:
        if stated is not None:
            return stated
        if task in groups:
            members = {self.shots(leaf, None, {}) for leaf in groups[task]}
            return members.pop() if len(members) == 1 else None
        value = self.by_task.get(task, _dict(self.configs.get(task)).get("num_fewshot", self.fallback))
        return int(value) if isinstance(value, (int, float)) and math.isfinite(value) and value >= 0 else None

    def examples(self, task: str) -> int | None:
        value = self.samples.get(task)
        value = value.get("effective", value.get("original")) if isinstance(value, dict) else value
        return int(value) if isinstance(value, (int, float)) and math.isfinite(value) and value >= 1 else None

    def prompt(self, task: str) -> str:
        """``cot`` by the task's name, ``chat`` when the model's chat template was applied."""
        words = (["cot"] if re.search(r"(^|_)cot(_|$)", task) else []) + (["chat"] if self.chat else [])
        return "+".join(words) or "direct"


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


SMALLEST_STDERR = 1e-7
"""Below it no test set is large enough, and squares leave the range of numbers."""


def _examples_behind(value: float, stderr: float | None) -> int | None:
    """The items behind a share of right answers whose standard error is sqrt(p (1-p) / (n-1)); None if none fit."""
    if stderr is None or not (0.0 < value < 1.0 and SMALLEST_STDERR < stderr <= 0.5):
        return None
    n = value * (1.0 - value) / stderr**2 + 1.0
    right = value * round(n)
    return round(n) if abs(n - round(n)) < 1e-4 * n and abs(right - round(right)) < 1e-3 else None


def _model_row(identity: Identity, at: int | None, steps: list[object], tokens: list[object]) -> dict[str, object]:
    if at is None:
        return identity.row
    checkpoint = f"step{steps[at]}" if at < len(steps) else f"checkpoint{at}"
    seen = tokens[at] if at < len(tokens) else None
    return {**Identity(identity.model, checkpoint, identity.params).row, "train_tokens": seen}


def _groups(document: dict[str, object], results: dict[str, object]) -> dict[str, list[str]]:
    """Group to the tasks it averages, down to the leaves; from ``group_subtasks`` or from the indented aliases."""
    stated = _dict(document.get("group_subtasks")).items()
    children = {str(g): [str(t) for t in ts] for g, ts in stated if isinstance(ts, list) and ts}
    if not children:
        children = _groups_by_alias(results)
    present = {g for g in children if g in results}

    def leaves(task: str, above: tuple[str, ...]) -> list[str]:
        if task not in children or task in above:
            return [task]
        return [leaf for child in children[task] for leaf in leaves(child, (*above, task))]

    groups = {g: list(dict.fromkeys(leaves(g, ()))) for g in results if g in present}
    for name in results:
        if name == "all" or re.fullmatch(r"harness\|(\w+):_average\|\d+", str(name)):
            groups.setdefault(str(name), [t for t in results if t != name])
    return groups


def _groups_by_alias(results: dict[str, object]) -> dict[str, list[str]]:
    """A task whose successors' aliases are indented under it is their average (`` - subject``)."""
    children: dict[str, list[str]] = {}
    path: list[tuple[int, str]] = []
    for task, values in results.items():
        alias = str(_dict(values).get("alias", ""))
        depth = (len(alias) - len(alias.lstrip(" "))) if alias.lstrip(" ").startswith("- ") else -1
        while path and path[-1][0] >= depth:
            path.pop()
        if depth >= 0 and path:
            children.setdefault(path[-1][1], []).append(str(task))
        path.append((depth, str(task)))
    return children


def _aggregate(group: str, leaves: list[str]) -> dict[str, object]:
    benchmark, task = harness_place(_suite(group)[0])
    places = [harness_place(_suite(leaf)[0]) for leaf in leaves]
    names = sorted({name for _, name in places})
    inner = places[0][0] if places else benchmark
    return {"benchmark": benchmark, "task": task, "aggregate_of": f"{inner}: {','.join(names)}"}


def _directions(document: dict[str, object]) -> dict[str, bool]:
    stated: dict[str, bool] = {}
    for metrics in _dict(document.get("higher_is_better")).values():
        for name, better in _dict(metrics).items():
            if isinstance(better, bool):
                stated[metric_name(str(name))] = better
    return stated


def time_of(document: dict[str, object], source: Source) -> float:
    date = document.get("date")
    if isinstance(date, (int, float)) and not isinstance(date, bool):
        return float(date)
    stamp = stamp_in(source.stem)
    if stamp is None:
        return math.nan
    form = "%m-%d-%Y-%H-%M-%S" if re.match(r"\d{2}-\d{2}-\d{4}", stamp) else "%Y-%m-%dT%H-%M-%S"
    parsed = pd.to_datetime(stamp.replace(":", "-").split(".")[0], format=form, errors="coerce")
    return math.nan if pd.isna(parsed) else float(parsed.timestamp())
