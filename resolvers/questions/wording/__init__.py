"""Questions in words: slots read by a grammar, which says what it understood and asks back rather than guesses.

    vocabulary = Vocabulary.of(tables.results, tables.metrics, bundled_questions())
    understood = understand("NeQA resolves with scale by 2024-11-15", vocabulary=vocabulary, opened=date(2022, 11, 15))
    understood.question      # a `resolvers.questions.question.Question`
    understood.sentence      # "inverse scaling on inverse_scaling_prize/neqa resolves with scale ... by 2024-11-15"

Every refusal is a `data.errors.UsageError` of one sentence. Names match ignoring case, spaces, hyphens and underscores.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from pydantic import ValidationError

from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import fold
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.wording.labels import (
    about_option,
    as_choice,
    as_contest,
    split_label,
    split_options,
    with_options,
)
from scale_forecast.resolvers.questions.wording.making import make_question
from scale_forecast.resolvers.questions.wording.phrases import Context, read_phrases
from scale_forecast.resolvers.questions.wording.plain import make_plain
from scale_forecast.resolvers.questions.wording.record import is_address, near_record, on_record
from scale_forecast.resolvers.questions.wording.slots import AskBack, Reading, Refused
from scale_forecast.resolvers.questions.wording.statements import read_statement
from scale_forecast.resolvers.questions.wording.telling import tell
from scale_forecast.resolvers.questions.wording.vocabulary import Vocabulary

__all__ = [
    "AskBack",
    "Refused",
    "Understood",
    "Vocabulary",
    "alike",
    "is_address",
    "near_record",
    "on_record",
    "tell",
    "understand",
]

_LONGEST = 600


@dataclass(frozen=True)
class Understood:
    """A question, in one sentence what it asks, and the slots it was made of."""

    question: Question
    sentence: str
    reading: Reading


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
    plain = make_plain(text)
    if not plain:
        raise UsageError("the question has no words: write one like 'NeQA resolves with scale by 2024-11-15'")
    if len(plain) > _LONGEST:
        raise UsageError(f"a question of {len(plain)} characters is too long: say it in {_LONGEST} or write it in YAML")
    reading = _read(plain, vocabulary, opened)
    try:
        question = make_question(reading, vocabulary, title=text.strip(), opened=opened, question_id=question_id)
    except ValidationError as error:
        said = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f"{plain[:80]!r} is understood but no question: {said}") from error
    return Understood(question, "; ".join([tell(question), *dict.fromkeys(reading.notes)]), reading)


def _read(plain: str, vocabulary: Vocabulary, opened: dt.date) -> Reading:
    """The reading of a title, with the option or the options behind it where it has several answers."""
    plain = as_contest(plain)
    try:
        return _read_as_it_is(plain, vocabulary, opened)
    except AskBack:
        if (other := as_choice(plain)) == plain:
            raise
        return _read_as_it_is(other, vocabulary, opened)


def _read_as_it_is(plain: str, vocabulary: Vocabulary, opened: dt.date) -> Reading:
    for split, join in ((split_label, about_option), (split_options, with_options)):
        title, behind = split(plain)
        if not behind:
            continue
        context = Context(vocabulary, opened, title)
        try:
            return join(read_statement(read_phrases(context), context), behind, context)
        except UsageError as error:
            if isinstance(error, AskBack) and error.slot == "option":
                raise
    context = Context(vocabulary, opened, plain)
    return read_statement(read_phrases(context), context)


_INVERSE = frozenset({"size_needed", "date", "threshold"})
"""Kinds of statement whose level may be asked the other way round: what it takes to reach it."""


def read_inverse(text: str, *, vocabulary: Vocabulary, opened: dt.date) -> Question:
    """The question for the day on which a level is reached, of words that ask what it takes to reach it."""
    context = Context(vocabulary, opened, make_plain(text))
    reading = read_statement(read_phrases(context), context)
    if reading.kind not in _INVERSE:
        said = f"{context.text[:80]!r} asks for no level to be reached: write TASK and SCORE"
        raise AskBack("kind", said, words=context.text[:80])
    return make_question(replace(reading, kind="date"), vocabulary, title=text.strip(), opened=opened)


def alike(question: Question, known: Iterable[Question]) -> list[Question]:
    """Known questions of the same kind on the same tasks, the one with the nearest deadline first."""

    def subject_of(other: Question) -> tuple[str, frozenset[str]]:
        return other.kind, frozenset(fold(leaf.task) for leaf in other.criterion.leaves())

    if question.criterion.by_hand:
        return []
    same = [other for other in known if other.id != question.id and subject_of(other) == subject_of(question)]
    return sorted(same, key=lambda other: abs(other.resolve_by - question.resolve_by))
