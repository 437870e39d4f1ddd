"""Scores of a leaderboard as they are met: each kept in the unit of its metric, or refused and counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.data.metrics import is_unbounded
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.numbers_in import number_of
from scale_forecast.data.readers.reading import Reading

_DIGITS = 12
"""Digits that are kept: 28.6 / 100 is 0.28600000000000003."""


class Board:
    """Collects the rows of one file.

    Attributes
    ----------
    reading : Reading
    """

    def __init__(self, content: Content, format_: str) -> None:
        self.reading = Reading(content.name, format_)
        self._source = f"{format_}, {content.source.stem}"
        self._rows: list[dict[str, Any]] = []

    def add(self, value: object, *, top: float = 1.0, metric: str = "accuracy", **row: object) -> None:
        """One score that runs from 0 to ``top`` where its metric is a share."""
        self.reading.found += 1
        number, unbounded = number_of(value), is_unbounded(metric)
        if number is None:
            self.reading.refused["empty cell" if value in (None, "", "-") else "not a number"] += 1
        elif not row.get("model") or not row.get("task"):
            self.reading.refused["names no model or no task"] += 1
        elif not (number >= 0.0 if unbounded else 0.0 <= number / top <= 1.0):
            self.reading.refused["outside the metric's range"] += 1
        else:
            score = number if unbounded else round(number / top, _DIGITS)
            self._rows.append({"metric": metric, "source": self._source, **row, "score": score})

    def refuse(self, reason: str, count: int = 1) -> None:
        """Scores that are none of a model's."""
        self.reading.found += count
        self.reading.refused[reason] += count

    def finish(self) -> Reading:
        """What was read."""
        self.reading.rows = pd.DataFrame(self._rows)
        return self.reading


def mean_of(scores: Sequence[float]) -> tuple[float, float | None]:
    """The mean of single scores and its standard error, None of one score alone."""
    mean = float(np.mean(scores))
    return mean, float(np.std(scores, ddof=1) / np.sqrt(len(scores))) if len(scores) > 1 else None


def top_of(values: list[object]) -> float:
    """Where shares of one kind end: 100 where one of them is above 1."""
    numbers = [number for value in values if (number := number_of(value)) is not None]
    return 100.0 if max(numbers, default=0.0) > 1.0 else 1.0


def publication_fields(day: object, basis: str) -> dict[str, Any]:
    """When a score was known, and on what that rests; neither where no day is given."""
    text = text_of(day)
    return {"known_on": text, "known_basis": basis if text else None}


def text_of(value: object) -> str | None:
    """A text that says something, else None."""
    return str(value).strip() or None if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None
