"""Leaderboards that are one JSON document each: ARC Prize, Artificial Analysis, OpenVLM and HELM's tables."""

from __future__ import annotations

import re

import pandas as pd

from scale_forecast.data.readers.board import Board, text_of
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.identity import as_dict, as_list
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.numbers_in import number_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading
from scale_forecast.data.readers.tabular import read_table

_ARC = {
    "v1_Semi_Private": "ARC-AGI-1",
    "v2_Semi_Private": "ARC-AGI-2",
    "v3_Semi_Private": "ARC-AGI-3",
}
_EFFORT = re.compile(r"-(xhigh|high|medium|low|minimal|none|max|thinking(?:-[0-9]+k|-none)?)$", re.IGNORECASE)
_ANALYSIS = {
    "mmlu_pro": "MMLU-Pro",
    "gpqa": "GPQA Diamond",
    "hle": "Humanity's Last Exam",
    "livecodebench": "LiveCodeBench",
    "math_500": "MATH-500",
    "aime": "AIME 2024",
    "aime_25": "AIME 2025",
    "scicode": "SciCode",
    "ifbench": "IFBench",
}
_TOTALS = ("Overall", "Final Score")


class ArcPrize:
    name = "ARC Prize evaluations"
    example = Example(
        "evaluations.json",
        b"""[{"datasetId": "v2_Semi_Private", "modelId": "widget-5-high", "score": 0.065, "costPerTask": 0.83},
{"datasetId": "v1_Public_Eval", "modelId": "widget-5-high", "score": 0.7}]""",
        {
            ("ARC-AGI-2", "accuracy", "widget-5"): 0.065,
            ("ARC-AGI v1_Public_Eval", "accuracy", "widget-5"): 0.7,
        },
    )

    def recognises(self, content: Content) -> bool:
        rows = as_list(content.document)
        return bool(rows) and all({"datasetId", "modelId", "score"} <= as_dict(row).keys() for row in rows[:10])

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        board = Board(content, self.name)
        for row in map(as_dict, content.document):
            called = text_of(row.get("modelId")) or ""
            effort = _EFFORT.search(called)
            dataset = text_of(row.get("datasetId")) or ""
            board.add(
                row.get("score"),
                task=_ARC.get(dataset, f"ARC-AGI {dataset}"),
                model=_EFFORT.sub("", called),
                setting=effort[1] if effort else None,
                evaluator="ARC Prize",
            )
        return board.finish()


class ArtificialAnalysis:
    name = "Artificial Analysis models"
    example = Example(
        "models.json",
        b"""{"status": 200, "data": [{"name": "widget-5", "slug": "widget-5", "model_creator": {"name": "Acme"},
"evaluations": {"artificial_analysis_intelligence_index": 62.9, "gpqa": 0.748, "hle": null}}]}""",
        {("GPQA Diamond", "accuracy", "widget-5"): 0.748},
    )

    def recognises(self, content: Content) -> bool:
        rows = content.objects.get("data")
        return isinstance(rows, list) and bool(rows) and {"evaluations", "model_creator"} <= as_dict(rows[0]).keys()

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        board = Board(content, self.name)
        for row in map(as_dict, content.objects["data"]):
            for key, value in as_dict(row.get("evaluations")).items():
                if "index" in str(key):
                    board.refuse("an index over several benchmarks, of no scale")
                    continue
                board.add(
                    value,
                    task=_ANALYSIS.get(str(key), str(key)),
                    model=text_of(row.get("name")),
                    organisation=text_of(as_dict(row.get("model_creator")).get("name")),
                    released=text_of(row.get("release_date")),
                    evaluator="Artificial Analysis",
                )
        return board.finish()


class OpenVlm:
    name = "OpenVLM leaderboard"
    example = Example(
        "OpenVLM.json",
        b"""{"time": "240901", "results": {"Widget-V-8B": {"META": {"Method": ["Widget-V-8B", ""], "Parameters": "8B"},
"MMMU_VAL": {"Art": 60.0, "Overall": 51.2}, "MME": {"Overall": 2215.1}}}}""",
        {("MMMU_VAL", "accuracy", "Widget-V-8B"): 0.512},
    )

    def recognises(self, content: Content) -> bool:
        models = as_dict(content.objects.get("results"))
        return bool(models) and all("META" in as_dict(one) for one in models.values())

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        board = Board(content, self.name)
        for name, one in content.objects["results"].items():
            about = as_dict(one["META"])
            for task, values in one.items():
                total = next((t for t in _TOTALS if t in as_dict(values)), None)
                if task == "META" or total is None:
                    continue
                value = number_of(values[total])
                if value is not None and value > 100.0:
                    board.refuse("more than 100, on a scale of the test's own")
                    continue
                board.add(
                    value,
                    top=100.0,
                    task=str(task),
                    model=str(name),
                    organisation=text_of(about.get("Org")),
                    evaluator="OpenVLM leaderboard",
                )
        return board.finish()


class HelmTables:
    name = "tables of a HELM leaderboard"
    example = Example(
        "core_scenarios.json",
        b"""[{"title": "Accuracy", "name": "accuracy", "header": [{"value": "Model"}, {"value": "Mean win rate"},
{"value": "MMLU - EM", "lower_is_better": false}], "rows": [[{"value": "Widget (7B)"}, {"value": 0.5},
{"value": 0.425}]]}]""",
        {("MMLU", "exact_match", "Widget (7B)"): 0.425},
    )

    def recognises(self, content: Content) -> bool:
        tables = as_list(content.document)
        return bool(tables) and all({"header", "rows"} <= as_dict(table).keys() for table in tables)

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        tables = content.document
        titles = [str(as_dict(cell).get("value")) for cell in as_list(tables[0]["header"])]
        rows = [[as_dict(cell).get("value") for cell in as_list(row)] for row in as_list(tables[0]["rows"])]
        frame = pd.DataFrame([row for row in rows if len(row) == len(titles)], columns=titles, dtype=object)
        frame = frame.drop(columns=[title for title in titles if title.casefold() == "mean win rate"])
        reading = read_table(frame, content.source, layout, model)
        reading.format = self.name
        if len(tables) > 1:
            reading.notes.append(f"{content.name}: of {len(tables)} tables only the first is read")
        return reading
