"""Nested means of a backtest, and their intervals: every line counts the same, tasks of one model are no repeats.

What is drawn anew decides what an interval is about. With several lines, lines and tasks are drawn, and it says what
to expect of another line. With one line, its targets and tasks are. With one target only tasks are left to draw: the
interval is then *of these tasks*, and says nothing of the line's next model.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from scale_forecast.backtests.gains import TARGET

DRAWS = 500
OF_THESE_TASKS = "these tasks"
"""`Resampled.over` where a single target leaves nothing else to draw anew."""


def nested_mean(table: pd.DataFrame, column: str) -> float:
    """Mean over tasks within a target, targets within a line, then lines, each equally."""
    targets = table.groupby(TARGET, dropna=False)[column].mean()
    return float(targets.groupby("line").mean().mean())


class Resampled:
    """Nested means of a backtest table under resampling, the same draws for every column.

    Parameters
    ----------
    table : rows with ``line, family, target_model, canonical_task``
    draws, seed : number of bootstrap draws and their seed

    Attributes
    ----------
    over : what is drawn anew: ``lines and tasks``, ``targets and tasks`` of one line, or `OF_THESE_TASKS`
    """

    def __init__(self, table: pd.DataFrame, *, draws: int = DRAWS, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        task, tasks = pd.factorize(table["canonical_task"])
        target = table.groupby(TARGET, dropna=False, sort=True).ngroup().to_numpy()
        first = pd.Series(np.arange(len(table))).groupby(target).first().to_numpy()
        line, lines = pd.factorize(table["line"].to_numpy()[first])
        self._target, self._n_targets = target, len(first)
        self._line, self._n_lines = line, len(lines)
        self._task_weight = _draw_counts(rng, len(tasks), draws)[:, task]
        self._line_weight = _draw_counts(rng, len(lines), draws)
        alone = len(lines) == 1
        self._target_weight = _draw_counts(rng, len(first), draws) if alone else np.ones((draws, len(first)))
        self.over = "lines and tasks" if not alone else "targets and tasks" if len(first) > 1 else OF_THESE_TASKS

    def means(self, values: np.ndarray) -> np.ndarray:
        """The nested mean of ``values`` (rows,) in every draw, (draws,)."""
        known = np.isfinite(values)
        filled = np.where(known, values, 0.0)
        out = np.empty(len(self._task_weight))
        for b, (tasks, lines, targets) in enumerate(
            zip(self._task_weight, self._line_weight, self._target_weight, strict=True)
        ):
            weight = np.bincount(self._target, tasks * known, self._n_targets)
            total = np.bincount(self._target, tasks * filled, self._n_targets)
            seen = weight > 0
            mean = total[seen] / weight[seen]
            count = np.bincount(self._line[seen], targets[seen], self._n_lines)
            by_line = np.bincount(self._line[seen], targets[seen] * mean, self._n_lines) / np.maximum(count, 1)
            use = lines * (count > 0)
            out[b] = (use * by_line).sum() / use.sum() if use.sum() else np.nan
        return out


def _draw_counts(rng: np.random.Generator, n: int, draws: int) -> np.ndarray:
    """How often each of n is drawn, (draws, n)."""
    return rng.multinomial(n, np.full(n, 1 / n), size=draws)


def interval(draws: np.ndarray, coverage: float = 0.9) -> tuple[float, float]:
    """Percentile interval of bootstrap draws; NaN where none is finite."""
    if not np.isfinite(draws).any():
        return np.nan, np.nan
    low, high = np.nanquantile(draws, [(1 - coverage) / 2, (1 + coverage) / 2])
    return float(low), float(high)


def between_targets(skill: pd.Series) -> float:
    """Standard deviation of targets within their line, from a value a target (`gains.TARGET` in the index).

    NaN where no line has two.
    """
    by_line = skill.dropna().groupby("line")
    degrees = by_line.size() - 1
    if not degrees.sum():
        return np.nan
    return float(np.sqrt((by_line.var(ddof=0) * by_line.size()).sum() / degrees.sum()))


def task_bootstrap(
    rows: pd.DataFrame, statistic: Callable[[pd.DataFrame], float], *, draws: int = DRAWS, seed: int = 0
) -> np.ndarray:
    """A statistic of a backtest table under resampling of its tasks alone, (draws,): of these targets, no others."""
    rng = np.random.default_rng(seed)
    groups = [np.asarray(index) for index in rows.groupby("canonical_task").indices.values()]
    out = np.empty(draws)
    for b in range(draws):
        picked = rng.integers(len(groups), size=len(groups))
        out[b] = statistic(rows.iloc[np.concatenate([groups[i] for i in picked])])
    return out
