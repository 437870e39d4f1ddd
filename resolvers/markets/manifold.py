"""Manifold: markets in mana with an automatic market maker. Reads, bets, resolves own markets.

Facts: manifoldmarkets/manifold@1e3ad3be7 docs/docs/api.md and backend code. Times are milliseconds; ``probability``
stands only on binary and pseudo-numeric markets; a bet has no idempotency key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets import fields
from scale_forecast.resolvers.markets.cpmm import Pool
from scale_forecast.resolvers.markets.journal import Journal, Request
from scale_forecast.resolvers.markets.market import Kind, Market, Option, Quote, Status, Unsupported
from scale_forecast.resolvers.markets.payload import (
    Payload,
    number,
    probability,
    require,
    time_of_ms,
    understand,
    unknown_fields,
)
from scale_forecast.resolvers.markets.rules import bet_complaints, resolution_complaints
from scale_forecast.resolvers.markets.scale import Scale
from scale_forecast.resolvers.markets.service import OneSite, Stake, receipt_field, require_allowed, require_answered
from scale_forecast.resolvers.markets.session import Rate, Refused, Site
from scale_forecast.resolvers.markets.writes import Receipt, Trace, send_once

SITE = Site(
    "Manifold",
    "https://api.manifold.markets/v0",
    scheme="Key",
    variable="MANIFOLD_API_KEY",
    reads=Rate(500, 60.0),
    writes=Rate(60, 60.0),
)
WITH_ANSWERS = {"MULTIPLE_CHOICE", "FREE_RESPONSE", "MULTI_NUMERIC", "DATE"}
NO_QUESTION = {
    "BOUNTIED_QUESTION": "a bounty carries no probability",
    "POLL": "a poll carries no probability",
    "STONK": "a stock never resolves",
    "PERP": "a perpetual contract never resolves",
    "QUADRATIC_FUNDING": "funding carries no probability",
}
PAGE = 1000
OUTCOMES = {"YES": "yes", "NO": "no", "CANCEL": "annulled", "MKT": "share"}


def is_market(payload: object) -> bool:
    """Whether a JSON object looks like one of Manifold's markets."""
    return isinstance(payload, Mapping) and {"id", "outcomeType"} <= set(payload)


@understand("Manifold")
def market_of(payload: Payload) -> Market:
    """Parse a market, lite or full, of 2022 or of today.

    Raises
    ------
    Unsupported
        For types that ask nothing we can forecast, and for types unknown to us.
    """
    id = str(require(payload, "id", "this Manifold market"))
    what = f"manifold:{id}"
    type_ = require(payload, "outcomeType", what)
    if type_ in NO_QUESTION:
        raise Unsupported(f"{what} is of type {type_}: {NO_QUESTION[type_]}")
    if type_ not in WITH_ANSWERS | {"BINARY", "PSEUDO_NUMERIC"}:
        raise Unsupported(f"{what} is of type {type_}, which this version does not know")
    resolved = bool(payload.get("isResolved"))
    return Market(
        service="manifold",
        id=id,
        title=str(require(payload, "question", what)),
        kind=_kind(type_),
        status=Status.RESOLVED if resolved else Status.OPEN,
        url=payload.get("url") or _url(payload),
        text=payload.get("textDescription") or "",
        created=time_of_ms(payload.get("createdTime"), "createdTime"),
        opens=time_of_ms(payload.get("createdTime"), "createdTime"),
        closes=time_of_ms(payload.get("closeTime"), "closeTime"),
        resolved_on=time_of_ms(payload.get("resolutionTime"), "resolutionTime") if resolved else None,
        forecasters=payload.get("uniqueBettorCount"),
        unknown=unknown_fields(payload, fields.MANIFOLD),
        **_crowd(payload, type_),
        **(_resolution(payload, type_) if resolved else {}),
        history=tuple(quotes_of(payload.get("bets") or [])),
    )


def _kind(type_: str) -> Kind:
    if type_ == "PSEUDO_NUMERIC":
        return Kind.NUMERIC
    return Kind.BINARY if type_ == "BINARY" else Kind.MULTIPLE_CHOICE


def _url(payload: Payload) -> str | None:
    slug, creator = payload.get("slug"), payload.get("creatorUsername")
    return f"https://manifold.markets/{creator or 'market'}/{slug}" if slug else None


def _crowd(payload: Payload, type_: str) -> dict[str, Any]:
    if type_ in WITH_ANSWERS:
        answers = [answer for answer in payload.get("answers") or [] if isinstance(answer, Mapping)]
        options = [
            Option(
                id=str(require(answer, "id", "an answer")),
                label=str(require(answer, "text", "an answer")),
                probability=probability(answer.get("probability"), "an answer's probability"),
            )
            for answer in answers
        ]
        independent = payload.get("shouldAnswersSumToOne") is False
        return {"options": tuple(options), "sums_to_one": not independent}
    pool = _pool(payload)
    found = probability(payload.get("probability"), "probability")
    if found is None and pool is not None:
        found = pool.probability
    crowd: dict[str, Any] = {"probability": found, "pool": pool and (pool.yes, pool.no, pool.p)}
    if type_ == "PSEUDO_NUMERIC":
        crowd["scale"] = scale = _scale(payload)
        crowd["median"] = None if found is None else float(scale.from_unit(found))
    return crowd


