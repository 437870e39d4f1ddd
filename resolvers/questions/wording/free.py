"""Statements in an order that the grammar does not know, where nothing but the slots themselves says what is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from scale_forecast.resolvers.questions.wording.parts import Parts
from scale_forecast.resolvers.questions.wording.phrases import Phrase

_VERBS = frozenset({"REACH", "BE", "HAVE", "SCORE", "BEYOND", "MATCH"})
_BETWEEN = frozenset({"TO", "ON", "OF", "IN", "FROM", "WITH", "BY"})
_OF_RECORDS = frozenset({"BEST", "SCORE"})
_OF_SIZES = frozenset({"TRAIN", "TRAINING", "COMPUTE", "FLOPWORD", "PARAMWORD", "RELEASE", "ANNOUNCE", "FIRST", "BEST"})
_ASKING = frozenset({"WHAT", "WHEN", "HOWHIGH", "HOWMUCH"})


def read_in_any_order(phrases: Sequence[Phrase]) -> Parts | None:
    """The slots of a statement whose kind its words alone decide; None where the order may matter.

    One test and one level, at most one side and verbs that only say that it is reached, are a threshold in any order;
    without a level and with "how high" they ask for a number; a size and words of training are a size. A word that
    turns, ranks, bounds or compares ("not", "stay", "lead", "better") makes the order matter.
    """
    count = Counter(phrase.token for phrase in phrases)
    asked = [phrase for phrase in phrases if phrase.token in _ASKING]
    if (
        not phrases
        or count["WHO"] > 1
        or count["PLACE"] > 1
        or len(asked) > 1
        or (asked and phrases[0].token not in _ASKING)
    ):
        return None
    rest = set(count) - {"WHO", "PLACE"} - _ASKING
    rule = _of_a_test(count, rest, asked) if count["PLACE"] else _of_a_size(count, rest, asked, phrases)
    return None if rule is None else Parts(rule, list(phrases))


def _of_a_test(count: Counter[str], rest: set[str], asked: Sequence[Phrase]) -> str | None:
    verbs = _VERBS if count["WHO"] else _VERBS | {"BEATEN"}  # a test is beaten, or a human level on it
    if count["LEVEL"] == 1 and rest - {"LEVEL"} <= verbs | _BETWEEN | _OF_RECORDS:
        question = asked[0].token if asked else ""
        return {"": "threshold", "WHEN": "date"}.get(question)
    if not asked and count["WHO"] and count["SCORE"] and rest <= _OF_RECORDS | {"ON", "OF", "IN"}:
        return "numeric"  # "A's score on HLE"
    is_number = (
        bool(asked) and asked[0].token == "HOWHIGH" and rest <= (_VERBS - {"BEYOND", "MATCH"}) | _BETWEEN | _OF_RECORDS
    )
    return "numeric" if is_number and not count["LEVEL"] else None


def _of_a_size(count: Counter[str], rest: set[str], asked: Sequence[Phrase], phrases: Sequence[Phrase]) -> str | None:
    if rest - {"FLOPS", "PARAMS"} - _VERBS - _BETWEEN - _OF_SIZES or phrases[-1].token == "BEST":
        return None
    question = asked[0].token if asked else ""
    if count["FLOPS"] + count["PARAMS"] == 1:
        return {"": "size", "WHEN": "size_date"}.get(question) if rest - {"FLOPS", "PARAMS"} or count["WHO"] else None
    sizes = {"COMPUTE", "TRAINING", "FLOPWORD", "PARAMWORD"} & set(count)
    asks_number = question == "HOWMUCH" or (question == "WHAT" and sizes) or (phrases[0].token == "BEST" and sizes)
    if not count["FLOPS"] + count["PARAMS"] and asks_number:
        return "size_number" if {"TRAIN", "BEST", *sizes} & set(count) else None
    return None
