"""Many questions asked of one day, by this process or by several: rows and prices are the same whoever asks.

Every process makes what it asks of once, and keeps it for its next questions. What has to be learned for them is
learned before, for the first question that needs it, and is found in the cache.
"""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from scale_forecast.data.errors import DataError, UsageError, speak_of_options, translate
from scale_forecast.data.frontier import Frontier
from scale_forecast.data.load import Tables
from scale_forecast.data.names import count_of
from scale_forecast.parallel import Workers, ignore_progress
from scale_forecast.pricing import Desk, Price, price_at
from scale_forecast.resolvers.questions.bank import find_question
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.wording import (
    AskBack,
    Vocabulary,
    alike,
    is_address,
    near_record,
    on_record,
    understand,
)
from scale_forecast.workflow.desks import add_names, desk_of
from scale_forecast.workflow.tables import Remark, Tell, silent

Item = TypeVar("Item")
Result = TypeVar("Result")

LEAST = 200
"""Questions for which a further process saves more than its start takes: loading code, tables and states."""
BATCH = 20
"""Questions that a process is given at a time."""
_OPTION = "--jobs"


@dataclass(frozen=True)
class Standpoint:
    """What is asked of: the tables, by scale and by date (the bundled ones for None), and the questions on record."""

    tables: Tables
    own: Frontier | None
    known: tuple[Question, ...]
    as_of: date
    predictor: str
    seed: int


@dataclass(frozen=True)
class Understood:
    """The questions that a title means, and what it was taken for; ``refusal`` where it means none."""

    questions: list[Question]
    said: str = ""
    refusal: str = ""


class Asker:
    """A process that is asked, with what it has learned so far; ``workers`` learn, ``tell`` is told what."""

    def __init__(self, day: Standpoint, workers: Workers | None = None, tell: Tell = silent) -> None:
        self.day, self.workers, self._tell = day, workers or Workers(), tell
        self.token = uuid.uuid4().hex

    @functools.cached_property
    def desk(self) -> Desk:
        day = self.day
        how = day.predictor, day.seed, self.workers
        return desk_of(day.tables, day.own, day.as_of, *how, tell=self._tell)

    @functools.cached_property
    def vocabulary(self) -> Vocabulary:
        tables = add_names(self.day.tables, self.day.own)
        return Vocabulary.of(tables.results, tables.metrics, self.day.known)

    def find(self, words: str, tell: Tell) -> list[Question]:
        """The questions on record that an id, a title or an address means, else the one that words ask.

        Raises
        ------
        UsageError
            Where they mean none, or more than one.
        """
        known = list(self.day.known)
        if any(question.id == words for question in known) or (" " not in words.strip() and not is_address(words)):
            return [find_question(words, known)]
        if recorded := on_record(words, known):
            if len(recorded) > 1:
                ids = ", ".join(question.id for question in recorded)
                raise UsageError(f"{len(recorded)} questions on record have that title or address: ask by id, {ids}")
            tell(f"on record as {recorded[0].id}: {recorded[0].title}")
            return recorded
        if is_address(words):
            raise UsageError(
                f"no question on record has the address {words.strip()}: `forecast market import` brings one"
            )
        near = near_record(words, known)
        try:
            understood = understand(words, vocabulary=self.vocabulary, opened=self.day.as_of)
        except UsageError as error:
            said = f"{error} (slot: {error.slot})" if isinstance(error, AskBack) else str(error)
            offered = ", ".join(f"{question.id} ({question.title})" for question in near)
            raise UsageError(f"{said}; near on record, to ask by id: {offered}" if near else said) from error
        tell(f"understood: {understood.sentence}")
        if offers := list(dict.fromkeys([*near, *alike(understood.question, known)]))[:3]:
            tell(f"questions alike on record, to ask by id: {', '.join(question.id for question in offers)}")
        return [understood.question]

    def understand(self, title: str) -> Understood:
        said: list[Remark] = []
        try:
            found = self.find(title, said.append)
        except UsageError as error:
            return Understood([], refusal=str(error))
        return Understood(found, str(said[0]) if said else "")

    def price(self, question: Question, *, interval: bool) -> Price | DataError:
        """Its price, or why it has none."""
        try:
            return price_at(self.desk, question, interval=interval)
        except DataError as error:
            return error


