"""From words to phrases with values: whom they name, which tests, which level, which days."""

from __future__ import annotations

import datetime as dt
import difflib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from scale_forecast.data.names import fold
from scale_forecast.resolvers.questions.wording.days import read_when
from scale_forecast.resolvers.questions.wording.grammars import phrase_grammar
from scale_forecast.resolvers.questions.wording.lists import SHARES, mark
from scale_forecast.resolvers.questions.wording.numbers import MINUTES
from scale_forecast.resolvers.questions.wording.slots import AskBack, Level, Place, Quantity, Refused, Who
from scale_forecast.resolvers.questions.wording.spots import read_places
from scale_forecast.resolvers.questions.wording.tokens import Word, phrases, read_words
from scale_forecast.resolvers.questions.wording.vocabulary import Vocabulary
from scale_forecast.resolvers.questions.wording.whom import read_who

_ALIKE = 0.7
"""How much alike two words must be for the one to be offered for the other."""
_BEFORE_DAYS = frozenset({"BY", "BEFORE", "UNTIL", "AFTER", "ENDOF", "DATE", "WITHIN"})
_PUBLIC = frozenset({"publicly available", "publicly released", "publicly accessible", "generally available"})
_BETWEEN_TESTS = ("on", "at", "of", "in", "for", "from")


@dataclass(frozen=True)
class Phrase:
    """A phrase or a single word: its terminal in the grammar of statements, its value, and where it stands."""

    token: str
    value: Any
    span: tuple[int, int]
    text: str


@dataclass
class Context:
    """What words are read with: the names, the day, and the text itself; ``notes`` collects what should be said."""

    vocabulary: Vocabulary
    opened: dt.date
    text: str
    notes: list[str] = field(default_factory=list)


def read_phrases(context: Context) -> list[Phrase]:
    """The phrases of a text, in order.

    Raises
    ------
    AskBack
        For words that no table knows, words that do not fit together, and phrases with two meanings.
    """
    words = _without_public(read_words(context.text, context.vocabulary, context.opened), context)
    _refuse_elsewhere(words)
    words = _without_topic(words)
    _refuse_conditions(words)
    _refuse_number_of_items(words)
    _refuse_unknown(words, context)
    return [_phrase(node, context) for node in _parse_words(mark(words)).children]


def _parse_words(words: Sequence[Word]) -> Any:
    import lark

    tokens = [lark.Token(word.token, word) for word in words]
    try:
        return phrase_grammar().parse(tokens)  # type: ignore[arg-type]
    except lark.exceptions.UnexpectedToken as error:
        word = error.token.value
        if not isinstance(word, Word):
            raise AskBack("word", f"the words end too early, after {words[-1].text!r}: say the rest") from error
        before = [other.text for other in words if other.end <= word.start][-3:]
        said = " ".join([*before, word.text])
        raise AskBack("word", f"cannot read {said!r}: {word.text!r} does not fit there", words=word.text) from error


# --- words that no table knows


def _refuse_elsewhere(words: Sequence[Word]) -> None:
    """What no bundled table tells of is said before anything else: other words would not help."""
    for word in words:
        if word.token == "ELSEWHERE":
            sentence = f"no bundled table tells of {word.value}: it can be neither priced nor settled here"
            raise Refused("benchmark", sentence, words=word.text)


def _without_public(words: Sequence[Word], context: Context) -> list[Word]:
    """Without "publicly available" before a model: that it is, a published score takes for granted, which is said."""
    kept: list[Word] = []
    for word, after in itertools.zip_longest(words, words[1:]):
        stands_before = after is not None and after.token in ("MODELWORD", "OPEN", "CLOSED", "COUNTRY")
        if word.token == "RELEASE" and word.text.casefold() in _PUBLIC and stands_before:
            context.notes.append(f"{word.text!r} is taken for granted of a model with a published score")
        else:
            kept.append(word)
    return kept