def _pool(payload: Payload) -> Pool | None:
    pool, p = payload.get("pool"), number(payload.get("p"), "p")
    if not isinstance(pool, Mapping) or p is None or payload.get("mechanism") != "cpmm-1":
        return None
    yes, no = number(pool.get("YES"), "pool"), number(pool.get("NO"), "pool")
    return Pool(yes, no, p) if yes and no and 0 < p < 1 else None


def _scale(payload: Payload) -> Scale:
    """Linear, or logarithmic in the distance from one below the minimum."""
    what = f"manifold:{payload.get('id')}"
    low, high = float(require(payload, "min", what)), float(require(payload, "max", what))
    return Scale(low, high, low - 1.0 if payload.get("isLogScale") else None)


def _resolution(payload: Payload, type_: str) -> dict[str, Any]:
    outcome = str(payload.get("resolution", ""))
    if type_ in WITH_ANSWERS:
        labels = {str(a.get("id")): a.get("text") for a in payload.get("answers") or [] if isinstance(a, Mapping)}
        return {"resolution": OUTCOMES.get(outcome) or labels.get(outcome, outcome) or None}
    share = probability(payload.get("resolutionProbability"), "resolutionProbability") if outcome == "MKT" else None
    if type_ == "PSEUDO_NUMERIC" and share is not None:
        value = number(payload.get("resolutionValue"), "resolutionValue")
        return {"resolution": f"{float(_scale(payload).from_unit(share)) if value is None else value:.12g}"}
    return {"resolution": OUTCOMES.get(outcome, outcome) or None, "settled_at": share}


@understand("Manifold")
def quotes_of(bets: list[Any]) -> list[Quote]:
    """The price after each bet, oldest first; answers' bets carry the answer."""
    quotes = []
    for bet in bets:
        time = time_of_ms(bet.get("createdTime"), "createdTime")
        price = probability(bet.get("probAfter"), "probAfter")
        if time is None or price is None or bet.get("isRedemption") or bet.get("isAnte"):
            continue
        answer = bet.get("answerId") or (bet.get("outcome") if bet.get("outcome") not in ("YES", "NO") else None)
        quotes.append(Quote(time=time, probability=price, option=answer))
    return sorted(quotes, key=lambda quote: quote.time)


def bet_request(market: Market, answer: Stake) -> Request:
    """A bet, checked by the server's rules."""
    if market.status is not Status.OPEN:
        raise DataError(f"{market.name} is {market.status}: it takes no bets")
    body: dict[str, Any] = {"contractId": market.id, "amount": answer.amount, "outcome": answer.outcome}
    if market.kind is Kind.MULTIPLE_CHOICE:
        if answer.option is None:
            raise DataError(f"{market.name} is multiple choice: say which option to bet on")
        body["answerId"] = market.option(answer.option).id
    if answer.limit is not None:
        body["limitProb"] = answer.limit
    require_allowed(bet_complaints(body), market)
    return Request("manifold", market.id, "bet", body, market.url)


def resolution_request(market: Market, outcome: str) -> Request:
    """Resolve an own market; ``outcome`` as in `Market.resolution`, or a percentage for a binary market.

    Sum-to-one multiple choice takes CHOOSE_ONE; the documentation's MKT with answer indexes is stale. A
    pseudo-numeric market wants the share in percent, which the documentation's formula leaves out.
    """
    if market.status is Status.RESOLVED:
        raise DataError(f"{market.name} is resolved already: {market.resolution}")
    if outcome in ("annulled", "ambiguous"):
        body: dict[str, Any] = {"outcome": "CANCEL"}
    elif market.kind is Kind.BINARY:
        body = _binary_resolution(outcome, market)
    elif market.kind is Kind.NUMERIC:
        body = _numeric_resolution(outcome, market)
    elif market.sums_to_one:
        body = {"outcome": "CHOOSE_ONE", "answerId": market.option(outcome).id}
    else:
        label, _, side = outcome.rpartition("=")
        if side not in ("yes", "no"):
            raise DataError(f"{market.name} resolves answer by answer: write 'ANSWER=yes' or 'ANSWER=no'")
        body = {"outcome": side.upper(), "answerId": market.option(label).id}
    require_allowed(resolution_complaints(body), market)
    return Request("manifold", market.id, f"market/{market.id}/resolve", body, market.url)


