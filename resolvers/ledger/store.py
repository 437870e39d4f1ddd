"""Opening a ledger, appending to it, and reading it."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, Engine, String, Table, func, insert, select
from sqlalchemy.exc import DBAPIError

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.ledger import engine as engines
from scale_forecast.resolvers.ledger import structure
from scale_forecast.resolvers.ledger.chain import GENESIS, Entry, Report, Stamp, canonical, check, digest
from scale_forecast.resolvers.ledger.rows import (
    forecast_row,
    question_row,
    refusal,
    resolution_row,
    stored_entry,
    utc_text,
)
from scale_forecast.resolvers.ledger.schema import (
    DAYS,
    JSON_COLUMNS,
    MEASURED,
    SUBJECT,
    TABLES,
    TIMES,
    questions,
    resolutions,
)

if TYPE_CHECKING:
    import pandas as pd

_BATCH = 1000


class Head(NamedTuple):
    """The last entry: publish ``hash`` to prove later that nothing before it was touched."""

    sequence: int
    hash: str
    recorded_at: str | None


def open_ledger(where: str | Path, *, create: bool = True) -> Ledger:
    """Open the ledger at a path (SQLite) or a ``postgresql://`` URL; made, or brought up to date, when needed.

    Parameters
    ----------
    where : path or URL
    create : bool
        Make a file that does not exist, and its folder.

    Raises
    ------
    DataError
        When there is none and none is to be made, or it cannot be opened, or a newer version of the tool wrote it.
    """
    return Ledger(engines.connect_to(where, create=create))


class Ledger:
    """Append-only record of questions, forecasts and resolutions. Use as a context manager, or `close` it.

    ``Ledger("ledger.db")`` opens one at a path or address as `open_ledger` does, made where there is none.

    Appending is one transaction: all rows or none, on disk before the call returns. Several processes may append at
    once. A revision is a new row; of a question's resolutions the last one stands.
    """

    def __init__(self, where: str | Path | Engine) -> None:
        self._engine = where if isinstance(where, Engine) else engines.connect_to(where, create=True)

    def __repr__(self) -> str:
        return f"<Ledger: {self._engine.url.render_as_string(hide_password=True)}>"

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    # --- appending

    def append_questions(self, rows: Iterable[Mapping[str, Any]], *, at: datetime) -> list[int]:
        """Record snapshots of questions (``question_id``, ``definition``). A snapshot that already stands is skipped.

        Returns
        -------
        list of int
            Sequence numbers of what was appended.
        """
        plain = [question_row(row) for row in rows]

        def append(connection: Connection) -> list[int]:
            standing = _latest(connection, questions, ["question_id"])
            new = [row for row in plain if _differs(row, standing.get((row["question_id"],)), ["definition"])]
            return _append(connection, "questions", new, at)

        return self._write(append)

    def append_forecasts(self, rows: Iterable[Mapping[str, Any]], *, at: datetime) -> list[int]:
        """Record forecasts made by ``at`` (UTC); see `rows.forecast_row` for what a row holds.

        Returns
        -------
        list of int
            Their sequence numbers.

        Raises
        ------
        DataError
            For a row that is not a forecast (none is recorded then), or a database that cannot be written.
        """
        plain = [forecast_row(row, at=at) for row in rows]
        return self._write(lambda connection: _append(connection, "forecasts", plain, at))

    def append_resolutions(self, rows: Iterable[Mapping[str, Any]], *, at: datetime) -> list[int]:
        """Record resolutions; one that says what already stands is skipped, a different one supersedes it.

        Returns
        -------
        list of int
            Sequence numbers of what was appended.
        """
        plain = [resolution_row(row) for row in rows]

        def append(connection: Connection) -> list[int]:
            standing = _latest(connection, resolutions, SUBJECT)
            new: list[dict[str, Any]] = []
            last = _head(connection).sequence
            for row in plain:
                subject = tuple(row[name] for name in SUBJECT)
                before = standing.get(subject)
                if _differs(row, before, ["status", "outcome"]) or _answer(row) != _answer(before):
                    new.append({**row, "supersedes": before["sequence"] if before else None})
                    standing[subject] = {**row, "sequence": last + len(new)}
            return _append(connection, "resolutions", new, at)

        return self._write(append)

    # --- reading

    def forecasts(self) -> pd.DataFrame:
        """Every forecast in order, JSON read, times as UTC timestamps.

        Of a score that it is of, ``evaluator, version, setting`` stand in columns of their own beside ``details``.
        """
        import pandas as pd

        table = self._frame("forecasts")
        given = [one if isinstance(one, dict) else {} for one in table["details"]]
        said = {name: [one.get(name) for one in given] for name in MEASURED}
        return table.join(pd.DataFrame(said, table.index, dtype="str"))

    def resolutions(self, *, standing: bool = True) -> pd.DataFrame:
        """Resolutions in order: those that stand, or all that were ever recorded."""
        table = self._frame("resolutions")
        return table.drop_duplicates(SUBJECT, keep="last").reset_index(drop=True) if standing else table

    def questions(self, *, standing: bool = True) -> pd.DataFrame:
        """Snapshots of questions in order: the last of each, or all."""
        table = self._frame("questions")
        return table.drop_duplicates("question_id", keep="last").reset_index(drop=True) if standing else table

    def head(self) -> Head:
        """The last entry; sequence 0 when there is none."""
        with self._reading() as connection:
            return _head(connection)

    def verify(self, head: str | None = None, stamps: Sequence[Stamp] = ()) -> Report:
        """Check the whole chain, what each entry says, what the database is made of, and the engine's own check of it.

        With ``head``, published earlier, or ``stamps`` of such heads also that nothing was cut off or rewritten since.
        """
        with self._reading() as connection:
            made = (*structure.differences(connection), *structure.damage(connection))
            try:
                report = check(_entries(connection), head=head, stamps=stamps, refusal=refusal)
            except DBAPIError:
                if not made:
                    raise
                return Report(0, GENESIS, made, ("not: the entries, which cannot be read",))
            looked_at = _list_checks(connection, report.entries, head is not None, len(stamps))
        return Report(report.entries, report.head, (*made, *report.problems), looked_at)

    # --- exchange

    def export(self) -> Iterator[str]:
        """Every entry as one line of JSON, in order; the same ledger always gives the same lines."""
        with self._reading() as connection:
            for table, row in _entries(connection):
                given = {name: value for name, value in row.items() if value is not None}
                read = {name: json.loads(v) if name in JSON_COLUMNS else v for name, v in given.items()}
                yield canonical({"table": table, **read}) + "\n"

    def load(self, lines: Iterable[str]) -> int:
        """Append the entries of an export, as `take` does. Raises as `read_export` and `take` do."""
        return self.take(read_export(lines))

    def take(self, entries: Sequence[Entry]) -> int:
        """Append entries of `read_export`, hashes and times as they are.

        The chain must begin as this ledger does: an empty ledger takes all entries, one that holds the first of them
        takes the rest.

        Returns
        -------
        int
            How many were appended.

        Raises
        ------
        DataError
            For an entry that differs from the one held here.
        """

        def append(connection: Connection) -> int:
            held = {row["sequence"]: row["hash"] for _, row in _entries(connection)}
            for table, row in entries:
                if held.get(row["sequence"], row["hash"]) != row["hash"]:
                    raise DataError(
                        f"the export and this ledger part at {table} entry {row['sequence']}: "
                        "import into a ledger that began as the exported one did, or into an empty one"
                    )
            new = [(name, dict(row)) for name, row in entries if row["sequence"] not in held]
            for name in TABLES:
                rows = [row for of, row in new if of == name]
                _insert(connection, name, rows)
            return len(new)

        return self._write(append)

    # --- inside

    def _write(self, work: Callable[[Connection], engines.Result]) -> engines.Result:
        with engines.say_database_errors(self._engine):
            return engines.write(self._engine, work)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with engines.say_database_errors(self._engine), engines.reading(self._engine) as connection:
            yield connection

    def _frame(self, name: str) -> pd.DataFrame:
        import pandas as pd

        table = TABLES[name]
        with self._reading() as connection:
            result = connection.execute(select(table).order_by(table.c.sequence)).mappings()
            rows = [dict(row) for row in result]
        try:
            return self._set_types(pd.DataFrame(rows, columns=list(table.c.keys())), table, rows)
        except (ValueError, TypeError) as error:
            raise DataError(
                f"the ledger's {name} hold what it never wrote: `forecast ledger verify` names the entries"
            ) from error

    @staticmethod
    def _set_types(frame: pd.DataFrame, table: Table, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
        import pandas as pd

        typed: dict[str, pd.Series] = {}
        for column in table.c:
            values = frame[column.name]
            if column.name in JSON_COLUMNS:
                read = [None if row[column.name] is None else json.loads(row[column.name]) for row in rows]
                values = pd.Series(read, dtype=object)
            elif column.name in TIMES:
                values = pd.to_datetime(values, format="ISO8601", utc=True)
            elif column.name in DAYS:
                values = pd.to_datetime(values, format="ISO8601")
            elif column.name != "sequence":
                values = values.astype("str" if isinstance(column.type, String) else "float64")
            typed[column.name] = values
        return pd.DataFrame(typed)


def _append(connection: Connection, name: str, rows: list[dict[str, Any]], at: datetime) -> list[int]:
    """Chain the rows to the last entry and insert them; the caller holds the write lock."""
    if not rows:
        return []
    sequence, previous, last_at = _head(connection)
    now = max(utc_text(at), last_at or "")  # where this clock is behind another writer's, time stands still
    chained = []
    for row in rows:
        sequence += 1
        entry = {"sequence": sequence, "recorded_at": now, **row, "previous_hash": previous}
        previous = digest(name, entry)
        chained.append({**entry, "hash": previous})
    _insert(connection, name, chained)
    return [row["sequence"] for row in chained]


def _insert(connection: Connection, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert entries and read them back: a database may be made to swallow or change what it acknowledges."""
    if not rows:
        return
    table = TABLES[name]
    connection.execute(insert(table), [*rows])
    wanted = {row["sequence"]: row["hash"] for row in rows}
    first, last = min(wanted), max(wanted)
    kept = connection.execute(select(table).where(table.c.sequence.between(first, last))).mappings()
    held = {row["sequence"] for row in kept if digest(name, dict(row)) == wanted.get(row["sequence"])}
    lost = sorted(wanted.keys() - held)
    if lost:
        raise DataError(
            f"the ledger did not keep {name} entry {lost[0]} as it was written, so nothing was recorded: "
            "something was added to the database; `forecast ledger verify` names it"
        )


