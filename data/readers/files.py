"""Bytes from files, directories and standard input: bounded, decompressed, and a reason when they cannot be had."""

from __future__ import annotations

import gzip
import io
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from data.errors import DataError

SUFFIXES = (".csv", ".tsv", ".parquet", ".json", ".jsonl", ".ndjson")
"""What is looked at inside a directory, also with .gz behind it. A file named by the user may be called anything."""

_HEAD = 1 << 20


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
        for suffix in (".gz", *SUFFIXES):
            if name.lower().endswith(suffix):
                name = name[: -len(suffix)]
        return name

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """The content, decompressed when it is gzip, whatever the name; errors of reading name the file."""
        with _guarded(self.name), ExitStack() as stack:
            plain = io.BytesIO(self.data or b"") if self.path is None else stack.enter_context(self.path.open("rb"))
            buffered = io.BufferedReader(plain)  # type: ignore[type-var]
            if buffered.peek(2)[:2] == b"\x1f\x8b":
                yield stack.enter_context(gzip.GzipFile(fileobj=buffered))  # type: ignore[misc, arg-type]
            else:
                yield buffered  # type: ignore[misc]

    def head(self) -> bytes:
        """The first bytes, at most 1 MB."""
        with self.opened() as stream:
            return stream.read(_HEAD)

    def whole(self, limit: int) -> bytes:
        """All of the file, refused when longer than ``limit``."""
        with self.opened() as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise DataError(f"{self.name}: is larger than {_megabytes(limit)}: split it into smaller files")
        return data

    def lines(self, limits: Limits) -> Iterator[bytes]:
        """Line by line; refused when a line or the whole is too long."""
        total = 0
        with self.opened() as stream:
            for number, line in enumerate(iter(lambda: stream.readline(limits.line + 1), b""), start=1):
                if len(line) > limits.line:
                    raise DataError(
                        f"{self.name}: line {number} is longer than {_megabytes(limits.line)}: "
                        "this is not a table or log of results"
                    )
                total += len(line)
                if total > limits.table:
                    raise DataError(f"{self.name}: is larger than {_megabytes(limits.table)}: split it")
                yield line


@contextmanager
def _guarded(name: str) -> Iterator[None]:
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


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):g} MB"


def sources(paths: Iterable[str | Path], stdin: BinaryIO | None = None) -> list[Source]:
    """The files behind ``paths``, each once, in order; a directory stands for every readable file below it, sorted.

    Raises
    ------
    DataError
        For a path that does not exist, or a directory with nothing to read in it.
    """
    found: dict[str, Source] = {}
    for path in paths:
        if str(path) == "-":
            if stdin is None:
                raise DataError("'-' stands for standard input, which is not available here: name a file")
            with _guarded("standard input"):
                found.setdefault("-", Source(None, stdin.read(Limits().table + 1)))
            continue
        path = Path(path)
        for source in _below(path) if path.is_dir() else [_existing(path)]:
            found.setdefault(os.path.realpath(str(source.path)), source)
    return list(found.values())


def _existing(path: Path) -> Source:
    with _guarded(str(path)):
        path.stat()
    return Source(path)


def _below(root: Path) -> list[Source]:
    files = []
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for name in sorted(names):
            bare = name.lower().removesuffix(".gz")
            if bare.endswith(SUFFIXES) and not name.startswith("."):
                files.append(Source(Path(folder) / name, root=root))
    if not files:
        raise DataError(f"{root}: this directory holds no result files ({', '.join(SUFFIXES)}): name another one")
    return files


def decoded(data: bytes, name: str) -> str:
    """UTF-8 text, with or without a byte-order mark."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(f"{name}: is in UTF-16: save it as UTF-8")
    if b"\x00" in data[:_HEAD]:
        raise DataError(f"{name}: is a binary file of unknown kind: give {', '.join(SUFFIXES)}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name}: byte 0x{data[error.start]:02x} at position {error.start} is not UTF-8: save it as UTF-8"
        ) from None


def parsed(text: str, name: str) -> object:
    """A JSON document; a key that stands twice in one object is refused, since one of the two would be lost."""
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _unique(pairs, name))
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated")
        what = "is cut off" if cut else f"is not valid JSON ({error.msg})"
        raise DataError(
            f"{name}: {what} at line {error.lineno}, column {error.colno}: copy or export it again"
        ) from None
    except RecursionError:
        raise DataError(f"{name}: is nested too deeply to be a file of results") from None
    except ValueError as error:
        raise DataError(f"{name}: holds a number that cannot be read ({error})") from None


def _unique(pairs: list[tuple[str, object]], name: str) -> dict[str, object]:
    table = dict(pairs)
    if len(table) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DataError(f"{name}: the key {twice!r} stands twice in one object: remove one of them")
    return table
