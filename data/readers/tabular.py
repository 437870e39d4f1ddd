"""Tables people keep: CSV, TSV, Parquet, JSON records, JSON lines; long (one row a score) or wide (one column a task).

Cells are read as text and typed at the door, so that a value that is not a number is named and never guessed at.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from scale_forecast.data.catalog import bundled_tasks
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import did_you_mean, fold
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.readers.files import Limits, Source, decoded, parsed, parsed_line, sources
from scale_forecast.data.readers.reading import Reading
from scale_forecast.data.results import COLUMNS, is_share
from scale_forecast.data.spreadsheet import unmarked

_NULLS = ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "None", "<NA>"]


@dataclass(frozen=True)
class Layout:
    """How a table's columns are to be understood.

    Attributes
    ----------
    wide : bool
        One column a task, one row a model.
    columns : mapping
        Our column name to the file's.
    constants : mapping
        Our column name to a value for the whole file.
    task_columns : tuple of str
        Of a wide table, the columns that are tasks; () when all that are not ours.
    percent : bool
        Scores are percentages.
    """

    wide: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    task_columns: tuple[str, ...] = ()
    percent: bool = False

    def __post_init__(self) -> None:
        for ours in (*self.columns, *self.constants):
            if ours not in COLUMNS:
                raise UsageError(
                    f"{ours!r} is no column of a results table{did_you_mean(ours, COLUMNS)}: "
                    f"the columns are {', '.join(COLUMNS)}"
                )


def read_frame(source: Source, limits: Limits) -> pd.DataFrame:
    """A table as it stands in the file: all text (CSV), or as typed (Parquet, JSON)."""
    head = source.head()
    if head[:4] == b"PAR1":
        return _parquet(source.whole(limits.table), source.name)
    data = source.table(limits)
    if not data.strip():
        raise DataError(f"{source.name}: the file is empty")
    text = decoded(data, source.name)
    first = text.lstrip()[:1]
    if first == "[":
        return _records(parsed(text, source.name), source.name)
    if first == "{":
        return _records(
            [parsed_line(line, n, source.name) for n, line in enumerate(text.split("\n"), 1) if line.strip()],
            source.name,
        )
    return _csv(text, source.name)


def read_csv(path: str | Path, advice: str, *, stdin: BinaryIO | None = None, **how: Any) -> pd.DataFrame:
    """A CSV table that one of our commands or a person wrote, as pandas reads it with ``how``; bounded and unmarked.

    Raises
    ------
    DataError
        For a file that cannot be read or is no such table, with ``advice`` on what to give instead.
    """
    source = sources([path], stdin)[0]
    text = decoded(source.table(Limits()), source.name)
    if not text.strip():
        raise DataError(f"{source.name}: the file is empty: {advice}")
    try:
        return unmarked(pd.read_csv(io.StringIO(text), **how))
    except (ValueError, OverflowError) as error:
        raise DataError(f"{source.name}: not a CSV table ({_last_line(error)}): {advice}") from None


def _last_line(error: BaseException) -> str:
    return str(error).strip().rsplit("\n", 1)[-1].rstrip(".:")


def _parquet(data: bytes, name: str) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(io.BytesIO(data)).to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{name}: the Parquet file is damaged ({_first_line(error)}): write it again") from None


def _csv(text: str, name: str) -> pd.DataFrame:
    import pyarrow as pa
    from pyarrow import csv

    text = text.lstrip("\r\n")
    header = re.split(r"[\r\n]", text, maxsplit=1)[0]
    delimiter = max(",\t;", key=header.count)
    names = next(iter(_split(header, delimiter)), [])
    stripped = [n.strip() for n in names]
    twice = [n for n, count in Counter(stripped).items() if count > 1]
    if twice:
        raise DataError(f"{name}: the column {twice[0]!r} stands twice: rename or drop one of them")
    if not all(stripped):
        raise DataError(f"{name}: column {stripped.index('') + 1} has no name: name or drop it")
    data = text.encode()
    try:
        table = csv.read_csv(
            io.BytesIO(data),
            read_options=csv.ReadOptions(block_size=max(len(data), 1 << 16) if len(data) < 1 << 26 else 1 << 26),
            parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types={n: pa.string() for n in names},
                null_values=_NULLS,
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        raise DataError(f"{name}: {_first_line(error)}: every row needs as many cells as the header") from None
    return unmarked(table.rename_columns(stripped).to_pandas())


def _split(header: str, delimiter: str) -> list[list[str]]:
    import csv

    return list(csv.reader([header], delimiter=delimiter))


def _records(records: object, name: str) -> pd.DataFrame:
    if not isinstance(records, list) or not all(isinstance(r, dict) for r in records):
        raise DataError(f"{name}: is JSON, but not a list of rows: give one object a score")
    for number, record in enumerate(records, start=1):
        nested = [k for k, v in record.items() if isinstance(v, (dict, list))]
        if nested:
            raise DataError(f"{name}: {nested[0]!r} of row {number} holds a list or object: give one value a cell")
    frame = pd.DataFrame(records)
    return frame.astype(object).where(frame.notna(), None) if len(frame) else frame


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0].removeprefix("CSV parse error: ").rstrip(".:")


def is_results_frame(frame: pd.DataFrame, layout: Layout) -> bool:
    """True when the columns, as the layout names them, make a results table."""
    have = {*_renamed(frame, layout, "").columns, *layout.constants}
    return "model" in have if layout.wide else {"task", "score", "model"} <= have


def read_table(frame: pd.DataFrame, source: Source, layout: Layout) -> Reading:
    """A long or wide table as raw rows of the results table."""
    frame = _renamed(frame, layout, source.name)
    for ours, value in layout.constants.items():
        if ours in frame.columns:
            raise UsageError(f"{source.name}: has a column {ours!r} already: leave out --set {ours}={value}")
    if layout.wide:
        reading = _wide(frame, source, layout)
    else:
        reading = Reading(source.name, "results table", frame, found=len(frame), is_table=True)
    for ours, value in layout.constants.items():
        reading.rows[ours] = value
    if layout.percent:
        _divide_by_hundred(reading.rows)
    return reading


def _divide_by_hundred(rows: pd.DataFrame) -> None:
    share = is_share(rows["metric"].astype("str")) if "metric" in rows else pd.Series(True, index=rows.index)
    for name in ("score", "stderr"):
        if name in rows:
            number = (as_numbers(rows[name]) / 100.0).round(12)
            rows[name] = number.astype(object).where(share & number.notna(), rows[name])


def _renamed(frame: pd.DataFrame, layout: Layout, name: str) -> pd.DataFrame:
    for ours, theirs in layout.columns.items():
        if theirs not in frame.columns and name:
            raise DataError(
                f"{name}: no column {theirs!r}{did_you_mean(theirs, frame.columns)} "
                f"to take as {ours}: the columns are {', '.join(map(str, frame.columns))}"
            )
    return frame.rename(columns={theirs: ours for ours, theirs in layout.columns.items()})


def _wide(frame: pd.DataFrame, source: Source, layout: Layout) -> Reading:
    if "model" not in frame.columns:
        raise DataError(f"{source.name}: a wide table needs a column 'model': say which with --column model=NAME")
    ours = [c for c in ("task", "score") if c in frame.columns]
    if ours:
        raise DataError(f"{source.name}: has a column {ours[0]!r}, so it is no wide table: leave out --wide")
    missing = [t for t in layout.task_columns if t not in frame.columns]
    if missing:
        raise DataError(f"{source.name}: no column {missing[0]!r}{did_you_mean(missing[0], frame.columns)} for a task")
    about = [c for c in frame.columns if c in COLUMNS and c not in ("task", "score") and c not in layout.task_columns]
    tasks = list(layout.task_columns) or [c for c in frame.columns if c not in about]
    left = [str(c) for c in frame.columns if c not in about and c not in tasks]
    if not tasks:
        raise DataError(f"{source.name}: no column is left to be a task: every column is one of the results table's")
    text = [c for c in tasks if frame[c].notna().any() and as_numbers(frame[c]).isna().all()]
    if text and not layout.task_columns:
        raise DataError(
            f"{source.name}: column {str(text[0])!r} holds no number, so it is no task: "
            "name the tasks with --task-columns, or what the column is with --column"
        )
    long = frame.melt(id_vars=about, value_vars=tasks, var_name="task", value_name="score")
    empty = long["score"].isna()
    reading = Reading(source.name, "wide table", long[~empty].reset_index(drop=True), found=len(long), is_table=True)
    if empty.any():
        reading.refused["empty cell"] = int(empty.sum())
    if left:
        reading.notes.append(f"{source.name}: columns left aside: {', '.join(left)}")
    if "benchmark" not in about:
        _with_benchmarks(reading.rows, layout)
    return reading


def _with_benchmarks(rows: pd.DataFrame, layout: Layout) -> None:
    """``MMLU/anatomy`` in a header is task ``anatomy`` of MMLU, when that benchmark is a known one."""
    if "benchmark" in layout.constants:
        return
    known = {fold(b): b for b in bundled_tasks()["benchmark"].unique()}
    split = {t: str(t).partition("/") for t in rows["task"].unique()}
    hit = {t: (known[fold(head)], tail) for t, (head, sign, tail) in split.items() if sign and fold(head) in known}
    if hit:
        rows["benchmark"] = rows["task"].map(lambda t: hit[t][0] if t in hit else np.nan)
        rows["task"] = rows["task"].map(lambda t: hit[t][1] if t in hit else t)
