"""`forecast backtest`: score every predictor on what is already known."""

from __future__ import annotations

import functools
import itertools
import sys
from pathlib import Path

import click
import pandas as pd

from scale_forecast.backtests.run import backtest
from scale_forecast.backtests.summary import readable, summary
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    Inputs,
    input_options,
    known_questions,
    ledger_option,
    output_options,
    profiles_option,
    read_profiles_for,
    workers_options,
)
from scale_forecast.commands.printing import emit, note, write
from scale_forecast.data.errors import ForecastError, UsageError
from scale_forecast.inputs.folds import folds_of, most_folds
from scale_forecast.inputs.panel import as_panel
from scale_forecast.parallel import Workers
from scale_forecast.predictors.registry import DEFAULT, chosen, make, predictor_lines, reference_names
from scale_forecast.pricing import past
from scale_forecast.resolvers.importing import import_files
from scale_forecast.show.terminal import as_text, progress
from scale_forecast.show.views import backtested
from scale_forecast.workflow import clock
from scale_forecast.workflow.places import cache_folder


@click.command("backtest", cls=Command, listing=("Predictors", predictor_lines))
@input_options
@profiles_option
@click.option(
    "--folds",
    default="next-scale",
    show_default=True,
    metavar="KIND",
    help="next-scale, leave-family-out, leave-task-out or by-date.",
)
@click.option("--target", multiple=True, metavar="MODEL", help="Only this held-out model (repeatable).")
@click.option("--predictors", help="A comma-separated list; `default`: the best and three references.  [default: all]")
@workers_options()
@click.option("--questions", is_flag=True, help="Price the settled questions as of their opening instead.")
@click.option(
    "-q",
    "--question-file",
    "question_files",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, path_type=Path),
    help="With --questions: these too; YAML, or what `forecast questions import` reads.",
)
@ledger_option
@output_options
def backtest_command(
    inputs: Inputs,
    profiles: str | None,
    folds: str,
    target: tuple[str, ...],
    predictors: str | None,
    workers: Workers,
    questions: bool,
    question_files: tuple[Path, ...],
    ledger: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Score every predictor on models that are already known, forecast from what a forecaster could have known.

    \b
    Examples:
        forecast backtest --target "PaLM 540B"
        forecast backtest --target "Chinchilla 70B" --predictors default
        forecast backtest --folds leave-family-out --format csv -o backtest.csv
        forecast backtest --questions
    """
    if questions and profiles:
        raise UsageError("questions are priced by the default predictor, which reads no --profiles: leave them out")
    if questions:
        _backtest_questions(inputs, question_files, predictors, ledger, workers, format_, output)
        return

    names = chosen(predictors)
    tables = inputs.load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics, read_profiles_for(profiles, tables, names))
    count, total = itertools.count(1), most_folds(panel, folds, target)
    with progress(f"{folds} folds") as forecasting:

        def tell(fold: str) -> None:
            forecasting(next(count), total)
            if not sys.stderr.isatty():
                note(fold)

        found = folds_of(panel, folds, target)
        table = backtest(panel, found, names, cache=cache_folder(), workers=workers, progress=tell)
    if table.empty:
        raise ForecastError(f"no {folds} fold has both history and a held-out score: give more models or other --folds")
    if format_ == "csv":
        emit(table, format_, output)
        return
    short = summary(table, references=reference_names())
    title = f"{folds}: lines count the same, lower CRPS is better"
    emit(short, format_, output, title=title, show=readable(short), view=functools.partial(backtested, short))


def _backtest_questions(
    inputs: Inputs,
    files: tuple[Path, ...],
    predictors: str | None,
    ledger: str | None,
    workers: Workers,
    format_: str,
    output: Path | None,
) -> None:
    """The settled questions of the bank, the ledger and files, priced from what was public when they opened."""

    predictor = predictors if predictors not in (None, "default") else DEFAULT
    make(predictor)
    at = clock.now()
    written = tuple(file for file in files if file.is_dir() or file.suffix in (".yaml", ".yml"))
    asked, outcomes, recorded = known_questions(written, ledger), {}, None
    others = [file for file in files if file not in written]
    if others:
        found = import_files(others, as_of=at, known={question.id for question in asked})
        for sentence in found.notes:
            note(sentence)
        asked += found.questions
        outcomes = {
            r["question_id"]: (r["outcome"], r["known_on"]) for r in found.resolutions if r["outcome"] is not None
        }
        recorded = pd.DataFrame(found.forecasts, columns=["question_id", "forecaster", "made_at", "probability"])
        recorded = recorded.assign(made_at=pd.to_datetime(recorded["made_at"], utc=True), sequence=range(len(recorded)))
    table = past.backtest_questions(
        asked,
        inputs.load(),
        as_of=at.date(),
        outcomes=outcomes,
        recorded=recorded,
        predictor=predictor,
        cache=cache_folder(),
        workers=workers,
        progress=note,
    )
    priced = table[table["probability"].notna()]
    if format_ != "table":
        emit(table, format_, output)
    else:
        names = ["question", "as_of", "probability", "low", "high", "crowd", "happened", "brier"]
        parts = [as_text(priced[names], title="Settled questions, priced from what was public then")]
        parts += [as_text(past.summary(table), title="Brier and log scores: lower is better")]
        parts += [as_text(past.reliability(table), title="What was said, and how often it happened")]
        write("\n".join(parts), output)
    note(f"{len(priced)} of {len(table)} settled questions were priced; the reasons of the others are in --format csv")
