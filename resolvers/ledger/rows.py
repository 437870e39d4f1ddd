"""Rows at the ledger's door: known columns, plain values, one meaning each."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Float, Integer

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.ledger.chain import canonical
from scale_forecast.resolvers.ledger.schema import CHAINED, DAYS, JSON_COLUMNS, TABLES

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

QUESTION, SCORE = "question", "score"

_AS_RESULTS = {"target_model": "model", "target_params": "params", "target_flops": "train_flops"}


def utc_text(at: datetime) -> str:
    """A moment as the ledger writes it.

    >>> utc_text(datetime(2026, 11, 24, 15, tzinfo=UTC))
    '2026-11-24T15:00:00.000000Z'
    """
    if at.tzinfo is None:
        raise DataError(f"the time {at} has no time zone: give it in UTC")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def question_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A snapshot of a question: ``question_id`` and its ``definition`` as plain data."""
    plain = _plain(row, "questions", ("question_id", "definition"))
    if not isinstance(json.loads(plain["definition"]), dict):
        raise DataError(f"the definition of question {plain['question_id']!r} is no mapping: give its fields")
    return plain


def forecast_row(row: Mapping[str, Any], *, at: datetime) -> dict[str, Any]:
    """A forecast: of a question (``question_id`` and ``probability`` or ``distribution``), or of a score.

    A score forecast has ``task``, ``model`` and ``distribution``, ``{"levels": [...], "quantiles": [...]}``; a question
    answered by an option or a day has ``{"options": {name: p}}`` or ``{"by": [days], "probability": [...]}``.
    ``forecaster`` defaults to ``predictor``, ``made_at`` to ``at``.
    """
    filled = dict(row)
    filled.setdefault("kind", QUESTION if _is_given(filled.get("question_id")) else SCORE)
    if not _is_given(filled.get("forecaster")):
        filled["forecaster"] = filled.get("predictor")
    filled["made_at"] = _moment(filled["made_at"]) if _is_given(filled.get("made_at")) else utc_text(at)
    plain = _plain(filled, "forecasts", ("kind", "forecaster"))
    where = f"the forecast by {plain['forecaster']!r}"
    _check_kind(plain["kind"], where)
    if plain["made_at"] > utc_text(at):
        raise DataError(f"{where} was made at {plain['made_at']}, after it is recorded: correct its time")
    if plain["kind"] == QUESTION:
        _require(plain, ("question_id",), where)
        if plain["probability"] is None and plain["distribution"] is None:
            raise DataError(f"{where} of {plain['question_id']!r} has neither probability nor distribution: give one")
    else:
        _require(plain, ("task", "model", "distribution"), where)
    _check_probability(plain["probability"], where)
    _check_distribution(plain["distribution"], where)
    return plain


