"""Small made-up worlds of models and tasks, for tests of the whole path from results to forecasts."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.backtests.training import Trained
from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.data.results import as_results
from scale_forecast.data.tasks import as_tasks
from scale_forecast.inputs.folds import Exclusion
from scale_forecast.inputs.panel import Panel, as_panel
from scale_forecast.predictors.base import Predictor

LINES = {"Alpha": 4, "Beta": 4, "Gamma": 3, "Delta": 3}
TASKS = [f"task{i:02d}" for i in range(8)]


def make_results(*, seed: int = 0, lines: dict[str, int] | None = None, tasks: list[str] | None = None) -> pd.DataFrame:
    """Scores that rise with compute at a pace of their own; Alpha has a tuned sister family in its line."""
    return _results(seed, tuple((lines or LINES).items()), tuple(tasks or TASKS)).copy()


@functools.cache
def _results(seed: int, lines: tuple[tuple[str, int], ...], tasks: tuple[str, ...]) -> pd.DataFrame:
    """Made once a process; whoever asks for it gets a copy."""
    rng = np.random.default_rng(seed)
    level, pace = rng.normal(-0.3, 0.8, len(tasks)), rng.normal(0.6, 0.3, len(tasks))
    rows = []
    for number, (line, scales) in enumerate(lines):
        lift = rng.normal(0, 0.3)
        sisters = [(line, "base", 0.0)] + ([(f"{line}-tuned", "instruct", 0.4)] if number == 0 else [])
        for family, tuning, gain in sisters:
            for j in range(scales):
                params, tokens = 10 ** (8.5 + 0.8 * j + 0.1 * number), 3e11
                x = np.log10(6 * params * tokens) - 21.0
                p = 1 / (1 + np.exp(-(level + lift + gain + pace * x)))
                score = rng.binomial(200, 0.25 + 0.75 * p) / 200
                released = pd.Timestamp(f"{2018 + number + j}-0{1 + number}-01")
                rows += [
                    {
                        "benchmark": "world", "task": task, "family": family, "line": line, "model": f"{family} {j}",
                        "params": params, "train_tokens": tokens, "tuning": tuning, "released": released, "shots": 0,
                        "score": value, "n_examples": 200,
                    }
                    for task, value in zip(tasks, score, strict=True)
                ]  # fmt: skip
    return as_results(pd.DataFrame(rows), where="world")


def make_tasks(tasks: list[str] | None = None) -> pd.DataFrame:
    """Four choices each."""
    return _tasks(tuple(tasks or TASKS)).copy()


@functools.cache
def _tasks(names: tuple[str, ...]) -> pd.DataFrame:
    return as_tasks(pd.DataFrame({"benchmark": "world", "task": names, "chance": 0.25, "n_choices": 4}))


def make_panel(results: pd.DataFrame | None = None) -> Panel:
    if results is None:
        return Panel(_panel().rows.copy())
    return as_panel(results, make_tasks(), bundled_metrics())


@functools.cache
def _panel() -> Panel:
    return as_panel(make_results(), make_tasks(), bundled_metrics())


@functools.cache
def session_cache() -> Path:
    """Where this session of tests keeps what it trains; see `tests/conftest.py`.

    Not for tests that compare what was trained on hidden rows, or by others: a key that left something out would give
    both the same state.
    """
    return Path(os.environ["FORECAST_CACHE"])


@functools.cache
def _trained() -> Trained:
    return Trained(make_panel())  # nothing from disk: what is restored is compared with what was learned


def trained(name: str, exclusion: Exclusion) -> Predictor:
    """A predictor trained on the world of `make_panel`, once a process."""
    return _trained().get(name, exclusion)


def scrambled(results: pd.DataFrame, rows: np.ndarray, *, seed: int = 1) -> pd.DataFrame:
    """The same table with other scores in the given rows."""
    rng = np.random.default_rng(seed)
    out = results.copy()
    out.loc[rows, "score"] = rng.integers(0, 201, int(rows.sum())) / 200
    out.loc[rows, "stderr"] = np.nan
    return as_results(out)
