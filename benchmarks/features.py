"""How fast features are built, beside the straightforward loop over tasks in the same run.

    python -m benchmarks.features

Prints the ratio at about 100,000 rows, the growth to about 1,000,000 rows, and the peak memory of the largest run
(of the whole process: the table itself included), each size in a process of its own. Seconds are of processor time, so
that what else the machine does counts little; both ways run on one thread.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

from benchmarks.features_reference import reference_features
from benchmarks.tables import random_tables
from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.features.transitions import features, observed_steps

ROWS_A_TASK = 61.2
SIZES = (100_000, 200_000, 500_000, 1_000_000)


def measure(rows: int, *, with_loop: bool) -> dict[str, float]:
    """Rows, steps, processor seconds (steps and features) and peak memory; with the loop's seconds where asked."""
    results, tasks = random_tables(round(rows / ROWS_A_TASK), seed=0)
    metrics = bundled_metrics()
    start = time.process_time()
    steps = observed_steps(results)
    table = features(results, tasks, metrics, steps)
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    found = {"rows": len(results), "steps": len(table), "columns": table.shape[1], "seconds": seconds, "peak_gb": peak}
    if with_loop:
        start = time.process_time()
        reference_features(results, tasks, metrics, steps)
        found["loop_seconds"] = time.process_time() - start
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--loop", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.rows:
        print(json.dumps(measure(asked.rows, with_loop=asked.loop)))
        return
    print(f"{'rows':>10} {'steps':>8} {'seconds':>8} {'us/row':>7} {'peak GB':>8} {'loop s':>8} {'ratio':>6}")
    for rows in SIZES:
        command = [sys.executable, "-m", "benchmarks.features", "--rows", str(rows)]
        command += ["--loop"] if rows == SIZES[0] else []
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        loop = found.get("loop_seconds")
        beside = f" {loop:8.1f} {loop / found['seconds']:6.1f}" if loop else ""
        print(
            f"{found['rows']:>10,} {found['steps']:>8,} {found['seconds']:>8.2f} "
            f"{found['seconds'] / found['rows'] * 1e6:>7.1f} {found['peak_gb']:>8.2f}{beside}",
            flush=True,
        )


if __name__ == "__main__":
    main()
