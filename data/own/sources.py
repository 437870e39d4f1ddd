"""The public tables that are fetched: where they are, what reads them, on what terms, and whom to credit."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache

from scale_forecast.data.catalog import TABLES
from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import did_you_mean, fold


@dataclass(frozen=True)
class PublicSource:
    """A table of ``tables/public_sources.csv``, or an address or folder of a user's.

    Attributes
    ----------
    name : what it is called by, and its folder
    title, address : for people; where it is
    reader : the one format that is read; None for every known one
    licence, credit : on what terms, and whom to credit
    """

    name: str
    title: str
    address: str
    reader: str | None = None
    licence: str = "see its source"
    credit: str = ""


@cache
def public_sources() -> dict[str, PublicSource]:
    """The public tables by name."""
    with open(TABLES / "public_sources.csv", encoding="utf-8", newline="") as file:
        rows = [{name: row[name] for name in PublicSource.__dataclass_fields__} for row in csv.DictReader(file)]
    return {row["name"]: PublicSource(**row) for row in rows}


def find_source(text: str) -> PublicSource:
    """A public table by its name, or what an address (``https://...``) or a path means.

    Raises
    ------
    UsageError
        For what is neither.
    """
    known = {fold(name): source for name, source in public_sources().items()}
    if fold(text) in known:
        return known[fold(text)]
    for source in public_sources().values():
        if text == source.address:
            return source
    if "://" in text:
        return PublicSource(_plain(text.partition("://")[2].partition("?")[0]), text, text)
    if "/" in text or "\\" in text or "." in text:
        return PublicSource(_plain(text), text, text)
    raise UsageError(
        f"no public table is called {text!r}{did_you_mean(text, public_sources())}: "
        f"name one of {', '.join(public_sources())}, an address (https://...) or a path"
    )


def _plain(text: str) -> str:
    """A name for a folder."""
    return re.sub(r"[^a-z0-9.]+", "-", text.casefold()).strip("-.")[-60:].strip("-.") or "table"
