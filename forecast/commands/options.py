"""Options that several commands share."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pandas as pd

import scale_forecast
from scale_forecast.commands.printing import AS_OF, FORMATS, OWN_DATA, RESULTS, Output, note
from scale_forecast.commands.types import DAY, SIZE, SIZES
from scale_forecast.data.dates import Reading, say_reading
from scale_forecast.data.errors import UsageError
from scale_forecast.data.load import Tables, load
from scale_forecast.data.readers import Layout
from scale_forecast.show.terminal import progress
from scale_forecast.workflow.clock import now
from scale_forecast.workflow.frontier import frontier_tables

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scale_forecast import Workers
    from scale_forecast.data.frontier import Frontier

AnyCommand = Callable[..., Any]
STATUSES = ("open", "yes", "no", "number", "date", "option", "ambiguous", "annulled")
FILE = click.Path(dir_okay=False, path_type=Path)
EXISTING = click.Path(exists=True, path_type=Path)


def output_options(command: AnyCommand) -> AnyCommand:
    """``--format`` and ``-o``: the command receives one argument, ``out``."""

    @click.option(
        "--format", "format_", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print."
    )
    @click.option("-o", "--output", type=FILE, help="Write to a file instead of stdout.")
    @functools.wraps(command)
    def wrapper(*args: Any, format_: str, output: Path | None, **kwargs: Any) -> Any:
        return command(*args, out=Output(format_, output), **kwargs)

    return wrapper


@dataclass(frozen=True)
class Inputs:
    """Where a command takes its results from, and how they are read."""

    paths: tuple[str, ...]
    tasks: str | None
    models: str | None
    as_model: str | None
    layout: Layout

    def load(
        self,
        *,
        several_sources: bool = False,
        frontier: bool = False,
        coverage: str | None = None,
        reading: Reading = Reading.DATED,
        by_size: bool = True,
    ) -> Tables:
        """The user's results joined with the bundled figures; the bundled figures alone without paths."""
        tables = load(
            self.paths,
            tasks=self.tasks,
            models=self.models,
            layout=self.layout,
            model=self.as_model,
            stdin=sys.stdin.buffer,
            several_sources=several_sources,
            frontier=frontier and _by_date(),
            coverage=coverage,
            reading=reading,
            by_size=by_size,
        )
        if said := say_reading(reading):
            note(said)
        for sentence in tables.notes:
            note(sentence)
        click.get_current_context().meta[RESULTS] = tables.results
        return tables

    def load_by_date(self, reading: Reading = Reading.DATED) -> Tables | None:
        """The same for what goes by date, where nobody misses a size; None without paths."""
        return self.load(reading=reading, by_size=False) if self.paths else None


def _by_date() -> Frontier:
    """The tables by date of this command: the bundled ones with the user's own, as its options say."""
    meta = click.get_current_context().meta
    return frontier_tables(meta.get(AS_OF), **own_data())


def pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    """Texts ``FIELD=VALUE`` as a mapping."""
    found = {}
    for text in texts:
        ours, sign, theirs = text.partition("=")
        if not sign or not ours.strip() or not theirs.strip():
            raise UsageError(f"{option} {text!r} is not of the form FIELD=VALUE, such as model=Name")
        found[ours.strip()] = theirs.strip()
    return found


def data_option(command: AnyCommand) -> AnyCommand:
    """``--data``: shared by every command that reads or writes the user's own data."""
    return click.option(
        "--data",
        envvar="FORECAST_DATA",
        show_envvar=True,
        metavar="FOLDER",
        type=click.Path(file_okay=False, path_type=Path),
        callback=_remember_own,
        expose_value=False,
        help="Your own data (`forecast data add`, `data update`). A folder of your own when not given.",
    )(command)


def own_data_options(command: AnyCommand) -> AnyCommand:
    """``--data`` and ``--bundled``: which of the user's own data a command reads; `own_data` gives them on."""
    told = "Read the bundled tables alone, without what you added or fetched."
    bundled = click.option("--bundled", is_flag=True, callback=_remember_own, expose_value=False, help=told)
    return data_option(bundled(command))


