"""`forecast report`: one page about an upcoming model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    FILE,
    Inputs,
    input_options,
    ledger_option,
    predictor_option,
    questions_option,
    show_progress,
    target_options,
)
from scale_forecast.commands.printing import command_line, note, write


@click.command("report", cls=Command)
@input_options
@target_options
@click.option("--benchmark", help="Only this benchmark.")
@predictor_option
@click.option("--before", is_flag=True, help="Leave the target's own scores out, where they are known.")
@questions_option
@ledger_option
@click.option("-o", "--output", required=True, type=FILE, help="The page.")
@click.pass_context
def report_command(context: click.Context, inputs: Inputs, output: Path, **about: Any) -> None:
    """Write one self-contained page about an upcoming model: forecasts, pictures, backtest, questions, sources.

    Nothing on the page is loaded from anywhere: it can be mailed, printed, and opened years later.

    \b
    Example:
        forecast report --family PaLM --params 540e9 -o report.html
        forecast report results/ --family mine --params 70B -o mine.html
    """
    tables = inputs.load()
    with show_progress(scale_forecast.Workers()) as workers:
        page = scale_forecast.report(tables, command=command_line(context), workers=workers, tell=note, **about)
    write(page, output)
    note(f"written: {output}")