def resolution_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A resolution of a question (``question_id``) or a score (``task``, ``model``): ``status``, ``outcome``, why."""
    filled = dict(row)
    filled.setdefault("kind", QUESTION if _is_given(filled.get("question_id")) else SCORE)
    filled["status"] = getattr(filled.get("status"), "value", filled.get("status"))
    plain = _plain(filled, "resolutions", ("kind", "status"))
    where = "the resolution"
    _check_kind(plain["kind"], where)
    for name in DAYS:
        _check_day(plain[name], f"{where}'s {name}")
    _require(plain, ("question_id",) if plain["kind"] == QUESTION else ("task", "model"), where)
    if plain["status"] not in list(Status):
        raise DataError(f"{where} has status {plain['status']!r}: it is one of {', '.join(Status)}")
    if plain["outcome"] is None and plain["status"] in ("yes", "no"):
        plain["outcome"] = float(plain["status"] == "yes")
    if plain["status"] == "number" and plain["outcome"] is None:
        raise DataError(f"{where} of a number has no outcome: give the number")
    return plain


def score_forecasts(
    table: pd.DataFrame,
    levels: np.ndarray,
    quantiles: np.ndarray,
    *,
    predictor_version: str,
    data_fingerprint: str,
) -> list[dict[str, Any]]:
    """A forecast table (DESIGN) and its quantiles as rows for `Ledger.append_forecasts`.

    Parameters
    ----------
    table : DataFrame, n rows
        With ``task`` and ``target_model``; columns the ledger has no place for go into ``details``.
    levels : (k,)
    quantiles : (n, k)
    """
    known = set(TABLES["forecasts"].c.keys()) - CHAINED
    rows = []
    for record, row in zip(table.to_dict("records"), quantiles.tolist(), strict=True):
        renamed = {_AS_RESULTS.get(str(name), str(name)): value for name, value in record.items() if _is_given(value)}
        rest = {name: renamed.pop(name) for name in [*renamed] if name not in known}
        rows.append(
            {
                **renamed,
                "kind": SCORE,
                "distribution": {"levels": [float(level) for level in levels], "quantiles": row},
                "details": rest or None,
                "predictor_version": predictor_version,
                "data_fingerprint": data_fingerprint,
            }
        )
    return rows


def stored_entry(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """An entry from elsewhere with every column as the ledger would store it; ValueError where it could not be."""
    columns = TABLES[name].c
    unknown = set(row) - {column.name for column in columns}
    if unknown:
        raise ValueError(f"unknown column {min(unknown)!r}")
    plain = {column.name: _to_storable(row.get(column.name), column) for column in columns}
    missing = [column.name for column in columns if not column.nullable and plain[column.name] is None]
    if missing:
        raise ValueError(f"no {missing[0]}")
    return plain


def refusal(name: str, row: Mapping[str, Any]) -> str | None:
    """Why the door would not have taken a stored entry, in words; None where it would have, as it stands."""
    given = {column: value for column, value in row.items() if column not in CHAINED and value is not None}
    try:
        if utc_text(datetime.fromisoformat(str(row["recorded_at"]))) != row["recorded_at"]:
            raise ValueError(row["recorded_at"])
    except (DataError, ValueError):
        return f"it was recorded at {row['recorded_at']!r}, which is no time of the ledger's"
    try:
        read = {column: json.loads(value) if column in JSON_COLUMNS else value for column, value in given.items()}
        plain = _DOORS[name](read, datetime.fromisoformat(row["recorded_at"]))
    except DataError as error:
        return str(error)
    except (ValueError, RecursionError) as error:
        return f"its JSON cannot be read ({error})"
    other = [column for column, value in plain.items() if value != row.get(column)]
    return f"its {other[0]} is not written as the ledger writes it" if other else None


_DOORS: dict[str, Callable[[Mapping[str, Any], datetime], dict[str, Any]]] = {
    "questions": lambda row, at: question_row(row),
    "forecasts": lambda row, at: forecast_row(row, at=at),
    "resolutions": lambda row, at: resolution_row(row),
}


def _moment(value: Any) -> str:
    try:
        return utc_text(value if isinstance(value, datetime) else datetime.fromisoformat(str(value)))
    except ValueError as error:
        raise DataError(f"made_at {value!r} is not a time: write it as 2026-11-24T15:00:00Z") from error


def _plain(row: Mapping[str, Any], name: str, required: Iterable[str]) -> dict[str, Any]:
    """Every column of the table except those of the chain, in types that both engines give back unchanged."""
    own = [column.name for column in TABLES[name].c if column.name not in CHAINED]
    unknown = [column for column in row if column not in own]
    if unknown:
        from scale_forecast.data.names import did_you_mean

        raise DataError(
            f"the ledger's {name} have no column {unknown[0]!r}{did_you_mean(str(unknown[0]), own)}: "
            f"the columns are {', '.join(own)}"
        )
    plain = {}
    for column in own:
        try:
            plain[column] = _to_storable(row.get(column), TABLES[name].c[column])
        except (TypeError, ValueError, OverflowError) as error:
            raise DataError(
                f"{column} {row[column]!r} cannot be recorded in the ledger's {name}: correct it"
            ) from error
    _require(plain, required, f"a row of {name}")
    return plain


def _to_storable(value: Any, column: Column) -> Any:
    """The value in the type that both engines give back unchanged."""
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()
    if not _is_given(value):
        return None
    if column.name in JSON_COLUMNS:
        text = canonical(_jsonable(value))
    elif isinstance(column.type, Float):
        return _finite(float(value))
    elif isinstance(column.type, Integer):
        return _whole(value)
    else:
        text = value.isoformat() if isinstance(value, (date, datetime)) else str(value)
    if "\x00" in text:
        raise ValueError("a text holds the character NUL")
    text.encode("utf-8")
    return text[:10] if column.name in DAYS else text


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(value)
    return value + 0.0  # SQLite gives -0.0 back as 0.0


def _whole(value: Any) -> int:
    if int(value) != value:
        raise ValueError(value)
    return int(value)


def _jsonable(value: Any) -> Any:
    """Plain data of what pandas and numpy hold; what is missing in a record is left out."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(name): _jsonable(item) for name, item in value.items() if _is_given(item)}
    if isinstance(value, (list, tuple)):
        return [_jsonable(item) for item in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, float):
        return _finite(value)
    if value is None or isinstance(value, (str, bool, int)):
        return value
    return str(value)


