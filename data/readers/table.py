"""Any table of scores that is of no format of its own: the reader that is asked last."""

from __future__ import annotations

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.layout import Layout, is_table_of_scores
from scale_forecast.data.readers.reader import Example
from scale_forecast.data.readers.reading import Reading
from scale_forecast.data.readers.tabular import read_table

_EXAMPLE = "Task,7B,280B\nMMLU (5-shot),45.1%,60.0%\nWikiText PPL,12.2,7.1\nAnalogies,\u2014,71.3 %\n".encode()


class Table:
    name = "table of scores (CSV, Excel, Markdown, Parquet, JSON)"
    example = Example(
        "Gopher.csv",
        _EXAMPLE,
        {
            ("MMLU", "accuracy", "Gopher 7B"): 0.451,
            ("MMLU", "accuracy", "Gopher 280B"): 0.6,
            ("WikiText", "ppl", "Gopher 7B"): 12.2,
            ("WikiText", "ppl", "Gopher 280B"): 7.1,
            ("Analogies", "accuracy", "Gopher 280B"): 0.713,
        },
    )

    def recognises(self, content: Content) -> bool:
        if content.text[:1] == "{" and content.record is None:
            return "score" in content.objects
        return not (content.is_binary and content.parts and "xl/workbook.xml" not in content.parts)

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        if content.objects and "\n" in content.text.strip():
            raise DataError(f"{content.name}: is one JSON object, but no table: give a list of rows")
        if content.source.root is not None and not is_table_of_scores(content.frame, layout):
            raise DataError(f"{content.name}: is no table of scores")
        return read_table(content.frame, content.source, layout, model)
