"""A JSON document too large to be held: read forward, entry by entry and element by element, each bounded."""

from __future__ import annotations

import codecs
import itertools
import json
import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers.files import Limits, decoder, megabytes, refuse_half_characters, too_deep

_CHUNK = 1 << 16
_SPACE = re.compile(r"[ \t\n\r]*")
_AFTER_NUMBER = frozenset(",]} \t\n\r")
_TOKEN = 16
"""Characters from the end within which a token may be cut off by the chunk instead of being wrong."""
_DEEPER = np.zeros(256, dtype=np.int8)
_DEEPER[list(b"{[")], _DEEPER[list(b"}]")] = 1, -1
_MOST_ENTRIES = 100_000


class Parts:
    """One document, read once from front to back.

    ``entries`` and ``elements`` go into the object or array that is next; at each turn the caller takes what it stands
    before, with `value` (whole), `skip`, or by going into it in turn.

    Raises
    ------
    DataError
        From every method: for what is no JSON, is cut off, or is larger than the limits allow (a part `Limits.line`,
        all of it `Limits.table`).
    """

    def __init__(self, stream: BinaryIO, name: str, limits: Limits) -> None:
        self._stream, self._name, self._limits = stream, name, limits
        self._decoder = decoder(name)
        self._unicode = codecs.getincrementaldecoder("utf-8-sig")()
        self._text, self._at, self._total = "", 0, 0

    def next(self) -> str:
        """The first character of what is next, the empty string at the end of the document."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def entries(self) -> Iterator[str]:
        """The keys of the object that is next."""
        self._take("{")
        if self.next() == "}":
            self._at += 1
            return
        for number in itertools.count(1):
            if number > _MOST_ENTRIES:
                raise DataError(f"{self._name}: holds an object of more than {_MOST_ENTRIES:,} entries: this is no log")
            key = self.value()
            if not isinstance(key, str):
                raise self._wrong("a key is no text")
            self._take(":")
            yield key
            if self._take(",}") == "}":
                return

    def elements(self) -> Iterator[None]:
        """One turn for each element of the array that is next."""
        self._take("[")
        if self.next() == "]":
            self._at += 1
            return
        while True:
            yield
            if self._take(",]") == "]":
                return

    def value(self) -> object:
        """All of what is next."""
        self.next()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except RecursionError:
                raise too_deep(self._name) from None
            except json.JSONDecodeError as error:
                may_be_cut = error.pos > len(self._text) - _TOKEN or error.msg.startswith("Unterminated")
                if not may_be_cut:
                    raise self._wrong(error.msg) from None
                if not self._more():
                    raise self._cut_off() from None
                continue
            if isinstance(value, (int, float)) and self._text[end : end + 1] not in _AFTER_NUMBER and self._more():
                continue
            refuse_half_characters(value, self._name, self._text, self._at, end)
            self._at = end
            return value

    def skip(self) -> None:
        """Pass over what is next, of whatever size an object or array is."""
        if self.next() not in ("{", "["):
            self.value()
        elif not self._try_to_skip():
            self._pass_over()

    def _try_to_skip(self) -> bool:
        """Whether what is next was read to its end already, and so could be passed over at once."""
        try:
            self._at = self._decoder.raw_decode(self._text, self._at)[1]
        except (json.JSONDecodeError, RecursionError):
            return False
        return True

    def _pass_over(self) -> None:
        """Count brackets outside of strings, stretch by stretch; what else stands there is not looked at."""
        depth = 0
        while True:
            plain = self._text[self._at :].replace("\\\\", "__").replace('\\"', "__")
            codes = np.frombuffer(plain.encode("latin-1", "replace"), np.uint8)
            quotes = np.flatnonzero(codes == ord('"'))
            if len(quotes) % 2:  # the last string is cut off: look at it again with what follows
                codes = codes[: quotes[-1]]
            is_inside = np.logical_xor.accumulate(codes == ord('"'))
            deeper = np.where(is_inside, np.int8(0), _DEEPER[codes])
            levels = depth + np.cumsum(deeper, dtype=np.int32)
            ends = np.flatnonzero((levels == 0) & (deeper < 0))
            if len(ends):
                self._at += int(ends[0]) + 1
                return
            depth = int(levels[-1]) if len(levels) else depth
            self._at += len(codes)
            if not self._more():
                raise self._cut_off()

    def finish(self) -> None:
        """Nothing may follow the document."""
        if self.next():
            raise self._wrong("something follows the document")

    def _take(self, allowed: str) -> str:
        found = self.next()
        if not found:
            raise self._cut_off()
        if found not in allowed:
            raise self._wrong(f"{found!r} where {' or '.join(allowed)} should be")
        self._at += 1
        return found

    def _more(self) -> bool:
        """Read on, as much again as is pending; False at the end."""
        pending = len(self._text) - self._at
        if pending > self._limits.line:
            raise DataError(
                f"{self._name}: a part of it is longer than {megabytes(self._limits.line)}: this is no log of results"
            )
        data = self._stream.read(max(_CHUNK, pending))
        self._total += len(data)
        if self._total > self._limits.table:
            raise DataError(f"{self._name}: is larger than {megabytes(self._limits.table)}: split it")
        try:
            text = self._unicode.decode(data, final=not data)
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self._name}: byte 0x{error.object[error.start]:02x} is not UTF-8: save it as UTF-8"
            ) from None
        if not data:
            return False
        self._text, self._at = self._text[self._at :] + text, 0
        return True

    def _wrong(self, what: str) -> DataError:
        return DataError(f"{self._name}: is not valid JSON ({what}): copy or export it again")

    def _cut_off(self) -> DataError:
        return DataError(f"{self._name}: is cut off: copy or export it again")
