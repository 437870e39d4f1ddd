"""SQLite's INSERT OR REPLACE deletes the row before it without asking the triggers against deletion."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = ("questions", "forecasts", "resolutions")


def upgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE sequence = NEW.sequence OR hash = NEW.hash) "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
