"""`forecast quick`: what a file or folder holds, its next sizes, and how good such forecasts were on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    FILE,
    Inputs,
    input_options,
    output_options,
    predictor_option,
    reading_as_of,
    show_progress,
    workers_options,
)
from scale_forecast.commands.printing import Output, command_line, note, records, write
from scale_forecast.commands.types import SIZES
from scale_forecast.data.errors import UsageError
from scale_forecast.show.quick import as_page

if TYPE_CHECKING:
    from scale_forecast import Workers


@click.command("quick", cls=Command)
@input_options
@click.option("--family", multiple=True, help="Only this family of yours (repeatable).")
@click.option("--params", type=SIZES, help="Next sizes, as 1T,5T.  [default: 2, 4 and 10 times the largest]")
@reading_as_of
@predictor_option
@click.option("--report", type=FILE, metavar="FILE", help="Also write the page of `forecast report` on the first size.")
@workers_options()
@output_options
@click.pass_context
def quick_command(
    context: click.Context, inputs: Inputs, report: Path | None, workers: Workers, out: Output, **about: Any
) -> None:
    """Say what a folder, file or sheet of results holds, what its next sizes will score, and how far to trust that.

    Benchmark means of the next sizes; each of your known models forecast from the smaller ones beside what it scored;
    and what would let the forecast say more. CSV holds the means, JSON everything, task by task too.

    \b
    Examples:
        forecast quick results/
        forecast quick scores.csv --params 1T,5T --report mine.html
    """
    if not inputs.paths:
        raise UsageError("whose results? name a folder, file or sheet of yours, such as `forecast quick results/`")
    tables = inputs.load()
    with show_progress(workers) as several:
        found = scale_forecast.quick(tables, workers=several, tell=note, **about)
    data = {name: records(table) for name, table in found.whole.items()} | {"said": found.said, "needs": found.needs}
    out.emit(found.frame, text=as_page(found.families, found.frame, found.record, found.said, found.needs), data=data)
    if report is not None:
        target = found.predictions[0][0].target
        page = scale_forecast.report(
            tables, family=target.family, params=target.params, as_of=about["as_of"], predictor=about["predictor"],
            command=command_line(context), tell=note,
        )  # fmt: skip
        write(page, report)
        note(f"written: {report}")
