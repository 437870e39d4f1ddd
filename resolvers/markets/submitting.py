"""Requests to a service, prepared without touching the network: what would be sent can be shown first."""

from __future__ import annotations

from scale_forecast.data.errors import UsageError
from scale_forecast.resolvers.markets import manifold, metaculus
from scale_forecast.resolvers.markets.compare import Purse
from scale_forecast.resolvers.markets.journal import Request
from scale_forecast.resolvers.markets.market import Market
from scale_forecast.resolvers.markets.ours import stake
from scale_forecast.resolvers.markets.service import Answer


def prepare(market: Market, answer: Answer, purse: Purse, amount: float | None = None) -> Request:
    """A forecast for Metaculus or a bet on Manifold, checked by the server's own rules."""
    if market.service == "metaculus":
        return metaculus.forecast_request(market, answer)
    if market.service == "manifold":
        return manifold.bet_request(market, stake(market, answer, purse, amount))
    raise UsageError(f"{market.name} can be read but not written to: forecasts go to manifold and metaculus")


def prepare_withdrawal(market: Market) -> Request:
    """Withdraw the forecast that stands on Metaculus."""
    if market.service != "metaculus":
        raise UsageError(f"{market.name}: only metaculus lets a forecast be withdrawn")
    return metaculus.withdrawal_request(market)


def prepare_resolution(market: Market, outcome: str) -> Request:
    """Resolve an own market on Manifold."""
    if market.service != "manifold":
        raise UsageError(f"{market.name}: only manifold lets its markets' creators resolve them")
    return manifold.resolution_request(market, outcome)
