"""What a reader of a format brings; `data.readers.registry` holds all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.reading import Reading


@dataclass(frozen=True)
class Example:
    """A small file of a format.

    Attributes
    ----------
    name : str
        As it is called, with its folder where that matters.
    data : bytes
    scores : dict
        ``(task, metric, model)`` to the score that is read from it.
    beside : dict
        Files beside it, by name.
    """

    name: str
    data: bytes
    scores: dict[tuple[str, str, str], float]
    beside: dict[str, bytes] | None = None


class Reader(Protocol):
    """Reads one format of results, whatever a file is called."""

    name: str
    """What a file of this format is called in messages."""
    example: Example

    def recognises(self, content: Content) -> bool:
        """Whether a file is of this format; looks no further than it must, and raises for nobody's file."""

    def read(self, content: Content, layout: Layout, model: str | None) -> Reading:
        """All scores of a file; ``layout`` and ``model`` are what the user says of it.

        Raises
        ------
        DataError
            In one sentence, for what cannot be read.
        """
