"""ForecastBench's question, forecast and resolution sets, counted by its rules.

A market question counts when it resolved to yes or no after the due date; a dataset question is asked once per
resolution date; the market's own price on the freeze date is the crowd's forecast. A forecaster's missing forecasts
count as 0.5 there: they are told here, and entered only when asked for.
Source: forecastingresearch/forecastbench@05f612e.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers.files import parse_json
from scale_forecast.resolvers.importing.imported import Imported, resolution
from scale_forecast.resolvers.markets import forecastbench
from scale_forecast.resolvers.markets.market import Unsupported
from scale_forecast.resolvers.markets.payload import understand
from scale_forecast.resolvers.questions.question import Question, Ruling


@dataclass
class Sets:
    """Question, forecast and resolution sets, each with its file's name."""

    questions: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    forecasts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    resolutions: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def take(self, text: str, where: str) -> None:
        """Add a file's set to those of its kind."""
        content = parse_json(text, where)
        for kind in ("questions", "forecasts", "resolutions"):
            if isinstance(content, dict) and isinstance(content.get(kind), list):
                getattr(self, kind).append((where, content))
                return
        raise DataError(
            f"{where}: no ForecastBench set: it has none of the lists questions, forecasts and resolutions; "
            "forecasts of your own are given as CSV"
        )


@understand("ForecastBench")
def add_sets(out: Imported, sets: Sets, as_of: dt.datetime, fill_missing: bool) -> None:
    """Add what the sets hold together."""
    questions = _questions(out, sets.questions)
    settled, left = _rulings(out, sets.resolutions, as_of)
    for name, question in questions.items():
        ruling = settled.get(name)
        out.questions.append(question if ruling is None else question.model_copy(update={"ruling": ruling}))
    for where, content in sets.forecasts:
        _add_forecasts(out, where, content, settled, fill_missing)
    out.notes += [f"{count} resolutions left out: {reason}" for reason, count in left.items()]


def _name(source: str, id: Any, direction: Any, date: str | None) -> str:
    """One name for what is forecast; a combination names both questions and which way each must go."""
    if isinstance(id, list):
        signs = "".join("+" if d == 1 else "-" for d in direction or [1] * len(id))
        id = "+".join(map(str, id)) + ":" + signs
    is_dataset = source in forecastbench.DATASET_SOURCES
    name = f"forecastbench:{source}/{id}" + (f"@{date}" if is_dataset and date else "")
    return re.sub(r"[^A-Za-z0-9._:/@+-]", "_", name)


def _questions(out: Imported, sets: list[tuple[str, dict[str, Any]]]) -> dict[str, Question]:
    """Questions of question sets by id, and the crowd's forecasts on the freeze date."""
    found: dict[str, Question] = {}
    skipped: Counter[str] = Counter()
    for where, content in sets:
        due = _due(content, where)
        for row in content["questions"]:
            try:
                markets = forecastbench.markets_of(_row(row, where), due)
            except Unsupported:
                skipped["they combine two questions or come from a source this version does not know"] += 1
                continue
            for market in markets:
                source, id, date = forecastbench.question_of(market.id)
                name = _name(source, id, None, date)
                found[name] = _question(name, market, due, where)
                if market.probability is not None:
                    frozen = market.created if row.get("freeze_datetime") is None else _moment(row["freeze_datetime"])
                    out.forecasts.append(
                        {"question_id": name, "forecaster": f"crowd:{source}", "made_at": frozen,
                         "probability": market.probability, "details": {"source": where}}
                    )  # fmt: skip
    out.notes += [f"{count} questions left out: {reason}" for reason, count in skipped.items()]
    return found


def _question(name: str, market: Any, due: str, where: str) -> Question:
    opened = market.opens or market.created or _moment(due)
    closes = max(market.closes or _moment(due), opened + dt.timedelta(seconds=1))
    return Question.model_validate(
        {
            "id": name,
            "title": market.title,
            "criterion": {"kind": "manual", "why": f"imported from {where}; a resolution set settles it"},
            "opened": opened,
            "closes": closes,
            "resolve_by": max(market.resolve_by or closes, closes),
            "links": [market.url] if market.url else [],
        }
    )


