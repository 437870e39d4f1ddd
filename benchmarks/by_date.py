"""Coming models by date: each release of a quarter forecast the day the quarter began, with 0, 1, 3 or 5 scores known.

    python -m benchmarks.by_date --cache FOLDER [--tables FOLDER] [--reading dated|release] [--last]

Which models and scores count is `scale_forecast.by_date.backtests.rule`; `forecast backtest --folds by-date` makes the
same table.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.records import TABLES
from scale_forecast.by_date.backtests.kept import Kept
from scale_forecast.by_date.backtests.models import measure
from scale_forecast.by_date.backtests.summary import models_summary
from scale_forecast.by_date.tables import read_tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, default=TABLES)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--reading", choices=["dated", "release"], default="dated")
    parser.add_argument("--last", action="store_true")
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    tables = read_tables(*(given.tables / f"{name}.csv" for name in ("scores", "releases", "benchmarks")))
    table = measure(Kept(tables, given.cache), given.reading, last=given.last)
    if given.keep:
        table.to_csv(given.keep, index=False)
    print(models_summary(table).round(4).to_string(index=False))


if __name__ == "__main__":
    main()
