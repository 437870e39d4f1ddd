"""`forecast predict`, `forecast explain` and `forecast train`: the scores of an upcoming model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import pandas as pd

import scale_forecast
from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    Inputs,
    as_of_option,
    coming_options,
    dates_options,
    input_options,
    ledger_option,
    output_options,
    own_data,
    pairs,
    predictor_option,
    profiles_option,
    results_options,
    show_progress,
    size_options,
    sizes_options,
    workers_options,
)
from scale_forecast.commands.printing import Output, note, records
from scale_forecast.data.errors import UsageError
from scale_forecast.show.by_date import readable_scores
from scale_forecast.show.first_screen import MOST_ROWS, first_screen
from scale_forecast.show.terminal import as_text

if TYPE_CHECKING:
    from scale_forecast import Workers


@click.command("predict", cls=Command, listing=("Predictors", lambda: scale_forecast.predictor_lines()))
@input_options
@profiles_option
@sizes_options
@click.option("--name", help="What the model will be called: results under this name settle the forecast.")
@coming_options
@dates_options
@click.option("--benchmark", help="Only this benchmark.")
@click.option("--task", multiple=True, help="Only this task (repeatable).")
@click.option("--all-metrics", is_flag=True, help="Show every metric of a task, not the first alone.")
@predictor_option
@click.option("--known", multiple=True, metavar="TASK=SCORE|FILE", help="A score of the target already published.")
@click.option("--record", is_flag=True, help="Append the forecast to the ledger, to be settled later.")
@ledger_option
@workers_options()
@output_options
def predict_command(inputs: Inputs, model: str | None, all_metrics: bool, out: Output, **about: Any) -> None:
    """Predict the scores of an upcoming model, task by task, as calibrated distributions.

    By scale with --family and a size; by date with --model and --released, where nobody publishes a size.

    \b
    Examples:
        forecast predict --family PaLM --params 540e9
        forecast predict my_results.csv --params 70B,150B --benchmark MMLU --format csv
        forecast predict --model GPT-6 --organisation OpenAI --released 2027-02
    """
    by_date = {name: about.pop(name) for name in ("released", "organisation", "line", "tier", "reasoning", "reading")}
    if model is not None:
        _predict_by_date(inputs, model, out, by_date, about)
        return
    if given := [name for name, value in by_date.items() if name != "reading" and value is not None]:
        raise UsageError(f"--{given[0].replace('_', '-')} is said of a model by date: name it with --model")
    if about["family"] is None and not inputs.paths:
        raise UsageError("which model? give --family and a size, or --model and --released for one without a size")
    tables = inputs.load(reading=by_date["reading"])
    with show_progress(about.pop("workers")) as several:
        found = scale_forecast.predict(
            tables, tasks=about.pop("task"), past=out.is_for_people, workers=several, tell=note, **about
        )
    shown, most = (found, MOST_ROWS // len(found)) if out.is_for_people else ((), 0)
    screens = [first_screen(part, all_metrics=all_metrics, most=most).text() for part in shown]
    data = records(found.frame.assign(covered=found.covered))
    out.emit(found.frame, text="\n".join(screens), data=data)


def _predict_by_date(inputs: Inputs, model: str, out: Output, by_date: dict[str, Any], about: dict[str, Any]) -> None:
    """The forecast of a model by its day of release, from the bundled scores by date and the user's."""
    _refuse_scale(about, "--model")
    if by_date["released"] is None:
        raise UsageError("--model needs the day of its release: give --released, such as 2027-02")
    known = _scores(about["known"])
    named = [*([about["benchmark"]] if about["benchmark"] else []), *about["task"]]
    found = scale_forecast.predict_by_date(
        model,
        results=inputs.load_by_date(),
        known=known,
        benchmarks=named,
        as_of=about["as_of"],
        record=about["record"],
        ledger=about["ledger"],
        tell=note,
        **own_data(),
        **by_date,
    )
    title = f"{model}, released {found.table['target_released'].iloc[0]:%Y-%m-%d}: {len(found.table)} benchmarks"
    out.emit(found.table, title=title, show=readable_scores(found.table))


def _refuse_scale(about: dict[str, Any], option: str) -> None:
    """Say that a size was given of what goes by date."""
    sized = ("family", "params", "train_tokens", "train_flops", "profiles", "name")
    if given := [name for name in sized if about.get(name) is not None]:
        raise UsageError(f"--{given[0].replace('_', '-')} is by scale and {option} by date: give one of the two")


def _scores(known: tuple[str, ...]) -> dict[str, float]:
    return {name: _score(text) for name, text in pairs(known, "--known").items()}


def _score(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(
            f"--known {text!r} is not a number: write BENCHMARK=SCORE, such as 'GPQA Diamond=0.93'"
        ) from None


@click.command("explain", cls=Command)
@click.argument("task", nargs=-1, required=True)
@size_options
@click.option("--by", metavar="DATE", help="By date: the record of TASK by this day.")
@coming_options
@dates_options
@click.option("--open-weights", is_flag=True, help="With --by: the record of models whose weights are open.")
@click.option("--known", multiple=True, metavar="TASK=SCORE", help="With --model: a score already published.")
@click.option("--benchmark", help="Only this benchmark.")
@results_options
@profiles_option
@output_options
def explain_command(inputs: Inputs, task: tuple[str, ...], out: Output, **about: Any) -> None:
    """Say what moved the forecast of each TASK.

    By scale: the sum from the origin's score over the suite's common shift and the task's own part to the forecast;
    every candidate and its weight; SHAP values of the boosted trees; past steps that looked alike; the noise ceiling.
    By date: the trend of the releases to come, what past windows taught of the spread, and which releases it is.

    \b
    Examples:
        forecast explain logical_deduction --family PaLM --params 540e9
        forecast explain my_task --family mine --params 70B --results my_results.csv --format csv
        forecast explain "GPQA Diamond" --by 2027-06
        forecast explain "GPQA Diamond" --model GPT-6 --released 2027-02
    """
    names = ("by", "model", "released", "organisation", "line", "tier", "reasoning", "reading", "open_weights", "known")
    by_date = {name: about.pop(name) for name in names}
    explained: Any
    if by_date["by"] is not None or by_date["model"] is not None:
        _refuse_scale(about, "--by" if by_date["model"] is None else "--model")
        by_date["known"] = _scores(by_date["known"])
        results = inputs.load_by_date()
        explained = scale_forecast.explain_by_date(
            task, results, as_of=about["as_of"], tell=note, **own_data(), **by_date
        )
    elif about["family"] is None:
        raise UsageError("which forecast? give --family and a size; by date --by DATE, or --model and --released")
    else:
        explained = scale_forecast.explain(task, inputs.load(reading=by_date["reading"]), tell=note, **about)
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
    with show_progress(workers) as several:
        trained = scale_forecast.train(tables, workers=several, tell=note, **about)
    note(f"trained {trained.predictor} without the line {trained.line}; kept in {trained.kept_in}")
    row = {"predictor": trained.predictor, "line": trained.line, "kept_in": str(trained.kept_in)}
    out.emit(pd.DataFrame([row]), text="", data=row)
