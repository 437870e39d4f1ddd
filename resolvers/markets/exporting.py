"""The ledger in the formats of others, each checked by its own rules before it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.spreadsheet import mark_table
from scale_forecast.resolvers.markets import hubverse
from scale_forecast.resolvers.markets.forecastbench import markets_of, question_of
from scale_forecast.resolvers.markets.forecastbench_sets import (
    file_name_complaints,
    forecast_set,
    read_set,
    set_complaints,
)
from scale_forecast.resolvers.markets.market import Market, Unsupported
from scale_forecast.resolvers.markets.questions import question_id
from scale_forecast.resolvers.markets.tables import record_complaints, record_table


def of_forecaster(forecasts: pd.DataFrame, forecaster: str | None) -> pd.DataFrame:
    """Forecasts of one forecaster: the one named, or the only one."""
    names = forecasts["forecaster"].unique().tolist()
    if not names:
        raise DataError("the ledger holds no forecast: record some first")
    if forecaster is None and len(names) > 1:
        raise UsageError(f"the ledger holds forecasts of {', '.join(names[:8])}: say whose with --by")
    chosen = forecasts[forecasts["forecaster"] == (forecaster or names[0])]
    if chosen.empty:
        raise DataError(f"the ledger holds no forecast by {forecaster!r}: it has {', '.join(names[:8])}")
    return chosen


def as_csv(forecasts: pd.DataFrame, resolutions: pd.DataFrame) -> str:
    """Every forecast with what became of it."""
    table = record_table(forecasts, resolutions)
    _raise_for(record_complaints(table), "the track record")
    return mark_table(table).to_csv(index=False)


def as_forecast_set(
    forecasts: pd.DataFrame, questions: Path, organization: str, output: Path | None
) -> tuple[str, list[str]]:
    """A forecast set that answers a ForecastBench question set, and remarks about what it leaves out.

    A question counts as answered by our forecast of it, or by that of the market it was taken from.
    """
    asked = read_set(questions)
    if "questions" not in asked:
        raise DataError(f"{questions} is no question set: it holds no questions")
    last = forecasts.dropna(subset=["question_id", "probability"])
    known = dict(zip(last["question_id"], last["probability"], strict=True))
    given: dict[tuple[str, str, str | None], float] = {}
    for row in asked["questions"]:
        try:
            markets = markets_of(row, asked.get("forecast_due_date"))
        except Unsupported:
            continue
        for market in markets:
            found = next((known[id] for id in _ids(market) if id in known), None)
            if found is not None:
                given[question_of(market.id)] = float(found)
    forecaster = str(forecasts["forecaster"].iloc[0])
    answer = forecast_set(asked, given, organization=organization, model=forecaster)
    errors, remarks = set_complaints(answer, asked)
    _raise_for(errors, "the forecast set")
    if output is not None:
        remarks = [*file_name_complaints(output.name, asked.get("forecast_due_date")), *remarks]
    return json.dumps(answer, indent=1) + "\n", remarks


def _ids(market: Market) -> list[str]:
    """Our ids under which a ForecastBench question may have been recorded."""
    source, _, id = market.id.partition("/")
    original = market.model_copy(update={"service": source, "id": id})
    return [question_id(market), question_id(original)]


def as_model_output(forecasts: pd.DataFrame, model_id: str | None) -> tuple[str, str]:
    """Model output as CSV, and the name its file should have."""
    table = hubverse.model_output(forecasts)
    _raise_for(hubverse.output_complaints(table), "the model output")
    name = hubverse.file_name(str(table["origin_date"].max()), model_id) if model_id else ""
    return table.to_csv(index=False, na_rep="NA"), name


def _raise_for(complaints: list[str], what: str) -> None:
    if complaints:
        more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
        raise DataError(f"{what} breaks a rule of its format: {complaints[0]}{more}")
