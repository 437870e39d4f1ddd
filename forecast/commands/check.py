"""`forecast check`: conditions on a forecast, with exit codes for pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    Inputs,
    input_options,
    output_options,
    predictor_option,
    show_progress,
    target_options,
    workers_options,
)
from scale_forecast.commands.printing import Output, note

if TYPE_CHECKING:
    from scale_forecast import Workers

NOT_HELD = 3
"""Exit code where a condition does not hold; 1 is for data and 2 for usage, as everywhere."""


@click.command("check", cls=Command)
@input_options
@target_options
@click.option("--that", multiple=True, required=True, metavar="CONDITION", help="What is to hold (repeatable).")
@predictor_option
@workers_options()
@output_options
def check_command(inputs: Inputs, workers: Workers, out: Output, **about: Any) -> None:
    """Hold a forecast against conditions, for pipelines: exit 0 where all hold, 3 where one does not.

    A condition is P(NAME > SCORE) >= PROBABILITY, or median(NAME) >= SCORE (also q05, q10, q25, q75, q90, q95).
    NAME is a benchmark, which stands for the mean of its tasks, a task, or BENCHMARK/TASK; measured in several ways,
    it has to hold in each. Scores and probabilities may be written as 80%.

    \b
    Example:
        forecast check --family PaLM --params 540e9 --that "P(MGSM > 0.4) >= 0.5"
        forecast check runs/ --family mine --params 70B --that "q10(gsm8k) >= 30%" --format json
    """
    tables = inputs.load()
    with show_progress(workers) as several:
        table = scale_forecast.check(tables, workers=several, tell=note, **about)
    out.emit(table)
    if not table["holds"].all():
        click.get_current_context().exit(NOT_HELD)
