"""Runs of HELM: ``stats.json`` with ``run_spec.json`` beside it; each scenario has one metric and split that count.

Which these are is data (``helm_metrics.csv``, from HELM's own schemas). A scenario that is not listed goes by its first
accuracy metric on the split ``test``, else ``valid``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.metrics import known_metric
from scale_forecast.data.names.tasks import harness_place
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.files import Limits, Source, decode_text, parse_json
from scale_forecast.data.readers.identity import Identity, as_dict, objects_in
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.numbers_in import count_of, number_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import IS_LIMITED, Reading

_TABLE = Path(__file__).parent.parent / "tables" / "helm_metrics.csv"
_USUAL = ("exact_match", "quasi_exact_match", "chain_of_thought_correctness", "f1_score", "exact_match_indicator")
_SPLITS = ("test", "valid")
_NOT_TASK = {
    "method",
    "model",
    "model_deployment",
    "data_augmentation",
    "stop",
    "num_train_trials",
    "eval_split",
    "groups",
}
_RAISED = {"pass", "test_avg", "f1_set_match"}
"""Metrics of HELM of which more is better though their name does not say so."""


@dataclass(frozen=True)
class HelmRun:
    """What ``run_spec.json`` says: who was run on what, and which metric and split count, None to find out."""

    identity: Identity
    place: tuple[str, str]
    metric: str | None
    split: str | None
    shots: int | None
    prompt: str
    is_choice: bool
    is_limited: bool


@cache
def _main_metrics() -> dict[str, tuple[str, str]]:
    with open(_TABLE, encoding="utf-8", newline="") as file:
        return {row["scenario"]: (row["metric"], row["split"]) for row in csv.DictReader(file)}


def read_run(source: Source, kind: str, limits: Limits, model: str | None) -> HelmRun:
    """The run behind ``stats.json`` or ``per_instance_stats.json``, ``kind`` being that name's stem."""
    spec: dict[str, Any] = {}
    if source.path is not None:
        beside = source.path.with_name(source.path.name.replace(kind, "run_spec"))
        if beside != source.path and beside.exists():
            spec = as_dict(parse_json(decode_text(Source(beside).whole(limits.json), str(beside)), str(beside)))
    adapter, scenario = as_dict(spec.get("adapter_spec")), as_dict(spec.get("scenario_spec"))
    name = model or adapter.get("model")
    if not isinstance(name, str) or not isinstance(spec.get("name"), str):
        raise DataError(f"{source.name}: names neither model nor task: keep run_spec.json beside it")
    what, arguments = spec["name"].partition(":")[0], as_dict(scenario.get("args"))
    what = what + "_chain_of_thought" if what == "math" and "use_chain_of_thought=True" in spec["name"] else what
    metric, split = _main_metrics().get(what, (None, None))
    shots, method = adapter.get("max_train_instances"), str(adapter.get("method", "generation"))
    task = "_".join([what, *(str(v) for k, v in sorted(arguments.items()) if k not in _NOT_TASK)])
    return HelmRun(
        Identity(name),
        harness_place(task),
        metric,
        split,
        shots if isinstance(shots, int) and not isinstance(shots, bool) and shots >= 0 else None,
        "direct" if method in ("multiple_choice_joint", "generation", "multiple_choice") else method,
        method.startswith("multiple_choice"),
        adapter.get("max_eval_instances") is not None,
    )


def main_stat(run: HelmRun, names: Iterable[tuple[str, str]]) -> tuple[str, str] | None:
    """The metric and split that count among those there are; None where none does."""
    there = set(names)
    if run.metric is not None and run.split is not None and (run.metric, run.split) in there:
        return run.metric, run.split
    metrics = [run.metric] if run.metric is not None else list(_USUAL)
    splits = dict.fromkeys([*filter(None, [run.split]), *_SPLITS])
    return next(((m, s) for m in metrics for s in splits if (m, s) in there), None)


def plain_stats(stats: object) -> list[tuple[str, str, dict[str, Any]]]:
    """Metric, split and numbers of all statistics that are of no perturbation."""
    found = []
    for stat in objects_in(stats):
        named = as_dict(stat.get("name"))
        if isinstance(named.get("name"), str) and named.get("perturbation") is None and "sub_split" not in named:
            found.append((named["name"], str(named.get("split")), stat))
    return found


_SPEC = b"""{"name": "mmlu:subject=philosophy,method=multiple_choice_joint,model=acme_widget-1b",
"scenario_spec": {"class_name": "m", "args": {"subject": "philosophy"}},
"adapter_spec": {"method": "multiple_choice_joint", "model": "acme/widget-1b", "max_train_instances": 5}}"""


class Helm:
    name = "HELM statistics"
    example = Example(
        "stats.json",
        b"""[{"name": {"name": "exact_match", "split": "valid"}, "count": 1, "mean": 0.1},
{"name": {"name": "exact_match", "split": "test"}, "count": 1, "mean": 0.25},
{"name": {"name": "num_instances", "split": "test"}, "count": 1, "mean": 40.0}]""",
        {("philosophy", "accuracy", "widget-1b"): 0.25},
        {"run_spec.json": _SPEC},
    )

    def recognises(self, content: Content) -> bool:
        if content.text[:1] != "[" or '"name"' not in content.text[:2000]:
            return False
        first = content.document[0] if isinstance(content.document, list) and content.document else None
        return isinstance(as_dict(first).get("name"), dict) and "count" in as_dict(first)

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        run = read_run(content.source, "stats", content.limits, model)
        reading = Reading(content.name, self.name, found=1)
        stats = plain_stats(content.document)
        main = main_stat(run, ((metric, split) for metric, split, _ in stats))
        value = next((number_of(s.get("mean")) for metric, split, s in stats if (metric, split) == main), None)
        if main is None or value is None:
            reading.refused["no metric of HELM's schema"] += 1
            return reading
        items = next(
            (s.get("mean") for metric, split, s in stats if (metric, split) == ("num_instances", main[1])), None
        )
        name = "accuracy" if run.is_choice else helm_metric(main[0])
        known = known_metric(name)
        if known is None and main[0] not in _RAISED:
            reading.refused[f"a metric of unknown direction ({name})"] += 1
            return reading
        reading.rows = pd.DataFrame(
            [
                {
                    "benchmark": run.place[0],
                    "task": run.place[1],
                    "metric": name,
                    "shots": run.shots,
                    "prompt": run.prompt,
                    "score": value,
                    "n_examples": count_of(items),
                    "higher_is_better": True if known is None else None,
                    "source": f"HELM, {content.source.stem}",
                    IS_LIMITED: run.is_limited,
                    **run.identity.row,
                }
            ]
        )
        return reading


def helm_metric(name: str) -> str:
    """The metrics table's name of a metric of HELM."""
    return {"rouge_2": "rouge2", "rouge_1": "rouge1", "rouge_l": "rougeL", "f1_score": "f1", "pass": "pass@1"}.get(
        name, name
    )
