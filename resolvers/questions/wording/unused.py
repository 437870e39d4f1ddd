"""A guard against silent readings: whoever and whatever a statement limits must stand in what was read of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scale_forecast.resolvers.questions.wording.limits import Limits
from scale_forecast.resolvers.questions.wording.parts import Parts
from scale_forecast.resolvers.questions.wording.slots import AskBack, Reading, Who

_LIMITING = (
    "models", "families", "lines", "organisations", "weights", "tuning", "min_params", "max_params", "min_flops",
    "max_flops", "released_from", "released_until",
)  # fmt: skip
_TAKEN_ELSEWHERE = frozenset({"when", "metric", "setting", "stated", "margin", "families"})
"""Limits that fill no slot of their own name: days, metrics and settings decide other slots."""
_NOT_OF_TESTS = frozenset({"evaluator"})
"""What may be said of sizes and releases, which nobody measures."""


def refuse_unused(parts: Parts, limits: Limits, reading: Reading) -> None:
    """Ask back for a limit that the words state and the reading has not.

    Raises
    ------
    AskBack
        Naming the words that were left over.
    """
    used = {(name, one) for who in _whos(reading) for name in _LIMITING for one in _values(getattr(who, name))}
    used |= {("options", one) for one in _options(reading)}
    for phrase in parts.all("WHO"):
        for name in _LIMITING:
            for one in _values(getattr(phrase.value, name)):
                if (name, one) not in used and ("options", one) not in used:
                    sentence = (
                        f"{phrase.text!r} limits which models count in a way that finds no place: say it in other words"
                    )
                    raise AskBack("model", sentence, words=phrase.text)
    slots = set(_slot_names(reading))
    for name in set(limits.slots) - _TAKEN_ELSEWHERE - slots:
        if name not in _NOT_OF_TESTS or "places" in slots:
            raise AskBack(name, f"{limits.get(name)!r} ({name}) finds no place in what is asked: leave it out")
    if "margin" in limits.slots and not {"margin", "against"} & slots:
        margin = limits.get("margin")
        raise AskBack("value", f"{margin.text!r} is a margin over nobody that is named: write the score that counts")


def _values(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)


def _all(reading: Reading) -> Iterator[Reading]:
    yield reading
    for part in reading.parts:
        yield from _all(part)


def _whos(reading: Reading) -> Iterator[Who]:
    for one in _all(reading):
        yield from (one.slots[name].value for name in ("who", "against") if name in one.slots)


def _options(reading: Reading) -> Iterator[Any]:
    for one in _all(reading):
        yield from one.get("options", ())


def _slot_names(reading: Reading) -> Iterator[str]:
    for one in _all(reading):
        yield from one.slots
