"""The ledger keeps what it acknowledged, on both engines, and tells when someone touched it."""

import contextlib
import itertools
import multiprocessing
import os
import random
import re
import sqlite3
import sys
import time
import uuid
from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError

from scale_forecast.commands import main
from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.ledger import engine, open_ledger, score_forecasts, shown_address, store
from scale_forecast.resolvers.ledger.chain import GENESIS, check, digest
from tests.ledgers import (
    AT,
    fill,
    question_forecast,
    score_forecast,
    temporary_schema,
    write_many,
    write_until_killed,
)

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.ledgers"])


@contextlib.contextmanager
def behind_the_back(where):
    """Execute SQL on the database itself, the triggers and constraints in the way dropped first."""
    if "://" in where:
        import psycopg

        with psycopg.connect(where) as connection:
            for table in ("questions", "forecasts", "resolutions"):
                connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            yield lambda sql, *values: connection.execute(sql.replace("?", "%s"), values)
    else:
        connection = sqlite3.connect(where)
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        yield lambda sql, *values: connection.execute(sql, values)
        connection.commit()
        connection.close()


# --- what is written is what is read


def test_a_forecast_comes_back_as_it_went_in(ledger):
    ledger.append_forecasts([question_forecast(7), score_forecast(3, details={"origin": "PaLM 62B"})], at=AT)
    question, score = ledger.forecasts().to_dict("records")
    assert (question["question_id"], question["probability"]) == ("question-7", 0.08)
    assert question["recorded_at"] == question["made_at"] == pd.Timestamp(AT)
    assert score["distribution"] == {"levels": [0.1, 0.5, 0.9], "quantiles": [0.3, 0.5003, 0.8]}
    assert (score["shots"], score["params"], score["details"]) == (5, 540e9, {"origin": "PaLM 62B"})
    assert score["forecaster"] == "stack"


def test_a_forecast_table_is_recorded_whole(ledger):
    table = pd.DataFrame(
        {
            "benchmark": ["MMLU"],
            "task": ["law"],
            "metric": ["accuracy"],
            "shots": [5.0],
            "prompt": ["direct"],
            "family": ["PaLM"],
            "target_model": ["PaLM 540B"],
            "target_params": [540e9],
            "target_flops": [np.nan],
            "origin_score": [0.4],
            "prob_gain": [0.9],
            "trend": ["rising"],
            "predictor": ["stack"],
        }
    )
    rows = score_forecasts(
        table, np.array([0.1, 0.9]), np.array([[0.3, 0.6]]), predictor_version="1.0", data_fingerprint="abc"
    )
    ledger.append_forecasts(rows, at=AT)
    row = ledger.forecasts().iloc[0]
    assert (row["model"], row["params"], row["family"], row["predictor_version"]) == ("PaLM 540B", 540e9, "PaLM", "1.0")
    assert row["details"] == {"origin_score": 0.4, "prob_gain": 0.9, "trend": "rising"}
    assert pd.isna(row["train_flops"])


def test_a_wrong_resolution_is_superseded_and_stays_on_record(ledger):
    first = ledger.append_resolutions([{"question_id": "q", "status": "yes", "evidence": [{"score": 0.7}]}], at=AT)
    again = ledger.append_resolutions([{"question_id": "q", "status": "yes"}], at=AT)
    second = ledger.append_resolutions([{"question_id": "q", "status": "no"}], at=AT)
    assert (first, again, second) == ([1], [], [2])
    assert ledger.resolutions()[["status", "outcome", "supersedes"]].values.tolist() == [["no", 0.0, 1.0]]
    assert ledger.resolutions(standing=False)["status"].tolist() == ["yes", "no"]


def test_of_resolutions_recorded_together_each_supersedes_the_one_before(ledger):
    ledger.append_forecasts([score_forecast(1)], at=AT)
    rows = [{"question_id": "q", "status": status} for status in ("yes", "yes", "no", "yes")]
    assert ledger.append_resolutions(rows, at=AT) == [2, 3, 4]
    assert ledger.resolutions(standing=False)["supersedes"].fillna(0).tolist() == [0, 2, 3]


