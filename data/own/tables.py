"""What a fetched file holds: a table, or a zip file of them, read within bounds into rows of scores."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from scale_forecast.data.dates import LOWER_BOUND
from scale_forecast.data.errors import DataError
from scale_forecast.data.names import count_of
from scale_forecast.data.own.sources import PublicSource
from scale_forecast.data.own.world import OWN_COLUMNS
from scale_forecast.data.readers.archives import open_archive
from scale_forecast.data.readers.content import Content
from scale_forecast.data.readers.files import TABLES, Limits, Source, sources
from scale_forecast.data.readers.layout import Layout
from scale_forecast.data.readers.loading import assemble, read_one
from scale_forecast.data.readers.reading import Reading
from scale_forecast.data.readers.registry import READERS

MOST_FILES = 2000
LIMITS = Limits(line=1 << 22, json=1 << 27, table=1 << 28)
"""Of a fetched file and all that it unpacks to: tighter than for a file that a user has."""
_ZIP = b"PK\x03\x04"
_SHOWN = 4
_EFFORTS = {"xhigh", "high", "medium", "low", "minimal", "none", "max"}


@dataclass(frozen=True)
class Found:
    """Scores of a fetched file, as `data.own.world` takes them but for days of sight; and remarks."""

    rows: pd.DataFrame
    notes: list[str]


def tables_in(data: bytes, source: PublicSource) -> Found:
    """The scores in what was fetched from a source.

    Raises
    ------
    DataError
        Where nothing in it can be read, a zip file is damaged, too large, or holds a path that leads out of it.
    """
    readings, left = [], []
    for file in _files(data, source):
        try:
            readings.append(_reading(file, source))
        except DataError as error:
            left.append(f"{file.name} ({_reason(error, file.name)})")
    readings = [reading for reading in readings if len(reading.rows)]
    if not readings:
        first = f": {left[0]}" if left else ""
        raise DataError(f"{source.title}: holds no table of scores as they were known, so nothing was kept{first}")
    results = assemble(readings).results
    notes = [f"{source.title}: {count_of(len(results), 'score')} of {count_of(len(readings), 'table')} read"]
    if left:
        more = f", and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        notes.append(f"{count_of(len(left), 'file')} left aside: {'; '.join(left[:_SHOWN])}{more}")
    return Found(_rows(results, source), notes)


def _reason(error: DataError, name: str) -> str:
    return str(error).removeprefix(f"{name}: ").partition(": ")[0]


def _files(data: bytes, source: PublicSource) -> list[Source]:
    """The file, or the files of an archive that may be tables."""
    name = PurePosixPath(source.address.partition("?")[0].replace("\\", "/")).name or source.name
    if data[:4] != _ZIP or name.lower().endswith((".xlsx", ".eval")):
        return [Source(Path(name), data)]
    with open_archive(data, source.title, LIMITS) as archive:
        if len(archive.names) > MOST_FILES:
            raise DataError(f"{source.title}: holds {len(archive.names):,} files, which no table does: nothing kept")
        wanted = sorted(name for name in archive.names if name.lower().endswith(TABLES) and "__MACOSX" not in name)
        archive.check(wanted)
        found = []
        for part in wanted:
            with archive.open(part) as stream:
                found.append(Source(Path(PurePosixPath(part)), stream.read(LIMITS.table)))
    return found


def _reading(file: Source, source: PublicSource) -> Reading:
    if source.reader is None:
        return read_one(file, Layout(), None, LIMITS)
    reader = READERS[source.reader]
    content = Content(file, LIMITS)
    if not reader.recognises(content):
        raise DataError(f"{file.name}: its columns are not those of a {source.reader}")
    return reader.read(content, Layout(), None)


def content_at(path: Path) -> bytes:
    """A file, or the files of a folder as one zip file, so that both are kept like what was fetched."""
    if not path.is_dir():
        return sources([path], suffixes=TABLES)[0].whole(LIMITS.table)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sources([path], suffixes=TABLES):
            assert file.path is not None
            name = file.path.relative_to(path).as_posix()
            archive.writestr(zipfile.ZipInfo(name), file.path.read_bytes())
    return packed.getvalue()


def _rows(results: pd.DataFrame, source: PublicSource) -> pd.DataFrame:
    """A results table as rows of a user's, but for the day of sight.

    A day on which a file says that a score was known is one; the release of the model is only a lower bound.
    """
    evaluator = results["evaluator"]
    is_release = results["known_on"] == results["released"]
    stated = results["known_basis"].astype(object)
    return results.assign(
        known_basis=stated.where(stated.notna(), is_release.map({True: LOWER_BOUND, False: "listing date"})),
        evaluator_kind=evaluator.map({"Epoch AI": "epoch", "vendor-reported": "vendor"}).fillna("listed"),
        setting=results["setting"].map(_effort, na_action="ignore"),
        licence=source.licence,
    ).reindex(columns=[name for name in OWN_COLUMNS if name not in ("seen_on", "dataset")])


def _effort(setting: str) -> str:
    """What the hub writes behind a model's name, in the words of the bundled tables.

    >>> _effort("high"), _effort("32K"), _effort("scaffold X")
    ('effort high', 'thinking 32K', 'scaffold X')
    """
    if setting.casefold() in _EFFORTS:
        return f"effort {setting.casefold()}"
    if setting[:-1].isdigit() and setting[-1:] in "kK":
        return f"thinking {setting[:-1]}K"
    return setting
