"""`forecast curves surface` and `forecast curves steps`: laws of two variables, and accuracies through their loss."""

from __future__ import annotations

import sys
from typing import Any

import click

import scale_forecast
from scale_forecast.commands.options import output_options, seed_option
from scale_forecast.commands.printing import Output, records
from scale_forecast.commands.types import SIZES
from scale_forecast.show.curves import steps_page, surface_page

RUNS = click.Path(exists=True, dir_okay=False, allow_dash=True)


@click.command("surface")
@click.argument("runs", metavar="RUNS.csv", type=RUNS)
@click.option("-n", "params", default="params", show_default=True, metavar="COLUMN", help="The column of parameters.")
@click.option("-d", "tokens", default="tokens", show_default=True, metavar="COLUMN", help="The column of tokens.")
@click.option("-y", "loss", default="loss", show_default=True, metavar="COLUMN", help="The column of the loss.")
@click.option("--compute", multiple=True, metavar="FLOP", help="Best N and D for it, as 1e24; repeatable.")
@click.option("--at", multiple=True, type=SIZES, metavar="N,D", help="Predict the loss there, as 70B,1.4T; repeatable.")
@seed_option("Of the bootstrap that intervals come from.")
@output_options
def surface_command(runs: str, out: Output, **about: Any) -> None:
    """Fit loss = E + A / N^alpha + B / D^beta to runs of several sizes N and lengths D, and say the best of both.

    Huber's loss on log losses from many starts; 80% intervals by a bootstrap. CSV holds the parameters, JSON all.

    \b
    Examples:
      forecast curves surface runs.csv --compute 1e24
      forecast curves surface runs.csv -n size -d seen -y val_loss --at 70B,1.4T --format json
    """
    found = scale_forecast.fit_loss_surface(runs, stdin=sys.stdin.buffer, **about)
    tables = {"parameters": found.frame, "optimal": found.optimal, "points": found.points}
    data = {name: records(table) for name, table in tables.items()} | {"said": found.said}
    out.emit(found.frame, text=surface_page(found), data=data)


@click.command("steps")
@click.argument("runs", metavar="RUNS.csv", type=RUNS)
@click.option("-x", "x", default="compute", show_default=True, metavar="COLUMN", help="The column of x.")
@click.option("--loss", default="loss", show_default=True, metavar="COLUMN", help="The column of the task's loss.")
@click.option("-y", "accuracy", default="accuracy", show_default=True, metavar="COLUMN", help="That of the accuracy.")
@click.option(
    "--chance", default=0.0, show_default=True, type=click.FloatRange(0, 1, max_open=True), help="Of guessing."
)
@click.option("--at", multiple=True, metavar="X", help="Predict there too, as 1e24 or 70B; repeatable.")
@output_options
def steps_command(runs: str, out: Output, **about: Any) -> None:
    """Predict an accuracy in two steps: the task's loss from compute, and the accuracy from that loss by a sigmoid.

    \b
    Examples:
      forecast curves steps ladder.csv --at 1e24
      forecast curves steps ladder.csv -x flops --loss nll -y acc --chance 0.25 --format csv
    """
    found = scale_forecast.fit_steps_table(runs, stdin=sys.stdin.buffer, **about)
    out.emit(found.frame, text=steps_page(found), data={"points": records(found.frame), "said": found.said})
