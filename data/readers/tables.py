"""Tables as they stand in a file: CSV, TSV, Parquet, JSON records, JSON lines, Excel workbooks, Markdown.

Cells are read as text and typed later, so that a value that is not a number is named and never guessed at.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers.archives import opened_archive
from scale_forecast.data.readers.files import Limits, Source, decode_text, parse_json, parsed_line, sources
from scale_forecast.data.spreadsheet import unmark_table

_NULLS = ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "None", "<NA>"]
_MOST_CELLS = 5_000_000
DELIMITER, SKIPPED, OTHER_SHEETS, IS_WESTERN = "delimiter", "skipped", "other_sheets", "is_western"
"""What a frame's ``attrs`` say: the sign between cells, how many lines had the wrong number of cells, other sheets of
the workbook, and whether the text was in Windows-1252."""


def read_frame(source: Source, limits: Limits) -> pd.DataFrame:
    """A table as it stands in the file: all text (CSV, Markdown), or as typed (Parquet, JSON, Excel).

    Raises
    ------
    DataError
        For what is no table, or is cut off, damaged or too large.
    """
    head = source.head()
    if head[:4] == b"PAR1":
        return _parquet(source.whole(limits.table), source.name)
    if head[:4] == b"PK\x03\x04":
        return _workbook(source, limits)
    if head[:4] == b"\xd0\xcf\x11\xe0":
        raise DataError(f"{source.name}: is an Excel workbook of the old kind (.xls): save it as .xlsx or CSV")
    data = source.table(limits)
    if not data.strip():
        raise DataError(f"{source.name}: the file is empty")
    text, is_western = _text(data, source.name)
    first = text.lstrip()[:1]
    if first == "[":
        return _records(parse_json(text, source.name), source.name)
    if first == "{":
        return _records(
            [parsed_line(line, n, source.name) for n, line in enumerate(text.split("\n"), 1) if line.strip()],
            source.name,
        )
    frame = _markdown(text, source.name) if first == "|" else _csv(text, source.name)
    frame.attrs[IS_WESTERN] = is_western
    return frame


def _text(data: bytes, name: str) -> tuple[str, bool]:
    """The text of a table, and whether it is in Windows-1252, as spreadsheets of Western Europe write CSV."""
    try:
        return decode_text(data, name), False
    except DataError:
        if b"\x00" in data:
            raise
    try:
        return data.decode("cp1252"), True
    except UnicodeDecodeError:
        return decode_text(data, name), False


def read_csv(path: str | Path, advice: str, *, stdin: BinaryIO | None = None, **how: Any) -> pd.DataFrame:
    """A CSV table that one of our commands or a person wrote, as pandas reads it with ``how``; bounded and unmarked.

    Raises
    ------
    DataError
        For a file that cannot be read or is no such table, with ``advice`` on what to give instead.
    """
    source = sources([path], stdin)[0]
    text = decode_text(source.table(Limits()), source.name)
    if not text.strip():
        raise DataError(f"{source.name}: the file is empty: {advice}")
    try:
        return unmark_table(pd.read_csv(io.StringIO(text), **how))
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
    from pyarrow import csv as arrow

    text, delimiter = _without_title(text.lstrip("\r\n"))
    header = re.split(r"[\r\n]", text, maxsplit=1)[0]
    names = _names(next(iter(_split(header, delimiter)), []), name)
    data = text.encode()
    wrong: list[int] = []

    def skip(row: Any) -> str:
        wrong.append(row.number)
        return "skip"

    try:
        table = arrow.read_csv(
            io.BytesIO(data),
            read_options=arrow.ReadOptions(
                column_names=names,
                skip_rows=1,
                block_size=max(len(data), 1 << 16) if len(data) < 1 << 26 else 1 << 26,
            ),
            parse_options=arrow.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=skip if "\n" in text else None
            ),
            convert_options=arrow.ConvertOptions(
                column_types={n: pa.string() for n in names},
                null_values=_NULLS,
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid as error:
        raise DataError(f"{name}: {_first_line(error)}: every row needs as many cells as the header") from None
    if wrong and not table.num_rows:
        raise DataError(f"{name}: no line has {len(names)} cells: every row needs as many cells as the header")
    frame = unmark_table(table.to_pandas())
    frame.attrs |= {DELIMITER: delimiter, SKIPPED: len(wrong)}
    return frame


def _without_title(text: str) -> tuple[str, str]:
    """The table without lines above it that hold one cell, and the sign between its cells."""
    lines = text[:65536].split("\n")[:20]
    delimiter = max(",\t;|", key=lambda sign: _regularity(lines, sign))
    cells = [len(next(csv.reader([line], delimiter=delimiter), [])) for line in lines]
    filled = [sum(bool(cell.strip()) for cell in next(csv.reader([line], delimiter=delimiter), [])) for line in lines]
    for at, count in enumerate(cells):
        if count > 1 and filled[at] > 1:
            return ("\n".join(text.split("\n")[at:]) if at else text), delimiter
        if at > 5:
            break
    return text, delimiter


def _regularity(lines: list[str], sign: str) -> tuple[int, int]:
    """How many lines a sign divides into the same number of cells, and into how many: decimal commas divide no header.

    >>> max(",;", key=lambda sign: _regularity(["Task;7B;280B", "a;41,7;62,2", "b;39,1;"], sign))
    ';'
    """
    cells = Counter(len(next(csv.reader([line], delimiter=sign), [])) for line in lines)
    alike = {count: times for count, times in cells.items() if count > 1}
    return max(((times, count) for count, times in alike.items()), default=(0, 0))


def _names(names: list[str], name: str) -> list[str]:
    """Names of columns, each once; one that is missing is called by its place."""
    stripped = [n.strip() for n in names]
    twice = [n for n, count in Counter(n for n in stripped if n).items() if count > 1]
    if twice:
        raise DataError(f"{name}: the column {twice[0]!r} stands twice: rename or drop one of them")
    if not any(stripped):
        raise DataError(f"{name}: the first line names no column: give each column a name")
    return [n or UNNAMED.format(at + 1) for at, n in enumerate(stripped)]


UNNAMED = "column {}"
"""What a column without a name is called, by its place."""


def _split(header: str, delimiter: str) -> list[list[str]]:
    return list(csv.reader([header], delimiter=delimiter))


def _markdown(text: str, name: str) -> pd.DataFrame:
    """The first table of pipes in a text; cells are taken without their links."""
    rows: list[list[str]] = []
    for line in text.splitlines():
        if line.strip().startswith("|"):
            cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
            rows.append([re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", cell).replace("\\|", "|").strip() for cell in cells])
        elif rows:
            break
    body = [row for row in rows[1:] if not all(re.fullmatch(r":?-*:?", cell) for cell in row)]
    names = [re.sub(r"\*\*|__|`", "", cell) for cell in rows[0]]
    return _of_rows(names, body, name)


def _of_rows(names: list[str], body: list[list[Any]], name: str) -> pd.DataFrame:
    """A table of text from a header and rows; rows of another length are counted and left out."""
    names = _names(names, name)
    good = [row for row in body if len(row) == len(names)]
    frame = pd.DataFrame(good, columns=names, dtype=object)
    frame = frame.where(frame.notna() & (frame != ""), None)
    frame.attrs |= {SKIPPED: len(body) - len(good)}
    return frame


def _workbook(source: Source, limits: Limits) -> pd.DataFrame:
    """The first sheet of an Excel workbook that holds a table; what formulas last showed counts."""
    name = source.name
    with opened_archive(source.path if source.data is None else source.data, name, limits) as archive:
        if "xl/workbook.xml" not in archive:
            raise DataError(f"{name}: is a zip file, but no Excel workbook and no known archive of results")
        archive.check(archive.names)
    try:
        import openpyxl
    except ImportError:
        raise DataError(
            f"{name}: reading an Excel workbook needs openpyxl: pip install 'scale-forecast[excel]', or save the "
            "sheet as CSV"
        ) from None
    file = io.BytesIO(source.whole(limits.table))
    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        sheets = {sheet.title: list(_cells(sheet, name)) for sheet in book.worksheets}
    except DataError:
        raise
    except Exception as error:  # openpyxl raises whatever its XML and zip libraries do
        raise DataError(f"{name}: the Excel workbook is damaged ({_first_line(error)}): save it again") from None
    for title, rows in sheets.items():
        start = next((at for at, row in enumerate(rows) if sum(cell is not None for cell in row) > 1), None)
        if start is None:
            continue
        width = max(at + 1 for row in rows[start:] for at, cell in enumerate(row) if cell is not None)
        body = [(row + [None] * width)[:width] for row in rows[start:] if any(cell is not None for cell in row)]
        frame = _of_rows(["" if cell is None else str(cell) for cell in body[0]], body[1:], name)
        frame.attrs[OTHER_SHEETS] = [other for other in sheets if other != title]
        return frame
    raise DataError(f"{name}: the Excel workbook holds no table: put one on its first sheet")


def _cells(sheet: Any, name: str) -> Iterator[list[object]]:
    """The rows of a sheet: texts and numbers as they are, days as text."""
    count = 0
    for row in sheet.iter_rows(values_only=True):
        count += len(row)
        if count > _MOST_CELLS:
            raise DataError(f"{name}: holds more than {_MOST_CELLS:,} cells: save the sheet as CSV")
        yield [cell.date().isoformat() if isinstance(cell, dt.datetime) else cell for cell in row]


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
