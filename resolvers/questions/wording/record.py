"""Questions on record that some words name: by their title, or by the address of a market."""

from __future__ import annotations

import re
from collections.abc import Iterable

from scale_forecast.data.names import fold
from scale_forecast.resolvers.questions.question import Question

_ADDRESS = re.compile(r"https?://(?:www\.)?|[?#].*$|/+$", re.IGNORECASE)


def on_record(words: str, known: Iterable[Question]) -> list[Question]:
    """Known questions with these words as their title, signs and capitals aside, or this address among their links."""
    address = _address(words) if "://" in words else None
    title = _plain(words)
    if address:
        return [question for question in known if address in map(_address, question.links)]
    return [question for question in known if title and _plain(question.title) == title]


def _plain(title: str) -> str:
    """A title without capitals, spaces and the signs around and between its words; signs that compare are kept."""
    return re.sub(r"[^\w%<>=.+$]+", "", fold(title)).strip(".")


def _address(link: str) -> str:
    return _ADDRESS.sub("", link.strip()).casefold()
