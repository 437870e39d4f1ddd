"""Which models or organisations some words name."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from scale_forecast.resolvers.questions.wording.slots import AskBack, Refused, Who
from scale_forecast.resolvers.questions.wording.tokens import Word
from scale_forecast.resolvers.questions.wording.vocabulary import Vocabulary

_FEW = 20
"""A number from here on is no generation."""


def read_who(words: Sequence[Word], vocabulary: Vocabulary, opened: dt.date) -> Who:
    """Whom the words of one phrase name; several names of one sort are any of them.

    Raises
    ------
    AskBack
        For a name with two meanings, or names of several sorts.
    """
    several: list[list[Word]] = [[]]
    tuned = any(word.token == "TUNING_" for word in words)
    for word in words:
        if word.token == "SEP_WHO" and not tuned:
            several.append([])
        elif word.token != "SEP_WHO":
            several[-1].append(word)
    found = [_one(part, vocabulary, opened) for part in several]
    if len(found) == 1:
        return found[0]
    sorts = {tuple(sorted(who.facts())) for who in found}
    if len(sorts) != 1 or len(next(iter(sorts))) != 1:
        said = " ".join(word.text for word in words)
        raise AskBack(
            "model", f"{said!r} joins names of several sorts: name models, or families, or companies", words=said
        )
    field = next(iter(sorts))[0]
    named: dict[str, Any] = {field: tuple(name for who in found for name in getattr(who, field))}
    joints = {word.value for word in words if word.token == "SEP_WHO"}
    if {"and", "or"} <= joints:
        said = " ".join(word.text for word in words)
        raise AskBack("model", f"{said!r} mixes 'and' with 'or': use one of them", words=said)
    return Who(**named, together="and" in joints)


def _one(words: Sequence[Word], vocabulary: Vocabulary, opened: dt.date) -> Who:
    who = Who()
    for word in words:
        who = replace(who, **_fields(word, who, opened))
    named = [word for word in words if word.token in ("MODEL", "LINE", "FAMILY", "VERSION", "TIER", "SIZE")]
    return replace(who, **_name_limits(named, vocabulary, opened)) if named else who


def _fields(word: Word, who: Who, opened: dt.date) -> dict[str, Any]:
    """What one word adds."""
    token = word.token.removesuffix("_").removeprefix("FROM_")
    if token == "SECOND":
        raise Refused(
            "rank", f"{word.text!r} asks for a rank other than the first, which no question has", words=word.text
        )
    if token == "WORST":
        raise Refused("rank", f"{word.text!r} asks for the last in rank, which no question has", words=word.text)
    if token in ("OPEN", "CLOSED"):
        return {"weights": token.lower()}
    if token == "ORG":
        return {"organisations": (*who.organisations, str(word.value))}
    if token == "COUNTRY":
        return {"group": word.value[0], "organisations": word.value[1]}
    if token == "TUNING":
        return {"tuning": (*who.tuning, str(word.value))}
    if token == "NEXT":
        return {"next": True, "released_from": opened + dt.timedelta(days=1)}
    if token == "GROUP":
        return {"of": str(word.value)}
    if token == "MODELWORD":
        return {"of": "model"} if who.of == "model" else {}
    if word.token == "SIZE_":
        return {"min_params": float(word.value), "max_params": float(word.value)}
    if token == "SIDE" and word.value != "at_least":
        return {"number": 2}  # "more than one lab" is no lab in particular, nor is "at most one"
    if token == "NUM":
        return {} if word.value == 1 else {"number": int(word.value)}
    flags = {"EVERY": "every", "NO": "nobody", "NOBODY": "nobody", "FIRST": "first", "BEST": "best"}
    return {flags[token]: True} if token in flags else {}


def _name_limits(words: Sequence[Word], vocabulary: Vocabulary, opened: dt.date) -> dict[str, Any]:
    """A model, a family, a product line, or a model to come: a line with its next number, a family with a size."""
    head, more = words[0], words[1:]
    size = next((word for word in more if word.token == "SIZE"), None)
    more = [word for word in more if word.token != "SIZE"]
    said = " ".join(_join_hyphens(words))
    if head.token == "MODEL":
        return {"models": (" ".join(_join_hyphens([head, *more])) if more else str(head.value),)}
    if not more and size is None:
        return {"families" if head.token == "FAMILY" else "lines": (str(head.value),)}
    family = str(head.value)
    if head.token == "FAMILY" and not more and size is not None:
        return _of_family(vocabulary.with_size(family, float(size.value)))
    name = " ".join(_join_hyphens([head, *more]))
    if (
        head.token == "FAMILY"
        and _may_be_a_size(head, more, vocabulary)
        and not _is_generation(name, vocabulary, opened)
    ):
        sentence = (
            f"{said!r} may be a model of that name or one of the family {family} of some size: write "
            f"'{family} {more[0].text}B' for the size, or name a model that is known"
        )
        raise AskBack("model", sentence, words=said, candidates=(name, f"{family} {more[0].text}B"))
    return {"models": (said if size is not None else name,)}


def _is_generation(name: str, vocabulary: Vocabulary, opened: dt.date) -> bool:
    """Whether a release is called so, or the family has been numbered before: Llama 3 after Llama 2."""
    if vocabulary.is_generation(name, opened):
        return True
    head, _, number = name.replace("-", " ").rpartition(" ")
    earlier = range(2, int(float(number))) if number.replace(".", "", 1).isdigit() and float(number) < _FEW else ()
    return any(vocabulary.is_generation(f"{head} {one}", opened) for one in earlier)


def _may_be_a_size(head: Word, more: Sequence[Word], vocabulary: Vocabulary) -> bool:
    """Whether a family's name and a bare number may mean a size: its models are told apart by theirs."""
    return len(more) == 1 and more[0].token == "VERSION" and vocabulary.has_ladder(str(head.value))


def _of_family(found: dict[str, str]) -> dict[str, Any]:
    return (
        {"families": (found["family"],), "models": (found["model"],)}
        if "family" in found
        else {"models": (found["model"],)}
    )


def _join_hyphens(words: Sequence[Word]) -> list[str]:
    """A name as it is said, the hyphen before a version kept: GPT-6."""
    out = [str(words[0].value)]
    for before, word in itertools.pairwise(words):
        glue = word.text[: len(word.text) - len(word.text.lstrip(" -"))]
        if word.token == "VERSION" and (glue.startswith("-") or (glue == "" and word.start == before.end)):
            out[-1] += (glue or "-") + str(word.value)
        else:
            out.append(str(word.value) if word.token in ("VERSION", "TIER") else word.text)
    return out
