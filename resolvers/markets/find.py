"""From what a person types (an address, a name, a file) to a market."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.resolvers.markets.market import Market
from scale_forecast.resolvers.markets.saved import answers_to, read_one, read_saved
from scale_forecast.resolvers.markets.services import locate


def find_market(
    address: str, open_: Callable[[str], Any], *, saved: Path | None = None, id: str | None = None
) -> Market:
    """The market an address means.

    Parameters
    ----------
    address : str
        A market's address, a name such as ``manifold:ID``, or a file with a service's answer.
    open_ : callable
        Name of a service -> its client; called only when the network is needed.
    saved : Path, optional
        A file or folder of saved answers to look in instead of the network.
    id : str, optional
        Which market of a file that holds several.
    """
    if Path(address).is_file():
        return read_one(Path(address), id)
    if saved is not None:
        return _search_files(address, saved)
    service, place = locate(address)
    return open_(service).get(place)


def _search_files(address: str, saved: Path) -> Market:
    if not saved.exists():
        raise DataError(f"cannot read {saved}: there is no such file or folder")
    files = [saved] if saved.is_file() else sorted(saved.rglob("*.json"))
    for file in files:
        try:
            markets, _ = read_saved(file)
        except DataError:
            continue
        for market in markets:
            if answers_to(market, address) or _is_place(market, address):
                return market
    raise DataError(f"no saved answer in {saved} is about {address}: save one with 'market show ADDRESS --save FILE'")


def _is_place(market: Market, address: str) -> bool:
    try:
        service, place = locate(address)
    except UsageError:
        return False
    return market.service == service and place in (market.id, market.question_id)
