"""`forecast records` and `forecast index`: the world by date."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    FILE,
    Inputs,
    as_of_option,
    dates_options,
    input_options,
    ledger_option,
    output_options,
    own_data,
    seed_option,
    whose_options,
)
from scale_forecast.commands.printing import Output, command_line, note, records, write
from scale_forecast.show.by_date import past_lines, readable_index, readable_ladder, readable_records
from scale_forecast.show.terminal import as_text


@click.command("records", cls=Command)
@input_options
@click.option(
    "--by",
    multiple=True,
    required=True,
    metavar="DATE",
    help="Day, month, quarter or year (2027-06-30, 2027-06, 2027-Q2, 2027), its last day; several.",
)
@click.option("--benchmark", "benchmarks", multiple=True, metavar="NAME", help="Only this benchmark (repeatable).")
@whose_options
@click.option(
    "--above", "thresholds", multiple=True, type=float, metavar="SCORE", help="P of this score or more (repeatable)."
)
@as_of_option("Only what was known on this day.  [default: today]", today=True)
@dates_options
@seed_option()
@click.option("--record", is_flag=True, help="Append the forecast to the ledger, as questions that results settle.")
@ledger_option
@click.option("--report", "page", type=FILE, metavar="FILE", help="Also one page: fans, thresholds, leaders, index.")
@output_options
@click.pass_context
def records_command(context: click.Context, inputs: Inputs, out: Output, page: Path | None, **about: Any) -> None:
    """The best score on each benchmark by a date, as a distribution, and who holds it.

    Models released and measured since the tables end are simulated like those to come. With --benchmark or --above a
    ladder of thresholds follows: P that the record is that high by each day, what happened unseen included, and the
    day of even odds.

    \b
    Examples:
        forecast records --by 2027-06-30 --benchmark "GPQA Diamond"
        forecast records --by 2027 --above 0.6 --benchmark "Humanity's Last Exam" --format csv
        forecast records --by 2027 --open-weights
        forecast records --by 2027 --report records.html
        forecast records --by 2027-06 --benchmark "GPQA Diamond" --record
        forecast records my_results.csv --by 2027 --benchmark "my task"
    """
    found = scale_forecast.records(results=inputs.load_by_date(), tell=note, **own_data(), **about)
    title = f"records as of {found.as_of:%Y-%m-%d}, tables until {found.newest:%Y-%m-%d}"
    text = as_text(readable_records(found.table), title=title)
    if len(found.ladder):
        text += "\n" + as_text(readable_ladder(found.ladder), title="P(the record is this or more)")
    if lines := past_lines(found.table):
        text += "\n" + "\n".join(lines) + "\n"
    if page is not None:
        write(scale_forecast.records_page(found, command=command_line(context)), page)
        note(f"written: {page}")
    data = {"records": records(found.table), "ladder": records(found.ladder)}
    out.emit(found.ladder if about["thresholds"] else found.table, text=text, data=data)


@click.command("index", cls=Command)
@input_options
@as_of_option("Only what was known on this day.  [default: today]", today=True)
@dates_options
@click.option("--benchmarks", "of_benchmarks", is_flag=True, help="How far the index explains each benchmark instead.")
@output_options
def index_command(inputs: Inputs, of_benchmarks: bool, out: Output, **about: Any) -> None:
    """What all benchmarks say together of each model: the capability index, with 80% intervals.

    \b
    Example:
        forecast index
        forecast index --benchmarks --format csv
    """
    found = scale_forecast.index(inputs.load_by_date(), tell=note, **own_data(), **about)
    table = found.benchmarks if of_benchmarks else found.table
    title = f"capability index as of {found.as_of:%Y-%m-%d}"
    out.emit(table, title=title, show=table if of_benchmarks else readable_index(table))
