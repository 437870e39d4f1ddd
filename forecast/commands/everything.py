"""The door: every command reads its arguments, makes one call, and prints.

Heavy libraries are imported inside the commands, so that ``forecast --help`` answers at once.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scale_forecast.data.errors import DataError, ForecastError, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from scale_forecast.data.load import Tables
    from scale_forecast.data.readers import Layout, Loaded
    from scale_forecast.parallel import Workers
    from scale_forecast.pricing import Price
    from scale_forecast.resolvers.judge.evidence import Evidence
    from scale_forecast.resolvers.ledger import Ledger
    from scale_forecast.resolvers.markets.compare import Purse
    from scale_forecast.resolvers.markets.journal import Request
    from scale_forecast.resolvers.markets.market import Market
    from scale_forecast.resolvers.markets.service import Answer
    from scale_forecast.resolvers.questions.question import Question
    from scale_forecast.show.terminal import View
    from scale_forecast.upcoming import Upcoming

FORMATS = ("table", "csv", "json")
STATUSES = ("open", "yes", "no", "number", "ambiguous", "annulled")
EVIDENCE_SHOWN = ["model", "task", "score", "known_on", "source"]


_TYPED = "forecast.typed"
"""Where a command's context keeps its arguments as they were typed."""


class _Command(click.Command):
    """A command whose `ForecastError` becomes one sentence on stderr: exit 2 for usage, 1 for data."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_TYPED] = tuple(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UsageError as error:
            raise click.UsageError(str(error), ctx) from error
        except ForecastError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(0) from None


class _Group(click.Group):
    command_class = _Command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from scale_forecast.data.names import did_you_mean

            raise click.UsageError(f"no command {args[0]!r}{did_you_mean(args[0], self.commands)}", ctx) from error


class _Size(click.ParamType):
    """A size such as 540B, 540e9 or 1.3T."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        from scale_forecast.data.sizes import parse_size

        try:
            return parse_size(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


class _Day(click.ParamType):
    """A date such as 2022-11-15; a month or year alone means its first day."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> pd.Timestamp:
        import pandas as pd

        if isinstance(value, pd.Timestamp):
            return value
        try:
            return pd.to_datetime(str(value), format="ISO8601").tz_localize(None).normalize()
        except ValueError:
            self.fail(f"{value!r} is not a date: write it as YYYY-MM-DD", param, ctx)


class _Bytes(click.ParamType):
    """An amount of memory such as 500MB or 2GB."""

    name = "bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([MG])i?B?\s*", str(value), re.IGNORECASE)
        size = float(match[1]) * (1 << (20 if match[2].upper() == "M" else 30)) if match else 0
        if size < 1 << 26:
            self.fail(f"{value!r} is no amount of memory of 64MB or more: write it as 500MB or 2GB", param, ctx)
        return int(size)


SIZE = _Size()
BYTES = _Bytes()
DAY = _Day()


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--format`` and ``-o``: shared by every command that prints a table."""

    format_option = click.option(
        "--format", "format_", type=click.Choice(FORMATS), default="table", show_default=True, help="How to print."
    )
    output_option = click.option(
        "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file instead of stdout."
    )
    return format_option(output_option(command))


@dataclasses.dataclass(frozen=True)
class Inputs:
    """Where a command takes its results from; `load` reads them and says on stderr what was inferred."""

    paths: tuple[str, ...]
    tasks: str | None
    models: str | None
    as_model: str | None
    wide: bool
    percent: bool
    columns: tuple[str, ...]
    constants: tuple[str, ...]
    task_columns: str

    def load(self, *, several_sources: bool = False) -> Tables:
        """The user's results joined with the bundled figures; the bundled figures alone without paths."""
        from scale_forecast.data.load import load

        tables = load(
            self.paths,
            tasks=self.tasks,
            models=self.models,
            layout=self._layout(),
            model=self.as_model,
            stdin=sys.stdin.buffer,
            several_sources=several_sources,
        )
        for sentence in tables.notes:
            note(sentence)
        return tables

    def read(self) -> Loaded:
        """The user's results alone."""
        from scale_forecast.data.readers import read, read_models

        models = read_models(self.models) if self.models else None
        stdin = sys.stdin.buffer
        loaded = read(self.paths, models=models, layout=self._layout(), model=self.as_model, stdin=stdin)
        for sentence in loaded.notes:
            note(sentence)
        return loaded

    def _layout(self) -> Layout:
        from scale_forecast.data.readers import Layout

        return Layout(
            wide=self.wide,
            percent=self.percent,
            columns=_pairs(self.columns, "--column"),
            constants=_pairs(self.constants, "--set"),
            task_columns=tuple(t.strip() for t in self.task_columns.split(",") if t.strip()),
        )


def _pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        ours, sign, theirs = text.partition("=")
        if not sign or not ours.strip() or not theirs.strip():
            raise UsageError(f"{option} {text!r} is not of the form FIELD=VALUE, such as model=Name")
        pairs[ours.strip()] = theirs.strip()
    return pairs


def input_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``[RESULTS]...`` and how to read them: the command receives one argument, ``inputs``."""

    @click.argument("results", nargs=-1, metavar="[RESULTS]...")
    @click.option("--tasks", metavar="FILE", help="Descriptors of your tasks: a table, or a folder of BIG-bench tasks.")
    @click.option("--models", metavar="FILE", help="Sizes and families of your models (columns model, params, ...).")
    @click.option("--as-model", metavar="NAME", help="What to call the model of result files that name none.")
    @click.option("--wide", is_flag=True, help="Tables have one column a task and one row a model.")
    @click.option("--percent", is_flag=True, help="Scores in tables are percentages.")
    @click.option("--column", multiple=True, metavar="FIELD=NAME", help="Which column of a table is our FIELD.")
    @click.option("--set", "set_", multiple=True, metavar="FIELD=VALUE", help="The value of FIELD for all of a table.")
    @click.option("--task-columns", default="", metavar="A,B", help="With --wide: the columns that are tasks.")
    @functools.wraps(command)
    def wrapped(
        *args: Any,
        results: tuple[str, ...],
        tasks: str | None,
        models: str | None,
        as_model: str | None,
        wide: bool,
        percent: bool,
        column: tuple[str, ...],
        set_: tuple[str, ...],
        task_columns: str,
        **kwargs: Any,
    ) -> Any:
        inputs = Inputs(results, tasks, models, as_model, wide, percent, column, set_, task_columns)
        return command(*args, inputs=inputs, **kwargs)

    return wrapped


def workers_options(*, jobs: int = 1, threads: bool = False) -> Callable[..., Any]:
    """``--jobs`` and ``--dask``: the command receives one argument, ``workers``."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        what = "Threads" if threads else "Processes"
        jobs_help = f"{what} to use; the result is the same."

        @click.option("--jobs", type=click.IntRange(1), default=jobs, show_default=True, help=jobs_help)
        @click.option("--dask", metavar="ADDRESS", help="Work on the Dask cluster at tcp://host:port instead.")
        @functools.wraps(command)
        def wrapped(*args: Any, jobs: int, dask: str | None, **kwargs: Any) -> Any:
            from scale_forecast.parallel import Workers

            return command(*args, workers=Workers(jobs, dask, threads), **kwargs)

        return wrapped

    return decorate


def profiles_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--profiles``: what item-level logs say beside the scores."""
    return click.option(
        "--profiles", metavar="FILE", help="Profiles of items, as `forecast data logs --profile` writes them."
    )(command)


def _profiles(path: str | None, tables: Tables, predictors: Sequence[str] = ()) -> pd.DataFrame | None:
    """The profiles a user gives, if any; says so where none of the predictors asked for reads them."""
    if path is None:
        return None
    from scale_forecast.data.profiles import read_profiles
    from scale_forecast.predictors.registry import PREDICTORS

    profiles, said = read_profiles(path, tables.results)
    note(said)
    reading = [name for name, cls in PREDICTORS.items() if cls.reads_profiles]
    if predictors and not set(reading) & set(predictors):
        note(f"{', '.join(predictors)} does not read --profiles: ask {' or '.join(reading)}")
    return profiles


def ledger_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--ledger``: shared by every command that reads or writes the ledger."""
    return click.option(
        "--ledger",
        envvar="FORECAST_LEDGER",
        show_envvar=True,
        metavar="PATH|URL",
        help="The ledger: a file, or postgresql://user@host/database. A file of your own when not given.",
    )(command)


def open_ledger_at(where: str | None, *, create: bool = False) -> Ledger:
    """The ledger a command was given, or the user's own."""
    from platformdirs import user_data_path

    from scale_forecast.resolvers.ledger import open_ledger

    return open_ledger(where or user_data_path("scale-forecast") / "ledger.db", create=create)


def ledger_exists(where: str | None) -> bool:
    """False where a ledger would first have to be made."""
    from platformdirs import user_data_path

    return "://" in (where or "") or Path(where or user_data_path("scale-forecast") / "ledger.db").expanduser().exists()


def now() -> datetime:
    """The one reading of the clock."""
    return datetime.now(UTC)


def emit(
    table: pd.DataFrame,
    format_: str,
    output: Path | None,
    *,
    title: str | None = None,
    show: pd.DataFrame | None = None,
    view: Callable[[], View] | None = None,
) -> None:
    """Print a table as asked; ``show`` is the readable selection, where it differs from the data.

    ``view`` makes what a terminal shows instead, with pictures of a line's height.
    """
    from scale_forecast.show.terminal import as_text, is_terminal

    if format_ == "csv":
        text = csv_of(table)
    elif format_ == "json":
        text = table.to_json(orient="records", date_format="iso", indent=1, double_precision=15) + "\n"
    elif view is not None and output is None and is_terminal():
        seen = view()
        text = as_text(seen.table, title=title, spare=seen.spare, pictures=seen.pictures)
    else:
        text = as_text(table if show is None else show, title=title)
    write(text, output)


def csv_of(table: pd.DataFrame) -> str:
    """CSV that no spreadsheet takes for formulas."""
    from scale_forecast.data.spreadsheet import marked

    return marked(table).to_csv(index=False)


def write(content: str | bytes, output: Path | None) -> None:
    """Text to stdout, or to a file that appears whole or not at all."""
    if output is None:
        click.echo(content, nl=False)
        return
    data = content.encode("utf-8") if isinstance(content, str) else content
    partial = output.with_name(output.name + ".partial")
    try:
        if output.exists() and not output.is_file():  # a device or a pipe: a file moved over it would take its place
            output.write_bytes(data)
            return
        partial.write_bytes(data)
        partial.replace(output)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ForecastError(f"cannot write {output}: {error.strerror}") from error


def note(message: str) -> None:
    """A remark for the person, on stderr."""
    click.echo(message, err=True)


def _say_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    """The version of the tool, and of the data as entries of the ledger carry it."""
    if not asked or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    from scale_forecast.data.load import load
    from scale_forecast.data.results import fingerprint

    results = load(()).results
    try:
        own = version("scale-forecast")
    except PackageNotFoundError:
        own = "not installed"
    click.echo(f"forecast {own}, data {fingerprint(results)} ({len(results):,} scores)")
    ctx.exit()


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_say_version, help="Say the version."
)
def main() -> None:
    """Forecast benchmark scores of upcoming language models, price questions about them, and keep score."""


