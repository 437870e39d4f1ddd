"""The bank of questions, the user's own, and the forecasts of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import did_you_mean, fold
from scale_forecast.resolvers.importing import Imported, find_unrecorded, import_files
from scale_forecast.resolvers.kinds import KINDS
from scale_forecast.resolvers.questions.bank import (
    bundled_questions,
    dump_questions,
    find_question,
    merge_questions,
    read_files,
    recorded_questions,
    summary,
)
from scale_forecast.resolvers.questions.check import doubts
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import Resolution, as_table, evidence_table, listing, resolve_all
from scale_forecast.resolvers.questions.resolve import resolve as judge
from scale_forecast.show.terminal import as_text
from scale_forecast.show.views import EVIDENCE_SHOWN
from scale_forecast.workflow import clock
from scale_forecast.workflow.brief import Brief
from scale_forecast.workflow.clock import Day, as_day
from scale_forecast.workflow.places import ledger_exists, open_ledger_at
from scale_forecast.workflow.tables import Results, Tell, evidence_of, silent, tables_of


def known_questions(files: Sequence[Path] = (), ledger: str | Path | None = None) -> list[Question]:
    """The bundled bank, the ledger's own questions where there is a ledger, and those of files."""
    bundled, recorded = bundled_questions(), []
    if ledger_exists(ledger):
        with open_ledger_at(ledger) as book:
            recorded = recorded_questions(book.questions()["definition"])
    written = {question.id: question.fingerprint for question in bundled}
    same = [question for question in recorded if written.get(question.id, question.fingerprint) == question.fingerprint]
    return merge_questions(bundled, same, read_files(files))


def own_questions(files: Sequence[Path] = (), ledger: str | Path | None = None) -> list[Question]:
    """Those of `known_questions` that the ledger holds (asked, added, imported or forecast), and those of files."""
    own = {question.id for question in read_files(files)}
    if ledger_exists(ledger):
        with open_ledger_at(ledger) as book:
            own |= {*book.questions()["question_id"], *book.forecasts()["question_id"].dropna()}
    return [question for question in known_questions(files, ledger) if question.id in own]


def list_questions(
    results: Results = None,
    *,
    status: Sequence[str] = (),
    kind: str | None = None,
    topic: str | None = None,
    retrospective: bool | None = None,
    as_of: Day | None = None,
    questions: Sequence[Path] = (),
    ledger: str | Path | None = None,
    tell: Tell = silent,
) -> pd.DataFrame:
    """A row a question, with its status on a day as the results settle it; those that people asked come first.

    Parameters
    ----------
    results : tables, or files of any known layout; the bundled figures when None
    status, kind, topic : only these
    retrospective : only those written when the outcome was known, or with False only those asked before; None for both
    as_of : judge by what was public on this day; now when None
    questions : YAML files, or folders of them, beside the bundled bank and the ledger's questions
    """
    known = known_questions(questions, ledger)
    topics = {fold(question.topic): question.topic for question in known if question.topic}
    if kind is not None and kind not in KINDS:
        raise UsageError(f"no kind {kind!r}{did_you_mean(kind, KINDS)}: choose one of {', '.join(KINDS)}")
    if topic is not None and fold(topic) not in topics:
        names = sorted(topics.values())
        raise UsageError(f"no topic {topic!r}{did_you_mean(topic, names)}: choose one of {', '.join(names)}")
    wanted = [
        question
        for question in known
        if kind in (None, question.kind)
        and (topic is None or fold(question.topic or "") == fold(topic))
        and retrospective in (None, question.retrospective)
    ]
    wanted.sort(key=lambda question: question.retrospective)
    evidence = evidence_of(tables_of(results, tell, frontier=True, as_of=as_of), tell)
    table = listing(wanted, resolve_all(wanted, evidence, as_of=as_day(as_of) or clock.now()))
    table = table[table["status"].isin(status)] if status else table
    in_retrospect = int(table["retrospective"].sum())
    tell(f"{len(table)} of {len(known)} questions" + (f", {in_retrospect} in retrospect" if in_retrospect else ""))
    return table


