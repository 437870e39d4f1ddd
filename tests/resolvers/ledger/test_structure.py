"""Tampering with the database itself, its tables, keys, indexes and guards, is named on both engines."""

import sqlite3

import pytest
from sqlalchemy import text

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.ledger import open_ledger, structure
from scale_forecast.resolvers.ledger.engine import reading
from tests.ledgers import AT, fill, question_forecast

SWALLOW = "WHEN NEW.probability < 0.5 BEGIN SELECT RAISE(IGNORE); END"
REMAKE = """
    CREATE TABLE other AS SELECT * FROM forecasts;
    DROP TABLE forecasts;
    ALTER TABLE other RENAME TO forecasts;
"""


def rewritten(table, old, new):
    """The table's definition with some words exchanged in the catalogue, where no ALTER TABLE leads."""
    quoted = [text.replace("'", "''") for text in (old, new)]
    return (
        "PRAGMA writable_schema = ON; UPDATE sqlite_master SET "
        f"sql = replace(sql, '{quoted[0]}', '{quoted[1]}') WHERE type = 'table' AND name = '{table}'"
    )


def made_anew(table, ending, drop=None):
    """A function of a connection: the table made again with the same columns, rows and triggers, but for some words."""

    def remake(connection):
        (sql,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        others = connection.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type <> 'table' AND sql NOT NULL", (table,)
        ).fetchall()
        new = sql.replace(f", \n\t{drop}", "") if drop else sql
        assert new + ending != sql
        connection.executescript(
            f"ALTER TABLE {table} RENAME TO other; {new}{ending}; INSERT INTO {table} SELECT * FROM other; "
            "DROP TABLE other"
        )
        for (other,) in others:
            connection.execute(other)
        connection.commit()

    return remake


