"""`forecast ask`: price a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TextIO

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    Inputs,
    dates_options,
    ledger_option,
    output_options,
    own_data,
    predictor_option,
    pricing_as_of,
    questions_option,
    results_options,
    seed_option,
    show_progress,
    workers_options,
)
from scale_forecast.commands.printing import Output, keep_stale, note
from scale_forecast.data.dates import Reading
from scale_forecast.data.errors import UsageError

if TYPE_CHECKING:
    from scale_forecast import Workers


@click.command("ask", cls=Command)
@click.argument("question", nargs=-1)
@click.option(
    "-f", "--file", type=click.File(encoding="utf-8"), help="Ask each line of a file ('-' for stdin), for a table."
)
@pricing_as_of
@dates_options
@predictor_option
@click.option("--no-record", is_flag=True, help="Do not write the question and its price to the ledger.")
@seed_option()
@results_options
@questions_option
@ledger_option
@workers_options()
@output_options
def ask_command(
    question: tuple[str, ...],
    file: TextIO | None,
    inputs: Inputs,
    no_record: bool,
    workers: Workers,
    reading: Reading,
    out: Output,
    **about: Any,
) -> None:
    """Price a QUESTION: its probability, where that comes from, and what bets on record are worth.

    QUESTION is the id of a known question, a YAML file, or words; its answer is a probability, a number, a day or one
    of several options. Only what was public on the day is used. The first question of a day trains predictors, which
    takes a minute or so; they are kept. With --file many titles give a table, none is written to the ledger, and each
    ends priced, settled, or with the reason why not; hundreds are shared by the processes of --jobs.

    \b
    Example:
        forecast ask "NeQA resolves with scale by 2024-11-15" --as-of 2022-11-15
        forecast ask neqa-resolves-2024 --as-of 2022-11-15 --no-record
        forecast ask "Which company leads GPQA Diamond at the end of 2026?"
        forecast ask mine.yaml --format csv
        forecast ask -f titles.txt
    """
    if bool(question) == (file is not None):
        raise UsageError("give one question, or many with --file, a line each")
    tables = inputs.load(reading=reading)
    if file is not None:
        titles = [line.strip() for line in file if line.strip()]
        with show_progress(workers, "titles, and what they have to learn first") as several:
            out.emit(scale_forecast.ask_all(titles, tables, workers=several, tell=note, **own_data(), **about))
        return
    with show_progress(workers) as several:
        answers = scale_forecast.ask(
            " ".join(question), tables, record=not no_record, workers=several, tell=note, **own_data(), **about
        )
    keep_stale(price.stale for price in answers.prices)
    text = answers.text(pictures=out.has_pictures) if out.is_for_people else None
    out.emit(answers.whole if out.format == "json" else answers.table, text=text)
