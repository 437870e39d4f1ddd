"""Results with known truth, for the tests of the studies."""

from functools import cache

import numpy as np
import pandas as pd

from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.data.load import Tables, load
from scale_forecast.data.results import as_results
from scale_forecast.data.tasks import as_tasks
from scale_forecast.studies.registry import run_studies

METRICS = bundled_metrics()


def made_results(scores, n_examples=1000, *, family="made", metric="accuracy", shots=0, prompt="direct", smallest=8.0):
    """A results table from scores (tasks, models); each model is a decade of parameters larger than the last."""
    tasks, models = np.shape(scores)
    rows = [
        {
            "benchmark": "made", "task": f"task {i}", "metric": metric, "shots": shots, "prompt": prompt,
            "family": family, "model": f"{family} {j}", "params": 10.0 ** (smallest + j), "score": scores[i][j],
            "n_examples": n_examples,
        }
        for i in range(tasks) for j in range(models)
    ]  # fmt: skip
    return as_results(pd.DataFrame(rows))


def made_tasks(n, **described):
    """A tasks table for `made_results`."""
    return as_tasks(pd.DataFrame({"benchmark": "made", "task": [f"task {i}" for i in range(n)], **described}))


def answered(rng, truth, n_examples=1000):
    """Scores a test of so many items would give."""
    return rng.binomial(n_examples, truth) / n_examples


@cache
def bundled_study(name):
    """A study of the bundled figures, run once for all tests."""
    return run_studies([name], load())[name]


def tables_of(results, tasks, metrics):
    """What a command would have read."""
    return Tables(results, tasks, metrics, [], ())
