"""`forecast backtest`: score every predictor on what is already known."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    EXISTING,
    Inputs,
    dates_options,
    input_options,
    ledger_option,
    output_options,
    own_data,
    profiles_option,
    workers_options,
)
from scale_forecast.commands.printing import Output, note
from scale_forecast.data.dates import Reading
from scale_forecast.data.errors import UsageError
from scale_forecast.show import views
from scale_forecast.show.by_date import readable_backtest
from scale_forecast.show.terminal import as_text, progress

if TYPE_CHECKING:
    from scale_forecast import Workers
    from scale_forecast.workflow.backtest import PricedQuestions


@click.command("backtest", cls=Command, listing=("Predictors", lambda: scale_forecast.predictor_lines()))
@input_options
@profiles_option
@click.option(
    "--folds",
    default="next-scale",
    show_default=True,
    metavar="KIND",
    help="next-scale, leave-family-out, leave-task-out or by-year; by date: records, or by-date for new models.",
)
@click.option(
    "--target", multiple=True, metavar="MODEL", help="Only this held-out model; of records, benchmark (repeatable)."
)
@click.option(
    "--siblings", is_flag=True, help="With one --target: forecast more of its line, for how far its targets differ (±)."
)
@click.option("--predictors", help="A comma-separated list; `default`: the best and three references.  [default: all]")
@workers_options()
@click.option("--questions", is_flag=True, help="Price the settled questions as of their opening instead.")
@click.option(
    "-q",
    "--question-file",
    "question_files",
    multiple=True,
    metavar="FILE",
    type=EXISTING,
    help="With --questions: these too; YAML, or what `forecast questions import` reads.",
)
@ledger_option
@dates_options
@output_options
def backtest_command(
    inputs: Inputs,
    questions: bool,
    siblings: bool,
    question_files: tuple[Path, ...],
    ledger: str | None,
    workers: Workers,
    reading: Reading,
    out: Output,
    **about: Any,
) -> None:
    """Score every predictor on models that are already known, forecast from what a forecaster could have known.

    \b
    Examples:
        forecast backtest --target "PaLM 540B" --siblings
        forecast backtest --target "Chinchilla 70B" --predictors default
        forecast backtest --folds leave-family-out --format csv -o backtest.csv
        forecast backtest --folds records
        forecast backtest --questions
    """
    if about["folds"] in scale_forecast.BY_DATE_FOLDS:
        if given := [name for name in ("profiles", "predictors") if about[name]] + ["siblings"] * siblings:
            raise UsageError(f"--{given[0]} is by scale and --folds {about['folds']} by date: leave it out")
        if questions or question_files:
            raise UsageError(f"--questions prices questions, --folds {about['folds']} forecasts: give one of the two")
        _backtest_by_date(inputs, reading, out, workers, about["folds"], about["target"])
        return
    if questions:
        if about["profiles"]:
            raise UsageError("questions are priced by the default predictor, which reads no --profiles: leave them out")
        found = scale_forecast.backtest_questions(
            inputs.load(reading=reading),
            questions=question_files,
            predictors=about["predictors"],
            ledger=ledger,
            workers=workers,
            tell=note,
        )
        _print_questions(found, out)
        return
    with _fold_progress(about["folds"]) as tell:
        tables = inputs.load(reading=reading)
        table = scale_forecast.backtest(tables, workers=workers, progress=tell, tell=note, **about)
        beside = scale_forecast.backtest_siblings(tables, workers=workers, **about) if siblings else None
    short = scale_forecast.summary(table, beside=beside)
    if caution := views.caution(short):
        note(caution)
    title = f"{about['folds']}: lines count the same, lower CRPS is better"
    show = views.readable_summary(short)
    out.emit(
        table if out.format == "csv" else short,
        title=title,
        show=show,
        view=functools.partial(views.view_backtest, short),
    )


@contextmanager
def _fold_progress(folds: str) -> Iterator[Callable[[str, int, int], None]]:
    """Progress over folds: a bar for people, a line a fold for files."""
    with progress(f"{folds} folds") as forecasting:

        def tell(fold: str, number: int, total: int) -> None:
            forecasting(number, total)
            if sys.stderr is None or not sys.stderr.isatty():
                click.echo(fold, err=True)

        yield tell


def _backtest_by_date(
    inputs: Inputs, reading: Reading, out: Output, workers: Workers, folds: str, target: tuple[str, ...]
) -> None:
    """Records or coming models at past origins, with the references beside."""
    with _fold_progress(folds) as tell:
        found = scale_forecast.backtest_by_date(
            inputs.load_by_date(reading),
            folds=folds,
            target=target,
            reading=reading,
            workers=workers,
            progress=tell,
            tell=note,
            **own_data(),
        )
    title = f"{folds} at past quarters ({reading}): origins count the same, a ratio below 1 is better than the row"
    show = readable_backtest(found.summary)
    out.emit(found.table if out.format == "csv" else found.summary, title=title, show=show)


def _print_questions(found: PricedQuestions, out: Output) -> None:
    """Prices of settled questions, their average losses, and how often what was said happened."""
    count = f"{len(found.priced)} of {len(found.table)} settled questions"
    note(f"{count} were priced; the reasons of the others are in --format csv")
    text = None
    if out.is_for_people:
        names = ["question", "as_of", "probability", "low", "high", "crowd", "happened", "brier"]
        parts = [as_text(found.priced[names], title="Settled questions, priced from what was public then")]
        parts += [as_text(found.averages, title="Brier and log scores: lower is better")]
        parts += [as_text(found.reliability, title="What was said, and how often it happened")]
        text = "\n".join(parts)
    out.emit(found.table, text=text)