def answer_all(asker: Asker, titles: Sequence[str]) -> Iterator[tuple[Understood, list[Price | DataError]]]:
    """What each title means and the prices of its questions, without intervals, in the order of the titles."""
    workers = _worthwhile(asker.workers, len(titles))
    if _is_alone(workers):
        for done, title in enumerate(titles, start=1):
            understood = asker.understand(title)
            yield understood, [asker.price(question, interval=False) for question in understood.questions]
            asker.workers.progress(done, len(titles))
        return
    found = list(_spread(asker, workers, Asker.understand, titles))
    prices = price_all(asker, [question for one in found for question in one.questions], interval=False)
    for understood in found:
        yield understood, [next(prices) for _ in understood.questions]


def price_all(asker: Asker, questions: Sequence[Question], *, interval: bool) -> Iterator[Price | DataError]:
    """The price of each question, or why it has none, in their order."""
    workers, price = _worthwhile(asker.workers, len(questions)), functools.partial(Asker.price, interval=interval)
    if _is_alone(workers):
        for done, question in enumerate(questions, start=1):
            yield price(asker, question)
            asker.workers.progress(done, len(questions))
        return
    if asker.desk.futures is not None:
        asker.desk.futures.learn()
    first: dict[tuple[object, ...], int] = {}
    for at, question in enumerate(questions):
        first.setdefault(_lesson(question, asker.desk), at)
    found = {at: price(asker, questions[at]) for at in first.values()}
    rest = sorted((at for at in range(len(questions)) if at not in found), key=lambda at: _tests(questions[at]))
    found |= dict(zip(rest, _spread(asker, workers, price, [questions[at] for at in rest]), strict=True))
    yield from (found[at] for at in range(len(questions)))


def say_spread(workers: Workers, count: int) -> str:
    """That fewer processes answer than were allowed, since more would cost more than they save; or nothing."""
    used = _worthwhile(workers, count)
    if count < 2 or used == workers:
        return ""
    who = "one process answers" if _is_alone(used) else f"{used.jobs} processes answer"
    return (
        f"{count_of(count, 'question')}: {who}, since another one saves time from {LEAST} questions each on; what has "
        f"to be learned is spread over {f'{workers.jobs} processes' if workers.dask is None else 'the cluster'}"
    )


def _worthwhile(workers: Workers, count: int) -> Workers:
    """As many processes as have `LEAST` questions each; a cluster for as many as two of them need."""
    jobs = max(1, min(workers.jobs, count // LEAST))
    return replace(workers, jobs=jobs, dask=workers.dask if count >= 2 * LEAST else None)


def _is_alone(workers: Workers) -> bool:
    return workers.dask is None and workers.jobs == 1


def _spread(
    asker: Asker, workers: Workers, work: Callable[[Asker, Item], Result], items: Sequence[Item]
) -> Iterator[Result]:
    """``work`` of each item, in their order, some at a time by askers of other processes."""
    of_options = translate(_OPTION) == _OPTION
    told = functools.partial(_work_on, asker.token, asker.day, of_options, work)
    batches, done = [items[at : at + BATCH] for at in range(0, len(items), BATCH)], 0
    for results in replace(workers, progress=ignore_progress).map(told, batches):
        done += len(results)
        workers.progress(done, len(items))
        yield from results


def _work_on(
    token: str, day: Standpoint, of_options: bool, work: Callable[[Asker, Item], Result], items: Sequence[Item]
) -> list[Result]:
    """What a worker does: its sentences name options of the command line where those of its client do."""
    asker = _asker_of(token, day)
    with speak_of_options() if of_options else nullcontext():
        return [work(asker, item) for item in items]


_kept: dict[str, Asker] = {}
"""Of a worker's process its asker, which it keeps for its next questions, by the token of its client's."""


def _asker_of(token: str, day: Standpoint) -> Asker:
    if token not in _kept:
        _kept.clear()
        _kept[token] = Asker(day)
    return _kept[token]


def _tests(question: Question) -> list[str]:
    """The tests that a question is about: whoever answers the next one on them has their futures at hand."""
    return [leaf.benchmark or leaf.task for leaf in question.criterion.leaves()]


def _lesson(question: Question, desk: Desk) -> tuple[object, ...]:
    """What a question needs to have learned, in rough: its day, and by scale the families that it names, or its tests.

    Names tell of a family by their first word.
    """
    day = min(question.resolve_by.date(), desk.as_of)
    by_date = desk.futures
    leaves = [leaf for leaf in question.criterion.leaves() if by_date is None or not by_date.tells(leaf)]
    scopes = [scope for leaf in leaves for scope in (question.scope.within(leaf.scope), *leaf.sides)]
    names = [name for scope in scopes for name in (*scope.family, *scope.model)]
    families = {re.split(r"[\W\d_]", name.casefold(), maxsplit=1)[0] for name in names}
    return day, *sorted(families or {leaf.benchmark or leaf.task for leaf in leaves})
