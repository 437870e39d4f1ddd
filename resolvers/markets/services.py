"""The services by name: which of them an address means, and opening it with the key that belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from scale_forecast.data.errors import UsageError
from scale_forecast.data.members import Members
from scale_forecast.resolvers.markets.kalshi import Kalshi
from scale_forecast.resolvers.markets.keys import find_key
from scale_forecast.resolvers.markets.manifold import Manifold
from scale_forecast.resolvers.markets.market import Market
from scale_forecast.resolvers.markets.metaculus import Metaculus
from scale_forecast.resolvers.markets.polymarket import Polymarket
from scale_forecast.resolvers.markets.service import Service
from scale_forecast.resolvers.markets.session import LOOPBACK, Patience, Session, Site
from scale_forecast.resolvers.markets.timing import Clock

SERVICES: Members[type[Service]] = Members(
    "scale_forecast.services", (Manifold, Metaculus, Polymarket, Kalshi), Service, noun="service"
)


def locate(address: str) -> tuple[str, str]:
    """Service and id that an address, or a name such as ``manifold:ID``, means.

    >>> locate("https://manifold.markets/Someone/will-it-rain?r=x")
    ('manifold', 'will-it-rain')
    >>> locate("kalshi:KXBTC-26")
    ('kalshi', 'KXBTC-26')

    Raises
    ------
    UsageError
        For anything else, with the forms that are understood.
    """
    name, colon, id = address.partition(":")
    if colon and name in SERVICES and id and not id.startswith("//"):
        return name, id
    parts = urlsplit(address if "//" in address else f"//{address}")
    host = (parts.hostname or "").removeprefix("www.")
    steps = [unquote(step) for step in parts.path.split("/") if step]
    for name, service in SERVICES.items():
        if host in service.hosts and steps and (id := service.id_in(steps, parse_qs(parts.query))):
            return name, id
    raise UsageError(
        f"{address!r} is no market's address: give its address on {', '.join(SERVICES)}, a name such as "
        "manifold:ID, or a file with the service's answer"
    )


def open_service(
    name: str,
    environment: Mapping[str, str],
    *,
    keyring: Callable[[str, str], str | None] | None = None,
    server: str | None = None,
    clock: Clock | None = None,
    patience: Patience | None = None,
) -> Any:
    """A client of a service, with the key found for it.

    Parameters
    ----------
    name : str
        One of `SERVICES`.
    environment : mapping
        Where keys are looked for first: MANIFOLD_API_KEY, METACULUS_TOKEN.
    server : str, optional
        Talk to ``server/name`` instead of the service's own address: a test server on this machine.

    Raises
    ------
    UsageError
        For a server elsewhere, which would be handed the key.
    """
    if server is not None and urlsplit(server).hostname not in LOOPBACK:
        raise UsageError(
            f"--server {server!r} is not on this machine: a test server's address is http://127.0.0.1:PORT"
        )

    def session(site: Site, path: str) -> Session:
        key = find_key(site.variable, name, environment, keyring) if site.variable else None
        place = site if server is None else replace(site, base=f"{server.rstrip('/')}/{path}")
        return Session(place, key, clock, patience)

    return SERVICES.find(name).open(session)


def takes_stakes(market: Market) -> bool:
    """Whether a market is answered by a bet on one probability, numbers too."""
    return bool(getattr(SERVICES.get(market.service), "takes_stakes", False))


def services_with(method: str) -> list[str]:
    """Names of the services whose clients have a method."""
    return [name for name, service in SERVICES.items() if hasattr(service, method)]
