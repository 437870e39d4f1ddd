"""Reading a service's JSON: the few shapes that trip up clients, each handled in one place."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from scale_forecast.data.errors import DataError

Payload = Mapping[str, Any]
_Parser = TypeVar("_Parser", bound=Callable[..., Any])


def understand(service: str) -> Callable[[_Parser], _Parser]:
    """A parser whose stumbling over an answer of another shape becomes one sentence.

    This is the border to what others wrote: a list where a text should be must not end in a traceback.
    """

    def decorate(parser: _Parser) -> _Parser:
        @functools.wraps(parser)
        def parse(*args: Any, **kwargs: Any) -> Any:
            try:
                return parser(*args, **kwargs)
            except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError) as error:
                why = str(error).splitlines()[0][:100]
                raise DataError(
                    f"an answer of {service} is not of the shape it documents ({type(error).__name__}: {why}): "
                    "save the service's whole answer"
                ) from error

        return parse  # type: ignore[return-value]

    return decorate


def require(payload: Payload, field: str, what: str) -> Any:
    """A field the payload must have."""
    value = payload.get(field)
    if value is None:
        raise DataError(f"{what} has no {field!r}: save the service's whole answer")
    return value


def number(value: Any, what: str) -> float | None:
    """A number, also where the service writes it as a string; None stays None, an empty string too.

    >>> number("0.0100", "price"), number(None, "price"), number(3, "count")
    (0.01, None, 3.0)
    """
    if value is None or value == "":
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found) or isinstance(value, bool):
        raise DataError(f"{what} {value!r} is not a number: save the service's whole answer")
    return found


def probability(value: Any, what: str) -> float | None:
    """A number between 0 and 1."""
    found = number(value, what)
    if found is not None and not 0.0 <= found <= 1.0:
        raise DataError(f"{what} {value!r} is not a probability between 0 and 1")
    return found


def nested_json(value: Any, what: str) -> list[Any]:
    """A list, also where the service writes it as a string of JSON inside JSON.

    >>> nested_json('["0.12", "0.88"]', "outcomePrices")
    ['0.12', '0.88']
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise DataError(f"{what} {value[:60]!r} is no list in JSON: save the service's whole answer") from error
    if not isinstance(value, list):
        raise DataError(f"{what} {str(value)[:60]!r} is no list: save the service's whole answer")
    return value


def time_of_ms(value: Any, what: str) -> datetime | None:
    """Milliseconds since 1970; None for none, or for a year no calendar has (markets may close in the year 33658)."""
    milliseconds = number(value, what)
    return None if milliseconds is None else time_of_seconds(milliseconds / 1000.0, what)


def time_of_seconds(value: Any, what: str) -> datetime | None:
    """Seconds since 1970, perhaps with a fraction."""
    seconds = number(value, what)
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def time_of_text(value: Any, what: str) -> datetime | None:
    """An ISO date or time, also with a space, a bare offset or nine digits of a second; N/A is none.

    >>> time_of_text("2024-11-06 15:17:41+00", "closedTime").isoformat()
    '2024-11-06T15:17:41+00:00'
    """
    if value in (None, "", "N/A"):
        return None
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise DataError(f"{what} {value!r} is no date: save the service's whole answer") from error
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def unknown_fields(payload: Payload, known: Iterable[str]) -> tuple[str, ...]:
    """Names in the payload that are in no documentation we read; keys starting with ``_`` are remarks."""
    return tuple(sorted(set(payload) - set(known) - {name for name in payload if name.startswith("_")}))