def _without_topic(words: Sequence[Word]) -> list[Word]:
    """Without what a test is of beside a test of it: "the best coding model on SWE-bench Verified"."""
    named = {name for word in words if word.token == "PLACE" for name in word.value}
    return [word for word in words if word.token != "UNSURE" or not named & set(word.value[1])]


_NUMBERS = frozenset({"NUM", "PERCENT", "RANGE", "DURATION", "POINTS", "ELOS", "FRACTION"})
_ITEMS = frozenset({"problems", "questions", "tasks", "issues", "projects", "exercises", "items"})


def _refuse_number_of_items(words: Sequence[Word]) -> None:
    """A number of problems is no share of them: "at least 10 FrontierMath problems"."""
    numbers = [i for i, word in enumerate(words) if word.token in _NUMBERS]
    if len(numbers) != 1 or words[numbers[0]].token != "NUM":
        return
    after = [word for word in words[numbers[0] + 1 :][:2] if word.token != "PLACE"]
    if after and after[0].token == "BENCHWORD" and after[0].text.casefold() in _ITEMS:
        said = f"{words[numbers[0]].text} {after[0].text}"
        raise AskBack("value", f"{said!r} is a number and no share: write the share of all, in percent", words=said)


def _refuse_unknown(words: Sequence[Word], context: Context) -> None:
    """Ask back for the first word that is in no table, in the slot that it stands in."""
    for i, word in enumerate(words):
        if word.token == "UNKNOWN":
            before = words[i - 1] if i else None
            raise _unknown(word, before, words[i + 1 :], context)


def _unknown(word: Word, before: Word | None, after: Sequence[Word], context: Context) -> AskBack:
    said = word.text
    if said.endswith("@"):  # pass@5, cons@64
        whole = context.text[before.start if before and before.end == word.start else word.start :].split()[0]
        sentence = f"{whole!r} counts attempts in a way that no bundled table sets apart: leave it out"
        return Refused("setting", sentence, words=whole)
    near = _near(said, context.vocabulary)
    if before is not None and _is_version(word, before, context, bool(near) and fold(near[0]) != fold(said)):
        test = before.text if before.token != "BENCHWORD" else "a test"
        sentence = (
            f"{said!r} behind {test!r} makes it another version, set or setting, of which no bundled table tells: "
            "leave it out, or name a test that 'forecast data list' has"
        )
        return Refused("version", sentence, words=said)
    if near:
        slot, _ = _unknown_slot(word, before, after[0] if after else None)
        meant = f"(did you mean {' or '.join(map(repr, near))}?), where {_STANDS[slot]} would stand"
        sentence = f"{said!r} is not understood {meant}: say it in other words"
        return AskBack("word", sentence, words=said, candidates=near)
    slot, sentence = _unknown_slot(word, before, after[0] if after else None)
    if slot in ("model", "kind") and any(one.token in ("REACH", "BEYOND", "SCORE", "RELEASE") for one in after[:2]):
        return context.vocabulary.unknown_model(said)
    return AskBack(slot, f"{said!r} is not understood{sentence}", words=said)


_STANDS = {
    "evaluator": "who measured", "benchmark": "a test", "when": "a day", "value": "a unit", "side": "a side",
    "model": "a model", "kind": "what is asked",
}  # fmt: skip
"""What stands in each slot, in words."""


def _is_version(word: Word, before: Word, context: Context, is_near: bool) -> bool:
    """Whether an unknown word behind a test's name belongs to it: glued to it, in brackets, or written as a name."""
    between = context.text[before.end : word.start]
    if before.token not in ("PLACE", "TASK", "UNSURE", "BENCHWORD") or between.strip(" -(["):
        return False
    return bool(between.strip()) or not is_near or not word.text[0].islower()


