"""What changed in the bundled figures by scale since a commit, by cause: sizes, lines, tasks, scores, days.

    python -m benchmarks.scaling_world 3c7487b

The commit must be of before the packages stood under one name. Rows are compared in their order, cell by cell.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from scale_forecast.data.catalog import bundled_results, bundled_tasks

CAUSES = {
    "sizes": ["params", "active_params", "train_tokens", "train_flops"],
    "lines": ["family", "line", "model", "checkpoint", "tuning", "organisation"],
    "tasks": ["benchmark", "task", "metric", "shots", "prompt", "higher_is_better"],
    "scores": ["score", "stderr", "n_examples"],
    "days": ["released", "known_on", "known_basis", "seen_on"],
    "who measured": ["evaluator", "version", "setting", "source"],
}
DUMP = (
    "import sys; from data.catalog import bundled_results, bundled_tasks\n"
    "bundled_results().to_csv(sys.argv[1], index=False); bundled_tasks().to_csv(sys.argv[2], index=False)\n"
)


def figures_at(commit: str, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Results and tasks as the code and the tables of a commit give them."""
    archive = subprocess.run(["git", "archive", commit], check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    paths = folder / "results.csv", folder / "tasks.csv"
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    subprocess.run([sys.executable, "-c", DUMP, *map(str, paths)], check=True, cwd=folder, env=environment)
    return read(paths[0]), read(paths[1])


def read(path: Path) -> pd.DataFrame:
    """All cells as text."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, low_memory=False)


def figures_now(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same of this checkout."""
    tables = {"now.csv": bundled_results(), "now-tasks.csv": bundled_tasks()}
    for name, table in tables.items():
        table.to_csv(folder / name, index=False)
    return read(folder / "now.csv"), read(folder / "now-tasks.csv")


def compare(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """A row a cause: columns that are new, those of them that hold something, and rows that changed."""
    alike = len(before) == len(after)
    rows = []
    for cause, columns in CAUSES.items():
        known = [c for c in columns if c in before and c in after]
        new = [c for c in columns if c not in before and c in after]
        changed = (before[known] != after[known]).any(axis=1).sum() if alike and known else None
        filled = [c for c in new if (after[c] != "").any()]
        rows.append(
            {"cause": cause, "rows changed": changed, "new columns": ", ".join(new), "filled": ", ".join(filled)}
        )
    return pd.DataFrame(rows)


def main() -> None:
    commit = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        before, tasks_before = figures_at(commit, Path(folder))
        after, tasks_after = figures_now(Path(folder))
    same = tasks_before.equals(tasks_after)
    print(f"{len(before):,} rows at {commit}, {len(after):,} now; tasks table the same: {same}")
    print(compare(before, after).to_string(index=False))


if __name__ == "__main__":
    main()
