"""EvalPlus and BigCodeBench: the leaderboards' JSON of all models, and the results of one run."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.identity import as_dict
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.numbers_in import count_of, number_of, seconds_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading

_BACKEND = re.compile(r"_(?:vllm|hf|openai|anthropic|google|mistral|bedrock|ollama|gptqmodel)_temp_.*|_eval_results.*")
_BIG_CODE = {"instruct", "complete"}
_EXAMPLE = b"""{"CodeWidget-7B": {"link": "", "open-data": "NONE",
"pass@1": {"humaneval": 81.7, "humaneval+": 77.4}, "prompted": true, "size": 7.0},
"ChatWidget": {"link": "", "pass@1": {"humaneval": 90.2, "humaneval+": null}, "prompted": true, "size": null}}"""


class EvalPlusBoard:
    name = "EvalPlus leaderboard"
    example = Example(
        "results.json",
        _EXAMPLE,
        {
            ("humaneval", "pass@1", "CodeWidget-7B"): 0.817,
            ("humaneval+", "pass@1", "CodeWidget-7B"): 0.774,
            ("humaneval", "pass@1", "ChatWidget"): 0.902,
        },
    )

    def recognises(self, content: Content) -> bool:
        models = content.objects.values()
        return bool(models) and all(isinstance(m, dict) and isinstance(m.get("pass@1"), dict) for m in models)

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        reading = Reading(content.name, self.name)
        scores = [
            (about, task, value) for about, one in content.objects.items() for task, value in one["pass@1"].items()
        ]
        numbers = [number_of(value) for _, _, value in scores]
        top = 100.0 if max((n for n in numbers if n is not None), default=0.0) > 1.0 else 1.0
        rows = []
        for (name, task, value), number in zip(scores, numbers, strict=True):
            reading.found += 1
            if number is None or not 0.0 <= number / top <= 1.0:
                reading.refused["empty cell" if value is None else "not a share"] += 1
                continue
            about = content.objects[name]
            size, at_work = number_of(about.get("size")), number_of(about.get("act_param"))
            rows.append(
                {
                    "benchmark": "BigCodeBench" if task in _BIG_CODE else "EvalPlus",
                    "task": f"BigCodeBench {task}" if task in _BIG_CODE else str(task),
                    "metric": "pass@1",
                    "model": str(name),
                    "params": size * 1e9 if size and size > 0 else None,
                    "active_params": at_work * 1e9 if at_work and at_work > 0 else None,
                    "tuning": "instruct" if about.get("prompted") is True else None,
                    "score": round(number / top, 12),
                    "source": f"EvalPlus, {content.source.stem}",
                }
            )
        reading.rows = pd.DataFrame(rows)
        return reading


class EvalPlusRun:
    name = "EvalPlus run"
    example = Example(
        "acme--widget-7b_vllm_temp_0.0_eval_results.json",
        b"""{"date": "2025-01-02", "hash": "x", "eval": {"HumanEval/0": [{"base_status": "pass"}], "HumanEval/1": []},
"pass_at_k": {"base": {"pass@1": 0.5}, "plus": {"pass@1": 0.25}}}""",
        {("humaneval", "pass@1", "widget-7b"): 0.5, ("humaneval+", "pass@1", "widget-7b"): 0.25},
    )

    def recognises(self, content: Content) -> bool:
        return isinstance(content.objects.get("pass_at_k"), dict) and "eval" in content.objects

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        document = content.objects
        items = as_dict(document.get("eval"))
        dataset = next(iter(items), "humaneval/").partition("/")[0].casefold()
        name = model or _BACKEND.sub("", content.source.stem).replace("--", "/", 1)
        reading = Reading(content.name, self.name, when=seconds_of(document.get("date")))
        rows = []
        for which, task in (("base", dataset), ("plus", f"{dataset}+")):
            for metric, value in as_dict(document["pass_at_k"].get(which)).items():
                reading.found += 1
                row = _of_run(task, str(metric), value, len(items))
                if row is None:
                    reading.refused[f"not a share ({metric})"] += 1
                    continue
                rows.append({"model": name, "source": f"EvalPlus, {content.source.stem}", **row})
        reading.rows = pd.DataFrame(rows)
        return reading


def _of_run(task: str, metric: str, value: Any, items: int) -> dict[str, object] | None:
    number = number_of(value)
    if number is None or not 0.0 <= number <= 1.0:
        return None
    return {"benchmark": "EvalPlus", "task": task, "metric": metric, "score": number, "n_examples": count_of(items)}
