"""Price questions given by id, in a file or in words, and record the prices."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from scale_forecast.by_date.coming import with_groups
from scale_forecast.by_date.tables import as_tables
from scale_forecast.cache.fingerprint import code_fingerprint
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.frontier import DATASET, Frontier, bundled_frontier_tables
from scale_forecast.data.load import Tables, with_frontier
from scale_forecast.data.results import COLUMNS, fingerprint
from scale_forecast.parallel import Workers
from scale_forecast.predictors.registry import DEFAULT, make
from scale_forecast.pricing import Desk, Price, price_at
from scale_forecast.pricing.futures import RecordFutures
from scale_forecast.pricing.model import DRAWS
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.questions.bank import find_question, read_files
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.stated import against, stated_probabilities
from scale_forecast.resolvers.questions.wording import (
    AskBack,
    Vocabulary,
    alike,
    is_address,
    near_record,
    on_record,
    understand,
)
from scale_forecast.show import prices as shown
from scale_forecast.show.terminal import as_text
from scale_forecast.workflow import clock
from scale_forecast.workflow.clock import Day, day_of_knowledge
from scale_forecast.workflow.frontier import frontier_tables, swept_until
from scale_forecast.workflow.places import cache_folder, open_ledger_at, recorded_forecasts
from scale_forecast.workflow.questions import known_questions
from scale_forecast.workflow.tables import Remark, Results, Tell, silent, tables_of


@dataclass(frozen=True)
class Answers:
    """Prices of questions.

    Attributes
    ----------
    questions : list of Question
    prices : list of Price
    bets : list of DataFrame
        Of each question, what bets on record are worth at its price; empty tables where there are none.
    """

    questions: list[Question]
    prices: list[Price]
    bets: list[pd.DataFrame]

    @property
    def table(self) -> pd.DataFrame:
        """A row a question."""
        return shown.table(self.prices)

    @property
    def whole(self) -> pd.DataFrame:
        """The table with what moved each price, the reasons, and the bets on record."""
        moved = [[{"what": what, "probability": value} for what, value in p.moved] for p in self.prices]
        answers = [p.answer.table.to_dict("records") if p.answer else [] for p in self.prices]
        return self.table.assign(
            distribution=pd.Series(answers, dtype=object),
            moved=pd.Series(moved, dtype=object),
            reasons=pd.Series([list(p.reasons) for p in self.prices], dtype=object),
            on_record=pd.Series([bet.to_dict("records") for bet in self.bets], dtype=object),
        )

    def text(self, *, pictures: bool = False) -> str:
        """For people: each price, the way to it, its reasons, and the bets."""
        tails = [f"\n{as_text(bet, title='on record')}" if len(bet) else "" for bet in self.bets]
        return "\n".join(
            shown.text(price, pictures=pictures) + tail for price, tail in zip(self.prices, tails, strict=True)
        )


def ask(
    question: str | Path | Question,
    results: Results = None,
    *,
    as_of: Day | None = None,
    predictor: str = DEFAULT,
    seed: int = 0,
    questions: Sequence[str | Path] = (),
    record: bool = False,
    ledger: str | Path | None = None,
    data: str | Path | None = None,
    bundled: bool = False,
    workers: Workers | None = None,
    tell: Tell = silent,
) -> Answers:
    """Price a question: its probability, where that comes from, and what bets on record are worth.

    Parameters
    ----------
    question : the id of a known question, a YAML file of questions, words, or a question
    results : tables, or files of any known layout; the bundled figures when None
    as_of : know only what was public on this day; today when None
    predictor : name of the predictor
    seed : of the simulated futures
    questions : YAML files whose questions are known by id beside the bundled and recorded ones
    record : write the question and its price to the ledger
    ledger : path or address; the user's own when None
    data, bundled : the folder of your own data, or leave them out: see `workflow.frontier.frontier_tables`
    workers : who trains
    tell : told what words were taken for, a sentence at a time
    """
    tables, at, day = tables_of(results, tell), clock.now(), day_of_knowledge(as_of)
    by_date = by_date_of(day, data, bundled, tell)
    desk = desk_of(tables, by_date, day, predictor, seed, workers, tell=tell)
    if isinstance(question, Question):
        asked = [question]
    else:
        asked = _find(str(question), [Path(file) for file in questions], ledger, _add_names(tables, by_date), day, tell)
    recorded = recorded_forecasts(ledger)
    prices = [price_at(desk, one) for one in asked]
    bets = [_bets(p, stated_probabilities(one, recorded, as_of=day)) for p, one in zip(prices, asked, strict=True)]
    answers = Answers(asked, prices, bets)
    if record:
        entries = _record(answers, tables.results, ledger, at)
        said = f"{'entry' if len(entries) == 1 else 'entries'} {', '.join(map(str, entries))}" if entries else "asked"
        tell(f"recorded in the ledger as {said}")
    return answers


def ask_all(
    titles: Sequence[str],
    results: Results = None,
    *,
    as_of: Day | None = None,
    predictor: str = DEFAULT,
    seed: int = 0,
    questions: Sequence[str | Path] = (),
    ledger: str | Path | None = None,
    data: str | Path | None = None,
    bundled: bool = False,
    workers: Workers | None = None,
    tell: Tell = silent,
) -> pd.DataFrame:
    """Many titles at once, a row each, with one training: none is left without a word on what became of it.

    The arguments are those of `ask`; ``workers`` are told how many titles are done, too. Columns: ``title, outcome,
    question, probability, answer, understood, note``; ``outcome`` is ``priced``, ``settled``, ``not understood``
    (``note`` asks back) or ``no price`` (``note`` says why).
    """
    tables, day = tables_of(results, tell), day_of_knowledge(as_of)
    by_date = by_date_of(day, data, bundled, tell)
    desk = desk_of(tables, by_date, day, predictor, seed, workers, tell=tell)
    known = known_questions([Path(file) for file in questions], ledger)
    vocabulary = Vocabulary.of(_add_names(tables, by_date).results, tables.metrics, known)
    rows: list[tuple[object, ...]] = []
    for done, title in enumerate(titles, start=1):
        rows += _answer_title(title, desk, known, vocabulary, day)
        if workers is not None:
            workers.progress(done, len(titles))
    columns = ["title", "outcome", "question", "probability", "answer", "understood", "note"]
    table = pd.DataFrame(rows, columns=columns)
    tell(", ".join(f"{count} {outcome}" for outcome, count in table["outcome"].value_counts().items()))
    return table


def _answer_title(
    title: str, desk: Desk, known: list[Question], vocabulary: Vocabulary, day: date
) -> Iterator[tuple[object, ...]]:
    said: list[Remark] = []
    try:
        found = _understand(title, known, lambda: vocabulary, day, said.append)
    except UsageError as error:
        yield title, "not understood", "", float("nan"), "", "", str(error)
        return
    for question in found:
        try:
            price = price_at(desk, question, interval=False)
        except DataError as error:
            yield title, "no price", question.id, float("nan"), "", said[0], str(error)
            continue
        answer = price.answer.summary if price.answer else ""
        outcome = "priced" if price.status is Status.OPEN else "settled"
        note = price.note if price.status is Status.OPEN else price.reasons[0]
        yield title, outcome, question.id, price.probability, answer, said[0], note


def by_date_of(day: date, data: str | Path | None, bundled: bool, tell: Tell) -> Frontier:
    """The tables by date with the user's own, which are told."""
    frontier = frontier_tables(day, data=data, bundled=bundled)
    if frontier.own is not None:
        tell(frontier.own)
    return frontier


