"""Kalshi, read only. Prices are strings in dollars; older answers held whole cents.

Facts: Kalshi's openapi 3.13.0 and answers of 2026-08. ``strike_type`` with its strikes is a threshold in the
market's own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets import fields
from scale_forecast.resolvers.markets.market import Kind, Market, Quote, Status, Unsupported
from scale_forecast.resolvers.markets.payload import (
    Payload,
    number,
    require,
    time_of_seconds,
    time_of_text,
    understand,
    unknown_fields,
)
from scale_forecast.resolvers.markets.service import OneSite, require_answered
from scale_forecast.resolvers.markets.session import Rate, ServiceError, Site

SITE = Site("Kalshi", "https://api.elections.kalshi.com/trade-api/v2", reads=Rate(10, 1.0))
STATES = {
    "initialized": Status.UPCOMING,
    "unopened": Status.UPCOMING,
    "active": Status.OPEN,
    "open": Status.OPEN,
    "finalized": Status.RESOLVED,
    "settled": Status.RESOLVED,
}
"""Every other status (inactive, closed, determined, disputed, amended) is closed: its outcome may still change."""
SCALAR, VOID = "scalar", ("void", "voided")
"""Results beside yes and no: a share was paid, or the stakes were given back."""
SIGNS = {"greater": ">", "greater_or_equal": ">=", "less": "<", "less_or_equal": "<="}
DAY_IN_MINUTES = 1440
PAGE, PAGES = 1000, 5
MOST_CANDLES = 5000
DAY = 86400


def is_market(payload: object) -> bool:
    """Whether a JSON object looks like one of Kalshi's markets."""
    return isinstance(payload, Mapping) and isinstance(payload.get("ticker"), str) and "event_ticker" in payload


@understand("Kalshi")
def market_of(payload: Payload) -> Market:
    """Parse a market of today's or of the older shape."""
    id = str(require(payload, "ticker", "this Kalshi market"))
    what = f"kalshi:{id}"
    if payload.get("market_type", "binary") != "binary":
        raise Unsupported(f"{what} is of type {payload['market_type']}, which pays a share, not yes or no")
    status = STATES.get(str(payload.get("status")), Status.CLOSED)
    resolved = status is Status.RESOLVED
    title, detail = str(require(payload, "title", what)), payload.get("yes_sub_title") or payload.get("subtitle") or ""
    return Market(
        service="kalshi",
        id=id,
        question_id=str(require(payload, "event_ticker", what)),
        title=f"{title} {detail}".strip() if detail and detail not in title else title,
        kind=Kind.BINARY,
        status=status,
        url=f"https://kalshi.com/markets/{id.split('-')[0].lower()}/{id.lower()}",
        criteria="\n\n".join(filter(None, [payload.get("rules_primary"), payload.get("rules_secondary")])),
        created=time_of_text(payload.get("created_time"), "created_time"),
        opens=time_of_text(payload.get("open_time"), "open_time"),
        closes=time_of_text(payload.get("close_time"), "close_time"),
        resolve_by=time_of_text(payload.get("latest_expiration_time"), "latest_expiration_time"),
        resolved_on=time_of_text(payload.get("settlement_ts"), "settlement_ts") if resolved else None,
        probability=_middle(payload),
        threshold=_threshold(payload),
        unknown=unknown_fields(payload, fields.KALSHI),
        **(_resolution(payload) if resolved else {}),
    )


def _dollars(payload: Payload, name: str) -> float | None:
    """A price between 0 and 1, as a string in dollars or as whole cents."""
    dollars = number(payload.get(f"{name}_dollars"), f"{name}_dollars")
    if dollars is not None:
        return dollars
    cents = number(payload.get(name), name)
    return None if cents is None else cents / 100.0


def _middle(payload: Payload) -> float | None:
    """Middle of bid and ask; the last price where nobody bids and asks."""
    bid, ask = _dollars(payload, "yes_bid"), _dollars(payload, "yes_ask")
    if bid is None or ask is None or (bid <= 0.0 and ask >= 1.0) or ask < bid:
        last = _dollars(payload, "last_price")
        return last if last is not None and 0.0 < last < 1.0 else None
    return (bid + ask) / 2.0


