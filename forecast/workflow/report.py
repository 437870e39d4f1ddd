"""One self-contained page about an upcoming model."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pandas as pd

from scale_forecast.backtests.training import Trained
from scale_forecast.data.load import Tables
from scale_forecast.data.names import count_of
from scale_forecast.parallel import Workers
from scale_forecast.predictors.registry import DEFAULT, make
from scale_forecast.resolvers.questions.resolve import resolve_all
from scale_forecast.resolvers.scores import record as scoring
from scale_forecast.show.report.bearing import questions_on
from scale_forecast.show.report.contents import gather
from scale_forecast.show.report.page import page
from scale_forecast.upcoming import remark_uncovered
from scale_forecast.workflow import clock
from scale_forecast.workflow.clock import Day, as_day
from scale_forecast.workflow.inputs import Size, panel_of, target_of
from scale_forecast.workflow.places import cache_folder, ledger_exists, open_ledger_at
from scale_forecast.workflow.questions import known_questions
from scale_forecast.workflow.tables import Remark, Results, Tell, evidence_of, silent, tables_of

LIBRARIES = ("scale-forecast", "numpy", "pandas", "scipy", "scikit-learn", "lightgbm")


def report(
    results: Results = None,
    *,
    family: str,
    params: Size | None = None,
    train_tokens: Size | None = None,
    train_flops: Size | None = None,
    as_of: Day | None = None,
    benchmark: str | None = None,
    predictor: str = DEFAULT,
    before: bool = False,
    questions: Sequence[Path] = (),
    ledger: str | Path | None = None,
    command: str | None = None,
    workers: Workers | None = None,
    tell: Tell = silent,
) -> str:
    """One page of HTML about an upcoming model: forecasts, pictures, backtest, questions, sources.

    Nothing on the page is loaded from anywhere: it can be mailed, printed, and opened years later.

    Parameters
    ----------
    before : leave the target's own scores out, where they are known
    questions : YAML files, or folders of them, beside the bundled bank and the ledger's questions
    ledger : whose record is shown; the user's own when None
    command : how the page was asked for, which it says
    results, family, params, train_tokens, train_flops, as_of, benchmark, predictor, workers, tell : as of `predict`
    """
    make(predictor)
    at, day = clock.now(), as_day(as_of)
    notes: list[str] = []

    def tell_and_keep(remark: Remark) -> None:
        notes.append(remark if isinstance(remark, str) else remark.sentence())
        tell(remark)

    tables = tables_of(results, tell)
    panel = panel_of(tables)
    target = target_of(panel, family, params, train_tokens, train_flops, day, tell_and_keep)
    found = gather(
        panel,
        target,
        tables.results,
        predictor=predictor,
        as_of=day,
        benchmark=benchmark,
        before=before,
        progress=tell,
        trained=Trained(panel, cache_folder(), workers=workers or Workers()),
    )
    if sentence := remark_uncovered(found.upcoming.forecast):
        tell(sentence)
    bearing, record = _bearing(found.tasks, tables, questions, ledger, day or at, tell)
    facts = {"Command": command} if command else {}
    facts |= {"Made": f"{at:%Y-%m-%d %H:%M} UTC", **found.facts, "Versions": _versions()}
    if day is not None:
        facts["Known by"] = f"{day:%Y-%m-%d}"
    tell(f"the page has {count_of(len(found.tasks), 'task')}")
    whole = dataclasses.replace(found, questions=bearing, record=record, facts=facts, notes=(*notes, *tables.notes))
    return page(whole)


def _bearing(
    tasks: pd.DataFrame,
    tables: Tables,
    files: Sequence[Path],
    ledger: str | Path | None,
    as_of: pd.Timestamp | datetime,
    tell: Tell,
) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """The questions that name one of the tasks, and the ledger's track record where there is a ledger."""
    questions, recorded, scores = known_questions(files, ledger), None, None
    if ledger_exists(ledger):
        with open_ledger_at(ledger) as book:
            recorded = book.forecasts()
            scored = scoring.score_record(recorded, book.resolutions(), book.questions(), said=scoring.FORETOLD)
        by = ["predictor"]
        scores = scoring.brief(scoring.summarise(scored, by=by), by) if len(scored) else None
    found = resolve_all(questions, evidence_of(tables, tell), as_of=as_of)
    return questions_on(tasks, questions, found, recorded), scores


def _versions() -> str:
    """Versions of what forecasts are computed with."""

    def of(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "unknown"

    return ", ".join(f"{name} {of(name)}" for name in LIBRARIES)
