"""LiveBench: its tables by task and by category, and the judgments of single questions."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace

from scale_forecast.data.readers.board import Board, mean_of, text_of
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.headers import is_no_score, our_column
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.numbers_in import number_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading
from scale_forecast.data.readers.tabular import read_table
from scale_forecast.data.results import COLUMNS

_TASKS = {
    *("LCB_generation", "coding_completion", "code_generation", "code_completion", "connections", "plot_unscrambling"),
    *("olympiad", "AMPS_Hard", "math_comp", "zebra_puzzle", "web_of_lies_v2", "web_of_lies_v3", "spatial", "tablejoin"),
    *("tablereformat", "story_generation", "paraphrase", "simplify", "theory_of_mind", "logic_with_navigation"),
}
_CATEGORIES = ("coding", "agentic_coding", "data_analysis", "instruction_following", "language", "math", "reasoning")
_ON_THE_PAGE = re.compile(r"(Reasoning|Agentic Coding|Coding|Mathematics|Data Analysis|Language|IF) Average")
_WHOLE = {"average", "Global Average", "global_average"}
_DAY = re.compile(r"(20\d\d)[_-](\d\d)[_-](\d\d)")
_JUDGED = {"question_id", "task", "model", "score", "turn"}
_FEW = 3
"""Titles of tasks, or of categories on its page, that make a table LiveBench's; of categories alone, which other
tables have too, twice as many."""


class LiveBenchTable:
    name = "LiveBench table"
    example = Example(
        "table_2024_11_25.csv",
        b"model,olympiad,math_comp,zebra_puzzle\nwidget-1b,36.283,56.25,36.0\nwidget-7b,41.9,,46.0\n",
        {
            ("LiveBench olympiad", "accuracy", "widget-1b"): 0.36283,
            ("LiveBench olympiad", "accuracy", "widget-7b"): 0.419,
            ("LiveBench math_comp", "accuracy", "widget-1b"): 0.5625,
            ("LiveBench zebra_puzzle", "accuracy", "widget-1b"): 0.36,
            ("LiveBench zebra_puzzle", "accuracy", "widget-7b"): 0.46,
        },
    )

    def recognises(self, content: Content) -> bool:
        titles = {title.strip().strip('"') for title in content.header.split(",")}
        if not {"model", "Model"} & titles:
            return False
        on_the_page = sum(_ON_THE_PAGE.fullmatch(title) is not None for title in titles)
        return max(len(titles & _TASKS), on_the_page) >= _FEW or len(titles & set(_CATEGORIES)) >= 2 * _FEW

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        frame = content.frame
        ours = {str(c): _task_title(str(c)) for c in frame.columns}
        frame = frame.rename(columns={title: name for title, name in ours.items() if name is not None})
        percent = replace(layout, percent=layout.scale is None)
        reading = read_table(frame, content.source, percent, model)
        day = _DAY.search(content.source.stem)
        about = {"benchmark": "LiveBench", "evaluator": "LiveBench", "version": "-".join(day.groups()) if day else None}
        reading.rows = reading.rows.assign(**{k: v for k, v in about.items() if k not in reading.rows})
        reading.tasks = [_as_live_bench(task) for task in reading.tasks]
        return reading


def _as_live_bench(task: dict[str, object]) -> dict[str, object]:
    """An average over the file's tasks, of the benchmark that they are named after."""
    parts = str(task["aggregate_of"]).partition(": ")[2]
    return task | {"benchmark": "LiveBench", "aggregate_of": f"LiveBench: {parts}"}


class LiveBenchJudgments:
    name = "LiveBench judgments"
    example = Example(
        "ground_truth_judgment.jsonl",
        b"""{"question_id": "a", "task": "zebra_puzzle", "model": "w-1b", "score": 1.0, "turn": 1, "category": "r"}
{"question_id": "b", "task": "zebra_puzzle", "model": "w-1b", "score": 0.5, "turn": 1, "category": "r"}
""",
        {("LiveBench zebra_puzzle", "accuracy", "w-1b"): 0.75},
    )

    def recognises(self, content: Content) -> bool:
        return content.record is not None and content.record.keys() >= _JUDGED

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        """The mean over questions; one that stands twice counts once, as it was last judged."""
        scores: dict[tuple[str, str], dict[object, float]] = defaultdict(dict)
        bad = 0
        for record in content.records():
            number = number_of(record.get("score"))
            task, name = text_of(record.get("task")), text_of(record.get("model"))
            if number is None or not 0.0 <= number <= 1.0 or task is None or name is None:
                bad += 1
                continue
            scores[task, name][str(record.get("question_id")), str(record.get("turn"))] = number
        board = Board(content, self.name)
        for (task, name), values in scores.items():
            mean, error = mean_of(list(values.values()))
            board.add(
                mean,
                benchmark="LiveBench",
                task=f"LiveBench {task}",
                model=name,
                n_examples=len(values),
                stderr=error,
                evaluator="LiveBench",
            )
        if bad:
            board.reading.notes.append(f"{content.name}: {bad:,} judgments without a score from 0 to 1 are left out")
        return board.finish()


def _task_title(title: str) -> str | None:
    """A column of scores under the name of its task; None for any other."""
    if title in _WHOLE:
        return "LiveBench"
    page = _ON_THE_PAGE.fullmatch(title)
    is_none = title in COLUMNS or our_column(title) is not None or is_no_score(title)
    return None if is_none else f"LiveBench {page[1] if page else title}"
