"""`forecast questions`: list, show, check and record questions."""

from __future__ import annotations

import functools
from pathlib import Path

import click
import pandas as pd

from scale_forecast.commands.groups import Group
from scale_forecast.commands.options import (
    STATUSES,
    as_of_option,
    evidence_of,
    known_questions,
    ledger_option,
    output_options,
    pairs,
    questions_option,
)
from scale_forecast.commands.printing import emit, note, write
from scale_forecast.commands.resolve import EVIDENCE_SHOWN
from scale_forecast.data.errors import UsageError
from scale_forecast.data.load import load
from scale_forecast.data.names import did_you_mean, fold
from scale_forecast.resolvers.importing import import_files, unrecorded
from scale_forecast.resolvers.judge.resolve import as_table, evidence_table, listing, resolve, resolve_all
from scale_forecast.resolvers.kinds import KINDS
from scale_forecast.resolvers.questions.bank import (
    bundled_questions,
    dump_questions,
    find_question,
    merged,
    read_files,
    summary,
)
from scale_forecast.resolvers.questions.check import doubts
from scale_forecast.show import views
from scale_forecast.show.terminal import as_text
from scale_forecast.workflow import clock
from scale_forecast.workflow.places import ledger_exists, open_ledger_at


@click.group("questions", cls=Group)
def questions_group() -> None:
    """Questions about scores: the bundled bank, your own, and the forecasts of others."""


@questions_group.command("list")
@click.option("--status", type=click.Choice(STATUSES), multiple=True, help="Only these; repeat for more.")
@click.option("--kind", metavar="KIND", help=f"Only criteria of this kind: {', '.join(KINDS)}.")
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

    questions = known_questions(question_files, ledger)
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
    table = listing(chosen, resolve_all(chosen, evidence_of(load(frontier=True)), as_of=as_of or clock.now()))
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

    question = find_question(question_id, known_questions(question_files, ledger))
    found = resolve(question, evidence_of(load(frontier=True)), as_of=as_of or clock.now())
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

    questions = read_files(files) if files else bundled_questions()
    evidence = evidence_of(load(frontier=True))
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

    new = read_files(files)
    merged(known_questions((), ledger), new)
    rows = [{"question_id": question.id, "definition": question.to_dict()} for question in new]
    with open_ledger_at(ledger, create=True) as opened:
        added = opened.append_questions(rows, at=clock.now())
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

    at = clock.now()
    found = import_files(
        files,
        as_of=at,
        known={question.id for question in known_questions((), ledger)},
        columns=pairs(column, "--column"),
        constants=pairs(set_, "--set"),
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
