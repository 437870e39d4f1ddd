"""What the header of an Inspect log says: the run, and its scores as Inspect computed them.

The samples are another matter (`data.logs.inspect`): a log may come without them, or with a part of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.names.tasks import harness_place
from scale_forecast.data.readers.archives import Archive, open_archive
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.files import Limits, Source
from scale_forecast.data.readers.identity import Identity, as_dict, identify, is_given, objects_in
from scale_forecast.data.readers.json_parts import Parts
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.metrics import metric_name
from scale_forecast.data.readers.numbers_in import count_of, number_of, seconds_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import IS_LIMITED, OF_EXAMPLES, TASK_VERSION, Reading

KIND = "Inspect log"
ENTRIES = ("status", "eval", "plan", "results", "invalidated")
_ERRORS = ("stderr", "bootstrap_stderr")
_SPREAD = {*_ERRORS, "std", "var", "bootstrap_std"}
_ASKING = ("reasoning_effort", "reasoning_tokens", "reasoning_summary", "temperature", "top_p")
_ONE_READING = {None, "mean", "median", "mode"}
_EXAMPLE = b"""{"version": 2, "status": "success", "eval": {"run_id": "r", "created": "2026-01-05T10:00:00+00:00",
"task": "demo", "task_id": "t", "model": "hf/acme/widget-1b", "dataset": {"samples": 1000}, "config": {"epochs": 1}},
"plan": {"steps": []}, "results": {"total_samples": 1000, "completed_samples": 1000, "scores": [{"name": "includes",
"scorer": "includes", "metrics": {"accuracy": {"name": "accuracy", "value": 0.431},
"stderr": {"name": "stderr", "value": 0.0157}}}]}, "samples": []}"""


@dataclass(frozen=True)
class Header:
    """The run of a log.

    Attributes
    ----------
    identity, place, prompt, setting, shots : of every score
    when : seconds, NaN when unknown
    items : how many samples were run, epochs counted once; None when the header does not say
    epochs : how often each
    of_items : how many samples the task has
    limit : how many were asked for, in words; None when all
    version : of the task
    scores : by scorer, each metric with its value
    """

    identity: Identity
    place: tuple[str, str]
    prompt: str
    setting: str | None
    shots: int | None
    when: float
    items: int | None
    epochs: int
    of_items: int | None
    limit: str | None
    version: str | None
    scores: list[dict[str, Any]]


def as_header(header: dict[str, object], where: str, source: Source, model: str | None) -> Header:
    """Check and read a header.

    Raises
    ------
    DataError
        For a run that did not finish, was marked invalid, or names no model or task.
    """
    run = as_dict(header.get("eval"))
    name, task = model or run.get("model"), run.get("task")
    if not isinstance(name, str) or not isinstance(task, str):
        raise DataError(f"{where}: is no Inspect log with eval.model and eval.task: export it whole")
    if header.get("status", "success") != "success":
        raise DataError(f"{where}: the run did not finish (status {header['status']!r}): give finished runs")
    if header.get("invalidated"):
        raise DataError(f"{where}: its makers marked this run as invalid: leave it out")
    config, arguments, results = (
        as_dict(run.get("config")),
        as_dict(run.get("task_args")),
        as_dict(header.get("results")),
    )
    epochs = count_of(config.get("epochs")) or 1
    done = count_of(results.get("completed_samples")) or count_of(results.get("total_samples"))
    limit = config.get("limit")
    version = run.get("task_version")
    return Header(
        identify({"model_name": name}, source, model),
        harness_place(task.rsplit("/", 1)[-1]),
        _prompt(header, arguments),
        _setting(as_dict(run.get("model_generate_config"))),
        count_of(arguments.get("fewshot")) or count_of(arguments.get("num_fewshot")),
        seconds_of(run.get("created")),
        None if done is None else max(1, round(done / epochs)),
        epochs,
        count_of(as_dict(run.get("dataset")).get("samples")),
        None if limit is None else f"{limit} examples" if not isinstance(limit, list) else f"examples {limit[:2]}",
        str(version) if version not in (None, 0, "0") else None,
        list(_scores(results)),
    )


def _prompt(header: dict[str, object], arguments: dict[str, Any]) -> str:
    """``cot`` where the task was told so, ``system-...`` where a system message was put before the question."""
    words = ["cot"] if is_given(arguments.get("cot")) else []
    for step in objects_in(as_dict(header.get("plan")).get("steps")):
        if str(step.get("solver")).rsplit("/", 1)[-1] == "system_message":
            said = json.dumps(step.get("params"), sort_keys=True, default=str)
            words.append(f"system-{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()[:8]}")
    return "+".join(words) or "direct"


def _setting(config: dict[str, Any]) -> str | None:
    return ", ".join(f"{key}={config[key]}" for key in _ASKING if is_given(config.get(key))) or None


def _scores(results: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each scorer's metrics; logs of 2024 held those of one scorer without a list."""
    listed = results.get("scores")
    if isinstance(listed, list):
        yield from (as_dict(score) for score in listed)
    elif isinstance(results.get("metrics"), dict):
        yield {"name": as_dict(results.get("scorer")).get("name"), "metrics": results["metrics"]}


