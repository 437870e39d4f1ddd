"""Fields of questions as people write them: sizes such as 100B, days in UTC, one name or a list of them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from scale_forecast.data.errors import UsageError
from scale_forecast.data.sizes import parse_size

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$"

_DAY_END = dt.time(23, 59, 59, tzinfo=dt.UTC)
_DAY_START = dt.time(0, 0, tzinfo=dt.UTC)


class Strict(BaseModel):
    """Values that never change and refuse fields they do not know; checked when first used, so that kinds may come."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


def _as_tuple(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else (value,)


def _as_size(value: Any) -> float:
    try:
        return parse_size(value)
    except UsageError as error:
        raise ValueError(str(error)) from error


def _moment(value: Any, of_day: dt.time) -> Any:
    """A day as its first or last second in UTC; a time of day needs a time zone."""
    if isinstance(value, str):
        try:
            value = dt.date.fromisoformat(value) if len(value) == 10 else dt.datetime.fromisoformat(value)
        except ValueError as error:
            raise ValueError("is not a date: write YYYY-MM-DD, or a time with its zone") from error
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise ValueError("has no time zone: write 2024-01-01T00:00:00Z, or the date alone for a day in UTC")
        try:
            return value.astimezone(dt.UTC)
        except OverflowError as error:
            raise ValueError("is beyond the years 1 to 9999 in UTC: choose another day") from error
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, of_day)
    return value


def day_or_moment(value: dt.datetime | None) -> Any:
    """A moment as people write it: the first or last second of a day is the day."""
    if value is not None and value.timetz() in (_DAY_START, _DAY_END):
        return value.date()
    return value


def _written_start(value: dt.datetime) -> Any:
    return value.date() if value.timetz() == _DAY_START else value


def _written_end(value: dt.datetime | None) -> Any:
    return value.date() if value is not None and value.timetz() == _DAY_END else value


def _written_tuple(value: tuple[Any, ...]) -> Any:
    return value[0] if len(value) == 1 else list(value)


Size = Annotated[float, BeforeValidator(_as_size)]
Start = Annotated[
    dt.datetime, BeforeValidator(lambda v: _moment(v, _DAY_START)), PlainSerializer(_written_start, return_type=Any)
]
End = Annotated[
    dt.datetime, BeforeValidator(lambda v: _moment(v, _DAY_END)), PlainSerializer(_written_end, return_type=Any)
]
Name = Annotated[str, Field(min_length=1)]
Names = Annotated[
    tuple[Name, ...], BeforeValidator(_as_tuple), PlainSerializer(_written_tuple, return_type=Any, when_used="always")
]
Counts = Annotated[
    tuple[Annotated[int, Field(ge=0)], ...],
    BeforeValidator(_as_tuple),
    PlainSerializer(_written_tuple, return_type=Any, when_used="always"),
]
Probability = Annotated[float, Field(ge=0.0, le=1.0)]
