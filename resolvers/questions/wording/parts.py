"""The phrases of one statement, and the slots that many forms of statement fill: who, tests, level, when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from scale_forecast.data.names import fold
from scale_forecast.resolvers.questions.wording.levels import on_test
from scale_forecast.resolvers.questions.wording.limits import Limits
from scale_forecast.resolvers.questions.wording.phrases import Context, Phrase
from scale_forecast.resolvers.questions.wording.slots import (
    AskBack,
    Level,
    Place,
    Quantity,
    Refused,
    Side,
    Slot,
    When,
    Who,
)
from scale_forecast.resolvers.questions.wording.vocabulary import candidates

_POOLED = ("average", "mean", "combined", "total")
LOW = ("at_most", "below")
"""Sides below a line."""


@dataclass(frozen=True)
class Parts:
    """The phrases of one statement in order, under the rule of the grammar that they fit."""

    rule: str
    phrases: list[Phrase]

    def all(self, token: str) -> list[Phrase]:
        """Every phrase of a terminal."""
        return [phrase for phrase in self.phrases if phrase.token == token]

    def one(self, token: str) -> Phrase | None:
        """The first phrase of a terminal, or None."""
        return next((phrase for phrase in self.phrases if phrase.token == token), None)

    def has(self, *tokens: str) -> bool:
        """Whether one of some terminals occurs."""
        return any(phrase.token in tokens for phrase in self.phrases)

    @property
    def is_denied(self) -> bool:
        """Whether a "not" stands in it."""
        return len(self.all("NOT")) % 2 == 1


def is_horizon(parts: Parts) -> bool:
    """Whether the test is a time horizon, which is said of models and not to be reached on a test."""
    place = parts.one("PLACE")
    return place is not None and all(option.unit == "minutes" for one in place.value[0] for option in one)


def slot(value: Any, *phrases: Phrase) -> Slot:
    """A slot read from some phrases."""
    spans = [phrase.span for phrase in phrases]
    return Slot(value, (min(start for start, _ in spans), max(end for _, end in spans)) if spans else (0, 0))


# --- slots that many forms have


def who_of(parts: Parts, limits: Limits, at: int = 0) -> tuple[Who, dict[str, Slot]]:
    """The models spoken of, with the sizes that were said apart; any model where nothing says which."""
    named = parts.all("WHO")[at : at + 1]
    who = named[0].value if named else Who()
    who = replace(who, **limits.who.facts())
    if who.number is not None:
        said = named[0].text
        sentence = f"{said!r} asks for a number of models, which no question has: ask of any model, or of several tests"
        raise Refused("kind", sentence, words=said)
    return who, ({"who": slot(who, *named)} if who.facts() else {})


def places_of(parts: Parts, limits: Limits, context: Context) -> dict[str, Slot]:
    """The tests, how many of them are asked for, and the metric."""
    phrase = parts.one("PLACE")
    if phrase is None:
        raise no_benchmark(parts.phrases, context)
    several, joint = phrase.value
    sides = _families(parts, limits, context)
    places = tuple(_decide(options, sides, phrase.text) for options in several)
    places = tuple(_with_tools(place, limits, context) for place in places)
    metric = limits.get("metric")
    found = {
        "places": slot(places, phrase),
        "metrics": slot(tuple(context.vocabulary.metric(place, metric) for place in places), phrase),
    }
    if twice := next((place.task for k, place in enumerate(places) if place in places[:k]), None):
        raise AskBack("benchmark", f"{twice!r} is in the list twice: name each task once", words=twice)
    pooled = next((one for one in parts.all("SCORE") if one.text.casefold().startswith(_POOLED)), None)
    if len(places) > 1 and pooled is not None:
        sentence = f"{pooled.text!r} of several tests is no score that a table has: ask of each test"
        raise AskBack("metric", sentence, words=pooled.text)
    quant = parts.one("QUANT")
    if quant is not None:
        return {**found, "quantity": slot(_quantity(quant, len(places)), quant)}
    if len(places) > 1:
        return {**found, "joint": slot(joint or "and", phrase)}
    return found


def no_benchmark(phrases: Sequence[Phrase], context: Context) -> AskBack:
    """What is said of words without a test; the best model of all is in markets that of an arena."""
    best = next((one for one in phrases if one.token == "WHO" and one.value.best and not one.value.models), None)
    if best is not None and not any(one.token == "LEVEL" for one in phrases):
        sentence = (
            f"{best.text!r} on no test is, in markets, the first of Chatbot Arena, of which no bundled table tells: "
            "name the test, as in 'on GPQA Diamond'"
        )
        return Refused("benchmark", sentence, words=best.text)
    return AskBack("benchmark", f"{context.text[:80]!r} names no benchmark: say on which, as in 'on MMLU'")


def _with_tools(place: Place, limits: Limits, context: Context) -> Place:
    """The test of its own that some benchmarks have with tools; without them it is the benchmark itself.

    Raises
    ------
    Refused
        Where the tables do not set apart what ran with tools.
    """
    setting = limits.get("setting")
    if setting is None:
        return place
    apart = context.vocabulary.find(f"{place.benchmark} (with tools)") or context.vocabulary.find(
        f"{place.benchmark}/{place.task} (with tools)"
    )
    if not apart:
        sentence = f"the tables of {place.name} do not set apart what ran {setting} tools: leave it out"
        raise Refused("setting", sentence)
    if setting == "without":
        context.notes.append(f"without tools is {place.name}: what ran with tools is a task of its own")
    return apart[0] if setting == "with" else place


def _quantity(phrase: Phrase, number: int) -> Quantity:
    quantity: Quantity = phrase.value
    if quantity.exactly:
        raise AskBack("side", f"{phrase.text!r}: 'exactly' is no form, ask for at least so many", words=phrase.text)
    if number == 1:
        raise AskBack(
            "benchmark",
            f"{phrase.text!r} is of what is a single task: list several, as in 'at least 2 of neqa, memo-trap'",
        )
    if quantity.number is not None and not 0 <= quantity.number <= number:
        sentence = f"{phrase.text.strip()} {number} tasks cannot be: list more or ask for fewer"
        raise AskBack(
            "quantity", f"at least {quantity.number:g} of {number} tasks cannot be: {sentence.split(': ')[1]}"
        )
    return quantity


def _families(parts: Parts, limits: Limits, context: Context) -> list[frozenset[str]]:
    """Families (folded) of each side spoken of."""
    found = []
    for phrase in parts.all("WHO"):
        who: Who = phrase.value
        families = [family for model in who.models if (family := context.vocabulary.family_of(model)) is not None]
        named = frozenset(map(fold, [*families, *who.families]))
        if named:
            found.append(named)
    return found


def _decide(options: tuple[Place, ...], sides: list[frozenset[str]], said: str) -> Place:
    """Of tasks that share a name the one with scores of a family of every side."""
    if len(options) > 1 and sides:
        options = tuple(place for place in options if all(place.families & side for side in sides)) or options
    if len(options) > 1:
        sentence = f"{options[0].task!r} may be any of {candidates(options)}: write one of these"
        raise AskBack("benchmark", sentence, words=said, candidates=[place.name for place in options])
    return options[0]


def shared_limits(limits: Limits) -> dict[str, Slot]:
    """Limits that are slots as they stand."""
    names = ("shots", "prompt", "evaluator", "stated", "families")
    return {name: limits.slots[name] for name in names if name in limits.slots}


def when_of(limits: Limits, *, at_a_day: bool = False, stays: bool = False) -> dict[str, Slot]:
    """The days that count. With ``at_a_day`` a span alone is asked back: what is asked is the state of one day."""
    if "when" not in limits.slots:
        return {}
    found = limits.slots["when"]
    when: When = found.value
    if when.how == "after":
        sentence = f"{when.text!r} has a first day and no last: say until when, as in 'by {_year_after(when)}'"
        raise AskBack("when", sentence, words=when.text)
    if when.until and not stays:
        sentence = f"{when.text!r} may include that time or end before it: write 'by' or 'before'"
        raise AskBack("when", sentence, words=when.text)
    if at_a_day:
        if when.how == "in":
            raise AskBack(
                "when", f"{when.text!r} is a span, and what is asked holds on a day: write the day", words=when.text
            )
        return {"when": Slot(replace(when, how="on"), found.span)}
    return {"when": found}


def _year_after(when: When) -> int:
    return when.first.year + 1 if when.first is not None else 2027


def level_of(
    parts: Parts, places: dict[str, Slot], context: Context, default: Side | None = None
) -> tuple[Level, list[str]]:
    """The line to reach, in the unit of the tests, and remarks; without a side that of the verb, or the better one."""
    phrase = parts.one("LEVEL")
    if phrase is None:
        raise AskBack("value", f"{context.text[:80]!r} has no score: say which counts, as in 'above 80%'")
    tests, metrics = places["places"].value, places["metrics"].value
    read = [on_test(phrase.value, test, metric) for test, metric in zip(tests, metrics, strict=True)]
    if len({level.value for level, _ in read}) > 1:
        raise AskBack("value", f"{phrase.text!r} means another score on each test: write the score", words=phrase.text)
    level, note = read[0]
    lower = context.vocabulary.is_lower_better(metrics[0])
    side = level.side or default
    if side is None:
        beyond = parts.has("BEYOND", "TOPS", "BEATEN")
        side = ("below" if lower else "above") if beyond else ("at_most" if lower else "at_least")
    return replace(level, side=_better_or_worse(side, phrase.text, lower)), [note] if note else []


def _better_or_worse(side: Side, said: str, lower: bool) -> Side:
    """Where lower is better, "better than" is below and "or worse" above."""
    words = said.casefold()
    if lower and ("better" in words or "worse" in words):
        return {"above": "below", "below": "above", "at_least": "at_most", "at_most": "at_least"}[side]  # type: ignore[return-value]
    return side
