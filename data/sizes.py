"""Sizes as people write them (540B, 1.3T, 7e9, 46.7B of which 12.9B active) and as names of models hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from scale_forecast.data.errors import UsageError

FLOPS_PER_PARAM_TOKEN = 6.0
"""Of training: two forward and four backward (Kaplan et al. 2020, arXiv:2001.08361, section 2.1)."""
_UNITS = {
    "": 1.0,
    **dict.fromkeys(("k", "thousand"), 1e3),
    **dict.fromkeys(("m", "mn", "million"), 1e6),
    **dict.fromkeys(("b", "bn", "g", "billion"), 1e9),
    **dict.fromkeys(("t", "tn", "trillion"), 1e12),
}
_SIZE = re.compile(
    r"\s*[~≈]?\s*([0-9][0-9_,]*\.?[0-9]*(?:e[+-]?[0-9]+)?|\.[0-9]+)\s*"
    r"(thousand|million|billion|trillion|bn|mn|tn|[kmbgt])?\s*(?:params|parameters)?\s*",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:[_,][0-9]{3})+(?![0-9])")
_TWO_SIZES = re.compile(
    r"\s*(?P<total>[^()/;]+?)\s*(?:total)?\s*(?:[(/;,]\s*|[-\s]\s*(?=a))a?(?P<active>[^()/;]+?)\s*"
    r"(?:active|activated)?\s*\)?\s*",
    re.IGNORECASE,
)


def parse_size(text: str | float) -> float:
    """A positive number with an optional unit k, M, B (or G, bn, billion), T.

    >>> parse_size("540B"), parse_size("1.3T"), parse_size("7e9"), parse_size("1,5 B"), parse_size("7,000,000,000")
    (540000000000.0, 1300000000000.0, 7000000000.0, 1500000000.0, 7000000000.0)

    Raises
    ------
    UsageError
        When the text is not a positive size.
    """
    match = _SIZE.fullmatch(str(text))
    value = _number(match[1]) * _UNITS[(match[2] or "").lower()] if match else 0.0
    if not 0.0 < value < float("inf"):
        raise UsageError(f"{str(text)!r} is not a positive size: write it as 540B, 1.3T or 540e9")
    return value


def _number(digits: str) -> float:
    """``7,000`` and ``7_000`` are seven thousand; any other comma or underscore is a decimal point."""
    if _THOUSANDS.match(digits):
        return float(re.sub(r"[_,]", "", digits))
    try:
        return float(re.sub(r"[_,]", ".", digits))
    except ValueError:
        return 0.0


def size_list(sizes: str | float | Iterable[str | float] | None) -> tuple[float, ...]:
    """One size or several, as numbers; none for None. Text is taken for one size where it reads as one.

    >>> size_list("1T,5T"), size_list(7e9), size_list(["14B", 7e10]), size_list("7,000,000,000"), size_list(None)
    ((1000000000000.0, 5000000000000.0), (7000000000.0,), (14000000000.0, 70000000000.0), (7000000000.0,), ())
    """
    if sizes is None:
        return ()
    if not isinstance(sizes, str):
        each = [sizes] if isinstance(sizes, int | float) else list(sizes)
        return tuple(parse_size(size) for size in each)
    try:
        return (parse_size(sizes),)
    except UsageError:
        parts = [part for part in re.split(r"[,;]", sizes) if part.strip()]
        if len(parts) < 2:
            raise
        return tuple(parse_size(part) for part in parts)


def parse_sizes(text: str | float) -> tuple[float, float | None]:
    """A size, and of a mixture of experts the part at work on a token where it is written beside it.

    >>> parse_sizes("46.7B (12.9B active)"), parse_sizes("671B-A37B"), parse_sizes("7B")
    ((46700000000.0, 12900000000.0), (671000000000.0, 37000000000.0), (7000000000.0, None))
    """
    try:
        return parse_size(text), None
    except UsageError:
        match = _TWO_SIZES.fullmatch(str(text))
        if match is None:
            raise
        total, active = parse_size(match["total"]), parse_size(match["active"])
        if active > total:
            raise
        return total, active


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


_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_EXPERTS = re.compile(rf"(?<![a-z0-9.])[0-9]+\s?x\s?{_NUMBER}\s?[mb](?![a-z0-9])", re.IGNORECASE)
"""``8x7B``: eight experts, whose sum is not the model's size."""
_AT_WORK = re.compile(rf"(?<![a-z0-9.])[ae]({_NUMBER})([mb])(?![a-z0-9])", re.IGNORECASE)
"""``A3B`` and ``E4B``: the part that is at work on a token."""
_OF_MIXTURE = re.compile(rf"(?<![a-z0-9.])a{_NUMBER}[mb](?![a-z0-9])", re.IGNORECASE)
_OF_EXPERTS = re.compile(r"(?<=[mb])[-_ ][0-9]+e(?![a-z0-9])", re.IGNORECASE)
"""``17B-16E``: 17B at work, of 16 experts."""
_PLAIN = re.compile(
    rf"(?:(?<![a-z0-9.])|(?<=[a-z]{{2}}))(?:({_NUMBER})\s?([mb])|([0-9]+)([mb])([0-9]))(?![a-z0-9])", re.IGNORECASE
)
"""``1.4b``, ``350M``, and ``7b1`` for 7.1b; after a word too (``bloom7b1``)."""
_TOKENS_BEFORE = re.compile(r"(?:tokens?|steps?|toks?)[-_ ]?(?:[0-9]+k?[-_ ])?$", re.IGNORECASE)
_TOKENS_AFTER = re.compile(r"[-_ ]?(?:tokens?|toks?)(?![a-z])", re.IGNORECASE)
_LONGEST_CONTEXT = 10e6
"""``7B-1M`` is a model of 7B that reads a million tokens."""


