"""Verify a ledger, and copy it to another file or database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.readers.files import Limits, decode_text, sources
from scale_forecast.resolvers.ledger import Head, Report, add_stamp, read_export, read_stamps, shown_address
from scale_forecast.workflow.clock import now
from scale_forecast.workflow.places import open_ledger_at
from scale_forecast.workflow.tables import Tell, silent


@dataclass(frozen=True)
class Copied:
    """How many entries were new, and where the ledger now ends."""

    new: int
    head: Head


def verify_ledger(
    ledger: str | Path | None = None, *, head: str | None = None, stamps: str | Path | None = None
) -> Report:
    """Check every entry and what the database is made of; names what was edited, deleted, inserted or re-dated.

    Parameters
    ----------
    ledger : path or address; the user's own when None
    head : a hash published earlier, which also detects truncation and rewriting since
    stamps : a file of such hashes and their days, as `ledger_head` writes it
    """
    published = head.strip().lower() if head is not None else None
    if published is not None and not re.fullmatch("[0-9a-f]{64}", published):
        raise UsageError(f"--head {head!r} is not a hash: give the 64 hexadecimal digits that `ledger head` printed")
    listed = read_stamps(stamps) if stamps is not None else []
    if stamps is not None and not listed:
        raise DataError(f"{stamps}: holds no stamps: `forecast ledger head --stamp {stamps}` writes the first")
    with open_ledger_at(ledger) as book:
        return book.verify(published, listed)


def ledger_head(ledger: str | Path | None = None, *, stamp: str | Path | None = None) -> Head:
    """The last entry's number, time and hash: publish the hash, and nothing before it can change unseen.

    With ``stamp`` a line with the time is added to that file, unless the ledger no longer bears out what stands there.
    """
    with open_ledger_at(ledger) as book:
        head = book.head()
        if stamp is not None:
            before = read_stamps(stamp)
            broken = book.verify(None, before).problems if before else ()
            if broken:
                raise DataError(f"{stamp}: no stamp was added, since the ledger does not verify: {broken[0]}")
            add_stamp(stamp, head.sequence, head.hash, at=now())
    return head


def export_ledger(ledger: str | Path | None = None) -> str:
    """Every entry as a line of JSON, hashes included; the same ledger always gives the same text."""
    with open_ledger_at(ledger) as book:
        return "".join(book.export())


def import_ledger(file: str | Path, ledger: str | Path | None = None, *, stdin: BinaryIO | None = None) -> Copied:
    """Add the entries of an export to a ledger that is empty or began as the exported one did."""
    source = sources([str(file)], stdin)[0]
    entries = read_export(decode_text(line, source.name) for line in source.lines(Limits()))  # before a ledger is made
    if not entries:
        raise DataError(f"{source.name}: holds no entries: import a file that `ledger export` wrote")
    with open_ledger_at(ledger, create=True) as book:
        return Copied(book.take(entries), book.head())


def copy_ledger(source: str | Path, target: str | Path, *, tell: Tell = silent) -> Copied:
    """Copy a ledger to another file or database, entries, times and hashes as they are."""
    with open_ledger_at(source) as old:
        entries, theirs = read_export(old.export()), old.head()  # before a ledger is made
    with open_ledger_at(target, create=True) as new:
        copied = Copied(new.take(entries), new.head())
    if copied.head.sequence > theirs.sequence:
        there, here = shown_address(str(target)), shown_address(str(source))
        tell(f"{there} already holds more than {here}: nothing was missing")
    return copied
