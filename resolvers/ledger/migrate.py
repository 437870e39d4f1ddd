"""Bringing a ledger's tables to the latest revision with Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

FOLDER = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Run the migrations that are due, inside the caller's transaction."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", FOLDER.as_posix().replace("%", "%%"))
    command.upgrade(config, "head")
