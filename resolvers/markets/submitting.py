"""Requests to a service, prepared without touching the network: what would be sent can be shown first."""

from __future__ import annotations

from typing import Any

from scale_forecast.data.errors import UsageError
from scale_forecast.resolvers.markets.compare import Purse
from scale_forecast.resolvers.markets.journal import Request
from scale_forecast.resolvers.markets.market import Market
from scale_forecast.resolvers.markets.ours import stake
from scale_forecast.resolvers.markets.service import Answer
from scale_forecast.resolvers.markets.services import SERVICES, services_with, takes_stakes


def prepare(market: Market, answer: Answer, purse: Purse, amount: float | None = None) -> Request:
    """A forecast, or a bet where the service takes those, checked by the service's own rules."""
    service = _able(market, "prepare", " can be read but not written to: forecasts go to {}")
    return service.prepare(market, stake(market, answer, purse, amount) if takes_stakes(market) else answer)


def prepare_withdrawal(market: Market) -> Request:
    """Withdraw the forecast that stands on a service."""
    service = _able(market, "prepare_withdrawal", ": only {} lets a forecast be withdrawn")
    return service.prepare_withdrawal(market)


def prepare_resolution(market: Market, outcome: str) -> Request:
    """Resolve an own market."""
    service = _able(market, "prepare_resolution", ": only {} lets its markets' creators resolve them")
    return service.prepare_resolution(market, outcome)


def _able(market: Market, method: str, complaint: str) -> Any:
    """The service of a market, where it has a method; else a refusal that names those that do."""
    able = services_with(method)
    if market.service not in able:
        raise UsageError(market.name + complaint.format(" and ".join(able)))
    return SERVICES[market.service]
