"""`forecast reach`: at which size, compute and date a score is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    Inputs,
    output_options,
    reach_options,
    results_options,
    show_progress,
    workers_options,
)
from scale_forecast.commands.printing import Output, note

if TYPE_CHECKING:
    from scale_forecast import Workers


@click.command("reach", cls=Command)
@reach_options
@results_options
@workers_options()
@output_options
def reach_command(inputs: Inputs, workers: Workers, out: Output, **about: Any) -> None:
    """The size, compute and date at which TASK reaches SCORE: 0.8, 80% or human. Or the whole in words.

    Quantiles of what it takes, and not_within: the probability that it is not reached within what was looked at.

    \b
    Example:
        forecast reach logical_deduction human --family PaLM --as-of 2022-11-15
        forecast reach "Humanity's Last Exam" 90% --any
        forecast reach "how much compute is needed for human performance on logical_deduction" --as-of 2022-11-15
    """
    tables = inputs.load()
    with show_progress(workers) as several:
        found = scale_forecast.reach(results=tables, workers=several, tell=note, **about)
    out.emit(found.table, title=f"{found.title}, as of {found.as_of}")
