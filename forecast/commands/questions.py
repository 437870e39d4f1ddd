"""`forecast questions`: list, show, check and record questions."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import click

import scale_forecast
from scale_forecast.commands.groups import Group
from scale_forecast.commands.options import (
    EXISTING,
    STATUSES,
    Inputs,
    dates_options,
    judging_as_of,
    ledger_option,
    output_options,
    pairs,
    questions_option,
    results_options,
)
from scale_forecast.commands.printing import Output, note
from scale_forecast.data.dates import Reading
from scale_forecast.show import views


@click.group("questions", cls=Group)
def questions_group() -> None:
    """Questions about scores: the bundled bank, your own, and the forecasts of others."""


@questions_group.command("list")
@click.option("--status", type=click.Choice(STATUSES), multiple=True, help="Only these; repeat for more.")
@click.option("--kind", metavar="KIND", help=f"Only criteria of this kind: {', '.join(scale_forecast.KINDS)}.")
@click.option("--topic", metavar="NAME", help="Only this topic.")
@click.option("--retrospective/--asked", default=None, help="Only those written in retrospect, or only the others.")
@results_options
@judging_as_of
@dates_options
@questions_option
@ledger_option
@output_options
def questions_list(inputs: Inputs, reading: Reading, out: Output, **about: Any) -> None:
    """List the questions, with their status on a day as the bundled figures settle them.

    Those that people asked come first; then, as retrospective, those that were written when the outcome was known.

    \b
    Example:
        forecast questions list --status open --topic "inverse scaling" --as-of 2023-01-01
    """
    table = scale_forecast.list_questions(inputs.load(frontier=True, reading=reading), tell=note, **about)
    out.emit(table, show=views.listed_questions(table), view=functools.partial(views.questions, table))


@questions_group.command("show")
@click.argument("question_id", metavar="ID")
@results_options
@judging_as_of
@dates_options
@questions_option
@ledger_option
@output_options
def questions_show(question_id: str, inputs: Inputs, reading: Reading, out: Output, **about: Any) -> None:
    """Print a question as it is written, what it came to on a day, and the rows that settled it.

    \b
    Example:
        forecast questions show neqa-resolves-2024 --as-of 2024-01-01
    """
    tables = inputs.load(frontier=True, reading=reading)
    found = scale_forecast.show_question(question_id, tables, tell=note, **about)
    out.emit(found.table, text=found.text() if out.is_for_people else None)


@questions_group.command("check")
@click.argument("files", nargs=-1, metavar="[FILE]...", type=EXISTING)
@results_options
@output_options
def questions_check(files: tuple[Path, ...], inputs: Inputs, out: Output) -> None:
    """Check question files, or the bundled bank; of your files, names that no bundled result carries are told.

    \b
    Example:
        forecast questions check mine.yaml
    """
    out.emit(scale_forecast.check_questions(files, inputs.load(frontier=True), tell=note))


@questions_group.command("add")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=EXISTING)
@ledger_option
@output_options
def questions_add(files: tuple[Path, ...], ledger: str | None, out: Output) -> None:
    """Record the questions of YAML files in the ledger, where list, resolve and ask find them.

    What is asked never changes: another criterion, scope or date under the id of a question that stands is refused.
    A ruling, links and notes may be given later, by adding the question again with them.

    \b
    Example:
        forecast questions add mine.yaml
    """
    out.emit(scale_forecast.add_questions(files, ledger=ledger, tell=note), text="")


@questions_group.command("import")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--column", multiple=True, metavar="FIELD=NAME", help="Which column of a CSV file is our FIELD.")
@click.option("--set", "set_", multiple=True, metavar="FIELD=VALUE", help="The value of FIELD for all of a CSV file.")
@click.option("--fill-missing", is_flag=True, help="Enter 0.5 for forecasts missing from a ForecastBench set.")
@click.option("--dry-run", is_flag=True, help="Show what would be recorded, and record nothing.")
@ledger_option
@output_options
def questions_import(
    files: tuple[Path, ...], column: tuple[str, ...], set_: tuple[str, ...], dry_run: bool, out: Output, **about: Any
) -> None:
    """Record the forecasts of others, so that the same code scores them as yours.

    A FILE is CSV with the columns question, forecaster, time, probability (and outcome, resolved_on, title, url where
    known), or a ForecastBench question, resolution or forecast set; give sets that belong together in one call.
    Importing the same file again adds nothing.

    \b
    Example:
        forecast questions import crowd.csv --set forecaster=crowd --column question=id
        forecast questions import question_set.json resolution_set.json forecast_set.json
    """
    found = scale_forecast.import_questions(
        files,
        columns=pairs(column, "--column"),
        constants=pairs(set_, "--set"),
        record=not dry_run,
        tell=note,
        **about,
    )
    out.emit(found.table, text=None if dry_run or out.path is not None else "")
