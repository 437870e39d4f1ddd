"""The table that lm-evaluation-harness prints, as people paste it: a row a task, filter and metric."""

from __future__ import annotations

import re

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.names.tasks import harness_place
from scale_forecast.data.readers.cells import EMPTY, as_cells
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.identity import as_arguments
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.metrics import score
from scale_forecast.data.readers.numbers_in import number_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading

_HEADER = re.compile(r"^\s*\|\s*(?:Tasks?|Groups)\s*\|\s*Version\s*\|.*\|\s*Metric\s*\|.*\|\s*Value\s*\|", re.MULTILINE)
_COMMAND = re.compile(r"^\s*[\w-]+ \((.*?)\), (?:gen_kwargs|limit)", re.MULTILINE)
_LIMIT = re.compile(r"limit: ([0-9.]+)")
_RULE = re.compile(r":?-+:?")
_LOWER, _HIGHER = "\u2193", "\u2191"


class LmEvalTable:
    name = "printed table of lm-evaluation-harness"
    example = Example(
        "results.md",
        """hf (pretrained=acme/widget-1b,dtype=float16), gen_kwargs: (None), limit: None, batch_size: 8
|    Tasks     |Version|Filter|n-shot|  Metric  |   |Value |   |Stderr|
|--------------|------:|------|-----:|----------|---|-----:|---|-----:|
|arc_easy      |      1|none  |     0|acc       |\u2191  |0.6170|\u00b1  |0.0100|
|              |       |none  |     0|acc_norm  |\u2191  |0.5396|\u00b1  |0.0102|
""".encode(),
        {
            ("arc_easy", "accuracy", "widget-1b"): 0.617,
            ("arc_easy", "acc_norm", "widget-1b"): 0.5396,
        },
    )

    def recognises(self, content: Content) -> bool:
        return _HEADER.search(content.text) is not None

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        text = content.source.table(content.limits).decode("utf-8", "replace")
        command = _COMMAND.search(text)
        arguments = as_arguments(command[1]) if command else {}
        name = model or layout.constants.get("model") or arguments.get("pretrained") or arguments.get("model")
        if not name:
            raise DataError(f"{content.name}: names no model: say --as-model NAME")
        reading = Reading(content.name, self.name)
        rows, task, version, titles = [], "", "", list[str]()
        for cells in _lines(text):
            if any(cell in ("Tasks", "Task", "Groups") for cell in cells):
                titles = _titles(cells)
                continue
            if not titles or len(cells) != len(titles) or all(_RULE.fullmatch(cell) for cell in cells):
                continue
            row = dict(zip(titles, cells, strict=True))
            task = re.sub(r"^[\s-]*-\s+", "", row["task"]) or task
            version = row.get("Version", "") or version
            reading.found += 1
            made = _score(row, task)
            if isinstance(made, str):
                reading.refused[made] += 1
                continue
            benchmark, placed = harness_place(task)
            rows.append({"benchmark": benchmark, "task": placed, "model": str(name), **made})
        if (limit := _LIMIT.search(text)) is not None:
            reading.notes.append(f"{content.name}: the run was limited to {limit[1]} examples a task")
        reading.rows = (
            pd.DataFrame(rows).drop_duplicates(["benchmark", "task", "metric", "shots"]) if rows else reading.rows
        )
        if (again := len(rows) - len(reading.rows)) > 0:
            reading.refused["stands twice, among tasks and groups"] += again
        return reading


def _lines(text: str) -> list[list[str]]:
    lines = [line.strip() for line in text.splitlines()]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines if line[:1] == "|" == line[-1:]]


def _titles(cells: list[str]) -> list[str]:
    return ["task" if cell in ("Tasks", "Task", "Groups") else cell or f"sign {at}" for at, cell in enumerate(cells)]


def _score(row: dict[str, str], task: str) -> dict[str, object] | str:
    """A row of the results table, or the reason why it is none."""
    value, error = (as_cells(pd.Series([row.get(name, "")])).value.iloc[0] for name in ("Value", "Stderr"))
    if row.get("Value", "").casefold() in EMPTY:
        return "empty cell"
    made = score(row.get("Metric", ""), float(value), float(error), filter_=row.get("Filter") or "none", task=task)
    if made.refused is not None:
        return f"{made.refused} ({row.get('Metric')})"
    signs = set(row.values()) & {_LOWER, _HIGHER}
    return {
        "metric": made.metric,
        "shots": number_of(row.get("n-shot")),
        "score": made.value,
        "stderr": made.stderr,
        "higher_is_better": None if len(signs) != 1 else _HIGHER in signs,
        "source": "lm-evaluation-harness, printed",
    }
