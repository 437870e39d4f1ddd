"""Questions, forecasts and resolutions, guarded against updates and deletions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLES = ("questions", "forecasts", "resolutions")
SAYS = "the ledger is append-only"


def upgrade() -> None:
    target = [
        ("benchmark", sa.Text()),
        ("task", sa.Text()),
        ("metric", sa.Text()),
        ("shots", sa.Integer()),
        ("prompt", sa.Text()),
        ("model", sa.Text()),
    ]
    _entries("questions", [("question_id!", sa.Text()), ("definition!", sa.Text())])
    _entries(
        "forecasts",
        [
            ("kind!", sa.String(16)),
            ("made_at!", sa.String(32)),
            ("forecaster!", sa.Text()),
            ("predictor", sa.Text()),
            ("predictor_version", sa.Text()),
            ("question_id", sa.Text()),
            ("probability", sa.Float(53)),
            *target,
            ("family", sa.Text()),
            ("params", sa.Float(53)),
            ("train_flops", sa.Float(53)),
            ("distribution", sa.Text()),
            ("details", sa.Text()),
        ],
    )
    _entries(
        "resolutions",
        [
            ("kind!", sa.String(16)),
            ("question_id", sa.Text()),
            *target,
            ("status!", sa.String(16)),
            ("outcome", sa.Float(53)),
            ("stderr", sa.Float(53)),
            ("reason", sa.Text()),
            ("evidence", sa.Text()),
            ("as_of", sa.String(10)),
            ("known_on", sa.String(10)),
            ("supersedes", sa.Integer()),
        ],
    )
    guards = {"sqlite": _guard_sqlite, "postgresql": _guard_postgresql}[op.get_bind().dialect.name]
    guards()


def _entries(name: str, columns: list) -> None:
    """A table of entries; a ``!`` marks columns that must have a value."""
    op.create_table(
        name,
        sa.Column("sequence", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        *(sa.Column(column.rstrip("!"), kind, nullable=not column.endswith("!")) for column, kind in columns),
        sa.Column("data_fingerprint", sa.String(64)),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
    )
    op.create_index(f"ix_{name}_question_id", name, ["question_id"])


def _guard_sqlite() -> None:
    for table in TABLES:
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"
            )


def _guard_postgresql() -> None:
    op.execute(
        f"CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{SAYS}'; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