def _add_names(tables: Tables, frontier: Frontier) -> Tables:
    """The tables with the user's own scores by date, whose benchmarks, models and makers words may name."""
    if frontier.is_bundled:
        return tables
    scores = frontier.results()
    own = scores.loc[scores["dataset"] != DATASET, list(COLUMNS)]
    return replace(tables, results=pd.concat([tables.results, own], ignore_index=True))


def desk_of(
    tables: Tables, frontier: Frontier, day: date, predictor: str, seed: int, workers: Workers | None,
    *, widen: bool = True, tell: Tell = silent,
) -> Desk:  # fmt: skip
    """What is known on a day, by scale and by date, as the judge sees it too; ``widen`` as for `RecordFutures`."""
    make(predictor)
    return Desk(
        tables, day, predictor=predictor, cache=cache_folder(), seed=seed, workers=workers or Workers(),
        judged=with_frontier(tables, frontier), futures=_futures(frontier, day, seed, str(tables.reading), widen, tell),
        earlier=lambda then: desk_of(tables, frontier, then, predictor, seed, workers, widen=widen, tell=tell),
    )  # fmt: skip


def _bets(price: Price, bets: Sequence[tuple[str, float]]) -> pd.DataFrame:
    """What others say beside the price; nothing beside a number, a day or a choice."""
    return against(price.probability, bets if isfinite(price.probability) else ())


