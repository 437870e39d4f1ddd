"""Aggregate records of every_eval_ever: one JSON document a model, which says scale and direction of its metrics."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from scale_forecast.data.metrics import known_metric
from scale_forecast.data.names.keys import metric_name
from scale_forecast.data.names.tasks import harness_place
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.identity import as_dict, as_list
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.numbers_in import count_of, day_of, number_of, seconds_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading

_Z95 = 1.959964
_UNITS = {"percent": 100.0, "percentage": 100.0, "%": 100.0, "proportion": 1.0, "share": 1.0, "fraction": 1.0}
_EXAMPLE = b"""{"schema_version": "0.2.2", "evaluation_id": "b/acme_widget-1b/1", "retrieved_timestamp": "1770682486",
"source_metadata": {"source_type": "documentation", "source_organization_name": "Board",
"evaluator_relationship": "third_party"},
"model_info": {"name": "widget-1b", "id": "acme/widget-1b", "additional_details": {"params_billions": 1.1}},
"evaluation_results": [
{"evaluation_name": "IFEval", "source_data": {"dataset_name": "IFEval", "source_type": "other"},
"metric_config": {"lower_is_better": false, "score_type": "continuous", "min_score": 0.0, "max_score": 1.0},
"score_details": {"score": 0.4486}},
{"evaluation_name": "Made up", "source_data": {"dataset_name": "H", "source_type": "other"},
"metric_config": {"lower_is_better": true, "score_type": "continuous", "min_score": 0.0, "max_score": 100.0},
"score_details": {"score": 7.3}}]}"""


class EveryEvalEver:
    name = "every_eval_ever record"
    example = Example(
        "record.json",
        _EXAMPLE,
        {("IFEval", "accuracy", "widget-1b"): 0.4486, ("Made up", "error_rate", "widget-1b"): 0.073},
    )

    def recognises(self, content: Content) -> bool:
        return {"schema_version", "model_info", "evaluation_results"} <= content.objects.keys()

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        document = content.objects
        retrieved = seconds_of(document.get("retrieved_timestamp"))
        reading = Reading(content.name, self.name)
        reading.when = seconds_of(document.get("evaluation_timestamp"), retrieved)
        about, source = as_dict(document.get("model_info")), as_dict(document.get("source_metadata"))
        details = as_dict(about.get("additional_details"))
        billions = number_of(details.get("params_billions"))
        model_row = {
            "model": model or str(about.get("id") or about.get("name") or content.source.stem),
            "params": billions * 1e9 if billions else None,
            "organisation": _text(about.get("developer")),
            "evaluator": _text(source.get("source_organization_name")),
            "source": f"every_eval_ever, {_text(source.get('source_name')) or content.source.stem}",
            "seen_on": day_of(retrieved),
        }
        rows = []
        for result in map(as_dict, as_list(document["evaluation_results"])):
            reading.found += 1
            row = _row(result, layout)
            if isinstance(row, str):
                reading.refused[row] += 1
            else:
                rows.append({**model_row, **row})
        reading.rows = pd.DataFrame(rows)
        return reading


def _row(result: dict[str, Any], layout: Layout) -> dict[str, object] | str:
    """One score in its unit, or why it has none."""
    metric, details = as_dict(result.get("metric_config")), as_dict(result.get("score_details"))
    score, lower = number_of(details.get("score")), metric.get("lower_is_better")
    if score is None:
        return "not a number"
    if metric.get("score_type") == "levels":
        return "a level, which is no number"
    name = _name(metric, lower is True)
    known = known_metric(name)
    if not isinstance(lower, bool) and known is None:
        return f"metric {name!r} is unknown: say which way is better, --set higher_is_better=true or false"
    part = 1.0
    if known is None or known.unit == "share":
        top = _UNITS.get(str(metric.get("metric_unit")).casefold()) or number_of(metric.get("max_score")) or layout.top
        part = top if top is not None and top > 0 and math.isfinite(top) else 1.0
        if not 0.0 <= score / part <= 1.0:
            return f"{name} {score:g} of unknown scale: say --scale 100, or --scale with its top"
    task = str(result.get("evaluation_name") or as_dict(result.get("source_data")).get("dataset_name"))
    benchmark, placed = harness_place(task)
    uncertainty = as_dict(details.get("uncertainty"))
    error = _error(uncertainty)
    samples = uncertainty.get("num_samples") or as_dict(result.get("source_data")).get("samples_number")
    return {
        "benchmark": benchmark,
        "task": placed,
        "metric": name,
        "score": score / part,
        "stderr": None if error is None else error / part,
        "n_examples": count_of(samples),
        "higher_is_better": not lower if isinstance(lower, bool) else None,
    }


def _name(metric: dict[str, Any], is_lower: bool) -> str:
    """The metric as the record calls it; accuracy, or an error rate, where it only says which way is better."""
    for key in ("metric_id", "metric_kind", "metric_name"):
        value = metric.get(key)
        if isinstance(value, str) and value.strip():
            last = value.strip().rsplit(".", 1)[-1].replace("pass_at_1", "pass@1")
            if known_metric(metric_name(last.casefold().replace(" ", "_"))) is not None:
                return metric_name(last.casefold().replace(" ", "_"))
    named = metric.get("metric_name") or metric.get("metric_id")
    return str(named).strip() if isinstance(named, str) and named.strip() else "error_rate" if is_lower else "accuracy"


def _error(uncertainty: dict[str, Any]) -> float | None:
    """A standard error, else the one behind a confidence interval of 95%."""
    stated = uncertainty.get("standard_error")
    value = number_of(stated.get("value") if isinstance(stated, dict) else stated)
    if value is not None:
        return value if value >= 0 else None
    interval = as_dict(uncertainty.get("confidence_interval"))
    low, high = number_of(interval.get("lower")), number_of(interval.get("upper"))
    level = number_of(interval.get("confidence_level"))
    if low is None or high is None or high < low or level not in (None, 0.95, 95.0):
        return None
    return (high - low) / (2 * _Z95)


def _text(value: object) -> str | None:
    return value.strip() if isinstance(value, str) and value.strip() else None
