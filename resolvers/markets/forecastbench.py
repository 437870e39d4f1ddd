"""ForecastBench's question, forecast and resolution sets, as files.

A market question asks for its final outcome; a dataset question asks once per resolution date, so one row becomes
several markets here. Source: forecastingresearch/forecastbench@05f612e src/_schemas.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets import fields
from scale_forecast.resolvers.markets.market import Kind, Market, Status, Unsupported
from scale_forecast.resolvers.markets.payload import (
    Payload,
    probability,
    require,
    time_of_text,
    understand,
    unknown_fields,
)

MARKET_SOURCES = frozenset({"infer", "kalshi", "manifold", "metaculus", "polymarket"})
DATASET_SOURCES = frozenset({"acled", "dbnomics", "fred", "wikipedia", "yfinance"})
NONE = "N/A"


def is_question_set(payload: object) -> bool:
    """Whether a JSON object is a question set."""
    return isinstance(payload, Mapping) and isinstance(payload.get("questions"), list) and "question_set" in payload


def is_question(payload: object) -> bool:
    """Whether a JSON object is one row of a question set."""
    return isinstance(payload, Mapping) and {"source", "freeze_datetime_value", "resolution_dates"} <= set(payload)


@understand("ForecastBench")
def markets_of(row: Payload, due: str | None = None) -> list[Market]:
    """The binary questions in one row: one of a market source, one per date of a dataset source.

    Parameters
    ----------
    row : mapping
    due : str, optional
        The set's forecast due date, for the texts that name it.

    Raises
    ------
    Unsupported
        For combinations of two questions, which sets of 2025-10-26 and later no longer hold, and unknown sources.
    """
    id, source = require(row, "id", "this ForecastBench row"), str(require(row, "source", "this ForecastBench row"))
    if isinstance(id, list):
        raise Unsupported(f"forecastbench:{source}/{'+'.join(map(str, id))} combines questions: forecast each apart")
    if source in MARKET_SOURCES:
        return [_market(row, f"{source}/{id}", None, due)]
    if source not in DATASET_SOURCES:
        raise Unsupported(f"forecastbench:{source}/{id} is of source {source!r}, which this version does not know")
    dates = row.get("resolution_dates")
    if not isinstance(dates, list) or not dates:
        raise DataError(f"forecastbench:{source}/{id} is a dataset question without resolution dates")
    return [_market(row, f"{source}/{id}@{date}", str(date), due) for date in dates]


def _market(row: Payload, id: str, date: str | None, due: str | None) -> Market:
    """A dataset question's freeze value is a value of the series, not a probability, and so is left out."""
    crowd = row.get("freeze_datetime_value") if date is None else None
    criteria = [row.get("resolution_criteria"), row.get("market_info_resolution_criteria")]
    texts = [_fill_placeholders(text, date, due) for text in criteria if text and text != NONE]
    opened = time_of_text(row.get("market_info_open_datetime"), "market_info_open_datetime")
    closes = time_of_text(row.get("market_info_close_datetime"), "market_info_close_datetime")
    return Market(
        service="forecastbench",
        id=id,
        title=_fill_placeholders(str(require(row, "question", id)), date, due).split("\n\n")[0],
        kind=Kind.BINARY,
        status=Status.OPEN,
        url=row.get("url"),
        text=row.get("background") or "",
        criteria="\n\n".join(texts),
        created=opened or time_of_text(row.get("freeze_datetime"), "freeze_datetime"),
        opens=opened,
        closes=closes if date is None else time_of_text(due or date, "forecast_due_date"),
        resolve_by=closes if date is None else time_of_text(date, "resolution_dates"),
        probability=None if crowd in (None, NONE, "") else probability(crowd, "freeze_datetime_value"),
        unknown=unknown_fields(row, fields.FORECASTBENCH),
    )


def _fill_placeholders(text: Any, date: str | None, due: str | None) -> str:
    """A text with its two placeholders filled in."""
    return str(text).replace("{resolution_date}", date or "").replace("{forecast_due_date}", due or "the due date")


def question_of(id: str) -> tuple[str, str, str | None]:
    """Source, id and resolution date in the id of one of our markets.

    >>> question_of("fred/DPRIME@2026-03-08"), question_of("manifold/SEIqqlqg8L")
    (('fred', 'DPRIME', '2026-03-08'), ('manifold', 'SEIqqlqg8L', None))
    """
    source, _, rest = id.partition("/")
    question, _, date = rest.rpartition("@") if source in DATASET_SOURCES else (rest, "", "")
    return source, question, date or None