def _remember_own(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    context.meta.setdefault(OWN_DATA, {})[parameter.name] = value


def own_data() -> dict[str, Any]:
    """What the present command was told of the user's own data, as arguments of the workflow."""
    return dict(click.get_current_context().meta.get(OWN_DATA, {}))


def input_options(command: AnyCommand) -> AnyCommand:
    """``[RESULTS]...`` and how to read them: the command receives one argument, ``inputs``."""
    return _reading(command, click.argument("results", nargs=-1, metavar="[RESULTS]..."))


def results_options(command: AnyCommand) -> AnyCommand:
    """The same where a command's arguments are something else: ``--results PATH``, repeated."""
    told = "Your results, as RESULTS of `forecast predict` (repeatable)."
    return _reading(command, click.option("--results", multiple=True, metavar="PATH", help=told))


def _reading(command: AnyCommand, results_from: AnyCommand) -> AnyCommand:
    @results_from
    @click.option("--tasks", metavar="FILE", help="Descriptors of your tasks: a table, or a folder of BIG-bench tasks.")
    @click.option("--models", metavar="FILE", help="Sizes and families of your models (columns model, params, ...).")
    @click.option("--as-model", metavar="NAME", help="What to call the model of result files that name none.")
    @click.option("--wide", is_flag=True, help="Tables have one column a task and one row a model.")
    @click.option("--percent", is_flag=True, help="Scores in tables are percentages.")
    @click.option("--scale", type=float, metavar="TOP", help="Scores whose scale no file states run from 0 to TOP.")
    @click.option("--column", multiple=True, metavar="FIELD=NAME", help="Which column of a table is our FIELD.")
    @click.option("--set", "set_", multiple=True, metavar="FIELD=VALUE", help="The value of FIELD for all of a table.")
    @click.option("--task-columns", default="", metavar="A,B", help="With --wide: the columns that are tasks.")
    @own_data_options
    @functools.wraps(command)
    def wrapper(
        *args: Any,
        results: tuple[str, ...],
        tasks: str | None,
        models: str | None,
        as_model: str | None,
        wide: bool,
        percent: bool,
        scale: float | None,
        column: tuple[str, ...],
        set_: tuple[str, ...],
        task_columns: str,
        **kwargs: Any,
    ) -> Any:
        layout = Layout(
            wide=wide,
            percent=percent,
            scale=scale,
            columns=pairs(column, "--column"),
            constants=pairs(set_, "--set"),
            task_columns=tuple(t.strip() for t in task_columns.split(",") if t.strip()),
        )
        return command(*args, inputs=Inputs(results, tasks, models, as_model, layout), **kwargs)

    return wrapper


def workers_options(*, jobs: int = 1, threads: bool = False) -> Callable[[AnyCommand], AnyCommand]:
    """``--jobs`` and ``--dask``: the command receives one argument, ``workers``."""

    def decorate(command: AnyCommand) -> AnyCommand:
        what = "Threads" if threads else "Processes"
        told = f"{what} to use; the result is the same."

        @click.option("--jobs", type=click.IntRange(1), default=jobs, show_default=True, help=told)
        @click.option("--dask", metavar="ADDRESS", help="Work on the Dask cluster at tcp://host:port instead.")
        @functools.wraps(command)
        def wrapper(*args: Any, jobs: int, dask: str | None, **kwargs: Any) -> Any:
            return command(*args, workers=scale_forecast.Workers(jobs, dask, threads), **kwargs)

        return wrapper

    return decorate


@contextmanager
def show_progress(workers: Workers, what: str = "learning from past forecasts") -> Iterator[Workers]:
    """Workers whose progress is a bar on a terminal."""
    with progress(what) as bar:
        yield replace(workers, progress=bar)


def profiles_option(command: AnyCommand) -> AnyCommand:
    """``--profiles``: what item-level logs say beside the scores."""
    return click.option(
        "--profiles", metavar="FILE", help="Profiles of items, as `forecast data logs --profile` writes them."
    )(command)


def ledger_option(command: AnyCommand) -> AnyCommand:
    """``--ledger``: shared by every command that reads or writes the ledger."""
    return click.option(
        "--ledger",
        envvar="FORECAST_LEDGER",
        show_envvar=True,
        metavar="PATH|URL",
        help="The ledger: a file, or postgresql://user@host/database. A file of your own when not given.",
    )(command)


def as_of_option(told: str, *, today: bool = False) -> Callable[[AnyCommand], AnyCommand]:
    """``--as-of``: the day whose knowledge counts; all days when not given, or with ``today`` the present one."""

    def remember(context: click.Context, _: click.Parameter, day: pd.Timestamp | None) -> pd.Timestamp | None:
        context.meta[AS_OF] = now() if day is None and today else day
        return day

    return click.option("--as-of", type=DAY, metavar="DATE", callback=remember, help=told)


judging_as_of = as_of_option("Judge by what was public on this day.  [default: now]", today=True)
pricing_as_of = as_of_option("Know only what was public on this day.  [default: today]", today=True)
reading_as_of = as_of_option("Read only what was public on this day.")


def sizes_options(command: AnyCommand) -> AnyCommand:
    """``--family`` and one size or several."""
    return size_options(command, several=True)


def target_options(command: AnyCommand) -> AnyCommand:
    """Which upcoming model: ``--family``, its size, and what may be known."""
    return size_options(command, family_required=True)


def size_options(command: AnyCommand, *, family_required: bool = False, several: bool = False) -> AnyCommand:
    """``--family`` and the size (or ``several``) of an upcoming model, where another option may say which it is."""
    told = "Its parameters, such as 540B or 540e9"

    @click.option("--family", required=family_required, help="Family of the upcoming model.")
    @click.option(
        "--params",
        type=SIZES if several else SIZE,
        help=f"{told}; several sizes as 1T,5T." if several else f"{told}.",
    )
    @click.option("--train-tokens", type=SIZE, help="Its training tokens; else inferred from the family.")
    @click.option("--train-flops", type=SIZE, help="Its training compute; else 6 x params x tokens.")
    @reading_as_of
    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return command(*args, **kwargs)

    return wrapper


def questions_option(command: AnyCommand) -> AnyCommand:
    """``--questions``: files beside the bundled bank and the ledger's questions."""
    told = "Questions of this YAML file, or of a folder, too; repeat for more."
    return click.option("-q", "--questions", multiple=True, metavar="FILE", type=EXISTING, help=told)(command)


def seed_option(of: str = "Of the simulated futures.") -> Callable[[AnyCommand], AnyCommand]:
    """``--seed``, 0 when not given."""
    return click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help=of)