def _list_checks(connection: Connection, entries: int, head: bool, stamps: int) -> tuple[str, ...]:
    """What `Ledger.verify` checked, in words."""
    last = _head(connection)
    until = f", the last recorded at {last.recorded_at}" if last.recorded_at else ""
    own_check = {"sqlite": "SQLite's integrity check", "postgresql": "PostgreSQL's amcheck of the indexes"}
    engine = connection.dialect.name
    ran = own_check[engine] if structure.has_own_check(connection) else f"not: {own_check[engine]}, not installed here"
    return (
        f"{entries} entries{until}",
        "tables, keys, indexes and triggers",
        ran,
        *(["the published head"] if head else []),
        *([f"{stamps} stamped heads"] if stamps else []),
    )


def _head(connection: Connection) -> Head:
    last = Head(0, GENESIS, None)
    for table in TABLES.values():
        columns = table.c.sequence, table.c.hash, table.c.recorded_at
        row = connection.execute(select(*columns).order_by(table.c.sequence.desc()).limit(1)).first()
        if row is not None and row[0] > last.sequence:
            last = Head(*row)
    return last


def _latest(connection: Connection, table: Any, subject: list[str]) -> dict[tuple, Mapping[str, Any]]:
    """The last row of each subject."""
    columns = [table.c[name] for name in subject]
    last = select(func.max(table.c.sequence)).group_by(*columns)
    rows = connection.execute(select(table).where(table.c.sequence.in_(last))).mappings()
    return {tuple(row[name] for name in subject): dict(row) for row in rows}


