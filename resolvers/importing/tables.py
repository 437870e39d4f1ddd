"""Crowd forecasts as CSV: one row a forecast, with the outcome of its question where it is known."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.names import did_you_mean
from scale_forecast.data.numbers import as_numbers
from scale_forecast.data.readers.tables import csv_frame
from scale_forecast.resolvers.importing.imported import Imported, resolution
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.terms.fields import ID_PATTERN

COLUMNS = ("question", "forecaster", "time", "probability", "outcome", "resolved_on", "title", "url")
"""Of a CSV file; the first four are required."""
_REQUIRED = COLUMNS[:4]
_OUTCOMES = {"yes": "yes", "1": "yes", "1.0": "yes", "true": "yes", "no": "no", "0": "no", "0.0": "no", "false": "no",
             "ambiguous": "ambiguous", "annulled": "annulled", "n/a": "annulled"}  # fmt: skip


def add_table(
    out: Imported,
    text: str,
    where: str,
    columns: Mapping[str, str],
    constants: Mapping[str, str],
    known: set[str],
    as_of: dt.datetime,
) -> None:
    """Add the forecasts of a CSV file, their questions and the outcomes it gives."""
    table = _read_table(text, where, columns, constants)
    probability = as_numbers(table["probability"])
    _refuse(probability.isna(), table["probability"], where, "is not a number", "give a probability between 0 and 1")
    outside = ~probability.between(0.0, 1.0)
    percent = (probability[outside] <= 100).all() and (probability[outside] > 1).all()
    remedy = "are these percentages? divide by 100" if percent else "a probability lies between 0 and 1"
    _refuse(outside, table["probability"], where, "is outside [0, 1]", remedy)
    time = _times(table["time"], where)
    for name in ("question", "forecaster"):
        _refuse(table[name].isna(), table[name], where, "is missing", "fill it or drop the row")
    ids = {text: text if text in known else _id_of(text) for text in table["question"].unique()}
    on = _times(table["resolved_on"].dropna(), where).reindex(table.index)
    table = table.assign(id=table["question"].map(ids), at=time, p=probability, on=on)
    same = table.groupby(["id", "forecaster", "at"], sort=False)["p"].transform("nunique") > 1
    _refuse(
        same, table["probability"], where, "contradicts another row of its question, forecaster and time", "keep one"
    )
    for row in table[["id", "forecaster", "at", "p"]].itertuples(index=False, name=None):
        name, forecaster, at, p = row
        out.forecasts.append(
            {"question_id": name, "forecaster": forecaster, "made_at": at.to_pydatetime(), "probability": float(p),
             "details": {"source": where}}
        )  # fmt: skip
    for group, rows in table.groupby("id", sort=False):
        _add_question(out, str(group), rows, where, group in known, as_of)


def _read_table(text: str, where: str, columns: Mapping[str, str], constants: Mapping[str, str]) -> pd.DataFrame:
    unknown = [name for name in [*columns, *constants] if name not in COLUMNS]
    if unknown:
        raise DataError(
            f"{unknown[0]!r} is no field of a forecast{did_you_mean(unknown[0], COLUMNS)}: "
            f"the fields are {', '.join(COLUMNS)}"
        )
    raw = csv_frame(text, where, "save it as CSV", dtype=str, skipinitialspace=True)
    raw.columns = [str(c).strip() for c in raw.columns]
    table = pd.DataFrame(index=raw.index)
    for name in COLUMNS:
        theirs = columns.get(name, name)
        if name in constants:
            table[name] = constants[name]
        elif theirs in raw.columns:
            table[name] = raw[theirs].str.strip()
        elif name in _REQUIRED or name in columns:
            hint = f"give --column {name}=NAME" + (f" or --set {name}=VALUE" if name == "forecaster" else "")
            raise DataError(
                f"{where}: no column {theirs!r}{did_you_mean(theirs, raw.columns)}: a table of forecasts needs "
                f"{', '.join(_REQUIRED)}; {hint}"
            )
        else:
            table[name] = None
    if table.empty:
        raise DataError(f"{where}: the table has no rows: give at least one forecast")
    return table


def _times(column: pd.Series, where: str) -> pd.Series:
    """Moments in UTC; one without a zone is UTC."""
    parsed = pd.to_datetime(column, errors="coerce", format="ISO8601", utc=True)
    _refuse(parsed.isna(), column, where, "is not a time", "write 2024-03-01, or 2024-03-01T12:00:00Z")
    return parsed


def _refuse(bad: pd.Series, column: pd.Series, where: str, what: str, remedy: str) -> None:
    if bad.any():
        first, value = next((int(str(row)), value) for row, value in column[bad].items())
        more = f" ({int(bad.sum())} such rows)" if bad.sum() > 1 else ""
        raise DataError(f"{where}: {column.name} {value!r} in row {first + 2} {what}{more}: {remedy}")


def _id_of(text: str) -> str:
    """The text itself where it is an id, else a short form of it that differs where the text does."""
    if re.match(ID_PATTERN, text) and len(text) <= 120:
        return text
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-")
    return f"{words or 'question'}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _add_question(out: Imported, name: str, rows: pd.DataFrame, where: str, is_known: bool, as_of: dt.datetime) -> None:
    """The question of some forecasts, and its outcome where the table gives one."""
    outcome, on = _outcome(rows, where)
    if outcome and on <= as_of.date():
        out.resolutions.append(resolution(name, outcome, on, as_of, where))
    if is_known:
        return
    first, last = rows["at"].min().to_pydatetime(), rows["at"].max().to_pydatetime()
    text = rows["title"].dropna().iloc[0] if rows["title"].notna().any() else rows["question"].iloc[0]
    end = max(last.date(), first.date(), on if on else first.date())
    out.questions.append(
        Question.model_validate(
            {
                "id": name,
                "title": text,
                "criterion": {"kind": "manual", "why": f"imported from {where}, which gives no outcome"},
                "opened": first.date(),
                "closes": last.date(),
                "resolve_by": end,
                "ruling": {"outcome": outcome, "on": on, "source": where} if outcome else None,
                "links": rows["url"].dropna().unique()[:1].tolist(),
            }
        )
    )


def _outcome(rows: pd.DataFrame, where: str) -> tuple[str | None, Any]:
    said = rows["outcome"].dropna().str.lower().unique()
    if not len(said):
        return None, None
    unknown = [text for text in said if text not in _OUTCOMES]
    if unknown:
        raise DataError(f"{where}: outcome {unknown[0]!r} is unknown: write yes, no, ambiguous or annulled")
    meant = {_OUTCOMES[text] for text in said}
    question = rows["question"].iloc[0]
    if len(meant) > 1:
        raise DataError(f"{where}: question {question!r} has outcomes {' and '.join(sorted(meant))}: give one")
    stated = rows["on"].max()
    return meant.pop(), (rows["at"].max() if pd.isna(stated) else stated).date()