def _unknown_slot(word: Word, before: Word | None, after: Word | None) -> tuple[str, str]:
    """The slot in which a word stands that is near to none that is known, by its neighbours."""
    said, follows = word.text, "" if after is None else after.token
    token, text = ("", "") if before is None else (before.token, before.text.casefold())
    if token == "SOURCEWORD" or follows == "SOURCEWORD":
        return "evaluator", ": no bundled table says who measured so; leave it out for any evaluator"
    if text in _BETWEEN_TESTS:
        return "benchmark", f": no benchmark or task {said!r}, 'forecast data list' has those there are scores on"
    if token in _BEFORE_DAYS:
        return "when", " as a day: write the last day that counts, as in 'by 2027-06-30'"
    if token in ("NUM", "PERCENT", "RANGE"):
        return (
            "value",
            f" behind the number {before.text if before else ''!r}: write it in percent, points, minutes or FLOP",
        )
    if follows in ("NUM", "PERCENT", "RANGE", "FRACTION", "DURATION", "POINTS"):
        return "side", ": write 'at least', 'above', 'at most' or 'below'"
    if follows in ("MODELWORD", "GROUP", "FAMILYWORD") or token in ("WITH", "WITHOUT", "MODELWORD", "GROUP"):
        return "model", ": no bundled table tells which models are so; name them, or write 'any model'"
    if follows in ("REACH", "BEYOND", "SCORE", "RELEASE", "VERSUS") or token in ("ORG", "VERSUS"):
        return "model", ": no model of that name is known; write it as its maker does, or name the line it is of"
    return "kind", (": say in other words what is asked, who reaches, leads or beats what on which test, and by when")


def _near(said: str, vocabulary: Vocabulary) -> list[str]:
    """Known words and names near some unknown ones, or near the first of them."""
    known = {fold(phrase): phrase for phrase in phrases()} | {fold(name): name for name in vocabulary.test_names()}
    known |= {
        fold(str(name.value)): str(name.value)
        for name in vocabulary.names.values()
        if name.token in ("MODEL", "FAMILY", "LINE", "ORG")
    }
    for words in (said, said.split()[0]):
        if found := difflib.get_close_matches(fold(words), known, n=2, cutoff=_ALIKE):
            return [known[name] for name in found]
    return []


def _refuse_conditions(words: Sequence[Word]) -> None:
    for word in words:
        if word.token == "COND":
            sentence = (
                f"{word.text!r} makes it a conditional, which has no price here: ask what it depends on, and this "
                "without it, as two questions"
            )
            raise Refused("conditional", sentence, words=word.text)
        if word.token == "EXCEPT":
            sentence = f"{word.text!r} takes models or tests out, which cannot be said in words: name those that count"
            raise Refused("exclusion", sentence, words=word.text)
        if word.token == "UNTOLD":
            slot, sentence = _UNTOLD[word.value]
            raise Refused(slot, f"{word.text!r} {sentence}", words=word.text)


_UNTOLD = {
    "": (
        "model",
        "tells models apart in a way that no bundled table does: name them, or limit their size, as in 'under 10B "
        "parameters'",
    ),
    "size": ("model", "counts parameters in a way that scores are not limited by: limit all parameters"),
    "setting": ("setting", "is a way of running a test that no bundled table sets apart: leave it out"),
    "version": ("version", "makes it a part of a test, of which no bundled table tells: leave it out"),
}
"""The slot of what no table tells apart, and what is said of it."""


# --- one phrase


def _phrase(node: Any, context: Context) -> Phrase:
    words = [token.value for token in node.scan_values(lambda value: True)]
    start, end = words[0].start, words[-1].end
    text = context.text[start:end]
    if node.data == "word":
        return Phrase(words[0].token, words[0].value, (start, end), text)
    token, value = _READ[node.data](words, node, context, text)
    return Phrase(token, value, (start, end), text)


def _places(
    words: list[Word], node: Any, context: Context, text: str
) -> tuple[str, tuple[tuple[tuple[Place, ...], ...], str]]:
    return "PLACE", read_places(node, context.vocabulary, context.opened)