predictor_option = click.option(
    "--predictor", default="stack", show_default=True, help="How to predict; see `forecast backtest`."
)


def reach_options(command: AnyCommand) -> AnyCommand:
    """Which score of which task, who is to reach it, and what is known: of `reach` and of its picture."""
    for option in (
        seed_option(),
        predictor_option,
        pricing_as_of,
        click.option("--any", "anybody", is_flag=True, help="By new families too, and by date of whoever is first."),
        click.option("--family", metavar="NAME", help="By models of this family; of all with scores when not given."),
        click.argument("score", required=False),
        click.argument("task"),
    ):
        command = option(command)
    return command


def curve_options(command: AnyCommand) -> AnyCommand:
    """Which curves are fitted, from which columns, and how: of `curves fit` and of their picture."""
    told = (
        "loss: any positive scale, lower is better; accuracy: in [0, 1], higher is better.  [default: by the name of y]"
    )
    there = "Predict each curve there too, as 1e24 or 70B; repeatable."
    for option in (
        click.option("--at", multiple=True, metavar="X", help=there),
        click.option("-y", "y", metavar="COLUMN", help="The column of y (loss or accuracy); default: y."),
        click.option("-x", "x", metavar="COLUMN", help="The column of x (compute, parameters, tokens); default: x."),
        click.option("--kind", type=click.Choice(("loss", "accuracy")), help=told),
        click.option(
            "--form", default="auto", show_default=True, help="auto, bnsl, or a form of `forecast curves list`."
        ),
        click.argument("curves", metavar="CURVES", type=click.Path(exists=True, dir_okay=False, allow_dash=True)),
    ):
        command = option(command)
    return command


def coming_options(command: AnyCommand) -> AnyCommand:
    """``--model`` and what is said of it: a coming model by its day of release, whose size nobody publishes."""
    tiers = click.Choice(("flagship", "mid", "small", "nano"))
    for option in (
        click.option("--reasoning/--no-reasoning", default=None, help="With --model: does it reason?"),
        click.option("--tier", type=tiers, help="With --model: its tier."),
        click.option("--product-line", "line", help="With --model: its line, such as 'Claude Opus'."),
        click.option("--organisation", help="With --model: who makes it; else as the newest model of a like name."),
        click.option("--released", metavar="DATE", help="With --model: day, month, quarter or year of its release."),
        click.option("--model", metavar="NAME", help="By date: a coming model whose size nobody publishes."),
    ):
        command = option(command)
    return command


def whose_options(command: AnyCommand) -> AnyCommand:
    """Whose records: ``organisation``, ``line`` and ``open_weights``; everybody's without."""
    for option in (
        click.option("--open-weights", is_flag=True, help="The record of models whose weights are open."),
        click.option(
            "--product-line", "line", multiple=True, metavar="NAME", help="The record of this line (repeatable)."
        ),
        click.option(
            "--organisation", multiple=True, metavar="NAME", help="The record of this organisation (repeatable)."
        ),
    ):
        command = option(command)
    return command


def dates_options(command: AnyCommand) -> AnyCommand:
    """``--release-dates`` and ``--strict-dates``: the command receives one argument, ``reading`` of `data.dates`."""

    @click.option(
        "--release-dates", is_flag=True, help="Days as they stand, which for half the scores by date is optimistic."
    )
    @click.option("--strict-dates", is_flag=True, help="Count a score only from when a source was seen to hold it.")
    @functools.wraps(command)
    def wrapper(*args: Any, release_dates: bool, strict_dates: bool, **kwargs: Any) -> Any:
        if release_dates and strict_dates:
            raise UsageError("--release-dates and --strict-dates read the same days in two ways: give one of them")
        reading = Reading.RELEASE if release_dates else Reading.STRICT if strict_dates else Reading.DATED
        return command(*args, reading=reading, **kwargs)

    return wrapper
