"""What limits a statement, wherever it stands: days, shots, prompts, sizes of models, a metric, stated odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import fold
from scale_forecast.resolvers.questions.wording.phrases import Context, Phrase
from scale_forecast.resolvers.questions.wording.slots import AskBack, Level, Slot, When, Who

_SLOTS = {
    "WHENDAY": "when", "SHOTS": "shots", "PROMPT": "prompt", "METRIC": "metric", "EVALUATOR": "evaluator",
    "TOOLS": "setting", "FAMILIES": "families", "STATED": "stated", "MARGIN": "margin",
}  # fmt: skip
_SIZES = ("FLOPS", "PARAMS")
_DANGLING = frozenset({"WITH", "OF", "ON", "IN", "BY", "TO"})
_DROPPED = frozenset({"COMMA", "SLASH", "BET", "CHANCE", "AGAINST", "PROMPTWORD", "CLEARLY", "BENCHWORD"})
_ABOUT_SCORES = frozenset({"LEVEL", "PLACE", "BEYOND", "LEAD", "WHICH", "WHEN"})
_NEAR = 0.03
"""A size that is said without a side is met within this share of it."""


@dataclass(frozen=True)
class Limits:
    """What was taken out of a statement, by slot; ``who`` is what sizes and releases say of the models."""

    slots: dict[str, Slot] = field(default_factory=dict)
    who: Who = field(default_factory=Who)
    clearly: bool = False

    def get(self, name: str) -> Any:
        """The value of a slot, None where nothing was said."""
        return self.slots[name].value if name in self.slots else None


def take_limits(phrases: Sequence[Phrase], context: Context) -> tuple[Limits, list[Phrase]]:
    """The limits of one statement, and its phrases without them.

    Raises
    ------
    UsageError
        For two limits of one sort.
    """
    rest = _with_releases(list(phrases))
    rest = _with_reliability(rest, context)
    slots: dict[str, Slot] = {}
    who = Who()
    kept: list[Phrase] = []
    has_score = {phrase.token for phrase in rest} >= {"PLACE"} and any(
        p.token in _ABOUT_SCORES - {"PLACE"} for p in rest
    )
    for phrase in rest:
        if phrase.token in _SLOTS:
            _drop_dangling(kept, phrase)
            _add(slots, _SLOTS[phrase.token], phrase)
        elif phrase.token in _SIZES and has_score:
            _drop_dangling(kept, phrase)
            if kept and kept[-1].token == "TRAIN":
                kept.pop()
            who = limit_size(who, phrase.value)
        elif phrase.token not in _DROPPED:
            kept.append(phrase)
    return Limits(slots, who, any(phrase.token == "CLEARLY" for phrase in rest)), kept


def limit_size(who: Who, level: Level) -> Who:
    """Models limited to a size; a bound that is not included is moved by the least there is."""
    low, high = f"min_{level.unit}", f"max_{level.unit}"
    value = float(level.value or 0.0)
    bounds: dict[str, Any] = {
        "at_least": {low: value},
        "above": {low: float(np.nextafter(value, np.inf))},
        "at_most": {high: value},
        "below": {high: float(np.nextafter(value, 0.0))},
    }.get(str(level.side), {low: value * (1.0 - _NEAR), high: value * (1.0 + _NEAR)})
    found = replace(who, **bounds)
    least, most = getattr(found, low), getattr(found, high)
    if least is not None and most is not None and least > most:
        raise UsageError(f"no model has both the least and the most {level.unit} asked for: the least is larger")
    return found


def _add(slots: dict[str, Slot], name: str, phrase: Phrase) -> None:
    if name in slots and slots[name].value != phrase.value:
        if name == "when":
            sentence = f"two deadlines in one statement ({slots[name].value.text!r} and {phrase.text!r}): give one"
            raise AskBack("when", sentence, words=phrase.text)
        raise AskBack(name, f"the words limit {name} twice ({phrase.text!r} too): say it once", words=phrase.text)
    slots[name] = Slot(phrase.value, phrase.span)


def _drop_dangling(kept: list[Phrase], phrase: Phrase) -> None:
    """A preposition that stood before what is taken out goes with it."""
    if kept and kept[-1].token in _DANGLING and phrase.span[0] - kept[-1].span[1] <= 3:
        kept.pop()


def _with_releases(phrases: list[Phrase]) -> list[Phrase]:
    """ "A model released in 2024" is a model of those days, where more follows or a test is named."""
    for i in range(len(phrases) - 2):
        who, verb, day = phrases[i : i + 3]
        more = any(phrase.token in ("PLACE", "LEVEL") for phrase in phrases)
        if who.token != "WHO" or verb.token != "RELEASE" or day.token != "WHENDAY" or not more:
            continue
        when: When = day.value
        first = when.first if when.how != "on" else when.last
        dated = replace(who.value, released_from=first, released_until=when.last)
        joined = replace(who, value=dated, span=(who.span[0], day.span[1]), text=f"{who.text} {verb.text} {day.text}")
        return [*phrases[:i], joined, *phrases[i + 3 :]]
    return phrases


def _with_reliability(phrases: list[Phrase], context: Context) -> list[Phrase]:
    """A percentage beside a length of time says how reliable the time horizon is, and so which test is meant."""
    timed = [i for i, phrase in enumerate(phrases) if phrase.token == "PLACE" and _is_timed(phrase)]
    shares = [i for i, p in enumerate(phrases) if p.token == "LEVEL" and p.value.unit == "percent" and not p.value.side]
    if not timed or not shares:
        return [phrase for phrase in phrases if phrase.token != "RELIABILITY"]
    place, share = phrases[timed[0]], phrases[shares[0]]
    benchmark = place.value[0][0][0].benchmark
    found = [
        p for p in context.vocabulary.frontier.get(fold(benchmark), []) if p.task.endswith(f" {share.value.value:g}%")
    ]
    if not found:
        raise AskBack("benchmark", f"{benchmark} has no {share.text} level: it has 50% and 80%", words=share.text)
    kept = list(phrases)
    kept[timed[0]] = replace(place, value=((tuple(found),), place.value[1]))
    del kept[shares[0]]
    at = shares[0]
    if at > 0 and kept[at - 1].token in ("WITH", "ON"):
        del kept[at - 1]
        at -= 1
    if at < len(kept) and kept[at].token in ("RELIABILITY", "SCORE"):
        del kept[at]
    return kept


def _is_timed(phrase: Phrase) -> bool:
    return all(place.unit == "minutes" for one in phrase.value[0] for place in one)
