"""A file, looked at only as far as it takes to tell what it is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers.archives import names_in_archive
from scale_forecast.data.readers.files import SUFFIXES, Limits, Source, decode_text, parse_json, parsed_line


class Content:
    """What readers ask of a file; every answer is found once.

    Attributes
    ----------
    source : Source
    limits : Limits
        How much of it is read at most.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        self.source = source
        self.limits = limits

    @property
    def name(self) -> str:
        return self.source.name

    @cached_property
    def head(self) -> bytes:
        """The first bytes, at most 1 MB; an empty file is refused."""
        head = self.source.head()
        if not head.strip():
            raise DataError(f"{self.name}: the file is empty")
        return head

    @cached_property
    def is_binary(self) -> bool:
        """Whether this is Parquet, a zip file, or an old Office document."""
        return self.head[:4] in (b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0")

    @cached_property
    def parts(self) -> frozenset[str]:
        """Names in a zip file; none where it is no zip file."""
        if self.head[:4] != b"PK\x03\x04":
            return frozenset()
        return names_in_archive(self.source, self.limits)

    @cached_property
    def text(self) -> str:
        """The beginning as text, without leading space; empty where the file is binary."""
        return "" if self.is_binary else decode_text(self.head, self.name, whole=False).lstrip()

    @cached_property
    def header(self) -> str:
        """The first line of a text that is no JSON."""
        return "" if self.text[:1] in ("{", "[") else self.text.partition("\n")[0].strip()

    @cached_property
    def record(self) -> dict[str, Any] | None:
        """The first line where it is a JSON object by itself and more lines follow: then these are JSON lines."""
        if self.text[:1] != "{":
            return None
        line, _, rest = self.text.partition("\n")
        try:
            record = parse_json(line, self.name)
        except DataError:
            return None
        return record if isinstance(record, dict) and rest.strip() else None

    @cached_property
    def document(self) -> Any:
        """All of a JSON file, None where it is no JSON document."""
        if self.text[:1] not in ("{", "[") or self.record is not None:
            return None
        return parse_json(decode_text(self.source.whole(self.limits.json), self.name), self.name)

    @cached_property
    def objects(self) -> dict[str, Any]:
        """The document where it is an object, else an empty one."""
        return self.document if isinstance(self.document, dict) else {}

    def records(self) -> Iterator[dict[str, Any]]:
        """Line by line; what is no object is refused."""
        for number, line in enumerate(self.source.lines(self.limits), start=1):
            if line.strip():
                record = parsed_line(decode_text(line, self.name), number, self.name)
                if not isinstance(record, dict):
                    raise DataError(f"{self.name}: line {number} is no object in braces: export the file again")
                yield record

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The table as it stands in the file."""
        from scale_forecast.data.readers.tables import read_frame

        return read_frame(self.source, self.limits)

    def unknown(self, formats: str) -> DataError:
        """What is said of a file that nobody recognises."""
        if self.is_binary:
            return DataError(f"{self.name}: is a binary file of unknown kind: give {', '.join(SUFFIXES)}")
        return DataError(f"{self.name}: is JSON of an unknown kind: give {formats}")
