"""Where the user's own ledger and the cache stand."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
from platformdirs import user_data_path

from scale_forecast.resolvers.ledger import Ledger, open_ledger


def open_ledger_at(where: str | None, *, create: bool = False) -> Ledger:
    """The ledger a command was given, or the user's own."""

    return open_ledger(where or user_data_path("scale-forecast") / "ledger.db", create=create)


def ledger_exists(where: str | None) -> bool:
    """False where a ledger would first have to be made."""

    return "://" in (where or "") or Path(where or user_data_path("scale-forecast") / "ledger.db").expanduser().exists()


def cache_folder() -> Path:

    return Path(os.environ.get("FORECAST_CACHE") or platformdirs.user_cache_dir("scale-forecast"))
