"""The two engines: how each is opened, locked, guarded, and how its errors are said."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.ledger.schema import TABLES

REVISIONS = ("0001", "0002")
"""What this version of the tool can bring up to date, oldest first."""
LATEST = REVISIONS[-1]
"""The revision it reads and writes."""
BUSY_SECONDS = 60
"""How long to wait for another process that is writing."""

ATTEMPTS = 8
"""How often a transaction is begun that the server breaks off for another one's sake: 5 seconds in all."""

Result = TypeVar("Result")
_PASSING = {"40001", "40P01"}
"""PostgreSQL's serialization_failure and deadlock_detected."""
_LOCK = 0x666F7265
"""Key of the advisory lock that PostgreSQL writers take in turn."""
_POSTGRES = {"postgresql", "postgres", "postgresql+psycopg"}


def connect_to(where: str | Path, *, create: bool) -> Engine:
    """An engine for the ledger at a path or URL, its tables present and at `LATEST`. Errors as `open_ledger`."""
    url = _url(where)
    if url.drivername == "sqlite":
        _prepare_file(Path(str(url.database)), create)
    try:
        engine = create_engine(url)
    except (ImportError, NoSuchModuleError) as error:
        raise DataError(
            "a PostgreSQL ledger needs psycopg: install it with pip install 'scale-forecast[postgres]'"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
    try:
        with say_database_errors(engine):
            _bring_up_to_date(engine, create)
    except BaseException:
        engine.dispose()
        raise
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that no other writer overlaps; committed at the end, undone by an error.

    On PostgreSQL each statement sees what was committed before it, whatever the server's default: a snapshot taken
    while waiting for the lock would miss the entry to chain to.
    """
    options = {"isolation_level": "READ COMMITTED"} if engine.dialect.name == "postgresql" else {"writes": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        yield connection


def write(engine: Engine, work: Callable[[Connection], Result]) -> Result:
    """``work`` in a `writing` transaction; begun anew where the server broke it off for another (`_PASSING`)."""
    for attempt in range(ATTEMPTS):
        try:
            with writing(engine) as connection:
                done = work(connection)
            _move_into_file(engine)
            return done
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) not in _PASSING or attempt == ATTEMPTS - 1:
                raise
            time.sleep(0.02 * 2**attempt)
    raise AssertionError("unreachable")


def _move_into_file(engine: Engine) -> None:
    """Copy what SQLite's write-ahead log holds into the ledger's file, so that a copy of the file alone has it.

    Waits for nobody: what a reader still needs is left for the next writer. Committed it is either way.
    """
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()  # inside a transaction of the engine's it would be refused
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
    except connection.dbapi_connection.OperationalError:  # type: ignore[union-attr]
        pass
    finally:
        connection.close()


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees the ledger as it is now, whatever is appended meanwhile."""
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def say_database_errors(engine: Engine) -> Iterator[None]:
    """Say a database's error in one sentence."""
    try:
        yield
    except DBAPIError as error:
        where = engine.url.database if engine.dialect.name == "sqlite" else _without_secrets(engine.url)
        raise DataError(f"the ledger {where} {_in_words(str(error.orig).strip())}") from error


def ledger_file(where: str | Path) -> Path | None:
    """The file of a ledger at a path or ``sqlite:///`` address; None for a server's. Raises as `open_ledger`."""
    url = _url(where)
    return Path(str(url.database)).expanduser() if url.drivername == "sqlite" else None


def shown_address(where: str | Path) -> str:
    """A ledger's path or URL as it may be printed: without its password."""
    if isinstance(where, Path) or "://" not in where:
        return str(where)
    try:
        return _without_secrets(make_url(where))
    except (ArgumentError, ValueError):
        return f"{where.partition('://')[0]}://***"


def _without_secrets(url: URL) -> str:
    hidden = {name: "***" for name in url.query if "password" in name.lower()}
    return url.update_query_dict(hidden).render_as_string()


def _url(where: str | Path) -> URL:
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(Path(where).expanduser()))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError) as error:
        raise DataError("the ledger's address is not a URL: write postgresql://user@host/database") from error
    if url.drivername in _POSTGRES:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite" and url.database:
        return url.set(database=str(Path(url.database).expanduser()))
    raise DataError(f"no ledger can be kept at {url.drivername}://: give a path, or postgresql://user@host/database")


