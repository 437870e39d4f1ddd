"""What a second process saves where many titles are asked: `ask_all` by one and by two, each in a run of its own.

    python -m benchmarks.many_titles [--titles 20,200] [--jobs 1,2] [--day 2026-11-29]

Titles are thresholds, leaders and best scores of the tests with most scores by date. Two processes are used however
few titles there are. What the tables teach is learned before, by the first run. The rows must be the same byte for
byte, whoever answers.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import random
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pandas as pd
from joblib.externals.loky import get_reusable_executor

from scale_forecast.data.frontier import bundled_frontier_tables
from scale_forecast.parallel import Workers
from scale_forecast.workflow import asking
from scale_forecast.workflow.ask import ask_all

TESTS = 24
LEVELS = (55, 60, 70, 80, 85, 90, 95, 97)
YEARS = (2027, 2028)


def titles(count: int) -> list[str]:
    """So many of them, mixed."""
    tables = bundled_frontier_tables()
    benchmark = tables.benchmarks.set_index("task")["benchmark"].astype(str)
    tests = list(dict.fromkeys(benchmark[tables.scores["task"].value_counts().index[:TESTS]]))
    made = [f"any model scores above {x}% on {of} by {y}" for of, y, x in itertools.product(tests, YEARS, LEVELS)]
    made += [f"Which company leads {of} at the end of {year}?" for of, year in itertools.product(tests, YEARS)]
    made += [f"best score on {of} by {year}-06-30" for of, year in itertools.product(tests, YEARS)]
    return random.Random(0).sample(made, count)


def measure(count: int, jobs: int, day: str) -> dict[str, Any]:
    """Seconds by the clock and of processors, those of the workers too, and the rows."""
    asking.LEAST = 1
    before = time.perf_counter()
    rows = ask_all(titles(count), as_of=day, bundled=True, workers=Workers(jobs))
    clock = time.perf_counter() - before
    get_reusable_executor().shutdown()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own, workers = (one.ru_utime + one.ru_stime for one in used)
    return {"titles": count, "processes": jobs, "clock": clock, "own": own, "workers": workers, "rows": rows.to_csv()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--titles", default="20,200")
    parser.add_argument("--jobs", default="1,2")
    parser.add_argument("--day", default="2026-11-29")
    given = parser.parse_args()
    found = []
    for count, jobs in itertools.product(map(int, given.titles.split(",")), map(int, given.jobs.split(","))):
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
            found.append(fresh.submit(measure, count, jobs, given.day).result())
    table = pd.DataFrame(found)
    same = table.groupby("titles")["rows"].nunique().eq(1)
    print(table.drop(columns="rows").round(1).to_string(index=False))
    print("the rows are the same" if same.all() else f"the rows differ: {same.index[~same].tolist()}")


if __name__ == "__main__":
    main()
