"""Item-level logs of lm-evaluation-harness, aggregated out of core: seconds, peak memory, and rows a second.

    python -m benchmarks.logs [MILLIONS ...] [--folder FOLDER]

Writes logs of 14,042 items (as many as MMLU) of ten models on as many tasks as needed, then measures `read_logs` in a
process of its own, with 2 threads and 1 GB for DuckDB. The default sizes are 0.5 and 2 million lines.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

ITEMS = 14_042
MODELS = 10
LINE = (
    '{"doc_id":%d,"doc":{"question":"Which of %d?","passage_id":"p%d"},"target":"%d","filtered_resps":'
    '[["%.4f","False"],["%.4f","False"],["%.4f","False"],["%.4f","False"]],"acc":%.1f}\n'
)


def write_logs(folder: Path, lines: int) -> int:
    """Logs of ``lines`` items in all, and their size in bytes; every three items share a passage.

    The first task is drawn, the others are copies of its files: to whoever reads them they are tasks of their own.
    """
    rng = np.random.default_rng(0)
    written = size = 0
    while written < lines:
        file, items = written // ITEMS, min(ITEMS, lines - written)
        model, task = file % MODELS, file // MODELS
        path = folder / f"org__bench-{model + 1}b" / f"samples_task_{task}.jsonl"
        path.parent.mkdir(exist_ok=True)
        first = path.with_name("samples_task_0.jsonl")
        if first.exists() and items == ITEMS:
            shutil.copy(first, path)
        else:
            path.write_text("".join(_lines(items, 0.2 * model, rng)))
        size += path.stat().st_size
        written += items
    return size


def _lines(items: int, skill: float, rng: np.random.Generator) -> Iterator[str]:
    loglik = rng.normal(-5.0, 1.0, (items, 4))
    gold = rng.integers(0, 4, items)
    loglik[np.arange(items), gold] += skill
    right = loglik.argmax(axis=1) == gold
    rows = zip(loglik.tolist(), gold.tolist(), right.tolist(), strict=True)
    return (LINE % (i, i, i // 3, g, *ll, r) for i, (ll, g, r) in enumerate(rows))


def measure(folder: Path) -> dict[str, float]:
    """Seconds and peak memory of aggregating every log below ``folder``."""
    from scale_forecast.data.logs import read_logs

    start, processor = time.perf_counter(), time.process_time()
    logs = read_logs([folder])
    return {
        "scores": len(logs.loaded.results),
        "profiles": len(logs.profiles),
        "seconds": time.perf_counter() - start,
        "processor_s": time.process_time() - processor,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("millions", nargs="*", type=float, default=[0.5, 2.0])
    parser.add_argument("--folder", type=Path, help="where to write the logs; a temporary folder when not given")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure)))
        return
    found = []
    for millions in asked.millions or [0.5, 2.0]:
        folder = Path(tempfile.mkdtemp(prefix="logs-", dir=asked.folder))
        try:
            size = write_logs(folder, int(millions * 1e6))
            command = [sys.executable, "-m", "benchmarks.logs", "--measure", str(folder)]
            answer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        finally:
            shutil.rmtree(folder)
        found.append({"million_lines": millions, "gb": size / 1e9, **answer})
    table = pd.DataFrame(found)
    table["lines_a_second"] = (table["million_lines"] * 1e6 / table["seconds"]).round(-2)
    print(table.round(2).to_string(index=False))


if __name__ == "__main__":
    main()