def _futures(frontier: Frontier, day: date, seed: int, reading: str, widen: bool, tell: Tell) -> RecordFutures:
    """The records by date of a day; nothing is trained before a question asks for them."""
    benchmarks = frontier.benchmarks
    metrics = dict(zip(benchmarks["task"], benchmarks["metric"], strict=True))
    releases = with_groups(frontier.releases, len(bundled_frontier_tables().releases))
    tables = as_tables(frontier.scores, releases, benchmarks)
    until = None if frontier.is_bundled else swept_until(frontier, pd.Timestamp(day), reading)
    return RecordFutures(
        tables, day, metrics, draws=DRAWS, seed=seed, cache=cache_folder(), reading=reading, until=until, widen=widen,
        scores=frontier.scores, tell=tell,
    )  # fmt: skip


def _find(
    words: str, files: Sequence[Path], ledger: str | Path | None, tables: Tables, day: date, tell: Tell
) -> list[Question]:
    """The questions that an id, a YAML file or words mean; says what words were taken for."""
    path = Path(words)
    if path.suffix in (".yaml", ".yml") or os.path.isfile(words):  # which, unlike Path's, takes words of any length
        found = read_files([path])
        if not found:
            raise DataError(f"{path} holds no question: see `forecast questions show ID` for how one is written")
        return found
    known = known_questions(files, ledger)
    return _understand(words, known, lambda: Vocabulary.of(tables.results, tables.metrics, known), day, tell)


def _understand(
    words: str, known: list[Question], vocabulary: Callable[[], Vocabulary], day: date, tell: Tell
) -> list[Question]:
    """The questions on record that an id, a title or an address means, else the one that words ask."""
    if any(question.id == words for question in known) or (" " not in words.strip() and not is_address(words)):
        return [find_question(words, known)]
    if recorded := on_record(words, known):
        if len(recorded) > 1:
            ids = ", ".join(question.id for question in recorded)
            raise UsageError(f"{len(recorded)} questions on record have that title or address: ask by id, {ids}")
        tell(f"on record as {recorded[0].id}: {recorded[0].title}")
        return recorded
    if is_address(words):
        raise UsageError(f"no question on record has the address {words.strip()}: `forecast market import` brings one")
    near = near_record(words, known)
    try:
        understood = understand(words, vocabulary=vocabulary(), opened=day)
    except UsageError as error:
        said = f"{error} (slot: {error.slot})" if isinstance(error, AskBack) else str(error)
        offered = ", ".join(f"{question.id} ({question.title})" for question in near)
        raise UsageError(f"{said}; near on record, to ask by id: {offered}" if near else said) from error
    tell(f"understood: {understood.sentence}")
    if offers := list(dict.fromkeys([*near, *alike(understood.question, known)]))[:3]:
        tell(f"questions alike on record, to ask by id: {', '.join(question.id for question in offers)}")
    return [understood.question]


def _answer_fields(price: Price) -> dict[str, Any]:
    """A probability, or the distribution of an open number, day or option; empty where there is nothing to say."""
    if isfinite(price.probability):
        return {"probability": price.probability}
    distribution = price.answer.distribution if price.answer is not None and price.status is Status.OPEN else None
    return {} if distribution is None else {"distribution": distribution}


def _record(answers: Answers, results: pd.DataFrame, ledger: str | Path | None, at: datetime) -> list[int]:
    """Append the questions, so that they can be resolved later, and what we said; the numbers of the entries."""
    data, code = fingerprint(results), code_fingerprint()
    rows: list[dict[str, Any]] = [
        {
            "question_id": p.question,
            **said,
            "predictor": p.predictor,
            "predictor_version": code,
            "data_fingerprint": data,
            "details": {"as_of": f"{p.as_of}"}
            | {name: v for name in ("low", "high", "base_rate") if isfinite(v := getattr(p, name))},
        }
        for p in answers.prices
        if (said := _answer_fields(p))
    ]
    with open_ledger_at(ledger, create=True) as book:
        book.append_questions([{"question_id": q.id, "definition": q.to_dict()} for q in answers.questions], at=at)
        return list(book.append_forecasts(rows, at=at))