def _is_given(value: Any) -> bool:
    """False for None, NaN, NaT and NA."""
    try:
        return value is not None and bool(value == value)
    except TypeError:
        return False
    except ValueError:  # an array
        return True


def _require(plain: Mapping[str, Any], names: Iterable[str], where: str) -> None:
    for name in names:
        if plain[name] is None:
            raise DataError(f"{where} has no {name}: give one")


def _check_kind(kind: str, where: str) -> None:
    if kind not in (QUESTION, SCORE):
        raise DataError(f"{where} is of kind {kind!r}: it is {QUESTION} or {SCORE}")


def _check_day(day: str | None, where: str) -> None:
    try:
        sound = day is None or date.fromisoformat(day).isoformat() == day
    except ValueError:
        sound = False
    if not sound:
        raise DataError(f"{where} is {day!r}: write it as 2026-11-24")


def _check_probability(probability: float | None, where: str) -> None:
    if probability is not None and not 0 <= probability <= 1:
        raise DataError(f"{where} has probability {probability:g}, outside [0, 1]: is it a percentage? divide by 100")


def _check_distribution(distribution: str | None, where: str) -> None:
    if distribution is None:
        return
    read = json.loads(distribution)
    if isinstance(read, dict) and ("options" in read or "by" in read):
        _check_answers(read, where)
        return
    try:
        levels, quantiles = read["levels"], read["quantiles"]
        sound = len(levels) == len(quantiles) > 0
        sound = sound and all(0 < level < 1 for level in levels) and sorted(levels) == levels
        sound = sound and all(quantile is not None for quantile in quantiles) and sorted(quantiles) == quantiles
    except (TypeError, KeyError):
        sound = False
    if not sound:
        raise DataError(
            f'{where} has a distribution that is not {{"levels": [...], "quantiles": [...]}}, both ascending, '
            "of equal length, with levels between 0 and 1: write it so"
        )


def _check_answers(read: dict[str, Any], where: str) -> None:
    """Probabilities of options, which sum to 1, or by each of some days, which rise."""
    try:
        if "options" in read:
            shares = list(read["options"].values())
            sound = bool(shares) and all(0 <= share <= 1 for share in shares) and abs(sum(shares) - 1.0) < 1e-6
        else:
            days, shares = [date.fromisoformat(day) for day in read["by"]], read["probability"]
            sound = len(days) == len(shares) > 0 and sorted(days) == days and sorted(shares) == shares
            sound = sound and all(0 <= share <= 1 for share in shares)
    except (TypeError, KeyError, ValueError, AttributeError):
        sound = False
    if not sound:
        raise DataError(
            f'{where} has a distribution that is neither {{"options": {{name: probability}}}}, which sum to 1, nor '
            '{"by": [days], "probability": [...]}, both ascending: write it so'
        )