def header_rows(header: Header, source: Source, top: float | None, reading: Reading) -> list[dict[str, object]]:
    """The scores of a header as rows; each that is none is counted in ``reading``."""
    rows = []
    for score in header.scores:
        metrics = as_dict(score.get("metrics"))
        scorer, reducer = str(score.get("name") or score.get("scorer") or "scorer"), score.get("reducer")
        suffix = [scorer] if len({str(s.get("name")) for s in header.scores}) > 1 else []
        suffix += [] if reducer in _ONE_READING else [str(reducer)]
        error = next((v for name in _ERRORS if (v := _value(metrics.get(name))) is not None), None)
        scored = count_of(score.get("scored_samples"))
        for name, metric in metrics.items():
            if name in _SPREAD:
                continue
            reading.found += 1
            value, title = _value(metric), "mean_score" if name == "mean" else metric_name(str(name))
            if value is None or value < 0.0 or value > (top or 1.0):
                reading.refused[_why(name, scorer, value, top)] += 1
                continue
            part = top if top is not None and name != "accuracy" else 1.0
            rows.append(
                {
                    **run_columns(header),
                    "metric": ":".join([title, *suffix]),
                    "score": value / part,
                    "stderr": None if error is None or name not in ("accuracy", "mean") else error / part,
                    "n_examples": round(scored / header.epochs) if scored else header.items,
                    "source": f"{KIND}, {source.path.name if source.path else 'standard input'}",
                }
            )
    return rows


def run_columns(header: Header) -> dict[str, object]:
    """Columns of the results table that are the same for all scores of a log."""
    setting = ", ".join(filter(None, (header.setting, header.identity.setting))) or None
    return {
        "benchmark": header.place[0],
        "task": header.place[1],
        "shots": header.shots,
        "prompt": header.prompt,
        **header.identity.row,
        "setting": setting,
        OF_EXAMPLES: header.of_items,
        IS_LIMITED: header.limit is not None and header.items != header.of_items,
        TASK_VERSION: header.version,
    }


def _why(name: str, scorer: str, value: float | None, top: float | None) -> str:
    if value is None:
        return f"not a number ({scorer} {name})"
    if value < 0.0:
        return f"negative ({scorer} {name})"
    return f"{scorer} {name} {value:g} beyond {top or 1:g}, a grade of unknown scale: say its top, as in --scale 10"


def _value(metric: object) -> float | None:
    value = number_of(metric.get("value") if isinstance(metric, dict) else metric)
    return value


def entries(parts: Parts, wanted: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    """Those entries of the object that is next that are wanted; the others, of whatever size, are passed over."""
    for key in parts.entries():
        if key in wanted:
            yield key, parts.value()
        else:
            parts.skip()


def header_of_archive(archive: Archive, source: Source, limits: Limits) -> dict[str, object]:
    """Header of a ``.eval`` file; one without ``header.json`` may lack the status."""
    parts = ["header.json"] if "header.json" in archive else ["start.json", "_journal/start.json", "results.json"]
    parts = [part for part in parts if part in archive]
    archive.check(parts)
    header: dict[str, object] = {"status": "started"}
    for part in parts:
        with archive.open(part) as stream:
            header |= dict(entries(Parts(stream, f"{source.name}: {part}", limits), ENTRIES))
    return header


def header_of_document(source: Source, limits: Limits) -> dict[str, object]:
    """Header of a log in one JSON document, whose samples are passed over."""
    with source.open() as stream:
        parts = Parts(stream, source.name, limits)
        header = dict(entries(parts, ENTRIES))
        parts.finish()
    return header


class InspectHeader:
    name = "Inspect log"
    example = Example("2026-01-05_demo.json", _EXAMPLE, {("demo", "accuracy", "widget-1b"): 0.431})

    def recognises(self, content: Content) -> bool:
        if content.parts:
            return bool({"header.json", "start.json", "_journal/start.json"} & content.parts)
        text = content.text
        return (
            text[:1] == "{" and '"eval"' in text and ('"task_id"' in text or '"run_id"' in text) and '"model"' in text
        )

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        source = content.source
        if content.parts:
            file = source.path if source.data is None else source.data
            with open_archive(file, source.name, content.limits) as archive:
                raw = header_of_archive(archive, source, content.limits)
        else:
            raw = header_of_document(source, content.limits)
        header = as_header(raw, content.name, source, model)
        reading = Reading(content.name, KIND, when=header.when)
        reading.rows = pd.DataFrame(header_rows(header, source, layout.top, reading))
        if not reading.found:
            status = raw.get("status", "success")
            raise DataError(f"{content.name}: holds no scores (status {status!r}): `forecast data logs` scores samples")
        if header.limit:
            reading.notes.append(f"{content.name}: the run was limited to {header.limit}")
        reading.notes.append(f"{content.name}: scores of the header; `forecast data logs` reads the samples")
        return reading