ON_SQLITE = [
    (f"CREATE TRIGGER quiet BEFORE INSERT ON forecasts {SWALLOW}", "trigger quiet is not of the ledger's making"),
    (
        "CREATE TRIGGER late AFTER INSERT ON questions BEGIN INSERT INTO notes VALUES (1); END",
        "trigger late is not of the ledger's making",
    ),
    ("DROP TRIGGER forecasts_no_update", "keeps forecasts from being edited is gone"),
    ("DROP TRIGGER questions_no_delete", "keeps questions from being deleted is gone"),
    ("DROP TRIGGER resolutions_no_replace", "keeps resolutions from being replaced is gone"),
    (
        "DROP TRIGGER forecasts_no_delete; "
        "CREATE TRIGGER forecasts_no_delete BEFORE DELETE ON forecasts BEGIN SELECT 1; END",
        "trigger forecasts_no_delete is not as the ledger makes it",
    ),
    (
        "DROP TRIGGER forecasts_no_update; CREATE TRIGGER forecasts_no_update BEFORE UPDATE ON forecasts "
        "WHEN 0 BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        "trigger forecasts_no_update is not as the ledger makes it",
    ),
    (
        "DROP TRIGGER forecasts_no_update; CREATE TRIGGER forecasts_no_update BEFORE UPDATE ON questions "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        "trigger forecasts_no_update is not as the ledger makes it",
    ),
    (REMAKE, "table forecasts is not as the ledger makes it"),
    ("DROP INDEX ix_forecasts_question_id", "index ix_forecasts_question_id is gone"),
    (
        "DROP INDEX ix_questions_question_id; CREATE UNIQUE INDEX ix_questions_question_id ON questions (question_id)",
        "index ix_questions_question_id is not as the ledger makes it",
    ),
    ("CREATE UNIQUE INDEX once ON forecasts (forecaster, question_id)", "index once is not of the ledger's making"),
    (
        "ALTER TABLE resolutions RENAME TO hidden; CREATE VIEW resolutions AS SELECT * FROM hidden WHERE outcome = 1",
        "view resolutions is not of the ledger's making",
    ),
    ("ALTER TABLE forecasts ADD COLUMN note TEXT", "table forecasts is not as the ledger makes it"),
    ("ALTER TABLE forecasts RENAME COLUMN details TO detail", "table forecasts is not as the ledger makes it"),
    ("DROP TABLE questions", "table questions is gone"),
    ("ALTER TABLE questions RENAME TO asked", "table questions is gone"),
    ("ALTER TABLE resolutions DROP COLUMN evidence", "table resolutions is not as the ledger makes it"),
    (
        "ALTER TABLE forecasts ADD COLUMN twice AS (probability * 2)",
        "table forecasts is not as the ledger makes it",
    ),
    ("ALTER TABLE forecasts ADD COLUMN note TEXT DEFAULT 'x'", "table forecasts is not as the ledger makes it"),
    (rewritten("forecasts", "made_at VARCHAR(32) NOT NULL", "made_at VARCHAR(32)"), "table forecasts is not as"),
    (rewritten("forecasts", "UNIQUE (hash)", "UNIQUE (hash) ON CONFLICT REPLACE"), "table forecasts is not as"),
    (
        rewritten("questions", "hash VARCHAR(64) NOT NULL", "hash VARCHAR(64) COLLATE NOCASE"),
        "table questions is not as",
    ),
    (rewritten("forecasts", "probability FLOAT", "probability TEXT"), "table forecasts is not as"),
    (rewritten("forecasts", "forecaster TEXT", "forecaster TEXT DEFAULT 'me'"), "table forecasts is not as"),
    (
        rewritten("forecasts", "PRIMARY KEY (sequence)", "PRIMARY KEY (sequence), CHECK (probability < 2)"),
        "forecasts is not",
    ),
    (rewritten("forecasts", "PRIMARY KEY (sequence)", "PRIMARY KEY (sequence DESC)"), "table forecasts is not as"),
    (
        rewritten("resolutions", "question_id TEXT", "question_id TEXT REFERENCES questions (question_id)"),
        "resolutions is not",
    ),
    (made_anew("questions", " WITHOUT ROWID"), "table questions is not as the ledger makes it"),
    (made_anew("questions", "", drop="UNIQUE (hash)"), "table questions is not as the ledger makes it"),
    (
        "DROP INDEX ix_forecasts_question_id; CREATE INDEX ix_forecasts_question_id ON forecasts (question_id) "
        "WHERE probability > 0.5",
        "index ix_forecasts_question_id is not as the ledger makes it",
    ),
    (
        "DROP INDEX ix_forecasts_question_id; CREATE INDEX ix_forecasts_question_id ON forecasts (forecaster)",
        "index ix_forecasts_question_id is not as the ledger makes it",
    ),
    (
        "DROP TRIGGER forecasts_no_update; CREATE TRIGGER forecasts_no_update BEFORE UPDATE OF kind ON forecasts "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        "trigger forecasts_no_update is not as the ledger makes it",
    ),
    (
        "DROP TRIGGER forecasts_no_delete; CREATE TRIGGER forecasts_no_delete BEFORE DELETE ON forecasts "
        "BEGIN SELECT RAISE(IGNORE); END",
        "trigger forecasts_no_delete is not as the ledger makes it",
    ),
    (
        "DROP TRIGGER questions_no_delete; CREATE TRIGGER questions_no_delete AFTER DELETE ON questions "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END",
        "trigger questions_no_delete is not as the ledger makes it",
    ),
    (
        "CREATE VIEW said AS SELECT * FROM forecasts; CREATE TRIGGER more INSTEAD OF INSERT ON said "
        "BEGIN UPDATE forecasts SET probability = 1; END",
        "trigger more is not of the ledger's making",
    ),
    ("CREATE VIEW said AS SELECT * FROM forecasts", "view said is not of the ledger's making"),
    (
        "ALTER TABLE resolutions RENAME TO hidden; CREATE VIRTUAL TABLE resolutions USING fts5(outcome, evidence)",
        "table resolutions is not as the ledger makes it",
    ),
]
ON_POSTGRESQL = [
    ("DROP TRIGGER forecasts_no_update ON forecasts", "keeps forecasts from being edited is gone"),
    ("DROP TRIGGER resolutions_no_truncate ON resolutions", "keeps resolutions from being emptied is gone"),
    ("ALTER TABLE forecasts DISABLE TRIGGER forecasts_no_delete", "forecasts_no_delete is not as the ledger makes it"),
    (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        "function refuse_change is not as the ledger makes it",
    ),
    (
        "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; "
        "CREATE TRIGGER quiet BEFORE INSERT ON forecasts FOR EACH ROW EXECUTE FUNCTION swallow()",
        "trigger quiet is not of the ledger's making",
    ),
    ("CREATE RULE quiet AS ON INSERT TO forecasts DO INSTEAD NOTHING", "rule quiet is not of the ledger's making"),
    ("ALTER TABLE forecasts DROP CONSTRAINT forecasts_pkey", "constraint forecasts_pkey is gone"),
    ("ALTER TABLE questions DROP CONSTRAINT questions_hash_key", "constraint questions_hash_key is gone"),
    ("ALTER TABLE forecasts ADD CHECK (probability < 2)", "is not of the ledger's making"),
    ("DROP INDEX ix_forecasts_question_id", "index ix_forecasts_question_id is gone"),
    ("CREATE UNIQUE INDEX once ON forecasts (sequence, kind)", "index once is not of the ledger's making"),
    ("ALTER TABLE forecasts ALTER COLUMN hash DROP NOT NULL", "forecasts.hash is not as the ledger makes it"),
    ("ALTER TABLE forecasts ALTER COLUMN forecaster SET DEFAULT 'me'", "forecasts.forecaster is not as the ledger"),
    ("ALTER TABLE forecasts ALTER COLUMN probability TYPE real", "forecasts.probability is not as the ledger makes it"),
    ("ALTER TABLE forecasts ADD COLUMN note text", "column forecasts.note is not of the ledger's making"),
    ("ALTER TABLE resolutions SET UNLOGGED", "table resolutions is not as the ledger makes it"),
    ("ALTER TABLE resolutions ENABLE ROW LEVEL SECURITY", "table resolutions is not as the ledger makes it"),
    ("CREATE POLICY few ON questions USING (sequence > 3)", "policy few is not of the ledger's making"),
    ("CREATE TABLE more () INHERITS (forecasts)", "more of forecasts is not of the ledger's making"),
    (
        "ALTER TABLE resolutions RENAME TO hidden; CREATE VIEW resolutions AS SELECT * FROM hidden WHERE outcome = 1",
        "view resolutions is not of the ledger's making",
    ),
    (
        "ALTER TABLE resolutions RENAME TO hidden; CREATE MATERIALIZED VIEW resolutions AS SELECT * FROM hidden",
        "relation resolutions is not of the ledger's making",
    ),
    (
        "ALTER TABLE questions RENAME TO other; "
        "CREATE TABLE questions (LIKE other) PARTITION BY RANGE (sequence); "
        "CREATE TABLE part PARTITION OF questions DEFAULT; INSERT INTO questions SELECT * FROM other",
        "relation questions is not of the ledger's making",
    ),
    ("ALTER TABLE forecasts ENABLE REPLICA TRIGGER forecasts_no_update", "forecasts_no_update is not as the ledger"),
    (
        "CREATE FUNCTION allow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; "
        "CREATE OR REPLACE TRIGGER forecasts_no_update BEFORE UPDATE ON forecasts FOR EACH ROW "
        "EXECUTE FUNCTION allow()",
        "trigger forecasts_no_update is not as the ledger makes it",
    ),
    (
        "CREATE OR REPLACE TRIGGER forecasts_no_update BEFORE UPDATE ON forecasts FOR EACH ROW WHEN (false) "
        "EXECUTE FUNCTION refuse_change()",
        "trigger forecasts_no_update is not as the ledger makes it",
    ),
    (
        "CREATE OR REPLACE TRIGGER forecasts_no_update BEFORE UPDATE OF kind ON forecasts FOR EACH ROW "
        "EXECUTE FUNCTION refuse_change()",
        "trigger forecasts_no_update is not as the ledger makes it",
    ),
    (
        "DROP TRIGGER forecasts_no_delete ON forecasts; CREATE TRIGGER forecasts_no_delete AFTER DELETE ON forecasts "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "trigger forecasts_no_delete is not as the ledger makes it",
    ),
    ("ALTER FUNCTION refuse_change() SECURITY DEFINER", "function refuse_change is not as the ledger makes it"),
    (
        "ALTER FUNCTION refuse_change() SET search_path = pg_temp",
        "function refuse_change is not as the ledger makes it",
    ),
    (
        'ALTER TABLE forecasts ALTER COLUMN forecaster TYPE text COLLATE "C"',
        "forecasts.forecaster is not as the ledger",
    ),
    (
        "ALTER TABLE forecasts ADD COLUMN twice double precision GENERATED ALWAYS AS (probability * 2) STORED",
        "column forecasts.twice is not of the ledger's making",
    ),
    (
        "ALTER TABLE forecasts ALTER COLUMN sequence ADD GENERATED BY DEFAULT AS IDENTITY",
        "forecasts.sequence is not as the ledger makes it",
    ),
    ("ALTER TABLE resolutions DROP COLUMN evidence", "column resolutions.evidence is gone"),
    ("ALTER TABLE questions RENAME COLUMN definition TO meaning", "column questions.definition is gone"),
    (
        "ALTER TABLE questions DROP CONSTRAINT questions_hash_key; "
        "ALTER TABLE questions ADD CONSTRAINT questions_hash_key UNIQUE (hash) DEFERRABLE INITIALLY DEFERRED",
        "constraint questions_hash_key is not as the ledger makes it",
    ),
    (
        "ALTER TABLE resolutions ADD CONSTRAINT known FOREIGN KEY (sequence) REFERENCES questions (sequence) NOT VALID",
        "constraint known is not of the ledger's making",
    ),
    (
        "DROP INDEX ix_forecasts_question_id; "
        "CREATE INDEX ix_forecasts_question_id ON forecasts (question_id) WHERE probability > 0.5",
        "index ix_forecasts_question_id is not as the ledger makes it",
    ),
    ("CREATE RULE quiet AS ON UPDATE TO forecasts DO INSTEAD NOTHING", "rule quiet is not of the ledger's making"),
    (
        "CREATE TABLE root (LIKE forecasts); ALTER TABLE forecasts INHERIT root",
        "forecasts of root is not of the ledger",
    ),
    ("ALTER TABLE questions FORCE ROW LEVEL SECURITY", "table questions is not as the ledger makes it"),
    (
        "CREATE TABLE other AS SELECT * FROM questions; DROP TABLE questions; ALTER TABLE other RENAME TO questions",
        "constraint questions_pkey is gone",
    ),
]


