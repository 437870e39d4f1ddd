"""Sizes as people write them: 540B, 1.3T, 7e9."""

from __future__ import annotations

import re

from scale_forecast.data.errors import UsageError

_UNITS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "g": 1e9, "t": 1e12}
_SIZE = re.compile(r"^\s*([0-9][0-9_,]*\.?[0-9]*(?:e[+-]?[0-9]+)?|\.[0-9]+)\s*([kmbgt]?)\s*$", re.IGNORECASE)
_IN_NAME = re.compile(
    r"(?:(?<![a-z0-9.])|(?<=[a-z]{3}))(?:([0-9]+(?:\.[0-9]+)?)\s?([mb])|([0-9]+)([mb])([0-9]))(?![a-z0-9])",
    re.IGNORECASE,
)
"""A size in a name: 1.4b, 350M, and 7b1 for 7.1b; after a word too (bloom7b1), but not in 8x7b or A3B."""


def parse_size(text: str | float) -> float:
    """A positive number with an optional unit k, M, B (or G), T.

    >>> parse_size("540B"), parse_size("1.3T"), parse_size("7e9")
    (540000000000.0, 1300000000000.0, 7000000000.0)

    Raises
    ------
    UsageError
        When the text is not a positive size.
    """
    match = _SIZE.match(str(text))
    value = float(match[1].replace("_", "").replace(",", "")) * _UNITS[match[2].lower()] if match else 0.0
    if not 0.0 < value < float("inf"):
        raise UsageError(f"{str(text)!r} is not a positive size: write it as 540B, 1.3T or 540e9")
    return value


def format_size(value: float) -> str:
    """The short form that `parse_size` reads; a dash for a size that is not known.

    >>> format_size(540e9), format_size(6.7e9), format_size(1.4e12), format_size(float("nan"))
    ('540B', '6.7B', '1.4T', '–')
    """
    if value != value:
        return "–"
    for unit, size in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size:
            return f"{value / size:.3g}{unit}" if value / size < 1000 else f"{value / size:.0f}{unit}"
    return f"{value:g}"


def size_in_name(name: str) -> float | None:
    """Parameters read off a model's name; None when the name holds none or several.

    >>> size_in_name("pythia-1.4b-deduped"), size_in_name("bloom7b1"), size_in_name("gpt2-xl")
    (1400000000.0, 7100000000.0, None)
    """
    found = {
        float(number or f"{whole}.{tenth}") * _UNITS[(unit or other_unit).lower()]
        for number, unit, whole, other_unit, tenth in _IN_NAME.findall(name)
    }
    return found.pop() if len(found) == 1 else None


def split_size(name: str) -> tuple[str, float | None]:
    """A model's name as a family and a size, as people write it of a model to come: in T too. No size is None.

    >>> split_size("PaLM-2T"), split_size("Pythia 1.4b"), split_size("Gopher")
    (('PaLM', 2000000000000.0), ('Pythia', 1400000000.0), ('Gopher', None))
    """
    head, _, tail = re.sub(r"[\s\-_]+", " ", name).strip().rpartition(" ")
    if head and re.fullmatch(r"[0-9.]+[kmbgt]", tail, re.IGNORECASE) and _SIZE.match(tail):
        return head, parse_size(tail)
    return family_in_name(name), size_in_name(name)


def family_in_name(name: str) -> str:
    """What is left of a model's name without its organisation and size.

    >>> family_in_name("EleutherAI/pythia-1.4b-deduped"), family_in_name("PaLM 540B")
    ('pythia-deduped', 'PaLM')
    """
    bare = _IN_NAME.sub("", name.rsplit("/", 1)[-1])
    return re.sub(r"[\s\-_]{2,}", lambda m: m[0][0], bare).strip(" -_") or name
