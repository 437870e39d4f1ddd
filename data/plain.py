"""Texts of others as they may be shown: without what would steer a terminal, turn the reading order round or hide."""

from __future__ import annotations


def plain_text(text: str) -> str:
    """A text without characters that show nothing, but for spaces, tabs and line breaks.

    >>> plain_text("NeQA\\x1b[31m in red\\x07"), plain_text("a\\u202eb\\u200bc"), plain_text("a\\tb\\n")
    ('NeQA[31m in red', 'abc', 'a\\tb\\n')
    """
    if text.isprintable():
        return text
    return "".join(c for c in text if c.isprintable() or c in "\n\t" or _is_space(c))


def _is_space(c: str) -> bool:
    """Spaces that take place on a line; the other signs that count as space break it or steer."""
    return c.isspace() and ord(c) > 0x9F and c not in "\u2028\u2029"
