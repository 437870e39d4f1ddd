"""Results of one run that are one JSON document: the BigCode harness, EvalScope, LiveCodeBench, Papers with Code."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd

from scale_forecast.data.metrics import known_metric
from scale_forecast.data.names.keys import metric_name
from scale_forecast.data.readers.board import Board, mean_of, text_of, top_of
from scale_forecast.data.readers.cells import as_cells
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.identity import as_dict, as_list, objects_in
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.numbers_in import count_of, day_of, number_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading

_MOST_DEEP = 20


class BigCodeRun:
    name = "BigCode evaluation harness"
    example = Example(
        "evaluation_results.json",
        b"""{"humaneval": {"pass@1": 0.3359, "pass@10": 0.5612},
"config": {"model": "acme/coder-1b", "tasks": "humaneval", "n_samples": 200, "load_in_4bit": false, "limit": null}}""",
        {("humaneval", "pass@1", "coder-1b"): 0.3359, ("humaneval", "pass@10", "coder-1b"): 0.5612},
    )

    def recognises(self, content: Content) -> bool:
        config = as_dict(content.objects.get("config"))
        return {"n_samples", "tasks", "model"} <= config.keys()

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        config = as_dict(content.objects["config"])
        bits = next((name for name in ("load_in_4bit", "load_in_8bit") if config.get(name) is True), None)
        extra = [text_of(config.get("peft_model")), bits and bits.removeprefix("load_in_")]
        name = model or "+".join(part for part in (text_of(config.get("model")), *extra) if part)
        limit = count_of(config.get("limit"))
        board = Board(content, self.name)
        for task, values in content.objects.items():
            if task != "config":
                for metric, value in as_dict(values).items():
                    board.add(value, task=task, metric=str(metric), model=name, n_examples=limit)
        if limit is not None:
            board.reading.notes.append(f"{content.name}: the run was limited to {limit} examples a task")
        return board.finish()


class EvalScope:
    name = "EvalScope report"
    example = Example(
        "reports/widget-1b/gsm8k.json",
        b"""{"name": "widget-1b@gsm8k", "dataset_name": "gsm8k", "model_name": "widget-1b", "score": 0.35,
"metrics": [{"name": "AverageAccuracy", "num": 100, "score": 0.35, "categories": []}]}""",
        {("gsm8k", "accuracy", "widget-1b"): 0.35},
    )

    def recognises(self, content: Content) -> bool:
        return {"dataset_name", "model_name", "metrics"} <= content.objects.keys()

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        document = content.objects
        board = Board(content, self.name)
        for metric in map(as_dict, as_list(document["metrics"])):
            named = text_of(metric.get("name")) or "accuracy"
            board.add(
                metric.get("score"),
                metric="accuracy" if named.casefold() in ("averageaccuracy", "mean_acc") else metric_name(named),
                task=text_of(document.get("dataset_name")),
                model=model or text_of(document.get("model_name")),
                n_examples=count_of(metric.get("num")),
            )
        return board.finish()


class LiveCodeBench:
    name = "LiveCodeBench performances"
    example = Example(
        "performances_generation.json",
        b"""{"performances": [{"question_id": "1", "model": "Widget-5", "date": 1693417600000, "pass@1": 100.0},
{"question_id": "2", "model": "Widget-5", "date": 1683417600000, "pass@1": 40.0}],
"models": [{"model_name": "widget-5-0613", "model_repr": "Widget-5", "release_date": 1630454400000}]}""",
        {("LiveCodeBench", "pass@1", "widget-5-0613"): 0.7},
    )

    def recognises(self, content: Content) -> bool:
        rows = content.objects.get("performances")
        return isinstance(rows, list) and bool(rows) and "pass@1" in as_dict(rows[0])

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        """The mean over all problems of the file; which months they are of is its version."""
        known = {str(one.get("model_repr")): one for one in objects_in(content.objects.get("models"))}
        values: dict[str, list[float]] = defaultdict(list)
        days: list[float] = []
        for row in map(as_dict, content.objects["performances"]):
            number, day = number_of(row.get("pass@1")), number_of(row.get("date"))
            if number is not None and 0.0 <= number <= 100.0:
                values[str(row.get("model"))].append(number / 100.0)
            if day is not None and 0 < day < 1e14:
                days.append(day / 1000.0)
        board = Board(content, self.name)
        months = [str(day_of(day))[:7] for day in (min(days), max(days))] if days else []
        for name, scores in values.items():
            mean, error = mean_of(scores)
            board.add(
                mean,
                metric="pass@1",
                task="LiveCodeBench",
                model=text_of(known.get(name, {}).get("model_name")) or name,
                version=" to ".join(dict.fromkeys(months)) or None,
                n_examples=len(scores),
                stderr=error,
                evaluator="LiveCodeBench",
            )
        return board.finish()


class PapersWithCode:
    name = "Papers with Code tables"
    example = Example(
        "evaluation-tables.json",
        b"""[{"task": "Answering", "subtasks": [], "datasets": [{"dataset": "SQuAD2.0", "sota": {"metrics": ["EM"],
"rows": [{"model_name": "Widget (single)", "paper_date": "2018-10-11", "metrics": {"EM": "80.005"}}]}}]}]""",
        {("SQuAD2.0", "exact_match", "Widget (single)"): 0.80005},
    )

    def recognises(self, content: Content) -> bool:
        tables = as_list(content.document)
        return bool(tables) and all({"task", "datasets"} <= as_dict(table).keys() for table in tables[:10])

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        board = Board(content, self.name)
        for dataset in _datasets(content.document, 0):
            entries = objects_in(as_dict(dataset.get("sota")).get("rows"))
            tops: dict[str, list[object]] = defaultdict(list)
            for entry in entries:
                for metric, value in as_dict(entry.get("metrics")).items():
                    tops[str(metric)].append(_number(value))
            for entry in entries:
                for metric, value in as_dict(entry.get("metrics")).items():
                    name = metric_name("_".join(str(metric).split()))
                    if known_metric(name) is None:
                        board.refuse(f"metric {str(metric)[:30]!r} of unknown direction")
                        continue
                    board.add(
                        _number(value),
                        top=top_of(tops[str(metric)]),
                        metric=name,
                        task=text_of(dataset.get("dataset")),
                        model=text_of(entry.get("model_name")),
                        known_on=text_of(entry.get("paper_date")),
                    )
        return board.finish()


def _datasets(tables: object, depth: int) -> list[dict[str, Any]]:
    """The data sets of tasks and of the tasks under them."""
    found: list[dict[str, Any]] = []
    for table in objects_in(tables) if depth < _MOST_DEEP else []:
        found += objects_in(table.get("datasets"))
        found += _datasets(table.get("subtasks"), depth + 1)
    return found


def _number(value: object) -> float | None:
    """A number, of ``91.0%`` too, in percent where it carries the sign."""
    number = number_of(value)
    if number is not None or not isinstance(value, str):
        return number
    cells = as_cells(pd.Series([value]))
    number = number_of(float(cells.value.iloc[0]))
    return number * 100.0 if number is not None and cells.is_percent.iloc[0] else number