def test_a_score_is_resolved_by_its_own_key(ledger):
    subject = {name: score_forecast(1)[name] for name in ("benchmark", "task", "metric", "shots", "prompt", "model")}
    ledger.append_resolutions([{**subject, "status": "number", "outcome": 0.61, "stderr": 0.01}], at=AT)
    ledger.append_resolutions([{**subject, "task": "other", "status": "number", "outcome": 0.2}], at=AT)
    assert ledger.resolutions()["outcome"].tolist() == [0.61, 0.2]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (question_forecast(probability=37), "probability 37, outside [0, 1]: is it a percentage? divide by 100"),
        (question_forecast(probability=None), "has neither probability nor distribution: give one"),
        (question_forecast(forecaster=None, predictor=None), "has no forecaster: give one"),
        (score_forecast(task=None), "has no task: give one"),
        (score_forecast(distribution={"levels": [0.5, 0.1], "quantiles": [1, 2]}), "both ascending"),
        (score_forecast(distribution={"levels": [0.5], "quantiles": [float("inf")]}), "cannot be recorded"),
        (score_forecast(shots=2.5), "shots 2.5 cannot be recorded"),
        (question_forecast(probablity=0.5), "have no column 'probablity' (did you mean 'probability'?)"),
    ],
)
def test_a_row_that_is_no_forecast_is_refused_and_none_of_the_call_recorded(ledger, row, message):
    with pytest.raises(DataError) as error:
        ledger.append_forecasts([question_forecast(), row], at=AT)
    assert message in str(error.value)
    assert ledger.head().sequence == 0


def test_a_forecast_is_not_dated_after_its_recording_nor_without_a_zone(ledger):
    for made_at, message in (
        ("2027-01-01T00:00:00Z", "after it is recorded"),
        ("2026-01-01", "has no time zone"),
        ("soon", "made_at 'soon' is not a time: write it as 2026-11-24T15:00:00Z"),
    ):
        with pytest.raises(DataError, match=message):
            ledger.append_forecasts([question_forecast(made_at=made_at)], at=AT)
    ledger.append_forecasts([question_forecast(made_at="2026-01-01T12:00:00+02:00")], at=AT)
    assert ledger.forecasts()["made_at"][0] == pd.Timestamp("2026-01-01T10:00:00Z")


def test_what_no_version_wrote_is_refused_in_a_sentence(where):
    with open_ledger(where) as ledger:
        fill(ledger, 5)
    with behind_the_back(where) as execute:
        execute("UPDATE forecasts SET details = '{broken' WHERE sequence = 2")
    with open_ledger(where) as ledger, pytest.raises(DataError, match="`forecast ledger verify` names the entries"):
        ledger.forecasts()


def test_a_time_without_zone_is_refused(ledger):
    with pytest.raises(DataError, match="has no time zone"):
        ledger.append_forecasts([question_forecast()], at=datetime(2026, 11, 24))


# --- append-only


@pytest.mark.parametrize("change", ["UPDATE {} SET recorded_at = '2020'", "DELETE FROM {}"])
@pytest.mark.parametrize("table", ["questions", "forecasts", "resolutions"])
def test_the_database_itself_refuses_changes(ledger, table, change):
    from scale_forecast.resolvers.ledger.engine import say_database_errors, writing

    fill(ledger, 5)
    engine = ledger._engine
    with pytest.raises(DataError, match="append-only"), say_database_errors(engine), writing(engine) as connection:
        connection.exec_driver_sql(change.format(table))
    assert ledger.verify().is_intact


def test_a_removed_trigger_is_reported(where):
    with open_ledger(where) as ledger:
        fill(ledger, 5)
        assert ledger.verify().is_intact
    with behind_the_back(where):
        pass
    with open_ledger(where) as ledger:
        report = ledger.verify()
    changed = "is gone: someone removed it" if "://" not in where else "is not as the ledger makes it"
    assert sum(changed in problem for problem in report.problems) == len(report.problems) == 9


