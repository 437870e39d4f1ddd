"""`forecast frontier`: how large the largest models will be."""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd

from scale_forecast.by_date.largest import bundled_frontier, shown
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import LARGEST_OF, day_of_knowledge, output_options
from scale_forecast.commands.printing import emit, note
from scale_forecast.commands.types import DAY
from scale_forecast.data.periods import parse_period


@click.command("frontier", cls=Command)
@click.option(
    "--by",
    "periods",
    multiple=True,
    required=True,
    metavar="DATE",
    help="Day, month, quarter or year (2024-11-15, 2024-11, 2024-Q4, 2024), its last day; several.",
)
@click.option("--as-of", type=DAY, metavar="DATE", help="Only models released by then; today when not given.")
@click.option(
    "--of", type=click.Choice(tuple(LARGEST_OF)), default="compute", show_default=True, help="What is largest."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the simulated futures.")
@output_options
def frontier_command(
    periods: tuple[str, ...],
    as_of: pd.Timestamp | None,
    of: str,
    seed: int,
    format_: str,
    output: Path | None,
) -> None:
    """The largest public models by a date: training compute or parameters, as a distribution.

    effective-compute counts what later recipes gain as if it were compute. P(larger) is the probability of a model
    larger than any known.

    \b
    Example:
        forecast frontier --by 2024-11 --as-of 2022-11-15
        forecast frontier --by 2023-Q4 --by 2024-Q4 --of params --as-of 2022-11-15 --format csv
    """

    days = [parse_period(period)[1] for period in periods]
    known_at = day_of_knowledge(as_of)
    frontier = bundled_frontier(known_at)
    table = frontier.table(days, of=LARGEST_OF[of], seed=seed)
    if frontier.until < min(known_at, max(days)):
        note(f"the bundled models are complete until {frontier.until}: what came after is forecast too")
    emit(table, format_, output, title=f"largest public model, as of {known_at}", show=shown(table))