@pytest.mark.parametrize(("sql", "named"), ON_SQLITE)
def test_tampering_with_the_structure_is_named_on_sqlite(tmp_path, sql, named):
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        fill(ledger, 5)
    connection = sqlite3.connect(path)
    before = catalogue(connection)
    sql(connection) if callable(sql) else connection.executescript(sql)
    assert catalogue(connection) != before
    connection.close()
    says_so(path, named)


def catalogue(connection):
    return connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY type, name").fetchall()


def test_thirty_kinds_of_tampering_are_tried_on_either_engine():
    assert len({str(sql) for sql, _ in ON_SQLITE}) >= 30
    assert len({sql for sql, _ in ON_POSTGRESQL}) >= 30


# SQLAlchemy leaves the cursor of a statement that failed, here for a missing column, to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.postgres
@pytest.mark.parametrize(("sql", "named"), ON_POSTGRESQL)
def test_tampering_with_the_structure_is_named_on_postgresql(postgres_url, sql, named):
    import psycopg

    with open_ledger(postgres_url) as ledger:
        fill(ledger, 5)
    with psycopg.connect(postgres_url) as connection:
        connection.execute(sql)
    says_so(postgres_url, named)


def says_so(where, named):
    """Verify names the change, also where a table cannot be read any more."""
    with open_ledger(where) as ledger:
        problems = ledger.verify().problems
    assert any(named in problem for problem in problems), problems