# --- tampering


def test_a_row_cannot_be_replaced_in_sqlite(tmp_path):
    """Replacing deletes a row without asking the trigger against deletion; ledgers of the first revision allowed it."""
    path = str(tmp_path / "ledger.db")
    with open_ledger(path) as ledger:
        fill(ledger, 5)
    connection = sqlite3.connect(path)
    replace = (
        f"INSERT OR REPLACE INTO forecasts ({COLUMNS}) SELECT {COLUMNS.replace('probability', '0.99')} FROM forecasts"
    )
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(replace)
    for table in ("questions", "forecasts", "resolutions"):
        connection.execute(f"DROP TRIGGER {table}_no_replace")
    connection.execute("UPDATE alembic_version SET version_num = '0001'")
    connection.commit()
    open_ledger(path).close()
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(replace)
    connection.close()


COLUMNS = "sequence, recorded_at, kind, made_at, forecaster, question_id, probability, previous_hash, hash"


@pytest.mark.parametrize(
    ("sql", "values", "named"),
    [
        ("UPDATE forecasts SET probability = ? WHERE sequence = 7", [0.99], "forecasts entry 7 was edited"),
        ("UPDATE forecasts SET recorded_at = ? WHERE sequence = 7", ["2020-01-01T00:00:00.000000Z"], "entry 7 was"),
        ("UPDATE forecasts SET made_at = ? WHERE sequence = 7", ["2020-01-01T00:00:00.000000Z"], "entry 7 was edited"),
        ("UPDATE forecasts SET distribution = NULL WHERE sequence = 8", [], "forecasts entry 8 was edited"),
        ("UPDATE resolutions SET outcome = 1 - outcome WHERE sequence = 9", [], "resolutions entry 9 was edited"),
        ("DELETE FROM forecasts WHERE sequence = 7", [], "entry 7 is missing: it was deleted"),
        ("DELETE FROM forecasts WHERE sequence IN (7, 8)", [], "entries 7 to 8 are missing: they were deleted"),
        ("UPDATE forecasts SET sequence = 31 WHERE sequence = 7", [], "entry 7 is missing"),
        (
            f"INSERT INTO forecasts ({COLUMNS}) SELECT 31, recorded_at, kind, made_at, forecaster, question_id, 0.9, "
            "hash, ? FROM forecasts WHERE sequence = 28",
            ["f" * 64],
            "forecasts entry 31 was edited",
        ),
    ],
)
def test_tampering_in_the_database_is_named(where, sql, values, named):
    with open_ledger(where) as ledger:
        fill(ledger, 30)
        assert ledger.verify().is_intact
    with behind_the_back(where) as execute:
        execute(sql, *values)
    with open_ledger(where) as ledger:
        problems = ledger.verify().problems
    assert any(named in problem for problem in problems), problems


@pytest.fixture(scope="module")
def entries(tmp_path_factory):
    """The entries of a sound ledger, for tampering in memory."""
    from scale_forecast.resolvers.ledger.engine import reading
    from scale_forecast.resolvers.ledger.store import _entries

    with open_ledger(tmp_path_factory.mktemp("ledger") / "ledger.db") as ledger:
        fill(ledger, 30)
        with reading(ledger._engine) as connection:
            return list(_entries(connection))


def rewritten(entries):
    """The chain forged anew over changed entries, numbers and hashes fitted."""
    previous, forged = GENESIS, []
    for number, (table, row) in enumerate(entries, 1):
        row = {**row, "sequence": number, "previous_hash": previous}
        previous = row["hash"] = digest(table, row)
        forged.append((table, row))
    return forged


