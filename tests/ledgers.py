"""Making ledgers for tests, and writers that run in processes of their own."""

import contextlib
import functools
import os
import tempfile
import time
import uuid
from datetime import UTC, datetime

from scale_forecast.resolvers.ledger import open_ledger

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)


def question_forecast(number=0, **changes):
    return {
        "question_id": f"question-{number}",
        "probability": (number % 99 + 1) / 100,
        "forecaster": f"forecaster-{number % 3}",
        "predictor": "stack",
        "predictor_version": "1.0",
        "data_fingerprint": "0123456789abcdef",
    } | changes


def score_forecast(number=0, **changes):
    return {
        "benchmark": "MMLU",
        "task": f"task {number}",
        "metric": "accuracy",
        "shots": 5,
        "prompt": "direct",
        "model": "PaLM 540B",
        "params": 540e9,
        "predictor": "stack",
        "predictor_version": "1.0",
        "distribution": {"levels": [0.1, 0.5, 0.9], "quantiles": [0.3, 0.5 + number / 10_000, 0.8]},
    } | changes


def fill(ledger, entries=30):
    """Questions, forecasts of both kinds and resolutions in turn, one of them superseded.

    An empty ledger takes them together from one that was filled one by one before.
    """
    if ledger.head().sequence:
        _append(ledger, entries)
    else:
        ledger.load(_lines_of_filled(entries))


@functools.cache
def _lines_of_filled(entries):
    with tempfile.TemporaryDirectory() as folder, open_ledger(os.path.join(folder, "ledger.db")) as ledger:
        _append(ledger, entries)
        return tuple(ledger.export())


def _append(ledger, entries):
    for number in range(entries // 5):
        ledger.append_questions([{"question_id": f"question-{number}", "definition": {"title": f"№ {number}"}}], at=AT)
        ledger.append_forecasts([question_forecast(number), score_forecast(number)], at=AT)
        ledger.append_resolutions([{"question_id": f"question-{number}", "status": "yes", "reason": "seen"}], at=AT)
        ledger.append_resolutions([{"question_id": f"question-{number}", "status": "no", "reason": "erratum"}], at=AT)


@contextlib.contextmanager
def temporary_schema():
    """A schema of its own on the PostgreSQL server of the test run; yields the URL of a ledger in it."""
    import psycopg

    server, schema = os.environ["FORECAST_TEST_POSTGRES"], f"ledger_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        yield f"{server}{'&' if '?' in server else '?'}options=-csearch_path%3D{schema}"
        connection.execute(f"DROP SCHEMA {schema} CASCADE")


def write_many(where, writer, count):
    """Append ``count`` forecasts one by one, as a process among others."""
    with open_ledger(where) as ledger:
        for number in range(count):
            ledger.append_forecasts([question_forecast(number, forecaster=f"writer-{writer}")], at=AT)


def time_appends(where, writer, count, seconds):
    """As `write_many`; the seconds of each append go to the file ``seconds``, a line each."""
    with open_ledger(where) as ledger, open(seconds, "a") as notes:
        for number in range(count):
            start = time.perf_counter()
            ledger.append_forecasts([question_forecast(number, forecaster=f"timed-{writer}")], at=AT)
            notes.write(f"{time.perf_counter() - start}\n")


def write_until_killed(where, run, acknowledged):
    """Append for ever; after each return, and not before, note the forecast's number in a file."""
    with open_ledger(where) as ledger, open(acknowledged, "ab", buffering=0) as notes:
        number = 0
        while True:
            rows = [question_forecast(number, forecaster=f"run-{run}"), score_forecast(number, forecaster=f"run-{run}")]
            sequences = ledger.append_forecasts(rows, at=AT)
            os.write(notes.fileno(), f"{run} {number} {sequences[-1]}\n".encode())
            number += 1
