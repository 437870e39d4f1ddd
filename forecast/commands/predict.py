"""`forecast predict`, `forecast explain` and `forecast train`: the scores of an upcoming model."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import click
import pandas as pd

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    Inputs,
    as_of_option,
    input_options,
    ledger_option,
    output_options,
    profiles_option,
    results_options,
    shown_progress,
    target_options,
    workers_options,
)
from scale_forecast.commands.printing import Output, note
from scale_forecast.show import views
from scale_forecast.show.terminal import as_text

if TYPE_CHECKING:
    from scale_forecast import Workers


@click.command("predict", cls=Command, listing=("Predictors", lambda: scale_forecast.predictor_lines()))
@input_options
@profiles_option
@target_options
@click.option("--benchmark", help="Only this benchmark.")
@click.option("--task", multiple=True, help="Only this task (repeatable).")
@click.option("--predictor", default="stack", show_default=True, help="How to predict.")
@click.option("--known", multiple=True, metavar="TASK=SCORE|FILE", help="A score of the target already published.")
@click.option("--record", is_flag=True, help="Append the forecast to the ledger, to be settled later.")
@ledger_option
@workers_options()
@output_options
def predict_command(inputs: Inputs, task: tuple[str, ...], workers: Workers, out: Output, **about: Any) -> None:
    """Predict the scores of an upcoming model, task by task, as calibrated distributions.

    \b
    Examples:
        forecast predict --family PaLM --params 540e9
        forecast predict my_results.csv --family mine --params 70B --benchmark MMLU --format csv
    """
    tables = inputs.load()
    with shown_progress(workers) as several:
        upcoming = scale_forecast.predict(tables, tasks=task, workers=several, tell=note, **about)
    title = f"{upcoming.target.model}: {len(upcoming.table)} tasks, largest expected change first"
    view = functools.partial(views.prediction, upcoming)
    out.emit(upcoming.table, title=title, show=views.readable_forecasts(upcoming.table), view=view)


@click.command("explain", cls=Command)
@click.argument("task", nargs=-1, required=True)
@target_options
@click.option("--benchmark", help="Only this benchmark.")
@results_options
@profiles_option
@output_options
def explain_command(inputs: Inputs, task: tuple[str, ...], out: Output, **about: Any) -> None:
    """Say what moved the forecast of each TASK.

    The sum from the origin's score over the suite's common shift and the task's own part to the forecast; every
    candidate and its weight; SHAP values of the boosted trees; past steps that looked alike; the noise ceiling.

    \b
    Example:
        forecast explain logical_deduction --family PaLM --params 540e9
        forecast explain my_task --family mine --params 70B --results my_results.csv --format csv
    """
    explained = scale_forecast.explain(task, inputs.load(), tell=note, **about)
    text = "\n".join(as_text(table, title=title) for title, table in explained.views()) if out.is_for_people else None
    out.emit(explained.as_long(), text=text)


@click.command("train", cls=Command, listing=("Predictors", lambda: scale_forecast.predictor_lines()))
@input_options
@profiles_option
@click.option("--family", required=True, help="Family that will be forecast; nothing is learned from its line.")
@as_of_option("Learn only from what was public on this day.")
@click.option("--predictor", default="stack", show_default=True, help="What to train.")
@workers_options()
@output_options
def train_command(inputs: Inputs, workers: Workers, out: Output, **about: Any) -> None:
    """Train for a family beforehand, so that `forecast predict` answers at once.

    \b
    Example:
        forecast train --family PaLM
    """
    tables = inputs.load()
    with shown_progress(workers) as several:
        trained = scale_forecast.train(tables, workers=several, tell=note, **about)
    note(f"trained {trained.predictor} without the line {trained.line}; kept in {trained.kept_in}")
    row = {"predictor": trained.predictor, "line": trained.line, "kept_in": str(trained.kept_in)}
    out.emit(pd.DataFrame([row]), text="", data=row)