def test_entries_are_counted_and_one_below_its_place_is_named(entries):
    table, row = entries[4]
    assert check(entries).entries == len(entries)
    for number in (-1, 0, 3):
        report = check([*entries, (table, {**row, "sequence": number})])
        assert f"{table} entry {number} was inserted: its number is already taken" in report.problems
        assert report.entries == len(entries) + 1


@given(data=st.data())
def test_any_edit_or_redating_of_any_entry_is_named(entries, data):
    position = data.draw(st.integers(0, len(entries) - 1))
    table, row = entries[position]
    column = data.draw(st.sampled_from(sorted(set(row) - {"sequence"})))
    kind = type(row[column])
    other = {float: st.floats(allow_nan=False), int: st.integers()}.get(kind, st.text())
    value = data.draw((st.none() | other).filter(lambda v: v != row[column]))
    forged_hash = column != "hash" and data.draw(st.booleans())
    changed = {**row, column: value}
    if forged_hash:
        changed["hash"] = digest(table, changed)
    report = check([*entries[:position], (table, changed), *entries[position + 1 :]], head=entries[-1][1]["hash"])
    text = " ".join(report.problems)
    assert re.search(rf"entry {position + 1}\b", text) or (forged_hash and "truncated or rewritten" in text)


@given(data=st.data())
def test_any_deletion_insertion_or_exchange_is_named(entries, data):
    count = len(entries)
    what = data.draw(st.sampled_from(["delete", "insert", "exchange"]))
    position = data.draw(st.integers(0, count - 2))
    tampered = list(entries)
    if what == "delete":
        last = data.draw(st.integers(position, count - 2))
        del tampered[position : last + 1]
    elif what == "insert":
        table, row = entries[position]
        number = data.draw(st.integers(1, count))
        forged = {**row, "sequence": number, "forecaster": "mallory", "previous_hash": data.draw(st.just(row["hash"]))}
        tampered.insert(number, (table, forged | {"hash": digest(table, forged)}))
    else:
        (one, a), (two, b) = tampered[position], tampered[position + 1]
        tampered[position] = two, b | {"sequence": position + 1}
        tampered[position + 1] = one, a | {"sequence": position + 2}
    assert check(tampered).problems


@given(data=st.data())
def test_truncation_and_rewriting_are_sound_in_themselves_and_betrayed_by_a_published_head(entries, data):
    head = entries[-1][1]["hash"]
    kept = data.draw(st.integers(0, len(entries) - 1))
    truncated = entries[:kept]
    assert check(truncated).is_intact
    assert "truncated or rewritten" in check(truncated, head=head).problems[-1]
    position = data.draw(st.integers(0, len(entries) - 1))
    table, row = entries[position]
    forged = rewritten([*entries[:position], (table, {**row, "data_fingerprint": "f" * 64}), *entries[position + 1 :]])
    assert check(forged).is_intact
    assert "truncated or rewritten" in check(forged, head=head).problems[-1]


def test_a_head_published_earlier_stays_valid_as_the_ledger_grows(ledger):
    assert ledger.verify(head=ledger.head().hash).is_intact
    fill(ledger, 5)
    head = ledger.head()
    fill(ledger, 10)
    assert head.sequence == 5
    assert ledger.verify(head=head.hash).is_intact
    assert not ledger.verify(head="0" * 63 + "1").is_intact


# --- exchange


def test_export_is_stable_and_imports_to_the_same_ledger(ledger, tmp_path):
    fill(ledger, 20)
    lines = list(ledger.export())
    assert lines == list(ledger.export())
    with open_ledger(tmp_path / "copy.db") as copy:
        assert copy.load(lines[:8]) == 8
        assert copy.load(lines) == 12
        assert copy.load(lines) == copy.load(lines[:5]) == 0
        assert list(copy.export()) == lines
        assert copy.verify(head=ledger.head().hash).is_intact


