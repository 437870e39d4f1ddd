"""Tables as they stand in a file: CSV, TSV, Parquet, JSON records, JSON lines, Excel workbooks, Markdown.

Cells are read as text and typed later, so that a value that is not a number is named and never guessed at.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers.archives import open_archive
from scale_forecast.data.readers.files import Limits, Source, decode_text, parse_json, parsed_line, sources
from scale_forecast.data.readers.headers import looks_like_models, our_column
from scale_forecast.data.readers.json_cells import flatten
from scale_forecast.data.spreadsheet import unmark_table

if TYPE_CHECKING:
    import pyarrow as pa

_NULLS = ["", "NA", "N/A", "n/a", "NaN", "nan", "null", "None", "<NA>"]
_MOST_CELLS = 5_000_000
_MOST_COLUMNS = 10_000
DELIMITER, SKIPPED, OTHER_SHEETS, IS_WESTERN = "delimiter", "skipped", "other_sheets", "is_western"
ABOVE, OTHER_TABLES = "above", "other_tables"
"""What a frame's ``attrs`` say: the sign between cells, how many lines had the wrong number of cells, other sheets of
the workbook, whether the text was in Windows-1252, what stands above the table in a cell of its own,
and how many more tables of numbers a page holds."""


def read_frame(source: Source, limits: Limits) -> pd.DataFrame:
    """A table as it stands in the file: all text (CSV, Markdown), or as typed (Parquet, JSON, Excel).

    Raises
    ------
    DataError
        For what is no table, or is cut off, damaged or too large.
    """
    frame = _frame(source, limits)
    _require_few(len(frame.columns), source.name)
    return frame


def _require_few(columns: int, name: str) -> None:
    if columns > _MOST_COLUMNS:
        raise DataError(
            f"{name}: has {columns:,} columns, more than {_MOST_COLUMNS:,}: give a row for each score, or several files"
        )


def _frame(source: Source, limits: Limits) -> pd.DataFrame:
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
    pipes = _tables_of_pipes(text) if first == "|" or _PIPES.search(text[:_LONGEST_PAGE]) else []
    if not pipes:
        _refuse_markup(text, source.name)
    frame = _markdown(pipes, source.name) if pipes else _csv(text, source.name)
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
    return csv_frame(decode_text(source.table(Limits()), source.name), source.name, advice, **how)


def csv_frame(text: str, name: str, advice: str, **how: Any) -> pd.DataFrame:
    """The table that the text of a CSV file holds; see `read_csv`."""
    if not text.strip():
        raise DataError(f"{name}: the file is empty: {advice}")
    _require_few(len(_split(text.lstrip().split("\n", 1)[0], str(how.get("sep", ",")))), name)
    try:
        frame = pd.read_csv(io.StringIO(text), **how)
        return unmark_table(frame) if "'" in text else frame
    except (ValueError, OverflowError) as error:
        raise DataError(f"{name}: not a CSV table ({_last_line(error)}): {advice}") from None


def _last_line(error: BaseException) -> str:
    return str(error).strip().rsplit("\n", 1)[-1].rstrip(".:")


def _parquet(data: bytes, name: str) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(io.BytesIO(data))
        names = [n for n in file.schema_arrow.names if not re.fullmatch(r"__index_level_\d+__", n)]
        if names:
            _names(names, name)
        table = file.read()
        return pa.table({n: _plain(table[n]) for n in names}).to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError(f"{name}: the Parquet file is damaged ({_first_line(error)}): write it again") from None


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of texts, numbers, days or truth values; what is nested or of any other type is taken as text."""
    import pyarrow as pa
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind):
        return _plain(column.cast(kind.value_type))
    if types.is_decimal(kind):
        return column.cast(pa.float64(), safe=False)
    texts = types.is_string, types.is_large_string, types.is_string_view
    numbers = types.is_boolean, types.is_integer, types.is_floating, types.is_date, types.is_timestamp, types.is_null
    if any(test(kind) for test in (*texts, *numbers)):
        return column
    return pa.chunked_array([pa.array([_as_text(value) for value in column.to_pylist()], pa.string())])