def test_a_sound_ledger_says_what_was_looked_at(ledger):
    fill(ledger, 5)
    report = ledger.verify()
    assert report.is_intact
    assert report.looked_at[0] == "5 entries, the last recorded at 2026-11-24T15:00:00.000000Z"
    assert report.looked_at[1] == "tables, keys, indexes and triggers"
    assert re_check(ledger) in report.looked_at[2]


def re_check(ledger):
    return {"sqlite": "SQLite's integrity check", "postgresql": "amcheck"}[ledger._engine.dialect.name]


@pytest.mark.postgres
def test_the_listed_structure_is_what_the_migrations_make(postgres_url):
    with open_ledger(postgres_url) as ledger, reading(ledger._engine) as connection:
        assert structure.describe(connection) == structure._expected_parts("postgresql")


def test_a_forecast_that_the_database_swallows_is_not_acknowledged(tmp_path):
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        fill(ledger, 5)
        connection = sqlite3.connect(path)
        connection.execute(f"CREATE TRIGGER quiet BEFORE INSERT ON forecasts {SWALLOW}")
        connection.commit()
        connection.close()
        with pytest.raises(DataError, match=r"did not keep forecasts entry 7 .* nothing was recorded"):
            ledger.append_forecasts([question_forecast(probability=0.9), question_forecast(probability=0.1)], at=AT)
        assert ledger.head().sequence == 5


