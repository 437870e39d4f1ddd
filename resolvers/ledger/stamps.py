"""A dated list of a ledger's heads, kept where its owner cannot rewrite it: one line a day or a run."""

from __future__ import annotations

import itertools
import os
from datetime import datetime
from pathlib import Path

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.ledger.chain import Stamp
from scale_forecast.resolvers.ledger.rows import utc_text


def read_stamps(path: str | Path) -> list[Stamp]:
    """The stamps of a file, oldest first; none where there is no file.

    Raises
    ------
    DataError
        For a line that is no stamp, or one dated before the line above it.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the list of heads {path}: {error}") from error
    stamps = [_stamp_of(line, number, path) for number, line in enumerate(lines, 1) if line.strip()]
    for before, after in itertools.pairwise(stamps):
        if (after.at, after.sequence) < (before.at, before.sequence):
            raise DataError(f"{path}: the stamp of {after.at} stands below a later one: someone moved it")
    return stamps


def add_stamp(path: str | Path, sequence: int, head: str, *, at: datetime) -> Stamp:
    """Append a stamp to a file, made when it is not there; on disk before the call returns."""
    stamp = Stamp(utc_text(at), sequence, head)
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{stamp.at} {stamp.sequence} {stamp.hash}\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DataError(f"cannot write the list of heads {path}: {error.strerror}") from error
    return stamp


def _stamp_of(line: str, number: int, path: str | Path) -> Stamp:
    words = line.split()
    try:
        at, sequence, head = words
        if utc_text(datetime.fromisoformat(at)) != at or len(head) != 64 or int(head, 16) < 0:
            raise ValueError(line)
        return Stamp(at, int(sequence), head)
    except (ValueError, DataError) as error:
        raise DataError(
            f"{path}: line {number} is no stamp: each is a time, the number of the last entry and its hash, "
            "as `forecast ledger head --stamp` writes them"
        ) from error