def test_a_copy_on_another_engine_ends_in_the_same_hash_and_grows_on(ledger, tmp_path):
    fill(ledger)
    address = ledger._engine.url.render_as_string(hide_password=False).replace("postgresql+psycopg", "postgresql")
    source = address.removeprefix("sqlite:///")
    for _ in range(2):
        result = CliRunner().invoke(main, ["ledger", "copy", source, str(tmp_path / "copy.db")])
        assert result.exit_code == 0, result.output
        ledger.append_forecasts([question_forecast(99)], at=AT)
    with open_ledger(tmp_path / "copy.db") as copy:
        assert copy.verify().is_intact
        assert copy.head().sequence == ledger.head().sequence - 1
        assert list(copy.export()) == list(ledger.export())[:-1]


@pytest.mark.parametrize(("failures", "outcome"), [(3, "recorded"), (99, "said")])
def test_a_transaction_broken_off_for_another_is_begun_anew(tmp_path, monkeypatch, failures, outcome):
    """As PostgreSQL does with SQLSTATE 40001; without end it becomes a sentence, and nothing is recorded twice."""

    class BrokenOff(Exception):
        sqlstate = "40001"

    begun = itertools.count(1)
    append = store._append

    def breaking(*args):
        sequences = append(*args)
        if next(begun) <= failures:
            raise DBAPIError("COMMIT", {}, BrokenOff("could not serialize access"))
        return sequences

    monkeypatch.setattr(store, "_append", breaking)
    monkeypatch.setattr(engine.time, "sleep", lambda seconds: None)
    with open_ledger(tmp_path / "ledger.db") as opened:
        if outcome == "recorded":
            opened.append_forecasts([question_forecast()], at=AT)
        else:
            with pytest.raises(DataError, match="could not serialize access"):
                opened.append_forecasts([question_forecast()], at=AT)
        assert len(opened.forecasts()) == (outcome == "recorded")
        assert opened.verify().is_intact


