"""What every service can do, and what those that take forecasts can do besides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets.journal import Journal, Request
from scale_forecast.resolvers.markets.market import Market, Quote
from scale_forecast.resolvers.markets.payload import Payload
from scale_forecast.resolvers.markets.session import ServiceError, Session, Site
from scale_forecast.resolvers.markets.writes import Receipt


@dataclass(frozen=True)
class Answer:
    """What we say about a market: one probability, one per option, or a CDF on its grid."""

    probability: float | None = None
    options: Mapping[str, float] | None = None
    cdf: Sequence[float] | None = None


@dataclass(frozen=True)
class Stake:
    """Mana on one side of a market, bought up to a limit."""

    outcome: str
    amount: float
    limit: float | None = None
    option: str | None = None


Opens = Callable[[Site, str], Session]
"""A session with a site, which is given a name of its own on a test server."""


class OneSite:
    """What the client of a service with one site begins with."""

    name: str
    site: Site

    def __init__(self, session: Session) -> None:
        self.session = session

    @classmethod
    def open(cls, opens: Opens) -> Self:
        """A client, with its session."""
        return cls(opens(cls.site, cls.name))


class Service(Protocol):
    """One forecasting service: what its addresses and its answers look like, and a client that reads it.

    All but the client's methods belong to the class. One that takes forecasts is `Writable` too.
    """

    name: str
    """What it is called in ``name:ID``, in questions and in the ledger."""
    site: Site
    hosts: tuple[str, ...]
    """Of its addresses, without ``www.``."""
    example: tuple[str, str]
    """An address, and the id that it means."""

    @classmethod
    def open(cls, opens: Opens) -> Self:
        """A client, with a session for each of the service's sites."""

    @staticmethod
    def id_in(steps: list[str], query: Mapping[str, list[str]]) -> str:
        """The id in the path and the query of an address; empty where there is none."""

    @staticmethod
    def markets_in(payload: Payload) -> list[Market] | None:
        """The markets in a JSON object that is one of the service's; None for any other object.

        Raises
        ------
        DataError
            For an object of the service's that asks nothing we can forecast.
        """

    def get(self, id: str) -> Market:
        """One market, by the id or slug in its address."""

    def search(self, text: str, limit: int) -> list[Market]:
        """Open markets about a text; those that cannot be forecast are left out."""

    def history(self, market: Market) -> list[Quote]:
        """What the crowd said over time, oldest first."""


class Writable(Service, Protocol):
    """A service that takes forecasts or bets.

    It may also take back a forecast (``prepare_withdrawal``, ``withdraw``), or let a market's creator settle it
    (``prepare_resolution``, ``resolve``).
    """

    takes_stakes: bool
    """Whether it is answered with a `Stake` instead of an `Answer`."""

    @staticmethod
    def prepare(market: Market, answer: Any) -> Request:
        """The request that would be sent, checked by the service's own rules; nothing is sent."""

    def submit(self, request: Request, journal: Journal, *, again: bool = False) -> Receipt:
        """Send a prepared request once."""


def require_answered(market: Market, id: str) -> Market:
    """The market, if it is the one that was asked for by this id or slug.

    Raises
    ------
    ServiceError
        For another one: what is then forecast, bet on or settled would be something else.
    """
    if id not in (market.id, market.question_id) and id not in (market.url or "").split("/"):
        raise ServiceError(f"{market.service} was asked for {id!r} and answered with {market.name}: try again later")
    return market


def require_allowed(complaints: list[str], market: Market) -> None:
    """Raise for complaints that the server would make."""
    if complaints:
        raise DataError(f"{market.name} would refuse this: {'; '.join(complaints)}")


def receipt_field(name: str) -> Any:
    """Reads a receipt out of a service's answer: the field's value as text, or None."""

    def receipt(answer: object) -> str | None:
        found = answer.get(name) if isinstance(answer, dict) else None
        return str(found) if found else None

    return receipt
