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
    dates_options,
    input_options,
    ledger_option,
    output_options,
    pairs,
    profiles_option,
    results_options,
    shown_progress,
    size_options,
    target_options,
    workers_options,
)
from scale_forecast.commands.printing import Output, note
from scale_forecast.data.errors import UsageError
from scale_forecast.show import views
from scale_forecast.show.by_date import readable_scores
from scale_forecast.show.terminal import as_text

if TYPE_CHECKING:
    from scale_forecast import Workers


@click.command("predict", cls=Command, listing=("Predictors", lambda: scale_forecast.predictor_lines()))
@input_options
@profiles_option
@size_options
@click.option("--model", metavar="NAME", help="By date: a coming model whose size nobody publishes.")
@click.option("--released", metavar="DATE", help="With --model: day, month, quarter or year of its release.")
@click.option("--organisation", help="With --model: who makes it; else as the newest model of a like name.")
@click.option("--product-line", "line", help="With --model: its line, such as 'Claude Opus'.")
@click.option("--tier", type=click.Choice(("flagship", "mid", "small", "nano")), help="With --model: its tier.")
@click.option("--reasoning/--no-reasoning", default=None, help="With --model: does it reason?")
@dates_options
@click.option("--benchmark", help="Only this benchmark.")
@click.option("--task", multiple=True, help="Only this task (repeatable).")
@click.option("--predictor", default="stack", show_default=True, help="How to predict.")
@click.option("--known", multiple=True, metavar="TASK=SCORE|FILE", help="A score of the target already published.")
@click.option("--record", is_flag=True, help="Append the forecast to the ledger, to be settled later.")
@ledger_option
@workers_options()
@output_options
def predict_command(inputs: Inputs, model: str | None, out: Output, **about: Any) -> None:
    """Predict the scores of an upcoming model, task by task, as calibrated distributions.

    By scale with --family and a size; by date with --model and --released, where nobody publishes a size.

    \b
    Examples:
        forecast predict --family PaLM --params 540e9
        forecast predict my_results.csv --family mine --params 70B --benchmark MMLU --format csv
        forecast predict --model GPT-6 --organisation OpenAI --released 2027-02
    """
    by_date = {name: about.pop(name) for name in ("released", "organisation", "line", "tier", "reasoning", "reading")}
    if model is not None:
        _predict_by_date(inputs, model, out, by_date, about)
        return
    if given := [name for name, value in by_date.items() if name != "reading" and value is not None]:
        raise UsageError(f"--{given[0].replace('_', '-')} is said of a model by date: name it with --model")
    if about["family"] is None:
        raise UsageError("which model? give --family and a size, or --model and --released for one without a size")
    tables = inputs.load(reading=by_date["reading"])
    with shown_progress(about.pop("workers")) as several:
        upcoming = scale_forecast.predict(tables, tasks=about.pop("task"), workers=several, tell=note, **about)
    title = f"{upcoming.target.model}: {len(upcoming.table)} tasks, largest expected change first"
    view = functools.partial(views.prediction, upcoming)
    out.emit(upcoming.table, title=title, show=views.readable_forecasts(upcoming.table), view=view)


def _predict_by_date(inputs: Inputs, model: str, out: Output, by_date: dict[str, Any], about: dict[str, Any]) -> None:
    """The forecast of a model by its day of release, from the bundled scores by date and the user's."""
    sized = ("family", "params", "train_tokens", "train_flops", "profiles")
    if given := [name for name in sized if about[name] is not None]:
        raise UsageError(f"--{given[0].replace('_', '-')} is by scale and --model by date: give one of the two")
    if about["record"]:
        raise UsageError("--model records nothing yet: leave --record")
    if by_date["released"] is None:
        raise UsageError("--model needs the day of its release: give --released, such as 2027-02")
    known = {name: _score(text) for name, text in pairs(about["known"], "--known").items()}
    named = [*([about["benchmark"]] if about["benchmark"] else []), *about["task"]]
    found = scale_forecast.predict_by_date(
        model,
        results=inputs.load() if inputs.paths else None,
        known=known,
        benchmarks=named,
        as_of=about["as_of"],
        tell=note,
        **by_date,
    )
    title = f"{model}, released {found.table['target_released'].iloc[0]:%Y-%m-%d}: {len(found.table)} benchmarks"
    out.emit(found.table, title=title, show=readable_scores(found.table))


def _score(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            f"--known {text!r} is not a number: write BENCHMARK=SCORE, such as 'GPQA Diamond=0.93'"
        ) from None


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
