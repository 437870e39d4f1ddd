"""From phrases to readings: statements by their grammar, what limits them taken out before, and joins between them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from scale_forecast.data.errors import UsageError
from scale_forecast.resolvers.questions.wording.free import read_in_any_order
from scale_forecast.resolvers.questions.wording.grammars import statement_grammar
from scale_forecast.resolvers.questions.wording.limits import Limits, take_limits
from scale_forecast.resolvers.questions.wording.meanings import MEANINGS
from scale_forecast.resolvers.questions.wording.parts import Parts, no_benchmark
from scale_forecast.resolvers.questions.wording.phrases import Context, Phrase
from scale_forecast.resolvers.questions.wording.slots import AskBack, Level, Quantity, Reading, Refused, Side
from scale_forecast.resolvers.questions.wording.unused import refuse_unused

_JOINTS = (("OR", "any_of"), ("AND", "all_of"))
_MIRRORED: dict[Side | None, Side] = {
    "below": "above", "at_most": "at_least", "above": "below", "at_least": "at_most", None: "at_most",
}  # fmt: skip
_PREDICATES = frozenset(
    {
        "REACH", "BEYOND", "SCORE", "TOPS", "BEATEN", "LOSES", "GAINS", "RECOVERS", "LEAD", "RELEASE", "RESOLVES",
        "USHAPE", "LEVEL", "HAVE",
    }
)  # fmt: skip


def read_statement(phrases: Sequence[Phrase], context: Context) -> Reading:
    """The reading of some phrases; several joined by ``or`` or by ``and`` are parts, and ``and`` binds closer.

    Raises
    ------
    AskBack
        Naming the slot that is missing or has two meanings.
    """
    denied = bool(phrases) and phrases[0].token in ("DENIAL", "NOT")
    if denied:
        inner = read_statement(phrases[1:], context)
        if not inner.is_yes_or_no:
            raise UsageError("a question for a number, a date or a choice cannot be denied: leave the 'not' out")
        return Reading("not", parts=(inner,), notes=inner.notes)
    for joint, kind in _JOINTS:
        parts = _split(phrases, joint)
        if len(parts) > 1:
            return _join_readings([read_statement(part, context) for part in parts], kind)
    return _single(list(phrases), context)


def _split(phrases: Sequence[Phrase], joint: str) -> list[list[Phrase]]:
    """Parts between a word, each with a verb or a level of its own; a part without one belongs to the one before."""
    parts: list[list[Phrase]] = [[]]
    for i, phrase in enumerate(phrases):
        rest = phrases[i + 1 :]
        between = any(before.token == "BETWEEN" for before in phrases[max(i - 3, 0) : i])
        if phrase.token == joint and not between and _is_statement(parts[-1]) and _is_statement(rest):
            parts.append([])
        else:
            parts[-1].append(phrase)
    return parts


def _is_statement(phrases: Sequence[Phrase]) -> bool:
    tokens = {phrase.token for phrase in phrases}
    return bool(tokens & _PREDICATES) and bool(tokens & {"WHO", "PLACE"})


def _join_readings(parts: list[Reading], kind: str) -> Reading:
    if not all(part.is_yes_or_no for part in parts):
        raise UsageError("a question for a number, a date or a choice cannot be joined with others: ask it alone")
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    return Reading(kind, parts=tuple(parts), notes=notes)


# --- one statement


@dataclass(frozen=True)
class _Tried:
    """What the readings of one statement came to."""

    readings: list[Reading]
    errors: list[UsageError]


def _single(phrases: list[Phrase], context: Context) -> Reading:
    if phrases and phrases[0].token == "BE":  # "Is A ahead" is whether A is
        phrases = phrases[1:]
    limits, rest = take_limits(
        _without_errors(_without_first(_with_said_humans(_without_quantity(phrases), context))), context
    )
    tried = _try_all(_all_parts(rest, context), limits, context)
    if len(tried.readings) > 1:
        kinds = " or ".join(sorted({reading.kind.replace("_", " ") for reading in tried.readings}))
        raise AskBack(
            "kind",
            f"{_words_of(rest, context)!r} can be read in {len(tried.readings)} ways ({kinds}): say it in other words",
        )
    if not tried.readings:
        raise min(tried.errors, key=_rank)
    reading = tried.readings[0]
    return replace(reading, notes=(*reading.notes, *context.notes))


def _rank(error: UsageError) -> int:
    """Errors that name a meaning go before those that miss a slot."""
    if isinstance(error, Refused):
        return 1
    if isinstance(error, AskBack):
        return 2 if error.words else 3
    return 0


def _all_parts(phrases: Sequence[Phrase], context: Context) -> list[Parts]:
    """Every way in which some phrases fit a statement."""
    import lark

    tokens = [lark.Token(phrase.token, phrase) for phrase in phrases]
    try:
        forest = statement_grammar().parse(tokens)  # type: ignore[arg-type]
    except (lark.exceptions.UnexpectedInput, lark.exceptions.UnexpectedEOF) as error:
        free = read_in_any_order(phrases)
        if free is None:
            raise _ask_back(phrases, context) from error
        return [free]
    trees = [tree.children[0] for tree in lark.visitors.CollapseAmbiguities().transform(forest)]
    return [Parts(str(tree.data), [token.value for token in tree.scan_values(lambda value: True)]) for tree in trees]


def _try_all(several: Iterable[Parts], limits: Limits, context: Context) -> _Tried:
    """The distinct readings of some parts, and what was wrong with the others."""
    readings: list[Reading] = []
    errors: list[UsageError] = []
    for parts in several:
        try:
            reading = _read(parts, limits, context)
        except UsageError as error:
            errors.append(error)
        else:
            if reading not in readings:
                readings.append(reading)
    return _Tried(readings, errors)


_OF_EACH = frozenset({"threshold", "release", "scaling"})
"""Rules under which names joined by "and" mean each of them."""
_OF_OPTIONS = frozenset({"choice", "first_of"})
"""Rules under which they are a list to choose from."""


def _read(parts: Parts, limits: Limits, context: Context) -> Reading:
    """What one form of statement means; "A and B reach it" is that each does."""
    joined = next((phrase for phrase in parts.all("WHO") if phrase.value.together), None)
    if joined is None or parts.rule in _OF_OPTIONS:
        reading = MEANINGS[parts.rule](parts, limits, context)
        refuse_unused(parts, limits, reading)
        return reading
    if parts.rule not in _OF_EACH or parts.is_denied:
        sentence = f"{joined.text!r} may mean each of them or one: ask of each alone, or write 'or'"
        raise AskBack("model", sentence, words=joined.text)
    each = [
        replace(parts, phrases=[replace(one, value=who) if one is joined else one for one in parts.phrases])
        for who in joined.value.each()
    ]
    return _join_readings([_read(one, limits, context) for one in each], "all_of")


def _with_said_humans(phrases: Sequence[Phrase], context: Context) -> list[Phrase]:
    """The number behind a human level as that level: "human performance (72.36%)"."""
    kept: list[Phrase] = []
    for phrase in phrases:
        if phrase.token == "EVERY" and kept and kept[-1].token == "WHO" and kept[-1].value.together:
            continue  # "A and B all reach it"
        if (
            phrase.token == "LEVEL"
            and [one.token for one in kept[-2:]] == ["LEVEL", "OF"]
            and _is_vague(kept[-2].value)
        ):
            kept[-2:] = [replace(kept[-2], span=(kept[-2].span[0], kept[-1].span[1]))]  # "human baseline of 83.7%"
        before = kept[-1] if kept else None
        if before is None or {before.token, phrase.token} != {"LEVEL"} or phrase.span[0] - before.span[1] > 3:
            kept.append(phrase)
            continue
        human, said = (before, phrase) if _is_vague(before.value) else (phrase, before)
        sides = {one.value.side for one in (before, phrase)} - {None}
        if not _is_vague(human.value) or said.value.value is None or said.value.high is not None or len(sides) > 1:
            kept.append(phrase)
            continue
        span = (before.span[0], phrase.span[1])
        text = context.text[slice(*span)]
        level = replace(said.value, side=next(iter(sides), None), text=text)
        context.notes.append(f"{human.text!r} is taken as said, {said.text}")
        kept[-1] = replace(said, value=level, span=span, text=text)
    return kept


def _without_quantity(phrases: Sequence[Phrase]) -> list[Phrase]:
    """ "Any of A, B or C" are A, B or C, and "all of A, B and C" are each of them."""
    kept: list[Phrase] = []
    for phrase, after in itertools.zip_longest(phrases, phrases[1:]):
        names = after is not None and after.token == "WHO" and phrase.token == "QUANT"
        if not names or phrase.value != (Quantity(share=1.0) if after.value.together else Quantity(1.0)):
            kept.append(phrase)
    return kept


def _is_vague(level: Level) -> bool:
    """Whether a level has no number of its own: human level, a working week."""
    return level.human is not None or (level.value is not None and math.isnan(level.value))


def _without_first(phrases: list[Phrase]) -> list[Phrase]:
    """ "When does a model first reach it" is when one does."""
    if not any(phrase.token == "WHEN" for phrase in phrases):
        return phrases
    return [phrase for phrase in phrases if phrase.token != "FIRST"]


def _without_errors(phrases: list[Phrase]) -> list[Phrase]:
    """An error rate as the score it leaves: "error below 20%" is a score above 80%."""
    if not any(phrase.token == "ERROR" for phrase in phrases):
        return phrases
    return [
        replace(phrase, token="SCORE")
        if phrase.token == "ERROR"
        else replace(phrase, value=_mirror(phrase.value))
        if phrase.token == "LEVEL"
        else phrase
        for phrase in phrases
    ]


def _mirror(level: Level) -> Level:
    if level.value is None or level.unit not in ("percent", "points", None):
        raise AskBack(
            "metric", f"an error of {level.text!r} has no score beside it: ask for the score", words=level.text
        )
    whole = 1.0 if level.unit is None and level.value <= 1.0 else 100.0
    return replace(level, value=round(whole - level.value, 10), side=_MIRRORED[level.side])


def _words_of(phrases: Sequence[Phrase], context: Context) -> str:
    if not phrases:
        return context.text[:80]
    return context.text[phrases[0].span[0] : phrases[-1].span[1]][:80]


def _ask_back(phrases: Sequence[Phrase], context: Context) -> AskBack:
    """What is asked back where the phrases fit no statement: the slot that is missing, or the whole."""
    tokens = [phrase.token for phrase in phrases]
    said = _words_of(phrases, context)
    for token, slot, sentence in _REFUSED:
        if token in tokens:
            words = phrases[tokens.index(token)].text
            return Refused(slot, f"{words!r} {sentence}", words=words)
    if (several := next((one for one in phrases if one.token == "WHO" and one.value.number), None)) is not None:
        return Refused("kind", f"{several.text!r} {_OF_A_NUMBER}", words=several.text)
    if "PLACE" not in tokens and any(phrase.token == "WHO" and phrase.value.best for phrase in phrases):
        return no_benchmark(phrases, context)
    if "GAINS" in tokens and "WHO" not in tokens:
        return AskBack("model", f"{said!r} does not say which model does: write 'PaLM 540B improves on MMLU'")
    if {"RESOLVES", "USHAPE"} & set(tokens) and "WHO" in tokens and "PLACE" not in tokens:
        named = phrases[tokens.index("WHO")].text
        sentence = f"{named!r} is a model or a family: say which task, as in 'neqa resolves with scale in {named}'"
        return AskBack("benchmark", sentence, words=named)
    if "LEVEL" in tokens and "PLACE" not in tokens:
        return AskBack("benchmark", f"{said!r} names no benchmark that is known: say on which, as in 'on MMLU'")
    if "WHEN" in tokens and "LEVEL" not in tokens and tokens.count("WHO") > 1:
        sentence = f"{said!r} asks for the day on which one side passes another: ask for that of a score, or by a day"
        return Refused("kind", sentence, words=said)
    if "PLACE" in tokens and not {"LEVEL", "RESOLVES", "USHAPE", "BEST", "LEAD", "GAINS"} & set(tokens):
        return AskBack("value", f"{said!r} has no score: say which counts, as in 'above 80%'")
    if (numbered := _numbered_test(phrases, context)) is not None:
        return numbered
    for number, of, whom in zip(phrases, phrases[1:], phrases[2:], strict=False):
        if [number.token, of.token, whom.token] == ["LEVEL", "OF", "WHO"] and number.value.unit is None:
            return Refused("kind", f"{number.text} of {whom.text!r} {_OF_A_NUMBER}", words=number.text)
    if tokens.count("LEVEL") > 1:
        return AskBack("value", f"{said!r} has two values: give one", words=said)
    return AskBack("kind", f"cannot tell what {said!r} asks{_slots_read(phrases)}", words=said)


def _numbered_test(phrases: Sequence[Phrase], context: Context) -> AskBack | None:
    """A bare number behind a test's name, beside another level, is a version of it that no table has."""
    for place, level in itertools.pairwise(phrases):
        bare = level.token == "LEVEL" and level.value.unit is None and level.value.side is None
        between = context.text[place.span[1] : level.span[0]]
        if place.token == "PLACE" and bare and not between.strip(" -(") and level.value.human is None:
            sentence = (
                f"no bundled table has a version {level.text} of {place.text}: leave it out, or name another test"
            )
            return Refused("version", sentence, words=level.text)
    return None


