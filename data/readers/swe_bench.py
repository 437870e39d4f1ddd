"""SWE-bench: the leaderboards' JSON of all entries, and the report of one run."""

from __future__ import annotations

from scale_forecast.data.dates import RUN_DATE
from scale_forecast.data.errors import DataError
from scale_forecast.data.readers.board import Board, publication_fields, text_of
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.identity import as_dict, as_list
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.numbers_in import count_of, number_of
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading

_BOARDS = {
    "test": "SWE-bench",
    "full": "SWE-bench",
    "verified": "SWE-bench Verified",
    "bash-only": "SWE-bench Verified (bash only)",
}
_SIZES = {500: "SWE-bench Verified", 300: "SWE-bench Lite", 2294: "SWE-bench"}
"""The sets of the benchmark, by how many problems they have."""


class SweBenchBoard:
    name = "SWE-bench leaderboards"
    example = Example(
        "leaderboards.json",
        b"""{"leaderboards": [{"name": "Verified", "results": [{"name": "Tool 2 (widget-5)", "resolved": 53.0,
"date": "2024-10-29", "tags": ["Model: widget-5", "Org: Acme", "System: Tool"]},
{"name": "no model", "resolved": 20, "date": "2024-01-01", "tags": []}]}]}""",
        {("SWE-bench Verified", "accuracy", "widget-5"): 0.53, ("SWE-bench Verified", "accuracy", "no model"): 0.2},
    )

    def recognises(self, content: Content) -> bool:
        boards = content.objects.get("leaderboards")
        return isinstance(boards, list) and bool(boards) and all("results" in as_dict(board) for board in boards)

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        board = Board(content, self.name)
        for one in content.objects["leaderboards"]:
            named = text_of(as_dict(one).get("name")) or ""
            task = _BOARDS.get(named.casefold(), f"SWE-bench {named}")
            for entry in map(as_dict, as_list(as_dict(one).get("results"))):
                tags = _tags(entry.get("tags"))
                models = tags.get("Model", [])
                name = text_of(entry.get("name"))
                board.add(
                    entry.get("resolved"),
                    top=100.0,
                    task=task,
                    model=models[0].rpartition("/")[2] if len(models) == 1 else name,
                    setting=name if len(models) == 1 else None,
                    **publication_fields(entry.get("date"), RUN_DATE),
                    evaluator="SWE-bench",
                )
        return board.finish()


class SweBenchRun:
    name = "SWE-bench report"
    example = Example(
        "widget-5.run1.json",
        b"""{"total_instances": 500, "submitted_instances": 500, "completed_instances": 489, "resolved_instances": 167,
"unresolved_instances": 322, "resolved_ids": ["a__a-1"], "schema_version": 2}""",
        {("SWE-bench Verified", "accuracy", "widget-5"): 0.334},
    )

    def recognises(self, content: Content) -> bool:
        return {"resolved_instances", "total_instances"} <= content.objects.keys()

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        total, resolved = (number_of(content.objects[f"{what}_instances"]) for what in ("total", "resolved"))
        whole = count_of(total)
        if whole is None:
            raise DataError(f"{content.name}: counts no problems (total_instances): export the report again")
        name = model or layout.constants.get("model") or content.source.stem.partition(".")[0].replace("__", "/", 1)
        board = Board(content, self.name)
        submitted = count_of(content.objects.get("submitted_instances"))
        if submitted is not None and submitted < whole:
            board.reading.notes.append(
                f"{content.name}: {submitted:,} of {whole:,} problems were tried; the others count as not solved"
            )
        task = layout.constants.get("task") or _SIZES.get(whole)
        if task is None:
            task = "SWE-bench"
            board.reading.notes.append(f"{content.name}: {whole:,} problems are no known set: say --set task=NAME")
        board.add(None if resolved is None else resolved / whole, task=task, model=name, n_examples=whole)
        return board.finish()


def _tags(tags: object) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for tag in as_list(tags):
        kind, colon, value = str(tag).partition(":")
        if colon:
            found.setdefault(kind.strip(), []).append(value.strip())
    return found
