"""`forecast curves`: fit scaling curves."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import click

from scale_forecast.commands.groups import Group
from scale_forecast.commands.options import output_options, workers_options
from scale_forecast.commands.printing import emit
from scale_forecast.curves.tables import fit_table, forms_table, read_curves
from scale_forecast.parallel import Workers
from scale_forecast.show.terminal import progress


@click.group(cls=Group)
def curves() -> None:
    """Scaling curves: power laws, sigmoids and broken laws fitted by the thousand."""


@curves.command("fit")
@click.argument("table", metavar="CURVES.csv", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--form", default="auto", show_default=True, help="auto, bnsl, or a form of `forecast curves list`.")
@click.option(
    "--kind",
    type=click.Choice(("loss", "accuracy")),
    default="loss",
    show_default=True,
    help="loss: any positive scale, lower is better; accuracy: in [0, 1], higher is better.",
)
@workers_options(jobs=2, threads=True)
@output_options
def curves_fit(table: str, form: str, kind: str, workers: Workers, format_: str, output: Path | None) -> None:
    """Fit the rows of role 'fit' and predict every row, with quantiles of what would be observed there.

    Columns: curve, x, y, role (fit or extrapolate); optionally n_examples, stderr, chance, ceiling, and family,
    whose curves share a prior.

    \b
    Example:
      forecast curves fit curves.csv --form auto --kind accuracy --format csv
    """

    rows = read_curves(table, sys.stdin.buffer)
    with progress("a thousand curves a step") as fitting:
        several = dataclasses.replace(workers, progress=fitting)
        fitted = fit_table(rows, form, kind, where=table, workers=several)
    emit(fitted, format_, output)


@curves.command("list")
@output_options
def curves_list(format_: str, output: Path | None) -> None:
    """Describe the forms a curve may take."""

    emit(forms_table(), format_, output)
