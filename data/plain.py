"""Texts of others as they may be shown: without what would steer a terminal or turn the reading order round."""

from __future__ import annotations

import re

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for tabs and line breaks, and Unicode's overrides of the direction of text."""


def plain_text(text: str) -> str:
    """A text without control characters.

    >>> plain_text("NeQA\\x1b[31m in red\\x07")
    'NeQA[31m in red'
    """
    return _STEERING.sub("", text)
