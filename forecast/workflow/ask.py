"""Price questions given by id, in a file or in words, and record the prices."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite, nan
from pathlib import Path
from typing import Any

import pandas as pd

from scale_forecast.cache.fingerprint import code_fingerprint
from scale_forecast.data.errors import DataError
from scale_forecast.data.frontier import Frontier
from scale_forecast.data.load import Tables
from scale_forecast.data.results import fingerprint
from scale_forecast.parallel import Workers
from scale_forecast.predictors.registry import DEFAULT
from scale_forecast.pricing import Price
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.questions.bank import read_files
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.stated import against, stated_probabilities
from scale_forecast.show import prices as shown
from scale_forecast.show.terminal import as_text
from scale_forecast.workflow import clock
from scale_forecast.workflow.asking import Asker, Standpoint, Understood, answer_all, price_all, say_spread
from scale_forecast.workflow.brief import Brief
from scale_forecast.workflow.clock import Day, day_of_knowledge
from scale_forecast.workflow.desks import by_date_of
from scale_forecast.workflow.places import open_ledger_at, recorded_forecasts
from scale_forecast.workflow.questions import known_questions
from scale_forecast.workflow.tables import Results, Tell, silent, tables_of


@dataclass(frozen=True, repr=False)
class Answers(Brief):
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
    workers : who trains, and who prices where there are many questions
    tell : told what words were taken for, a sentence at a time
    """
    tables, at, day = tables_of(results, tell), clock.now(), day_of_knowledge(as_of)
    asked = [question] if isinstance(question, Question) else _in_file(str(question))
    known = () if asked else known_questions([Path(file) for file in questions], ledger)
    asker = _asker(tables, by_date_of(day, data, bundled, tell), known, day, predictor, seed, workers, tell)
    asked = asked or asker.find(str(question), tell)
    recorded = recorded_forecasts(ledger)
    if said := say_spread(asker.workers, len(asked)):
        tell(said)
    prices = []
    for found in price_all(asker, asked, interval=True):
        if isinstance(found, DataError):
            raise found
        prices.append(found)
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
    known = known_questions([Path(file) for file in questions], ledger)
    asker = _asker(tables, by_date_of(day, data, bundled, tell), known, day, predictor, seed, workers, tell)
    if said := say_spread(asker.workers, len(titles)):
        tell(said)
    rows: list[tuple[object, ...]] = []
    for title, (understood, prices) in zip(titles, answer_all(asker, titles), strict=True):
        rows += _rows_of(title, understood, prices)
    columns = ["title", "outcome", "question", "probability", "answer", "understood", "note"]
    table = pd.DataFrame(rows, columns=columns)
    tell(", ".join(f"{count} {outcome}" for outcome, count in table["outcome"].value_counts().items()))
    return table


def _rows_of(title: str, understood: Understood, prices: Sequence[Price | DataError]) -> Iterator[tuple[object, ...]]:
    if understood.refusal:
        yield title, "not understood", "", nan, "", "", understood.refusal
    for question, price in zip(understood.questions, prices, strict=True):
        if isinstance(price, DataError):
            yield title, "no price", question.id, nan, "", understood.said, str(price)
            continue
        answer = price.answer.summary if price.answer else ""
        outcome = "priced" if price.status is Status.OPEN else "settled"
        note = price.note if price.status is Status.OPEN else price.reasons[0]
        yield title, outcome, question.id, price.probability, answer, understood.said, note


def _asker(
    tables: Tables, own: Frontier | None, known: Sequence[Question], day: date, predictor: str, seed: int,
    workers: Workers | None, tell: Tell,
) -> Asker:  # fmt: skip
    """Whoever is asked, a predictor and a day of which nothing is known being refused before any words are read."""
    asker = Asker(Standpoint(tables, own, tuple(known), day, predictor, seed), workers, tell)
    asker.desk  # noqa: B018
    return asker


def _bets(price: Price, bets: Sequence[tuple[str, float]]) -> pd.DataFrame:
    """What others say beside the price; nothing beside a number, a day or a choice."""
    return against(price.probability, bets if isfinite(price.probability) else ())


def _in_file(words: str) -> list[Question]:
    """The questions of a YAML file; none where the words are no file."""
    path = Path(words)
    if path.suffix not in (".yaml", ".yml") and not os.path.isfile(words):  # which, unlike Path's, takes any length
        return []
    if found := read_files([path]):
        return found
    raise DataError(f"{path} holds no question: see `forecast questions show ID` for how one is written")


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