@dataclass(frozen=True)
class NameSizes:
    """What a model's name says of its size.

    Attributes
    ----------
    params : float or None
        All parameters.
    active_params : float or None
        Of a mixture of experts, those at work on a token.
    is_mixture : bool
        Whether the name speaks of experts.
    rest : str
        The name without its organisation and its sizes.
    """

    params: float | None
    active_params: float | None
    is_mixture: bool
    rest: str


def sizes_in_name(name: str) -> NameSizes:
    """Read the sizes off a model's name; what it does not say, or says in several ways, is None.

    >>> both = lambda name: (sizes_in_name(name).params, sizes_in_name(name).active_params)
    >>> both("Qwen3-30B-A3B"), both("OLMoE-1B-7B"), both("Llama-4-Scout-17B-16E"), both("Mixtral-8x7B")
    ((30000000000.0, 3000000000.0), (7000000000.0, 1000000000.0), (None, 17000000000.0), (None, None))
    >>> both("stablelm-2-1_6b"), both("llama_2_7b"), both("widget-1B-step1000-tokens5B")
    ((1600000000.0, None), (7000000000.0, None), (1000000000.0, None))
    """
    bare = _with_points(name.rsplit("/", 1)[-1])
    of_experts, experts = _OF_EXPERTS.search(bare) is not None, _EXPERTS.search(bare) is not None
    at_work = [_value(*match.groups()) for match in _AT_WORK.finditer(bare)]
    rest = _AT_WORK.sub("", _OF_EXPERTS.sub("", _EXPERTS.sub("", bare)))
    plain = [match for match in _PLAIN.finditer(rest) if not _counts_tokens(rest, match)]
    sizes = {_of_match(match) for match in plain}
    if len(sizes) > 1:
        sizes = {size for size in sizes if size > _LONGEST_CONTEXT} or sizes
    for match in reversed(plain):
        rest = rest[: match.start()] + rest[match.end() :]
    is_mixture = experts or of_experts or bool(at_work) or "moe" in bare.casefold()
    params, active = (sizes.pop() if len(sizes) == 1 else None), (at_work[0] if len(at_work) == 1 else None)
    if of_experts:
        params, active = None, params
    elif is_mixture and len(sizes) == 2 and not at_work:
        active, params = sorted(sizes)
    if params is not None and active is not None and active >= params:
        active = None
    rest = re.sub(r"[\s\-_]+(?=[+@])", "", re.sub(r"[\s\-_]{2,}", lambda m: m[0][0], rest)).strip(" -_") or name
    return NameSizes(None if experts else params, active, is_mixture, rest)


def _with_points(name: str) -> str:
    """``1_6b`` and ``2_5`` are decimals where underscores stand nowhere else (``llama_2_7b`` is Llama 2 of 7B)."""
    between_digits = re.findall(r"(?<![0-9])[0-9]_[0-9](?![0-9])", name)
    if not between_digits or len(between_digits) < name.count("_"):
        return name
    return re.sub(r"(?<![0-9])([0-9])_([0-9])(?=[mb](?![a-z0-9]))", r"\1.\2", name, flags=re.IGNORECASE)


def _counts_tokens(name: str, match: re.Match[str]) -> bool:
    return bool(_TOKENS_BEFORE.search(name[: match.start()]) or _TOKENS_AFTER.match(name, match.end()))


def _of_match(match: re.Match[str]) -> float:
    number, unit, whole, other_unit, tenth = match.groups()
    return _value(number or f"{whole}.{tenth}", unit or other_unit)


def _value(number: str, unit: str) -> float:
    return float(number) * _UNITS[unit.lower()]


def size_in_name(name: str) -> float | None:
    """Parameters read off a model's name; None when the name holds none or several.

    >>> size_in_name("pythia-1.4b-deduped"), size_in_name("bloom7b1"), size_in_name("gpt2-xl")
    (1400000000.0, 7100000000.0, None)
    """
    return sizes_in_name(name).params


def split_size(name: str) -> tuple[str, float | None]:
    """A model's name as a family and a size, as people write it of a model to come: in T too. No size is None.

    >>> split_size("PaLM-2T"), split_size("Pythia 1.4b"), split_size("Gopher")
    (('PaLM', 2000000000000.0), ('Pythia', 1400000000.0), ('Gopher', None))
    """
    head, _, tail = re.sub(r"[\s\-_]+", " ", name).strip().rpartition(" ")
    if head and re.fullmatch(r"[0-9.]+[kmbgt]", tail, re.IGNORECASE) and _SIZE.fullmatch(tail):
        return head, parse_size(tail)
    return family_in_name(name), size_in_name(name)


def family_in_name(name: str) -> str:
    """What is left of a model's name without its organisation and size; a mixture beside dense models says so.

    >>> family_in_name("EleutherAI/pythia-1.4b-deduped"), family_in_name("PaLM 540B"), family_in_name("Qwen3-30B-A3B")
    ('pythia-deduped', 'PaLM', 'Qwen3-MoE')
    """
    bare = name.rsplit("/", 1)[-1]
    if "moe" not in bare.casefold():
        name = _OF_MIXTURE.sub("MoE", name)
    return sizes_in_name(name).rest
