"""Evaluations of DataComp-LM and OpenLM: in-context tasks of one model in one JSON document."""

from __future__ import annotations

import pandas as pd

from scale_forecast.data.names.tasks import harness_place
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.harness_names import averages
from scale_forecast.data.readers.identity import as_dict
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.metrics import score
from scale_forecast.data.readers.numbers_in import seconds_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading


class Dclm:
    name = "DCLM evaluation"
    example = Example(
        "evaluation.json",
        b'{"name": "heavy", "uuid": "u", "model": "widget-1b", "creation_date": "2024_01_29-21_58_32",\n'
        b'"eval_metrics": {"icl": {"arc_easy": 0.34, "hellaswag": 0.28}}}',
        {("arc_easy", "accuracy", "widget-1b"): 0.34, ("hellaswag", "accuracy", "widget-1b"): 0.28},
    )

    def recognises(self, content: Content) -> bool:
        return isinstance(as_dict(content.objects.get("eval_metrics")).get("icl"), dict)

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        document = content.objects
        tasks = document["eval_metrics"]["icl"]
        date = str(document.get("creation_date", "")).replace("_", "-", 2)[:10]
        reading = Reading(content.name, self.name, when=seconds_of(date))
        name = model or str(document.get("model") or document.get("name") or content.source.stem)
        rows = []
        for task, value in tasks.items():
            reading.found += 1
            one = score("acc", value, task=task)
            if one.refused:
                reading.refused[f"{one.refused} ({one.metric})"] += 1
                continue
            benchmark, placed = harness_place(task)
            rows.append(
                {
                    "benchmark": benchmark,
                    "task": placed,
                    "metric": one.metric,
                    "model": name,
                    "score": one.value,
                    "source": f"DCLM evaluation, {content.source.stem}",
                }
            )
        reading.rows = pd.DataFrame(rows)
        parts = averages({}, {task: {"acc": value} for task, value in tasks.items()})
        reading.tasks = [
            {"benchmark": "lm-eval", "task": task, "aggregate_of": f"lm-eval: {','.join(sorted(of))}"}
            for task, of in parts.items()
            if of
        ]
        return reading
