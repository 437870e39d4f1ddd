"""`forecast predict`, `forecast explain` and `forecast train`: the scores of an upcoming model."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import click
import pandas as pd

from scale_forecast.backtests.training import Trained
from scale_forecast.cache.fingerprint import code_fingerprint
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    Inputs,
    input_options,
    ledger_option,
    output_options,
    profiles_option,
    read_profiles_for,
    target_options,
    workers_options,
)
from scale_forecast.commands.printing import emit, note, write
from scale_forecast.commands.types import DAY
from scale_forecast.data.names import counted
from scale_forecast.data.results import fingerprint
from scale_forecast.distribution import PRINTED
from scale_forecast.explanation import explain_upcoming
from scale_forecast.inputs.folds import Exclusion
from scale_forecast.inputs.known import known_scores
from scale_forecast.inputs.panel import as_panel
from scale_forecast.inputs.targets import family_rows, upcoming_target
from scale_forecast.parallel import Workers
from scale_forecast.predictors.registry import make, predictor_lines
from scale_forecast.resolvers.ledger.rows import score_forecasts
from scale_forecast.show.terminal import as_text, progress
from scale_forecast.show.views import prediction
from scale_forecast.upcoming import Upcoming, predict_upcoming, readable, without_chance
from scale_forecast.workflow import clock
from scale_forecast.workflow.places import cache_folder, open_ledger_at


@click.command("predict", cls=Command, listing=("Predictors", predictor_lines))
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
def predict_command(
    inputs: Inputs,
    profiles: str | None,
    family: str,
    params: float | None,
    train_tokens: float | None,
    train_flops: float | None,
    as_of: pd.Timestamp | None,
    benchmark: str | None,
    task: tuple[str, ...],
    predictor: str,
    known: tuple[str, ...],
    record: bool,
    ledger: str | None,
    workers: Workers,
    format_: str,
    output: Path | None,
) -> None:
    """Predict the scores of an upcoming model, task by task, as calibrated distributions.

    \b
    Examples:
        forecast predict --family PaLM --params 540e9
        forecast predict my_results.csv --family mine --params 70B --benchmark MMLU --format csv
    """

    make(predictor)
    tables = inputs.load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics, read_profiles_for(profiles, tables, [predictor]))
    target, notes = upcoming_target(panel, family, params, train_tokens, train_flops, as_of)
    for sentence in notes:
        note(sentence)
    note(f"forecasting {target.model} with {predictor}, which is trained first unless that was done before")
    with progress("learning from past forecasts") as learning:
        upcoming = predict_upcoming(
            panel,
            target,
            predictor=predictor,
            as_of=as_of,
            benchmark=benchmark,
            tasks=task,
            known=known_scores(panel, target, known, as_of),
            trained=Trained(panel, cache_folder(), workers=dataclasses.replace(workers, progress=learning)),
        )
    if target.family in tables.own_families and (unknown := without_chance(upcoming.forecast)):
        note(f"chance is unknown for {counted(unknown, 'task')}: give n_choices or chance with --tasks")
    title = f"{target.model}: {len(upcoming.table)} tasks, largest expected change first"
    view = functools.partial(prediction, upcoming)
    emit(upcoming.table, format_, output, title=title, show=readable(upcoming.table), view=view)
    if record:
        _record(upcoming, tables.results, ledger)


def _record(upcoming: Upcoming, results: pd.DataFrame, ledger: str | None) -> None:

    levels = [0.01, 0.025, *PRINTED.values(), 0.5, 0.975, 0.99]
    levels.sort()
    rows = score_forecasts(
        upcoming.table,
        levels,
        upcoming.forecast.quantiles(levels),
        predictor_version=code_fingerprint(),
        data_fingerprint=fingerprint(results),
    )
    with open_ledger_at(ledger, create=True) as opened:
        opened.append_forecasts(rows, at=clock.now())
    note(f"recorded {len(rows)} forecasts in the ledger")


@click.command("explain", cls=Command)
@click.argument("task", nargs=-1, required=True)
@target_options
@click.option("--benchmark", help="Only this benchmark.")
@click.option("--results", multiple=True, metavar="PATH", help="Your results, as RESULTS of `forecast predict`.")
@click.option("--tasks", metavar="FILE", help="Descriptors of your tasks.")
@click.option("--models", metavar="FILE", help="Sizes and families of your models.")
@profiles_option
@output_options
def explain_command(
    task: tuple[str, ...],
    profiles: str | None,
    family: str,
    params: float | None,
    train_tokens: float | None,
    train_flops: float | None,
    as_of: pd.Timestamp | None,
    benchmark: str | None,
    results: tuple[str, ...],
    tasks: str | None,
    models: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Say what moved the forecast of each TASK.

    The sum from the origin's score over the suite's common shift and the task's own part to the forecast; every
    candidate and its weight; SHAP values of the boosted trees; past steps that looked alike; the noise ceiling.

    \b
    Example:
        forecast explain logical_deduction --family PaLM --params 540e9
        forecast explain my_task --family mine --params 70B --results my_results.csv --format csv
    """

    tables = Inputs(results, tasks, models, None, False, False, (), (), "").load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics, read_profiles_for(profiles, tables))
    target, notes = upcoming_target(panel, family, params, train_tokens, train_flops, as_of)
    for sentence in notes:
        note(sentence)
    note(f"explaining {target.model} (the first time for a line trains the predictors, which takes a while)")
    explained = explain_upcoming(panel, target, task, benchmark=benchmark, as_of=as_of, cache=cache_folder())
    if format_ == "table":
        write("\n".join(as_text(table, title=title) for title, table in explained.views()), output)
    else:
        emit(explained.as_long(), format_, output)


@click.command("train", cls=Command, listing=("Predictors", predictor_lines))
@input_options
@profiles_option
@click.option("--family", required=True, help="Family that will be forecast; nothing is learned from its line.")
@click.option("--as-of", type=DAY, help="Learn only from what was public on this day.")
@click.option("--predictor", default="stack", show_default=True, help="What to train.")
@workers_options()
def train_command(
    inputs: Inputs,
    profiles: str | None,
    family: str,
    as_of: pd.Timestamp | None,
    predictor: str,
    workers: Workers,
) -> None:
    """Train for a family beforehand, so that `forecast predict` answers at once.

    \b
    Example:
        forecast train --family PaLM
    """

    tables = inputs.load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics, read_profiles_for(profiles, tables, [predictor]))
    line = str(family_rows(panel, family)["line"].iloc[0])
    with progress("learning from past forecasts") as learning:
        trained = Trained(panel, cache_folder(), workers=dataclasses.replace(workers, progress=learning))
        trained.get(predictor, Exclusion(line, as_of=as_of))
    note(f"trained {predictor} without the line {line}; kept in {cache_folder()}")
