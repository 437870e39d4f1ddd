"""BIG-bench: score files (``scores_*.json``) and task folders (``task.json``), as in a checkout of the benchmark.

A score file holds, for one task and one model, an entry for every number of shots and every subtask, each with all its
metrics. ``normalized_aggregate_score`` repeats the preferred metric on the scale from low (0) to high (100): it is left
out, and counted, where that metric is there, and kept (divided by 100) where it alone averages the subtasks.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.names import fold
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.files import Source
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.metrics import score
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading
from scale_forecast.data.sizes import family_in_name

BENCHMARK = "BIG-bench"
_NORMALISED = "normalized_aggregate_score"


def is_score_file(document: object) -> bool:
    """True for a ``scores_*.json``."""
    if not isinstance(document, dict) or not isinstance(document.get("scores"), list):
        return False
    return all(isinstance(e, dict) and isinstance(e.get("score_dict"), dict) for e in document["scores"])


def is_task(document: object) -> bool:
    """True for a ``task.json``."""
    if not isinstance(document, dict):
        return False
    has_examples = isinstance(document.get("examples"), list)
    return "name" in document and (has_examples or "subtasks" in document) and "description" in document


class BigBenchScores:
    name = "BIG-bench scores"
    example = Example(
        "scores_GPT_GPT-3-3B.json",
        b"""{"scores": [{"score_dict": {"exact_str_match": 0.5}, "preferred_score": "exact_str_match",
"subtask_description": "t", "number_of_shots": 0}], "task": {"task_name": "t"},
"model": {"model_family": "GPT", "model_name": "3B", "total_params": 3e9}}""",
        {("t", "exact_match", "GPT 3B"): 0.5},
    )

    def recognises(self, content: Content) -> bool:
        return is_score_file(content.objects)

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        return read_score_file(content.objects, content.source, model)


class BigBenchTask:
    name = "BIG-bench task"
    example = Example(
        "task.json",
        b"""{"name": "n", "description": "d", "keywords": [],
"examples": [{"input": "a", "target_scores": {"x": 1, "y": 0}}]}""",
        {},
    )

    def recognises(self, content: Content) -> bool:
        return is_task(content.objects)

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        return read_task(content.objects, content.source)


def read_score_file(document: dict[str, object], source: Source, model: str | None = None) -> Reading:
    """All metrics of one task by one model."""
    reading = Reading(source.name, "BIG-bench scores")
    task = task_name(document, source)
    entries = document["scores"]
    assert isinstance(entries, list)
    names = [subtask_name(task, e.get("subtask_description")) for e in entries]
    subtasks = sorted(set(names) - {task})
    if len(set(names)) == 1:
        names, subtasks = [task] * len(names), []
    about = model_row(document, source, model)
    rows = []
    for entry, name in zip(entries, names, strict=True):
        preferred = str(entry.get("preferred_score"))
        for metric, value in entry["score_dict"].items():
            reading.found += 1
            if metric == _NORMALISED and preferred != _NORMALISED and preferred in entry["score_dict"]:
                reading.refused["normalised copy of the preferred metric"] += 1
                continue
            one = score(str(metric), _in_unit(str(metric), value, preferred, entry), task=name)
            if one.refused:
                reading.refused[f"{one.refused} ({one.metric})"] += 1
                continue
            rows.append(
                {
                    "benchmark": BENCHMARK,
                    "task": name,
                    "metric": one.metric,
                    "shots": _shots(entry.get("number_of_shots")),
                    "score": one.value,
                    "higher_is_better": _direction(entry) if metric == preferred else None,
                    "source": f"BIG-bench scores, {source.path.name if source.path else 'standard input'}",
                    **about,
                }
            )
    reading.rows = pd.DataFrame(rows)
    if subtasks and task in names:
        inner = ",".join(s.removeprefix(f"{task}:") for s in subtasks)
        reading.tasks.append({"benchmark": BENCHMARK, "task": task, "aggregate_of": f"{BENCHMARK} {task}: {inner}"})
    return reading


def _direction(entry: dict[str, object]) -> bool | None:
    """Whether more is better of the preferred metric, by the scores that the task calls low and high."""
    low, high = entry.get("low_score"), entry.get("high_score")
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)) or low == high:
        return True if isinstance(high, (int, float)) and high > 0 else None
    return high > low


def _in_unit(metric: str, value: object, preferred: str, entry: dict[str, object]) -> object:
    """Percentages become shares: the normalised score, and a preferred metric whose ``high_score`` is 100."""
    high = entry.get("high_score")
    hundred = metric == _NORMALISED or (metric == preferred and high == 100)
    if hundred and isinstance(value, (int, float)) and not isinstance(value, bool):
        return value / 100.0
    return value


def task_name(document: dict[str, object], source: Source) -> str:
    """The task a file of results is about, by itself or by its folder."""
    about = document.get("task")
    name = about.get("task_name", about.get("name")) if isinstance(about, dict) else about
    if isinstance(name, str) and name:
        return name
    if source.path and source.path.parent.name == "results":
        return source.path.parent.parent.name
    return source.stem.removeprefix("scores_").removeprefix("full-log_")


def subtask_name(task: str, part: object) -> str:
    """``task:part``, or the task where the part is all of it."""
    name = str(part or task).strip()
    return name if name == task or name.startswith(f"{task}:") else f"{task}:{name}"


def _shots(value: object) -> int | None:
    return int(value) if isinstance(value, (int, float)) and math.isfinite(value) and value >= 0 else None


def model_row(document: dict[str, object], source: Source, model: str | None) -> dict[str, object]:
    """Columns ``model, family, params`` of the results table; ``model`` is what the user calls it, which wins."""
    about = document.get("model")
    about = about if isinstance(about, dict) else {}
    family, name = str(about.get("model_family") or ""), str(about.get("model_name") or "")
    if fold(name).startswith(fold(family)):
        family = family_in_name(name) if name else family
        full = name
    else:
        full = f"{family} {name}".strip()
    stem = source.stem.removeprefix("scores_").removeprefix("full-log_")
    full = model or full or stem.replace("_", " ")
    sizes = (about.get(key) for key in ("total_params", "non_embedding_params"))
    size = next((s for s in sizes if isinstance(s, (int, float)) and not isinstance(s, bool) and s > 0), None)
    return {"model": full, "family": family or None, "params": size}


def read_task(document: dict[str, object], source: Source) -> Reading:
    """Descriptors of one task, measured on its examples; what the file does not say is missing."""
    reading = Reading(source.name, "BIG-bench task")
    examples = document.get("examples")
    examples = [e for e in examples if isinstance(e, dict)] if isinstance(examples, list) else []
    keywords = document.get("keywords")
    row: dict[str, object] = {"benchmark": BENCHMARK, "task": _task_of_folder(source, document)}
    if isinstance(keywords, list) and keywords:
        row["keywords"] = ", ".join(str(k) for k in keywords)
    if examples:
        row["n_examples"] = len(examples)
        row["input_words"] = float(np.mean([len(str(e.get("input", "")).split()) for e in examples]))
        try:
            row |= _choices(examples)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{source.name}: target_scores must be numbers by choice ({error}): mend the task"
            ) from error
    subtasks = document.get("subtasks")
    if not examples and isinstance(subtasks, list) and subtasks:
        names = [str(s.get("subtask_path", s.get("name"))) if isinstance(s, dict) else str(s) for s in subtasks]
        row["aggregate_of"] = f"{BENCHMARK} {row['task']}: {','.join(Path(n.rstrip('/')).name for n in names)}"
    reading.tasks.append(row)
    return reading


def _choices(examples: list[dict[str, object]]) -> dict[str, object]:
    """Choices, chance (the expected score of a choice at random), ceiling and length of the answers."""
    scored = [e["target_scores"] for e in examples] if all(e.get("target_scores") for e in examples) else []
    values = [[float(v) for v in s.values()] for s in scored if isinstance(s, dict)]
    row: dict[str, object] = {}
    if values and len(values) == len(examples):
        row["n_choices"] = float(np.mean([len(v) for v in values]))
        chance, ceiling = np.mean([np.mean(v) for v in values]), np.mean([max(v) for v in values])
        if 0.0 <= chance < ceiling <= 1.0:
            row |= {"chance": float(chance), "ceiling": float(ceiling)}
    lengths = [len(answer) for e in examples for answer in _answers(e)]
    if lengths:
        row["target_chars"] = float(np.mean(lengths))
    return row


def _answers(example: dict[str, object]) -> list[str]:
    target, scores = example.get("target"), example.get("target_scores")
    if isinstance(scores, dict) and scores:
        best = max(float(v) for v in scores.values())
        return [str(choice) for choice, v in scores.items() if float(v) == best]
    if isinstance(target, list):
        return [str(t) for t in target[:1]]
    return [str(target)] if target is not None else []


def _task_of_folder(source: Source, document: dict[str, object]) -> str:
    """The task's folder; ``task:subtask`` where the folder above is a task itself."""
    if source.path is None or source.path.stem != "task":
        return str(document["name"])
    folder = source.path.resolve().parent
    above = folder.parent
    return f"{above.name}:{folder.name}" if (above / "task.json").exists() else folder.name
