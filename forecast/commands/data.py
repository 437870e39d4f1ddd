"""`forecast data`: look at the figures; check and convert files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import pandas as pd

import scale_forecast
from scale_forecast.commands.groups import Group
from scale_forecast.commands.options import (
    FILE,
    Inputs,
    dates_options,
    input_options,
    output_options,
    own_data,
    own_data_options,
    reading_as_of,
)
from scale_forecast.commands.own import OWN_COMMANDS
from scale_forecast.commands.printing import Output, csv_of, note, write
from scale_forecast.commands.types import BYTES
from scale_forecast.data.dates import Reading
from scale_forecast.data.errors import ForecastError, UsageError
from scale_forecast.data.names import count_of
from scale_forecast.data.overview import BY, printable
from scale_forecast.data.readers import Loaded, read_models, read_tasks
from scale_forecast.data.sizes import format_size

_SHOWN_ROWS = [
    "benchmark", "task", "metric", "shots", "prompt", "evaluator", "version", "setting", "model", "params", "score",
    "stderr", "n_examples", "known_on", "known_basis", "seen_on", "source",
]  # fmt: skip
_SHOWN_COVERAGE = ["benchmark", "scores", "tasks", "models", "first", "last", "covers", "complete_until", "covered_by"]
_SHOWN_LOGS = ["benchmark", "task", "metric", "shots", "model", "params", "score", "stderr", "n_examples"]


@click.group("data", cls=Group)
def data_group() -> None:
    """Look at the figures, bundled and your own; add a score, fetch newer tables; check and convert files."""


for _command in OWN_COMMANDS:
    data_group.add_command(_command)


@data_group.command("list")
@click.option(
    "--by",
    type=click.Choice(BY),
    default="dataset",
    show_default=True,
    help="What to count by.",
)
@own_data_options
@output_options
def data_list(by: str, out: Output) -> None:
    """List what is bundled, added and fetched: scores, tasks, models, sizes, dates, sources.

    By benchmark also who is covered and until when: the families of a source, the benchmark's leaders, or a mere
    list of models, whose silence says nothing of the others.

    \b
    Example:
        forecast data list --by benchmark
    """
    table = scale_forecast.list_data(by, **own_data())
    sizes = {name: table[name].map(format_size) for name in ("smallest", "largest")}
    show = table.assign(**sizes)
    out.emit(table, show=show[_SHOWN_COVERAGE] if by == "benchmark" else show)


@data_group.command("show")
@input_options
@click.option("--benchmark", metavar="NAME", help="Only this benchmark.")
@click.option("--task", metavar="NAME", help="Only this task.")
@click.option("--family", metavar="NAME", help="Only this family.")
@click.option("--line", metavar="NAME", help="Only this line: families that share weights, data or recipe.")
@click.option("--model", metavar="NAME", help="Only this model.")
@click.option("--metric", metavar="NAME", help="Only this metric.")
@click.option("--organisation", metavar="NAME", help="Only models of this organisation.")
@click.option("--evaluator", metavar="NAME", help="Only what this evaluator ran or reported.")
@click.option("--version", metavar="NAME", help="Only this release of the questions or the scoring.")
@click.option("--setting", metavar="NAME", help="Only this setting: effort, tools, scaffold.")
@reading_as_of
@dates_options
@output_options
def data_show(inputs: Inputs, as_of: pd.Timestamp | None, reading: Reading, out: Output, **wanted: Any) -> None:
    """Show rows of the bundled figures, or of RESULTS joined with them.

    Of a score whose day is not known `known_on` is the first day it can have been public (`known_basis` says "not
    before") and `seen_on` the day on which a source held it. With --release-dates or --strict-dates `known_on` is the
    day as it is read then.

    \b
    Example:
        forecast data show --family Gopher --benchmark MMLU --format csv
    """
    tables = inputs.load(frontier=True, reading=reading)
    rows = scale_forecast.show_data(tables, as_of=as_of, **wanted)
    out.emit(rows, show=_readable(rows, _SHOWN_ROWS))


@data_group.command("validate")
@input_options
@output_options
def data_validate(inputs: Inputs, out: Output) -> None:
    """Check RESULTS and count, file by file, what was found, kept and refused, and why.

    \b
    Example:
        forecast data validate results/ --models models.csv
    """
    if not inputs.paths and not inputs.tasks and not inputs.models:
        raise UsageError("name a file or directory to check, or '-' for standard input")
    if inputs.tasks:
        note(f"{inputs.tasks}: describes {count_of(len(read_tasks(inputs.tasks)), 'task')}")
    if inputs.models:
        note(f"{inputs.models}: describes {count_of(len(read_models(inputs.models)), 'model')}")
    if inputs.paths or not out.is_for_people:
        out.emit(_own(inputs).counts)


@data_group.command("import", listing=("Formats", scale_forecast.reader_lines))
@input_options
@click.option("--tasks-out", type=FILE, help="Write task descriptors found here.")
@output_options
def data_import(inputs: Inputs, tasks_out: Path | None, out: Output) -> None:
    """Convert RESULTS of any known format into one results table (-o FILE writes CSV, or Parquet when so called).

    A format is told by the content of a file, whatever its name; directories are read whole, compressed files as they
    are. Tables may be CSV, Parquet, JSON or sheets, long or wide.

    \b
    Example:
        forecast data import results/ -o results.csv
        forecast data import scores.csv --wide --column model=Model --set benchmark=MMLU -o results.csv
    """
    if not inputs.paths:
        raise UsageError("name a file or directory to import, or '-' for standard input")
    loaded = _own(inputs)
    if tasks_out is not None:
        write(csv_of(loaded.tasks), tasks_out)
        note(f"{count_of(len(loaded.tasks), 'task')} described in {tasks_out}")
    if loaded.results.empty and tasks_out is None:
        raise ForecastError("only task descriptors were found, no scores: write them with --tasks-out FILE")
    if not loaded.results.empty:
        _emit_results(loaded.results, out, _SHOWN_ROWS)


@data_group.command("logs")
@click.argument("logs", nargs=-1, required=True, metavar="LOGS...")
@click.option("--models", metavar="FILE", help="Sizes and families of your models (columns model, params, ...).")
@click.option("--as-model", metavar="NAME", help="What to call the model of logs that name none.")
@click.option("--document", metavar="FIELD", help="Where an item's source document stands.  [default: passage_id, ...]")
@click.option("--scale", type=float, metavar="TOP", help="Grades of items run from 0 to TOP, such as 10.")
@click.option("--profile", type=FILE, help="Write profiles of difficulty (CSV).")
@click.option("--memory", type=BYTES, default="1GB", show_default=True, help="Memory to use; the rest goes to disk.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Threads to use.")
@click.option("--scratch", type=click.Path(file_okay=False, exists=True, path_type=Path), help="For temporary files.")
@output_options
def data_logs(
    logs: tuple[str, ...],
    models: str | None,
    as_model: str | None,
    profile: Path | None,
    jobs: int,
    out: Output,
    **about: Any,
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
    read = scale_forecast.read_logs(
        logs,
        models=read_models(models) if models else None,
        model=as_model,
        threads=jobs,
        stdin=sys.stdin.buffer,
        **about,
    )
    for sentence in read.loaded.notes:
        note(sentence)
    if profile is not None:
        write(csv_of(read.profiles), profile)
        note(f"{count_of(len(read.profiles), 'profile')} written to {profile}")
    _emit_results(read.loaded.results, out, _SHOWN_LOGS)


def _own(inputs: Inputs) -> Loaded:
    """The user's results alone."""
    return scale_forecast.import_data(
        inputs.paths,
        models=inputs.models,
        as_model=inputs.as_model,
        layout=inputs.layout,
        stdin=sys.stdin.buffer,
        tell=note,
    )


def _readable(rows: pd.DataFrame, shown: list[str]) -> pd.DataFrame:
    """Some columns, sizes as people write them; what no row says is left away."""
    filled = [name for name in shown if rows[name].notna().any()]
    score = rows["score"]
    if score.between(0.0, 1.0).all() and ((score * 1000.0).round(6) % 1.0 != 0.0).any():
        score = score.map("{:.4f}".format)  # shares of which some say more than three digits
    return rows.assign(params=rows["params"].map(format_size), score=score)[filled]


def _emit_results(results: pd.DataFrame, out: Output, shown: list[str]) -> None:
    """A results table; in a file it is CSV, or Parquet where the file is called so, unless JSON is asked for.

    Of a file stdout says what is in it, since nothing else is printed there.
    """
    table = printable(results)
    if out.path is not None and out.path.suffix == ".parquet":
        write(table.to_parquet(index=False), out.path)
    elif out.path is not None and out.is_for_people:
        Output("csv", out.path).emit(table)
    else:
        out.emit(table, show=_readable(table, shown))
    if out.path is not None:
        click.echo(f"{count_of(len(table), 'score')} written to {out.path}")
