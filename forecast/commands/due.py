"""`forecast due`: what waits in the ledger."""

from __future__ import annotations

from typing import Any

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    Inputs,
    input_options,
    judging_as_of,
    ledger_option,
    output_options,
    questions_option,
)
from scale_forecast.commands.printing import Output, note


@click.command("due", cls=Command)
@input_options
@judging_as_of
@click.option("--within", type=click.IntRange(0), metavar="DAYS", help="Of deadlines to come only those so near.")
@questions_option
@ledger_option
@output_options
def due_command(inputs: Inputs, out: Output, **about: Any) -> None:
    """List what waits in the ledger: evidence that arrived, deadlines that passed, and the next ones.

    What the results settle and `forecast resolve` would record comes first, then questions past their deadline that
    wait for a ruling or for evidence, the next deadlines with what you last said, and models whose scores nobody
    published yet.

    \b
    Example:
        forecast due --within 90
        forecast due new_results.csv -q mine.yaml
    """
    tables = inputs.load(several_sources=True, frontier=True)
    table = scale_forecast.due(tables, tell=note, **about)
    if table.empty and out.is_for_people:
        note("nothing waits: `forecast ask` and `forecast predict --record` put forecasts into the ledger")
        return
    out.emit(table)
