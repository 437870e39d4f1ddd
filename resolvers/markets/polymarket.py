"""Polymarket, read only: the Gamma catalogue and the price history of its order book.

``outcomes``, ``outcomePrices`` and ``clobTokenIds`` are JSON strings inside the JSON; a slug in the path is rejected;
closed markets must be asked for, and their history comes only coarse. Shapes: answers of 2026-07.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets import fields
from scale_forecast.resolvers.markets.market import Kind, Market, Option, Quote, Status, Unsupported
from scale_forecast.resolvers.markets.payload import (
    Payload,
    nested_json,
    probability,
    require,
    time_of_seconds,
    time_of_text,
    understand,
    unknown_fields,
)
from scale_forecast.resolvers.markets.service import Opens, require_answered
from scale_forecast.resolvers.markets.session import Rate, Session, Site

SITE = Site("Polymarket", "https://gamma-api.polymarket.com", reads=Rate(50, 10.0))
BOOK = Site("Polymarket", "https://clob.polymarket.com", reads=Rate(50, 10.0))
DAY_IN_MINUTES = 1440


def is_market(payload: object) -> bool:
    """Whether a JSON object looks like one of Gamma's markets."""
    return isinstance(payload, Mapping) and bool({"conditionId", "outcomePrices", "clobTokenIds"} & set(payload))


def is_book_market(payload: object) -> bool:
    """Whether a JSON object is a market as the order book describes it."""
    return isinstance(payload, Mapping) and {"question", "tokens"} <= set(payload)


@understand("Polymarket")
def market_of(payload: Payload) -> Market:
    """Parse a Gamma market: yes and no, or other outcomes."""
    if is_book_market(payload):
        title = payload["question"]
        raise Unsupported(f"the order book's view of {title!r} lacks times and rules: save Gamma's market instead")
    id = str(require(payload, "conditionId", "this Polymarket market"))
    what = f"polymarket:{payload.get('slug') or id}"
    labels = [str(label) for label in nested_json(require(payload, "outcomes", what), "outcomes")]
    prices = [
        probability(price, "outcomePrices") for price in nested_json(payload.get("outcomePrices") or [], "prices")
    ]
    if len(labels) != 2:
        raise Unsupported(f"{what} has {len(labels)} outcomes: only markets with two are known")
    binary = [label.lower() for label in labels] == ["yes", "no"]
    closed = bool(payload.get("closed"))
    settled = closed and payload.get("umaResolutionStatus") == "resolved" and len(prices) == 2
    options = [
        Option(id=label, label=label, probability=prices[i] if i < len(prices) else None)
        for i, label in enumerate(labels)
    ]
    status = Status.RESOLVED if settled else Status.CLOSED if closed else Status.OPEN
    return Market(
        service="polymarket",
        id=str(payload.get("slug") or id),
        question_id=id,
        title=str(require(payload, "question", what)),
        kind=Kind.BINARY if binary else Kind.MULTIPLE_CHOICE,
        status=status,
        url=f"https://polymarket.com/market/{payload['slug']}" if payload.get("slug") else None,
        text=payload.get("description") or "",
        created=time_of_text(payload.get("createdAt"), "createdAt"),
        opens=time_of_text(payload.get("startDate"), "startDate"),
        closes=time_of_text(payload.get("endDate"), "endDate"),
        closed_on=time_of_text(payload.get("closedTime"), "closedTime"),
        resolved_on=time_of_text(payload.get("closedTime"), "closedTime") if settled else None,
        probability=options[0].probability if binary else None,
        options=() if binary else tuple(options),
        tokens=tuple(str(token) for token in nested_json(payload.get("clobTokenIds") or [], "clobTokenIds")),
        unknown=unknown_fields(payload, fields.POLYMARKET),
        **(_resolution(options, binary) if settled else {}),
    )


def _resolution(options: list[Option], binary: bool) -> dict[str, Any]:
    """The outcome whose price ended at 1; a market split between both is settled at a share."""
    for option in options:
        if option.probability == 1.0:
            return {"resolution": option.label.lower() if binary else option.label}
    return {"resolution": "share", "settled_at": options[0].probability}


class Polymarket:
    """Client of Gamma (markets) and of the order book (history)."""

    name = "polymarket"
    site = SITE
    hosts: tuple[str, ...] = ("polymarket.com",)
    example = ("https://polymarket.com/event/world-cup/will-spain-win", "will-spain-win")

    def __init__(self, session: Session, book: Session) -> None:
        self.session, self.book = session, book

    @classmethod
    def open(cls, opens: Opens) -> Self:
        return cls(opens(SITE, cls.name), opens(BOOK, "polymarket-book"))

    @staticmethod
    def id_in(steps: list[str], query: Mapping[str, list[str]]) -> str:
        return steps[-1]

    @staticmethod
    def markets_in(payload: Payload) -> list[Market] | None:
        return [market_of(payload)] if is_market(payload) or is_book_market(payload) else None

    @understand("Polymarket")
    def get(self, id: str) -> Market:
        """By slug or condition id, open or closed."""
        field = "condition_ids" if id.startswith("0x") else "slug"
        for closed in ("false", "true"):
            found = self.session.get("markets", **{field: id, "closed": closed})
            if found:
                return require_answered(market_of(found[0]), id)
        raise DataError(
            f"Polymarket has no market {id!r}: give a market's address, not that of an event that holds several"
        )

    @understand("Polymarket")
    def search(self, text: str, limit: int) -> list[Market]:
        found = self.session.get("public-search", q=text, limit_per_type=limit)
        payloads = [market for event in found.get("events") or [] for market in event.get("markets") or []]
        markets = []
        for payload in payloads:
            try:
                market = market_of(payload)
            except DataError:
                continue
            if market.status is Status.OPEN:
                markets.append(market)
        return markets[:limit]

    @understand("Polymarket")
    def history(self, market: Market) -> list[Quote]:
        """Daily prices of yes (the first outcome); a closed market that answers with nothing is reported."""
        if not market.tokens:
            raise DataError(f"{market.name} names no tokens: its history cannot be asked for")
        found = self.book.get("prices-history", market=market.tokens[0], interval="max", fidelity=DAY_IN_MINUTES)
        points = found.get("history") or []
        if not points and market.status is not Status.OPEN:
            raise DataError(f"{market.name} is {market.status}, and Polymarket shows no history of it any more")
        return quotes_of(points, None if market.kind is Kind.BINARY else market.options[0].label)


@understand("Polymarket")
def quotes_of(points: list[Any], option: str | None = None) -> list[Quote]:
    """Prices over time, oldest first."""
    quotes = []
    for point in points:
        time, price = time_of_seconds(point.get("t"), "t"), probability(point.get("p"), "p")
        if time is not None and price is not None:
            quotes.append(Quote(time=time, probability=price, option=option))
    return sorted(quotes, key=lambda quote: quote.time)
