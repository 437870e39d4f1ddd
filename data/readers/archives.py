"""Zip files whose parts are JSON: bounded, never unpacked to disk, and refused whole where a path leads out of them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers.files import Limits, Source, megabytes

ZSTANDARD = 93
"""Compression method of the zip format that `zipfile` learns with Python 3.14."""


class _Careful(io.BufferedReader):
    """A file of which nobody reads more at once than is allowed: `zipfile` reads the list of parts in one go."""

    def __init__(self, file: Path | bytes, most: int, name: str) -> None:
        super().__init__(io.BytesIO(file) if isinstance(file, bytes) else io.FileIO(file))  # type: ignore[type-var]
        self._most, self._name = most, name

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self._most:
            raise DataError(
                f"{self._name}: lists more parts than fit {megabytes(self._most)}: this is no log of results"
            )
        return super().read(size)


class Archive:
    """An open zip file; of several parts of one name the last counts."""

    def __init__(self, archive: zipfile.ZipFile, file: BinaryIO, name: str, limits: Limits) -> None:
        self._archive, self._file, self._name, self._limits = archive, file, name, limits
        self._parts = {info.filename: info for info in archive.infolist()}
        for part in self._parts:
            if part.startswith(("/", "\\")) or ".." in part.replace("\\", "/").split("/"):
                raise DataError(f"{name}: holds a path that leads out of it ({part[:60]!r}): do not trust this file")

    @property
    def names(self) -> frozenset[str]:
        """All parts."""
        return frozenset(self._parts)

    def __contains__(self, part: str) -> bool:
        return part in self._parts

    def below(self, folder: str) -> list[str]:
        """The JSON parts of a folder, in order of name."""
        return sorted(part for part in self._parts if part.startswith(f"{folder}/") and part.endswith(".json"))

    def check(self, parts: Iterable[str]) -> None:
        """Refuse what unpacks to too much; no part can give more than it declares."""
        if sum(self._parts[part].file_size for part in parts) > self._limits.table:
            raise DataError(f"{self._name}: unpacks to more than {megabytes(self._limits.table)}: split it")

    @contextmanager
    def open(self, part: str) -> Iterator[BinaryIO]:
        """One part, unpacked as it is read."""
        info = self._parts[part]
        if info.flag_bits & 0x1:
            raise DataError(f"{self._name}: is encrypted: write it again without a password")
        if info.compress_type == ZSTANDARD:
            with self._unpack_zstandard(info) as stream:
                yield stream
        elif info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            with self._archive.open(info) as stream:
                yield stream  # type: ignore[misc]
        else:
            raise DataError(f"{self._name}: is compressed in a way that is not read (method {info.compress_type})")

    @contextmanager
    def _unpack_zstandard(self, info: zipfile.ZipInfo) -> Iterator[BinaryIO]:
        import pyarrow as pa

        self._file.seek(info.header_offset)
        header = self._file.read(30)
        if len(header) < 30 or header[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile("a part is not where the list says")
        self._file.seek(sum(struct.unpack("<HH", header[26:30])), io.SEEK_CUR)
        packed = self._file.read(min(info.compress_size, self._limits.table))
        with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as plain:
            yield io.BufferedReader(_Declared(plain, info.file_size))  # type: ignore[type-var, return-value]


class _Declared(io.RawIOBase):
    """A stream that ends where the list of parts says it does."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._left = stream, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(min(len(buffer), self._left))
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)


@contextmanager
def open_archive(file: Path | bytes | None, name: str, limits: Limits) -> Iterator[Archive]:
    """A zip file as an `Archive`; whatever is wrong with it, then or while it is read, is a `DataError`."""
    try:
        with _Careful(file or b"", limits.line, name) as stream, zipfile.ZipFile(stream) as archive:
            yield Archive(archive, stream, name, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, UnicodeDecodeError) as error:
        raise DataError(f"{name}: is cut off or damaged ({_plain(error)}): copy it again") from None
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read {name}: {_plain(error)}") from None


def names_in_archive(source: Source, limits: Limits) -> frozenset[str]:
    """The parts of a zip file."""
    with open_archive(source.path if source.data is None else source.data, source.name, limits) as archive:
        return archive.names


def _plain(error: BaseException) -> str:
    return str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
