"""`forecast plot`: draw forecasts, backtests and questions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pandas as pd

from scale_forecast.backtests.run import backtest
from scale_forecast.by_date import largest as frontier
from scale_forecast.commands.groups import Command, Group, one_sentence
from scale_forecast.commands.options import (
    LARGEST_OF,
    Inputs,
    as_of_option,
    evidence_of,
    known_questions,
    ledger_option,
    questions_option,
    target_options,
)
from scale_forecast.commands.printing import note, write
from scale_forecast.commands.types import DAY
from scale_forecast.data.catalog import frontier_models
from scale_forecast.data.errors import DataError, ForecastError, UsageError
from scale_forecast.data.load import load
from scale_forecast.data.periods import parse_period
from scale_forecast.inputs.folds import folds_of
from scale_forecast.inputs.panel import as_panel
from scale_forecast.inputs.targets import upcoming_target
from scale_forecast.predictors.registry import chosen, make
from scale_forecast.resolvers.judge.resolve import resolve
from scale_forecast.resolvers.questions.bank import find_question
from scale_forecast.resolvers.scores import record
from scale_forecast.show.plots.ahead import reversals_ahead, task_view
from scale_forecast.show.plots.backtests import of_predictor, read_backtest
from scale_forecast.show.plots.coverage import draw_coverage
from scale_forecast.show.plots.frontier import draw_frontier
from scale_forecast.show.plots.gains import draw_gains
from scale_forecast.show.plots.pit import draw_pit
from scale_forecast.show.plots.question import draw_question, forecasts_of
from scale_forecast.show.plots.registry import PLOTS, Plot
from scale_forecast.show.plots.reliability import draw_reliability, gain_outcomes
from scale_forecast.show.plots.reversal import draw_reversal
from scale_forecast.show.plots.skill import draw_skill
from scale_forecast.show.plots.style import as_bytes, check_suffix
from scale_forecast.show.plots.task import draw_task
from scale_forecast.upcoming import predict_upcoming
from scale_forecast.workflow import clock
from scale_forecast.workflow.places import cache_folder, ledger_exists, open_ledger_at


class PlotGroup(Group):
    """The plots of this module, and those of other distributions that are drawn from a backtest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        with one_sentence(ctx):
            return sorted({*super().list_commands(ctx), *PLOTS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if (command := super().get_command(ctx, cmd_name)) or cmd_name not in PLOTS:
            return command
        with one_sentence(ctx):
            return plot_of_a_backtest(PLOTS[cmd_name])


def plot_of_a_backtest(plot: Plot) -> click.Command:
    """The command of a plot that another distribution brings."""
    if plot.reads != "backtest":
        raise DataError(
            f"the plot {plot.name!r} of {PLOTS.origin(plot.name)} reads a {plot.reads}: those of other distributions "
            "read a backtest"
        )

    @click.command(plot.name, cls=Command, help=plot.says)
    @backtest_source
    @picture_option
    def command(scores: Callable[..., pd.DataFrame]) -> Any:
        return plot.draw(scores(None))

    return command


@click.group("plot", cls=PlotGroup)
def plot_group() -> None:
    """Draw forecasts, backtests, questions: FILE.png or FILE.svg, legible at 800 pixels."""


def picture_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``-o FILE.png|svg``: the command receives ``picture`` and returns the figure, which is written there."""

    @click.option(
        "-o",
        "--output",
        "picture",
        required=True,
        metavar="FILE.png|svg",
        type=click.Path(dir_okay=False, path_type=Path),
        help="The picture.",
    )
    @functools.wraps(command)
    def wrapped(*args: Any, picture: Path, **kwargs: Any) -> None:

        check_suffix(picture)
        write(as_bytes(command(*args, **kwargs), picture.suffix), picture)

    return wrapped


def backtest_source(command: Callable[..., Any]) -> Callable[..., Any]:
    """``[BACKTEST.csv]`` or ``--target``: the command receives ``scores``, a backtest yet to be read."""

    @click.argument("backtest", required=False, metavar="[BACKTEST.csv]", type=click.Path(exists=True, path_type=Path))
    @click.option("--target", multiple=True, metavar="MODEL", help="Without a file: forecast this known model now.")
    @functools.wraps(command)
    def wrapped(*args: Any, backtest: Path | None, target: tuple[str, ...], **kwargs: Any) -> Any:
        def scores(predictors: str | None = "default") -> pd.DataFrame:

            if (backtest is None) == (not target):
                raise UsageError(
                    "give a file that `forecast backtest --format csv -o FILE` wrote, or else a known --target MODEL"
                )
            return backtest_now(target, predictors) if backtest is None else read_backtest(backtest)

        return command(*args, scores=scores, **kwargs)

    return wrapped


def backtest_now(target: tuple[str, ...], predictors: str | None) -> pd.DataFrame:
    """A backtest of known models of the bundled figures."""

    names = chosen(predictors)
    tables = load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics)
    found = backtest(panel, folds_of(panel, "next-scale", target), names, cache=cache_folder(), progress=note)
    if found.empty:
        raise ForecastError(f"no score of {', '.join(target)} has history to forecast it from: choose another model")
    return found


_predictor_of_backtest = click.option("--predictor", help="Whose forecasts.  [default: stack, else the first]")


@plot_group.command("task")
@click.argument("task")
@target_options
@click.option("--benchmark", help="Of this benchmark, where several have the task.")
@click.option("--predictor", default="stack", show_default=True, help="How to predict.")
@click.option("--results", multiple=True, metavar="PATH", help="Your results, as RESULTS of `forecast predict`.")
@click.option("--before", is_flag=True, help="Leave the target's own score out, where it is known.")
@picture_option
def plot_task(
    task: str,
    family: str,
    params: float | None,
    train_tokens: float | None,
    train_flops: float | None,
    as_of: pd.Timestamp | None,
    benchmark: str | None,
    predictor: str,
    results: tuple[str, ...],
    before: bool,
) -> Any:
    """All scores of TASK against scale, with the forecast of an upcoming model and, once known, its score.

    \b
    Example:
        forecast plot task logical_deduction --family PaLM --params 540e9 -o task.png
    """

    make(predictor)
    tables = Inputs(results, None, None, None, False, False, (), (), "").load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics)
    target, notes = upcoming_target(panel, family, params, train_tokens, train_flops, as_of)
    for sentence in notes:
        note(sentence)
    upcoming = predict_upcoming(
        panel, target, predictor=predictor, as_of=as_of, benchmark=benchmark, tasks=(task,), cache=cache_folder()
    )
    view, others = task_view(panel, upcoming)
    if others:
        note(
            f"measured in {len(others) + 1} settings, the one with most scores is drawn; also: {'; '.join(others[:5])}"
        )
    return draw_task(view.scores, view.forecast, None if before else view.truth)


@plot_group.command("gains")
@backtest_source
@_predictor_of_backtest
@picture_option
def plot_gains(scores: Callable[..., pd.DataFrame], predictor: str | None) -> Any:
    """Predicted against actual gains of known models, a panel a benchmark.

    \b
    Example:
        forecast plot gains --target "PaLM 540B" -o gains.png
        forecast plot gains backtest.csv --predictor drift -o gains.svg
    """

    return draw_gains(of_predictor(scores(), predictor))


@plot_group.command("coverage")
@backtest_source
@_predictor_of_backtest
@click.option("--by", default="benchmark", show_default=True, help="benchmark, line, family, distance, predictor, ...")
@picture_option
def plot_coverage(scores: Callable[..., pd.DataFrame], predictor: str | None, by: str) -> Any:
    """How often the 50, 80 and 90% intervals held the score, group by group.

    \b
    Example:
        forecast plot coverage backtest.csv --by line -o coverage.png
    """

    table = scores()
    return draw_coverage(table if by == "predictor" and predictor is None else of_predictor(table, predictor), by=by)


@plot_group.command("skill")
@backtest_source
@click.option("--reference", help="Whom to compare with.  [default: pooled-law, else drift, else persistence]")
@picture_option
def plot_skill(scores: Callable[..., pd.DataFrame], reference: str | None) -> Any:
    """Skill of every predictor on every held-out line or model, and over all of them.

    \b
    Example:
        forecast plot skill backtest.csv -o skill.png
    """

    return draw_skill(scores(None), reference=reference)


_recorded_option = click.option("--recorded", is_flag=True, help="Instead: the ledger's settled forecasts.")


def settled_forecasts(ledger: str | None) -> pd.DataFrame:
    """The ledger's forecasts whose subject is settled, scored."""

    with open_ledger_at(ledger) as book:
        scored = record.score_record(book.forecasts(), book.resolutions(), book.questions())
    if scored.empty:
        raise ForecastError("no recorded forecast is settled yet: `forecast resolve` settles what the results decide")
    return scored


@plot_group.command("reliability")
@backtest_source
@_predictor_of_backtest
@_recorded_option
@ledger_option
@picture_option
def plot_reliability(
    scores: Callable[..., pd.DataFrame], predictor: str | None, recorded: bool, ledger: str | None
) -> Any:
    """What was said against what happened: probabilities of a gain in a backtest, or of recorded questions.

    \b
    Example:
        forecast plot reliability backtest.csv -o reliability.png
        forecast plot reliability --recorded -o reliability.png
    """

    if recorded:
        rows = settled_forecasts(ledger)
        rows = rows[rows["probability"].notna() & rows["status"].isin(["yes", "no"])]
        return draw_reliability(rows["outcome"].to_numpy(), rows["probability"].to_numpy(), of="Settled questions")
    rows = of_predictor(scores(), predictor)
    return draw_reliability(*gain_outcomes(rows), of=f"A gain over the origin, said by {rows['predictor'].iloc[0]}")


@plot_group.command("pit")
@backtest_source
@click.option("--predictor", multiple=True, help="Whose forecasts (repeatable, up to four).")
@_recorded_option
@ledger_option
@picture_option
def plot_pit(
    scores: Callable[..., pd.DataFrame], predictor: tuple[str, ...], recorded: bool, ledger: str | None
) -> Any:
    """Where outcomes fell in their forecasts: flat is calibrated.

    \b
    Example:
        forecast plot pit backtest.csv --predictor stack --predictor drift -o pit.png
    """

    if recorded:
        groups = {str(name): rows for name, rows in settled_forecasts(ledger).groupby("forecaster", sort=False)}
    else:
        table = scores(",".join(predictor) or "default")
        parts = [of_predictor(table, name) for name in predictor or (None,)]
        groups = {str(part["predictor"].iloc[0]): part for part in parts}
    return draw_pit({name: rows["pit"].to_numpy(dtype=float) for name, rows in groups.items()})


@plot_group.command("reversal")
@click.option("--family", multiple=True, required=True, help="Whose next model (repeatable, up to seven).")
@click.option(
    "--benchmark", default="inverse_scaling_prize", show_default=True, help="Of this benchmark; `all` for all."
)
@click.option("--event", type=click.Choice(("reversal", "recovery")), default="reversal", show_default=True)
@click.option("--predictor", default="stack", show_default=True, help="How to predict.")
@click.option("--as-of", type=DAY, help="Read only what was public on this day.")
@click.option("--results", multiple=True, metavar="PATH", help="Your results, as RESULTS of `forecast predict`.")
@picture_option
def plot_reversal(
    family: tuple[str, ...],
    benchmark: str,
    event: str,
    predictor: str,
    as_of: pd.Timestamp | None,
    results: tuple[str, ...],
) -> Any:
    """The probability that each falling task turns, against the size of the family's next model.

    \b
    Example:
        forecast plot reversal --family Gopher --family GPT-3 -o reversal.png
    """

    make(predictor)
    tables = Inputs(results, None, None, None, False, False, (), (), "").load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics)
    table = reversals_ahead(
        panel,
        family,
        predictor=predictor,
        benchmark=None if benchmark == "all" else benchmark,
        as_of=as_of,
        cache=cache_folder(),
        progress=note,
    )
    return draw_reversal(table, event=event)


@plot_group.command("question")
@click.argument("question_id", metavar="ID")
@as_of_option
@questions_option
@ledger_option
@picture_option
def plot_question(
    question_id: str, as_of: pd.Timestamp | None, question_files: tuple[Path, ...], ledger: str | None
) -> Any:
    """Our probability of a question over time, the crowd's, and the resolution.

    \b
    Example:
        forecast plot question neqa-resolves-2024 -o question.png
    """

    question = find_question(question_id, known_questions(question_files, ledger))
    found = resolve(question, evidence_of(load(frontier=True)), as_of=as_of or clock.now())
    recorded = None
    if ledger_exists(ledger):
        with open_ledger_at(ledger) as book:
            recorded = book.forecasts()
    resolved_on = None if found.known_on is None else pd.Timestamp(found.known_on)
    return draw_question(question, forecasts_of(question, recorded), outcome=found.value, resolved_on=resolved_on)


@plot_group.command("frontier")
@click.option("--by", "period", required=True, metavar="DATE", help="Last day drawn: a day, month, quarter or year.")
@click.option("--as-of", type=DAY, metavar="DATE", help="Only models released by then; today when not given.")
@click.option("--of", type=click.Choice(("compute", "params")), default="compute", show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the simulated futures.")
@picture_option
def plot_frontier(period: str, as_of: pd.Timestamp | None, of: str, seed: int) -> Any:
    """The largest public models by date, as known on a day, and what came after it.

    \b
    Example:
        forecast plot frontier --by 2026 --as-of 2022-11-15 -o frontier.png
    """

    known_at, last = (as_of or clock.now()).date(), parse_period(period)[1]
    found = frontier.bundled_frontier(known_at)
    if last <= found.until:
        raise UsageError(f"--by {period} is no later than what is known ({found.until}): give a later day")
    days = [day.date() for day in pd.date_range(found.until, last, periods=25)]
    models = frontier_models()
    size = frontier.train_flops(models) if of == "compute" else frontier.dense_params(models)
    return draw_frontier(
        models[["released"]].assign(size=size).dropna(),
        found.table(days, of=LARGEST_OF[of], n=5000, seed=seed),
        as_of=pd.Timestamp(known_at),
        until=pd.Timestamp(found.until),
    )
