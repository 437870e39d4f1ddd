"""Price questions given by id, in a file or in words, and record the prices."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from scale_forecast.cache.fingerprint import code_fingerprint
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.load import Tables, with_frontier
from scale_forecast.data.results import fingerprint
from scale_forecast.parallel import Workers
from scale_forecast.predictors.registry import DEFAULT, make
from scale_forecast.pricing import Desk, Price, price_at
from scale_forecast.resolvers.questions.bank import find_question, read_files
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.stated import against, stated
from scale_forecast.resolvers.questions.wording import Vocabulary, alike, is_address, near_record, on_record, understand
from scale_forecast.show import prices as shown
from scale_forecast.show.terminal import as_text
from scale_forecast.workflow import clock
from scale_forecast.workflow.clock import Day, day_of_knowledge
from scale_forecast.workflow.places import cache_folder, open_ledger_at, recorded_forecasts
from scale_forecast.workflow.questions import known_questions
from scale_forecast.workflow.tables import Results, Tell, silent, tables_of


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
        return self.table.assign(
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
    workers : who trains
    tell : told what words were taken for, a sentence at a time
    """
    make(predictor)
    tables, at, day = tables_of(results, tell), clock.now(), day_of_knowledge(as_of)
    if isinstance(question, Question):
        asked = [question]
    else:
        asked = _find(str(question), [Path(file) for file in questions], ledger, tables, day, tell)
    recorded = recorded_forecasts(ledger)
    desk = Desk(
        tables, day, predictor=predictor, cache=cache_folder(), seed=seed, workers=workers or Workers(),
        judged=with_frontier(tables),
    )  # fmt: skip
    prices = [price_at(desk, one) for one in asked]
    bets = [against(p.probability, stated(one, recorded, as_of=day)) for p, one in zip(prices, asked, strict=True)]
    answers = Answers(asked, prices, bets)
    if record:
        entries = _record(answers, tables.results, ledger, at)
        tell(f"recorded in the ledger as {'entry' if len(entries) == 1 else 'entries'} {', '.join(map(str, entries))}")
    return answers


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
    vocabulary = Vocabulary.of(tables.results, tables.metrics, known)
    try:
        understood = understand(words, vocabulary=vocabulary, opened=day)
    except UsageError as error:
        offered = ", ".join(f"{question.id} ({question.title})" for question in near)
        raise UsageError(f"{error}; near on record, to ask by id: {offered}") if near else error from error
    tell(f"understood: {understood.sentence}")
    if offers := list(dict.fromkeys([*near, *alike(understood.question, known)]))[:3]:
        tell(f"questions alike on record, to ask by id: {', '.join(question.id for question in offers)}")
    return [understood.question]


def _record(answers: Answers, results: pd.DataFrame, ledger: str | Path | None, at: datetime) -> list[int]:
    """Append the questions, so that they can be resolved later, and our probabilities; the numbers of the entries."""
    data, code = fingerprint(results), code_fingerprint()
    rows: list[dict[str, Any]] = [
        {
            "question_id": p.question,
            "probability": p.probability,
            "predictor": p.predictor,
            "predictor_version": code,
            "data_fingerprint": data,
            "details": {"as_of": f"{p.as_of}", "low": p.low, "high": p.high, "base_rate": p.base_rate},
        }
        for p in answers.prices
    ]
    with open_ledger_at(ledger, create=True) as book:
        book.append_questions([{"question_id": q.id, "definition": q.to_dict()} for q in answers.questions], at=at)
        return list(book.append_forecasts(rows, at=at))
