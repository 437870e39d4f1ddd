"""Lay out a long table as text: what rich does with a short one, in time linear in the cells and little of it."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rich.cells import cell_len, chop_cells

GAP = 2
"""Characters between two columns."""


def lay_out(header: Sequence[str], columns: Sequence[Sequence[str]], right: Sequence[bool], width: int) -> list[str]:
    """Lines no wider than ``width``, the header's first; cells of columns that have to be narrower are folded.

    Parameters
    ----------
    header : a name for each column
    columns : the cells of each, all of one length
    right : whether a column's cells stand at its right
    """
    natural = [max(map(_length, (name, *cells))) for name, cells in zip(header, columns, strict=True)]
    most = _most(natural, width - GAP * (len(natural) - 1))
    widths = [min(most, own) for own in natural]
    fold = functools.cache(_fold)
    lines: list[str] = []
    for row in ([*header], *zip(*columns, strict=True)):
        if all(map(int.__le__, map(_length, row), widths)):
            lines.append(_line(row, widths, right))
        else:
            lines += [_line(part, widths, right) for part in _parts(row, widths, fold)]
    return lines


def _most(natural: Sequence[int], room: int) -> int:
    """The width to which wider columns are narrowed, so that all have room together."""
    low, high = 1, max(natural, default=1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if sum(min(middle, own) for own in natural) <= room else (low, middle - 1)
    return low


def _length(text: str) -> int:
    """Of a text on the screen, where some characters are two wide."""
    return len(text) if text.isascii() else cell_len(text)


def _fold(text: str, width: int) -> list[str]:
    if _length(text) <= width:
        return [text]
    return textwrap.wrap(text, width) if text.isascii() else chop_cells(text, width)


def _parts(row: Sequence[str], widths: Sequence[int], fold: functools._lru_cache_wrapper) -> Iterator[Sequence[str]]:
    return zip_longest(*(fold(text, width) for text, width in zip(row, widths, strict=True)), fillvalue="")


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = [
        f"{' ' * (width - _length(text))}{text}" if at_right else f"{text}{' ' * (width - _length(text))}"
        for text, width, at_right in zip(row, widths, right, strict=True)
    ]
    return (" " * GAP).join(cells).rstrip()
