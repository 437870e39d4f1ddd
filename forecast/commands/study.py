"""`forecast study`: measure a claim about scaling."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    FILE,
    Inputs,
    input_options,
    output_options,
    seed_option,
    show_progress,
    workers_options,
)
from scale_forecast.commands.printing import Output, note, write
from scale_forecast.data.errors import UsageError
from scale_forecast.show.plots.style import check_suffix

if TYPE_CHECKING:
    from scale_forecast import Workers


@click.command(
    "study", cls=Command, listing=("Studies", lambda: scale_forecast.STUDIES.lines(lambda study: study.asks))
)
@click.argument("name")
@input_options
@click.option("--joined", is_flag=True, help="Study your RESULTS together with the bundled figures.")
@seed_option("Of resampling and simulation.")
@click.option("--table", "table_name", metavar="NAME", help="Print this table alone, with all its columns.")
@click.option("--plot", type=FILE, help="Draw the picture: FILE.png or FILE.svg.")
@click.option("--report", type=click.Path(file_okay=False, path_type=Path), help="Write one page with everything here.")
@workers_options()
@output_options
def study_command(
    inputs: Inputs,
    name: str,
    joined: bool,
    seed: int,
    table_name: str | None,
    plot: Path | None,
    report: Path | None,
    workers: Workers,
    out: Output,
) -> None:
    """Measure a claim about scaling on the bundled figures or on your RESULTS.

    NAME is one of the studies below, or all, which several processes share.

    \b
    Example:
        forecast study momentum --plot momentum.png
        forecast study all --report studies/ --jobs 2
    """
    if plot is not None:
        check_suffix(plot)
    every = name.lower() == "all"
    if every and (plot or table_name):
        raise UsageError("name one study for --plot and --table; study all writes its pictures and tables to --report")
    tables = inputs.load()
    with show_progress(workers, "studies") as several:
        found = scale_forecast.study(name, tables, joined=joined, seed=seed, workers=several, tell=note)
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        for file, content in found.pages().items():
            write(content, report / file)
        note(f"written: {report / 'studies.html'} and studies.md, their pictures and tables")
    if plot is not None and (picture := found.picture(plot.suffix)) is not None:
        write(picture, plot)
    if every or (table_name is None and out.is_for_people):
        out.emit(found.sentences, text=found.text())
        return
    table = found.table(table_name)
    for sentence in found.sentences["finding"]:
        note(sentence)
    out.emit(table)
