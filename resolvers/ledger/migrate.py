"""Bringing a ledger's tables to the latest revision with Alembic."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.pool import StaticPool

FOLDER = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Bring the tables to the latest revision, inside the caller's transaction."""
    if connection.dialect.name != "sqlite" or inspect(connection).get_table_names():
        _run_migrations(connection)
        return
    for statement in _statements_on_sqlite():  # Alembic takes longer than all else that a new ledger needs
        connection.exec_driver_sql(statement)


@cache
def _statements_on_sqlite() -> tuple[str, ...]:
    """What makes an empty ledger at once, taken from one that the migrations made in memory."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        _run_migrations(connection)
        made = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
        revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
        statements = (*made.scalars(), f"INSERT INTO alembic_version VALUES ('{revision}')")
    engine.dispose()
    return statements


def _run_migrations(connection: Connection) -> None:
    """Run those that are due."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", FOLDER.as_posix().replace("%", "%%"))
    command.upgrade(config, "head")
