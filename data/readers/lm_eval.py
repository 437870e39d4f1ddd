"""Result files of EleutherAI's lm-evaluation-harness and of lighteval, in the layouts that have been in use.

=========== ====================================================================================================
old         ``results: {task: {"acc": 0.5, "acc_stderr": 0.01}}``, few-shot examples in ``config.num_fewshot``
runs        the same one level deeper, by time of the run: ``results: {task: {"2022-07-13-11-29-13": {...}}}``
checkpoints ``results: {task: {"acc": [0.4, 0.5]}}`` with lists ``checkpoints`` and ``tokens`` beside it
new         ``results: {task: {"acc,none": 0.5, "acc_stderr,none": 0.01}}``, with ``n-samples``, ``n-shot``, groups
bare        the inner part of ``new`` alone
lighteval   ``results: {"suite|task:subset|shots|0": {"acc": 0.5, "acc_stderr": 0.01}}``, since 2025 ``"task|shots"``,
            with ``config_general`` and ``config_tasks``
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
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.files import Source
from scale_forecast.data.readers.harness_names import averages, read_name
from scale_forecast.data.readers.identity import Identity, as_dict, as_list, identify, shots_in_path, stamp_in
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.metrics import Scales, score
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import IS_LIMITED, OF_EXAMPLES, TASK_VERSION, Reading

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
        return bool(results) and all(isinstance(v, dict) and "META" not in v for v in results.values())
    return _is_bare(document)


def _is_bare(document: dict[str, object]) -> bool:
    inner = [v for v in document.values() if isinstance(v, dict)]
    return len(inner) == len(document) > 0 and any("," in str(k) for v in inner for k in v)


_EXAMPLE = b"""{"results": {"gsm8k": {"alias": "gsm8k", "exact_match,strict-match": 0.55,
"exact_match_stderr,strict-match": 0.0137}}, "versions": {"gsm8k": 3.0}, "n-shot": {"gsm8k": 5},
"n-samples": {"gsm8k": {"original": 1319, "effective": 1319}}, "model_name": "acme/widget-1b", "date": 1750000000.0,
"config": {"model": "hf", "model_args": "pretrained=acme/widget-1b", "limit": null}}"""


class LmEval:
    name = "lm-evaluation-harness or lighteval results"
    example = Example("results_2025-06-15.json", _EXAMPLE, {("gsm8k", "exact_match", "widget-1b"): 0.55})

    def recognises(self, content: Content) -> bool:
        return is_lm_eval(content.objects)

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        return read_lm_eval(content.objects, content.source, model, layout.top)


def read_lm_eval(
    document: dict[str, object], source: Source, model: str | None = None, top: float | None = None
) -> Reading:
    """All scores of one result file, each task under the benchmark it belongs to."""
    results = document["results"] if isinstance(document.get("results"), dict) else document
    assert isinstance(results, dict)
    kind = "lighteval" if "config_general" in document else "lm-evaluation-harness"
    reading = Reading(source.name, kind, when=time_of(document, source))
    identity = identify(document, source, model)
    about = About(document, source)
    steps, tokens = as_list(document.get("checkpoints")), as_list(document.get("tokens"))
    groups = averages(document, results)
    cells = list(_cells(results))
    scales = Scales.of(((cell.metric, value) for cell in cells for value in as_list(cell.value) or [cell.value]), top)
    rows, derived, taken = [], 0, set()
    for cell in _newest(cells, reading):
        reading.found += 1
        name = read_name(cell.task)
        task = name.task
        one = score(cell.metric, cell.value, cell.stderr, filter_=cell.filter, task=cell.task, scales=scales)
        if one.refused:
            reading.refused[f"{one.refused} ({one.metric})"] += 1
            continue
        if cell.metric in _TRUTHFUL and task.startswith("truthfulqa"):
            task, one = _TRUTHFUL[cell.metric], score("acc", cell.value, cell.stderr)
        benchmark, placed = harness_place(task)
        metric = one.metric
        if (task, cell.prompt, cell.at, metric, name) in taken:  # two filters that both go by the plain name
            metric = f"{metric}:{cell.filter}"
        taken.add((task, cell.prompt, cell.at, metric, name))
        n = about.examples(cell.task)
        if n is None and one.metric in ("accuracy", "acc_norm") and cell.task not in groups:
            n = _examples_behind(one.value, one.stderr)
            derived += n is not None
        rows.append(
            {
                "benchmark": benchmark,
                "task": placed,
                "metric": metric,
                "shots": about.shots(cell.task, name.shots, groups),
                "prompt": cell.prompt or about.prompt(task, identity),
                "score": one.value,
                "stderr": one.stderr,
                "n_examples": n,
                "higher_is_better": about.direction(cell.task, cell.metric),
                "source": f"{kind}, {source.path.name if source.path else 'standard input'}",
                **_model_row(identity, cell.at, steps, tokens),
                "setting": ", ".join(filter(None, (name.suite and f"{name.suite} prompts", identity.setting))) or None,
                **about.run(cell.task),
            }
        )
    reading.rows = pd.DataFrame(rows)
    reading.tasks = [_aggregate(group, leaves) for group, leaves in groups.items() if leaves]
    reading.computed_n = derived
    if about.limited:
        reading.notes.append(f"{source.name}: the run was limited to {about.limited}")
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


class About:
    """What the file says of its tasks: shots, examples, prompts, versions, and how much of each was run."""

    def __init__(self, document: dict[str, object], source: Source) -> None:
        self.by_task = as_dict(document.get("n-shot"))
        self.configs = as_dict(document.get("configs")) | as_dict(document.get("config_tasks"))
        self.samples = as_dict(document.get("n-samples"))
        self.config = as_dict(document.get("config"))
        self.versions = as_dict(document.get("versions"))
        self.directions = as_dict(document.get("higher_is_better"))
        self.of_any_task: dict[str, set[bool]] = {}
        for metrics in self.directions.values():
            for metric, better in as_dict(metrics).items():
                if isinstance(better, bool):
                    self.of_any_task.setdefault(metric, set()).add(better)
        self.fallback = self.config.get("num_fewshot", shots_in_path(source))
        self.limit = self.config.get("limit") or as_dict(document.get("config_general")).get("max_samples")

    @property
    def limited(self) -> str | None:
        """How much of each task was run, in words; None when all of it."""
        limit = self.limit
        if isinstance(limit, str):
            limit = float(limit) if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", limit) else None
        if isinstance(limit, bool) or not isinstance(limit, (int, float)) or not limit > 0:
            return None
        return f"{100 * limit:g}% of the examples of each task" if limit < 1 else f"{limit:g} examples a task"

    def shots(self, task: str, stated: int | None, groups: dict[str, list[str]]) -> int | None:
        if stated is not None:
            return stated
        if task in groups:
            members = {self.shots(leaf, read_name(leaf).shots, {}) for leaf in groups[task]}
            return members.pop() if len(members) == 1 else None
        config = self._of_config(task)
        value = self.by_task.get(task, config.get("num_fewshot", config.get("num_fewshots", self.fallback)))
        return int(value) if isinstance(value, (int, float)) and math.isfinite(value) and value >= 0 else None

    def examples(self, task: str) -> int | None:
        """Examples that were run."""
        value = self.samples.get(task)
        value = value.get("effective", value.get("original")) if isinstance(value, dict) else value
        return _count(value) or _count(self._of_config(task).get("effective_num_docs"))

    def run(self, task: str) -> dict[str, object]:
        """Of a task's run: how many examples the task has, whether it was limited on purpose, and its version."""
        whole = _count(as_dict(self.samples.get(task)).get("original"))
        whole = whole or _count(self._of_config(task).get("original_num_docs"))
        return {
            OF_EXAMPLES: whole,
            IS_LIMITED: self.limited is not None and not (whole and self.examples(task) == whole),
            TASK_VERSION: _version(self.versions.get(task)),
        }

    def _of_config(self, task: str) -> dict[str, object]:
        """lighteval's own account of a task, which lacks the shots in its name."""
        parts = task.split("|")
        names = ("|".join(parts[:length]) for length in range(len(parts), 0, -1))
        return as_dict(next((self.configs[name] for name in names if name in self.configs), None))

    def direction(self, task: str, metric: str) -> bool | None:
        """Whether more is better of a metric, where the file says so; of another task's metric of that name too."""
        stated = as_dict(self.directions.get(task)).get(metric)
        if isinstance(stated, bool):
            return stated
        others = self.of_any_task.get(metric, set())
        return next(iter(others)) if len(others) == 1 else None

    def prompt(self, task: str, identity: Identity | None = None) -> str:
        """``cot`` by the task's name; ``chat``, ``multiturn``, ``system-...`` by what was put around the question."""
        words = ["cot"] if re.search(r"(^|_)cot(_|$)", task) else []
        return "+".join([*words, *(identity.prompts if identity else ())]) or "direct"


def _count(value: object) -> int | None:
    return int(value) if isinstance(value, (int, float)) and math.isfinite(value) and value >= 1 else None


def _version(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or value in ("Yaml", "N/A", ""):
        return None
    return f"{value:g}" if isinstance(value, (int, float)) else value


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


def _aggregate(group: str, leaves: list[str]) -> dict[str, object]:
    benchmark, task = harness_place(read_name(group).task)
    places = [harness_place(read_name(leaf).task) for leaf in leaves]
    names = sorted({name for _, name in places})
    inner = places[0][0] if places else benchmark
    return {"benchmark": benchmark, "task": task, "aggregate_of": f"{inner}: {','.join(names)}"}


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