def _threshold(payload: Payload) -> tuple[str, float] | None:
    sign = SIGNS.get(str(payload.get("strike_type")))
    strike = payload.get("floor_strike") if sign in (">", ">=") else payload.get("cap_strike")
    value = number(strike, "strike")
    return (sign, value) if sign and value is not None else None


def _resolution(payload: Payload) -> dict[str, Any]:
    result = str(payload.get("result") or "")
    if result in ("yes", "no"):
        return {"resolution": result}
    if result in VOID:
        return {"resolution": "annulled"}
    share = _dollars(payload, "settlement_value")
    return {"resolution": "share" if share is not None or result == SCALAR else None, "settled_at": share}


class Kalshi(OneSite):
    """Client of Kalshi's trade API v2, without an account."""

    name = "kalshi"
    site = SITE
    hosts: tuple[str, ...] = ("kalshi.com",)
    example = ("https://kalshi.com/markets/kxbtcd/bitcoin/kxbtcd-26aug1717", "KXBTCD-26AUG1717")

    @staticmethod
    def id_in(steps: list[str], query: Mapping[str, list[str]]) -> str:
        return steps[-1].upper()

    @staticmethod
    def markets_in(payload: Payload) -> list[Market] | None:
        return [market_of(payload)] if is_market(payload) else None

    @understand("Kalshi")
    def get(self, id: str) -> Market:
        """By ticker; a market settled long ago is looked for in the archive."""
        ticker = id.upper()
        try:
            found = self.session.get(f"markets/{ticker}")
        except ServiceError as missing:
            try:
                found = self.session.get(f"historical/markets/{ticker}")
            except ServiceError:
                raise missing from None
        return require_answered(market_of(require(found, "market", f"Kalshi's answer for {ticker}")), ticker)

    @understand("Kalshi")
    def search(self, text: str, limit: int) -> list[Market]:
        """Open markets whose title holds every word; Kalshi has no search of its own, so a few pages are read."""
        words = text.lower().split()
        markets: list[Market] = []
        cursor: dict[str, str] = {}
        for _ in range(PAGES):
            page = self.session.get("markets", status="open", limit=PAGE, **cursor)
            for payload in page.get("markets") or []:
                market = _or_none(payload)
                if market and all(word in f"{market.title} {market.criteria}".lower() for word in words):
                    markets.append(market)
            if len(markets) >= limit or not page.get("cursor"):
                break
            cursor = {"cursor": str(page["cursor"])}
        return markets[:limit]

    @understand("Kalshi")
    def history(self, market: Market) -> list[Quote]:
        """Daily prices from the opening to the close, or to now."""
        start = market.opens or market.created
        if start is None:
            raise DataError(f"{market.name} says not when it opened: its history cannot be asked for")
        now = self.session.clock.now()
        end = min(market.closes or now, now)
        first, last = int(start.timestamp()), int(end.timestamp())
        series = (market.question_id or market.id).split("-")[0]
        candles: list[Any] = []
        while first <= last:
            until = min(last, first + MOST_CANDLES * DAY - 1)
            found = self.session.get(
                f"series/{series}/markets/{market.id}/candlesticks",
                start_ts=first,
                end_ts=until + (DAY if until == last else 0),
                period_interval=DAY_IN_MINUTES,
            )
            candles += found.get("candlesticks") or []
            first = until + 1
        return quotes_of(candles)


def _or_none(payload: Payload) -> Market | None:
    try:
        return market_of(payload)
    except DataError:
        return None


@understand("Kalshi")
def quotes_of(candles: list[Any]) -> list[Quote]:
    """The price at the end of each period; the middle of bid and ask where nothing was traded."""
    quotes = []
    for candle in candles:
        time = time_of_seconds(candle.get("end_period_ts"), "end_period_ts")
        price = _close(candle.get("price") or {})
        if price is None:
            bid, ask = _close(candle.get("yes_bid") or {}), _close(candle.get("yes_ask") or {})
            price = None if bid is None or ask is None or (bid <= 0.0 and ask >= 1.0) else (bid + ask) / 2.0
        if time is not None and price is not None:
            quotes.append(Quote(time=time, probability=price))
    return sorted(quotes, key=lambda quote: quote.time)


def _close(prices: Payload) -> float | None:
    """Dollars as a string, in the shape of today (``close_dollars``) or of the archive (``close``)."""
    value = number(prices.get("close_dollars"), "close_dollars")
    return number(prices.get("close"), "close") if value is None else value
