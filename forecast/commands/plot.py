"""`forecast plot`: draw forecasts, backtests and questions."""

from __future__ import annotations

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import scale_forecast
from scale_forecast.commands.groups import Command, Group, one_sentence
from scale_forecast.commands.options import (
    EXISTING,
    FILE,
    AnyCommand,
    Inputs,
    as_of_option,
    curve_options,
    dates_options,
    judging_as_of,
    ledger_option,
    own_data,
    predictor_option,
    questions_option,
    reach_options,
    reading_as_of,
    results_options,
    seed_option,
    target_options,
    whose_options,
)
from scale_forecast.commands.printing import note, write
from scale_forecast.data.errors import DataError
from scale_forecast.show.plots.style import as_bytes, check_suffix

if TYPE_CHECKING:
    from scale_forecast import Tables


class PlotGroup(Group):
    """The plots of this module, and those of other distributions that are drawn from a backtest."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        with one_sentence(ctx):
            return sorted({*super().list_commands(ctx), *scale_forecast.PLOTS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if (command := super().get_command(ctx, cmd_name)) or cmd_name not in scale_forecast.PLOTS:
            return command
        with one_sentence(ctx):
            return plot_of_a_backtest(cmd_name)


def plot_of_a_backtest(name: str) -> click.Command:
    """The command of a plot that another distribution brings."""
    plot = scale_forecast.PLOTS[name]
    if plot.reads != "backtest":
        origin = scale_forecast.PLOTS.origin(name)
        raise DataError(
            f"the plot {name!r} of {origin} reads a {plot.reads}: those of other distributions read a backtest"
        )

    @click.command(name, cls=Command, help=plot.says)
    @backtest_source
    @picture_option
    def command(inputs: Inputs, backtest: Path | None, **about: Any) -> Any:
        return scale_forecast.plot_backtest(name, backtest, _read(inputs, backtest), tell=note, **about)

    return command


@click.group("plot", cls=PlotGroup)
def plot_group() -> None:
    """Draw forecasts, backtests, questions: FILE.png or FILE.svg, legible at 800 pixels."""


def picture_option(command: AnyCommand) -> AnyCommand:
    """``-o FILE.png|svg``: the command receives ``picture`` and returns the figure, which is written there."""

    @click.option(
        "-o",
        "--output",
        "picture",
        required=True,
        metavar="FILE.png|svg",
        type=FILE,
        help="The picture.",
    )
    @functools.wraps(command)
    def wrapper(*args: Any, picture: Path, **kwargs: Any) -> None:

        check_suffix(picture)
        write(as_bytes(command(*args, **kwargs), picture.suffix), picture)

    return wrapper


def backtest_source(command: AnyCommand) -> AnyCommand:
    """``[BACKTEST.csv]`` or ``--target``: the command receives ``scores``, a backtest yet to be read."""
    return results_options(
        click.argument("backtest", required=False, metavar="[BACKTEST.csv]", type=EXISTING)(
            click.option(
                "--target", multiple=True, metavar="MODEL", help="Without a file: forecast this known model now."
            )(command)
        )
    )


_predictor_of_backtest = click.option("--predictor", help="Whose forecasts.  [default: stack, else the first]")


@plot_group.command("task")
@click.argument("task")
@target_options
@click.option("--benchmark", help="Of this benchmark, where several have the task.")
@predictor_option
@results_options
@click.option("--before", is_flag=True, help="Leave the target's own score out, where it is known.")
@picture_option
def plot_task(task: str, inputs: Inputs, **about: Any) -> Any:
    """All scores of TASK against scale, with the forecast of an upcoming model and, once known, its score.

    \b
    Example:
        forecast plot task logical_deduction --family PaLM --params 540e9 -o task.png
    """
    return scale_forecast.plot_task(task, inputs.load(), tell=note, **about)


@plot_group.command("gains")
@backtest_source
@_predictor_of_backtest
@picture_option
def plot_gains(inputs: Inputs, backtest: Path | None, **about: Any) -> Any:
    """Predicted against actual gains of known models, a panel a benchmark.

    \b
    Example:
        forecast plot gains --target "PaLM 540B" -o gains.png
        forecast plot gains backtest.csv --predictor drift -o gains.svg
    """
    return scale_forecast.plot_gains(backtest, _read(inputs, backtest), tell=note, **about)


@plot_group.command("coverage")
@backtest_source
@_predictor_of_backtest
@click.option("--by", default="benchmark", show_default=True, help="benchmark, line, family, distance, predictor, ...")
@picture_option
def plot_coverage(inputs: Inputs, backtest: Path | None, **about: Any) -> Any:
    """How often the 50, 80 and 90% intervals held the score, group by group.

    \b
    Example:
        forecast plot coverage backtest.csv --by line -o coverage.png
    """
    return scale_forecast.plot_coverage(backtest, _read(inputs, backtest), tell=note, **about)


@plot_group.command("skill")
@backtest_source
@click.option("--reference", help="Whom to compare with.  [default: pooled-law, else drift, else persistence]")
@picture_option
def plot_skill(inputs: Inputs, backtest: Path | None, **about: Any) -> Any:
    """Skill of every predictor on every held-out line or model, and over all of them.

    \b
    Example:
        forecast plot skill backtest.csv -o skill.png
    """
    return scale_forecast.plot_skill(backtest, _read(inputs, backtest), tell=note, **about)


_recorded_option = click.option("--recorded", is_flag=True, help="Instead: the ledger's settled forecasts.")


@plot_group.command("reliability")
@backtest_source
@_predictor_of_backtest
@_recorded_option
@ledger_option
@picture_option
def plot_reliability(inputs: Inputs, backtest: Path | None, **about: Any) -> Any:
    """What was said against what happened: probabilities of a gain in a backtest, or of recorded questions.

    \b
    Example:
        forecast plot reliability backtest.csv -o reliability.png
        forecast plot reliability --recorded -o reliability.png
    """
    return scale_forecast.plot_reliability(backtest, _read(inputs, backtest), tell=note, **about)


@plot_group.command("pit")
@backtest_source
@click.option("--predictor", multiple=True, help="Whose forecasts (repeatable, up to four).")
@_recorded_option
@ledger_option
@picture_option
def plot_pit(inputs: Inputs, backtest: Path | None, **about: Any) -> Any:
    """Where outcomes fell in their forecasts: flat is calibrated.

    \b
    Example:
        forecast plot pit backtest.csv --predictor stack --predictor drift -o pit.png
    """
    return scale_forecast.plot_pit(backtest, _read(inputs, backtest), tell=note, **about)


@plot_group.command("reversal")
@click.option("--family", multiple=True, required=True, help="Whose next model (repeatable, up to seven).")
@click.option(
    "--benchmark", default="inverse_scaling_prize", show_default=True, help="Of this benchmark; `all` for all."
)
@click.option("--event", type=click.Choice(("reversal", "recovery")), default="reversal", show_default=True)
@predictor_option
@reading_as_of
@results_options
@picture_option
def plot_reversal(inputs: Inputs, **about: Any) -> Any:
    """The probability that each falling task turns, against the size of the family's next model.

    \b
    Example:
        forecast plot reversal --family Gopher --family GPT-3 -o reversal.png
    """
    return scale_forecast.plot_reversal(results=inputs.load(), tell=note, **about)


@plot_group.command("question")
@click.argument("question_id", metavar="ID")
@results_options
@judging_as_of
@questions_option
@ledger_option
@picture_option
def plot_question(question_id: str, inputs: Inputs, **about: Any) -> Any:
    """Our probability of a question over time, the crowd's, and the resolution.

    \b
    Example:
        forecast plot question neqa-resolves-2024 -o question.png
    """
    return scale_forecast.plot_question(question_id, inputs.load(frontier=True), tell=note, **about)


@plot_group.command("largest")
@click.option("--by", required=True, metavar="DATE", help="Last day drawn: a day, month, quarter or year.")
@as_of_option("Only models released by then; today when not given.", today=True)
@click.option("--of", type=click.Choice(("compute", "params")), default="compute", show_default=True)
@seed_option()
@picture_option
def plot_largest(**about: Any) -> Any:
    """The largest public models by date, as known on a day, and what came after it.

    \b
    Example:
        forecast plot largest --by 2026 --as-of 2022-11-15 -o largest.png
    """
    return scale_forecast.plot_largest(**about)


@plot_group.command("records")
@results_options
@click.option("--by", required=True, metavar="DATE", help="Last day drawn: a day, month, quarter or year.")
@click.option("--benchmark", "benchmarks", multiple=True, metavar="NAME", help="Only this benchmark (repeatable).")
@whose_options
@as_of_option("Only what was known on this day.  [default: today]", today=True)
@dates_options
@seed_option()
@picture_option
def plot_records(inputs: Inputs, **about: Any) -> Any:
    """Known scores of benchmarks by date, their records, and the fan of what is to come.

    \b
    Example:
        forecast plot records --by 2027-06 --benchmark "Humanity's Last Exam" --benchmark "GPQA Diamond" -o records.png
    """
    return scale_forecast.plot_records(results=inputs.load_by_date(), tell=note, **own_data(), **about)


@plot_group.command("index")
@results_options
@as_of_option("Only what was known on this day.  [default: today]", today=True)
@dates_options
@picture_option
def plot_index(inputs: Inputs, **about: Any) -> Any:
    """The capability index of every model by its day of release, those named that led.

    \b
    Example:
        forecast plot index -o index.png
    """
    return scale_forecast.plot_index(inputs.load_by_date(), tell=note, **own_data(), **about)


@plot_group.command("reach")
@reach_options
@results_options
@picture_option
def plot_reach(inputs: Inputs, **about: Any) -> Any:
    """The probability that TASK reaches SCORE within so much compute, so many parameters, and by a day.

    \b
    Example:
        forecast plot reach logical_deduction human --family PaLM --as-of 2022-11-15 -o reach.png
    """
    return scale_forecast.plot_reach(results=inputs.load(), tell=note, **about)


@plot_group.command("curves")
@curve_options
@picture_option
def plot_curves(curves: str, **about: Any) -> Any:
    """Fitted curves with what was measured, and the fan along them: the first of CURVES.

    \b
    Example:
        forecast plot curves runs.csv -x compute -y loss --at 1e24 -o curves.png
    """
    return scale_forecast.plot_curves(curves, stdin=sys.stdin.buffer, tell=note, **about)


def _read(inputs: Inputs, backtest: Path | None) -> Tables | None:
    """The results that known models are forecast from; nothing where a file holds their backtest."""
    return inputs.load() if backtest is None else None
