"""Do two checkouts forecast the same? ``python -m benchmarks.same_values write DIR``, then ``compare DIR OTHER``.

``write`` runs a backtest of PaLM 540B and LLaMA 65B, one prediction, every table of every study, one price and one
report with the command given by ``--forecast``, and keeps what each printed. ``compare`` says where two such folders
differ: numbers, names and order to the byte; of the report the words, of JSON what is inside the envelope; versions,
fingerprints, times of making and columns that are empty throughout aside.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

COMMANDS = {
    "backtest.csv": "backtest --target 'PaLM 540B' --target 'LLaMA 65B' --format csv -o {out}",
    "predict.csv": "predict --family PaLM --params 540e9 --format csv -o {out}",
    "ask.json": ("ask 'NeQA resolves with scale by 2024-11-15' --as-of 2022-11-15 --no-record --format json -o {out}"),
    "report.html": "report --family PaLM --params 540e9 --before -o {out}",
}
STUDIES = (
    *("momentum", "levels", "noise", "logistic", "middle"),
    *("metrics", "steps", "inverse", "elicitation", "features"),
)
VERSIONS = re.compile(
    r"\b[0-9a-f]{16,64}\b|\b\d+\.\d+\.\d+\b|\d{4}-\d\d-\d\dT[\d:.]+\S*|\d{4}-\d\d-\d\d\s\d\d:\d\d\sUTC"
)
"""Fingerprints, versions and moments, which differ without a value being another."""


class _Words(HTMLParser):
    """The words of a page, without its markup, style and script."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.extend(data.split())


def values_of(path: Path) -> str:
    """What a file says, without what may differ between two versions of the code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        page = _Words()
        page.feed(text)
        text = "\n".join(page.words)
    elif path.suffix == ".json":
        document = json.loads(text)
        inside = document["data"] if isinstance(document, dict) and "schema_version" in document else document
        text = json.dumps(inside, indent=1)
    elif path.suffix == ".csv":
        rows = list(csv.reader(io.StringIO(text)))
        columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
        text = "\n".join(",".join(row) for row in zip(*columns, strict=True))
    return VERSIONS.sub("#", text)


def write(folder: Path, forecast: str) -> None:
    """Run every command, each printing to a file of ``folder``; the ledger and the user's files stay untouched."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        surroundings = {**os.environ, "FORECAST_LEDGER": f"{home}/ledger.db"}

        def run(line: str, *, refused: bool = False) -> str:
            words = [*shlex.split(forecast), *shlex.split(line)]
            done = subprocess.run(words, cwd=folder, env=surroundings, capture_output=True, text=True)
            if (done.returncode != 0) is not refused:
                raise SystemExit(f"{line}\n{done.stderr}")
            return done.stderr

        for name, line in COMMANDS.items():
            print(name, flush=True)
            run(line.format(out=name))
        for study in STUDIES:
            for table in tables_of(run(f"study {study} --table '?'", refused=True)):
                run(f"study {study} --table {shlex.quote(table)} --format csv -o {study}.{table}.csv")


def tables_of(refusal: str) -> list[str]:
    """Names of a study's tables, from the sentence that refuses an unknown one."""
    return re.split(r",\s+|\s+and\s+", re.sub(r"\s+", " ", refusal.split("this study has ")[1]).strip())


def compare(first: Path, second: Path) -> list[str]:
    """What differs, a line each."""
    names = [{p.relative_to(folder) for p in folder.rglob("*") if p.is_file()} for folder in (first, second)]
    lines = [f"{name} is only in one" for name in sorted(names[0] ^ names[1])]
    for name in sorted(names[0] & names[1]):
        if name.suffix in (".csv", ".json", ".html") and values_of(first / name) != values_of(second / name):
            lines.append(f"{name} differs")
    return lines


def main() -> None:
    """Write or compare, as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("write", "compare"))
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument(
        "--forecast", default=f"{shlex.quote(sys.executable)} {shlex.quote(str(Path('cli.py').resolve()))}"
    )
    options = parser.parse_args()
    if options.what == "write":
        write(options.folders[0], options.forecast)
        return
    different = compare(*options.folders)
    print("\n".join(different) or "the same values")
    raise SystemExit(bool(different))


if __name__ == "__main__":
    main()
