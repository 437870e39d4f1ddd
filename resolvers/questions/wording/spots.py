"""Which tests some words name: a benchmark, a task of one, or several."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from scale_forecast.data.names import did_you_mean, fold
from scale_forecast.resolvers.questions.wording.slots import AskBack, Place
from scale_forecast.resolvers.questions.wording.tokens import Word
from scale_forecast.resolvers.questions.wording.vocabulary import Vocabulary, candidates

Several = tuple[tuple[Place, ...], ...]
"""For each test named the places that it may be; who is spoken of may decide between them."""


def read_places(node: Any, vocabulary: Vocabulary, opened: dt.date) -> tuple[Several, str]:
    """The tests of a list, each as the places it may be, and the word that joins them ("and", "or" or none).

    Raises
    ------
    AskBack
        For a name that means several tests, with these as candidates.
    """
    found: list[tuple[Place, ...]] = []
    joints: set[str] = set()
    for part in node.children:
        if hasattr(part, "data"):
            words = [token.value for token in part.scan_values(lambda value: True)]
            found += _of(_spot(words), words, vocabulary, opened)
        elif part.value.value:
            joints.add(str(part.value.value))
    if len(joints) > 1:
        raise AskBack("benchmark", "the list of tests mixes 'and' with 'or': use one of them")
    return tuple(found), next(iter(joints), "")


def _spot(words: Sequence[Word]) -> list[Word]:
    return [word for word in words if word.token in ("PLACE", "TASK", "UNSURE")]


def _of(
    spot: Sequence[Word], words: Sequence[Word], vocabulary: Vocabulary, opened: dt.date
) -> list[tuple[Place, ...]]:
    """The places of one name; a name such as "round 1 winners" is several tests."""
    word = spot[0]
    if len(spot) == 2:
        place, task = sorted(spot, key=lambda one: one.token)
        return [_task_of(place, task, vocabulary)]
    if word.token == "UNSURE":
        name, means = word.value
        return [_unsure(name, means, word.text, vocabulary, opened)]
    if word.token == "TASK":
        return [_task(str(word.value), vocabulary)]
    return [_refuse_early_name(_one(str(name), word.text, vocabulary), word.text, opened) for name in word.value]


def _refuse_early_name(found: tuple[Place, ...], said: str, opened: dt.date) -> tuple[Place, ...]:
    """A test by a shorter name than its own, which meant another one before it was published: SWE-bench."""
    place = found[0]
    shorter = fold(place.task) != fold(said) and fold(place.task).startswith(fold(said))
    if shorter and place.benchmark == place.task and place.released and opened < place.released:
        sentence = f"{said!r} was no name of {place.task} before {place.released}, when that was published: write which"
        raise AskBack("benchmark", sentence, words=said, candidates=[place.name])
    return found


def _one(name: str, said: str, vocabulary: Vocabulary) -> tuple[Place, ...]:
    found = vocabulary.find(name)
    if not found:
        raise AskBack(
            "benchmark", f"no benchmark or task {said!r}{did_you_mean(said, vocabulary.test_names())}", words=said
        )
    if len(found) > 1:
        sentence = f"{said!r} may be any of {candidates(found)}: write one of these"
        raise AskBack("benchmark", sentence, words=said, candidates=[place.name for place in found])
    return (found[0],)


def _unsure(name: str, means: Sequence[str], said: str, vocabulary: Vocabulary, opened: dt.date) -> tuple[Place, ...]:
    """A name of several tests: the one of them that was published by the day of asking, else all are offered."""
    places = [place for one in means for place in vocabulary.find(one)]
    out = [place for place in places if place.released is None or place.released <= opened]
    if len(out) == 1 and len(places) == len(means):
        return (out[0],)
    listed = ", ".join(means)
    sentence = f"{said!r} may be any of {listed}: write one of these"
    raise AskBack("benchmark", sentence, words=said, candidates=means)


def _task(name: str, vocabulary: Vocabulary) -> tuple[Place, ...]:
    """A task by its own name; an ordinary word that is a part of other tasks' names too is asked back."""
    found = vocabulary.find(name)
    if name.isalpha() and name.islower():
        others = [place for place in vocabulary.containing(name) if fold(place.task) != fold(name)]
        if others:
            places = [*found, *others]
            sentence = f"{name!r} may be any of {candidates(places)}: write one of these"
            raise AskBack("benchmark", sentence, words=name, candidates=[place.name for place in places])
    return tuple(found)


def _task_of(benchmark: Word, task: Word, vocabulary: Vocabulary) -> tuple[Place, ...]:
    """A task of a benchmark that is named beside it."""
    name = f"{benchmark.value[0]}/{task.value}"
    found = vocabulary.find(name)
    if not found:
        raise AskBack("benchmark", f"{benchmark.text} has no task {task.text!r}", words=task.text)
    return (found[0],)