@dataclass(frozen=True, repr=False)
class JudgedQuestion(Brief):
    """A question and what it came to."""

    question: Question
    resolution: Resolution

    @property
    def table(self) -> pd.DataFrame:
        """One row, the definition and the evidence in its last columns."""
        definition, evidence = self.question.to_dict(), list(self.resolution.evidence)
        return as_table([self.resolution]).assign(definition=pd.Series([definition]), evidence=pd.Series([evidence]))

    def text(self) -> str:
        """For people: the question as it is written, the resolution, and the rows that settled it."""
        found = self.resolution
        text = f"{dump_questions([self.question])}\n{found.status.value} as of {found.as_of:%Y-%m-%d}: {found.reason}\n"
        if found.evidence:
            text += "\n" + as_text(evidence_table([found]).drop(columns=["question", "status"])[EVIDENCE_SHOWN])
        return text


def show_question(
    question: str,
    results: Results = None,
    *,
    as_of: Day | None = None,
    questions: Sequence[Path] = (),
    ledger: str | Path | None = None,
    tell: Tell = silent,
) -> JudgedQuestion:
    """A question by its id, and what it came to on a day; the arguments are those of `list_questions`."""
    known = find_question(question, known_questions(questions, ledger))
    evidence = evidence_of(tables_of(results, tell, frontier=True, as_of=as_of), tell)
    return JudgedQuestion(known, judge(known, evidence, as_of=as_day(as_of) or clock.now()))


def check_questions(files: Sequence[Path] = (), results: Results = None, *, tell: Tell = silent) -> pd.DataFrame:
    """Check question files, or the bundled bank, a row a question; tells of names in files that no result carries."""
    questions = read_files(files) if files else bundled_questions()
    evidence = evidence_of(tables_of(results, tell, frontier=True), tell)
    for question in questions if files else []:
        for sentence in doubts(question, evidence):
            tell(sentence)
    tell(f"{len(questions)} questions are well formed")
    return summary(questions)


def add_questions(files: Sequence[Path], *, ledger: str | Path | None = None, tell: Tell = silent) -> pd.DataFrame:
    """Record the questions of YAML files in the ledger; a row a question, and whether it is new there.

    Raises
    ------
    UsageError or DataError
        For a question that stands otherwise under its id.
    """
    new = read_files(files)
    merge_questions(known_questions((), ledger), new)
    rows = [{"question_id": question.id, "definition": question.to_dict()} for question in new]
    with open_ledger_at(ledger, create=True) as book:
        added = set(book.append_questions(rows, at=clock.now()))
    tell(f"{len(added)} of {len(new)} questions recorded" + ("" if len(added) == len(new) else ", the others stand"))
    return summary(new)


@dataclass(frozen=True, repr=False)
class Importing(Brief):
    """What files brought, and which of their forecasts are new to the ledger."""

    imported: Imported
    new: list[dict[str, Any]]

    @property
    def table(self) -> pd.DataFrame:
        """The new forecasts, a row each."""
        return pd.DataFrame(self.new, columns=["question_id", "forecaster", "made_at", "probability"])


def import_questions(
    files: Sequence[Path],
    *,
    columns: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    fill_missing: bool = False,
    record: bool = False,
    ledger: str | Path | None = None,
    tell: Tell = silent,
) -> Importing:
    """Read the forecasts of others, and with ``record`` append them to the ledger, so that the same code scores them.

    Parameters
    ----------
    files : CSV files, or ForecastBench question, resolution and forecast sets; those that belong together in one call
    columns, constants : of CSV files, which column is our field, and the value of a field for all rows
    fill_missing : enter 0.5 for forecasts missing from a ForecastBench set
    """
    at = clock.now()
    known = {question.id for question in known_questions((), ledger)}
    found = import_files(files, as_of=at, known=known, columns=columns, constants=constants, fill_missing=fill_missing)
    for sentence in found.notes:
        tell(sentence)
    forecasts = found.forecasts
    if ledger_exists(ledger) or record:
        with open_ledger_at(ledger, create=record) as book:
            forecasts = find_unrecorded(forecasts, book.forecasts())
            if record:
                rows = [{"question_id": question.id, "definition": question.to_dict()} for question in found.questions]
                book.append_questions(rows, at=at)
                book.append_forecasts(forecasts, at=at)
                book.append_resolutions(found.resolutions, at=at)
    stand = len(found.forecasts) - len(forecasts)
    tell(
        f"{len(forecasts)} forecasts{f' ({stand} more stand already)' if stand else ''}, {len(found.questions)} "
        f"questions and {len(found.resolutions)} resolutions {'' if record else 'would be '}recorded"
    )
    return Importing(found, forecasts)
