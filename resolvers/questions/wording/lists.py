"""Marks on words that a parser with one word of foresight needs: what joins a list, and what stands before a noun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scale_forecast.data.names import fold
from scale_forecast.resolvers.questions.wording.tokens import Word

_PREFIXES = frozenset(
    {
        "ANY", "NO", "EVERY", "BEST", "WORST", "SECOND", "FIRST", "NEXT", "OPEN", "CLOSED", "COUNTRY", "ORG", "SIZE",
        "TUNING", "NUM",
    }
)  # fmt: skip
_NOUNS = frozenset({"MODELWORD", "GROUP", "MODEL", "LINE", "FAMILY", "FAMILYWORD"})
_STAND_ALONE = frozenset({"ORG", "OPEN", "CLOSED", "COUNTRY"})
"""Prefixes that may stand for the noun themselves: "OpenAI", "closed"."""
_TESTS = frozenset({"PLACE", "TASK", "UNSURE"})
_MODEL_ENDS = frozenset({"MODEL", "FAMILY", "LINE", "ORG", "VERSION", "TIER", "SIZE", "TUNING", "COUNTRY"})
_MODEL_STARTS = frozenset({"MODEL", "FAMILY", "LINE", "ORG", "TUNING"})
_DATES = frozenset({"DATE", "ENDOF", "EOY", "THIS", "NEXTPERIOD"})
_LEVEL_STARTS = frozenset({"SIDE", "PERCENT", "NUM", "EXACTLY"})
_QUANTITIES = frozenset({"PERCENT", "NUM", "POINTS", "DURATION", "ELOS", "MONEYS"})
SHARES = {"half": (1.0, 2.0), "3/4": (3.0, 4.0), "2/3": (2.0, 3.0), "1/3": (1.0, 3.0), "1/4": (1.0, 4.0)}
"""Words for a part, as numerator and denominator."""
_BEFORE_COUNTRY = ("from", "in ", "by", "based", "made")
_JOINTS = frozenset({"COMMA", "AND", "OR"})
_BEFORE_RELATIVE = _NOUNS | {"VERSION", "TIER", "ORG", "RELEASE", "SIZE", "BENCHWORD", "SCORE"}


def mark(words: Sequence[Word]) -> list[Word]:
    """The same words, with marks: ``SEP_PLACE`` between tests, ``BEST_`` before a model, and so on."""
    marked = _without_doubles(_without_tellers(words))
    marked = _mark_joints(_mark_bounds(marked))
    marked = _mark_prefixes(marked)
    return [_mark_single(marked, i) for i in range(len(marked))]


def _without_tellers(words: Sequence[Word]) -> list[Word]:
    """Without who tells of a test beside the test itself ("METR reports a time horizon"), and "saturated" before a
    level, which says what it means."""
    tests = [word for word in words if word.token == "PLACE"]
    kept: list[Word] = []
    for i, word in enumerate(words):
        after = words[i + 1].token if i + 1 < len(words) else ""
        if word.token == "PLACE" and any(_tells_of(word, test) for test in tests):
            if kept and kept[-1].token in ("SOURCEWORD", "METRICWORD"):
                kept.pop()
            continue
        told = word.token == "REACH" or (word.token == "RELEASE" and word.text.casefold().startswith("publish"))
        if told and i and words[i - 1].token == "PLACE" and words[i - 1] not in kept[-1:]:
            continue
        if word.token == "SATURATED" and after in _LEVEL_STARTS:
            word = replace(word, token="REACH")
        kept.append(word)
        if (
            word.token == "SOURCEWORD" and word.text.casefold().endswith(" by") and after in _DATES
        ):  # "verified by 2026"
            kept[-1] = replace(word, token="BY", value="")
        if word.token == "BEATEN" and word.text.casefold().endswith(" by") and after in _DATES:  # "beaten by 2026"
            kept.append(replace(word, token="BY", value=""))
    return kept


def _tells_of(word: Word, test: Word) -> bool:
    """Whether a name is the first word of what another one says in full: "METR" of "METR time horizon"."""
    teller = word.text.removesuffix("'s")
    apart = fold(teller) == fold(_whole(word)) and not fold(test.text).startswith(
        fold(teller)
    )  # "FrontierMath ... (Tier 4)"
    if word is not test and apart and _whole(word) == _whole(test):
        return True
    return word is not test and word.value[0].split("/")[0].startswith(f"{teller} ") and _whole(word) == _whole(test)


def _whole(word: Word) -> str:
    return str(word.value[0]).split("/")[0]


def _without_doubles(words: Sequence[Word]) -> list[Word]:
    """Without the second of two words for models ("LLM systems") and without relative pronouns."""
    kept: list[Word] = []
    for word in words:
        before = kept[-1].token if kept else ""
        again = word.token == before == "PLACE" and word.value == kept[-1].value and word.start - kept[-1].end <= 3
        if word.token == before == "MODELWORD" or again:  # "Humanity's Last Exam (HLE)"
            kept[-1] = replace(kept[-1], end=word.end)
        elif not (word.token == "WHICH" and before in _BEFORE_RELATIVE and word.start - kept[-1].end <= 1):
            kept.append(word)
    return kept


def _mark_bounds(words: list[Word]) -> list[Word]:
    """The ``and`` of "above 70% and below 80%" as the "but" that it is."""
    out = list(words)
    for i in range(len(out) - 3, -1, -1):  # "two or more models" are at least two
        if [word.token for word in out[i : i + 2]] == ["NUM", "ORMORE"] and out[i + 2].token in ("MODELWORD", "GROUP"):
            out[i : i + 2] = [replace(out[i], end=out[i + 1].end)]
    words = list(out)
    for i in range(2, len(words) - 2):
        quantity, side = {words[i - 1].token, words[i + 2].token} <= _QUANTITIES, words[i - 2].token == "SIDE"
        if words[i].token == "AND" and side and quantity and words[i + 1].token == "SIDE":
            out[i] = replace(words[i], token="BUT")
    return out


def _mark_joints(words: list[Word]) -> list[Word]:
    """Commas, ``and`` and ``or`` between two tests or two models as one separator; its value is the word used."""
    out: list[Word] = []
    i = 0
    while i < len(words):
        stop = i
        while stop < len(words) and words[stop].token in _JOINTS:
            stop += 1
        if stop == i or stop == len(words) or not out:
            out.append(words[i])
            i += 1
            continue
        kind = _joins(out, words[stop:])
        if kind is None:
            out.extend(words[i:stop])
        else:
            said = next((word.token.lower() for word in words[i:stop] if word.token != "COMMA"), "")
            out.append(replace(words[i], token=kind, value=said, end=words[stop - 1].end))
        i = stop
    return out


def _joins(before: Sequence[Word], after: Sequence[Word]) -> str | None:
    """What a joint stands between."""
    ends = [word.token for word in before if word.token != "BENCHWORD"]
    last, first = ends[-1:], next((word.token for word in after if word.token not in _PREFIXES - _MODEL_STARTS), "")
    if last and last[0] in _TESTS and after[0].token in _TESTS:
        return "SEP_PLACE"
    if (
        last
        and last[0] in _MODEL_ENDS
        and first in _MODEL_STARTS
        and not any(w.token == "BETWEEN" for w in before[-4:])
    ):
        return "SEP_WHO"
    return None


def _mark_prefixes(words: list[Word]) -> list[Word]:
    """What stands before a noun gets an underscore: "best" of "best model", not that of "best score"."""
    out = list(words)
    follows = ""
    for i in range(len(words) - 1, -1, -1):
        token = words[i].token
        ahead = follows in _NOUNS or follows in _STAND_ALONE or follows.endswith("_")
        if (token in _PREFIXES and ahead) or (token in ("SIDE", "EXACTLY") and follows == "NUM_"):
            out[i] = replace(words[i], token=f"{token}_")
        elif token == "SEP_WHO" and follows == "TUNING_":
            continue
        follows = out[i].token if token != "SEP_WHO" else ""
    return out


def _is_one_test(after: Sequence[Word]) -> bool:
    """Whether one test follows, and neither a list of tests nor "the tasks of" one."""
    if after and after[0].token == "BENCHWORD":  # "half of the problems"
        joined = len(after) > 1 and after[1].token in ("OF", "ON", "IN", "FROM", "PLACE", "COMMA")
        return not joined or after[0].text.casefold() in ("problems", "questions", "issues")
    if not after or after[0].token != "PLACE" or len(after[0].value) > 1:
        return False
    more = after[1] if len(after) > 1 else None
    return more is None or (
        more.token != "SEP_PLACE" and not (more.token == "BENCHWORD" and more.text.casefold().startswith("task"))
    )


def _mark_single(words: Sequence[Word], i: int) -> Word:
    word = words[i]
    before = words[i - 1].token if i else ""
    after = words[i + 1].token if i + 1 < len(words) else ""
    if word.token == "OF" and before == "TASK" and after == "PLACE":
        return replace(word, token="OF_PLACE")
    if word.token == "OF" and before in ("NUM", "FRACTION") and after in _TESTS | {"BENCHWORD", "NUM"}:
        return word if before == "FRACTION" and _is_one_test(words[i + 1 :]) else replace(word, token="OF_LIST")
    if word.token == "QUANT" and word.value in SHARES and _is_one_test(words[i + 1 :]):  # "half of FrontierMath"
        return replace(word, token="FRACTION", value=SHARES[word.value])
    if (
        word.token == "COUNTRY"
        and before in ("MODELWORD", "GROUP")
        and word.text.casefold().startswith(_BEFORE_COUNTRY)
    ):
        return replace(word, token="FROM_COUNTRY")
    if word.token in ("BY", "FROM", "OF", "MADEBY") and before == "MODELWORD" and after == "ORG":
        return replace(word, token="BY_ORG")
    if word.token == "RESOLVES" and after in _LEVEL_STARTS:  # an agent that resolves 50% of issues
        return replace(word, token="REACH")
    if word.token == "BENCHWORD" and after in _TESTS and before not in _TESTS:
        return replace(word, token="BENCHWORD_")
    return word
