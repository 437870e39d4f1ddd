"""Fetched tables as vintages: each is kept as it was on the day of fetching, hashed, and never written again.

As of a day the newest vintage of each source not after it is read; a row was first seen in the oldest vintage that
holds it. A past day is asked for as such: the newest vintage lacks what was listed then and is not any more.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.own.files import content_of, digest, entries, remove, write_folder
from scale_forecast.data.own.sources import PublicSource
from scale_forecast.data.own.world import OWN_COLUMNS

_FOLDER = "vintages"
_CONTENT, _ROWS, _ABOUT = "content", "scores.csv", "vintage.json"
_DAYS = ["released", "known_on"]
_IDENTITY = ["benchmark", "task", "metric", "evaluator", "version", "setting", "shots", "model"]
"""What is measured of which model and how, as the source lists it."""


@dataclass(frozen=True)
class Vintage:
    """One fetching of one source.

    ``sha256`` is of the content as it was fetched, ``rows_sha256`` of the scores read from it.
    """

    source: str
    title: str
    address: str
    licence: str
    credit: str
    fetched_on: str
    sha256: str
    rows_sha256: str
    scores: int
    size: int

    @property
    def id(self) -> str:
        """Its folder: source, day and the beginning of the hash."""
        return f"{self.source}-{self.fetched_on}-{self.sha256[:8]}"

    @property
    def day(self) -> pd.Timestamp:
        """The day of fetching."""
        return pd.Timestamp(self.fetched_on)


def keep(folder: Path, source: PublicSource, day: pd.Timestamp, content: bytes, rows: pd.DataFrame) -> Vintage | None:
    """Keep what was fetched; None where the newest vintage of the source has the same scores already."""
    written = rows.to_csv(index=False).encode()
    vintage = Vintage(
        source=source.name,
        title=source.title,
        address=source.address,
        licence=source.licence,
        credit=source.credit,
        fetched_on=f"{day:%Y-%m-%d}",
        sha256=digest(content),
        rows_sha256=digest(written),
        scores=len(rows),
        size=len(content),
    )
    standing = [one for one in vintages(folder) if one.source == source.name]
    if standing and standing[-1].rows_sha256 == vintage.rows_sha256:
        return None
    about = json.dumps(vintage.__dict__, ensure_ascii=False, indent=1).encode() + b"\n"
    files = {_CONTENT: content, _ROWS: written, _ABOUT: about}
    return vintage if write_folder(folder / _FOLDER / vintage.id, files) else None


def vintages(folder: Path, as_of: pd.Timestamp | None = None) -> list[Vintage]:
    """All vintages, or those not after a day, oldest first; of one day in the order of fetching."""
    found = []
    for path in entries(folder / _FOLDER):
        try:
            about = json.loads(content_of(path / _ABOUT))
            vintage = Vintage(**about)
            if vintage.id != path.name or pd.isna(vintage.day):
                raise ValueError("another vintage than its folder says")
        except (ValueError, TypeError, KeyError) as error:
            raise DataError(f"{path}: is not as `forecast data update` wrote it ({error}): remove the folder") from None
        found.append((vintage.day, (path / _ABOUT).stat().st_mtime_ns, vintage))
    found.sort(key=lambda one: (one[0], one[1], one[2].id))
    return [vintage for day, _, vintage in found if as_of is None or day <= as_of]


def vintage_rows(folder: Path, found: Sequence[Vintage]) -> pd.DataFrame:
    """The rows that the newest of these vintages of each source holds, each with the day it was first seen."""
    parts = []
    for source in dict.fromkeys(vintage.source for vintage in found):
        own = [vintage for vintage in found if vintage.source == source]
        rows = pd.concat([_rows(folder, vintage) for vintage in own], ignore_index=True)
        same = [*_IDENTITY, "score"]
        rows["seen_on"] = rows.groupby(same, dropna=False, sort=False)["fetched_on"].transform("min")
        rows["looked_on"] = rows["seen_on"].map(_days_before(vintage.day for vintage in own))
        rows = rows[rows["vintage"] == own[-1].id]
        parts.append(rows.assign(dataset=[f"{source} {day:%Y-%m-%d}" for day in rows["fetched_on"]]))
    if not parts:
        return pd.DataFrame(columns=OWN_COLUMNS)
    return pd.concat(parts, ignore_index=True).reindex(columns=OWN_COLUMNS)


def _days_before(days: Iterable[pd.Timestamp]) -> dict[pd.Timestamp, pd.Timestamp]:
    """Of each day of fetching the one before it; NaT of the first."""
    ordered = sorted(set(days))
    before = pd.Series(ordered).shift().tolist()
    return dict(zip(ordered, before, strict=True))


def _rows(folder: Path, vintage: Vintage) -> pd.DataFrame:
    path = folder / _FOLDER / vintage.id / _ROWS
    content = content_of(path)
    if digest(content) != vintage.rows_sha256:
        raise DataError(
            f"{path}: was changed since it was fetched: take the vintage away with "
            f"`forecast data remove {vintage.id}` and fetch it again"
        )
    rows = pd.read_csv(io.BytesIO(content), parse_dates=_DAYS, low_memory=False)
    return rows.assign(fetched_on=vintage.day, vintage=vintage.id)


def take_away_vintage(folder: Path, name: str) -> bool:
    """Remove a vintage by its id; False where there is none of that name."""
    path = folder / _FOLDER / name
    if path.parent != folder / _FOLDER or path not in entries(folder / _FOLDER):
        return False
    remove(path)
    return True
