"""`forecast resolve`: settle questions and recorded forecasts."""

from __future__ import annotations

from typing import Any

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    STATUSES,
    Inputs,
    dates_options,
    input_options,
    judging_as_of,
    ledger_option,
    output_options,
    questions_option,
)
from scale_forecast.commands.printing import Output, note
from scale_forecast.data.dates import Reading
from scale_forecast.show.views import EVIDENCE_SHOWN


@click.command("resolve", cls=Command)
@input_options
@judging_as_of
@dates_options
@click.option("--question", multiple=True, metavar="ID", help="Only this question; repeat for more.")
@click.option("--bank", is_flag=True, help="The bundled questions too, which nobody asked or forecast here.")
@click.option("--status", type=click.Choice(STATUSES), multiple=True, help="Print only these; repeat for more.")
@click.option("--show", type=click.Choice(("resolutions", "evidence")), help="Only this table.")
@click.option("--dry-run", is_flag=True, help="Show what would be settled, and record nothing.")
@click.option("--coverage", metavar="FILE", help="Of whom RESULTS are complete, until when (source, covers, ...).")
@questions_option
@ledger_option
@output_options
def resolve_command(
    inputs: Inputs,
    coverage: str | None,
    status: tuple[str, ...],
    show: str | None,
    dry_run: bool,
    reading: Reading,
    out: Output,
    **about: Any,
) -> None:
    """Settle questions and recorded score forecasts by what was public on a day, and show the rows that settle them.

    Your own questions: those asked, added, imported or forecast in the ledger, and those of -q files; with --bank the
    bundled ones too. A recorded score is settled by the model's name, else by its family and size within 3%; near
    misses are named and settle nothing.

    RESULTS stand beside the bundled figures; where sources disagree on a score and the answer turns on it, a question
    is ambiguous. A row published after a question's deadline never counts for it. What is settled is recorded in the
    ledger; a resolution that has changed supersedes the one before. A no, and a highest score, need a source that
    would hold every better one: RESULTS tell of their own families until their newest day, and of others as far as
    --coverage says.

    \b
    Example:
        forecast resolve --bank --as-of 2024-01-01 --dry-run
        forecast resolve new_results.csv --question neqa-resolves-2024
    """
    tables = inputs.load(several_sources=True, frontier=True, coverage=coverage, reading=reading)
    settled = scale_forecast.resolve(tables, record=not dry_run, tell=note, **about).of_status(status)
    if show != "evidence":
        shown = settled.table[["question", "status", "value", "known_on", "reason"]]
        title = None if show else "Resolutions"
        out.emit(settled.whole if out.format == "json" else settled.table, show=shown, title=title)
    evidence = settled.evidence
    if show == "evidence" or (show is None and out.is_for_people and out.path is None and not evidence.empty):
        title = None if show else "\nEvidence"
        out.emit(evidence, show=evidence[["question", *EVIDENCE_SHOWN]], title=title)
