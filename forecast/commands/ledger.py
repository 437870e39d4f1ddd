"""`forecast ledger`: verify and copy the record."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pandas as pd

import scale_forecast
from scale_forecast.commands.groups import Group
from scale_forecast.commands.options import FILE, ledger_option, output_options
from scale_forecast.commands.printing import Output, note, write
from scale_forecast.data.errors import ForecastError
from scale_forecast.data.names import count_of

if TYPE_CHECKING:
    from scale_forecast.workflow.ledgers import Copied


@click.group("ledger", cls=Group)
def ledger_group() -> None:
    """Prove that no recorded forecast was touched; copy the ledger."""


@ledger_group.command("verify")
@click.option("--head", metavar="HASH", help="A hash published earlier: also detect truncation and rewriting since.")
@click.option(
    "--stamp", "stamps", type=FILE, help="A list that `ledger head --stamp` keeps: every head on it must still stand."
)
@ledger_option
@output_options
def ledger_verify(head: str | None, stamps: Path | None, ledger: str | None, out: Output) -> None:
    """Check every entry against the hash chain and name what was edited, deleted, inserted or re-dated.

    Also checks what each entry says, and that tables, keys, indexes and triggers are as the ledger made them.

    \b
    Example:
        forecast ledger verify --head "$(cat published-head.txt)"
        forecast ledger verify --stamp heads.txt
    """
    report = scale_forecast.verify_ledger(ledger, head=head, stamps=stamps)
    row = {"intact": report.is_intact, "entries": report.entries, "head": report.head}
    problems, looked_at = [*report.problems], [*report.looked_at]
    note(f"looked at {'; '.join(looked_at)}")
    sound = f"intact up to entry {report.entries}, head {report.head}" if report.entries else "no entry yet"
    out.emit(
        pd.DataFrame([row | {"problems": "; ".join(problems)}]),
        text="".join(f"{sentence}\n" for sentence in problems) + (f"{sound}\n" if report.is_intact else ""),
        data=row | {"problems": problems, "looked_at": looked_at},
    )
    if not report.is_intact:
        raise ForecastError(f"the ledger does not verify: {count_of(len(problems), 'problem')} named above")


@ledger_group.command("head")
@click.option("--stamp", type=FILE, help="Add the time and the head to this file, a list that `verify --stamp` checks.")
@ledger_option
@output_options
def ledger_head(stamp: Path | None, ledger: str | None, out: Output) -> None:
    """Print the hash of the last entry; publish it, and `verify --head` proves later that nothing before it changed.

    \b
    Example:
        forecast ledger head --stamp heads.txt
    """
    head = scale_forecast.ledger_head(ledger, stamp=stamp)
    note(f"entry {head.sequence}, recorded {head.recorded_at}" if head.sequence else "the ledger is empty")
    out.emit(pd.DataFrame([head._asdict()]), text=f"{head.hash}\n", data=head._asdict())


@ledger_group.command("export")
@click.option("-o", "--output", type=FILE, help="Write to a file, not stdout.")
@ledger_option
def ledger_export(output: Path | None, ledger: str | None) -> None:
    """Print every entry as a line of JSON, hashes included; the same ledger always gives the same bytes.

    \b
    Example:
        forecast ledger export -o ledger.jsonl
    """
    write(scale_forecast.export_ledger(ledger), output)


@ledger_group.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@ledger_option
@output_options
def ledger_import(file: str, ledger: str | None, out: Output) -> None:
    """Add the entries of an export to a ledger that is empty or began as the exported one did.

    The whole chain is verified first; an entry that differs from the one held here is refused.

    \b
    Example:
        forecast ledger import ledger.jsonl --ledger copy.db
    """
    copied = scale_forecast.import_ledger(file, ledger, stdin=sys.stdin.buffer)
    note(f"{copied.new} new; the ledger ends at entry {copied.head.sequence}, head {copied.head.hash}")
    _emit_copy(copied, out)


@ledger_group.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@output_options
def ledger_copy(source: str, target: str, out: Output) -> None:
    """Copy a ledger to another file or database, entries, times and hashes as they are.

    FROM and TO are paths or postgresql:// URLs. TO is made when it is not there; one that began as FROM did gets what
    is missing. The chain is verified before anything is written.

    \b
    Example:
        forecast ledger copy ledger.db postgresql://team@host/forecasts
    """
    copied = scale_forecast.copy_ledger(source, target, tell=note)
    note(f"{copied.new} new; the copy ends at entry {copied.head.sequence}, head {copied.head.hash}")
    _emit_copy(copied, out)


def _emit_copy(copied: Copied, out: Output) -> None:
    row = {"new": copied.new, **copied.head._asdict()}
    out.emit(pd.DataFrame([row]), text="", data=row)
