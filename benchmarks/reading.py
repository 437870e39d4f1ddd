"""How fast results are read, beside pandas on the same file; and what a line of 2 GB costs.

    python -m benchmarks.reading

Reading includes the search for models, the checks at the door and the account. Times are CPU seconds, and the bundled
tables are loaded before. Each size runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.data.catalog import bundled_models
from scale_forecast.data.errors import DataError
from scale_forecast.data.readers import read

SIZES = (100_000, 1_000_000)
ENDLESS = 2 << 30


def write_table(path: Path, rows: int) -> None:
    """A results table of 1,000 tasks a model, as CSV."""
    number = np.arange(rows)
    model = 1 + number // 1000
    pd.DataFrame(
        {
            "benchmark": "B",
            "task": [f"task {i}" for i in number % 1000],
            "model": [f"m{i}-{i}b" for i in model],
            "score": np.random.default_rng(0).random(rows).round(4),
            "n_examples": 100,
        }
    ).to_csv(path, index=False)


def measure_table(path: Path) -> dict[str, float]:
    """Seconds of pandas and of the reader on one file, and peak memory."""
    bundled_models()
    start = time.process_time()
    pd.read_csv(path)
    middle = time.process_time()
    rows = len(read([path]).results)
    end = time.process_time()
    return {"rows": rows, "pandas_s": middle - start, "reader_s": end - middle, "peak_gb": _peak()}


def measure_endless(path: Path) -> dict[str, float]:
    """Seconds until a line without end is refused, and peak memory."""
    start = time.process_time()
    try:
        read([path])
    except DataError:
        return {"bytes": path.stat().st_size, "refused_s": time.process_time() - start, "peak_gb": _peak()}
    raise AssertionError("a line of 2 GB was taken for a table")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main() -> None:
    """Each measurement in its own process; one JSON object a line."""
    if len(sys.argv) == 3:
        measure = {"table": measure_table, "endless": measure_endless}[sys.argv[1]]
        print(json.dumps(measure(Path(sys.argv[2]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        for rows in SIZES:
            write_table(path, rows)
            _run("table", path)
        with path.open("wb") as file:
            file.write(b"task,model,params,score\nt,")
            for _ in range(ENDLESS >> 24):
                file.write(b"x" * (1 << 24))
        _run("endless", path)


def _run(kind: str, path: Path) -> None:
    subprocess.run([sys.executable, "-m", "benchmarks.reading", kind, str(path)], check=True)


if __name__ == "__main__":
    main()
