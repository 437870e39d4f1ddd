"""Options that several commands share."""

from __future__ import annotations

import dataclasses
import functools
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
import pandas as pd

from scale_forecast.commands.printing import note
from scale_forecast.commands.types import DAY, SIZE
from scale_forecast.data import load as bundled
from scale_forecast.data.errors import UsageError
from scale_forecast.data.load import Tables
from scale_forecast.data.profiles import read_profiles
from scale_forecast.data.readers import Layout, Loaded, read, read_models
from scale_forecast.parallel import Workers
from scale_forecast.predictors.registry import PREDICTORS
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.questions import bank
from scale_forecast.resolvers.questions.bank import merged, read_files, recorded_questions
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.workflow import clock
from scale_forecast.workflow.places import ledger_exists, open_ledger_at

FORMATS = ("table", "csv", "json")


STATUSES = ("open", "yes", "no", "number", "ambiguous", "annulled")


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

    def load(self, *, several_sources: bool = False, frontier: bool = False, coverage: str | None = None) -> Tables:
        """The user's results joined with the bundled figures; the bundled figures alone without paths."""

        tables = bundled.load(
            self.paths,
            tasks=self.tasks,
            models=self.models,
            layout=self._layout(),
            model=self.as_model,
            stdin=sys.stdin.buffer,
            several_sources=several_sources,
            frontier=frontier,
            coverage=coverage,
        )
        for sentence in tables.notes:
            note(sentence)
        return tables

    def read(self) -> Loaded:
        """The user's results alone."""

        models = read_models(self.models) if self.models else None
        stdin = sys.stdin.buffer
        loaded = read(self.paths, models=models, layout=self._layout(), model=self.as_model, stdin=stdin)
        for sentence in loaded.notes:
            note(sentence)
        return loaded

    def _layout(self) -> Layout:

        return Layout(
            wide=self.wide,
            percent=self.percent,
            columns=pairs(self.columns, "--column"),
            constants=pairs(self.constants, "--set"),
            task_columns=tuple(t.strip() for t in self.task_columns.split(",") if t.strip()),
        )


def pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
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

            return command(*args, workers=Workers(jobs, dask, threads), **kwargs)

        return wrapped

    return decorate


def profiles_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--profiles``: what item-level logs say beside the scores."""
    return click.option(
        "--profiles", metavar="FILE", help="Profiles of items, as `forecast data logs --profile` writes them."
    )(command)


def read_profiles_for(path: str | None, tables: Tables, predictors: Sequence[str] = ()) -> pd.DataFrame | None:
    """The profiles a user gives, if any; says so where none of the predictors asked for reads them."""
    if path is None:
        return None

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


def known_questions(files: tuple[Path, ...], ledger: str | None) -> list[Question]:
    """The bundled bank, the ledger's own questions where there is a ledger, and those of files."""

    ours, recorded = bank.bundled_questions(), []
    if ledger_exists(ledger):
        with open_ledger_at(ledger) as opened:
            recorded = recorded_questions(opened.questions()["definition"])
    asked = {question.id: question.fingerprint for question in ours}
    return merged(ours, [q for q in recorded if asked.get(q.id, q.fingerprint) == q.fingerprint], read_files(files))


def evidence_of(tables: Tables) -> Evidence:

    evidence = Evidence(tables.results, tables.tasks, tables.metrics, coverage=tables.coverage)
    if evidence.undated:
        note(f"{evidence.undated} scores without a date are evidence of nothing: give known_on or released")
    return evidence


LARGEST_OF = {"compute": "train_flops", "params": "params", "effective-compute": "effective_flops"}


def day_of_knowledge(as_of: pd.Timestamp | None) -> date:
    """The day as of which something is asked; today when None."""
    today = clock.now().date()
    if as_of is not None and as_of.date() > today:
        raise UsageError(f"--as-of {as_of:%Y-%m-%d} is in the future: nobody knows yet what is public then")
    return today if as_of is None else as_of.date()
