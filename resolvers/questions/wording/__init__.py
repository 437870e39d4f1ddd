"""Questions in words: a small grammar that says what it understood, and refuses rather than guesses.

    vocabulary = Vocabulary.of(tables.results, tables.metrics, bundled_questions())
    understood = understand("NeQA resolves with scale by 2024-11-15", vocabulary=vocabulary, opened=date(2022, 11, 15))
    understood.question      # a `resolvers.questions.question.Question`
    understood.sentence      # "inverse scaling on inverse_scaling_prize/neqa resolves with scale ... by 2024-11-15"

Every refusal is a `data.errors.UsageError` of one sentence. Names match ignoring case, spaces, hyphens and underscores.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import fold
from scale_forecast.resolvers.kinds.all_of import AllOf
from scale_forecast.resolvers.kinds.any_of import AnyOf
from scale_forecast.resolvers.kinds.first_by import FirstBy
from scale_forecast.resolvers.kinds.not_ import denial
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.scope import Scope
from scale_forecast.resolvers.questions.wording.grammar import Read, Reader, has_predicate, without_denial
from scale_forecast.resolvers.questions.wording.telling import tell
from scale_forecast.resolvers.questions.wording.vocabulary import Vocabulary

__all__ = ["Understood", "Vocabulary", "alike", "tell", "understand"]

YEARS = 2
"""Years a question without a deadline stays open."""
_LONGEST = 600
_QUESTION_WORDS = re.compile(
    r"^(?:will|does|do|did|is it true that|whether|question:|are|is it the case that) ", re.IGNORECASE
)
_PLAIN = str.maketrans(
    {"\u2265": ">=", "\u2264": "<="}
    | dict.fromkeys("\u2018\u2019", "'")
    | dict.fromkeys("\u201c\u201d", '"')
    | dict.fromkeys("\u2013\u2014\u2212", "-")
)
"""Typographic signs as a keyboard has them."""


@dataclass(frozen=True)
class Understood:
    """A question and, in one sentence, what it asks."""

    question: Question
    sentence: str


def understand(text: str, *, vocabulary: Vocabulary, opened: dt.date, question_id: str | None = None) -> Understood:
    """The question that some words ask.

    Parameters
    ----------
    text : such as "at least 3 of neqa, quote-repetition, redefine-math, hindsight-neglect turn U-shaped by 2024"
    vocabulary : the names that may occur
    opened : the day it is asked; "within two years" counts from it
    question_id : made from the words and the day when not given, so that the same question asked twice has one id

    Returns
    -------
    Understood. Without a deadline the question stays open for two years, and one about a named model is annulled where
    that model's score is not published.

    Raises
    ------
    UsageError
        Naming the words that are not understood, with the nearest that would be.
    """
    opened = dt.date(opened.year, opened.month, opened.day)
    plain = _plain(text)
    if not plain:
        raise UsageError("the question has no words: write one like 'NeQA resolves with scale by 2024-11-15'")
    if len(plain) > _LONGEST:
        raise UsageError(f"a question of {len(plain)} characters is too long: say it in {_LONGEST} or write it in YAML")
    try:
        read = _compound(plain, Reader(vocabulary, opened))
        question = _question(read, text.strip(), opened, question_id)
    except ValidationError as error:
        said = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f"{plain[:80]!r} is understood but no question: {said}") from error
    return Understood(question, tell(question))


def alike(question: Question, known: Iterable[Question]) -> list[Question]:
    """Known questions of the same kind on the same tasks, the one with the nearest deadline first."""

    def asked(other: Question) -> tuple[str, frozenset[str]]:
        return other.kind, frozenset(fold(leaf.task) for leaf in other.criterion.leaves())

    if question.criterion.by_hand:
        return []
    same = [other for other in known if other.id != question.id and asked(other) == asked(question)]
    return sorted(same, key=lambda other: abs(other.resolve_by - question.resolve_by))


def _plain(text: str) -> str:
    """The words on one line, without typographic signs and the mark at the end."""
    text = "".join(c for c in text.translate(_PLAIN) if c.isprintable() or c.isspace())
    text = re.sub(r"\s+", " ", text).strip(" ?.!,;")
    before = None
    while before != text:
        before, text = text, _QUESTION_WORDS.sub("", text, count=1).strip()
    return text


def _compound(text: str, reader: Reader) -> Read:
    """A statement, or several joined by ``or`` or by ``and``; ``and`` binds closer. A denial in front denies it all."""
    denied, text = without_denial(text)
    if denied:
        read = _compound(text, reader)
        return Read(denial(read.criterion), read.deadline, read.scope)
    for word, make in (("or", AnyOf), ("and", AllOf)):
        parts = _split(text, word)
        if len(parts) > 1:
            return _joined([_compound(part, reader) for part in parts], make)
    return reader.statement(text)


def _split(text: str, word: str) -> list[str]:
    """Parts between a word, each with a verb of its own; a part without one belongs to the next."""
    parts: list[str] = []
    for piece in re.split(
        rf",? {word} (?!(?:more|higher|better|above|less|lower|fewer|below)\b)", text, flags=re.IGNORECASE
    ):
        if parts and not (has_predicate(parts[-1]) and has_predicate(piece)):
            parts[-1] = f"{parts[-1]} {word} {piece}"
        else:
            parts.append(piece)
    return parts


def _joined(read: list[Read], make: type[AllOf] | type[AnyOf]) -> Read:
    """Several statements as one criterion; a part with an earlier deadline of its own keeps it."""
    days = [part.deadline for part in read if part.deadline is not None]
    last = max(days, default=None)
    parts = []
    for part in read:
        criterion = part.criterion.within(Scope(**part.scope)) if part.scope else part.criterion
        if criterion.is_number:
            raise UsageError("a question for a number cannot be joined with others: ask it alone")
        early = part.deadline is not None and part.deadline != last
        parts.append(FirstBy.model_validate({"event": criterion, "by": part.deadline}) if early else criterion)
    return Read(make(of=tuple(parts)), last, {})


def _question(read: Read, title: str, opened: dt.date, question_id: str | None) -> Question:
    deadline = read.deadline
    if deadline is not None and deadline <= opened:
        raise UsageError(
            f"the deadline {deadline} is not after {opened}, the day the question is asked: choose a later one, "
            "or ask as of an earlier day"
        )
    criterion = read.criterion if deadline is not None else read.criterion.annulled_if_silent()
    resolve_by = deadline or _later(opened, YEARS)
    fields: dict[str, Any] = {
        "criterion": criterion,
        "scope": Scope(**read.scope),
        "opened": opened,
        "resolve_by": resolve_by,
    }
    question = Question(id=question_id or "asked", title=title, **fields)
    if question_id is None:
        question = question.model_copy(update={"id": _identity(question)})
    return question


def _later(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return dt.date(day.year + years, 2, 28)


def _identity(question: Question) -> str:
    """A name from the tasks it is about and a digest of what is asked."""
    tasks = list(dict.fromkeys(leaf.task for leaf in question.criterion.leaves()))
    words = re.sub(r"[^a-z0-9]+", "-", " ".join([question.kind, *tasks[:3]]).lower()).strip("-")[:60].strip("-")
    asked = {k: v for k, v in question.to_dict().items() if k in ("criterion", "scope", "opened", "resolve_by")}
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:8]
    return f"{words}-{digest}"