# --- data ------------------------------------------------------------------------------------------------------------


@main.group("data", cls=_Group)
def data_group() -> None:
    """Look at the bundled figures; check and convert your own."""


@data_group.command("list")
@click.option(
    "--by",
    type=click.Choice(("dataset", "benchmark", "line", "family", "model", "metric")),
    default="dataset",
    show_default=True,
    help="What to count by.",
)
@output_options
def data_list(by: str, format_: str, output: Path | None) -> None:
    """List what is bundled: scores, tasks, models, sizes, dates, sources.

    \b
    Example:
        forecast data list --by family
    """
    from scale_forecast.data.catalog import bundled_results
    from scale_forecast.data.overview import overview
    from scale_forecast.data.sizes import format_size

    table = overview(bundled_results(), by)
    sizes = {name: table[name].map(format_size) for name in ("smallest", "largest")}
    emit(table, format_, output, show=table.assign(**sizes))


@data_group.command("show")
@input_options
@click.option("--benchmark", metavar="NAME", help="Only this benchmark.")
@click.option("--task", metavar="NAME", help="Only this task.")
@click.option("--family", metavar="NAME", help="Only this family.")
@click.option("--line", metavar="NAME", help="Only this line: families that share weights, data or recipe.")
@click.option("--model", metavar="NAME", help="Only this model.")
@click.option("--metric", metavar="NAME", help="Only this metric.")
@output_options
def data_show(inputs: Inputs, format_: str, output: Path | None, **wanted: str | None) -> None:
    """Show rows of the bundled figures, or of RESULTS joined with them.

    \b
    Example:
        forecast data show --family Gopher --benchmark MMLU --format csv
    """
    from scale_forecast.data.overview import printable, select
    from scale_forecast.data.sizes import format_size

    rows = printable(select(inputs.load().results, **wanted))
    brief = [
        "benchmark",
        "task",
        "metric",
        "shots",
        "prompt",
        "model",
        "params",
        "score",
        "stderr",
        "known_on",
        "source",
    ]
    emit(rows, format_, output, show=rows[brief].assign(params=rows["params"].map(format_size)))


@data_group.command("validate")
@input_options
@output_options
def data_validate(inputs: Inputs, format_: str, output: Path | None) -> None:
    """Check RESULTS and count, file by file, what was found, kept and refused, and why.

    \b
    Example:
        forecast data validate results/ --models models.csv
    """
    if not inputs.paths and not inputs.tasks and not inputs.models:
        raise UsageError("name a file or directory to check, or '-' for standard input")
    from scale_forecast.data.names import counted
    from scale_forecast.data.readers import read_models, read_tasks

    if inputs.tasks:
        note(f"{inputs.tasks}: describes {counted(len(read_tasks(inputs.tasks)), 'task')}")
    if inputs.models:
        note(f"{inputs.models}: describes {counted(len(read_models(inputs.models)), 'model')}")
    if inputs.paths:
        emit(inputs.read().counts, format_, output)


@data_group.command("import")
@input_options
@click.option("--tasks-out", type=click.Path(dir_okay=False, path_type=Path), help="Write task descriptors found here.")
@output_options
def data_import(inputs: Inputs, tasks_out: Path | None, format_: str, output: Path | None) -> None:
    """Convert RESULTS of any known format into one results table (-o FILE writes CSV, or Parquet when so called).

    Reads result files and sample logs of lm-evaluation-harness (old and new layout, whole directories), BIG-bench
    score files and task folders, and tables as CSV, Parquet or JSON, long or wide, compressed or not.

    \b
    Example:
        forecast data import results/ -o results.csv
        forecast data import scores.csv --wide --column model=Model --set benchmark=MMLU -o results.csv
    """
    from scale_forecast.data.names import counted
    from scale_forecast.data.overview import printable

    if not inputs.paths:
        raise UsageError("name a file or directory to import, or '-' for standard input")
    loaded = inputs.read()
    if tasks_out is not None:
        write(csv_of(loaded.tasks), tasks_out)
        note(f"{counted(len(loaded.tasks), 'task')} described in {tasks_out}")
    if loaded.results.empty:
        if tasks_out is None:
            raise ForecastError("only task descriptors were found, no scores: write them with --tasks-out FILE")
        return
    table = printable(loaded.results)
    if output is not None and output.suffix == ".parquet":
        write(table.to_parquet(index=False), output)
    else:
        emit(table, "csv" if output and format_ == "table" else format_, output)


@data_group.command("logs")
@click.argument("logs", nargs=-1, required=True, metavar="LOGS...")
@click.option("--models", metavar="FILE", help="Sizes and families of your models (columns model, params, ...).")
@click.option("--as-model", metavar="NAME", help="What to call the model of logs that name none.")
@click.option("--document", metavar="FIELD", help="Where an item's source document stands.  [default: passage_id, ...]")
@click.option("--profile", type=click.Path(dir_okay=False, path_type=Path), help="Write profiles of difficulty (CSV).")
@click.option("--memory", type=BYTES, default="1GB", show_default=True, help="Memory to use; the rest goes to disk.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Threads to use.")
@click.option("--scratch", type=click.Path(file_okay=False, exists=True, path_type=Path), help="For temporary files.")
@output_options
def data_logs(
    logs: tuple[str, ...],
    models: str | None,
    as_model: str | None,
    document: str | None,
    profile: Path | None,
    memory: int,
    jobs: int,
    scratch: Path | None,
    format_: str,
    output: Path | None,
) -> None:
    """Aggregate item-level LOGS, larger than memory, into results: accuracy, its error, probabilities, Brier scores.

    Reads samples_*.jsonl of lm-evaluation-harness, Inspect logs (.eval or JSON), full logs of BIG-bench, HELM
    per-instance stats, every_eval_ever samples, and tables with model, task, item and correct: JSON lines or Parquet,
    gzip, zstd or neither. Standard errors take items of one source document together. --profile tells, of each model,
    the share of items that every smaller model failed, how many of those it solved, and its accuracy by tenths of
    difficulty.

    \b
    Example:
        forecast data logs runs/ --models models.csv --profile profiles.csv -o results.csv
    """
    from scale_forecast.data.logs import read_logs
    from scale_forecast.data.names import counted
    from scale_forecast.data.overview import printable
    from scale_forecast.data.readers import read_models

    read = read_logs(
        logs,
        models=read_models(models) if models else None,
        model=as_model,
        document=document,
        memory=memory,
        threads=jobs,
        scratch=scratch,
        stdin=sys.stdin.buffer,
    )
    for sentence in read.loaded.notes:
        note(sentence)
    if profile is not None:
        write(csv_of(read.profiles), profile)
        note(f"{counted(len(read.profiles), 'profile')} written to {profile}")
    table = printable(read.loaded.results)
    shown = ["benchmark", "task", "metric", "shots", "model", "params", "score", "stderr", "n_examples"]
    emit(table, "csv" if output and format_ == "table" else format_, output, show=table[shown])


# --- features --------------------------------------------------------------------------------------------------------

_SHOWN_FEATURES = {
    "benchmark": "benchmark",
    "task": "task",
    "origin_model": "origin",
    "target_model": "target",
    "distance": "decades",
    "origin_score": "score",
    "origin_normalised_logit": "logit",
    "slope_weighted_normalised_logit": "slope",
    "trend": "trend",
    "family_benchmark_gain_last": "family gain",
    "peer_lines": "lines",
    "peer_near": "nearest",
}
_SHOWN_STEPS = 40


@main.command("features")
@input_options
@profiles_option
@click.option("--family", metavar="NAME", help="Only this family; with a size, its next model.")
@click.option("--params", type=SIZE, help="Parameters of the family's next model.")
@click.option("--train-tokens", type=SIZE, help="Its training tokens.")
@click.option("--train-flops", type=SIZE, help="Its training compute.")
@click.option("--benchmark", metavar="NAME", help="Only this benchmark.")
@click.option("--task", metavar="NAME", help="Only this task.")
@click.option("--pairs", type=click.Choice(("consecutive", "all")), default="consecutive", help="Which known steps.")
@click.option("--as-of", type=DAY, metavar="DATE", help="Only what was public on that day.")
@output_options
def features_command(
    inputs: Inputs,
    profiles: str | None,
    family: str | None,
    params: float | None,
    train_tokens: float | None,
    train_flops: float | None,
    benchmark: str | None,
    task: str | None,
    pairs: str,
    as_of: pd.Timestamp | None,
    format_: str,
    output: Path | None,
) -> None:
    """Print the matrix of features: what was known of each step before its target existed.

    One row a step from a family's known score to a larger model: of the bundled figures, of your RESULTS, or with
    --family and a size to a model that does not exist yet. A table shows a few columns; CSV and JSON hold all.

    \b
    Example:
        forecast features --family PaLM --params 540e9 --benchmark "BIG-bench Lite"
        forecast features results/ --format csv -o features.csv
    """
    from scale_forecast.data.overview import select
    from scale_forecast.data.scale import target_scale
    from scale_forecast.features.transitions import family_rows, feature_table, observed_steps, target_steps

    tables = inputs.load()
    sized = params or train_tokens or train_flops
    if sized and family is None:
        raise UsageError("a size is that of a family's next model: say which with --family")
    rows = tables.results if family is None else family_rows(tables.results, family, as_of=as_of)
    if sized:
        scale, assumed = target_scale(rows, params=params, train_tokens=train_tokens, train_flops=train_flops)
        if assumed:
            note(f"the target's compute is not given: {assumed}")
        steps = target_steps(tables.results, family, scale, as_of=as_of)
    else:
        steps = observed_steps(tables.results, pairs=pairs, as_of=as_of)
        families = tables.own_families if family is None else tuple(rows["family"].unique())
        steps = steps[steps["family"].isin(families)] if families else steps
    if steps.empty:
        raise ForecastError("no task has scores of two models of one family more than 10% apart in scale: add results")
    steps = select(steps, benchmark=benchmark, task=task)
    table = feature_table(
        tables.results, tables.tasks, tables.metrics, steps, as_of=as_of, profiles=_profiles(profiles, tables)
    )
    if format_ == "table" and len(table) > _SHOWN_STEPS:
        note(f"the first {_SHOWN_STEPS} of {len(table)} steps; --format csv prints all, with all features")
    shown = table.rename(columns=_SHOWN_FEATURES)[list(_SHOWN_FEATURES.values())].head(_SHOWN_STEPS)
    shown = shown.astype({"lines": int})
    emit(table, format_, output, show=shown)