class Manifold(OneSite):
    """Client of Manifold's API v0."""

    name = "manifold"
    site = SITE
    hosts: tuple[str, ...] = ("manifold.markets", "api.manifold.markets")
    example = ("https://manifold.markets/Someone/will-it-rain?r=x", "will-it-rain")
    takes_stakes = True

    @staticmethod
    def id_in(steps: list[str], query: Mapping[str, list[str]]) -> str:
        return steps[-1]

    @staticmethod
    def markets_in(payload: Payload) -> list[Market] | None:
        return [market_of(payload)] if is_market(payload) else None

    @understand("Manifold")
    def get(self, id: str) -> Market:
        """By id (letters and digits) or slug (words joined by hyphens, or one word)."""
        if "-" in id:
            return require_answered(market_of(self.session.get(f"slug/{id}")), id)
        try:
            return require_answered(market_of(self.session.get(f"market/{id}")), id)
        except Refused as missing:
            try:
                return require_answered(market_of(self.session.get(f"slug/{id}")), id)
            except Refused:
                raise missing from None

    @understand("Manifold")
    def search(self, text: str, limit: int) -> list[Market]:
        found = self.session.get("search-markets", term=text, filter="open", limit=min(limit, PAGE))
        markets = []
        for payload in found:
            try:
                markets.append(market_of(payload))
            except Unsupported:
                continue
        return markets

    @understand("Manifold")
    def history(self, market: Market) -> list[Quote]:
        bets: list[Any] = []
        before: dict[str, str] = {}
        while True:
            page = self.session.get("bets", contractId=market.id, limit=PAGE, **before)
            bets += page
            if len(page) < PAGE:
                return quotes_of(bets)
            before = {"before": str(page[-1]["id"])}

    @staticmethod
    def prepare(market: Market, answer: Any) -> Request:
        """A bet, checked by the server's rules."""
        if not isinstance(answer, Stake):
            raise DataError(f"{market.name} takes bets, not forecasts: say how much to stake")
        return bet_request(market, answer)

    def submit(self, request: Request, journal: Journal, *, again: bool = False) -> Receipt:
        """Place a prepared bet once; when the answer is lost, look for it among one's own bets."""
        me = str(require(self.session.get("me"), "id", "the Manifold account"))

        def look() -> list[Trace]:
            bets = self.session.get("bets", contractId=request.market, userId=me, limit=PAGE)
            return _traces(bets, request.body)

        return send_once(self.session, request, journal, look, receipt_field("betId"), again=again)

    @staticmethod
    def prepare_resolution(market: Market, outcome: str) -> Request:
        """As `resolution_request`."""
        return resolution_request(market, outcome)

    def resolve(self, request: Request, journal: Journal, *, again: bool = False) -> Receipt:
        """Send a prepared resolution once."""

        def look() -> list[Trace]:
            payload = self.session.get(f"market/{request.market}")
            done = _is_resolved(payload, request.body)
            return [Trace(request.market, None)] if done else []

        def receipt(answer: object) -> str | None:
            return request.market if isinstance(answer, dict) else None

        return send_once(self.session, request, journal, look, receipt, again=again)


@understand("Manifold")
def _traces(bets: list[Any], body: Mapping[str, Any]) -> list[Trace]:
    """Those of our bets that are the one in a request, oldest first."""
    same = [bet for bet in bets if _is_bet(bet, body)]
    found = [Trace(str(bet["id"]), time_of_ms(bet.get("createdTime"), "createdTime")) for bet in same]
    return sorted(found, key=lambda trace: trace.time.timestamp() if trace.time else 0.0)


def _is_bet(bet: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Whether a bet that the server lists is the one in a request."""
    return (
        bet.get("contractId") == body["contractId"]
        and bet.get("outcome") == body["outcome"]
        and bet.get("answerId") == body.get("answerId")
        and bet.get("limitProb") == body.get("limitProb")
        and abs(float(bet.get("orderAmount", bet.get("amount", 0))) - body["amount"]) < 1e-9
    )


@understand("Manifold")
def _is_resolved(payload: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    if "answerId" in body and body["outcome"] in ("YES", "NO"):
        answers = {a.get("id"): a for a in payload.get("answers") or []}
        return bool(answers.get(body["answerId"], {}).get("resolution"))
    return bool(payload.get("isResolved"))


def _binary_resolution(outcome: str, market: Market) -> dict[str, Any]:
    if outcome in ("yes", "no"):
        return {"outcome": outcome.upper()}
    try:
        share = float(outcome.removesuffix("%"))
    except ValueError:
        raise DataError(f"{market.name} resolves yes, no, annulled or to a percentage, not {outcome!r}") from None
    return {"outcome": "MKT", "probabilityInt": share}


def _numeric_resolution(outcome: str, market: Market) -> dict[str, Any]:
    assert market.scale is not None
    try:
        value = float(outcome)
    except ValueError:
        raise DataError(f"{market.name} resolves to a number or annulled, not {outcome!r}") from None
    return {"outcome": "MKT", "value": value, "probabilityInt": 100.0 * float(market.scale.to_unit(value))}