def _as_text(value: object) -> str | None:
    if value is None:
        return None
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _csv(text: str, name: str) -> pd.DataFrame:
    import pyarrow as pa
    from pyarrow import csv as arrow

    titles, rows, delimiter, above = _split_header(text.lstrip("\r\n"))
    names = _names(titles, name)
    data = rows.encode()
    if not data.strip():
        raise DataError(f"{name}: the table has no rows: give at least one score")
    wrong: list[int] = []

    def skip(row: Any) -> str:
        wrong.append(row.number)
        return "skip"

    try:
        table = arrow.read_csv(
            io.BytesIO(data),
            read_options=arrow.ReadOptions(
                column_names=names,
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
    frame = table.to_pandas()
    frame = unmark_table(frame) if "'" in text else frame
    frame.attrs |= {DELIMITER: delimiter, SKIPPED: len(wrong), ABOVE: above}
    return frame


def _split_header(text: str) -> tuple[list[str], str, str, str | None]:
    """The titles of a table, its rows as text, the sign between cells, and what stands above the table alone."""
    if "\n" not in text[:65536]:
        text = text.replace("\r", "\n")
    lines = text[: max(65536, text.find("\n") + 1)].split("\n")[:20]
    delimiter = max(",\t;|", key=lambda sign: _regularity(lines, sign))
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=delimiter)
    top: list[tuple[list[str], int]] = []
    with contextlib.suppress(csv.Error):  # a cell longer than any title
        top += ((row, reader.line_num) for row in reader)
    at, titles, above = header_of([row for row, _ in top])
    rest = 0
    for _ in range(top[at][1] if top else 0):
        rest = text.find("\n", rest) + 1 or len(text)
    return titles, text[rest:], delimiter, above


def header_of(rows: Sequence[Sequence[object]]) -> tuple[int, list[str], str | None]:
    """The place of the last line of a header among the first rows of a table, its titles, and what stands above alone.

    Lines above the header hold one cell. Where a header has two lines, of which the upper spans columns of the lower,
    the titles of both are put together.

    >>> header_of([["Table 1", ""], ["Task", "7B"], ["a", "1"]])
    (1, ['Task', '7B'], 'Table 1')
    >>> header_of([["", "Gopher", "", "PaLM"], ["Task", "7B", "280B", "8B"], ["a", "1", "2", "3"]])[1]
    ['Task', 'Gopher 7B', 'Gopher 280B', 'PaLM 8B']
    """
    texts = [["" if cell is None else str(cell).strip() for cell in row] for row in rows[:20]]
    above = None
    for at, row in enumerate(texts):
        filled = [cell for cell in row if cell]
        below = texts[at + 1] if at + 1 < len(texts) else []
        if len(row) > 1 and filled and _spans(row, below):
            return at + 1, _together(row, below), above
        if len(row) > 2 and _is_pivot(row, below):
            names = texts[at + 2] if at + 2 < len(texts) else []
            is_named = len(names) == len(row) and names[0] != "" and not any(names[1:])
            titles = _together([names[0] if is_named else "", *row[1:]], ["", *below[1:]])
            return at + 1 + is_named, titles, above
        if len(row) > 1 and len(filled) > 1:
            return at, row, above
        above = filled[0] if filled else above
        if at > 5:
            break
    return 0, (texts[0] if texts else []), None


def _spans(upper: list[str], lower: list[str]) -> bool:
    """Whether a line is the upper one of two of a header: it leaves cells open that the lower fills with no number."""
    if len(upper) != len(lower) or not any(upper[1:]) or upper[-1:] == [""] == lower[-1:]:
        return False
    open_ = [low for up, low in zip(upper[1:], lower[1:], strict=True) if not up]
    is_full = all(lower[1:]) and not (upper[0] and lower[0] and upper[0] != lower[0])
    return bool(open_) and is_full and not any(_DATUM.fullmatch(low) for low in lower[1:])


def _is_pivot(upper: list[str], lower: list[str]) -> bool:
    """Whether two lines are the titles of a data frame with columns of two levels: the upper repeats what it spans."""
    if len(upper) != len(lower) or not all(upper[1:]) or len(set(upper[1:])) == len(upper[1:]):
        return False
    pairs = list(zip(upper[1:], lower[1:], strict=True))
    return all(lower[1:]) and len(set(pairs)) == len(pairs) and not any(_DATUM.fullmatch(low) for low in lower[1:])


_DATUM = re.compile(r"[+\-\u2212~]?[0-9.,]+(?:e[+-]?[0-9]+)?\s*%?(?:\s*\u00b1.*)?|[-\u2013\u2014]|n/?a", re.IGNORECASE)


def _together(upper: list[str], lower: list[str]) -> list[str]:
    titles, span = [], ""
    for up, low in zip(upper[1:], lower[1:], strict=True):
        span = up or span
        titles.append(f"{span} {low}".strip() if low != span else low)
    return [lower[0] or upper[0], *titles]


def _regularity(lines: list[str], sign: str) -> tuple[int, int]:
    """How many lines a sign divides into the same number of cells, and into how many: decimal commas divide no header.

    >>> max(",;", key=lambda sign: _regularity(["Task;7B;280B", "a;41,7;62,2", "b;39,1;"], sign))
    ';'
    """
    cells = Counter(len(_split(line, sign)) for line in lines)
    alike = {count: times for count, times in cells.items() if count > 1}
    return max(((times, count) for count, times in alike.items()), default=(0, 0))


def _split(line: str, delimiter: str) -> list[str]:
    """The cells of one line; a carriage return within is a space, and what csv refuses is one cell."""
    try:
        return next(csv.reader([line.rstrip("\r").replace("\r", " ")], delimiter=delimiter), [])
    except csv.Error:
        return [line]


def _names(names: list[str], name: str) -> list[str]:
    """Names of columns, each once; one that is missing is called by its place."""
    _require_few(len(names), name)
    stripped = [n.strip() for n in names]
    twice = [n for n, count in Counter(n for n in stripped if n).items() if count > 1]
    if twice:
        raise DataError(f"{name}: the column {twice[0]!r} stands twice: rename or drop one of them")
    if not any(stripped):
        raise DataError(f"{name}: the first line names no column: give each column a name")
    return [n or UNNAMED.format(at + 1) for at, n in enumerate(stripped)]


UNNAMED = "column {}"
"""What a column without a name is called, by its place."""


_PIPES = re.compile(r"^[ \t]*\|.*\|[ \t]*\r?\n[ \t]*\|[ \t:|-]*-[ \t:|-]*\|[ \t]*\r?$", re.MULTILINE)
_LONGEST_PAGE = 1 << 21
_MARKUP = {"<": "a web page", "\\": "LaTeX"}


def _refuse_markup(text: str, name: str) -> None:
    """Refuse what is no table of cells between signs, by name."""
    if (kind := _MARKUP.get(text.lstrip()[:1])) is not None:
        raise DataError(f"{name}: is {kind}: save its table as CSV, Excel or Markdown")


def _tables_of_pipes(text: str) -> list[list[list[str]]]:
    """The tables of pipes in a text, each a list of rows of cells; cells are taken without their links."""
    tables: list[list[list[str]]] = []
    is_open = False
    for line in text.splitlines():
        if line.strip().startswith("|"):
            if not is_open:
                tables.append([])
            cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
            plain = (re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", cell) for cell in cells)
            tables[-1].append([cell.replace("\\|", "|").strip() for cell in plain])
        is_open = line.strip().startswith("|")
    return tables


def _markdown(tables: list[list[list[str]]], name: str) -> pd.DataFrame:
    """The first table of pipes with numbers that speaks of models, else the first with numbers, else the first."""
    tried = sorted(tables, key=lambda rows: -2 * _has_numbers(rows) - (_has_numbers(rows) and _has_models(rows)))
    rows = tried[0]
    body = [row for row in rows[1:] if not all(re.fullmatch(r":?-*:?", cell) for cell in row)]
    names = [re.sub(r"\*\*|__|`", "", cell) for cell in rows[0]]
    frame = _of_rows(names, body, name)
    frame.attrs[OTHER_TABLES] = sum(other is not rows and _has_numbers(other) for other in tables)
    return frame


def _has_models(rows: list[list[str]]) -> bool:
    """Whether a column is titled as one of models, or titles or rows are models' names."""
    titles, labels = rows[0], [row[0] for row in rows[2:] if row]
    return any(our_column(title) == "model" for title in titles) or any(map(looks_like_models, (titles[1:], labels)))


def _has_numbers(rows: list[list[str]]) -> bool:
    return any(re.match(r"[~*_]*[+-]?[0-9.]+", cell) for row in rows[1:] for cell in row[1:])


def _of_rows(names: list[str], body: list[list[Any]], name: str) -> pd.DataFrame:
    """A table of text from a header and rows; rows of another length are counted and left out."""
    names = _names(names, name)
    good = [row for row in body if len(row) == len(names)]
    frame = pd.DataFrame(good, columns=names, dtype=object)
    frame = frame.where(frame.notna() & (frame != ""), None)
    frame.attrs |= {SKIPPED: len(body) - len(good)}
    return frame


def _workbook(source: Source, limits: Limits) -> pd.DataFrame:
    """The first sheet of an Excel workbook that holds a table of numbers; what formulas last showed counts."""
    name = source.name
    with open_archive(source.path if source.data is None else source.data, name, limits) as archive:
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
    for title, rows in sorted(sheets.items(), key=lambda sheet: not _has_rows_of_numbers(sheet[1])):
        filled = [row for row in rows if any(cell is not None for cell in row)]
        width = max((at + 1 for row in filled for at, cell in enumerate(row) if cell is not None), default=0)
        if not any(sum(cell is not None for cell in row) > 1 for row in filled):
            continue
        body = [(row + [None] * width)[:width] for row in filled]
        at, titles, above = header_of(body)
        frame = _of_rows(titles, body[at + 1 :], name)
        frame.attrs |= {OTHER_SHEETS: [other for other in sheets if other != title], ABOVE: above}
        return frame
    raise DataError(f"{name}: the Excel workbook holds no table: put one on its first sheet")


def _has_rows_of_numbers(rows: list[list[object]]) -> bool:
    """Whether some row holds a number beside another cell: a sheet of remarks has none."""
    return any(
        sum(cell is not None for cell in row) > 1
        and any(isinstance(cell, int | float) or _SCORE.fullmatch(str(cell)) for cell in row)
        for row in rows
    )


_SCORE = re.compile(r"\s*[0-9]*[.,]?[0-9]+\s*%?\s*")


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
    frame = pd.DataFrame([flatten(record) for record in records])
    return frame.astype(object).where(frame.notna(), None) if len(frame) else frame


def _first_line(error: BaseException) -> str:
    return str(error).split("\n", 1)[0].removeprefix("CSV parse error: ").rstrip(".:")