# --- predict, backtest, explain, train -------------------------------------------------------------------------------


def target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Which upcoming model: ``--family``, its size, and what may be known."""

    options = [
        click.option("--family", required=True, help="Family of the upcoming model."),
        click.option("--params", type=SIZE, help="Its parameters, such as 540B or 540e9."),
        click.option("--train-tokens", type=SIZE, help="Its training tokens; else inferred from the family."),
        click.option("--train-flops", type=SIZE, help="Its training compute; else 6 x params x tokens."),
        click.option("--as-of", type=DAY, help="Read only what was public on this day."),
    ]
    return functools.reduce(lambda made, option: option(made), reversed(options), command)


def _cache_folder() -> Path:
    import platformdirs

    return Path(os.environ.get("FORECAST_CACHE") or platformdirs.user_cache_dir("scale-forecast"))


@main.command("predict")
@input_options
@profiles_option
@target_options
@click.option("--benchmark", help="Only this benchmark.")
@click.option("--task", multiple=True, help="Only this task (repeatable).")
@click.option("--predictor", default="stack", show_default=True, help="How to predict; see `forecast backtest`.")
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
    from scale_forecast.backtests.training import Trained
    from scale_forecast.data.names import counted
    from scale_forecast.inputs.known import known_scores
    from scale_forecast.inputs.panel import as_panel
    from scale_forecast.inputs.targets import upcoming_target
    from scale_forecast.predictors.registry import make
    from scale_forecast.show.terminal import progress
    from scale_forecast.show.views import prediction
    from scale_forecast.upcoming import predict_upcoming, readable, without_chance

    make(predictor)
    tables = inputs.load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics, _profiles(profiles, tables, [predictor]))
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
            trained=Trained(panel, _cache_folder(), workers=dataclasses.replace(workers, progress=learning)),
        )
    if target.family in tables.own_families and (unknown := without_chance(upcoming.forecast)):
        note(f"chance is unknown for {counted(unknown, 'task')}: give n_choices or chance with --tasks")
    title = f"{target.model}: {len(upcoming.table)} tasks, largest expected change first"
    view = functools.partial(prediction, upcoming)
    emit(upcoming.table, format_, output, title=title, show=readable(upcoming.table), view=view)
    if record:
        _record(upcoming, tables.results, ledger)


def _record(upcoming: Upcoming, results: pd.DataFrame, ledger: str | None) -> None:
    from scale_forecast.cache.fingerprint import code_fingerprint
    from scale_forecast.data.results import fingerprint
    from scale_forecast.distribution import PRINTED
    from scale_forecast.resolvers.ledger.rows import score_forecasts

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
        opened.append_forecasts(rows, at=now())
    note(f"recorded {len(rows)} forecasts in the ledger")


@main.command("backtest")
@input_options
@profiles_option
@click.option(
    "--folds",
    default="next-scale",
    show_default=True,
    metavar="KIND",
    help="next-scale, leave-family-out, leave-task-out or by-date.",
)
@click.option("--target", multiple=True, metavar="MODEL", help="Only this held-out model (repeatable).")
@click.option("--predictors", help="A comma-separated list; `default`: the best and three references.  [default: all]")
@workers_options()
@click.option("--questions", is_flag=True, help="Price the settled questions as of their opening instead.")
@click.option(
    "-q",
    "--question-file",
    "question_files",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, path_type=Path),
    help="With --questions: these too; YAML, or what `forecast questions import` reads.",
)
@ledger_option
@output_options
def backtest_command(
    inputs: Inputs,
    profiles: str | None,
    folds: str,
    target: tuple[str, ...],
    predictors: str | None,
    workers: Workers,
    questions: bool,
    question_files: tuple[Path, ...],
    ledger: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Score every predictor on models that are already known, forecast from what a forecaster could have known.

    \b
    Examples:
        forecast backtest --target "PaLM 540B"
        forecast backtest --target "Chinchilla 70B" --predictors default
        forecast backtest --folds leave-family-out --format csv -o backtest.csv
        forecast backtest --questions
    """
    if questions and profiles:
        raise UsageError("questions are priced by the default predictor, which reads no --profiles: leave them out")
    if questions:
        _backtest_questions(inputs, question_files, predictors, ledger, workers, format_, output)
        return
    from scale_forecast.backtests.run import backtest
    from scale_forecast.backtests.summary import readable, summary
    from scale_forecast.inputs.folds import folds_of, most_folds
    from scale_forecast.inputs.panel import as_panel
    from scale_forecast.predictors.registry import chosen, reference_names
    from scale_forecast.show.terminal import progress
    from scale_forecast.show.views import backtested

    names = chosen(predictors)
    tables = inputs.load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics, _profiles(profiles, tables, names))
    count, total = itertools.count(1), most_folds(panel, folds, target)
    with progress(f"{folds} folds") as forecasting:

        def tell(fold: str) -> None:
            forecasting(next(count), total)
            if not sys.stderr.isatty():
                note(fold)

        found = folds_of(panel, folds, target)
        table = backtest(panel, found, names, cache=_cache_folder(), workers=workers, progress=tell)
    if table.empty:
        raise ForecastError(f"no {folds} fold has both history and a held-out score: give more models or other --folds")
    if format_ == "csv":
        emit(table, format_, output)
        return
    short = summary(table, references=reference_names())
    title = f"{folds}: lines count the same, lower CRPS is better"
    emit(short, format_, output, title=title, show=readable(short), view=functools.partial(backtested, short))


def _backtest_questions(
    inputs: Inputs,
    files: tuple[Path, ...],
    predictors: str | None,
    ledger: str | None,
    workers: Workers,
    format_: str,
    output: Path | None,
) -> None:
    """The settled questions of the bank, the ledger and files, priced from what was public when they opened."""
    import pandas as pd

    from scale_forecast.predictors.registry import DEFAULT, make
    from scale_forecast.pricing.past import backtest_questions, reliability, summary
    from scale_forecast.resolvers.importing import import_files
    from scale_forecast.show.terminal import as_text

    predictor = predictors if predictors not in (None, "default") else DEFAULT
    make(predictor)
    at = now()
    written = tuple(file for file in files if file.is_dir() or file.suffix in (".yaml", ".yml"))
    asked, outcomes, recorded = _questions(written, ledger), {}, None
    others = [file for file in files if file not in written]
    if others:
        found = import_files(others, as_of=at, known={question.id for question in asked})
        for sentence in found.notes:
            note(sentence)
        asked += found.questions
        outcomes = {
            r["question_id"]: (r["outcome"], r["known_on"]) for r in found.resolutions if r["outcome"] is not None
        }
        recorded = pd.DataFrame(found.forecasts, columns=["question_id", "forecaster", "made_at", "probability"])
        recorded = recorded.assign(made_at=pd.to_datetime(recorded["made_at"], utc=True), sequence=range(len(recorded)))
    table = backtest_questions(
        asked,
        inputs.load(),
        as_of=at.date(),
        outcomes=outcomes,
        recorded=recorded,
        predictor=predictor,
        cache=_cache_folder(),
        workers=workers,
        progress=note,
    )
    priced = table[table["probability"].notna()]
    if format_ != "table":
        emit(table, format_, output)
    else:
        names = ["question", "as_of", "probability", "low", "high", "crowd", "happened", "brier"]
        parts = [as_text(priced[names], title="Settled questions, priced from what was public then")]
        parts += [as_text(summary(table), title="Brier and log scores: lower is better")]
        parts += [as_text(reliability(table), title="What was said, and how often it happened")]
        write("\n".join(parts), output)
    note(f"{len(priced)} of {len(table)} settled questions were priced; the reasons of the others are in --format csv")


@main.command("explain")
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
    from scale_forecast.explanation import explain_upcoming
    from scale_forecast.inputs.panel import as_panel
    from scale_forecast.inputs.targets import upcoming_target
    from scale_forecast.show.terminal import as_text

    tables = Inputs(results, tasks, models, None, False, False, (), (), "").load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics, _profiles(profiles, tables))
    target, notes = upcoming_target(panel, family, params, train_tokens, train_flops, as_of)
    for sentence in notes:
        note(sentence)
    note(f"explaining {target.model} (the first time for a line trains the predictors, which takes a while)")
    explained = explain_upcoming(panel, target, task, benchmark=benchmark, as_of=as_of, cache=_cache_folder())
    if format_ == "table":
        write("\n".join(as_text(table, title=title) for title, table in explained.views()), output)
    else:
        emit(explained.as_long(), format_, output)


@main.command("train")
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
    from scale_forecast.backtests.training import Trained
    from scale_forecast.inputs.folds import Exclusion
    from scale_forecast.inputs.panel import as_panel
    from scale_forecast.inputs.targets import family_rows
    from scale_forecast.show.terminal import progress

    tables = inputs.load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics, _profiles(profiles, tables, [predictor]))
    line = str(family_rows(panel, family)["line"].iloc[0])
    with progress("learning from past forecasts") as learning:
        trained = Trained(panel, _cache_folder(), workers=dataclasses.replace(workers, progress=learning))
        trained.get(predictor, Exclusion(line, as_of=as_of))
    note(f"trained {predictor} without the line {line}; kept in {_cache_folder()}")


# --- curves ----------------------------------------------------------------------------------------------------------


@main.group(cls=_Group)
def curves() -> None:
    """Scaling curves: power laws, sigmoids and broken laws fitted by the thousand."""


