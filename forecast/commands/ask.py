"""`forecast ask`: price a question."""

from __future__ import annotations

import dataclasses
import os
from datetime import date, datetime
from pathlib import Path

import click
import pandas as pd

from scale_forecast.cache.fingerprint import code_fingerprint
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    Inputs,
    day_of_knowledge,
    known_questions,
    ledger_option,
    output_options,
    questions_option,
    workers_options,
)
from scale_forecast.commands.printing import emit, note, write
from scale_forecast.commands.types import DAY
from scale_forecast.data.errors import DataError
from scale_forecast.data.load import Tables
from scale_forecast.data.results import fingerprint
from scale_forecast.parallel import Workers
from scale_forecast.predictors.registry import make
from scale_forecast.pricing import Desk, Price, price_at
from scale_forecast.resolvers.questions.bank import find_question, read_files
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.stated import against, stated
from scale_forecast.resolvers.questions.wording import Vocabulary, alike, understand
from scale_forecast.show.prices import table, text
from scale_forecast.show.terminal import as_text, is_terminal, progress
from scale_forecast.workflow import clock
from scale_forecast.workflow.places import cache_folder, ledger_exists, open_ledger_at


def _asked(words: str, files: tuple[Path, ...], ledger: str | None, tables: Tables, day: date) -> list[Question]:
    """The questions that an id, a YAML file or words mean; what words were taken for is said on stderr."""

    path = Path(words)
    if path.suffix in (".yaml", ".yml") or os.path.isfile(words):  # which, unlike Path's, takes words of any length
        found = read_files([path])
        if not found:
            raise DataError(f"{path} holds no question: see `forecast questions show ID` for how one is written")
        return found
    known = known_questions(files, ledger)
    if " " not in words.strip() or any(question.id == words for question in known):
        return [find_question(words, known)]
    vocabulary = Vocabulary.of(tables.results, tables.metrics, known)
    understood = understand(words, vocabulary=vocabulary, opened=day)
    note(f"understood: {understood.sentence}")
    if near := alike(understood.question, known)[:3]:
        note(f"questions alike on record, to ask by id: {', '.join(question.id for question in near)}")
    return [understood.question]


@click.command("ask", cls=Command)
@click.argument("question", nargs=-1, required=True)
@click.option("--as-of", type=DAY, metavar="DATE", help="Know only what was public on this day.  [default: today]")
@click.option("--predictor", default="stack", show_default=True, help="How to predict; see `forecast backtest`.")
@click.option("--no-record", is_flag=True, help="Do not write the question and its price to the ledger.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the simulated futures.")
@click.option("--results", multiple=True, metavar="PATH", help="Your results, as RESULTS of `forecast predict`.")
@click.option("--tasks", metavar="FILE", help="Descriptors of your tasks.")
@click.option("--models", metavar="FILE", help="Sizes and families of your models.")
@questions_option
@ledger_option
@workers_options()
@output_options
def ask_command(
    question: tuple[str, ...],
    as_of: pd.Timestamp | None,
    predictor: str,
    no_record: bool,
    seed: int,
    results: tuple[str, ...],
    tasks: str | None,
    models: str | None,
    question_files: tuple[Path, ...],
    ledger: str | None,
    workers: Workers,
    format_: str,
    output: Path | None,
) -> None:
    """Price a QUESTION: its probability, where that comes from, and what bets on record are worth.

    QUESTION is the id of a known question, a YAML file, or words. Only what was public on the day is used. The first
    question of a day trains predictors, which takes a minute or so; they are kept.

    \b
    Example:
        forecast ask "NeQA resolves with scale by 2024-11-15" --as-of 2022-11-15
        forecast ask neqa-resolves-2024 --as-of 2022-11-15 --no-record
        forecast ask mine.yaml --format csv
    """

    make(predictor)
    tables = Inputs(results, tasks, models, None, False, False, (), (), "").load()
    at, day = clock.now(), day_of_knowledge(as_of)
    asked = _asked(" ".join(question), question_files, ledger, tables, day)
    recorded = None
    if ledger_exists(ledger):
        with open_ledger_at(ledger) as opened:
            recorded = opened.forecasts()
    with progress("learning from past forecasts") as learning:
        several = dataclasses.replace(workers, progress=learning)
        desk = Desk(tables, day, predictor=predictor, cache=cache_folder(), seed=seed, workers=several)
        prices = [price_at(desk, one) for one in asked]
    bets = [against(p.probability, stated(one, recorded, as_of=day)) for p, one in zip(prices, asked, strict=True)]
    if format_ == "table":
        tails = [f"\n{as_text(bet, title='on record')}" if len(bet) else "" for bet in bets]
        pictures = output is None and is_terminal()
        write("\n".join(text(p, pictures=pictures) + tail for p, tail in zip(prices, tails, strict=True)), output)
    else:
        whole = table(prices)
        if format_ == "json":
            whole = whole.assign(
                moved=[[{"what": what, "probability": value} for what, value in p.moved] for p in prices],
                reasons=[list(p.reasons) for p in prices],
                on_record=[bet.to_dict("records") for bet in bets],
            )
        emit(whole, format_, output)
    if not no_record:
        _record_prices(prices, asked, tables.results, ledger, at)


def _record_prices(
    prices: list[Price], asked: list[Question], results: pd.DataFrame, ledger: str | None, at: datetime
) -> None:
    """The questions, so that they can be resolved later, and our probabilities."""

    data, code = fingerprint(results), code_fingerprint()
    rows = [
        {
            "question_id": p.question,
            "probability": p.probability,
            "predictor": p.predictor,
            "predictor_version": code,
            "data_fingerprint": data,
            "details": {"as_of": f"{p.as_of}", "low": p.low, "high": p.high, "base_rate": p.base_rate},
        }
        for p in prices
    ]
    with open_ledger_at(ledger, create=True) as opened:
        opened.append_questions([{"question_id": q.id, "definition": q.to_dict()} for q in asked], at=at)
        entries = opened.append_forecasts(rows, at=at)
    note(f"recorded in the ledger as {'entry' if len(entries) == 1 else 'entries'} {', '.join(map(str, entries))}")
