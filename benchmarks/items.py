"""What profiles of item-level logs are worth to a predictor, in a world made for it: no such logs are public.

    python -m benchmarks.items [--lines 5] [--tasks 30]

Half of the tasks of each line creep: the probability of the right choice rises with scale on every item, while right
answers stay at chance until the largest model. On the other half nothing moves. Scores alone do not tell one from the
other, and which tasks creep is drawn anew for each line, so that other lines do not tell either. Held out is each
line's largest model (leave-family-out). Beside it the same with the profiles of a line dealt out among its tasks.
"""

from __future__ import annotations

import argparse
from typing import NamedTuple

import numpy as np
import pandas as pd

from scale_forecast.backtests.run import backtest
from scale_forecast.backtests.summary import summary
from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.data.profiles import as_profiles
from scale_forecast.data.results import as_results
from scale_forecast.data.tasks import as_tasks
from scale_forecast.inputs.folds import folds_of
from scale_forecast.inputs.panel import Panel, as_panel

ITEMS = 400
CHOICES = 4
EASY, KNOWN = 0.28, 0.9
"""Share of items that are easy, and of those that a model gets right: the floor of scores, about a quarter."""
SCALES = 4
START, PACE, SPREAD = -3.2, (0.95, 1.15), 0.35
"""Lead in logits of the right choice over each of the others on hard items: of the smallest model, its gain a decade
where a task creeps (from, to), and how far items differ."""
KEY = ["benchmark", "task", "shots", "prompt", "model"]


class World(NamedTuple):
    """Made-up lines on the same tasks: tables as everywhere, and which (line, task) creep."""

    results: pd.DataFrame
    profiles: pd.DataFrame
    tasks: pd.DataFrame
    creeps: pd.Series

    def panel(self, profiles: pd.DataFrame | None) -> Panel:
        return as_panel(self.results, self.tasks, bundled_metrics(), profiles)

    def deal_out(self, seed: int = 0) -> pd.DataFrame:
        """The profiles, each line's tasks with those of others of its tasks: they say nothing then."""
        rng = np.random.default_rng(seed)
        line = self.profiles["model"].str.partition("-")[0]
        tasks = self.profiles["task"].unique()
        parts = [
            part.assign(task=part["task"].map(dict(zip(tasks, rng.permutation(tasks), strict=True))))
            for _, part in self.profiles.groupby(line, sort=True)
        ]
        return pd.concat(parts, ignore_index=True)


def world(*, lines: int = 5, tasks: int = 30, seed: int = 0) -> World:
    """Draw a world; every number in it follows from ``seed``."""
    rng = np.random.default_rng(seed)
    rows, creeps = [], {}
    for line in (f"Line{number}" for number in range(lines)):
        for task in (f"task{number:02d}" for number in range(tasks)):
            creeps[line, task] = bool(rng.random() < 0.5)
            pace = rng.uniform(*PACE) if creeps[line, task] else 0.0
            rows += _series(line, task, rng.normal(START, 0.15), pace, rng)
    table = pd.DataFrame(rows)
    results = as_results(table.drop(columns=["prob_correct", "brier_score", "never_solved"]), where="world")
    profiles = as_profiles(table[[*KEY, "prob_correct", "brier_score", "never_solved"]].assign(filter="none"))
    described = as_tasks(pd.DataFrame({"benchmark": "world", "task": table["task"].unique(), "chance": 1.0 / CHOICES}))
    return World(results, profiles, described, pd.Series(creeps))


def _series(line: str, task: str, start: float, pace: float, rng: np.random.Generator) -> list[dict[str, object]]:
    """One task of one line: a row a model."""
    own = rng.normal(0.0, SPREAD, ITEMS)
    hard = np.arange(ITEMS) >= EASY * ITEMS
    solved = np.zeros(ITEMS, dtype=bool)
    rows = []
    for scale in range(SCALES):
        lead = np.where(hard, start + pace * scale + own + rng.normal(0.0, 0.05, ITEMS), 2.0)
        p = 1.0 / (1.0 + (CHOICES - 1) * np.exp(-lead))
        right = np.where(hard, lead > 0.0, rng.random(ITEMS) < KNOWN)
        solved |= right
        rows.append(
            {
                "benchmark": "world", "task": task, "shots": 0, "prompt": "direct", "family": line, "line": line,
                "model": f"{line}-{scale}", "params": 10.0 ** (8 + scale), "score": right.mean(), "n_examples": ITEMS,
                "prob_correct": p.mean(), "brier_score": ((1 - p) ** 2 * CHOICES / (CHOICES - 1)).mean(),
                "never_solved": 1.0 - solved.mean(),
            }
        )  # fmt: skip
    return rows


def compare_profiles(made: World) -> pd.DataFrame:
    """The boosted predictor on every line's largest model: without profiles, with them, and with profiles dealt out."""
    largest = [f"{line}-{SCALES - 1}" for line in made.creeps.index.levels[0]]  # type: ignore[attr-defined]
    parts = []
    for name, profiles in (("none", None), ("given", made.profiles), ("dealt out", made.deal_out())):
        panel = made.panel(profiles)
        table = backtest(panel, folds_of(panel, "leave-family-out", largest), ["boosted"])
        parts.append(summary(table[~table["date_limited"]], references=[]).assign(profiles=name))
    return pd.concat(parts)[["profiles", "scores", "mae", "crps", "r", "cover80"]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--lines", type=int, default=5)
    parser.add_argument("--tasks", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    made = world(lines=asked.lines, tasks=asked.tasks, seed=asked.seed)
    print(compare_profiles(made).round(3).to_string(index=False))


if __name__ == "__main__":
    main()
