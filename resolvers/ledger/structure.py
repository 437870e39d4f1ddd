"""Whether a ledger's database is still made as the migrations make it: tables, keys, indexes and guards.

A chain shows edited entries. It cannot show a trigger that swallows new ones, a guard that does nothing, a table made
anew without its key or a view in a table's place: those stand in the database's own catalogue, which is read here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from scale_forecast.resolvers.ledger.schema import TABLES

GUARDED = {
    "sqlite": {"update": "being edited", "delete": "being deleted", "replace": "being replaced"},
    "postgresql": {"update": "being edited", "delete": "being deleted", "truncate": "being emptied"},
}
"""What triggers forbid, and how it is said when one is gone."""
ON_POSTGRESQL = Path(__file__).parent / "migrations" / "postgresql.json"
"""What the migrations make on PostgreSQL; a test compares it with a server's own catalogue."""

Part = tuple[str, str]
"""What a part of the database is (table, index, trigger, ...) and its name."""


def differences(connection: Connection) -> list[str]:
    """A sentence for each part of the database that is missing, changed or not of the ledger's making."""
    made, expected = describe(connection), _expected_parts(connection.dialect.name)
    return [
        *_missing(made, expected, connection.dialect.name),
        *_name_changes(made, expected),
        *_name_additions(made, expected),
    ]


def describe(connection: Connection) -> dict[Part, str]:
    """Every part of the ledger's tables and what it is defined as, from the engine's catalogue."""
    return _DESCRIBE[connection.dialect.name](connection)


def damage(connection: Connection) -> list[str]:
    """What the engine's own check of its files finds wrong."""
    if connection.dialect.name == "sqlite":
        found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
        return [f"SQLite's integrity check: {line}" for line in found if line != "ok"]
    return _damage_by_amcheck(connection)


def has_own_check(connection: Connection) -> bool:
    """Whether the engine has a check of its own files that may be run: on PostgreSQL the extension amcheck."""
    if connection.dialect.name == "sqlite":
        return True
    wanted = "SELECT 1 FROM pg_extension WHERE extname = 'amcheck'"
    allowed = "SELECT has_function_privilege('bt_index_check(regclass)', 'execute')"
    return bool(connection.execute(text(wanted)).scalar() and connection.execute(text(allowed)).scalar())


def guard_name(table: str, verb: str) -> str:
    """Name of the trigger that forbids ``verb`` on ``table``."""
    return f"{table}_no_{verb}"


def _missing(made: Mapping[Part, str], expected: Mapping[Part, str], engine: str) -> Iterator[str]:
    guards = {guard_name(table, verb): (table, what) for table in TABLES for verb, what in GUARDED[engine].items()}
    for kind, name in sorted(expected.keys() - made.keys()):
        if kind == "trigger" and name in guards:
            table, what = guards[name]
            yield f"the trigger that keeps {table} from {what} is gone: someone removed it"
        else:
            yield f"the {kind} {name} is gone: someone removed it"


def _name_changes(made: Mapping[Part, str], expected: Mapping[Part, str]) -> Iterator[str]:
    for kind, name in sorted(expected.keys() & made.keys()):
        if made[kind, name] != expected[kind, name]:
            yield f"the {kind} {name} is not as the ledger makes it: someone changed it"


def _name_additions(made: Mapping[Part, str], expected: Mapping[Part, str]) -> Iterator[str]:
    for kind, name in sorted(made.keys() - expected.keys()):
        yield f"the {kind} {name} is not of the ledger's making: someone added it"


def _expected_parts(engine: str) -> dict[Part, str]:
    if engine == "postgresql":
        listed = json.loads(ON_POSTGRESQL.read_text(encoding="utf-8"))
        return {(kind, name): definition for kind, name, definition in listed}
    from scale_forecast.resolvers.ledger.migrate import upgrade  # Alembic is wanted by migrations alone

    model = create_engine("sqlite://", poolclass=StaticPool)
    with model.begin() as connection:
        upgrade(connection)
        made = _describe_sqlite(connection)
    model.dispose()
    return made


