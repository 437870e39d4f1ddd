"""The inverse question: at which size, compute and date a task is solved so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import did_you_mean, fold
from scale_forecast.parallel import Workers
from scale_forecast.predictors.registry import DEFAULT
from scale_forecast.pricing.reach import reach_of
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.questions.resolve import resolve
from scale_forecast.resolvers.questions.wording import Vocabulary, read_inverse
from scale_forecast.workflow.brief import Brief
from scale_forecast.workflow.clock import Day, day_of_knowledge
from scale_forecast.workflow.desks import by_date_of, desk_of
from scale_forecast.workflow.tables import Results, Tell, silent, tables_of


@dataclass(frozen=True, repr=False)
class Reaching(Brief):
    """A row a coordinate (compute, params, date): quantiles, ``not_within`` and how far was looked."""

    table: pd.DataFrame
    title: str
    as_of: date


def reach(
    task: str,
    score: str | float | None = None,
    results: Results = None,
    *,
    family: str | None = None,
    anybody: bool = False,
    as_of: Day | None = None,
    predictor: str = DEFAULT,
    seed: int = 0,
    workers: Workers | None = None,
    data: str | Path | None = None,
    bundled: bool = False,
    tell: Tell = silent,
) -> Reaching:
    """The size, compute and date at which a score is reached, with the chance that it is not within what is looked at.

    Parameters
    ----------
    task : a task or benchmark and, apart from it, ``score`` (``0.8``, ``"80%"`` or ``"human"``); or the whole in words,
        such as "how much compute is needed for human performance on logical_deduction"
    family : of this family's models; of all families with a score on it when None
    anybody : of new families too, and by date of whoever is first
    data, bundled : the folder of the user's scores by date, and whether it is left out

    Raises
    ------
    DataError
        Where it has been reached already, with who did and when, or nothing is known to start from.
    """
    tables, day = tables_of(results, tell), day_of_knowledge(as_of)
    words = task if score is None else f"how much compute is needed to reach {_level(score)} on {task}"
    question = read_inverse(words, vocabulary=Vocabulary.of(tables.results, tables.metrics, ()), opened=day)
    desk = desk_of(tables, by_date_of(day, data, bundled, tell), day, predictor, seed, workers, tell=tell)
    scope = question.scope
    if family is not None:
        known = sorted(str(name) for name in desk.panel.rows["family"].unique())
        named = {fold(name): name for name in known}
        if fold(family) not in named:
            raise UsageError(f"no family {family!r} has a score known by {day}{did_you_mean(family, known)}")
        scope = scope.model_copy(update={"family": (named[fold(family)],)})
        question = question.model_copy(update={"scope": scope})
    tell(f"understood: {question.criterion.say()}")
    (leaf,) = question.criterion.leaves()
    known_so_far = resolve(question, desk.evidence, as_of=pd.Timestamp(day) + pd.Timedelta(days=1))
    if known_so_far.status is Status.DATE:
        raise DataError(f"reached already: {known_so_far.reason}")
    reached = reach_of(desk, leaf, question.scope.within(leaf.scope), anybody=anybody)
    for sentence in reached.said:
        tell(sentence)
    return Reaching(reached.table, question.criterion.say(), day)


def _level(score: str | float) -> str:
    return "the human level" if str(score).strip().casefold() == "human" else str(score)
