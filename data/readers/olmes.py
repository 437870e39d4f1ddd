"""Metrics of OLMES (oe-eval): a summary of all tasks, one file a task, or one line a task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from scale_forecast.data.metrics import known_metric
from scale_forecast.data.names.tasks import harness_place
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.harness_names import averages
from scale_forecast.data.readers.identity import as_dict, identify
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.metrics import score
from scale_forecast.data.readers.numbers_in import count_of, number_of, seconds_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import IS_LIMITED, OF_EXAMPLES, TASK_VERSION, Reading

_PRIMARY = "primary_score"
_NO_METRICS = {"task", "num_instances", "task_config", "extra_metrics"}
_EXAMPLE = b"""{"all_primary_scores": ["arc_challenge::olmes: 0.4266"], "tasks": [{"alias": "arc_challenge::olmes",
"metrics": {"acc_raw": 0.4, "acc_uncond": 0.4266, "primary_score": 0.4266}, "num_instances": 1172,
"task_config": {"num_shots": 5, "primary_metric": "acc_uncond"}}], "model_config": {"model": "olmo-1b"}}"""


class Olmes:
    name = "OLMES metrics"
    example = Example(
        "metrics.json",
        _EXAMPLE,
        {("arc_challenge", "acc_uncond", "olmo-1b"): 0.4266, ("arc_challenge", "acc_raw", "olmo-1b"): 0.4},
    )

    def recognises(self, content: Content) -> bool:
        one = content.record or content.objects
        return "all_primary_scores" in one or {"task_name", "metrics", "task_config"} <= one.keys()

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        documents = list(content.records()) if content.record is not None else [content.objects]
        reading = Reading(content.name, self.name)
        rows: list[dict[str, object]] = []
        results: dict[str, object] = {}
        for document in documents:
            config = as_dict(document.get("model_config"))
            reading.when = seconds_of(str(document.get("current_date", "")).removesuffix(" UTC"), reading.when)
            identity = identify({"config": {"model_args": _arguments(config)}}, content.source, model)
            for task in _tasks(document):
                name = _name(task)
                results[name] = task["metrics"]
                rows += _rows(task, identity.row, reading, content.source.stem)
        reading.rows = pd.DataFrame(rows)
        parts = averages({}, results)
        reading.tasks = [_average(task, of) for task, of in parts.items() if of]
        return reading


def _arguments(config: dict[str, Any]) -> dict[str, object]:
    """Arguments of the model as other harnesses call them; those of the machine are left out."""
    return {"pretrained": config.get("model_path") or config.get("model"), "revision": config.get("revision")}


def _tasks(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each task with its ``metrics`` in one place, whichever release wrote the file."""
    for key in ("tasks", "metrics"):
        listed = document.get(key)
        if isinstance(listed, list):
            for task in listed:
                one = as_dict(task)
                loose = {name: value for name, value in one.items() if name not in _NO_METRICS}
                yield {**one, "metrics": as_dict(one.get("metrics")) or loose}
            return
    if isinstance(document.get("metrics"), dict):
        yield document


def _name(task: dict[str, Any]) -> str:
    alias = as_dict(as_dict(task.get("task_config")).get("metadata")).get("alias")
    return str(task.get("alias") or alias or task.get("task") or task.get("task_name"))


def _rows(task: dict[str, Any], about: dict[str, object], reading: Reading, file: str) -> Iterator[dict[str, object]]:
    config, metrics = as_dict(task.get("task_config")), dict(task["metrics"])
    name, *how = [part for part in _name(task).split(":") if part]
    primary = config.get("primary_metric")
    if primary in metrics:
        reading.found += _PRIMARY in metrics
        reading.refused["copy of the primary metric"] += _PRIMARY in metrics
        metrics.pop(_PRIMARY, None)
    benchmark, placed = harness_place(name)
    n, limit, shots = count_of(task.get("num_instances")), config.get("limit"), number_of(config.get("num_shots"))
    for metric, value in metrics.items():
        if isinstance(value, (dict, list, str)) or value is None:
            continue
        reading.found += 1
        one = score("accuracy" if metric == _PRIMARY else str(metric), value, task=name)
        if one.refused or (known_metric(one.metric) is None and metric != primary):
            reading.refused[f"{one.refused or 'a metric of unknown direction'} ({one.metric})"] += 1
            continue
        yield {
            **about,
            "benchmark": benchmark,
            "task": placed,
            "metric": one.metric,
            "shots": int(shots) if shots is not None and shots >= 0 else None,
            "setting": ", ".join(how) or None,
            "score": one.value,
            "n_examples": n,
            "higher_is_better": True if known_metric(one.metric) is None else None,
            "source": f"OLMES, {file}",
            OF_EXAMPLES: n if limit is None else None,
            IS_LIMITED: limit is not None,
            TASK_VERSION: str(config["version"]) if config.get("version") is not None else None,
        }


def _average(task: str, parts: list[str]) -> dict[str, object]:
    benchmark, name = harness_place(task.split(":")[0])
    places = [harness_place(part.split(":")[0]) for part in parts]
    return {
        "benchmark": benchmark,
        "task": name,
        "aggregate_of": f"{places[0][0]}: {','.join(sorted({n for _, n in places}))}",
    }
