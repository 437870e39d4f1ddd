"""One file of items, whatever its format: which run it is, and where its items are to be had."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from scale_forecast.data.readers.files import Source
from scale_forecast.data.readers.identity import Identity, as_dict
from scale_forecast.data.readers.inspect_header import Header

if TYPE_CHECKING:
    import pyarrow as pa

METRICS = ("accuracy", "acc_norm", "exact_match", "prob_correct", "brier_score")
"""Scores of an item that are aggregated; the first three say whether it was answered correctly."""

ITEM_COLUMNS = {
    "model": "VARCHAR",
    "task": "VARCHAR",
    "line_shots": "INTEGER",
    "filter": "VARCHAR",
    "item": "UBIGINT",
    "document": "UBIGINT",
    **dict.fromkeys(METRICS, "FLOAT"),
}
_BATCH = 20_000


class Item(NamedTuple):
    """One answered item of a log that is read here and not by DuckDB; None where the log does not say."""

    item: str
    filter: str = "none"
    task: str | None = None
    line_shots: int | None = None
    document: str | None = None
    accuracy: float | None = None
    exact_match: float | None = None
    prob_correct: float | None = None
    brier_score: float | None = None


@dataclass(frozen=True)
class Log:
    """One file of items.

    ``path`` is a regular file DuckDB can open; ``identity`` is None where each line names its model, ``place`` is None
    where each line names its task. ``items`` goes through the items of documents that are not a list of lines.
    ``header`` is what the log itself says of its scores, ``items_stated`` how many items the run had, and ``top`` where
    grades end by the user's word. ``stat`` is metric and split of the statistics that count, ``columns_of_run`` more
    columns of every row. ``benchmark`` is where tasks that lines name belong, None to find out by their names;
    ``accuracy`` is what the benchmark calls the share of right choices.
    """

    source: Source
    kind: str
    path: Path
    identity: Identity | None = None
    family: str | None = None
    place: tuple[str, str] | None = None
    benchmark: str | None = None
    accuracy: str = "accuracy"
    shots: int | None = None
    prompt: str = "direct"
    when: float = math.nan
    columns: tuple[str, ...] = ()
    items: Callable[[], Iterator[Item]] | None = None
    note: str | None = None
    header: Header | None = None
    top: float | None = None
    items_stated: int | None = None
    stat: tuple[str, str] | None = None
    columns_of_run: Mapping[str, object] = field(default_factory=dict)


def batches(items: Iterable[Item]) -> Iterator[pa.Table]:
    """Items as tables of bounded size, in order."""
    import pyarrow as pa

    text, number = pa.string(), pa.float64()
    kinds = [text, text, text, pa.int32(), text, number, number, number, number]
    schema = pa.schema(list(zip(Item._fields, kinds, strict=True)))
    items = iter(items)
    while batch := list(itertools.islice(items, _BATCH)):
        yield pa.table([list(column) for column in zip(*batch, strict=True)], schema=schema)


def at(record: object, path: str) -> str | None:
    """What stands at ``a.b.c`` of a record, as text."""
    for name in path.split("."):
        record = as_dict(record).get(name)
    return None if record is None else str(record)


def share(value: object) -> float | None:
    """A number in [0, 1], or true or false."""
    return float(value) if isinstance(value, (bool, int, float)) and 0.0 <= value <= 1.0 else None
