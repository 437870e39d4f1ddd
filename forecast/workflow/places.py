"""Where the user's own ledger, data and the cache of trained states stand."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
from platformdirs import user_cache_dir, user_data_path

from scale_forecast.resolvers.ledger import Ledger, ledger_file, open_ledger


def cache_folder() -> Path:
    """Where trained states are kept: ``FORECAST_CACHE``, else a folder of the user's."""
    return Path(os.environ.get("FORECAST_CACHE") or user_cache_dir("scale-forecast"))


def data_folder(where: str | Path | None = None) -> Path:
    """Where scores added by hand and fetched tables are kept: ``FORECAST_DATA``, else a folder of the user's."""
    return Path(where or os.environ.get("FORECAST_DATA") or user_data_path("scale-forecast") / "data").expanduser()


def open_ledger_at(where: str | Path | None, *, create: bool = False) -> Ledger:
    """The ledger at a path or address, or the user's own for None."""
    return open_ledger(where or _own_ledger(), create=create)


def ledger_exists(where: str | Path | None) -> bool:
    """False where a ledger would first have to be made."""
    path = ledger_file(where or _own_ledger())
    return path is None or path.exists()


def recorded_forecasts(where: str | Path | None) -> pd.DataFrame | None:
    """The forecasts of a ledger, or None where there is none."""
    if not ledger_exists(where):
        return None
    with open_ledger_at(where) as book:
        return book.forecasts()


def _own_ledger() -> Path:
    return user_data_path("scale-forecast") / "ledger.db"