def test_a_value_that_the_database_changes_on_its_way_in_is_not_acknowledged(tmp_path):
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        fill(ledger, 5)
        connection = sqlite3.connect(path)
        connection.executescript(
            "DROP TRIGGER forecasts_no_update; CREATE TRIGGER more AFTER INSERT ON forecasts "
            "BEGIN UPDATE forecasts SET probability = 0.99 WHERE sequence = NEW.sequence; END"
        )
        connection.close()
        with pytest.raises(DataError, match="did not keep forecasts entry 6"):
            ledger.append_forecasts([question_forecast()], at=AT)
        assert ledger.head().sequence == 5


def test_damage_that_only_the_engine_sees_is_named(tmp_path):
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        fill(ledger, 30)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema = ON")
    root_of = "SELECT rootpage FROM sqlite_master WHERE name = 'ix_{}_question_id'"
    root, other = (connection.execute(root_of.format(table)).fetchone()[0] for table in ("forecasts", "questions"))
    connection.execute("UPDATE sqlite_master SET rootpage = ? WHERE rootpage = ?", (other, root))
    connection.commit()
    connection.close()
    with open_ledger(path) as ledger:
        problems = ledger.verify().problems
    assert any("integrity check" in problem for problem in problems), problems


def test_what_somebody_else_keeps_in_the_same_database_is_no_concern(ledger):
    fill(ledger, 5)
    with ledger._engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (day text)"))
    assert ledger.verify().is_intact


def test_a_copy_of_the_file_alone_holds_what_was_acknowledged(tmp_path):
    """The log beside the file is lost where a program is killed and only the file is copied."""
    path, copy = tmp_path / "ledger.db", tmp_path / "copy.db"
    with open_ledger(path) as ledger:
        fill(ledger, 5)
        copy.write_bytes(path.read_bytes())  # while it is open: what a kill would leave
    with open_ledger(copy, create=False) as copied:
        assert copied.verify().entries == 5
