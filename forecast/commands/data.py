"""`forecast data`: look at the bundled figures; check and convert your own."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pandas as pd

from scale_forecast.commands.groups import Group
from scale_forecast.commands.options import Inputs, input_options, output_options
from scale_forecast.commands.printing import csv_of, emit, note, write
from scale_forecast.commands.types import BYTES
from scale_forecast.data.catalog import bundled_results
from scale_forecast.data.coverage import bundled_coverage
from scale_forecast.data.errors import ForecastError, UsageError
from scale_forecast.data.frontier import frontier_results
from scale_forecast.data.logs import read_logs
from scale_forecast.data.names import counted
from scale_forecast.data.overview import BY, overview, printable, select
from scale_forecast.data.readers import read_models, read_tasks
from scale_forecast.data.sizes import format_size


@click.group("data", cls=Group)
def data_group() -> None:
    """Look at the bundled figures; check and convert your own."""


@data_group.command("list")
@click.option(
    "--by",
    type=click.Choice(BY),
    default="dataset",
    show_default=True,
    help="What to count by.",
)
@output_options
def data_list(by: str, format_: str, output: Path | None) -> None:
    """List what is bundled: scores, tasks, models, sizes, dates, sources.

    By benchmark also who is covered and until when: the families of a source, the benchmark's leaders, or a mere
    list of models, whose silence says nothing of the others.

    \b
    Example:
        forecast data list --by benchmark
    """

    table = overview(pd.concat([bundled_results(), frontier_results()], ignore_index=True), by, bundled_coverage())
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
@click.option("--organisation", metavar="NAME", help="Only models of this organisation.")
@click.option("--evaluator", metavar="NAME", help="Only what this evaluator ran or reported.")
@click.option("--version", metavar="NAME", help="Only this release of the questions or the scoring.")
@click.option("--setting", metavar="NAME", help="Only this setting: effort, tools, scaffold.")
@output_options
def data_show(inputs: Inputs, format_: str, output: Path | None, **wanted: str | None) -> None:
    """Show rows of the bundled figures, or of RESULTS joined with them.

    \b
    Example:
        forecast data show --family Gopher --benchmark MMLU --format csv
    """

    rows = printable(select(inputs.load(frontier=True).results, **wanted))
    brief = ["benchmark", "task", "metric", "shots", "prompt", "evaluator", "version", "setting"]
    brief += ["model", "params", "score", "stderr", "known_on", "known_basis", "source"]
    said = [name for name in brief if rows[name].notna().any()]
    show = rows.assign(params=rows["params"].map(format_size))[said]
    emit(rows, format_, output, show=show)


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
