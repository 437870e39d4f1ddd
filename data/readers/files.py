"""Bytes from files, directories and standard input: bounded, decompressed, and a reason when they cannot be had."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import os
import re
import stat
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from scale_forecast.data.errors import DataError

TABLES = (".csv", ".tsv", ".parquet", ".json", ".jsonl", ".ndjson", ".xlsx", ".eval")
SUFFIXES = (*TABLES, ".md", ".yaml", ".yml")
"""What is looked at inside a directory, also with .gz or .zst behind it; what the user names may be called anything."""

_HEAD = 1 << 20
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True)
class Limits:
    """How much of a file is read before it is refused, in bytes: no input can fill the memory."""

    line: int = 1 << 24
    json: int = 1 << 28
    table: int = 1 << 30


@dataclass(frozen=True)
class Source:
    """One file to read; ``root`` is the directory it was found in, None when the user named it."""

    path: Path | None
    data: bytes | None = None
    root: Path | None = None

    @property
    def name(self) -> str:
        return "standard input" if self.path is None else str(self.path)

    @property
    def stem(self) -> str:
        """The file's name without the endings of its format."""
        name = self.path.name if self.path else "stdin"
        for suffix in (".gz", ".zst", *SUFFIXES):
            if name.lower().endswith(suffix):
                name = name[: -len(suffix)]
        return name

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The content, decompressed when it is gzip or zstd, whatever the name; errors of reading name the file."""
        with _name_errors(self.name), ExitStack() as stack:
            if self.data is not None or self.path is None:
                plain: BinaryIO = io.BytesIO(self.data or b"")
            else:
                plain = stack.enter_context(self.path.open("rb"))
            buffered = io.BufferedReader(plain)  # type: ignore[type-var]
            magic = buffered.peek(4)[:4]
            if magic[:2] == b"\x1f\x8b":
                yield stack.enter_context(gzip.GzipFile(fileobj=buffered))  # type: ignore[misc, arg-type]
            elif magic == b"\x28\xb5\x2f\xfd":
                yield stack.enter_context(_unpack(buffered))  # type: ignore[arg-type]
            else:
                yield buffered  # type: ignore[misc]

    def head(self) -> bytes:
        """The first bytes, at most 1 MB."""
        with self.open() as stream:
            return stream.read(_HEAD)

    def whole(self, limit: int) -> bytes:
        """All of the file, refused when longer than ``limit``."""
        with self.open() as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise self._too_large(limit)
        return data

    def table(self, limits: Limits) -> bytes:
        """All of a text file, refused when a line or the whole is too long; read in chunks no longer than a line."""
        chunks, total, open_line, line = [], 0, 0, 1
        with self.open() as stream:
            for chunk in iter(lambda: stream.read(min(_HEAD, limits.line)), b""):
                total += len(chunk)
                end = chunk.find(b"\n")
                if open_line + (len(chunk) if end < 0 else end) > limits.line:
                    raise self._endless(line, limits)
                open_line = open_line + len(chunk) if end < 0 else len(chunk) - chunk.rfind(b"\n") - 1
                line += chunk.count(b"\n")
                if total > limits.table:
                    raise self._too_large(limits.table)
                chunks.append(chunk)
        return b"".join(chunks)

    def lines(self, limits: Limits) -> Iterator[bytes]:
        """Line by line; refused when a line or the whole is too long."""
        total = 0
        with self.open() as stream:
            for number, line in enumerate(iter(lambda: stream.readline(limits.line + 1), b""), start=1):
                if len(line) > limits.line:
                    raise self._endless(number, limits)
                total += len(line)
                if total > limits.table:
                    raise self._too_large(limits.table)
                yield line

    def _endless(self, number: int, limits: Limits) -> DataError:
        return DataError(
            f"{self.name}: line {number} is longer than {megabytes(limits.line)}: this is no table or log of results"
        )

    def _too_large(self, limit: int) -> DataError:
        return DataError(f"{self.name}: is larger than {megabytes(limit)}: split it into smaller files")


@contextmanager
def _unpack(stream: io.BufferedReader) -> Iterator[BinaryIO]:
    """A zstd stream, decompressed as it is read."""
    import pyarrow as pa

    with pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd") as plain, io.BufferedReader(plain) as reader:
        yield reader


@contextmanager
def _name_errors(name: str) -> Iterator[None]:
    """Turns what the operating system and gzip may raise into a `DataError` that names the file."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"{name}: the gzip data are cut off or damaged ({_plain(error)}): copy or compress it again"
        ) from error
    except OSError as error:
        raise DataError(f"cannot read {name}: {_plain(error)}") from error


def _plain(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error).rstrip(".").replace("\n", " ")


def megabytes(size: int) -> str:
    """A size as sentences give it."""
    return f"{size / (1 << 20):g} MB"


