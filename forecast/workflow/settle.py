"""Settle questions and recorded forecasts, and score what is settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import pandas as pd

from scale_forecast.data.errors import ForecastError
from scale_forecast.data.names import count_of
from scale_forecast.data.results import fingerprint
from scale_forecast.resolvers.questions.bank import find_question
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import Resolution, as_table, evidence_table, for_ledger, resolve_all
from scale_forecast.resolvers.questions.settle import as_resolutions, settle_scores, settled_rows
from scale_forecast.resolvers.scores import record as scoring
from scale_forecast.workflow import clock
from scale_forecast.workflow.brief import Brief
from scale_forecast.workflow.clock import Day, as_day
from scale_forecast.workflow.places import ledger_exists, open_ledger_at
from scale_forecast.workflow.questions import known_questions, own_questions
from scale_forecast.workflow.tables import Results, Tell, evidence_of, names_in, silent, tables_of


@dataclass(frozen=True, repr=False)
class Settled(Brief):
    """What questions and recorded scores came to."""

    resolutions: list[Resolution]

    @property
    def table(self) -> pd.DataFrame:
        """A row a question or score."""
        return as_table(self.resolutions)

    @property
    def whole(self) -> pd.DataFrame:
        """The table with the rows that settled each."""
        evidence = [list(found.evidence) for found in self.resolutions]
        return self.table.assign(evidence=pd.Series(evidence, dtype=object))

    @property
    def evidence(self) -> pd.DataFrame:
        """The rows that settled them."""
        return evidence_table(self.resolutions)

    def of_status(self, status: Sequence[str]) -> Settled:
        """Only those of some statuses; all without any."""
        return Settled([found for found in self.resolutions if not status or found.status.value in status])


def resolve(
    results: Results = None,
    *,
    as_of: Day | None = None,
    question: str | Sequence[str] = (),
    bank: bool = False,
    questions: Sequence[Path] = (),
    record: bool = False,
    ledger: str | Path | None = None,
    tell: Tell = silent,
) -> Settled:
    """Settle the ledger's and the files' questions, and the ledger's score forecasts, by what was public on a day.

    Parameters
    ----------
    results : tables, or files of any known layout, whose rows stand beside the bundled ones; read them with
        ``several_sources=True, frontier=True``, so that sources that disagree are seen
    as_of : the day; now when None
    question : only the questions of these ids
    bank : the bundled questions too, though nobody asked or forecast them here
    questions : YAML files, or folders of them, beside the ledger's questions
    record : write to the ledger what is settled; a resolution that changed supersedes the one before
    ledger : path or address; the user's own when None
    """
    ids = names_in(question)
    known = known_questions(questions, ledger) if ids or bank else own_questions(questions, ledger)
    chosen = [find_question(name, known) for name in ids] if ids else known
    if not chosen:
        tell("no question was asked or forecast here: --bank settles the bundled ones, --question one of them")
    tables, at, day = tables_of(results, tell, frontier=True, as_of=as_of), clock.now(), as_day(as_of)
    resolutions, scores = resolve_all(chosen, evidence_of(tables, tell), as_of=day or at), None
    if ledger_exists(ledger) and not ids:
        with open_ledger_at(ledger) as book:
            scores = settle_scores(book.forecasts(), tables.results, as_of=day or pd.Timestamp(at.date()))
    if record:
        _record(resolutions, chosen, scores, tables.results, ledger, at, tell)
    every = resolutions if scores is None else [*resolutions, *as_resolutions(scores)]
    counts = as_table(every)["status"].value_counts()
    if every:
        tell(f"{len(every)} questions and scores: " + ", ".join(f"{count} {name}" for name, count in counts.items()))
    return Settled(every)


def _record(
    resolutions: Sequence[Resolution],
    questions: Sequence[Question],
    scores: pd.DataFrame | None,
    results: pd.DataFrame,
    ledger: str | Path | None,
    at: datetime,
    tell: Tell,
) -> None:
    """Append what is settled, and the questions as they stood, to the ledger."""
    data = fingerprint(results)
    rows = [
        {**row, "data_fingerprint": data}
        for row in for_ledger(resolutions) + ([] if scores is None else settled_rows(scores))
    ]
    settled = {found.question for found in resolutions if found.status.is_settled}
    snapshots = [{"question_id": q.id, "definition": q.to_dict()} for q in questions if q.id in settled]
    with open_ledger_at(ledger, create=True) as book:
        book.append_questions(snapshots, at=at)
        added = book.append_resolutions(rows, at=at)
    tell(f"{len(added)} resolutions recorded, {len(rows) - len(added)} stand already")


_TOLD = {
    scoring.CLAIMED: "recorded after the outcome was public and claimed to be older: a class of its own",
    scoring.LATE: "made when the outcome was already public",
    scoring.RETROSPECTIVE: "on questions that were written in retrospect",
}


@dataclass(frozen=True, repr=False)
class Scores(Brief):
    """The ledger's forecasts that are settled, scored.

    Attributes
    ----------
    forecasts : DataFrame
        A row a forecast, as `resolvers.scores.record.score_record` returns it.
    by : tuple of str
        What the averages are over.
    late : int
        Forecasts left out because they were made when the outcome was already public.
    """

    main_table: ClassVar[str] = "forecasts"

    forecasts: pd.DataFrame
    by: tuple[str, ...] = ()
    seed: int = 0
    bins: int = 10
    late: int = 0

    @cached_property
    def averages(self) -> pd.DataFrame:
        """Losses and skill, averaged, with intervals from resampling questions."""
        return scoring.summarise(self.forecasts, by=self.by, seed=self.seed)

    @property
    def brief(self) -> pd.DataFrame:
        """The averages as people read them."""
        return scoring.brief(self.averages, self.by)

    @cached_property
    def calibration(self) -> pd.DataFrame:
        """What was said and how often it happened; apart for forecasts, claims and what came late."""
        classes = [(name, part) for name, part in self.forecasts.groupby("said", sort=False)]
        if len(classes) < 2:
            return scoring.calibration(self.forecasts, bins=self.bins)
        tables = [scoring.calibration(part, bins=self.bins) for _, part in classes]
        for (name, _), table in zip(classes, tables, strict=True):
            table.insert(0, "said when", name)
        return pd.concat(tables, ignore_index=True)


def score(
    *,
    by: str | Sequence[str] = (),
    every: bool = False,
    late: bool = False,
    bins: int = 10,
    seed: int = 0,
    ledger: str | Path | None = None,
    tell: Tell = silent,
) -> Scores:
    """Score recorded forecasts that are settled: losses, skill against chance, base rate and crowd, calibration.

    Parameters
    ----------
    by : average by ``said`` (when), ``predictor``, ``forecaster``, ``kind`` or ``month``, or several, also as ``"a,b"``
    every : score every forecast, not only each forecaster's last on a question
    late : score forecasts made when the outcome was already public, too, which foretold nothing
    bins : of the calibration table
    seed : of the bootstrap over questions
    """
    with open_ledger_at(ledger) as book:
        forecasts, resolutions, questions = book.forecasts(), book.resolutions(), book.questions()
    names = tuple(name.strip() for name in (by.split(",") if isinstance(by, str) else by) if name.strip())
    scoring.check_by(names)
    whole = scoring.score_record(forecasts, resolutions, questions, every=True)
    left_out = 0 if late else int((~whole["said"].isin(scoring.FORETOLD)).sum())
    wanted = scoring.SAID if late else scoring.FORETOLD
    scored = scoring.score_record(forecasts, resolutions, questions, every=every, said=wanted)
    if scored["said"].nunique() > 1 and "said" not in names:
        names = ("said", *names)
    subjects = count_of(scored["subject"].nunique(), "settled question")
    tell(f"{count_of(len(forecasts), 'forecast')} recorded, {len(scored)} scored on {subjects}")
    if left_out:
        tell(f"{count_of(left_out, 'forecast')} made when the outcome was public left out: --late scores them too")
    counts = scored["said"].value_counts().drop(scoring.AHEAD, errors="ignore")
    for name in counts.index:
        tell(f"{counts[name]} of them {_TOLD[name]}")
    return Scores(scored, names, seed, bins, left_out)


def settled_forecasts(ledger: str | Path | None) -> pd.DataFrame:
    """The ledger's forecasts made ahead whose subject is settled, scored; refused where there are none."""
    with open_ledger_at(ledger) as book:
        record = book.forecasts(), book.resolutions(), book.questions()
    scored = scoring.score_record(*record, said=scoring.FORETOLD)
    if scored.empty and len(scoring.score_record(*record)):
        raise ForecastError(
            "every settled forecast was made when its outcome was already public: they foretell nothing to draw; "
            "`forecast score --late` scores them"
        )
    if scored.empty:
        raise ForecastError("no recorded forecast is settled yet: `forecast resolve` settles what the results decide")
    return scored
