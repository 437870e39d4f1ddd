"""Results in the cards of models: the ``model-index`` before a README, and ``.eval_results`` beside it."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from scale_forecast.data.dates import RUN_DATE
from scale_forecast.data.errors import DataError
from scale_forecast.data.metrics import known_metric
from scale_forecast.data.names import fold
from scale_forecast.data.names.keys import aliases, metric_name
from scale_forecast.data.readers.board import Board, publication_fields, text_of, top_of
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.files import decode_text
from scale_forecast.data.readers.headers import scores_of
from scale_forecast.data.readers.identity import as_dict, objects_in
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.numbers_in import count_of, number_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading
from scale_forecast.data.readers.yaml_parts import document_of, parse_yaml

_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_IS_CARD = re.compile(r"^model-index:", re.MULTILINE)
_IS_EVAL = re.compile(r"^- dataset:\s*\n\s+id: \S", re.MULTILINE)
_WHOLE = {"default", "main", "all", "none", "test", "validation", "multiple_choice", "winogrande_xl"}
_RESCALED = ("bbh", "gpqa", "musr", "mmlu-pro", "mmlu_pro")
_RATIOS = ("wer", "cer", "ter", "mer")
_MOST_RATIO = 2.0
"""An error rate has no highest value, so that no share of one kind tells its unit; above this it is in percent."""
_EXAMPLE = b"""---
license: mit
model-index:
- name: widget-7b
  results:
  - task: {type: text-generation}
    dataset: {name: AI2 Reasoning Challenge (25-Shot), type: ai2_arc, config: ARC-Challenge, args: {num_few_shot: 25}}
    metrics:
    - {type: acc_norm, value: 62.03}
    source: {name: Open LLM Leaderboard}
  - task: {type: text-classification}
    dataset: {name: glue, type: glue, args: sst2}
    metrics:
    - {name: Accuracy, type: accuracy, value: 0.91}
---
# widget-7b
| a | b |
"""


class ModelCard:
    name = "model card"
    example = Example(
        "README.md",
        _EXAMPLE,
        {
            ("ARC-Challenge", "acc_norm", "widget-7b"): 0.6203,
            ("glue sst2", "accuracy", "widget-7b"): 0.91,
        },
    )

    def recognises(self, content: Content) -> bool:
        front = _FRONT.match(content.text)
        return front is not None and _IS_CARD.search(front[1]) is not None

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        front = _FRONT.match(decode_text(content.source.whole(content.limits.json), content.name).lstrip())
        card = as_dict(parse_yaml(front[1] if front else "", content.name))
        board = Board(content, self.name)
        for one in objects_in(card.get("model-index")):
            name = model or text_of(one.get("name")) or content.source.stem
            results = objects_in(one.get("results"))
            tops = _tops(results)
            for result in results:
                _add(board, result, name, tops)
        return board.finish()


class EvalResults:
    name = "evaluation results beside a model card"
    example = Example(
        "acme__widget-7b/.eval_results/hle.yaml",
        b"- dataset:\n    id: cais/hle\n    task_id: default\n  value: 20.9\n  date: '2025-01-15'\n  notes: no tools\n",
        {("hle", "accuracy", "widget-7b"): 0.209},
    )

    def recognises(self, content: Content) -> bool:
        return _IS_EVAL.search(content.text[:4096]) is not None

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        model = model or layout.constants.get("model") or _folder(content)
        board = Board(content, self.name)
        for one in objects_in(document_of(content)):
            data = as_dict(one.get("dataset"))
            task = text_of(data.get("task_id"))
            whole = (text_of(data.get("id")) or "").rpartition("/")[2]
            board.add(
                one.get("value"),
                top=top_of([one.get("value")]),
                model=model,
                task=whole if task is None or task.casefold() in _WHOLE else task,
                **publication_fields(one.get("date"), RUN_DATE),
                setting=text_of(one.get("notes")),
                evaluator=text_of(as_dict(one.get("source")).get("name")),
            )
        return board.finish()


def _folder(content: Content) -> str:
    """The folder above ``.eval_results``, where it is called after a model."""
    folders = [folder.name for folder in content.source.path.parents] if content.source.path else []
    if ".eval_results" in folders and (name := folders[folders.index(".eval_results") + 1]):
        return name.replace("__", "/", 1)
    raise DataError(f"{content.name}: names no model: say --as-model NAME")


def _tops(results: list[dict[str, Any]]) -> dict[object, float]:
    """Where shares end, by who measured: an evaluator gives all of them in one way."""
    values = defaultdict(list)
    for result in results:
        for metric in objects_in(result.get("metrics")):
            known = known_metric(_metric(metric))
            if known is None or known.unit == "share":
                values[_source(result)].append(metric.get("value"))
    return {source: top_of(of) for source, of in values.items()}


def _add(board: Board, result: dict[str, Any], model: str, tops: dict[object, float]) -> None:
    data, source = as_dict(result.get("dataset")), _source(result)
    task, shots = _task(data)
    where = f"{data.get('type')} {data.get('name')}".casefold()
    is_rescaled = "open llm leaderboard" in str(source).casefold() and any(name in where for name in _RESCALED)
    for metric in objects_in(result.get("metrics")):
        name = _metric(metric)
        if is_rescaled:
            board.refuse("rescaled by the leaderboard so that chance is 0")
            continue
        value = number_of(metric.get("value"))
        if name in _RATIOS and value is not None and value > _MOST_RATIO:
            value /= 100.0
        is_unclear = value is None and metric.get("value") is not None
        board.add(
            metric.get("value") if is_unclear else value,
            top=tops.get(source, 1.0),
            metric=name,
            model=model,
            task=task,
            shots=shots,
            evaluator=source,
        )


def _metric(metric: dict[str, Any]) -> str:
    return metric_name(text_of(metric.get("type")) or text_of(metric.get("name")) or "accuracy")


def _source(result: dict[str, Any]) -> str | None:
    return text_of(as_dict(result.get("source")).get("name"))


def _task(data: dict[str, Any]) -> tuple[str, int | None]:
    """A test under the name that is known of those that a card gives it, and its shots."""
    title = scores_of(text_of(data.get("name")) or text_of(data.get("type")) or "")
    arguments = as_dict(data.get("args"))
    shots = count_of(arguments.get("num_few_shot"))
    part = text_of(data.get("args")) or text_of(data.get("config"))
    part = None if part is None or part.casefold() in _WHOLE else part
    known = {*aliases("tasks"), *aliases("benchmarks")}
    kind = (text_of(data.get("type")) or "").rpartition("/")[2]
    name = next((text for text in (title.task, part, kind) if text and fold(text) in known), None)
    if name is None:
        name = title.task if part is None or fold(part) in fold(title.task) else f"{title.task} {part}"
    return name, title.shots if title.shots is not None else shots
