"""Random results of any size, with all that real tables hold: several lines, dates, metrics, gaps and repeats."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.data.results import as_results
from scale_forecast.data.tasks import as_tasks

SIZES = {
    "A": (4, 1.0), "A-chat": (4, 1.0), "B": (6, 1.0), "C": (8, 1.0), "C@step1000": (8, 0.1), "C@step9000": (8, 0.5),
    "D": (5, 2.0), "E": (3, 3.0), "F": (12, 0.3), "G": (2, 1.0), "H": (6, 1.5), "I": (4, 0.7),
}  # fmt: skip
"""Models of each family, and its tokens in trillions."""
LINES = {"A-chat": "A", "C@step1000": "C", "C@step9000": "C"}
UNKNOWN_TOKENS = ("G", "I")


def random_tables(n_tasks: int, *, seed: int, kept: float = 0.9) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A results and a tasks table: ``n_tasks`` tasks by the families of `SIZES`, a share of all scores missing.

    About 61 rows a task with the default. Every tenth task is scored by a loss and every eleventh by a share that is
    better when low; every seventh is another name of the task before it, every twentieth an average of others.
    """
    rng = np.random.default_rng(seed)
    models = _models(rng)
    tasks = _tasks(rng, n_tasks)
    task = np.repeat(np.arange(n_tasks), len(models))
    model = np.tile(np.arange(len(models)), n_tasks)
    keep = rng.random(len(task)) < kept
    task, model = task[keep], model[keep]
    table = models.iloc[model].reset_index(drop=True)
    about = tasks.iloc[task].reset_index(drop=True)
    scale = np.log10(table["params"].to_numpy() * table["tokens"].to_numpy())
    slope, level = rng.normal(0.3, 0.6, n_tasks), rng.normal(-1.0, 1.0, n_tasks)
    effect = level[task] + slope[task] * (scale - 21.5) + rng.normal(0.0, 0.3, len(task))
    q = 1.0 / (1.0 + np.exp(-effect))
    chance = about["chance"].fillna(0.0).to_numpy()
    n = about["n"].to_numpy()
    share = rng.binomial(n, chance + (1.0 - chance) * q) / n
    is_loss = about["metric"].to_numpy() == "loss"
    results = table.drop(columns="tokens").assign(
        benchmark=about["benchmark"],
        task=about["task"],
        metric=about["metric"],
        shots=about["shots"],
        prompt=about["prompt"],
        score=np.where(is_loss, np.round(3.0 - 2.0 * q, 4), share),
        n_examples=np.where(rng.random(len(task)) < 0.7, n, np.nan),
        source="random",
    )
    stated = np.where(is_loss, 0.02, np.sqrt(share * (1.0 - share) / n))
    results["stderr"] = np.where(rng.random(len(task)) < 0.3, stated, np.nan)
    return as_results(results), as_tasks(tasks.drop(columns=["metric", "shots", "prompt", "n"]))


def _models(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for family, (count, tokens) in SIZES.items():
        params = np.sort(10 ** rng.uniform(8.0, 11.8, count))
        params[1:2] = params[0] * 1.05 if family == "H" else params[1:2]
        first = pd.Timestamp("2021-01-01") + pd.Timedelta(days=int(rng.integers(0, 900)))
        for i, size in enumerate(params):
            released = first + pd.Timedelta(days=40 * i if family in "BDF" else 0)
            rows.append(
                {
                    "family": family,
                    "line": LINES.get(family, family),
                    "model": f"{family} {i}",
                    "checkpoint": family.partition("@")[2] or None,
                    "params": size,
                    "tokens": tokens * 1e12,
                    "train_tokens": np.nan if family in UNKNOWN_TOKENS else tokens * 1e12,
                    "tuning": "instruct" if family == "A-chat" else "base",
                    "released": None if family == "E" and i == 1 else released,
                    "known_on": None if family == "E" else released + pd.Timedelta(days=int(rng.integers(0, 200))),
                }
            )
    return pd.DataFrame(rows)


def _tasks(rng: np.random.Generator, n: int) -> pd.DataFrame:
    i = np.arange(n)
    choices = rng.choice([0, 2, 4, 5], n)
    loss = i % 10 == 9
    known = (choices > 0) & ~loss
    another_name = i % 7 == 6
    return pd.DataFrame(
        {
            "benchmark": [f"suite {k // 40}" for k in i],
            "task": [f"task {k}" for k in i],
            "n_choices": np.where(known, choices, np.nan),
            "chance": np.where(known, 1.0 / np.maximum(choices, 1), np.where(rng.random(n) < 0.5, 0.0, np.nan)),
            "ceiling": np.where(rng.random(n) < 0.9, 1.0, 0.95),
            "input_words": np.where(rng.random(n) < 0.3, rng.integers(5, 300, n), np.nan),
            "human_average": np.where(rng.random(n) < 0.2, rng.uniform(40.0, 95.0, n), np.nan),
            "canonical_task": [f"canonical {k - (k % 7 == 6)}" for k in i],
            "aggregate_of": np.where((i % 20 == 19), "a: all", None),
            "metric": np.select(
                [loss, another_name, i % 11 == 10], ["loss", "exact_match:strict", "calibration_ece"], "accuracy"
            ),
            "shots": rng.choice([0, 5], n),
            "prompt": np.where(rng.random(n) < 0.15, "cot", "direct"),
            "n": rng.choice([30, 100, 250, 1000], n),
            "n_examples": np.where(rng.random(n) < 0.6, 250, np.nan),
        }
    )
