"""`forecast study`: measure a claim about scaling."""

from __future__ import annotations

from pathlib import Path

import click

from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import Inputs, input_options, output_options
from scale_forecast.commands.printing import emit, note, write
from scale_forecast.data.errors import UsageError
from scale_forecast.show.plots.style import as_bytes, check_suffix
from scale_forecast.studies.registry import STUDIES, known, run_studies, table_of
from scale_forecast.studies.report import pages, printed, summary


@click.command("study", cls=Command, listing=("Studies", lambda: STUDIES.lines(lambda study: study.asks)))
@click.argument("name")
@input_options
@click.option("--joined", is_flag=True, help="Study your RESULTS together with the bundled figures.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of resampling and simulation.")
@click.option("--table", "table_name", metavar="NAME", help="Print this table alone, with all its columns.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the picture: FILE.png or FILE.svg.")
@click.option("--report", type=click.Path(file_okay=False, path_type=Path), help="Write one page with everything here.")
@output_options
def study_command(
    inputs: Inputs,
    name: str,
    joined: bool,
    seed: int,
    table_name: str | None,
    plot: Path | None,
    report: Path | None,
    format_: str,
    output: Path | None,
) -> None:
    """Measure a claim about scaling on the bundled figures or on your RESULTS.

    NAME is one of the studies below, or all.

    \b
    Example:
        forecast study momentum --plot momentum.png
        forecast study all --report studies/
    """

    every = name.lower() == "all"
    if plot is not None:
        check_suffix(plot)
    if every and (plot or table_name):
        raise UsageError("name one study for --plot and --table; study all writes its pictures and tables to --report")
    names = list(STUDIES) if every else [known(name)]
    found = run_studies(names, inputs.load(), joined=joined, seed=seed)
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        for file, content in pages(found).items():
            write(content, report / file)
        note(f"written: {report / 'studies.html'} and studies.md, their pictures and tables")
    if every:
        write(summary(found), output)
        return
    (findings,) = found.values()
    if plot is not None and findings.draw is not None:
        write(as_bytes(findings.draw(), plot.suffix), plot)
    if table_name is None and format_ == "table":
        write(printed(findings), output)
        return
    table = table_of(findings, table_name)
    emit(table, format_, output)
    for sentence in findings.sentences:
        note(sentence)
