"""One normaliser of titles: typographic signs, pictures, raised digits and clock times as a keyboard has them."""

from __future__ import annotations

import re
import unicodedata

_SIGNS = str.maketrans(
    {
        "\u2265": ">=", "\u2a7e": ">=", "\u2267": ">=", "\u2264": "<=", "\u2a7d": "<=", "\u2266": "<=", "\u00d7": "x",
        "\u2026": " ", "\u2192": " ", "\u2022": " ", "\u00b7": " ", "\u2044": "/", "\uff1e": ">", "\uff1c": "<",
    }
    | dict.fromkeys("\u2018\u2019\u201a\u2032\u00b4", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | {"\u00bd": "1/2", "\u00bc": "1/4", "\u00be": "3/4", "\u2153": "1/3", "\u2154": "2/3"}
)  # fmt: skip
"""Typographic signs as a keyboard has them."""
_RAISED = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079"
_LOWERED = str.maketrans(_RAISED, "0123456789")
_POWER = re.compile(rf"(?<=[0-9])[{_RAISED}]+")
_NO_WORDS = frozenset({"So", "Sk", "Cs", "Co", "Cf", "Mn"})
"""Categories of signs that say nothing: pictures, and what joins and colours them."""
_OR_MORE = re.compile(r"\b(\d[\d.,]*)\+(?=[ -]?(?:hours?|minutes?|hrs?|points?|elo)\b)", re.IGNORECASE)
"""What is said of a number before its unit: "16+ hours"."""
_LABEL = re.compile(r"^\[[^\]]*\]")
"""What a tournament writes in front of its titles."""
_DOTTED_DAY = re.compile(r"(?<![\w.-])(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.(20\d\d)\b")
_LENGTH = re.compile(r"\b(\d+) ?-?(?:h|hrs?|hours?)(?:,? and | |-)?(\d+) ?-?(?:m|mins?|minutes?)\b", re.IGNORECASE)
_MINUTES = re.compile(r"\b(\d+) ?mins?\b", re.IGNORECASE)
_PERIOD_YEAR = re.compile(r"\b(EO[YQM]|Q[1-4]|H[12]) ?(?:'(\d\d)|(20\d\d))\b", re.IGNORECASE)
"""A year that is glued to its period, or short: EOY2026, Q3'26."""
_SHORT_YEAR = re.compile(
    r"\b((?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?(?: \d{1,2},?)?) '(\d\d)\b", re.IGNORECASE
)
_SHORT_DAY = re.compile(r"(?<![\d/])(\d{1,2}/\d{1,2})/(\d\d)(?![\d/])")
_HALF_YEAR = re.compile(r"\b(first|second) half of (20\d\d)\b", re.IGNORECASE)
_FROM_NOW = re.compile(r"\bbetween (?:now|today) and\b", re.IGNORECASE)
_SUB = re.compile(
    r"\b(?:sub-|(under|below|over)[ -])(\d+(?:\.\d+)?[BM])(?:[ -]parameters?)? (models?|llms?)\b", re.IGNORECASE
)
"""A bound on the size before the model: "a sub-10B model"."""
_UNIT = r"(?:hours|minutes|(?:log(?:10)? ?)?\(?flops?\)?|percent|%)"
_IN_A_UNIT = re.compile(rf",? (?:\((?:in )?{_UNIT}\)|in {_UNIT})$", re.IGNORECASE)
_WITH_WEIGHTS = re.compile(
    r"\b((?:(?:ai|language|other) )?models?|llms?|(?:ai )?systems?|ai) (?:with|that has|that have|having) "
    r"(open|closed) weights\b",
    re.IGNORECASE,
)
_ZONE = r"(?: ?\(?(?:UTC|GMT|E[SD]?T|C[SD]?T|P[SD]?T|M[SD]?T|AoE|Z|Eastern(?: Time)?|Pacific(?: Time)?)\b\)?)"
_DAYS_END = re.compile(
    rf",?(?: at| by)?(?: |T)(?:11:59(?::\d\d)? ?p\.?m\.?\b\.?|23:59(?::\d\d)?){_ZONE}?|(?<=20\d\d),?{_ZONE}",
    re.IGNORECASE,
)
"""The last minute of a day, and a zone behind a date: evidence counts by days."""
_DAYS_END_FIRST = re.compile(rf"\b(?:11:59(?::\d\d)? ?p\.?m\.?|23:59(?::\d\d)?){_ZONE}?,? (?:on |of )", re.IGNORECASE)


def _without_accent(sign: str) -> str:
    """A Latin letter without what stands above or below it; any other sign as it is."""
    base = unicodedata.normalize("NFD", sign)[0]
    return base if base.isascii() and base.isalpha() else sign


def make_plain(text: str) -> str:
    """The words of a title on one line, without what says nothing and without the mark at its end.

    >>> make_plain("\U0001f9e0 Will \u201cHLE\u201d reach \u2265 \u00bd by 31.12.2025?")
    'Will "HLE" reach >= 1/2 by 2025-12-31'
    >>> make_plain("5\u00d710\u00b2\u2076 FLOP by Dec 31, 2025, 11:59 PM ET"), make_plain("over 2 hrs 17 mins")
    ('5x10^26 FLOP by Dec 31, 2025', 'over 137 minutes')
    >>> make_plain("HLE over 50% in the first half of 2027?"), make_plain("by Dec '26"), make_plain("by 12/31/27")
    ('HLE over 50% in the H1 2027', 'by Dec 2026', 'by 12/31/2027')
    """
    text = "".join(_without_accent(sign) for sign in text)
    text = _POWER.sub(lambda found: "^" + found[0].translate(_LOWERED), text).translate(_SIGNS)
    text = "".join(" " if not sign.isascii() and unicodedata.category(sign) in _NO_WORDS else sign for sign in text)
    text = "".join(sign for sign in text if sign.isprintable() or sign.isspace())
    text = re.sub(r"\s+", " ", text).strip()
    text = _DOTTED_DAY.sub(lambda day: f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}", text)
    text = _PERIOD_YEAR.sub(lambda found: f"{found[1]} {found[3] or '20' + found[2]}", text)
    text = _DAYS_END.sub("", _DAYS_END_FIRST.sub("", text))
    text = _LENGTH.sub(lambda length: f"{60 * int(length[1]) + int(length[2])} minutes", text)
    text = _OR_MORE.sub(r"at least \1", _MINUTES.sub(r"\1 minutes", text))
    text = _SHORT_DAY.sub(r"\1/20\2", _SHORT_YEAR.sub(r"\1 20\2", text))
    text = _HALF_YEAR.sub(lambda found: f"{'H1' if found[1].lower() == 'first' else 'H2'} {found[2]}", text)
    text = _WITH_WEIGHTS.sub(r"\2-weight \1", _FROM_NOW.sub("until", text))
    text = re.sub(r"\s+", " ", text).strip(" ?.!,;")
    text = _SUB.sub(lambda found: f"{found[3]} {found[1] or 'under'} {found[2]} parameters", _IN_A_UNIT.sub("", text))
    return _LABEL.sub("", text).strip(" ?.!,;:\"'")