def _who(words: list[Word], node: Any, context: Context, text: str) -> tuple[str, Who]:
    return "WHO", read_who(words, context.vocabulary, context.opened)


def _level(words: list[Word], node: Any, context: Context, text: str) -> tuple[str, Level]:
    side = next((word.value for word in words if word.token in ("SIDE", "ORMORE")), None)
    manner = next((word.value for word in words if word.token == "EXACTLY"), None)
    by_token = {word.token: word for word in words}
    if "HUMAN" in by_token:
        return "LEVEL", Level(None, "human", side, human=by_token["HUMAN"].value, text=text)
    if "SUPERHUMAN" in by_token:
        return "LEVEL", Level(None, "human", "above", human="usual", text=text)
    if "PERFECT" in by_token:
        return "LEVEL", Level(100.0, "percent", "at_least", text=text)
    if "SATURATED" in by_token:
        sentence = f"{text!r} has no number: say the score that counts, such as 'at least 95%'"
        raise AskBack("value", sentence, words=text)
    if "RANGE" in by_token:
        low, high, unit = by_token["RANGE"].value
        return "LEVEL", Level(low, _UNITS[unit], side, high=high, text=text)
    values = [word for word in words if word.token in _UNITS]
    low, unit = _in_unit(values[0])
    if len(values) > 1 and values[0].token == "NUM":  # "between 16 and 32 hours"
        low, unit = _in_unit(replace(values[0], token=values[1].token, value=_like(low, values[1])))
    high = _in_unit(values[1])[0] if len(values) > 1 else None
    if "BUT" in by_token:
        return "LEVEL", _level_between(words, low, high, unit, text)
    return "LEVEL", Level(low, unit, side, high=high, manner=manner, text=text)


def _level_between(words: Sequence[Word], low: float, high: float | None, unit: str | None, text: str) -> Level:
    """ "At least 70% but below 80%": the lower bound with its side, the other end with its own."""
    sides = [word.value for word in words if word.token == "SIDE"]
    if sides[0] in ("at_least", "above") and sides[1] in ("at_most", "below"):
        return Level(low, unit, sides[0], high=high, high_side=sides[1], text=text)
    if sides[0] in ("at_most", "below") and sides[1] in ("at_least", "above") and high is not None:
        return Level(high, unit, sides[1], high=low, high_side=sides[0], text=text)
    raise AskBack("value", f"{text!r} bounds the score twice on one side: give one bound", words=text)


def _like(number: float, other: Word) -> Any:
    """A number in the unit of another."""
    return (number, other.value[1]) if other.token == "DURATION" else number


_UNITS = {
    "NUM": None, "PERCENT": "percent", "POINTS": "points", "DURATION": "minutes", "MONEYS": "dollars", "ELOS": "elo",
    "FRACTION": None,
}  # fmt: skip


def _in_unit(word: Word) -> tuple[float, str | None]:
    if word.token == "FRACTION":
        return _share(word), "share"
    if word.token != "DURATION":
        return float(word.value), _UNITS[word.token]
    count, unit = word.value
    return float(count) * MINUTES.get(unit, float("nan")), "minutes"


def _share(word: Word) -> float:
    if word.value[1] == 0 or word.value[0] > word.value[1]:
        raise AskBack("value", f"{word.text} is no share: write it as 3/4", words=word.text)
    return float(word.value[0] / word.value[1])


def _when(words: list[Word], node: Any, context: Context, text: str) -> tuple[str, Any]:
    return "WHENDAY", read_when(words, context.opened, text)