def _rulings(
    out: Imported, sets: list[tuple[str, dict[str, Any]]], as_of: dt.datetime
) -> tuple[dict[str, Ruling], Counter[str]]:
    """Rulings by id, as ForecastBench counts them, and why others are left out."""
    settled: dict[str, Ruling] = {}
    left: Counter[str] = Counter()
    for where, content in sets:
        due = str(content.get("forecast_due_date") or "")
        for row in content["resolutions"]:
            row = _row(row, where)
            source, date = str(row["source"]), str(row.get("resolution_date") or "")[:10]
            value, is_market = row.get("resolved_to"), row["source"] in forecastbench.MARKET_SOURCES
            reason = _why_open(row, value, date, due, is_market, as_of)
            if reason:
                left[reason] += 1
                continue
            name = _name(source, row["id"], row.get("direction"), date)
            status: Literal["yes", "no"] = "yes" if value == 1 else "no"
            settled[name] = Ruling(outcome=status, on=_moment(date), source=where)
            out.resolutions.append(resolution(name, status, dt.date.fromisoformat(date), as_of, where))
    return settled, left


def _why_open(
    row: Mapping[str, Any], value: Any, date: str, due: str, is_market: bool, as_of: dt.datetime
) -> str | None:
    if not row.get("resolved", True) or value is None:
        return "not resolved yet"
    if value not in (0.0, 1.0):
        return "resolved to neither yes nor no"
    if is_market and due and date <= due:
        return "a market that resolved on or before the due date"
    if not date or _moment(date) > as_of:
        return "resolved only later than the date asked for" if date else "no resolution date"
    return None


def _add_forecasts(
    out: Imported, where: str, content: dict[str, Any], settled: Mapping[str, Ruling], fill_missing: bool
) -> None:
    due = _moment(_due(content, where))
    forecaster = str(content.get("model") or content.get("organization") or where)
    given = set()
    for row in content["forecasts"]:
        row = _row(row, where)
        probability = row.get("forecast")
        if not isinstance(probability, (int, float)) or isinstance(probability, bool) or not 0 <= probability <= 1:
            raise DataError(f"{where}: forecast {probability!r} of {row['id']!r} is no probability: correct it")
        date = row.get("resolution_date")
        name = _name(str(row["source"]), row["id"], row.get("direction"), None if date is None else str(date)[:10])
        given.add(name)
        out.forecasts.append(
            {"question_id": name, "forecaster": forecaster, "made_at": due, "probability": float(probability),
             "details": {"source": where, "organization": content.get("organization")}}
        )  # fmt: skip
    missing = [name for name in settled if name not in given]
    if missing and fill_missing:
        out.forecasts += [
            {"question_id": name, "forecaster": forecaster, "made_at": due, "probability": 0.5,
             "details": {"source": where, "filled": True}} for name in missing
        ]  # fmt: skip
    if missing:
        done = "entered as 0.5" if fill_missing else "ForecastBench counts them as 0.5; --fill-missing enters that"
        out.notes.append(f"{forecaster} has no forecast on {len(missing)} of {len(settled)} resolved questions: {done}")


def _row(row: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(row, dict) or "id" not in row or "source" not in row:
        raise DataError(f"{where}: a row has no id or source: save the whole file")
    return row


def _due(content: Mapping[str, Any], where: str) -> str:
    due = content.get("forecast_due_date")
    if not isinstance(due, str):
        raise DataError(f"{where}: no forecast_due_date: save the whole file")
    return due


def _moment(text: Any) -> dt.datetime:
    try:
        return pd.Timestamp(text).tz_localize("UTC").to_pydatetime()
    except TypeError:
        return pd.Timestamp(text).tz_convert("UTC").to_pydatetime()
    except ValueError as error:
        raise DataError(f"{text!r} is not a time: write 2024-03-01, or 2024-03-01T12:00:00Z") from error