def _answer(row: Mapping[str, Any] | None) -> str | None:
    """The option or the day that a resolution came to, which stands first in its evidence."""
    rows = json.loads(row["evidence"]) if row is not None and row["evidence"] else None
    first = rows[0] if isinstance(rows, list) and rows else None
    return str(first["answer"]) if isinstance(first, dict) and "answer" in first else None


def _differs(row: Mapping[str, Any], before: Mapping[str, Any] | None, names: list[str]) -> bool:
    return before is None or any(row[name] != before[name] for name in names)


def _entries(connection: Connection) -> Iterator[Entry]:
    """All entries in order of sequence, streamed."""
    return heapq.merge(*(_stream(connection, name) for name in TABLES), key=lambda entry: entry[1]["sequence"])


def _stream(connection: Connection, name: str) -> Iterator[Entry]:
    table = TABLES[name]
    # said of the reading alone: on the connection it would make what is written next a cursor, which PostgreSQL refuses
    every = select(table).order_by(table.c.sequence).execution_options(yield_per=_BATCH)
    rows = connection.execute(every).mappings()
    for row in rows:
        yield name, dict(row)


def read_export(lines: Iterable[str]) -> list[Entry]:
    """The entries of an export, whose chain is sound.

    Raises
    ------
    DataError
        For lines that are not entries or do not verify.
    """
    entries = [_entry_of(line, number) for number, line in enumerate(lines, 1) if line.strip()]
    report = check(entries, refusal=refusal)
    if report.problems:
        raise DataError(f"the export does not verify: {report.problems[0]}; nothing was imported")
    return entries


def _entry_of(line: str, number: int) -> Entry:
    """An entry from a line of an export."""
    try:
        row = dict(json.loads(line))
        name = row.pop("table")
        return name, stored_entry(name, row)
    except (TypeError, KeyError, ValueError, OverflowError, RecursionError) as error:
        raise DataError(
            f"line {number} is not an entry of a ledger: import a file that `ledger export` wrote"
        ) from error