def _describe_sqlite(connection: Connection) -> dict[Part, str]:
    """Tables of other names are not the ledger's business; their triggers and views could be, and are listed."""
    listed = connection.exec_driver_sql("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name")
    parts = {}
    for kind, name, table, sql in listed:
        if name.startswith("sqlite_") or name == "alembic_version":
            continue
        if table in TABLES or name in TABLES or kind in ("trigger", "view"):
            parts[kind, name] = _as_words(sql or "")
    return parts


def _as_words(sql: str) -> str:
    """A definition without what means nothing: case, quotes and the width of gaps."""
    return " ".join(re.findall(r"\w+|[^\w\s]", re.sub(r'["`\[\]]', "", sql))).lower()


def _describe_postgresql(connection: Connection) -> dict[Part, str]:
    parts: dict[Part, str] = {}
    for table in TABLES:
        for query in _CATALOGUE:
            for kind, name, definition in connection.execute(text(query), {"name": table}):
                parts[kind, f"{name}"] = definition
    for name, source in connection.execute(text(_REFUSAL)):
        parts["function", name] = source
    return parts


_DESCRIBE = {"sqlite": _describe_sqlite, "postgresql": _describe_postgresql}

_CATALOGUE = (
    # An unlogged table is empty after a crash, a policy hides rows, a view or a child holds others.
    """
    SELECT CASE relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' ELSE 'relation' END,
           relname, concat_ws(' ', relkind, relpersistence, relrowsecurity, relforcerowsecurity)
    FROM pg_class WHERE oid = to_regclass(:name)
    """,
    """
    SELECT 'column', :name || '.' || attname,
           concat_ws(' ', format_type(atttypid, atttypmod), attnotnull, attgenerated, attidentity,
                     pg_get_expr(adbin, adrelid),
                     (SELECT 'collate ' || collname FROM pg_collation JOIN pg_type ON pg_type.oid = atttypid
                      WHERE pg_collation.oid = attcollation AND attcollation <> typcollation))
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = to_regclass(:name) AND attnum > 0 AND NOT attisdropped
    """,
    """
    SELECT 'constraint', conname, pg_get_constraintdef(oid, true)
    FROM pg_constraint WHERE conrelid = to_regclass(:name) AND contype IN ('p', 'u', 'c', 'f', 'x')
    """,
    """
    SELECT 'index', relname, concat_ws(' ', pg_get_indexdef(indexrelid, 0, true), indisvalid, indisready)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = to_regclass(:name)
    """,
    """
    SELECT 'trigger', tgname, concat_ws(' ', pg_get_triggerdef(oid, true), tgenabled)
    FROM pg_trigger WHERE tgrelid = to_regclass(:name) AND NOT tgisinternal
    """,
    "SELECT 'rule', rulename, pg_get_ruledef(oid, true) FROM pg_rewrite WHERE ev_class = to_regclass(:name)",
    "SELECT 'policy', polname, polcmd::text FROM pg_policy WHERE polrelid = to_regclass(:name)",
    """
    SELECT 'inheritance', inhrelid::regclass || ' of ' || inhparent::regclass, '' FROM pg_inherits
    WHERE to_regclass(:name) IN (inhrelid, inhparent)
    """,
)
"""Kind, name and definition of a table's parts; ``to_regclass`` finds what the ledger's own statements find."""
_REFUSAL = """
    SELECT DISTINCT proname, lanname || ' ' || prosrc || CASE WHEN prosecdef THEN ' as its owner' ELSE '' END
                    || coalesce(' with ' || array_to_string(proconfig, ', '), '')
    FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid JOIN pg_language ON pg_language.oid = prolang
    WHERE tgrelid IN (to_regclass('questions'), to_regclass('forecasts'), to_regclass('resolutions'))
      AND NOT tgisinternal
"""


def _damage_by_amcheck(connection: Connection) -> list[str]:
    if not has_own_check(connection):
        return []
    found = []
    for table in TABLES:
        indexes = text("SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = to_regclass(:name)")
        for (index,) in connection.execute(indexes, {"name": table}).all():
            try:
                with connection.begin_nested():
                    connection.execute(text("SELECT bt_index_check(CAST(:index AS regclass), true)"), {"index": index})
            except DBAPIError as error:
                found.append(f"PostgreSQL's amcheck of {index}: {str(error.orig).splitlines()[0]}")
    return found
