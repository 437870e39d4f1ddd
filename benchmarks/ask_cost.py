"""Processor time of questions of a day that nothing was asked on before, against a warm forecast by scale, in one run.

    python -m benchmarks.ask_cost [--day 2026-11-29]

The states that rest on the tables are trained first, in a cache of their own, and not counted: a further day of the
same data trains nothing. Every line is a process of its own, as a command is, and counts what that process took, the
loading of code included.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

TURNS = 3
PREDICT = ("predict", "--family", "PaLM", "--params", "1e12", "-o")
TITLES = [
    f"any model scores above {level}% on {test} by 2028"
    for test, levels in (("Humanity's Last Exam", range(65, 90, 5)), ("FrontierMath Tier 4", range(90, 95)),
                         ("SimpleBench", range(85, 95, 2)), ("APEX-Agents", range(60, 85, 5)))
    for level in levels
]  # fmt: skip


def seconds(folder: Path, *arguments: str) -> float:
    """Processor time of a command, its children included; cache and ledger are in a folder."""
    where = dict(os.environ, FORECAST_CACHE=str(folder / "cache"), FORECAST_LEDGER=str(folder / "ledger.db"))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "scale_forecast", *arguments], check=True, capture_output=True, env=where)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def measure(day: dt.date, folder: Path) -> pd.DataFrame:
    """A row a command: its time, and how many times a warm `predict` that is."""
    out, titles = str(folder / "out.txt"), folder / "titles.txt"
    titles.write_text("\n".join(TITLES), encoding="utf-8")
    before, asked = day - dt.timedelta(days=1), ("--no-record", "-o", out)
    seconds(folder, "ask", TITLES[0], "--as-of", f"{before}", *asked)
    seconds(folder, *PREDICT, out)
    warm = float(np.median([seconds(folder, *PREDICT, out) for _ in range(TURNS)]))
    first = seconds(folder, "ask", TITLES[0], "--as-of", f"{day}", *asked)
    second = seconds(folder, "ask", TITLES[5], "--as-of", f"{day}", *asked)
    twenty = seconds(folder, "ask", "-f", str(titles), "--as-of", f"{day}", "-o", out)
    rows = [("warm predict", warm), ("first ask of a day", first), ("second ask", second), ("twenty titles", twenty)]
    table = pd.DataFrame(rows, columns=["command", "seconds"])
    return table.assign(of_predict=table["seconds"] / warm, of_one_ask=table["seconds"] / second)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--day", type=dt.date.fromisoformat, default=dt.date(2026, 11, 29))
    with tempfile.TemporaryDirectory() as folder:
        print(measure(parser.parse_args().day, Path(folder)).round(2).to_string(index=False))


if __name__ == "__main__":
    main()