def _prepare_file(path: Path, create: bool) -> None:
    if path.exists():
        return
    if not create:
        raise DataError(f"there is no ledger at {path}: it is made when the first forecast is recorded")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"cannot make the folder {path.parent} for the ledger: {error.strerror}") from error


def _on_sqlite_connect(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _on_sqlite_begin, not guessed by the driver
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA synchronous = FULL")
    _use_write_ahead_log(connection)


def _use_write_ahead_log(connection: Any) -> None:
    """Readers then never wait. The switch is made once and does not wait for others by itself."""
    for attempt in range(100):
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
                return
            connection.execute("PRAGMA journal_mode = WAL")
        except connection.OperationalError as error:
            if "locked" not in str(error) or attempt == 99:
                raise
            time.sleep(0.05)


def _on_sqlite_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _bring_up_to_date(engine: Engine, create: bool) -> None:
    with reading(engine) as connection:
        found = _revision(connection)
        if found == LATEST:
            return
        _refuse_foreign(connection, found)
        if found is None and not create and engine.dialect.name == "sqlite":
            raise DataError(f"{engine.url.database} holds no ledger: it is made when the first forecast is recorded")
    from scale_forecast.resolvers.ledger.migrate import upgrade

    with writing(engine) as connection:
        if _revision(connection) == LATEST:  # another process was faster
            return
        upgrade(connection)
    _move_into_file(engine)


def _refuse_foreign(connection: Connection, found: str | None) -> None:
    """Leave alone what this version cannot bring up to date: a newer ledger, or one whose revision was touched."""
    where = connection.engine.url.database
    if found is None:
        held = [name for name in TABLES if inspect(connection).has_table(name)]
        if held:
            raise DataError(
                f"the ledger {where} has tables ({', '.join(held)}) and no revision, which someone removed: "
                "restore it from a copy (`forecast ledger copy`) or an export"
            )
    elif found not in REVISIONS:
        if found.isdigit() and found > LATEST:
            raise DataError(
                f"the ledger has revision {found}, but this version of forecast knows {LATEST}: upgrade scale-forecast"
            )
        raise DataError(
            f"the ledger {where} has revision {found!r}, which no version of forecast wrote: "
            "restore it from a copy (`forecast ledger copy`) or an export"
        )


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _in_words(message: str) -> str:
    """What the database said, and what to do about it."""
    first = message.splitlines()[0] if message else "failed without a message"
    for sign, words in _REMEDIES.items():
        if sign in message:
            return words.format(first)
    return f"failed: {first}"


_REMEDIES = {
    "disk is full": "cannot be written, the disk is full: nothing was recorded; free some space and repeat",
    "No space left": "cannot be written, the disk is full: nothing was recorded; free some space and repeat",
    "disk I/O error": "cannot be read or written (disk I/O error): check the disk and its free space",
    "database is locked": "is being written by another process that does not finish: wait for it and repeat",
    "readonly database": "cannot be written: you have no permission to",
    "unable to open database file": "cannot be opened: check that the path is a file in a folder you may write to",
    "file is not a database": "is not a ledger: the file is something else",
    "malformed": "is damaged ({}): restore it from an export or a copy",
    "permission denied": "does not let this role do that ({}): take a role that may, or ask for the right",
    "append-only": "is append-only: a row was to be changed or deleted; record a new one instead",
    "no such table": "lacks a table ({}): someone removed it; restore it from an export",
    "does not exist": "cannot be used ({}): check its address",
    "onnection": "cannot be reached: {}",
}
