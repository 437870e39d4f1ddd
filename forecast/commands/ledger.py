"""`forecast ledger`: verify and copy the record."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from scale_forecast.commands.groups import Group
from scale_forecast.commands.options import ledger_option
from scale_forecast.commands.printing import note, write
from scale_forecast.data.errors import DataError, ForecastError, UsageError
from scale_forecast.data.names import counted
from scale_forecast.data.readers.files import Limits, decoded, sources
from scale_forecast.resolvers.ledger import read_export, shown_address
from scale_forecast.workflow.places import open_ledger_at


@click.group("ledger", cls=Group)
def ledger_group() -> None:
    """Prove that no recorded forecast was touched; copy the ledger."""


@ledger_group.command("verify")
@click.option("--head", metavar="HASH", help="A hash published earlier: also detect truncation and rewriting since.")
@ledger_option
def ledger_verify(head: str | None, ledger: str | None) -> None:
    """Check every entry against the hash chain and name what was edited, deleted, inserted or re-dated.

    \b
    Example:
        forecast ledger verify --head "$(cat published-head.txt)"
    """
    published = head.strip().lower() if head is not None else None
    if published is not None and not re.fullmatch("[0-9a-f]{64}", published):
        raise UsageError(f"--head {head!r} is not a hash: give the 64 hexadecimal digits that `ledger head` printed")
    with open_ledger_at(ledger) as opened:
        report = opened.verify(published)

    for sentence in report.warnings:
        note(f"Warning: {sentence}")
    for sentence in report.problems:
        click.echo(sentence)
    if not report.is_intact:
        raise ForecastError(f"the ledger does not verify: {counted(len(report.problems), 'problem')} named above")
    click.echo(f"intact up to entry {report.entries}, head {report.head}")


@ledger_group.command("head")
@ledger_option
def ledger_head(ledger: str | None) -> None:
    """Print the hash of the last entry; publish it, and `verify --head` proves later that nothing before it changed."""
    with open_ledger_at(ledger) as opened:
        head = opened.head()
    note(f"entry {head.sequence}, recorded {head.recorded_at}" if head.sequence else "the ledger is empty")
    click.echo(head.hash)


@ledger_group.command("export")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to a file, not stdout.")
@ledger_option
def ledger_export(output: Path | None, ledger: str | None) -> None:
    """Print every entry as a line of JSON, hashes included; the same ledger always gives the same bytes.

    \b
    Example:
        forecast ledger export -o ledger.jsonl
    """
    with open_ledger_at(ledger) as opened:
        write("".join(opened.export()), output)


@ledger_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@ledger_option
def ledger_import(file: str, ledger: str | None) -> None:
    """Add the entries of an export to a ledger that is empty or began as the exported one did.

    The whole chain is verified first; an entry that differs from the one held here is refused.

    \b
    Example:
        forecast ledger import ledger.jsonl --ledger copy.db
    """

    source = sources([file], sys.stdin.buffer)[0]
    entries = read_export(decoded(line, source.name) for line in source.lines(Limits()))  # before a ledger is made
    if not entries:
        raise DataError(f"{source.name}: holds no entries: import a file that `ledger export` wrote")
    with open_ledger_at(ledger, create=True) as opened:
        count, head = opened.take(entries), opened.head()
    note(f"{count} new; the ledger ends at entry {head.sequence}, head {head.hash}")


@ledger_group.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
def ledger_copy(source: str, target: str) -> None:
    """Copy a ledger to another file or database, entries, times and hashes as they are.

    FROM and TO are paths or postgresql:// URLs. TO is made when it is not there; one that began as FROM did gets what
    is missing. The chain is verified before anything is written.

    \b
    Example:
        forecast ledger copy ledger.db postgresql://team@host/forecasts
    """

    with open_ledger_at(source) as old:
        entries, theirs = read_export(old.export()), old.head()  # before a ledger is made
    with open_ledger_at(target, create=True) as new:
        count, head = new.take(entries), new.head()
    if head.sequence > theirs.sequence:
        note(f"{shown_address(target)} already holds more than {shown_address(source)}: nothing was missing")
    note(f"{count} new; the copy ends at entry {head.sequence}, head {head.hash}")
