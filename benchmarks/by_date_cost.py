"""Processor time of all records by date against that of a forecast by scale, both trained before, in one run.

    python -m benchmarks.by_date_cost [--by 2027-06-30] [--turns 3]

Both read the bundled tables and the cache of the user; a first turn trains and is not counted.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import scale_forecast

AS_OF = "2026-11-30"


def seconds(call: Callable[[], object], turns: int) -> float:
    """Median processor time of a call, after one that is not counted."""
    call()
    taken = []
    for _ in range(turns):
        begin = time.process_time()
        call()
        taken.append(time.process_time() - begin)
    return float(np.median(taken))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--by", default="2027-06-30")
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    scale = seconds(lambda: scale_forecast.predict(family="PaLM", params="1e12"), given.turns)
    date = seconds(lambda: scale_forecast.records(given.by, as_of=AS_OF), given.turns)
    rows = [("predict by scale", scale, 1.0), ("all records by date", date, date / scale)]
    print(pd.DataFrame(rows, columns=["", "processor seconds", "ratio"]).round(2).to_string(index=False))


if __name__ == "__main__":
    main()
