"""`forecast curves`: fit scaling curves."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import scale_forecast
from scale_forecast.commands.groups import Group
from scale_forecast.commands.options import curve_options, output_options, show_progress, workers_options
from scale_forecast.commands.printing import Output, note, records
from scale_forecast.commands.scaling_laws import steps_command, surface_command
from scale_forecast.show.curves import as_page

if TYPE_CHECKING:
    from scale_forecast import Workers


@click.group(cls=Group)
def curves() -> None:
    """Scaling curves: power laws, sigmoids and broken laws fitted by the thousand."""


@curves.command("fit")
@curve_options
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the first curves: .png or .svg.")
@workers_options(jobs=2, threads=True)
@output_options
def curves_fit(curves: str, workers: Workers, out: Output, **about: Any) -> None:
    """Fit the rows that have a y and predict every row, with quantiles of what would be observed there.

    Each curve's form in words and its parameters with 80% intervals (given the form) follow; CSV holds the rows alone,
    JSON everything. Two columns are enough: x and y, or those that -x and -y name. Further ones: curve (its name), role
    (fit or extrapolate), n_examples, stderr, chance, ceiling, and family, whose curves share a prior.

    \b
    Examples:
      forecast curves fit runs.csv -x compute -y loss --at 1e24 --plot fit.png
      forecast curves fit curves.csv --form auto --kind accuracy --format csv
    """
    with show_progress(workers, "a thousand curves a step") as several:
        fitted = scale_forecast.fit_curve_table(curves, **about, workers=several, stdin=sys.stdin.buffer, tell=note)
    tables = {"points": fitted.frame, "parameters": fitted.parameters}
    data = {name: records(table) for name, table in tables.items()} | {"said": fitted.said}
    out.emit(fitted.frame, text=as_page(fitted.frame, fitted.parameters, fitted.said), data=data)


curves.add_command(surface_command)
curves.add_command(steps_command)


@curves.command("list")
@output_options
def curves_list(out: Output) -> None:
    """Describe the forms a curve may take."""
    out.emit(scale_forecast.curve_forms())