def _quant(words: list[Word], node: Any, context: Context, text: str) -> tuple[str, Quantity]:
    side: Any = next((word.value for word in words if word.token == "SIDE"), "at_least")
    exactly = any(word.token == "EXACTLY" and word.value == "exactly" for word in words)
    for word in words:
        if word.token == "QUANT" and word.value in SHARES:
            top, bottom = SHARES[word.value]
            return "QUANT", Quantity(share=top / bottom, side=side, exactly=exactly)
        if word.token == "QUANT":
            fixed = {"all": Quantity(share=1.0), "any": Quantity(1.0), "most": Quantity(share=0.5, side="above")}
            fixed["none"] = Quantity(1.0, side="below")
            return "QUANT", fixed[word.value]
        if word.token == "FRACTION":
            return "QUANT", Quantity(share=_share(word), side=side, exactly=exactly)
    number = next(word.value for word in words if word.token == "NUM")
    return "QUANT", Quantity(number, side=side, exactly=exactly)


def _margin(words: list[Word], node: Any, context: Context, text: str) -> tuple[str, Level]:
    _, level = _level([word for word in words if word.token not in ("BY", "WITHIN")], node, context, text)
    return ("NEAR" if words[0].token == "WITHIN" else "MARGIN"), level


def _read_size(words: list[Word], node: Any, context: Context, text: str) -> tuple[str, Level]:
    side = next((word.value for word in words if word.token in ("SIDE", "SIZESIDE", "ORMORE")), None)
    number = next(word.value for word in words if word.token in ("FLOPS", "SIZE"))
    unit = "flops" if node.data == "flops" else "params"
    return unit.upper(), Level(float(number), unit, side, text=text)


def _read_odds(words: list[Word], node: Any, context: Context, text: str) -> tuple[str, float | str]:
    for word in words:
        if word.token == "ODDS":
            return "STATED", "{:g}:{:g}".format(*word.value)
        if word.token == "FRACTION":
            return "STATED", _share(word)
        if word.token in ("PERCENT", "NUM"):
            chance = word.value / 100.0 if word.token == "PERCENT" or word.value > 1.0 else word.value
            if not 0.0 <= chance <= 1.0:
                raise AskBack("probability", f"{text!r} is no probability: it lies outside 0 to 100%", words=text)
            return "STATED", chance
    raise AssertionError(words)


def _shots(words: list[Word], node: Any, context: Context, text: str) -> tuple[str, int]:
    if words[0].value == "few":
        raise AskBack("shots", f"{text!r} has no number: write 5-shot, or leave it out for any", words=text)
    return "SHOTS", int(words[0].value)


def _prompt(words: list[Word], node: Any, context: Context, text: str) -> tuple[str, str]:
    tokens = [word.token for word in words]
    if "SCALEALONE" in tokens:
        return "PROMPT", "scale alone"
    return "PROMPT", "direct" if tokens[0] in ("WITHOUT", "NO", "DIRECT") else "cot"


def _metric(words: list[Word], node: Any, context: Context, text: str) -> tuple[str, str]:
    named = next((word for word in words if word.token == "METRIC"), None)
    return "METRIC", "accuracy" if named is None else str(named.value)


def _evaluator(words: list[Word], node: Any, context: Context, text: str) -> tuple[str, str]:
    named = next(word for word in words if word.token == "EVALUATOR")
    if not named.value:
        sentence = f"no bundled table has scores by {named.text}: leave it out for any evaluator, or bring its table"
        raise Refused("evaluator", sentence, words=named.text)
    return "EVALUATOR", str(named.value)


def _value(token: str, of: str) -> Callable[..., tuple[str, Any]]:
    return lambda words, node, context, text: (token, next(word.value for word in words if word.token == of))


_READ: dict[str, Callable[[list[Word], Any, Context, str], tuple[str, Any]]] = {
    "places": _places,
    "who": _who,
    "level": _level,
    "when": _when,
    "margin": _margin,
    "near": _margin,
    "quant": _quant,
    "flops": _read_size,
    "params": _read_size,
    "stated": _read_odds,
    "shots": _shots,
    "prompt": _prompt,
    "metric": _metric,
    "evaluator": _evaluator,
    "tools": _value("TOOLS", "TOOLS"),
    "families": _value("FAMILIES", "FAMILYALL"),
}
