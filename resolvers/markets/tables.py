"""Markets, forecasts and track records as tables: what commands print and files hold."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.resolvers.markets.market import CONTINUOUS, Kind, Market, Option
from scale_forecast.resolvers.markets.metaculus_export import TrackRecord, fits
from scale_forecast.resolvers.markets.payload import time_of_seconds
from scale_forecast.resolvers.markets.questions import CROWD, question_id
from scale_forecast.resolvers.questions.question import Question

SHOWN = ["market", "kind", "status", "title", "option", "crowd", "closes", "resolution"]
LEVELS = np.array([0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99])
RECORD = ["question", "forecaster", "time", "probability", "levels", "quantiles", "target", "status", "outcome"]


def market_table(markets: Iterable[Market]) -> pd.DataFrame:
    """One row a market, or one an option. ``crowd`` is the probability of yes or of the option, else the median."""
    rows = []
    for market in markets:
        for option in market.options or (None,):
            rows.append(_market_row(market, option))
    return pd.DataFrame(rows)


def _market_row(market: Market, option: Option | None) -> dict[str, Any]:
    crowd: float | str | None = market.probability if option is None else option.probability
    if market.kind in CONTINUOUS:
        crowd = None if market.median is None else value_text(market.median, market)
    return {
        "market": market.name,
        "question_id": market.question_id,
        "kind": str(market.kind),
        "status": str(market.status),
        "title": market.title,
        "option": None if option is None else option.label,
        "crowd": crowd,
        "unit": market.unit or None,
        "range_min": market.scale and market.scale.range_min,
        "range_max": market.scale and market.scale.range_max,
        "opens": _day(market.opens),
        "closes": _day(market.closes),
        "resolve_by": _day(market.resolve_by),
        "resolution": market.resolution,
        "forecasters": market.forecasters,
        "url": market.url,
    }


def value_text(value: float, market: Market) -> str:
    """A value on a market's line, with four digits, or as a date."""
    when = time_of_seconds(value, "a date") if market.kind is Kind.DATE else None
    return f"{value:.4g}" if when is None else when.date().isoformat()


def _day(time: datetime | None) -> str | None:
    return None if time is None else time.date().isoformat()


def resolution_rows(questions: Iterable[Question]) -> list[dict[str, Any]]:
    """The rulings that came with questions, as rows for the ledger."""
    rows = []
    for question in questions:
        ruling = question.ruling
        if ruling is None:
            continue
        number = isinstance(ruling.outcome, float)
        rows.append(
            {
                "question_id": question.id,
                "status": "number" if number else ruling.outcome,
                "outcome": ruling.outcome if number else None,
                "reason": f"settled by {ruling.source}",
                "known_on": ruling.on.date(),
            }
        )
    return rows


# --- track records ----------------------------------------------------------------------------------------------------


def record_rows(record: TrackRecord) -> list[dict[str, Any]]:
    """Forecasts of a Metaculus export as rows for the ledger; crowds are called ``crowd:metaculus``.

    A CDF is kept by its quantiles, those beyond the range at its ends, and whole in ``details``. Forecasts over other
    options than the question has now are left out.
    """
    rows = []
    for row in record.forecasts.to_dict("records"):
        market = record.markets.get(str(row["question"]))
        if market is None or not fits(np.asarray(row["values"]), market):
            continue
        if row["is_crowd"] and row["forecaster"] != "recency_weighted":
            continue
        forecaster = f"{CROWD}:metaculus" if row["is_crowd"] else str(row["forecaster"])
        common = {"forecaster": forecaster, "made_at": row["start"].to_pydatetime()}
        rows += [{**common, **said} for said in _distribution_rows(market, np.asarray(row["values"]))]
    return rows


def _distribution_rows(market: Market, values: np.ndarray) -> list[dict[str, Any]]:
    source = {"source": market.name}
    if market.kind is Kind.BINARY:
        return [{"question_id": question_id(market), "probability": float(values[1]), "details": source}]
    if market.kind is Kind.MULTIPLE_CHOICE:
        return [
            {"question_id": question_id(market, option.label), "probability": float(p), "details": source}
            for option, p in zip(market.options, values, strict=True)
            if not np.isnan(p)
        ]
    assert market.scale is not None
    quantiles = market.scale.from_unit(np.interp(LEVELS, values, np.linspace(0.0, 1.0, len(values))))
    distribution = {"levels": LEVELS.tolist(), "quantiles": np.maximum.accumulate(quantiles).tolist()}
    details = {**source, "cdf": values.tolist()}
    return [{"question_id": question_id(market), "distribution": distribution, "details": details}]


def record_table(forecasts: pd.DataFrame, resolutions: pd.DataFrame) -> pd.DataFrame:
    """The ledger as one table: a row a forecast, `RECORD` in order; ``target`` names a score's task and model.

    ``levels`` and ``quantiles`` are lists with spaces between; ``status`` and ``outcome`` those that stand now.
    """
    subject = ["question_id", "benchmark", "task", "metric", "shots", "prompt", "model"]
    table = forecasts.merge(resolutions[[*subject, "status", "outcome"]], how="left", on=subject)
    scores = table["question_id"].isna()
    parts = table[subject[1:]].astype("object").where(table[subject[1:]].notna(), "")
    target = parts.astype("str").agg("/".join, axis=1).where(scores)
    return pd.DataFrame(
        {
            "question": table["question_id"],
            "forecaster": table["forecaster"],
            "time": table["made_at"].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "probability": table["probability"],
            "levels": [_list_values(d, "levels") for d in table["distribution"]],
            "quantiles": [_list_values(d, "quantiles") for d in table["distribution"]],
            "target": target,
            "status": table["status"],
            "outcome": table["outcome"],
        }
    )[RECORD]


def _list_values(distribution: Any, name: str) -> str | None:
    """A list of a distribution in quantiles; that of an option or a day has none."""
    if distribution is None or name not in distribution:
        return None
    return " ".join(f"{value:.12g}" for value in distribution[name])


def record_complaints(table: pd.DataFrame) -> list[str]:
    """What makes a table no track record; an empty list means that it is one."""
    missing = [name for name in RECORD if name not in table.columns]
    if missing:
        return [f"there is no column {missing[0]!r}"]
    complaints = []
    if (table["question"].isna() == table["target"].isna()).any():
        complaints.append("a row is about neither a question nor a score, or about both")
    if (table["probability"].isna() & table["quantiles"].isna()).any():
        complaints.append("a row holds neither a probability nor quantiles")
    if not table["probability"].dropna().between(0, 1).all():
        complaints.append("a probability is outside [0, 1]")
    if pd.to_datetime(table["time"], utc=True, format="ISO8601", errors="coerce").isna().any():
        complaints.append("a time is none")
    return complaints
