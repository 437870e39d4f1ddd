"""Score predictors on models that are already known, and prices on questions that are already settled."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from scale_forecast.backtests import run
from scale_forecast.backtests import summary as summaries
from scale_forecast.data.errors import ForecastError, UsageError
from scale_forecast.data.frontier import bundled_frontier_tables
from scale_forecast.data.load import with_frontier
from scale_forecast.data.names import fold
from scale_forecast.inputs.folds import folds_of, held_out_models, most_folds
from scale_forecast.inputs.panel import Panel
from scale_forecast.parallel import Workers
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.registry import DEFAULT, choose, make, reference_names
from scale_forecast.pricing import past
from scale_forecast.resolvers.importing import import_files
from scale_forecast.workflow import clock
from scale_forecast.workflow.brief import Brief
from scale_forecast.workflow.desks import desk_of
from scale_forecast.workflow.inputs import panel_of
from scale_forecast.workflow.places import cache_folder
from scale_forecast.workflow.questions import known_questions
from scale_forecast.workflow.tables import Results, Tell, names_in, silent, tables_of

MOST_SIBLINGS = 5


def backtest(
    results: Results = None,
    *,
    folds: str = "next-scale",
    target: str | Sequence[str] = (),
    predictors: str | Sequence[str | Predictor] | None = None,
    profiles: str | Path | None = None,
    workers: Workers | None = None,
    progress: Callable[[str, int, int], None] = lambda fold, done, total: None,
    tell: Tell = silent,
) -> pd.DataFrame:
    """Score predictors on known models, each forecast from what a forecaster could have known.

    Parameters
    ----------
    results : tables, or files of any known layout; the bundled figures when None
    folds : ``next-scale``, ``leave-family-out``, ``leave-task-out`` or ``by-year``
    target : only these held-out models
    predictors : names separated by commas (``default`` is the best and three references), or a list of names and
        untrained instances; all when None
    profiles : file of item profiles, as `forecast data logs --profile` writes
    workers : who works
    progress : told the fold that begins, its number, and how many there are at most
    tell : told what was inferred on the way, a sentence at a time

    Returns
    -------
    DataFrame
        A row per predictor, fold and task; `summary` averages it.
    """
    asked = choose(predictors) if predictors is None or isinstance(predictors, str) else list(predictors)
    panel, models = panel_of(tables_of(results, tell), profiles, asked, tell), names_in(target)
    number, total = itertools.count(1), most_folds(panel, folds, models)
    table = run.backtest(
        panel,
        folds_of(panel, folds, models),
        asked,
        cache=cache_folder(),
        workers=workers or Workers(),
        progress=lambda fold: progress(fold, next(number), total),
    )
    if table.empty:
        raise ForecastError(f"no {folds} fold has both history and a held-out score: give more models or other --folds")
    return table


def siblings_of(panel: Panel, model: str, most: int) -> list[str]:
    """Models that can be held out beside one of their line, nearest in scale first; intermediate checkpoints not."""
    known = held_out_models(panel)
    own = known[known["model"].map(fold) == fold(model)]
    others = known[known["line"].isin(own["line"]) & ~known["model"].isin(own["model"])]
    others = others[~others["family"].str.contains("@")]
    apart = (others["scale"] - own["scale"].max()).abs().sort_values(kind="stable")
    return others.loc[apart.index, "model"].drop_duplicates().head(most).tolist()


def backtest_siblings(
    results: Results = None,
    *,
    target: str | Sequence[str],
    profiles: str | Path | None = None,
    tell: Tell = silent,
    **about: Any,
) -> pd.DataFrame:
    """`backtest` of up to `MOST_SIBLINGS` other models of one target's line, those nearest in scale.

    What the interval of a single target cannot say, how far targets of a line differ, `summary` takes from these. The
    arguments are those of `backtest`.
    """
    models = names_in(target)
    if len(models) != 1:
        raise UsageError(
            "siblings are those of one target: name one, since several tell how far they differ themselves"
        )
    panel = panel_of(tables_of(results, tell), profiles, (), tell)
    names = siblings_of(panel, models[0], MOST_SIBLINGS)
    if not names:
        raise ForecastError(f"no other model of the line of {models[0]} has a smaller one: there is no spread to see")
    return backtest(results, target=names, profiles=profiles, tell=tell, **about)


def summary(
    table: pd.DataFrame,
    *,
    references: Sequence[str] | None = None,
    beside: pd.DataFrame | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Averages of a backtest, a row a predictor: every line counts the same; see `backtests.summary.summary`.

    ``references`` are whom skill is measured against; the naive predictors when None. ``beside`` is a backtest of more
    models of the line, for the spread between targets alone.
    """
    against = list(reference_names() if references is None else references)
    return summaries.summary(table, references=against, beside=beside, seed=seed)


@dataclass(frozen=True, repr=False)
class PricedQuestions(Brief):
    """Settled questions, priced from what was public when they opened: a row each, `pricing.past.COLUMNS`."""

    table: pd.DataFrame

    @property
    def priced(self) -> pd.DataFrame:
        """The rows that have a price."""
        return self.table[self.table["probability"].notna()]

    @property
    def averages(self) -> pd.DataFrame:
        """Brier and log scores."""
        return past.summary(self.table)

    @property
    def reliability(self) -> pd.DataFrame:
        """What was said, and how often it happened."""
        return past.reliability(self.table)


def backtest_questions(
    results: Results = None,
    *,
    questions: Sequence[Path] = (),
    predictors: str | None = None,
    ledger: str | Path | None = None,
    later: int = past.MOST_DAYS,
    interval: bool = True,
    workers: Workers | None = None,
    tell: Tell = silent,
) -> PricedQuestions:
    """Price the settled questions of the bank, the ledger and files as `ask` would have done when each opened.

    Scores by date are the bundled ones: what a user added, and when, is no one's knowledge of that day.

    Parameters
    ----------
    questions : YAML files or folders of them, and whatever `forecast questions import` reads
    predictors : one name; the default when None
    later : days after its opening on which a question that cannot be priced then is tried again
    interval : whether to work out the 80% interval of each price, which takes most of the time

    Returns
    -------
    PricedQuestions
    """
    predictor = predictors if predictors not in (None, "default") else DEFAULT
    make(predictor)
    at = clock.now()
    written = [file for file in questions if file.is_dir() or file.suffix in (".yaml", ".yml")]
    asked, outcomes, recorded = known_questions(written, ledger), {}, None
    if others := [file for file in questions if file not in written]:
        imported = import_files(others, as_of=at, known={question.id for question in asked})
        for sentence in imported.notes:
            tell(sentence)
        asked += imported.questions
        outcomes = {
            r["question_id"]: (r["outcome"], r["known_on"]) for r in imported.resolutions if r["outcome"] is not None
        }
        columns = ["question_id", "forecaster", "made_at", "probability"]
        recorded = pd.DataFrame(imported.forecasts, columns=columns)
        recorded = recorded.assign(made_at=pd.to_datetime(recorded["made_at"], utc=True), sequence=range(len(recorded)))
    tables = tables_of(results, tell)
    table = past.backtest_questions(
        asked,
        with_frontier(tables, bundled_frontier_tables()),
        as_of=at.date(),
        desk_on=functools.partial(desk_of, tables, None, predictor=predictor, seed=0, workers=None, widen=False),
        outcomes=outcomes,
        recorded=recorded,
        later=later,
        interval=interval,
        workers=workers,
        progress=tell,
    )
    return PricedQuestions(table)
