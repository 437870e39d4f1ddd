"""`forecast score`: score recorded forecasts that are settled."""

from __future__ import annotations

import functools
from pathlib import Path

import click

from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import ledger_option, output_options
from scale_forecast.commands.printing import emit, note
from scale_forecast.data.names import counted
from scale_forecast.resolvers.scores import record
from scale_forecast.show import views
from scale_forecast.workflow.places import open_ledger_at


@click.command(cls=Command)
@click.option(
    "--by",
    default="",
    metavar="A,B",
    help="Average by predictor, forecaster, kind or month, or several of them; over everything when not given.",
)
@click.option(
    "--show",
    type=click.Choice(("scores", "calibration", "forecasts")),
    help="Only this table; for csv and json `scores` when not given.",
)
@click.option("--every", is_flag=True, help="Score every forecast, not only each forecaster's last on a question.")
@click.option("--ahead-only", is_flag=True, help="Leave out forecasts made when the outcome was already public.")
@click.option("--bins", type=click.IntRange(1), default=10, show_default=True, help="Bins of the calibration table.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the bootstrap over questions.")
@ledger_option
@output_options
def score(
    by: str,
    show: str | None,
    every: bool,
    ahead_only: bool,
    bins: int,
    seed: int,
    ledger: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Score recorded forecasts that are settled: losses, skill against chance, base rate and crowd, calibration.

    Brier 0 to 1 and log score in nats for probabilities, CRPS in the score's unit for distributions: lower is better.
    Baseline and peer scores are Metaculus': higher is better. Intervals are 95%, from resampling questions.

    \b
    Example:
        forecast score --by predictor
        forecast score --show calibration --format csv
    """

    with open_ledger_at(ledger) as opened:
        forecasts, resolutions, questions = opened.forecasts(), opened.resolutions(), opened.questions()
    names = [name.strip() for name in by.split(",") if name.strip()]
    record.check_by(names)
    scored = record.score_record(forecasts, resolutions, questions, every=every, ahead_only=ahead_only)
    subjects = counted(scored["subject"].nunique(), "settled question")
    note(f"{counted(len(forecasts), 'forecast')} recorded, {len(scored)} scored on {subjects}")
    if scored.empty and format_ == "table":
        note("nothing to score yet: `forecast resolve` settles what the results decide")
        return
    late = int((~scored["ahead"]).sum())
    if late:
        note(f"{late} of them were made when the outcome was already public; --ahead-only leaves them out")
    if show in (None, "scores"):
        table = record.summarise(scored, by=names, seed=seed)
        emit(table, format_, output, show=record.brief(table, names), title=None if show else "Scores")
    if show == "calibration" or (show is None and format_ == "table" and output is None):
        said = record.calibration(scored, bins=bins)
        view = functools.partial(views.calibration, said)
        emit(said, format_, output, title=None if show else "\nCalibration", view=view)
    if show == "forecasts":
        emit(scored.drop(columns="distribution"), format_, output)
