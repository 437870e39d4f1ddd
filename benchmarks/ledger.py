"""What the ledger costs and what it withstands.

    python -m benchmarks.ledger                     # a SQLite file
    bash .ci/postgres python -m benchmarks.ledger --postgres

Prints the cost of an acknowledged append beside a bare insert and commit of the same row on the same disk in the same
run, entries per second in bulk, the rows that eight writers at once leave, and the acknowledged forecasts that 200
kills at random moments lose. `--writers 50 --each 200` prints instead how long an append takes among as many writers.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from scale_forecast.resolvers.ledger import open_ledger
from tests.ledgers import AT, question_forecast, score_forecast, time_appends, write_many, write_until_killed

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.ledgers"])
SINGLE, BULK, WRITERS, EACH, KILLS = 300, 20_000, 8, 500, 200


def time_call(call: Callable[[], Any]) -> float:
    """Seconds of a call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def bare_inserts(path: Path) -> None:
    """What any durable insert costs here: one row, one commit, synced to disk, without chain or checks."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE bare (sequence INTEGER PRIMARY KEY, question TEXT, probability REAL, hash TEXT)")
    for number in range(SINGLE):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO bare VALUES (?, 'question', 0.5, ?)", (number, "0" * 64))
        connection.execute("COMMIT")
    connection.close()


def speed(where: str, folder: Path) -> None:
    """Print the cost of single appends and the rate of bulk work."""
    with open_ledger(where) as ledger:
        single = time_call(lambda: [ledger.append_forecasts([question_forecast(n)], at=AT) for n in range(SINGLE)])
        bulk = time_call(lambda: ledger.append_forecasts([score_forecast(n % 999) for n in range(BULK)], at=AT))
        verify = time_call(ledger.verify)
        lines: list[str] = []
        export = time_call(lambda: lines.extend(ledger.export()))
    with open_ledger(folder / "copy.db") as copy:
        load = time_call(lambda: copy.load(lines))
    bare = time_call(lambda: bare_inserts(folder / "bare.db"))
    print(f"append, one acknowledged: {single / SINGLE * 1e3:.1f} ms, {single / bare:.1f} times a bare SQLite insert")
    rates = {"append in bulk": BULK / bulk, "verify": len(lines) / verify, "export": len(lines) / export}
    for name, rate in (rates | {"import": len(lines) / load}).items():
        print(f"{name}: {rate:,.0f} entries/s")


def run_all(processes: list[BaseProcess]) -> None:
    """Start all, and wait for all."""
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def writers(where: str) -> None:
    """Print what writers at once leave."""
    running = [PROCESSES.Process(target=write_many, args=(where, writer, EACH)) for writer in range(WRITERS)]
    run_all(running)
    with open_ledger(where) as ledger:
        report, rows = ledger.verify(), ledger.forecasts()["forecaster"].str.startswith("writer-").sum()
    print(f"{WRITERS} writers x {EACH}: {rows} rows, chain {'intact' if report.is_intact else report.problems}")


def crowd(where: str, folder: Path, writers: int, each: int) -> None:
    """Print how long an append takes when ``writers`` processes wait for the one lock."""
    open_ledger(where).close()
    files = [folder / f"seconds-{writer}" for writer in range(writers)]
    running = [PROCESSES.Process(target=time_appends, args=(where, w, each, file)) for w, file in enumerate(files)]
    elapsed = time_call(lambda: run_all(running))
    seconds = sorted(float(line) for file in files for line in file.read_text().splitlines())
    with open_ledger(where) as ledger:
        report, rows = ledger.verify(), ledger.forecasts()["forecaster"].str.startswith("timed-").sum()
    chain = "intact" if report.is_intact else report.problems
    median, late = (seconds[int(share * (len(seconds) - 1))] * 1e3 for share in (0.5, 0.99))
    print(f"{writers} writers x {each}: {rows:,} rows in {elapsed:.0f} s, chain {chain}")
    print(f"one append: median {median:,.0f} ms, 99th percentile {late:,.0f} ms, longest {seconds[-1] * 1e3:,.0f} ms")


def kills(where: str, folder: Path) -> None:
    """Print what kills at random moments lose."""
    rng, notes = random.Random(0), folder / "acknowledged"
    notes.touch()
    for run in range(KILLS):
        before = notes.stat().st_size
        writer = PROCESSES.Process(target=write_until_killed, args=(where, run, notes))
        writer.start()
        while run % 2 and notes.stat().st_size == before and writer.is_alive():
            time.sleep(0.001)
        time.sleep(rng.uniform(0.0, 0.1))
        writer.kill()
        writer.join()
    said = [line.split() for line in notes.read_text().splitlines()]
    with open_ledger(where) as ledger:
        report, table = ledger.verify(), ledger.forecasts()
    held = dict(zip(table["sequence"], table["forecaster"], strict=True))
    lost = sum(held.get(int(sequence)) != f"run-{run}" for run, _, sequence in said)
    chain = "intact" if report.is_intact else report.problems
    print(f"{KILLS} kills: {len(said)} appends acknowledged, {lost} lost, chain {chain}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--postgres", action="store_true", help="Use the server of FORECAST_TEST_POSTGRES.")
    parser.add_argument("--writers", type=int, help="Only measure appends among as many writers.")
    parser.add_argument("--each", type=int, default=200, help="How many forecasts each of them appends.")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        where = os.environ["FORECAST_TEST_POSTGRES"] if chosen.postgres else str(folder / "ledger.db")
        if chosen.writers:
            crowd(where, folder, chosen.writers, chosen.each)
            return
        speed(where, folder)
        writers(where)
        kills(where, folder)


if __name__ == "__main__":
    main()