def sources(
    paths: Iterable[str | Path | Source], stdin: BinaryIO | None = None, suffixes: tuple[str, ...] = SUFFIXES
) -> list[Source]:
    """The files behind ``paths``, each once, in order; a directory stands for every file of these endings below it.

    What is a source already is taken as it is.

    Raises
    ------
    DataError
        For a path that does not exist, or a directory with nothing to read in it.
    """
    found: dict[str, Source] = {}
    for path in paths:
        if isinstance(path, Source):
            found[f"source {len(found)}"] = path
            continue
        if str(path) == "-":
            if stdin is None:
                raise DataError("'-' stands for standard input, which is not available here: name a file")
            with _name_errors("standard input"):
                found.setdefault("-", Source(None, stdin.read(Limits().table + 1)))
            continue
        path = Path(path)
        with _name_errors(str(path)):
            below = _below(path, suffixes) if path.is_dir() else [_existing(path)]
        for source in below:
            found.setdefault(os.path.realpath(str(source.path)), source)
    return list(found.values())


def _existing(path: Path) -> Source:
    """A pipe, such as the shell's ``<(command)``, can be read only once and is kept."""
    with _name_errors(str(path)):
        if stat.S_ISREG(path.stat().st_mode):
            return Source(path)
        with path.open("rb") as pipe:
            return Source(path, pipe.read(Limits().table + 1))


def _waits(path: Path) -> bool:
    """Whether this is a pipe or a device, which might never end."""
    return path.exists() and not path.is_file()


def text_of(path: str | Path) -> str:
    """All of a text file, decompressed where it is gzip or zstd; refused where it is too large or not UTF-8."""
    return decode_text(_existing(Path(path)).whole(Limits().json), str(path))


def document_of(path: str | Path) -> object:
    """The JSON document in a file, within the limits of `text_of`."""
    return parse_json(text_of(path), str(path))


def _below(root: Path, suffixes: tuple[str, ...]) -> list[Source]:
    def refuse(error: OSError) -> None:
        raise error

    files = []
    for folder, folders, names in os.walk(root, onerror=refuse):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            bare = name.lower().removesuffix(".gz").removesuffix(".zst")
            path = Path(folder) / name
            if bare.endswith(suffixes) and not name.startswith(".") and not _waits(path):
                files.append(Source(path, root=root))
    if not files:
        raise DataError(f"{root}: this directory holds no result files ({', '.join(suffixes)}): name another one")
    return files


def decode_text(data: bytes, name: str, *, whole: bool = True) -> str:
    """UTF-8 text, with or without a byte-order mark, or UTF-16; unless ``whole``, the last character may be cut."""
    encoding = _utf16(data)
    if encoding is None and b"\x00" in data[:_HEAD]:
        raise DataError(f"{name}: is a binary file of unknown kind: give {', '.join(SUFFIXES)}")
    try:
        return codecs.getincrementaldecoder(encoding or "utf-8-sig")().decode(data, final=whole).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name}: byte 0x{data[error.start]:02x} at position {error.start} is not "
            f"{'UTF-16' if encoding else 'UTF-8'}: save it as UTF-8"
        ) from None


def _utf16(data: bytes) -> str | None:
    """How a text in UTF-16 is written, by its byte-order mark, or since every other byte of its beginning is zero."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    start = data[:64]
    if len(start) >= 8 and len(start) % 2 == 0:
        if not any(start[1::2]) and all(start[::2]):
            return "utf-16-le"
        if not any(start[::2]) and all(start[1::2]):
            return "utf-16-be"
    return None


def parse_json(text: str, name: str) -> object:
    """A JSON document; a key that stands twice in one object is refused, since one of the two would be lost."""
    try:
        return _load(text, name)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        what = "is cut off" if cut else f"is not valid JSON ({error.msg})"
        raise DataError(
            f"{name}: {what} at line {error.lineno}, column {error.colno}: copy or export it again"
        ) from None


def parsed_line(line: str, number: int, name: str) -> object:
    """One line of JSON lines."""
    try:
        return _load(line, f"{name}: line {number}")
    except json.JSONDecodeError as error:
        raise DataError(f"{name}: line {number} is not JSON ({error.msg}): the file is cut off or damaged") from None


def _load(text: str, where: str) -> object:
    try:
        document = decoder(where).decode(text)
        refuse_half_characters(document, where, text, 0, len(text))
    except RecursionError:
        raise too_deep(where) from None
    return document


def decoder(where: str) -> json.JSONDecoder:
    """JSON as everything here reads it: no key twice in one object, whole numbers of any length."""
    return json.JSONDecoder(parse_int=_whole, object_pairs_hook=lambda pairs: _unique(pairs, where))


def refuse_half_characters(value: object, where: str, text: str, start: int, end: int) -> None:
    """A lone surrogate in what ``text[start:end]`` was decoded to cannot be written anywhere."""
    if not _HALF.search(text, start, end):
        return
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise DataError(f"{where}: holds half a character (a lone surrogate): export it again as UTF-8") from None


def too_deep(where: str) -> DataError:
    """What is said of brackets in brackets without end."""
    return DataError(f"{where}: is nested too deeply to hold results")


def _whole(digits: str) -> int | float:
    """Numbers beyond 18 digits are floats: exact enough, and infinite instead of an error downstream."""
    return int(digits) if len(digits) <= 18 else float(digits)


def _unique(pairs: list[tuple[str, object]], where: str) -> dict[str, object]:
    table = dict(pairs)
    if len(table) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise DataError(f"{where}: the key {key!r} stands twice in one object: remove one of them")
            seen.add(key)
    return table
