"""`forecast largest`: how large the largest models will be."""

from __future__ import annotations

from typing import Any

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import as_of_option, output_options, seed_option
from scale_forecast.commands.printing import Output, note


@click.command("largest", cls=Command)
@click.option(
    "--by",
    multiple=True,
    required=True,
    metavar="DATE",
    help="Day, month, quarter or year (2024-11-15, 2024-11, 2024-Q4, 2024), its last day; several.",
)
@as_of_option("Only models released by then; today when not given.", today=True)
@click.option(
    "--of",
    type=click.Choice(("compute", "params", "effective-compute")),
    default="compute",
    show_default=True,
    help="What is largest.",
)
@seed_option()
@output_options
def largest_command(out: Output, **about: Any) -> None:
    """The largest public models by a date: training compute or parameters, as a distribution.

    effective-compute counts what later recipes gain as if it were compute. P(larger) is the probability of a model
    larger than any known.

    \b
    Example:
        forecast largest --by 2024-11 --as-of 2022-11-15
        forecast largest --by 2023-Q4 --by 2024-Q4 --of params --as-of 2022-11-15 --format csv
    """
    found = scale_forecast.largest(tell=note, **about)
    out.emit(found.table, title=f"largest public model, as of {found.as_of}", show=found.shown)
