"""Tables in one JSON object: scores by model and task, as data frames write themselves, or rows under one name."""

from __future__ import annotations

from typing import Any, TypeGuard

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.headers import looks_like_models, metric_alone
from scale_forecast.data.readers.json_cells import flatten
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.numbers_in import number_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading
from scale_forecast.data.readers.tabular import read_table

_MOST = 1_000_000
_EXAMPLE = b"""{"acme-1b": {"MMLU": 31.0, "GSM8K": 2.1},
"acme-7b": {"MMLU": 62.5, "GSM8K": null}}"""
_UNSAID = "_unsaid"


class JsonTable:
    name = "JSON object of scores by name"
    example = Example(
        "scores.json",
        _EXAMPLE,
        {
            ("MMLU", "accuracy", "acme-1b"): 0.31,
            ("MMLU", "accuracy", "acme-7b"): 0.625,
            ("GSM8K", "accuracy", "acme-1b"): 0.021,
        },
    )

    def recognises(self, content: Content) -> bool:
        return "score" not in content.objects and _records(content) is not None

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        records = _records(content) or []
        frame = pd.DataFrame(records)
        frame = frame.astype(object).where(frame.notna(), None)
        if _UNSAID in frame:
            model = model or layout.constants.get("model")
            if model is None:
                raise DataError(f"{content.name}: names no model: say --as-model NAME")
            frame = frame.rename(columns={_UNSAID: "model"}).assign(model=model)
            if "model" in layout.constants:
                frame = frame.drop(columns="model")
        return read_table(frame, content.source, layout, model)


def _records(content: Content) -> list[dict[str, Any]] | None:
    """The rows of a table that an object holds; None where it holds none."""
    document = content.objects
    values = list(document.values())
    if not values or len(values) > _MOST:
        return None
    columns, data = document.get("columns"), document.get("data")
    if _is_list_of(columns, str) and _is_list_of(data, list):
        return [dict(zip(columns, row, strict=False)) for row in data]
    if all(isinstance(value, dict) and value for value in values):
        return _by_name(document)
    lists = [value for value in values if _is_list_of(value, dict)]
    if len(lists) == 1 and not any(isinstance(value, dict) for value in values):
        rows = [flatten(row) for row in lists[0]]
        return rows if {"model", "model_name", "name", "Model"} & rows[0].keys() else None
    nested = [value for value in values if isinstance(value, dict)]
    if (
        isinstance(document.get("model"), str)
        and len(nested) == 1
        and not lists
        and all(map(_is_number, nested[0].values()))
    ):
        return [flatten(document)]
    is_flat = all(_is_number(value) or value is None for value in values) and not any(":" in key for key in document)
    return [{_UNSAID: "", **document}] if is_flat and content.source.root is None else None


def _by_name(document: dict[str, dict[str, Any]]) -> list[dict[str, Any]] | None:
    """Of an object of objects: rows by model or by task, or columns whose rows have numbers."""
    inner = list(dict.fromkeys(key for value in document.values() for key in value))
    if all(key.isdigit() for key in inner) and not any(_is_nested(value) for value in document.values()):
        return [{name: column.get(row) for name, column in document.items()} for row in inner]
    if not all(_is_number(cell) or cell is None for value in document.values() for cell in value.values()):
        return None
    if all(metric_alone(key) is not None for key in inner) and not looks_like_models(document):
        return [{_UNSAID: "", "task": name, **value} for name, value in document.items()]
    across = looks_like_models(inner) and not looks_like_models(document)
    return [{"task" if across else "model": name, **value} for name, value in document.items()]


def _is_nested(value: dict[str, Any]) -> bool:
    return any(isinstance(cell, (dict, list)) for cell in value.values())


def _is_number(value: object) -> bool:
    return number_of(value) is not None and not isinstance(value, str)


def _is_list_of(value: object, kind: type) -> TypeGuard[list[Any]]:
    return isinstance(value, list) and bool(value) and all(isinstance(one, kind) for one in value)
