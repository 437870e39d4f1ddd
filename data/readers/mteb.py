"""Results of MTEB: one JSON document a task, in a folder called after the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.metrics import known_metric
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.identity import as_dict, as_list
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.numbers_in import number_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading

_ABOUT = {"dataset_revision", "mteb_version", "mteb_dataset_name", "task_name", "evaluation_time", "kg_co2_emissions"}
_MAIN = "main_score"
_EXAMPLE = b"""{"dataset_revision": "a", "task_name": "Banking77", "mteb_version": "1.12.0", "evaluation_time": 3.2,
"scores": {"test": [{"hf_subset": "default", "languages": ["eng-Latn"], "accuracy": 0.8, "f1": 0.79,
"main_score": 0.8}]}}"""


class Mteb:
    name = "MTEB results"
    example = Example(
        "acme__widget-1b/no_revision_available/Banking77.json",
        _EXAMPLE,
        {("Banking77", "accuracy", "widget-1b"): 0.8, ("Banking77", "f1", "widget-1b"): 0.79},
    )

    def recognises(self, content: Content) -> bool:
        names = content.objects.keys()
        return "mteb_version" in names and bool({"task_name", "mteb_dataset_name"} & names)

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        document = content.objects
        task = str(document.get("task_name") or document.get("mteb_dataset_name"))
        reading = Reading(content.name, self.name)
        model = model or _model_of(content)
        rows = []
        for split, subset, values in _splits(document):
            main = values.get(_MAIN)
            for metric, value in values.items():
                number = number_of(value)
                if metric in _ABOUT or number is None or isinstance(value, str):
                    continue
                reading.found += 1
                if metric == _MAIN and any(v == main for name, v in values.items() if name != _MAIN):
                    reading.refused["copy of the main metric"] += 1
                    continue
                name = "accuracy" if metric == _MAIN else str(metric)
                if not 0.0 <= number <= 1.0 or known_metric(name) is None:
                    reading.refused[f"no share of known direction ({metric})"] += 1
                    continue
                rows.append(
                    {
                        "benchmark": "MTEB",
                        "task": task if subset in ("default", None) else f"{task} ({subset})",
                        "metric": name,
                        "version": None if split == "test" else split,
                        "model": model,
                        "score": number,
                        "source": f"MTEB {document.get('mteb_version')}",
                    }
                )
        reading.rows = pd.DataFrame(rows)
        return reading


def _splits(document: dict[str, Any]) -> Iterator[tuple[str, str | None, dict[str, Any]]]:
    """Split, language and its metrics, of the layouts before and since version 1.11."""
    scores = document.get("scores")
    if isinstance(scores, dict):
        for split, subsets in scores.items():
            for one in map(as_dict, as_list(subsets)):
                yield str(split), str(one.get("hf_subset") or "default"), one
        return
    for split, values in document.items():
        if split not in _ABOUT and isinstance(values, dict):
            inner = {name: one for name, one in values.items() if isinstance(one, dict) and name not in ("cos_sim",)}
            if inner and not any(number_of(value) is not None for name, value in values.items() if name not in _ABOUT):
                for language, one in inner.items():
                    yield split, str(language), one
            else:
                yield split, "default", values


def _model_of(content: Content) -> str:
    """The folder of the model, two above the file since results name the revision."""
    for folder in content.source.path.parents if content.source.path else []:
        if "__" in folder.name:
            return folder.name.replace("__", "/", 1)
    if content.source.path is not None and content.source.path.parent.name not in ("", "."):
        return content.source.path.parent.name
    raise DataError(f"{content.name}: names no model: keep it in a folder called organisation__model or say --as-model")
