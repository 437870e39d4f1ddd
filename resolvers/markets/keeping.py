"""Putting what came from a market into the ledger: the question, what the crowd said, how it was settled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from scale_forecast.resolvers.ledger import Ledger
from scale_forecast.resolvers.markets.questions import definition_row, new_rows
from scale_forecast.resolvers.markets.tables import resolution_rows
from scale_forecast.resolvers.questions.question import Question


class Kept(NamedTuple):
    """How many entries were new."""

    questions: int
    forecasts: int
    resolutions: int


def keep(ledger: Ledger, questions: Iterable[Question], forecasts: Iterable[dict[str, Any]], at: datetime) -> Kept:
    """Append what the ledger does not hold yet; running it twice adds nothing."""
    questions = list(questions)
    return Kept(
        len(ledger.append_questions([definition_row(question) for question in questions], at=at)),
        len(ledger.append_forecasts(new_rows(forecasts, ledger.forecasts()), at=at)),
        len(ledger.append_resolutions(resolution_rows(questions), at=at)),
    )
