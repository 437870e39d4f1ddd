"""The hash chain: each entry's hash covers its content and the hash before it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

GENESIS = "0" * 64
"""What the first entry follows."""

Entry = tuple[str, Mapping[str, Any]]
"""The name of its table, and its columns."""


def canonical(value: Any) -> str:
    """One text for one value: keys sorted, no spaces, shortest floats. Refuses NaN and infinities.

    >>> canonical({"b": 1, "a": [0.1, None]})
    '{"a":[0.1,null],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(table: str, row: Mapping[str, Any]) -> str:
    """SHA-256 of an entry: its table and every column that has a value, except ``hash`` itself.

    Empty columns do not count, so that a column added by a later version leaves old hashes alone.
    """
    content = {name: value for name, value in row.items() if value is not None and name != "hash"}
    try:
        text = canonical({"table": table, **content})
    except (TypeError, ValueError):  # what no version of the ledger would have written
        text = repr(sorted(content.items(), key=lambda item: item[0]))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Stamp(NamedTuple):
    """When somebody wrote down which entry was the last, and its hash."""

    at: str
    sequence: int
    hash: str


@dataclass(frozen=True)
class Report:
    """What `verify` found. ``problems`` name entries and parts of the database; an intact ledger has none.

    ``looked_at`` says what was checked, in words, so that nobody takes silence about the rest for a finding.
    """

    entries: int
    head: str
    problems: tuple[str, ...] = ()
    looked_at: tuple[str, ...] = field(default=())

    @property
    def is_intact(self) -> bool:
        return not self.problems


def check(
    entries: Iterable[Entry],
    *,
    head: str | None = None,
    stamps: Sequence[Stamp] = (),
    refusal: Callable[[str, Mapping[str, Any]], str | None] = lambda table, row: None,
) -> Report:
    """Walk the chain in order of sequence and name whatever does not follow.

    Parameters
    ----------
    entries : (table, row) in order of ``sequence``
    head : str, optional
        A hash published earlier; the chain must still contain it. Catches truncation and rewriting, which leave a
        chain that is sound in itself.
    stamps : list of Stamp
        Heads written down earlier with their day; each must still stand at its place.
    refusal : callable
        Why the door would refuse a row, or None: what a sound chain holds may still be no forecast.
    """
    problems: list[str] = []
    last, previous, count, published = 0, GENESIS, 0, head in (None, GENESIS)
    recorded_at = ""
    places: dict[str, tuple[int, str]] = {}
    wanted = {stamp.hash for stamp in stamps}
    for table, row in entries:
        count += 1
        sequence, name = row["sequence"], f"{table} entry {row['sequence']}"
        missing = sequence > last + 1
        if missing:
            problems.append(_missing(last + 1, sequence - 1))
        if sequence <= last:
            problems.append(f"{name} was inserted: its number is already taken")
        elif digest(table, row) != row["hash"]:
            problems.append(f"{name} was edited: its content does not give its hash")
        elif not missing and row["previous_hash"] != previous:
            problems.append(f"{name} does not follow from entry {last}: one of the two was inserted or rewritten")
        elif reason := refusal(table, row):
            problems.append(f"{name} is nothing that the ledger takes: {reason}")
        if str(row["recorded_at"]) < recorded_at:
            problems.append(
                f"{name} says that it was recorded at {row['recorded_at']}, before an earlier entry ({recorded_at}): "
                "it was dated back, or a clock was wrong"
            )
        recorded_at = max(recorded_at, str(row["recorded_at"]))
        if row["hash"] in wanted:
            places[row["hash"]] = sequence, str(row["recorded_at"])
        if sequence > last:
            last, previous = sequence, row["hash"]
        published = published or row["hash"] == head
    if not published:
        problems.append(
            f"the published head {head} is not in this ledger, whose {count} entries end at {previous}: "
            "it was truncated or rewritten since"
        )
    return Report(count, previous, (*problems, *_broken_stamps(stamps, places)))


def _missing(first: int, last: int) -> str:
    if first == last:
        return f"entry {first} is missing: it was deleted"
    return f"entries {first} to {last} are missing: they were deleted"


def _broken_stamps(stamps: Sequence[Stamp], recorded: dict[str, tuple[int, str]]) -> list[str]:
    """A sentence for each stamp that the chain does not bear out.

    Parameters
    ----------
    stamps : list of Stamp
    recorded : hash -> (sequence, recorded_at) of the chain's entries
    """
    problems = []
    for stamp in stamps:
        if stamp.sequence == 0:  # of an empty ledger: every chain goes on from it
            continue
        sequence, recorded_at = recorded.get(stamp.hash, (None, ""))
        if sequence != stamp.sequence:
            problems.append(
                f"entry {stamp.sequence} is no longer what it was on {stamp.at}: the ledger was truncated or "
                "rewritten since, or is another one"
            )
        elif recorded_at > stamp.at:
            problems.append(
                f"entry {stamp.sequence} says that it was recorded at {recorded_at}, after it was stamped on {stamp.at}"
            )
    return problems
