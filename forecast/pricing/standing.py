"""What the evidence of a day already says of a leaf that its judge will only settle at the deadline."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from scale_forecast.data.names.keys import model_key
from scale_forecast.pricing.desk import Desk
from scale_forecast.resolvers.judge.case import Case, moment
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.base import Measured
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.terms.scope import Scope


def holds_today(desk: Desk, question: Question, leaf: Measured) -> str | None:
    """Why the judge would say yes if the deadline had been this day; None where he would not."""
    found = leaf.judge(_close_today(desk, question))
    return found.reason if found.status is Status.YES else None


def why_undecided(desk: Desk, question: Question, leaf: Measured) -> str | None:
    """Why scores that are known do not tell a leaf either way, as where two models were never measured alike."""
    found = leaf.judge(_close_today(desk, question))
    return found.reason if found.status is Status.AMBIGUOUS else None


def is_measured(desk: Desk, leaf: Measured, scope: Scope) -> bool:
    """Whether every model that a scope names has a score that may decide the leaf."""
    rows = desk.evidence.select(leaf, scope)
    rows = rows[desk.evidence.may_decide(rows, scope)]
    known = {model_key(desk.evidence.name("model", int(row))) for row in rows}
    return bool(scope.model) and {model_key(name) for name in scope.model} <= known


def lacking(desk: Desk, question: Question, leaf: Measured, families: Iterable[str]) -> list[str]:
    """Of families that must all show an event, those that have not; a family that never fell has nothing to resolve."""
    case = _close_today(desk, question)

    def status(family: str) -> Status:
        only = Scope(family=(family,), over="any")
        scope = only if leaf.scope is None else leaf.scope.within(only)
        return leaf.model_copy(update={"scope": scope}).judge(case).status

    return [family for family in families if status(family) not in (Status.YES, Status.ANNULLED)]


def _close_today(desk: Desk, question: Question) -> Case:
    """What the judge would see if the deadline had been the day of knowledge."""
    today = moment(np.datetime64(desk.as_of, "s").item())
    return Case(desk.evidence, question.scope, today, today - np.timedelta64(1, "s"), today, is_silence_no=True)
