"""What some words say, slot by slot: who, which benchmark, side and value, when, and what else limits what counts.

`Reading` stands between the words and a `Question`: it holds a kind's name and its slots, each with the words it was
read from, whether or not there is a kind of question of that name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from scale_forecast.data.errors import UsageError

Side = Literal["at_least", "above", "at_most", "below"]
OTHER_SIDE: dict[Side, Side] = {"at_least": "below", "above": "at_most", "at_most": "above", "below": "at_least"}


class AskBack(UsageError):
    """Words that are not understood, with the slot they stand in and what they may mean.

    Attributes
    ----------
    slot : "benchmark", "model", "side", "value", "when", "metric", "kind", "word", ...
    words : the words in question; empty where the slot is missing
    candidates : what they may mean
    """

    def __init__(self, slot: str, sentence: str, *, words: str = "", candidates: Iterable[str] = ()) -> None:
        self.slot, self.words, self.candidates = slot, words, tuple(candidates)
        super().__init__(sentence)


class Refused(AskBack):
    """Words that are understood, and that no question of ours can ask; ``slot`` names what it is."""


@dataclass(frozen=True)
class Place:
    """A task of a benchmark, and the metrics it is scored in.

    ``families`` have scores on it (folded names); ``has_scores`` says whether any result carries it; ``unit`` and the
    human levels are those of the benchmarks table, ``human_usual`` the one that "human" alone means and
    ``human_names`` whose they are; ``released`` is the day the benchmark was published.
    """

    benchmark: str
    task: str
    metrics: tuple[str, ...] = ("accuracy",)
    families: frozenset[str] = frozenset()
    has_scores: bool = True
    unit: str = "share"
    human_average: float | None = None
    human_best: float | None = None
    human_usual: Literal["average", "best"] = "average"
    human_names: tuple[str, str] = ("average human", "best or expert human")
    released: dt.date | None = None

    @property
    def name(self) -> str:
        """Benchmark and task; once where they are called alike."""
        return self.benchmark if self.benchmark == self.task else f"{self.benchmark}/{self.task}"


@dataclass(frozen=True)
class Who:
    """Which models are spoken of; nothing set means any model.

    ``every`` says that all families are meant, ``nobody`` that none is, ``together`` that each of the names is;
    ``first`` and ``best`` and ``next`` are the words in front; ``of`` is what a question asks for (``organisation``,
    ``line`` or ``model``).
    """

    models: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    group: str | None = None
    weights: Literal["open", "closed"] | None = None
    tuning: tuple[str, ...] = ()
    min_params: float | None = None
    max_params: float | None = None
    min_flops: float | None = None
    max_flops: float | None = None
    released_from: dt.date | None = None
    released_until: dt.date | None = None
    every: bool = False
    nobody: bool = False
    first: bool = False
    best: bool = False
    next: bool = False
    of: Literal["model", "organisation", "line"] = "model"
    number: int | None = None
    together: bool = False

    def each(self) -> tuple[Who, ...]:
        """Whom names joined by "and" mean, one by one."""
        field = next(name for name in ("models", "families", "lines", "organisations") if getattr(self, name))
        one: Any = replace(self, together=False)
        return tuple(replace(one, **{field: (name,)}) for name in getattr(self, field))

    def facts(self) -> dict[str, Any]:
        """What is set, by field."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) != f.default}

    @property
    def is_anyone(self) -> bool:
        """Whether nothing says which models."""
        return not set(self.facts()) - {"best", "first", "of", "nobody", "number"}


@dataclass(frozen=True)
class Level:
    """A line to reach. ``unit`` is that of the words: percent, points, minutes, dollars, elo, human, or None for none.

    ``high`` is the other end of a range, ``high_side`` its side where one was said; ``manner`` is ``exactly`` or
    ``about`` where that was said.
    """

    value: float | None
    unit: str | None = None
    side: Side | None = None
    high: float | None = None
    high_side: Side | None = None
    manner: str | None = None
    human: Literal["usual", "average", "best"] | None = None
    text: str = ""


@dataclass(frozen=True)
class When:
    """Days that count: until ``last``, from ``first`` on where only a span counts.

    ``how`` is by (any time until then), on (the state of that day), in (that span alone), or after (no last day).
    """

    how: Literal["by", "on", "in", "after"]
    last: dt.date | None
    first: dt.date | None = None
    until: bool = False
    text: str = ""


@dataclass(frozen=True)
class Quantity:
    """How many of several: ``share`` of them, or ``number``, on a ``side``."""

    number: float | None = None
    share: float | None = None
    side: Side = "at_least"
    exactly: bool = False


@dataclass(frozen=True)
class Slot:
    """A value and the words it was read from, as positions in the text."""

    value: Any
    span: tuple[int, int]


_OPEN_ANSWERS = frozenset(
    {
        "numeric", "date", "release_date", "choice", "first_of", "first_test", "size_number", "size_date",
        "size_needed",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """What was read: the kind of statement by name, and its slots; ``and``, ``or`` and ``not`` have parts.

    Slots: who, against, places, quantity, level, when, stated, shots, prompt, metric, evaluator, setting, margin,
    of (what is chosen between), event (of a date or a first), size.
    """

    kind: str
    slots: Mapping[str, Slot] = field(default_factory=dict)
    parts: tuple[Reading, ...] = ()
    negated: bool = False
    notes: tuple[str, ...] = ()

    @property
    def is_yes_or_no(self) -> bool:
        """Whether it is answered by yes or no, and not by a number, a date or a choice."""
        return self.kind not in _OPEN_ANSWERS

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a slot."""
        return self.slots[name].value if name in self.slots else default