@pytest.mark.postgres
def test_a_role_that_may_only_read_scores_and_cannot_write():
    import psycopg

    with temporary_schema() as url, open_ledger(url) as opened:
        fill(opened)
        schema, role = url.rsplit("%3D", 1)[1], f"reader_{uuid.uuid4().hex}"
        with psycopg.connect(os.environ["FORECAST_TEST_POSTGRES"], autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {role} LOGIN")
            connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
            connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")
        reader = re.sub(r"//[^@]*@", f"//{role}@", url)
        with open_ledger(reader) as read:
            assert read.verify().is_intact
            with pytest.raises(DataError, match="does not let this role do that"):
                read.append_forecasts([question_forecast()], at=AT)
        result = CliRunner().invoke(main, ["score", "--ledger", reader, "--format", "json"])
        assert result.exit_code == 0, result.output


@pytest.mark.postgres
def test_writers_lose_nothing_on_a_server_that_serialises_by_default():
    """A snapshot taken while waiting for the lock would miss the entry to chain to."""
    with temporary_schema() as url:
        run_writers(f"{url}%20-cdefault_transaction_isolation%3Dserializable", writers=4, each=10)


def test_an_export_that_was_edited_is_refused_whole(ledger, tmp_path):
    fill(ledger, 10)
    lines = list(ledger.export())
    lines[1] = lines[1].replace('"probability":0.01', '"probability":0.99')
    with open_ledger(tmp_path / "copy.db") as copy:
        with pytest.raises(DataError, match="forecasts entry 2 was edited"):
            copy.load(lines)
        with pytest.raises(DataError, match="entries 1 to 2 are missing"):
            copy.load(lines[2:])
        for forged in ("{}", "[1]", "nonsense", lines[0].replace('"question-0"', '"\\ud800"'), '{"table":"users"}'):
            with pytest.raises(DataError, match="line 1 is not an entry of a ledger"):
                copy.load([forged])
        assert copy.head().sequence == 0


def test_ledgers_that_grew_apart_are_not_mixed(ledger, tmp_path):
    fill(ledger, 10)
    with open_ledger(tmp_path / "other.db") as other:
        other.append_forecasts([question_forecast()], at=AT)
        with pytest.raises(DataError, match="part at questions entry 1"):
            other.load(ledger.export())
        assert other.head().sequence == 1


# --- several processes, kills and full disks


def test_writers_at_once_lose_nothing(where):
    run_writers(where, writers=4, each=25)


@pytest.mark.slow
def test_eight_writers_of_five_hundred_lose_nothing(where):
    run_writers(where, writers=8, each=500)


def run_writers(where, writers, each):
    """The ledger does not exist yet: making it is part of the race."""
    running = [PROCESSES.Process(target=write_many, args=(where, writer, each)) for writer in range(writers)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    assert [process.exitcode for process in running] == [0] * writers
    with open_ledger(where) as ledger:
        assert ledger.forecasts()["forecaster"].value_counts().to_dict() == {
            f"writer-{w}": each for w in range(writers)
        }
        report = ledger.verify()
    assert report.is_intact
    assert report.entries == writers * each


def test_a_kill_loses_no_acknowledged_forecast(where, tmp_path):
    kill_writers(where, tmp_path, kills=10)


@pytest.mark.slow
def test_two_hundred_kills_lose_no_acknowledged_forecast(where, tmp_path):
    kill_writers(where, tmp_path, kills=200)


def kill_writers(where, tmp_path, kills):
    """Kill a writer at a random moment again and again; the next one opens what it left.

    Every other writer is let come to writing, the rest may die as they open the ledger.
    """
    rng, notes = random.Random(5), tmp_path / "acknowledged"
    notes.touch()
    open_ledger(where).close()
    for run in range(kills):
        writer = PROCESSES.Process(target=write_until_killed, args=(where, run, notes))
        before = notes.stat().st_size
        writer.start()
        while run % 2 and notes.stat().st_size == before and writer.is_alive():
            time.sleep(0.001)
        time.sleep(rng.uniform(0.0, 0.1))
        writer.kill()
        writer.join()
    said = [line.split() for line in notes.read_text().splitlines()]
    assert len({run for run, _, _ in said}) >= kills // 2
    with open_ledger(where) as ledger:
        report, table = ledger.verify(), ledger.forecasts()
    assert report.is_intact
    assert report.entries % 2 == 0  # two rows a call: both or none
    held = dict(zip(table["sequence"], table["forecaster"], strict=True))
    assert [held.get(int(sequence)) for _, _, sequence in said] == [f"run-{run}" for run, _, _ in said]


def test_a_full_disk_is_said_in_a_sentence_and_the_ledger_stays_sound(tmp_path):
    from sqlalchemy import event

    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        ledger.append_forecasts([question_forecast()], at=AT)
        pages = sqlite3.connect(path).execute("PRAGMA page_count").fetchone()[0]
        event.listen(ledger._engine, "begin", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(DataError) as error:
            ledger.append_forecasts([score_forecast(n) for n in range(500)], at=AT)
    assert str(error.value) == (
        f"the ledger {path} cannot be written, the disk is full: nothing was recorded; free some space and repeat"
    )
    with open_ledger(path) as ledger:
        assert ledger.verify().is_intact
        assert ledger.append_forecasts([question_forecast()], at=AT) == [2]


# --- opening


def test_there_is_nothing_to_read_before_the_first_forecast(tmp_path):
    path = tmp_path / "none.db"
    with pytest.raises(DataError, match="it is made when the first forecast is recorded"):
        open_ledger(path, create=False)
    assert not path.exists()


@pytest.mark.parametrize(
    "address", ["postgresql://nobody:secret@127.0.0.1:1/none", "postgresql://nobody@127.0.0.1:1/none?password=secret"]
)
def test_a_server_that_does_not_answer_is_named_without_the_password(address):
    pytest.importorskip("psycopg")
    _refused_without_its_password(address, "the ledger postgresql")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("mysql://host/db", "no ledger can be kept at mysql://: give a path, or postgresql://user@host/database"),
        ("postgresql://nobody:secret@127.0.0.1:1/none", "a PostgreSQL ledger needs psycopg: install it with pip"),
    ],
)
def test_an_address_that_is_no_ledger_is_refused_where_only_the_package_is_installed(monkeypatch, address, message):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    _refused_without_its_password(address, message)


def _refused_without_its_password(address, message):
    with pytest.raises(DataError) as error:
        open_ledger(address)
    assert str(error.value).startswith(message)
    assert "secret" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("notes/ledger.db", "notes/ledger.db"),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("postgresql://me:secret@host/db?sslmode=require", "postgresql://me:***@host/db?sslmode=require"),
        ("postgresql://me@host/db?sslpassword=secret&password=secret", "postgresql://me@host/db?"),
        ("postgresql://me:secret@host:port/db", "postgresql://***"),
    ],
)
def test_an_address_is_shown_without_its_password(address, shown):
    assert shown_address(address).startswith(shown)
    assert "secret" not in shown_address(address)


