"""Track records of others, read for the same scoring as one's own: crowd forecasts in CSV, and ForecastBench's sets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers.files import text_of
from scale_forecast.resolvers.importing import forecastbench, tables
from scale_forecast.resolvers.importing.imported import Imported

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Imported", "find_unrecorded", "import_files"]


def import_files(
    paths: Iterable[Path],
    *,
    as_of: dt.datetime,
    known: Collection[str] = (),
    columns: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
    fill_missing: bool = False,
) -> Imported:
    """Read CSV files of forecasts, and ForecastBench question, forecast and resolution sets, given in any order.

    Parameters
    ----------
    as_of : datetime
        Resolutions of a later day are not yet known.
    known : ids
        Questions of one's own that a CSV file may name.
    columns, constants : mapping
        For CSV: which of its columns is our field, and the value of a field for all rows.
    fill_missing : bool
        Enter 0.5 where a ForecastBench forecaster is missing a resolved question, as its scoring does.

    Raises
    ------
    DataError
        One sentence on what is wrong, where, and what to do.
    """
    sets = forecastbench.Sets()
    out = Imported()
    for path in paths:
        text = text_of(path)
        if text.lstrip()[:1] in ("{", "["):
            sets.take(text, path.name)
        else:
            tables.add_table(out, text, path.name, columns or {}, constants or {}, set(known), as_of)
    forecastbench.add_sets(out, sets, as_of, fill_missing)
    if not out.forecasts and not out.resolutions and not out.questions:
        raise DataError(f"nothing to import: {out.notes[0] if out.notes else 'the files hold no forecast'}")
    return out


def find_unrecorded(rows: Iterable[dict[str, Any]], forecasts: pd.DataFrame) -> list[dict[str, Any]]:
    """The imported forecasts that a ledger (`Ledger.forecasts`) does not hold already."""
    names = ["question_id", "forecaster", "made_at", "probability"]
    held = set(forecasts[names].itertuples(index=False, name=None))
    return [row for row in rows if tuple(row[name] for name in names) not in held]
