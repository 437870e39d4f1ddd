"""From markets and exports into the ledger, in one step each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.readers.files import text_of
from scale_forecast.resolvers.ledger import Ledger
from scale_forecast.resolvers.markets.keeping import Kept, keep
from scale_forecast.resolvers.markets.market import Market, Quote
from scale_forecast.resolvers.markets.metaculus_export import fits, read_export, score_record
from scale_forecast.resolvers.markets.questions import crowd_rows, present_rows, questions_of
from scale_forecast.resolvers.markets.tables import record_rows
from scale_forecast.resolvers.questions.bank import documents, require_moderate
from scale_forecast.resolvers.questions.question import Question


def criterion_of(
    file: Path | None,
    *,
    task: str | None = None,
    benchmark: str | None = None,
    metric: str | None = None,
    at_least: float | None = None,
) -> Any:
    """A criterion from a YAML file, or a threshold from flags; None where neither is given."""
    if file is not None:
        found = documents(text_of(file), where=file.name)
        if len(found) != 1 or not isinstance(found[0], dict):
            raise DataError(f"{file} holds no criterion: write YAML such as 'kind: threshold'")
        require_moderate(found[0], str(file))
        return found[0]
    if (task is None) != (at_least is None):
        raise UsageError("a criterion from flags needs both --task and --at-least")
    if task is None:
        return None
    named = {"benchmark": benchmark, "metric": metric}
    return {"kind": "threshold", "task": task, "score": at_least} | {k: v for k, v in named.items() if v}


def import_markets(
    markets: Iterable[Market],
    ledger: Ledger,
    *,
    at: datetime,
    criterion: Any = None,
    history: Callable[[str], Any] | None = None,
    every: str = "daily",
    opened: datetime | None = None,
    closes: datetime | None = None,
) -> tuple[list[Question], Kept]:
    """Markets as questions, and what their crowds said, in the ledger.

    Parameters
    ----------
    history : callable, optional
        Name of a service -> its client, asked for the whole history; without it what the payload holds is taken.
    every : {'all', 'daily', 'last', 'none'}
    """
    questions: list[Question] = []
    rows: list[dict[str, Any]] = []
    for market in markets:
        questions += questions_of(market, criterion, opened=opened, closes=closes)
        if every != "none":
            quotes: list[Quote] = list(market.history)
            if history is not None:
                quotes = history(market.service).history(market)
            rows += crowd_rows(market, quotes, every=every) or present_rows(market, at)
    return questions, keep(ledger, questions, rows, at)


def import_export(path: Path, ledger: Ledger, *, at: datetime) -> tuple[pd.DataFrame, Kept, int]:
    """A Metaculus data export in the ledger, its scores, and how many forecasts no longer fit their question."""
    record = read_export(path)
    pairs = zip(record.forecasts["question"], record.forecasts["values"], strict=True)
    unfit = sum(str(q) in record.markets and not fits(values, record.markets[str(q)]) for q, values in pairs)
    questions = [question for market in record.markets.values() for question in questions_of(market)]
    return score_record(record), keep(ledger, questions, record_rows(record), at), unfit
