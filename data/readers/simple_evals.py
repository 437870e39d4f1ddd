"""Metrics of openai/simple-evals: one flat JSON document a run, which names neither model nor task."""

from __future__ import annotations

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.metrics import known_metric
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.metrics import metric_name
from scale_forecast.data.readers.numbers_in import number_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading

_SPREAD = (":std", ":min", ":max", ":n_samples", ":bootstrap_std")
_NO_SCORES = {"chars"}


class SimpleEvals:
    name = "simple-evals metrics"
    example = Example(
        "gpqa_widget-1b.json",
        b'{\n"chars": 1843.5, "chars:std": 612.1,\n"score:std": 0.352, "score": 0.8564}',
        {("gpqa", "accuracy", "widget-1b"): 0.8564},
    )

    def recognises(self, content: Content) -> bool:
        one = content.record if content.record is not None else content.objects
        names = set(one)
        return any(f"{name}:std" in names for name in names) and all(
            number_of(value) is not None for value in one.values()
        )

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        task, model = _run(content, layout, model)
        reading = Reading(content.name, self.name)
        if "task" not in layout.constants:
            reading.notes.append(f"{content.name}: the task is called {task!r} after the file: say --set task=NAME")
        rows = []
        values = content.record or content.objects
        for name, value in values.items():
            if name.endswith(_SPREAD) or name in _NO_SCORES:
                continue
            reading.found += 1
            number, metric = number_of(value), metric_name(name)
            is_metric = name == "score" or known_metric(metric) is not None
            if number is None or not 0.0 <= number <= 1.0:
                reading.refused[f"not a share ({name})"] += 1
                continue
            rows.append(
                {
                    **layout.constants,
                    "task": task if is_metric else f"{task}:{name}",
                    "metric": metric if is_metric and name != "score" else "accuracy",
                    "model": model,
                    "score": number,
                    "source": f"simple-evals, {content.source.stem}",
                }
            )
        reading.rows = pd.DataFrame(rows)
        parts = [str(row["task"]) for row in rows if str(row["task"]).startswith(f"{task}:")]
        if len(parts) > 1:
            reading.tasks.append(
                {"benchmark": "user", "task": task, "aggregate_of": f"user: {','.join(sorted(parts))}"}
            )
        return reading


def _run(content: Content, layout: Layout, model: str | None) -> tuple[str, str]:
    """Task and model as the user says, else as the file is called: ``gpqa_widget-1b.json``."""
    head, _, tail = content.source.stem.partition("_")
    model = model or layout.constants.get("model") or tail
    if not model:
        raise DataError(f"{content.name}: names no model: say --as-model NAME")
    stem = content.source.stem.removesuffix(f"_{model}") if head and tail else content.source.stem
    return layout.constants.get("task") or (stem if stem != content.source.stem or model != tail else head), model
