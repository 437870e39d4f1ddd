"""Tables of the ledger, the same on SQLite and PostgreSQL.

Every entry, whatever its table, has the next ``sequence`` number and the hash of the entry before it. Times are text,
ISO 8601 in UTC, and JSON is text in one canonical form, so that what is hashed is exactly what is stored.
"""

from __future__ import annotations

from sqlalchemy import Column, Float, Integer, MetaData, String, Table, Text

metadata = MetaData()


def _entries(name: str, *columns: Column) -> Table:
    return Table(
        name,
        metadata,
        Column("sequence", Integer, primary_key=True, autoincrement=False),
        Column("recorded_at", String(32), nullable=False),
        *columns,
        Column("data_fingerprint", String(64)),
        Column("previous_hash", String(64), nullable=False),
        Column("hash", String(64), nullable=False, unique=True),
    )


def _score_target() -> list[Column]:
    """What a score forecast is about: a language model on a task as it is measured."""
    return [
        Column("benchmark", Text),
        Column("task", Text),
        Column("metric", Text),
        Column("shots", Integer),
        Column("prompt", Text),
        Column("model", Text),
    ]


questions = _entries(
    "questions",
    Column("question_id", Text, nullable=False, index=True),
    Column("definition", Text, nullable=False),
)

forecasts = _entries(
    "forecasts",
    Column("kind", String(16), nullable=False),
    Column("made_at", String(32), nullable=False),
    Column("forecaster", Text, nullable=False),
    Column("predictor", Text),
    Column("predictor_version", Text),
    Column("question_id", Text, index=True),
    Column("probability", Float(53)),
    *_score_target(),
    Column("family", Text),
    Column("params", Float(53)),
    Column("train_flops", Float(53)),
    Column("distribution", Text),
    Column("details", Text),
)

resolutions = _entries(
    "resolutions",
    Column("kind", String(16), nullable=False),
    Column("question_id", Text, index=True),
    *_score_target(),
    Column("status", String(16), nullable=False),
    Column("outcome", Float(53)),
    Column("stderr", Float(53)),
    Column("reason", Text),
    Column("evidence", Text),
    Column("as_of", String(10)),
    Column("known_on", String(10)),
    Column("supersedes", Integer),
)

TABLES: dict[str, Table] = {table.name: table for table in (questions, forecasts, resolutions)}
JSON_COLUMNS = frozenset({"definition", "distribution", "details", "evidence"})
TIMES = frozenset({"recorded_at", "made_at"})
DAYS = frozenset({"as_of", "known_on"})
CHAINED = frozenset({"sequence", "recorded_at", "previous_hash", "hash"})
"""Columns the ledger fills in by itself."""
SUBJECT = ["question_id", "benchmark", "task", "metric", "shots", "prompt", "model"]
"""What a resolution settles."""
MEASURED = ("evaluator", "version", "setting")
"""Of the details of a score forecast those that are shown as columns: by whom, of which release, how it is measured."""
