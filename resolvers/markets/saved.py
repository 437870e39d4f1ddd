"""Saved answers of the services: every market in a JSON file, found by its shape, or a refusal naming what is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers.files import document_of
from scale_forecast.resolvers.markets import forecastbench
from scale_forecast.resolvers.markets.keys import without_key
from scale_forecast.resolvers.markets.market import Market, Unsupported
from scale_forecast.resolvers.markets.services import SERVICES

SHAPES = (
    ("a Manifold bet", {"contractId", "amount", "outcome"}),
    ("a bet's receipt", {"betId"}),
    ("a Manifold comment", {"status", "comment"}),
    ("a Manifold group", {"totalContracts", "slug"}),
    ("a Manifold user", {"username", "balance"}),
    ("a ForecastBench resolution set", {"resolutions"}),
    ("a ForecastBench forecast set", {"forecasts", "question_set"}),
    ("a description of an interface", {"paths", "info"}),
    ("a Manifold market without its id", {"outcomeType"}),
    ("examples from documentation", {"endpoint"}),
    ("an error", {"status", "message"}),
    ("an error", {"status", "body"}),
    ("an error", {"detail"}),
)
"""What else the services answer, by names that only it holds."""


def read_saved(path: Path) -> tuple[list[Market], list[str]]:
    """Markets in a saved payload, and one sentence for each object that is a market we cannot forecast.

    The file may hold one answer, a list, or answers wrapped in anything else, such as a recording of requests.

    Raises
    ------
    DataError
        The file cannot be read, is not JSON, or holds no market at all; the message names what it holds.
    """
    content = without_key(document_of(path), None)
    markets: dict[str, Market] = {}
    refusals: list[str] = []
    for found in _markets(content):
        if isinstance(found, DataError):
            refusals.append(str(found))
        else:
            markets |= {market.name: market for market in found}
    if not markets and not refusals:
        raise Unsupported(f"{path} holds no market: it holds {_description(content)}")
    return list(markets.values()), list(dict.fromkeys(refusals))


def read_one(path: Path, id: str | None = None) -> Market:
    """The one market in a file, or the one with this id, number or address."""
    markets, refusals = read_saved(path)
    found = [market for market in markets if id is None or answers_to(market, id)]
    if len(found) == 1:
        return found[0]
    if not markets:
        raise Unsupported(refusals[0])
    if not found:
        raise DataError(f"{path} holds no market {id!r}: it holds {_list_names(markets)}")
    raise DataError(f"{path} holds {len(found)} markets: say which with --id, such as {_list_names(found)}")


def answers_to(market: Market, id: str) -> bool:
    """Whether an id, a name with its service, or an address means this market."""
    wanted = id.rstrip("/")
    address = (market.url or "").rstrip("/")
    return wanted in (market.id, market.name, market.question_id, address) or bool(
        address and wanted.startswith(address + "/")
    )


def _list_names(markets: list[Market]) -> str:
    names = [market.name for market in markets[:5]]
    return ", ".join(names) + (", …" if len(markets) > 5 else "")


def _markets(content: Any, due: str | None = None) -> Iterator[list[Market] | DataError]:
    """The markets of every object in the content that has the shape of one, or why it cannot be forecast."""
    if isinstance(content, list):
        for item in content:
            yield from _markets(item, due)
    elif isinstance(content, Mapping):
        try:
            markets = _markets_in(content, due)
        except DataError as refusal:
            yield refusal
            return
        if markets is not None:
            yield markets
            return
        if forecastbench.is_question_set(content):
            due = content.get("forecast_due_date")
        for item in content.values():
            yield from _markets(item, due)


def _markets_in(payload: Mapping[str, Any], due: str | None) -> list[Market] | None:
    """The markets of one object, by the first service whose shape it has; None where it has none's."""
    for service in SERVICES.values():
        if (markets := service.markets_in(payload)) is not None:
            return markets
    return forecastbench.markets_of(payload, due) if forecastbench.is_question(payload) else None


def _description(content: Any) -> str:
    """The first kind of object, in the order of `SHAPES`, that a file holds."""
    mappings = list(_mappings(content))
    for what, names in SHAPES:
        if any(names <= set(mapping) for mapping in mappings):
            return f"{what}, which asks nothing"
    return "nothing that we know"


def _mappings(content: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(content, list):
        for item in content:
            yield from _mappings(item)
    elif isinstance(content, Mapping):
        yield content
        for item in content.values():
            yield from _mappings(item)