def test_a_file_that_is_something_else_is_left_alone(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("These are notes, not a database, and they are longer than a header. " * 20)
    with pytest.raises(DataError, match="is not a ledger: the file is something else"):
        open_ledger(path)
    assert path.read_text().startswith("These are notes")


def test_a_ledger_of_a_newer_version_is_not_touched(where):
    open_ledger(where).close()
    with behind_the_back(where) as execute:
        execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DataError, match="has revision 9999, but this version of forecast knows 0002"):
        open_ledger(where)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("UPDATE alembic_version SET version_num = 'abc'", "revision 'abc', which no version of forecast wrote"),
        ("UPDATE alembic_version SET version_num = '0000'", "revision '0000', which no version of forecast wrote"),
        ("DELETE FROM alembic_version", "and no revision, which someone removed"),
        ("DROP TABLE alembic_version", "and no revision, which someone removed"),
    ],
)
def test_a_ledger_whose_revision_was_touched_is_left_alone_and_the_remedy_named(where, sql, message):
    open_ledger(where).close()
    with behind_the_back(where) as execute:
        execute(sql)
    with pytest.raises(DataError, match=message) as error:
        open_ledger(where)
    assert "restore it from a copy (`forecast ledger copy`) or an export" in str(error.value)


def test_an_address_of_a_file_behaves_as_its_path(tmp_path, monkeypatch):
    """Also where there is no file yet: what only reads says so or goes on without, and makes none."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("scale_forecast.workflow.questions.bundled_questions", list)
    for where in ("sqlite:///new.db", "new.db"):
        listed = CliRunner().invoke(main, ["questions", "list", "--ledger", where])
        assert listed.exit_code == 0, listed.output
        refused = CliRunner().invoke(main, ["ledger", "verify", "--ledger", where])
        assert "there is no ledger at new.db" in refused.stderr
        assert not (tmp_path / "new.db").exists()


def test_an_empty_file_is_no_ledger_to_read(tmp_path):
    path = tmp_path / "empty.db"
    path.touch()
    with pytest.raises(DataError, match="holds no ledger: it is made when the first forecast is recorded"):
        open_ledger(path, create=False)
    with open_ledger(path) as ledger:
        assert ledger.head().sequence == 0


def test_migrations_make_the_tables_the_code_expects(ledger):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from scale_forecast.resolvers.ledger.engine import reading
    from scale_forecast.resolvers.ledger.schema import metadata

    with reading(ledger._engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_who_measures_a_score_and_how_stands_in_columns_of_its_own(ledger):
    """Also of entries without, and of questions; the entries themselves keep it in their details."""
    how = {"evaluator": "Epoch AI", "version": "2", "setting": "high"}
    ledger.append_forecasts([score_forecast(details=how), score_forecast(), question_forecast()], at=AT)
    table = ledger.forecasts()
    assert table.iloc[0][list(how)].to_dict() == how
    assert table[list(how)].iloc[1:].isna().all(axis=None)
    assert ledger.verify().is_intact