def _slots_read(phrases: Sequence[Phrase]) -> str:
    """What was read of a statement that fits no form, slot by slot, and a form that would do."""
    found: dict[str, str] = {}
    for phrase in phrases:
        if phrase.token in _SAID:
            found.setdefault(_SAID[phrase.token], phrase.text)
    read = ", ".join(f"{slot} {words!r}" for slot, words in found.items())
    who, test, value = (
        found.get(slot, other) for slot, other in (("who", "any model"), ("test", "MMLU"), ("value", "80%"))
    )
    if {"compute or size"} & set(found):
        form = f"'a model {found['compute or size']} by 2027'"
    elif "RELEASE" in {phrase.token for phrase in phrases} and "test" not in found:
        form = f"'{who} is released by 2027'"
    elif "value" in found:
        form = f"'{who} reaches {value} on {test} by 2027'"
    else:
        form = f"'which company leads {test} at the end of 2027' or '{who} reaches {value} on {test} by 2027'"
    return f" ({read}): write it like {form}" if read else f": name the slots, as in {form}"


_SAID = {"WHO": "who", "PLACE": "test", "LEVEL": "value", "FLOPS": "compute or size", "PARAMS": "compute or size"}
"""Slots by the phrases that fill them, as a refusal names them."""


_OF_A_NUMBER = "asks for a number of models, which no question has: ask of any model, or of several tests"
_REFUSED = (
    ("SECOND", "rank", "asks for a rank other than the first, which no question has"),
    ("TIMES", "value", "asks for a multiple, which no question has: write the score that counts"),
    ("RELATIVE", "kind", "compares with what is not named: name the model and the score"),
    ("EVENTDAY", "when", "is the day of another event: write the last day that counts"),
    ("TODAY", "when", "has no day: write the day"),
    ("ANNOUNCE", "kind", "is an announcement, and the tables have releases only"),
    ("BEFORE", "when", "needs a day: another event is no deadline here"),
    ("COUNTWORD", "kind", _OF_A_NUMBER),
    ("BEHIND", "kind", "asks how far one is behind: ask whether it is by a number of points, as in 'within 5 points'"),
    ("SOURCEWORD", "evaluator", "names whose word counts, which no bundled table tells: leave it out"),
)
