"""Which service an address means, and opening it with the key that belongs to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from scale_forecast.data.errors import UsageError
from scale_forecast.resolvers.markets import kalshi, manifold, metaculus, polymarket
from scale_forecast.resolvers.markets.keys import find_key
from scale_forecast.resolvers.markets.service import Service
from scale_forecast.resolvers.markets.session import Patience, Session, Site
from scale_forecast.resolvers.markets.timing import Clock

SITES = {"manifold": manifold.SITE, "metaculus": metaculus.SITE, "polymarket": polymarket.SITE, "kalshi": kalshi.SITE}
HOSTS = {
    "manifold.markets": "manifold",
    "api.manifold.markets": "manifold",
    "metaculus.com": "metaculus",
    "polymarket.com": "polymarket",
    "kalshi.com": "kalshi",
}


def locate(address: str) -> tuple[str, str]:
    """Service and id that an address, or a name such as ``manifold:ID``, means.

    >>> locate("https://manifold.markets/Someone/will-it-rain?r=x")
    ('manifold', 'will-it-rain')
    >>> locate("https://www.metaculus.com/questions/11480/taiwan/?sub-question=10880")
    ('metaculus', '11480/10880')
    >>> locate("kalshi:KXBTC-26")
    ('kalshi', 'KXBTC-26')

    Raises
    ------
    UsageError
        For anything else, with the forms that are understood.
    """
    name, colon, id = address.partition(":")
    if colon and name in SITES and id and not id.startswith("//"):
        return name, id
    parts = urlsplit(address if "//" in address else f"//{address}")
    service = HOSTS.get((parts.hostname or "").removeprefix("www."))
    steps = [unquote(step) for step in parts.path.split("/") if step]
    id = _id(service, steps, parse_qs(parts.query)) if service and steps else ""
    if not service or not id:
        raise UsageError(
            f"{address!r} is no market's address: give its address on {', '.join(SITES)}, a name such as "
            "manifold:ID, or a file with the service's answer"
        )
    return service, id


def _id(service: str, steps: list[str], query: Mapping[str, list[str]]) -> str:
    if service == "metaculus":
        number = next((step for step in steps if re.fullmatch(r"\d+", step)), "")
        part = query.get("sub-question", [""])[0]
        return f"{number}/{part}" if number and part.isdigit() else number
    return steps[-1].upper() if service == "kalshi" else steps[-1]


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
        One of `SITES`.
    environment : mapping
        Where keys are looked for first: MANIFOLD_API_KEY, METACULUS_TOKEN.
    server : str, optional
        Talk to ``server/name`` instead of the service's own address: a test server.
    """

    def session(site: Site, path: str) -> Session:
        key = find_key(site.variable, name, environment, keyring) if site.variable else None
        place = site if server is None else replace(site, base=f"{server.rstrip('/')}/{path}")
        return Session(place, key, clock, patience)

    if name == "polymarket":
        return polymarket.Polymarket(session(polymarket.SITE, name), session(polymarket.BOOK, "polymarket-book"))
    clients: dict[str, Callable[[Session], Service]] = {
        "manifold": manifold.Manifold,
        "metaculus": metaculus.Metaculus,
        "kalshi": kalshi.Kalshi,
    }
    if name not in clients:
        raise UsageError(f"no service {name!r}: choose one of {', '.join(SITES)}")
    return clients[name](session(SITES[name], name))