@curves.command("fit")
@click.argument("table", metavar="CURVES.csv", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--form", default="auto", show_default=True, help="auto, bnsl, or a form of `forecast curves list`.")
@click.option(
    "--kind",
    type=click.Choice(("loss", "accuracy")),
    default="loss",
    show_default=True,
    help="loss: any positive scale, lower is better; accuracy: in [0, 1], higher is better.",
)
@workers_options(jobs=2, threads=True)
@output_options
def curves_fit(table: str, form: str, kind: str, workers: Workers, format_: str, output: Path | None) -> None:
    """Fit the rows of role 'fit' and predict every row, with quantiles of what would be observed there.

    Columns: curve, x, y, role (fit or extrapolate); optionally n_examples, stderr, chance, ceiling, and family,
    whose curves share a prior.

    \b
    Example:
      forecast curves fit curves.csv --form auto --kind accuracy --format csv
    """
    from scale_forecast.curves.tables import fit_table, read_curves
    from scale_forecast.show.terminal import progress

    rows = read_curves(table, sys.stdin.buffer)
    with progress("a thousand curves a step") as fitting:
        several = dataclasses.replace(workers, progress=fitting)
        fitted = fit_table(rows, form, kind, where=table, workers=several)
    emit(fitted, format_, output)


@curves.command("list")
@output_options
def curves_list(format_: str, output: Path | None) -> None:
    """Describe the forms a curve may take."""
    from scale_forecast.curves.tables import forms_table

    emit(forms_table(), format_, output)


# --- questions, resolve, score ---------------------------------------------------------------------------------------


def questions_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--questions``: files beside the bundled bank and the ledger's questions."""
    return click.option(
        "-q",
        "--questions",
        "question_files",
        multiple=True,
        metavar="FILE",
        type=click.Path(exists=True, path_type=Path),
        help="Questions of this YAML file, or of a folder, too; repeat for more.",
    )(command)


def as_of_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--as-of``: the day whose knowledge counts; now when not given."""
    return click.option(
        "--as-of", type=DAY, metavar="DATE", help="Judge by what was public on this day.  [default: now]"
    )(command)


def _questions(files: tuple[Path, ...], ledger: str | None) -> list[Question]:
    """The bundled bank, the ledger's own questions where there is a ledger, and those of files."""
    from scale_forecast.resolvers.questions.bank import bundled_questions, merged, read_files, recorded_questions

    bundled, recorded = bundled_questions(), []
    if ledger_exists(ledger):
        with open_ledger_at(ledger) as opened:
            recorded = recorded_questions(opened.questions()["definition"])
    asked = {question.id: question.fingerprint for question in bundled}
    return merged(bundled, [q for q in recorded if asked.get(q.id, q.fingerprint) == q.fingerprint], read_files(files))


def _evidence(tables: Tables) -> Evidence:
    from scale_forecast.resolvers.judge.evidence import Evidence

    evidence = Evidence(tables.results, tables.tasks, tables.metrics)
    if evidence.undated:
        note(f"{evidence.undated} scores without a date are evidence of nothing: give known_on or released")
    return evidence


@main.group("questions", cls=_Group)
def questions_group() -> None:
    """Questions about scores: the bundled bank, your own, and the forecasts of others."""


@questions_group.command("list")
@click.option("--status", type=click.Choice(STATUSES), multiple=True, help="Only these; repeat for more.")
@click.option("--kind", metavar="KIND", help="Only criteria of this kind, such as reversal or threshold.")
@click.option("--topic", metavar="NAME", help="Only this topic.")
@as_of_option
@questions_option
@ledger_option
@output_options
def questions_list(
    status: tuple[str, ...],
    kind: str | None,
    topic: str | None,
    as_of: pd.Timestamp | None,
    question_files: tuple[Path, ...],
    ledger: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """List the questions, with their status on a day as the bundled figures settle them.

    \b
    Example:
        forecast questions list --status open --topic "inverse scaling" --as-of 2023-01-01
    """
    from scale_forecast.data.load import load
    from scale_forecast.data.names import did_you_mean, fold
    from scale_forecast.resolvers.judge.resolve import resolve_all
    from scale_forecast.resolvers.questions.bank import listing
    from scale_forecast.resolvers.questions.question import KINDS
    from scale_forecast.show import views

    questions = _questions(question_files, ledger)
    topics = {fold(question.topic): question.topic for question in questions if question.topic}
    if kind is not None and kind not in KINDS:
        raise UsageError(f"no kind {kind!r}{did_you_mean(kind, KINDS)}: choose one of {', '.join(KINDS)}")
    if topic is not None and fold(topic) not in topics:
        names = sorted(topics.values())
        raise UsageError(f"no topic {topic!r}{did_you_mean(topic, names)}: choose one of {', '.join(names)}")
    chosen = [
        question
        for question in questions
        if kind in (None, question.kind) and (topic is None or fold(question.topic or "") == fold(topic))
    ]
    table = listing(chosen, resolve_all(chosen, _evidence(load()), as_of=as_of or now()))
    table = table[table["status"].isin(status)] if status else table
    shown = table[["question", "status", "value", "resolve_by", "probability", "title"]]
    emit(table, format_, output, show=shown, view=functools.partial(views.questions, table))
    note(f"{len(table)} of {len(questions)} questions")


@questions_group.command("show")
@click.argument("question_id", metavar="ID")
@as_of_option
@questions_option
@ledger_option
@output_options
def questions_show(
    question_id: str,
    as_of: pd.Timestamp | None,
    question_files: tuple[Path, ...],
    ledger: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Print a question as it is written, what it came to on a day, and the rows that settled it.

    \b
    Example:
        forecast questions show neqa-resolves-2024 --as-of 2024-01-01
    """
    from scale_forecast.data.load import load
    from scale_forecast.resolvers.judge.resolve import as_table, evidence_table, resolve
    from scale_forecast.resolvers.questions.bank import dump_questions, find_question
    from scale_forecast.show.terminal import as_text

    question = find_question(question_id, _questions(question_files, ledger))
    found = resolve(question, _evidence(load()), as_of=as_of or now())
    if format_ != "table":
        emit(
            as_table([found]).assign(definition=[question.to_dict()], evidence=[list(found.evidence)]), format_, output
        )
        return
    text = f"{dump_questions([question])}\n{found.status.value} as of {found.as_of:%Y-%m-%d}: {found.reason}\n"
    if found.evidence:
        text += "\n" + as_text(evidence_table([found]).drop(columns=["question", "status"])[EVIDENCE_SHOWN])
    write(text, output)


@questions_group.command("check")
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(exists=True, path_type=Path))
@output_options
def questions_check(files: tuple[Path, ...], format_: str, output: Path | None) -> None:
    """Check question files, or the bundled bank; of your files, names that no bundled result carries are told.

    \b
    Example:
        forecast questions check mine.yaml
    """
    from scale_forecast.data.load import load
    from scale_forecast.resolvers.questions.bank import bundled_questions, read_files, summary
    from scale_forecast.resolvers.questions.check import doubts

    questions = read_files(files) if files else bundled_questions()
    evidence = _evidence(load())
    for question in questions if files else []:
        for sentence in doubts(question, evidence):
            note(sentence)
    emit(summary(questions), format_, output)
    note(f"{len(questions)} questions are well formed")


@questions_group.command("add")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, path_type=Path))
@ledger_option
def questions_add(files: tuple[Path, ...], ledger: str | None) -> None:
    """Record the questions of YAML files in the ledger, where list, resolve and ask find them.

    What is asked never changes: another criterion, scope or date under the id of a question that stands is refused.
    A ruling, links and notes may be given later, by adding the question again with them.

    \b
    Example:
        forecast questions add mine.yaml
    """
    from scale_forecast.resolvers.questions.bank import merged, read_files

    new = read_files(files)
    merged(_questions((), ledger), new)
    rows = [{"question_id": question.id, "definition": question.to_dict()} for question in new]
    with open_ledger_at(ledger, create=True) as opened:
        added = opened.append_questions(rows, at=now())
    note(f"{len(added)} of {len(new)} questions recorded" + ("" if len(added) == len(new) else ", the others stand"))


@questions_group.command("import")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--column", multiple=True, metavar="FIELD=NAME", help="Which column of a CSV file is our FIELD.")
@click.option("--set", "set_", multiple=True, metavar="FIELD=VALUE", help="The value of FIELD for all of a CSV file.")
@click.option("--fill-missing", is_flag=True, help="Enter 0.5 for forecasts missing from a ForecastBench set.")
@click.option("--dry-run", is_flag=True, help="Show what would be recorded, and record nothing.")
@ledger_option
@output_options
def questions_import(
    files: tuple[Path, ...],
    column: tuple[str, ...],
    set_: tuple[str, ...],
    fill_missing: bool,
    dry_run: bool,
    ledger: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Record the forecasts of others, so that the same code scores them as yours.

    A FILE is CSV with the columns question, forecaster, time, probability (and outcome, resolved_on, title, url where
    known), or a ForecastBench question, resolution or forecast set; give sets that belong together in one call.
    Importing the same file again adds nothing.

    \b
    Example:
        forecast questions import crowd.csv --set forecaster=crowd --column question=id
        forecast questions import question_set.json resolution_set.json forecast_set.json
    """
    import pandas as pd

    from scale_forecast.resolvers.importing import import_files, unrecorded

    at = now()
    found = import_files(
        files,
        as_of=at,
        known={question.id for question in _questions((), ledger)},
        columns=_pairs(column, "--column"),
        constants=_pairs(set_, "--set"),
        fill_missing=fill_missing,
    )
    for sentence in found.notes:
        note(sentence)
    forecasts = found.forecasts
    if ledger_exists(ledger) or not dry_run:
        with open_ledger_at(ledger, create=not dry_run) as opened:
            forecasts = unrecorded(forecasts, opened.forecasts())
            if not dry_run:
                rows = [{"question_id": question.id, "definition": question.to_dict()} for question in found.questions]
                opened.append_questions(rows, at=at)
                opened.append_forecasts(forecasts, at=at)
                opened.append_resolutions(found.resolutions, at=at)
    if dry_run or format_ != "table" or output is not None:
        columns = ["question_id", "forecaster", "made_at", "probability"]
        emit(pd.DataFrame(forecasts, columns=columns), format_, output)
    stand = len(found.forecasts) - len(forecasts)
    note(
        f"{len(forecasts)} forecasts{f' ({stand} more stand already)' if stand else ''}, {len(found.questions)} "
        f"questions and {len(found.resolutions)} resolutions {'would be ' if dry_run else ''}recorded"
    )


@main.command("resolve")
@input_options
@as_of_option
@click.option("--question", "ids", multiple=True, metavar="ID", help="Only this question; repeat for more.")
@click.option("--status", type=click.Choice(STATUSES), multiple=True, help="Print only these; repeat for more.")
@click.option("--show", type=click.Choice(("resolutions", "evidence")), help="Only this table.")
@click.option("--dry-run", is_flag=True, help="Show what would be settled, and record nothing.")
@questions_option
@ledger_option
@output_options
def resolve_command(
    inputs: Inputs,
    as_of: pd.Timestamp | None,
    ids: tuple[str, ...],
    status: tuple[str, ...],
    show: str | None,
    dry_run: bool,
    question_files: tuple[Path, ...],
    ledger: str | None,
    format_: str,
    output: Path | None,
) -> None:
    """Settle questions and recorded score forecasts by what was public on a day, and show the rows that settle them.

    RESULTS stand beside the bundled figures; where sources disagree on a score and the answer turns on it, a question
    is ambiguous. A row published after a question's deadline never counts for it. What is settled is recorded in the
    ledger; a resolution that has changed supersedes the one before.

    \b
    Example:
        forecast resolve --as-of 2024-01-01 --dry-run
        forecast resolve new_results.csv --question neqa-resolves-2024
    """
    import pandas as pd

    from scale_forecast.data.results import fingerprint
    from scale_forecast.resolvers.judge.resolve import as_table, evidence_table, for_ledger, resolve_all
    from scale_forecast.resolvers.judge.settle import as_resolutions, settle_scores, settled_rows
    from scale_forecast.resolvers.questions.bank import find_question

    questions = _questions(question_files, ledger)
    chosen = [find_question(name, questions) for name in ids] if ids else questions
    tables = inputs.load(several_sources=True)
    at = now()
    resolutions = resolve_all(chosen, _evidence(tables), as_of=as_of or at)
    scores = None
    if ledger_exists(ledger) and not ids:
        with open_ledger_at(ledger) as opened:
            scores = settle_scores(opened.forecasts(), tables.results, as_of=as_of or pd.Timestamp(at.date()))
    everything = resolutions if scores is None else [*resolutions, *as_resolutions(scores)]
    if not dry_run:
        rows = for_ledger(resolutions) + ([] if scores is None else settled_rows(scores))
        rows = [{**row, "data_fingerprint": fingerprint(tables.results)} for row in rows]
        settled = {r.question for r in resolutions if r.status.is_settled}
        snapshots = [{"question_id": q.id, "definition": q.to_dict()} for q in chosen if q.id in settled]
        with open_ledger_at(ledger, create=True) as opened:
            opened.append_questions(snapshots, at=at)
            added = opened.append_resolutions(rows, at=at)
        note(f"{len(added)} resolutions recorded, {len(rows) - len(added)} stand already")
    printed = [r for r in everything if not status or r.status.value in status]
    table, evidence = as_table(printed), evidence_table(printed)
    if show != "evidence":
        shown = table[["question", "status", "value", "known_on", "reason"]]
        whole = table.assign(evidence=[list(r.evidence) for r in printed]) if format_ == "json" else table
        emit(whole, format_, output, show=shown, title=None if show else "Resolutions")
    if show == "evidence" or (show is None and format_ == "table" and output is None and not evidence.empty):
        emit(
            evidence,
            format_,
            output,
            show=evidence[["question", *EVIDENCE_SHOWN]],
            title=None if show else "\nEvidence",
        )
    counts = as_table(everything)["status"].value_counts()
    note(f"{len(everything)} questions and scores: " + ", ".join(f"{count} {name}" for name, count in counts.items()))


@main.command()
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
    from scale_forecast.data.names import counted
    from scale_forecast.resolvers.scores import record
    from scale_forecast.show import views

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


# --- ledger ----------------------------------------------------------------------------------------------------------


@main.group("ledger", cls=_Group)
def ledger_group() -> None:
    """Prove that no recorded forecast was touched; copy the ledger."""


@ledger_group.command("verify")
@click.option("--head", metavar="HASH", help="A hash published earlier: also detect truncation and rewriting since.")
@ledger_option
def ledger_verify(head: str | None, ledger: str | None) -> None:
    """Check every entry against the hash chain and name what was edited, deleted, inserted or re-dated.

    \b
    Example:
        forecast ledger verify --head "$(cat published-head.txt)"
    """
    published = head.strip().lower() if head is not None else None
    if published is not None and not re.fullmatch("[0-9a-f]{64}", published):
        raise UsageError(f"--head {head!r} is not a hash: give the 64 hexadecimal digits that `ledger head` printed")
    with open_ledger_at(ledger) as opened:
        report = opened.verify(published)
    from scale_forecast.data.names import counted

    for sentence in report.warnings:
        note(f"Warning: {sentence}")
    for sentence in report.problems:
        click.echo(sentence)
    if not report.is_intact:
        raise ForecastError(f"the ledger does not verify: {counted(len(report.problems), 'problem')} named above")
    click.echo(f"intact up to entry {report.entries}, head {report.head}")


@ledger_group.command("head")
@ledger_option
def ledger_head(ledger: str | None) -> None:
    """Print the hash of the last entry; publish it, and `verify --head` proves later that nothing before it changed."""
    with open_ledger_at(ledger) as opened:
        head = opened.head()
    note(f"entry {head.sequence}, recorded {head.recorded_at}" if head.sequence else "the ledger is empty")
    click.echo(head.hash)


@ledger_group.command("export")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file, not stdout.")
@ledger_option
def ledger_export(output: Path | None, ledger: str | None) -> None:
    """Print every entry as a line of JSON, hashes included; the same ledger always gives the same bytes.

    \b
    Example:
        forecast ledger export -o ledger.jsonl
    """
    with open_ledger_at(ledger) as opened:
        write("".join(opened.export()), output)


@ledger_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@ledger_option
def ledger_import(file: str, ledger: str | None) -> None:
    """Add the entries of an export to a ledger that is empty or began as the exported one did.

    The whole chain is verified first; an entry that differs from the one held here is refused.

    \b
    Example:
        forecast ledger import ledger.jsonl --ledger copy.db
    """
    from scale_forecast.data.readers.files import Limits, decoded, sources
    from scale_forecast.resolvers.ledger import read_export

    source = sources([file], sys.stdin.buffer)[0]
    entries = read_export(decoded(line, source.name) for line in source.lines(Limits()))  # before a ledger is made
    if not entries:
        raise DataError(f"{source.name}: holds no entries: import a file that `ledger export` wrote")
    with open_ledger_at(ledger, create=True) as opened:
        count, head = opened.take(entries), opened.head()
    note(f"{count} new; the ledger ends at entry {head.sequence}, head {head.hash}")


@ledger_group.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def ledger_copy(source: str, target: str) -> None:
    """Copy a ledger to another file or database, entries, times and hashes as they are.

    FROM and TO are paths or postgresql:// URLs. TO is made when it is not there; one that began as FROM did gets what
    is missing. The chain is verified before anything is written.

    \b
    Example:
        forecast ledger copy ledger.db postgresql://team@host/forecasts
    """
    from scale_forecast.resolvers.ledger import read_export, shown_address

    with open_ledger_at(source) as old:
        entries, theirs = read_export(old.export()), old.head()  # before a ledger is made
    with open_ledger_at(target, create=True) as new:
        count, head = new.take(entries), new.head()
    if head.sequence > theirs.sequence:
        note(f"{shown_address(target)} already holds more than {shown_address(source)}: nothing was missing")
    note(f"{count} new; the copy ends at entry {head.sequence}, head {head.hash}")


# --- ask, frontier ---------------------------------------------------------------------------------------------------

_FRONTIER_OF = {"compute": "train_flops", "params": "params", "effective-compute": "effective_flops"}


@main.command("frontier")
@click.option(
    "--by",
    "periods",
    multiple=True,
    required=True,
    metavar="DATE",
    help="Day, month, quarter or year (2024-11-15, 2024-11, 2024-Q4, 2024), its last day; several.",
)
@click.option("--as-of", type=DAY, metavar="DATE", help="Only models released by then; today when not given.")
@click.option(
    "--of", type=click.Choice(tuple(_FRONTIER_OF)), default="compute", show_default=True, help="What is largest."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the simulated futures.")
@output_options
def frontier_command(
    periods: tuple[str, ...],
    as_of: pd.Timestamp | None,
    of: str,
    seed: int,
    format_: str,
    output: Path | None,
) -> None:
    """The largest public models by a date: training compute or parameters, as a distribution.

    effective-compute counts what later recipes gain as if it were compute. P(larger) is the probability of a model
    larger than any known.

    \b
    Example:
        forecast frontier --by 2024-11 --as-of 2022-11-15
        forecast frontier --by 2023-Q4 --by 2024-Q4 --of params --as-of 2022-11-15 --format csv
    """
    from scale_forecast.by_date.largest import bundled_frontier, shown
    from scale_forecast.data.periods import parse_period

    days = [parse_period(period)[1] for period in periods]
    known_at = _day_of_knowledge(as_of)
    frontier = bundled_frontier(known_at)
    table = frontier.table(days, of=_FRONTIER_OF[of], seed=seed)
    if frontier.until < min(known_at, max(days)):
        note(f"the bundled models are complete until {frontier.until}: what came after is forecast too")
    emit(table, format_, output, title=f"largest public model, as of {known_at}", show=shown(table))


def _day_of_knowledge(as_of: pd.Timestamp | None) -> date:
    """The day as of which something is asked; today when None."""
    today = now().date()
    if as_of is not None and as_of.date() > today:
        raise UsageError(f"--as-of {as_of:%Y-%m-%d} is in the future: nobody knows yet what is public then")
    return today if as_of is None else as_of.date()


def _asked(words: str, files: tuple[Path, ...], ledger: str | None, tables: Tables, day: date) -> list[Question]:
    """The questions that an id, a YAML file or words mean; what words were taken for is said on stderr."""
    from scale_forecast.resolvers.questions.bank import find_question, read_files
    from scale_forecast.resolvers.questions.wording import Vocabulary, alike, understand

    path = Path(words)
    if path.suffix in (".yaml", ".yml") or os.path.isfile(words):  # which, unlike Path's, takes words of any length
        found = read_files([path])
        if not found:
            raise DataError(f"{path} holds no question: see `forecast questions show ID` for how one is written")
        return found
    known = _questions(files, ledger)
    if " " not in words.strip() or any(question.id == words for question in known):
        return [find_question(words, known)]
    vocabulary = Vocabulary.of(tables.results, tables.metrics, known)
    understood = understand(words, vocabulary=vocabulary, opened=day)
    note(f"understood: {understood.sentence}")
    if near := alike(understood.question, known)[:3]:
        note(f"questions alike on record, to ask by id: {', '.join(question.id for question in near)}")
    return [understood.question]


@main.command("ask")
@click.argument("question", nargs=-1, required=True)
@click.option("--as-of", type=DAY, metavar="DATE", help="Know only what was public on this day.  [default: today]")
@click.option("--predictor", default="stack", show_default=True, help="How to predict; see `forecast backtest`.")
@click.option("--no-record", is_flag=True, help="Do not write the question and its price to the ledger.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the simulated futures.")
@click.option("--results", multiple=True, metavar="PATH", help="Your results, as RESULTS of `forecast predict`.")
@click.option("--tasks", metavar="FILE", help="Descriptors of your tasks.")
@click.option("--models", metavar="FILE", help="Sizes and families of your models.")
@questions_option
@ledger_option
@workers_options()
@output_options
def ask_command(
    question: tuple[str, ...],
    as_of: pd.Timestamp | None,
    predictor: str,
    no_record: bool,
    seed: int,
    results: tuple[str, ...],
    tasks: str | None,
    models: str | None,
    question_files: tuple[Path, ...],
    ledger: str | None,
    workers: Workers,
    format_: str,
    output: Path | None,
) -> None:
    """Price a QUESTION: its probability, where that comes from, and what bets on record are worth.

    QUESTION is the id of a known question, a YAML file, or words. Only what was public on the day is used. The first
    question of a day trains predictors, which takes a minute or so; they are kept.

    \b
    Example:
        forecast ask "NeQA resolves with scale by 2024-11-15" --as-of 2022-11-15
        forecast ask neqa-resolves-2024 --as-of 2022-11-15 --no-record
        forecast ask mine.yaml --format csv
    """
    from scale_forecast.predictors.registry import make
    from scale_forecast.pricing import Desk, price_at
    from scale_forecast.pricing.shown import table, text
    from scale_forecast.resolvers.questions.stated import against, stated
    from scale_forecast.show.terminal import as_text, is_terminal, progress

    make(predictor)
    tables = Inputs(results, tasks, models, None, False, False, (), (), "").load()
    at, day = now(), _day_of_knowledge(as_of)
    asked = _asked(" ".join(question), question_files, ledger, tables, day)
    recorded = None
    if ledger_exists(ledger):
        with open_ledger_at(ledger) as opened:
            recorded = opened.forecasts()
    with progress("learning from past forecasts") as learning:
        several = dataclasses.replace(workers, progress=learning)
        desk = Desk(tables, day, predictor=predictor, cache=_cache_folder(), seed=seed, workers=several)
        prices = [price_at(desk, one) for one in asked]
    bets = [against(p.probability, stated(one, recorded, as_of=day)) for p, one in zip(prices, asked, strict=True)]
    if format_ == "table":
        tails = [f"\n{as_text(bet, title='on record')}" if len(bet) else "" for bet in bets]
        pictures = output is None and is_terminal()
        write("\n".join(text(p, pictures=pictures) + tail for p, tail in zip(prices, tails, strict=True)), output)
    else:
        whole = table(prices)
        if format_ == "json":
            whole = whole.assign(
                moved=[[{"what": what, "probability": value} for what, value in p.moved] for p in prices],
                reasons=[list(p.reasons) for p in prices],
                on_record=[bet.to_dict("records") for bet in bets],
            )
        emit(whole, format_, output)
    if not no_record:
        _record_prices(prices, asked, tables.results, ledger, at)


def _record_prices(
    prices: list[Price], asked: list[Question], results: pd.DataFrame, ledger: str | None, at: datetime
) -> None:
    """The questions, so that they can be resolved later, and our probabilities."""
    from scale_forecast.cache.fingerprint import code_fingerprint
    from scale_forecast.data.results import fingerprint

    data, code = fingerprint(results), code_fingerprint()
    rows = [
        {
            "question_id": p.question,
            "probability": p.probability,
            "predictor": p.predictor,
            "predictor_version": code,
            "data_fingerprint": data,
            "details": {"as_of": f"{p.as_of}", "low": p.low, "high": p.high, "base_rate": p.base_rate},
        }
        for p in prices
    ]
    with open_ledger_at(ledger, create=True) as opened:
        opened.append_questions([{"question_id": q.id, "definition": q.to_dict()} for q in asked], at=at)
        entries = opened.append_forecasts(rows, at=at)
    note(f"recorded in the ledger as {'entry' if len(entries) == 1 else 'entries'} {', '.join(map(str, entries))}")


# --- study -----------------------------------------------------------------------------------------------------------


@main.command("study")
@click.argument("name")
@input_options
@click.option("--joined", is_flag=True, help="Study your RESULTS together with the bundled figures.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of resampling and simulation.")
@click.option("--table", "table_name", metavar="NAME", help="Print this table alone, with all its columns.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw the picture: FILE.png or FILE.svg.")
@click.option("--report", type=click.Path(file_okay=False, path_type=Path), help="Write one page with everything here.")
@output_options
def study_command(
    inputs: Inputs,
    name: str,
    joined: bool,
    seed: int,
    table_name: str | None,
    plot: Path | None,
    report: Path | None,
    format_: str,
    output: Path | None,
) -> None:
    """Measure a claim about scaling on the bundled figures or on your RESULTS.

    \b
    NAME is all, or
        momentum     does a task that gained at the last step gain at the next?
        noise        what would noise alone make of perfect momentum?
        logistic     what follows if every task is an exact logistic curve?
        metrics      how sudden does the metric make the same outputs look?
        steps        what does a task of many steps ask of each step?
        inverse      which tasks get worse with scale, and what does picking them do?
        elicitation  what do shots, thought and tuning add, beside what scale adds?
        features     what is each thing known of a task worth for its next gain?

    \b
    Example:
        forecast study momentum --plot momentum.png
        forecast study all --report studies/
    """
    from scale_forecast.show.plots.style import as_bytes, check_suffix
    from scale_forecast.studies.registry import STUDIES, known, run_studies, table_of
    from scale_forecast.studies.report import pages, printed, summary

    every = name.lower() == "all"
    if plot is not None:
        check_suffix(plot)
    if every and (plot or table_name):
        raise UsageError("name one study for --plot and --table; study all writes its pictures and tables to --report")
    names = list(STUDIES) if every else [known(name)]
    found = run_studies(names, inputs.load(), joined=joined, seed=seed)
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        for file, content in pages(found).items():
            write(content, report / file)
        note(f"written: {report / 'studies.html'} and studies.md, their pictures and tables")
    if every:
        write(summary(found), output)
        return
    (findings,) = found.values()
    if plot is not None and findings.draw is not None:
        write(as_bytes(findings.draw(), plot.suffix), plot)
    if table_name is None and format_ == "table":
        write(printed(findings), output)
        return
    table = table_of(findings, table_name)
    emit(table, format_, output)
    for sentence in findings.sentences:
        note(sentence)


# --- plot, report ----------------------------------------------------------------------------------------------------


@main.group("plot", cls=_Group)
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
        from scale_forecast.show.plots.style import as_bytes, check_suffix

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
            from scale_forecast.show.plots.backtests import read_backtest

            if (backtest is None) == (not target):
                raise UsageError(
                    "give a file that `forecast backtest --format csv -o FILE` wrote, or else a known --target MODEL"
                )
            return _backtest_now(target, predictors) if backtest is None else read_backtest(backtest)

        return command(*args, scores=scores, **kwargs)

    return wrapped


def _backtest_now(target: tuple[str, ...], predictors: str | None) -> pd.DataFrame:
    """A backtest of known models of the bundled figures."""
    from scale_forecast.backtests.run import backtest
    from scale_forecast.data.load import load
    from scale_forecast.inputs.folds import folds_of
    from scale_forecast.inputs.panel import as_panel
    from scale_forecast.predictors.registry import chosen

    names = chosen(predictors)
    tables = load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics)
    found = backtest(panel, folds_of(panel, "next-scale", target), names, cache=_cache_folder(), progress=note)
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
    from scale_forecast.inputs.panel import as_panel
    from scale_forecast.inputs.targets import upcoming_target
    from scale_forecast.predictors.registry import make
    from scale_forecast.show.plots.ahead import task_view
    from scale_forecast.show.plots.task import draw_task
    from scale_forecast.upcoming import predict_upcoming

    make(predictor)
    tables = Inputs(results, None, None, None, False, False, (), (), "").load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics)
    target, notes = upcoming_target(panel, family, params, train_tokens, train_flops, as_of)
    for sentence in notes:
        note(sentence)
    upcoming = predict_upcoming(
        panel, target, predictor=predictor, as_of=as_of, benchmark=benchmark, tasks=(task,), cache=_cache_folder()
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
    from scale_forecast.show.plots.backtests import of_predictor
    from scale_forecast.show.plots.gains import draw_gains

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
    from scale_forecast.show.plots.backtests import of_predictor
    from scale_forecast.show.plots.coverage import draw_coverage

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
    from scale_forecast.show.plots.skill import draw_skill

    return draw_skill(scores(None), reference=reference)


_recorded_option = click.option("--recorded", is_flag=True, help="Instead: the ledger's settled forecasts.")


def _settled(ledger: str | None) -> pd.DataFrame:
    """The ledger's forecasts whose subject is settled, scored."""
    from scale_forecast.resolvers.scores import record

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
    from scale_forecast.show.plots.backtests import of_predictor
    from scale_forecast.show.plots.reliability import draw_reliability, gain_outcomes

    if recorded:
        rows = _settled(ledger)
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
    from scale_forecast.show.plots.backtests import of_predictor
    from scale_forecast.show.plots.pit import draw_pit

    if recorded:
        groups = {str(name): rows for name, rows in _settled(ledger).groupby("forecaster", sort=False)}
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
    from scale_forecast.inputs.panel import as_panel
    from scale_forecast.predictors.registry import make
    from scale_forecast.show.plots.ahead import reversals_ahead
    from scale_forecast.show.plots.reversal import draw_reversal

    make(predictor)
    tables = Inputs(results, None, None, None, False, False, (), (), "").load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics)
    table = reversals_ahead(
        panel,
        family,
        predictor=predictor,
        benchmark=None if benchmark == "all" else benchmark,
        as_of=as_of,
        cache=_cache_folder(),
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
    import pandas as pd

    from scale_forecast.data.load import load
    from scale_forecast.resolvers.judge.resolve import resolve
    from scale_forecast.resolvers.questions.bank import find_question
    from scale_forecast.show.plots.question import draw_question, forecasts_of

    question = find_question(question_id, _questions(question_files, ledger))
    found = resolve(question, _evidence(load()), as_of=as_of or now())
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
    import pandas as pd

    from scale_forecast.by_date import largest as frontier
    from scale_forecast.data.catalog import frontier_models
    from scale_forecast.data.periods import parse_period
    from scale_forecast.show.plots.frontier import draw_frontier

    known_at, last = (as_of or now()).date(), parse_period(period)[1]
    found = frontier.bundled_frontier(known_at)
    if last <= found.until:
        raise UsageError(f"--by {period} is no later than what is known ({found.until}): give a later day")
    days = [day.date() for day in pd.date_range(found.until, last, periods=25)]
    models = frontier_models()
    size = frontier.train_flops(models) if of == "compute" else frontier.dense_params(models)
    return draw_frontier(
        models[["released"]].assign(size=size).dropna(),
        found.table(days, of=_FRONTIER_OF[of], n=5000, seed=seed),
        as_of=pd.Timestamp(known_at),
        until=pd.Timestamp(found.until),
    )


@main.command("report")
@input_options
@target_options
@click.option("--benchmark", help="Only this benchmark.")
@click.option("--predictor", default="stack", show_default=True, help="How to predict.")
@click.option("--before", is_flag=True, help="Leave the target's own scores out, where they are known.")
@questions_option
@ledger_option
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The page.")
@click.pass_context
def report_command(
    context: click.Context,
    inputs: Inputs,
    family: str,
    params: float | None,
    train_tokens: float | None,
    train_flops: float | None,
    as_of: pd.Timestamp | None,
    benchmark: str | None,
    predictor: str,
    before: bool,
    question_files: tuple[Path, ...],
    ledger: str | None,
    output: Path,
) -> None:
    """Write one self-contained page about an upcoming model: forecasts, pictures, backtest, questions, sources.

    Nothing on the page is loaded from anywhere: it can be mailed, printed, and opened years later.

    \b
    Example:
        forecast report --family PaLM --params 540e9 -o report.html
        forecast report results/ --family mine --params 70B -o mine.html
    """
    from scale_forecast.backtests.training import Trained
    from scale_forecast.data.names import counted
    from scale_forecast.inputs.panel import as_panel
    from scale_forecast.inputs.targets import upcoming_target
    from scale_forecast.parallel import Workers
    from scale_forecast.predictors.registry import make
    from scale_forecast.show.report.contents import gather
    from scale_forecast.show.report.page import page
    from scale_forecast.show.terminal import progress as bar

    make(predictor)
    at = now()
    tables = inputs.load()
    panel = as_panel(tables.results, tables.tasks, tables.metrics)
    target, notes = upcoming_target(panel, family, params, train_tokens, train_flops, as_of)
    for sentence in notes:
        note(sentence)
    with bar("learning from past forecasts") as learning:
        found = gather(
            panel,
            target,
            tables.results,
            predictor=predictor,
            as_of=as_of,
            benchmark=benchmark,
            before=before,
            progress=note,
            trained=Trained(panel, _cache_folder(), workers=Workers(progress=learning)),
        )
    questions, record = _bearing(found.tasks, tables, question_files, ledger, as_of or at)
    facts = {"Command": _command_line(context), "Made": f"{at:%Y-%m-%d %H:%M} UTC", **found.facts, **_versions()}
    if as_of is not None:
        facts["Known by"] = f"{as_of:%Y-%m-%d}"
    whole = dataclasses.replace(found, questions=questions, record=record, facts=facts, notes=(*notes, *tables.notes))
    write(page(whole), output)
    note(f"written: {output}, {counted(len(found.tasks), 'task')}")


def _bearing(
    tasks: pd.DataFrame, tables: Tables, files: tuple[Path, ...], ledger: str | None, as_of: Any
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The questions that name one of the tasks, and the ledger's track record where there is a ledger."""
    from scale_forecast.resolvers.judge.evidence import Evidence
    from scale_forecast.resolvers.judge.resolve import resolve_all
    from scale_forecast.resolvers.scores import record
    from scale_forecast.show.report.bearing import questions_on

    questions, recorded, scores = _questions(files, ledger), None, None
    if ledger_exists(ledger):
        with open_ledger_at(ledger) as book:
            recorded = book.forecasts()
            scored = record.score_record(recorded, book.resolutions(), book.questions())
        by = ["predictor"]
        scores = record.brief(record.summarise(scored, by=by), by) if len(scored) else None
    found = resolve_all(questions, Evidence(tables.results, tables.tasks, tables.metrics), as_of=as_of)
    return questions_on(tasks, questions, found, recorded), scores


def _command_line(context: click.Context) -> str:
    """What was typed, as it can be typed again but for the password in a ledger's address."""
    import shlex

    from scale_forecast.resolvers.ledger import shown_address

    names = [] if context.parent is None else [context.info_name or ""]
    typed = []
    for word in context.meta.get(_TYPED, ()):
        option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
        typed.append(f"{option}{equals}{shown_address(value)}" if value.startswith("postgres") else word)
    return shlex.join(["forecast", *names, *typed])


def _versions() -> dict[str, str]:
    """Versions of what forecasts are computed with."""
    from importlib.metadata import PackageNotFoundError, version

    def of(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "unknown"

    names = ("scale-forecast", "numpy", "pandas", "scipy", "scikit-learn", "lightgbm")
    return {"Versions": ", ".join(f"{name} {of(name)}" for name in names)}


# --- market ----------------------------------------------------------------------------------------------------------


@main.group("market", cls=_Group)
def market_group() -> None:
    """Exchange with Manifold, Metaculus, Polymarket, Kalshi and ForecastBench.

    An ADDRESS is a market's address, a name such as manifold:ID or metaculus:POST, or a file with a service's answer.
    Keys are read from MANIFOLD_API_KEY and METACULUS_TOKEN, else from the system keyring (service scale-forecast).
    """


def _service(name: str, server: str | None) -> Any:
    from scale_forecast.resolvers.markets.keys import system_keyring
    from scale_forecast.resolvers.markets.services import open_service

    return open_service(name, os.environ, keyring=system_keyring, server=server)


@dataclasses.dataclass(frozen=True)
class Asked:
    """Which market a command is about; `market` finds it."""

    address: str
    id: str | None
    saved: Path | None
    server: str | None

    def market(self) -> Market:
        """From a file, a folder of saved answers, or the service itself."""
        from scale_forecast.resolvers.markets.find import find_market

        return find_market(self.address, self.service, saved=self.saved, id=self.id)

    def service(self, name: str) -> Any:
        """The client of a service, with its key."""
        return _service(name, self.server)

    @property
    def is_offline(self) -> bool:
        return self.saved is not None or Path(self.address).is_file()


def _server_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--server", metavar="URL", hidden=True, help="A test server, instead of the service itself.")(
        command
    )


def market_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """``ADDRESS`` and where to look for it: the command receives one argument, ``asked``."""

    @click.argument("address")
    @click.option("--id", "id_", metavar="ID", help="Which market of a file that holds several.")
    @click.option(
        "--saved",
        type=click.Path(path_type=Path),
        metavar="PATH",
        help="Look the address up in this file or folder of saved answers instead of asking the service.",
    )
    @_server_option
    @functools.wraps(command)
    def wrapped(
        *args: Any, address: str, id_: str | None, saved: Path | None, server: str | None, **kwargs: Any
    ) -> Any:
        return command(*args, asked=Asked(address, id_, saved, server), **kwargs)

    return wrapped


def answer_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What we think, in one of several ways: the command receives ``ours``, a function from market to answer."""

    @click.option("-p", "--probability", type=float, help="Of yes.")
    @click.option("--option", "options", multiple=True, metavar="OPTION=P", help="Of one option; repeat for each.")
    @click.option("--quantile", "quantiles", multiple=True, metavar="LEVEL=VALUE", help="Of a number or date; repeat.")
    @click.option(
        "--forecast",
        "table",
        type=click.Path(dir_okay=False, path_type=Path),
        help="A table that 'forecast predict --format csv' wrote.",
    )
    @click.option("--task", help="Which task of that table.")
    @click.option("--recorded", metavar="FORECASTER", help="The last forecast in the ledger by this forecaster.")
    @click.option("--threshold", metavar="TEXT", help="What a yes-or-no market asks of a distribution: '>= 0.9'.")
    @click.option("--times", type=float, default=1.0, help="Factor from our unit to the market's: 100 for percentages.")
    @ledger_option
    @functools.wraps(command)
    def wrapped(*args: Any, ledger: str | None, **kwargs: Any) -> Any:
        names = ("probability", "options", "quantiles", "table", "task", "recorded", "threshold", "times")
        given = {name: kwargs.pop(name) for name in names}

        def ours(market: Market) -> Answer:
            return _answer(market, ledger, **given)

        return command(*args, ours=ours, **kwargs)

    return wrapped


def _answer(
    market: Market,
    ledger: str | None,
    *,
    probability: float | None,
    options: tuple[str, ...],
    quantiles: tuple[str, ...],
    table: Path | None,
    task: str | None,
    recorded: str | None,
    threshold: str | None,
    times: float,
) -> Answer:
    from scale_forecast.resolvers.markets.answers import parse_threshold
    from scale_forecast.resolvers.markets.ours import (
        given_answer,
        parse_options,
        parse_quantiles,
        quantiles_of_table,
        recorded_answer,
    )

    asked = parse_threshold(threshold) if threshold else None
    if recorded:
        with open_ledger_at(ledger) as opened:
            return recorded_answer(market, opened.forecasts(), recorded, asked, times)
    spread = quantiles_of_table(table, task) if table else None
    if quantiles:
        spread = parse_quantiles(quantiles, dates=market.kind == "date")
    return given_answer(
        market,
        probability=probability,
        options=parse_options(options, market),
        quantiles=spread and spread.times(times),
        threshold=asked,
    )


def purse_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--bankroll`` and ``--cap``: the command receives one argument, ``purse``."""

    @click.option("--bankroll", type=float, default=1000.0, show_default=True, help="What there is to stake.")
    @click.option("--cap", type=float, default=0.05, show_default=True, help="Largest share of it on one market.")
    @functools.wraps(command)
    def wrapped(*args: Any, bankroll: float, cap: float, **kwargs: Any) -> Any:
        from scale_forecast.resolvers.markets.compare import Purse

        return command(*args, purse=Purse(bankroll, cap), **kwargs)

    return wrapped


def send_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--yes``, ``--again`` and ``--journal``: the command receives ``send``, which shows a request and sends it."""

    @click.option("--yes", is_flag=True, help="Send it. Without this nothing is sent.")
    @click.option("--again", is_flag=True, help="Send it although the same was sent before.")
    @click.option(
        "--journal",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="FORECAST_JOURNAL",
        help="Where what was sent is noted, so that nothing is sent twice. A file of your own when not given.",
    )
    @functools.wraps(command)
    def wrapped(*args: Any, yes: bool, again: bool, journal: Path | None, **kwargs: Any) -> Any:
        def send(request: Request, service: Callable[[], Any], verb: str) -> None:
            _send(request, service, verb, journal, yes=yes, again=again)

        return command(*args, send=send, **kwargs)

    return wrapped


def _send(
    request: Request, service: Callable[[], Any], verb: str, journal: Path | None, *, yes: bool, again: bool
) -> None:
    """Show exactly what would be sent; with ``yes`` send it once."""
    from platformdirs import user_state_path

    from scale_forecast.resolvers.markets.journal import Journal
    from scale_forecast.resolvers.markets.services import SITES

    address = f"{SITES[request.service].base}/{request.path}"
    click.echo(json.dumps({"method": "POST", "url": address, "body": request.body}, indent=1))
    if not yes:
        note("dry run: nothing was sent; add --yes to send this")
        return
    place = journal or user_state_path("scale-forecast") / "sent.jsonl"
    receipt = getattr(service(), verb)(request, Journal(place), again=again)
    note(f"{receipt.state}: {receipt.id}")


@market_group.command("show")
@market_argument
@click.option(
    "--save", type=click.Path(dir_okay=False, path_type=Path), help="Also keep the service's answer in a file."
)
@output_options
def market_show(asked: Asked, save: Path | None, format_: str, output: Path | None) -> None:
    """Show a market: what it asks, when it closes, what the crowd says, how it resolved.

    \b
    Example:
        forecast market show https://www.metaculus.com/questions/34519/
        forecast market show saved.json --format csv
    """
    from scale_forecast.resolvers.markets.find import find_market
    from scale_forecast.resolvers.markets.saved import read_saved
    from scale_forecast.resolvers.markets.tables import SHOWN, market_table

    opened: list[Any] = []

    def service(name: str) -> Any:
        opened.append(asked.service(name))
        return opened[-1]

    if Path(asked.address).is_file() and asked.id is None:
        markets, refusals = read_saved(Path(asked.address))
        if not markets:
            raise ForecastError(refusals[0])
    else:
        markets, refusals = [find_market(asked.address, service, saved=asked.saved, id=asked.id)], []
    for refusal in refusals:
        note(refusal)
    for market in markets:
        if market.unknown:
            note(f"{market.name} has fields this version does not know: {', '.join(market.unknown)}")
    if save and opened:
        write(opened[-1].session.last_text(), save)
    table = market_table(markets)
    emit(table, format_, output, show=table[SHOWN].dropna(axis=1, how="all"))


@market_group.command("search")
@click.argument("text")
@click.option(
    "--on",
    type=click.Choice(("manifold", "metaculus", "polymarket", "kalshi")),
    default="manifold",
    show_default=True,
    help="The service.",
)
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="How many at most.")
@_server_option
@output_options
def market_search(text: str, on: str, limit: int, server: str | None, format_: str, output: Path | None) -> None:
    """Search a service for open markets about a text.

    \b
    Example:
        forecast market search "FrontierMath" --on metaculus
    """
    from scale_forecast.resolvers.markets.tables import SHOWN, market_table

    markets = _service(on, server).search(text, limit)
    if not markets:
        raise ForecastError(f"{on} has no open market about {text!r}: try fewer words")
    table = market_table(markets)
    emit(table, format_, output, show=table[SHOWN].dropna(axis=1, how="all"))


@market_group.command("import")
@market_argument
@click.option("--criterion", type=click.Path(dir_okay=False, path_type=Path), help="YAML of a criterion of ours.")
@click.option("--task", help="Criterion of ours: a model's score on this task ...")
@click.option("--benchmark", help="... of this benchmark ...")
@click.option("--metric", help="... by this metric ...")
@click.option("--at-least", type=float, help="... reaches this score.")
@click.option("--opened", type=DAY, help="When it opened, for a market that does not say.")
@click.option("--closes", type=DAY, help="When it closes, for a market that does not say.")
@click.option(
    "--history",
    type=click.Choice(("all", "daily", "last", "none")),
    default="daily",
    show_default=True,
    help="Which of the crowd's probabilities go into the ledger.",
)
@ledger_option
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="The question's YAML, in a file.")
def market_import(
    asked: Asked,
    criterion: Path | None,
    task: str | None,
    benchmark: str | None,
    metric: str | None,
    at_least: float | None,
    opened: pd.Timestamp | None,
    closes: pd.Timestamp | None,
    history: str,
    ledger: str | None,
    output: Path | None,
) -> None:
    """Turn a market into a question of ours, and what its crowd said into forecasts in the ledger.

    Without a criterion of ours the question is settled as the market settles. A Metaculus data export (zip) brings all
    its questions, your own forecasts and their scores; a ForecastBench question set brings all its questions.

    \b
    Example:
        forecast market import manifold:dI5U6ps6IP --task FrontierMath --at-least 0.85
        forecast market import metaculus-data.zip
    """
    from scale_forecast.resolvers.markets.importing import criterion_of, import_export, import_markets
    from scale_forecast.resolvers.markets.metaculus_export import is_export
    from scale_forecast.resolvers.questions.bank import dump_questions

    path = Path(asked.address)
    with open_ledger_at(ledger, create=True) as book:
        if path.is_file() and is_export(path):
            scores, kept, unfit = import_export(path, book, at=now())
            if unfit:
                note(f"{unfit} forecasts are over other options or another grid than now, and are left out")
            emit(scores, "table", None, title="Scores, as Metaculus defines them")
        else:
            questions, kept = import_markets(
                _asked_markets(asked),
                book,
                at=now(),
                criterion=criterion_of(criterion, task=task, benchmark=benchmark, metric=metric, at_least=at_least),
                history=None if asked.is_offline else asked.service,
                every=history,
                opened=_in_utc(opened),
                closes=_in_utc(closes),
            )
            write(dump_questions(questions), output)
    note(f"ledger: {kept.questions} questions, {kept.forecasts} forecasts and {kept.resolutions} resolutions are new")


def _asked_markets(asked: Asked) -> list[Market]:
    """All markets of a file, unless one is named; else the one at the address."""
    from scale_forecast.resolvers.markets.saved import read_saved

    if asked.id is not None or not Path(asked.address).is_file():
        return [asked.market()]
    markets, refusals = read_saved(Path(asked.address))
    for refusal in refusals:
        note(refusal)
    if not markets:
        raise ForecastError(refusals[0])
    return markets


def _in_utc(day: pd.Timestamp | None) -> datetime | None:
    return None if day is None else day.to_pydatetime().replace(tzinfo=UTC)


@market_group.command("compare")
@market_argument
@answer_options
@purse_options
@output_options
def market_compare(
    asked: Asked, ours: Callable[[Market], Answer], purse: Purse, format_: str, output: Path | None
) -> None:
    """Compare our forecast with the crowd's: edge, Kelly stake under a cap, expected log score.

    Log scores are in nats, minus ln p, under our own probability; lower is better, and gain_nats is what the crowd's
    forecast would lose to ours if ours is right.

    \b
    Example:
        forecast market compare manifold:P0R6uAC2nU -p 0.62 --bankroll 500
        forecast market compare kalshi:TICKER --forecast predicted.csv --task MMLU --times 100
    """
    from scale_forecast.resolvers.markets.compare import compare, readable

    market = asked.market()
    table = compare(market, ours(market), purse)
    emit(table, format_, output, show=readable(table, market))


@market_group.command("submit")
@market_argument
@answer_options
@purse_options
@click.option("--amount", type=float, help="On Manifold: mana to stake, instead of the Kelly stake under the cap.")
@send_options
def market_submit(
    asked: Asked, ours: Callable[[Market], Answer], purse: Purse, amount: float | None, send: Callable[..., None]
) -> None:
    """Submit our forecast to Metaculus, or bet on it on Manifold. Without --yes it only shows what would be sent.

    The request is checked by the service's own rules first and is sent at most once: when its answer is lost, the
    state is read back, and a second run finds what the first one did.

    \b
    Example:
        forecast market submit metaculus:34519 -p 0.2
        forecast market submit metaculus:34519 -p 0.2 --yes
    """
    from scale_forecast.resolvers.markets.submitting import prepare

    market = asked.market()
    request = prepare(market, ours(market), purse, amount)
    if market.closes and market.closes < now():
        note(f"{market.name} was to close on {market.closes:%Y-%m-%d}: the service may refuse this")
    send(request, lambda: asked.service(market.service), "submit")


@market_group.command("withdraw")
@market_argument
@send_options
def market_withdraw(asked: Asked, send: Callable[..., None]) -> None:
    """Withdraw our standing forecast from Metaculus. Without --yes it only shows what would be sent.

    \b
    Example:
        forecast market withdraw metaculus:34519 --yes
    """
    from scale_forecast.resolvers.markets.submitting import prepare_withdrawal

    market = asked.market()
    send(prepare_withdrawal(market), lambda: asked.service(market.service), "withdraw")


@market_group.command("resolve")
@market_argument
@click.option("--outcome", help="yes, no, a percentage, annulled, an option or a number; else the ledger's resolution.")
@click.option("--because", metavar="TEXT", help="The evidence, with --outcome.")
@ledger_option
@send_options
def market_resolve(
    asked: Asked, outcome: str | None, because: str | None, ledger: str | None, send: Callable[..., None]
) -> None:
    """Propose a resolution of our own Manifold market, with the evidence; written only with --yes.

    The outcome and the evidence are those that 'forecast resolve' recorded for the imported question.

    \b
    Example:
        forecast market resolve manifold:P0R6uAC2nU
        forecast market resolve manifold:P0R6uAC2nU --outcome no --because "no model reached 0.85 by the deadline"
    """
    from scale_forecast.resolvers.markets.proposal import Proposal, propose
    from scale_forecast.resolvers.markets.submitting import prepare_resolution

    market = asked.market()
    if outcome is not None:
        if not because:
            raise UsageError("--outcome needs the evidence: give --because TEXT")
        proposal = Proposal(outcome, because)
    else:
        with open_ledger_at(ledger) as book:
            proposal = propose(market, book.resolutions())
    note(f"{market.title}\nresolves {proposal.outcome}: {proposal.reason}")
    send(prepare_resolution(market, proposal.outcome), lambda: asked.service(market.service), "resolve")


@market_group.command("export")
@click.option(
    "--to",
    type=click.Choice(("csv", "forecastbench", "hubverse")),
    default="csv",
    show_default=True,
    help="The whole record as a table; a forecast set for upload; model output of a modelling hub.",
)
@click.option("--by", "forecaster", metavar="FORECASTER", help="Whose forecasts; needed where there are several.")
@click.option(
    "--questions", type=click.Path(dir_okay=False, path_type=Path), help="ForecastBench: the question set to answer."
)
@click.option("--organization", help="ForecastBench: your organization, as agreed with the benchmark.")
@click.option("--model-id", metavar="TEAM-MODEL", help="hubverse: names the file, with -o FOLDER.")
@ledger_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file; for hubverse also a folder.")
def market_export(
    to: str,
    forecaster: str | None,
    questions: Path | None,
    organization: str | None,
    model_id: str | None,
    ledger: str | None,
    output: Path | None,
) -> None:
    """Export the ledger's forecasts, checked by the rules of the format they go into.

    \b
    Example:
        forecast market export -o record.csv
        forecast market export --to forecastbench --questions 2026-03-01-llm.json --by stack --organization Example
        forecast market export --to hubverse --by stack --model-id ours-stack -o model-output/ours-stack
    """
    from scale_forecast.resolvers.markets import exporting

    with open_ledger_at(ledger) as book:
        forecasts, resolutions = book.forecasts(), book.resolutions()
    if to == "csv":
        write(exporting.as_csv(forecasts, resolutions), output)
        return
    chosen = exporting.of_forecaster(forecasts, forecaster)
    if to == "forecastbench":
        if questions is None or organization is None:
            raise UsageError("a forecast set needs --questions FILE and --organization NAME")
        text, remarks = exporting.as_forecast_set(chosen, questions, organization, output)
        for remark in remarks:
            note(remark)
        write(text, output)
        return
    text, name = exporting.as_model_output(chosen, model_id)
    if output is not None and output.is_dir():
        output = output / name
    write(text, output)


if __name__ == "__main__":
    main()
