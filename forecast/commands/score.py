"""`forecast score`: score recorded forecasts that are settled."""

from __future__ import annotations

import functools
from typing import Any

import click

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import ledger_option, output_options
from scale_forecast.commands.printing import Output, note
from scale_forecast.show import views


@click.command("score", cls=Command)
@click.option(
    "--by",
    default="",
    metavar="A,B",
    help="Average by said, predictor, forecaster, kind or month, or several of them; over everything when not given.",
)
@click.option(
    "--show",
    type=click.Choice(("scores", "calibration", "forecasts")),
    help="Only this table; for csv and json `scores` when not given.",
)
@click.option("--every", is_flag=True, help="Score every forecast, not only each forecaster's last on a question.")
@click.option("--late", is_flag=True, help="Score forecasts made when the outcome was already public, too.")
@click.option("--bins", type=click.IntRange(1), default=10, show_default=True, help="Bins of the calibration table.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the bootstrap over questions.")
@ledger_option
@output_options
def score_command(show: str | None, out: Output, **about: Any) -> None:
    """Score recorded forecasts that are settled: losses, skill against chance, base rate and crowd, calibration.

    Only forecasts made before the outcome was public count, unless --late is given; what was recorded after it and is
    said to be older, as track records of others are, stands in rows of its own. Brier 0 to 1 and log score in nats
    for probabilities, CRPS in the score's unit for distributions: lower is better. Baseline and peer scores are
    Metaculus': higher is better. Intervals are 95%, from resampling questions.

    \b
    Example:
        forecast score --by predictor
        forecast score --show calibration --format csv
    """
    scores = scale_forecast.score(tell=note, **about)
    if scores.forecasts.empty and out.is_for_people:
        if not scores.late:
            note("nothing to score yet: `forecast resolve` settles what the results decide")
        return
    if show in (None, "scores"):
        out.emit(scores.averages, show=scores.brief, title=None if show else "Scores")
    if show == "calibration" or (show is None and out.is_for_people and out.path is None):
        view = functools.partial(views.calibration, scores.calibration)
        out.emit(scores.calibration, title=None if show else "\nCalibration", view=view)
    if show == "forecasts":
        out.emit(scores.forecasts.drop(columns="distribution"))
