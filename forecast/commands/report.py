"""`forecast report`: one page about an upcoming model."""

from __future__ import annotations

import dataclasses
import shlex
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click
import pandas as pd

from scale_forecast.backtests.training import Trained
from scale_forecast.commands.groups import TYPED, Command
from scale_forecast.commands.options import (
    Inputs,
    input_options,
    known_questions,
    ledger_option,
    questions_option,
    target_options,
)
from scale_forecast.commands.printing import note, write
from scale_forecast.data.load import Tables
from scale_forecast.data.names import counted
from scale_forecast.inputs.panel import as_panel
from scale_forecast.inputs.targets import upcoming_target
from scale_forecast.parallel import Workers
from scale_forecast.predictors.registry import make
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.resolve import resolve_all
from scale_forecast.resolvers.ledger import shown_address
from scale_forecast.resolvers.scores import record
from scale_forecast.show.report.bearing import questions_on
from scale_forecast.show.report.contents import gather
from scale_forecast.show.report.page import page
from scale_forecast.show.terminal import progress as bar
from scale_forecast.workflow import clock
from scale_forecast.workflow.places import cache_folder, ledger_exists, open_ledger_at


@click.command("report", cls=Command)
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

    make(predictor)
    at = clock.now()
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
            trained=Trained(panel, cache_folder(), workers=Workers(progress=learning)),
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

    questions, recorded, scores = known_questions(files, ledger), None, None
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

    names = [] if context.parent is None else [context.info_name or ""]
    typed = []
    for word in context.meta.get(TYPED, ()):
        option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
        typed.append(f"{option}{equals}{shown_address(value)}" if value.startswith("postgres") else word)
    return shlex.join(["forecast", *names, *typed])


def _versions() -> dict[str, str]:
    """Versions of what forecasts are computed with."""

    def of(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "unknown"

    names = ("scale-forecast", "numpy", "pandas", "scipy", "scikit-learn", "lightgbm")
    return {"Versions": ", ".join(f"{name} {of(name)}" for name in names)}
