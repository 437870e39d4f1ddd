"""`forecast curves`: fit scaling curves."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

import scale_forecast
from scale_forecast.commands.groups import Group
from scale_forecast.commands.options import output_options, shown_progress, workers_options
from scale_forecast.commands.printing import Output

if TYPE_CHECKING:
    from scale_forecast import Workers


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
def curves_fit(table: str, form: str, kind: str, workers: Workers, out: Output) -> None:
    """Fit the rows of role 'fit' and predict every row, with quantiles of what would be observed there.

    Columns: curve, x, y, role (fit or extrapolate); optionally n_examples, stderr, chance, ceiling, and family,
    whose curves share a prior.

    \b
    Example:
      forecast curves fit curves.csv --form auto --kind accuracy --format csv
    """
    with shown_progress(workers, "a thousand curves a step") as several:
        fitted = scale_forecast.fit_curve_table(table, form=form, kind=kind, workers=several, stdin=sys.stdin.buffer)
    out.emit(fitted)


@curves.command("list")
@output_options
def curves_list(out: Output) -> None:
    """Describe the forms a curve may take."""
    out.emit(scale_forecast.curve_forms())
