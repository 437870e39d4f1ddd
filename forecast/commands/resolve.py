"""`forecast resolve`: settle questions and recorded forecasts."""

from __future__ import annotations

from pathlib import Path

import click
import pandas as pd

from scale_forecast.commands.groups import Command
from scale_forecast.commands.options import (
    STATUSES,
    Inputs,
    as_of_option,
    evidence_of,
    input_options,
    known_questions,
    ledger_option,
    output_options,
    questions_option,
)
from scale_forecast.commands.printing import emit, note
from scale_forecast.data.results import fingerprint
from scale_forecast.resolvers.judge.resolve import as_table, evidence_table, for_ledger, resolve_all
from scale_forecast.resolvers.judge.settle import as_resolutions, settle_scores, settled_rows
from scale_forecast.resolvers.questions.bank import find_question
from scale_forecast.workflow import clock
from scale_forecast.workflow.places import ledger_exists, open_ledger_at

EVIDENCE_SHOWN = ["model", "task", "score", "known_on", "source"]


@click.command("resolve", cls=Command)
@input_options
@as_of_option
@click.option("--question", "ids", multiple=True, metavar="ID", help="Only this question; repeat for more.")
@click.option("--status", type=click.Choice(STATUSES), multiple=True, help="Print only these; repeat for more.")
@click.option("--show", type=click.Choice(("resolutions", "evidence")), help="Only this table.")
@click.option("--dry-run", is_flag=True, help="Show what would be settled, and record nothing.")
@click.option("--coverage", metavar="FILE", help="Of whom RESULTS are complete, until when (source, covers, ...).")
@questions_option
@ledger_option
@output_options
def resolve_command(
    inputs: Inputs,
    coverage: str | None,
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
    ledger; a resolution that has changed supersedes the one before. A no, and a highest score, need a source that
    would hold every better one: RESULTS tell of their own families until their newest day, and of others as far as
    --coverage says.

    \b
    Example:
        forecast resolve --as-of 2024-01-01 --dry-run
        forecast resolve new_results.csv --question neqa-resolves-2024
    """

    questions = known_questions(question_files, ledger)
    chosen = [find_question(name, questions) for name in ids] if ids else questions
    tables = inputs.load(several_sources=True, frontier=True, coverage=coverage)
    at = clock.now()
    resolutions = resolve_all(chosen, evidence_of(tables), as_of=as_of or at)
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
