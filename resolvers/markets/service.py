"""What every service can do, and what those that take forecasts can do besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets.journal import Journal, Request
from scale_forecast.resolvers.markets.market import Market, Quote
from scale_forecast.resolvers.markets.session import Session, Site
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


class Service(Protocol):
    """One forecasting service."""

    site: Site
    session: Session

    def get(self, id: str) -> Market:
        """One market, by the id or slug in its address."""

    def search(self, text: str, limit: int) -> list[Market]:
        """Open markets about a text; those that cannot be forecast are left out."""

    def history(self, market: Market) -> list[Quote]:
        """What the crowd said over time, oldest first."""


class Writable(Service, Protocol):
    """A service that takes forecasts or bets."""

    def prepare(self, market: Market, answer: Answer | Stake) -> Request:
        """The request that would be sent, checked by the service's own rules; nothing is sent."""

    def submit(self, request: Request, journal: Journal, *, again: bool = False) -> Receipt:
        """Send a prepared request once."""


def allowed(complaints: list[str], market: Market) -> None:
    """Raise for complaints that the server would make."""
    if complaints:
        raise DataError(f"{market.name} would refuse this: {'; '.join(complaints)}")


def receipt_field(name: str) -> Any:
    """Reads a receipt out of a service's answer: the field's value as text, or None."""

    def receipt(answer: object) -> str | None:
        found = answer.get(name) if isinstance(answer, dict) else None
        return str(found) if found else None

    return receipt
