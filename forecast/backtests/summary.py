"""Summaries of a backtest: every line counts the same, and intervals come from resampling lines and tasks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

TARGET = ["line", "family", "target_model"]
SUITE = [*TARGET, "benchmark", "shots", "prompt"]
FEWEST_TASKS = 5
DRAWS = 500
COVERAGES = {"cover50": ("q25", "q75"), "cover80": ("q10", "q90"), "cover90": ("q05", "q95")}


def nested_mean(table: pd.DataFrame, column: str) -> float:
    """Mean over tasks within a target, targets within a line, then lines, each equally."""
    targets = table.groupby(TARGET, dropna=False)[column].mean()
    return float(targets.groupby("line").mean().mean())


class Resampled:
    """Nested means of a backtest table under resampling of lines and of tasks, the same draws for every column.

    Parameters
    ----------
    table : rows with ``line, family, target_model, canonical_task``
    draws, seed : number of bootstrap draws and their seed
    """

    def __init__(self, table: pd.DataFrame, *, draws: int = DRAWS, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        task, tasks = pd.factorize(table["canonical_task"])
        target = table.groupby(TARGET, dropna=False, sort=True).ngroup().to_numpy()
        first = pd.Series(np.arange(len(table))).groupby(target).first().to_numpy()
        line, lines = pd.factorize(table["line"].to_numpy()[first])
        self._target, self._n_targets = target, len(first)
        self._line, self._n_lines = line, len(lines)
        self._task_weight = rng.multinomial(len(tasks), np.full(len(tasks), 1 / len(tasks)), size=draws)[:, task]
        self._line_weight = rng.multinomial(len(lines), np.full(len(lines), 1 / len(lines)), size=draws)

    def means(self, values: np.ndarray) -> np.ndarray:
        """The nested mean of ``values`` (rows,) in every draw, (draws,)."""
        known = np.isfinite(values)
        filled = np.where(known, values, 0.0)
        out = np.empty(len(self._task_weight))
        for b, (tasks, lines) in enumerate(zip(self._task_weight, self._line_weight, strict=True)):
            weight = np.bincount(self._target, tasks * known, self._n_targets)
            total = np.bincount(self._target, tasks * filled, self._n_targets)
            seen = weight > 0
            mean = total[seen] / weight[seen]
            count = np.bincount(self._line[seen], minlength=self._n_lines)
            by_line = np.bincount(self._line[seen], mean, self._n_lines) / np.maximum(count, 1)
            use = lines * (count > 0)
            out[b] = (use * by_line).sum() / use.sum() if use.sum() else np.nan
        return out


def interval(draws: np.ndarray, coverage: float = 0.9) -> tuple[float, float]:
    """Percentile interval of bootstrap draws."""
    low, high = np.nanquantile(draws, [(1 - coverage) / 2, (1 + coverage) / 2])
    return float(low), float(high)


def summary(table: pd.DataFrame, *, references: list[str], draws: int = DRAWS, seed: int = 0) -> pd.DataFrame:
    """One row per predictor (and per date limit where both are there).

    Columns: ``mae, rmse, crps`` (score units); ``skill_<reference>`` = 1 - CRPS / the reference's CRPS with its 90%
    interval; ``r`` and ``r2`` of predicted and actual gains within a suite, ``partial_r`` with the origin score
    partialled out; ``ceiling_r2``, the share of the gain's variance that is not sampling noise of the target (NaN:
    unknown); ``cover50/80/90``.
    """
    parts = []
    for limited, part in table.groupby("date_limited", sort=True):
        part = part.sort_values(["predictor", *SUITE, "task", "metric", "fold"], kind="stable")
        losses = {str(name): rows.reset_index(drop=True) for name, rows in part.groupby("predictor", sort=False)}
        some = next(iter(losses.values()))
        resampled = Resampled(some, draws=draws, seed=seed)
        crps = {name: resampled.means(rows["crps"].to_numpy()) for name, rows in losses.items()}
        for name, rows in losses.items():
            parts.append({"predictor": name, "date_limited": limited, **_one(rows, name, losses, crps, references)})
    return pd.DataFrame(parts).sort_values(["date_limited", "crps"], kind="stable").reset_index(drop=True)


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """The summary as a person reads it: skill with its interval in one cell, against each naive predictor."""
    out = table[["predictor"]].copy()
    if table["date_limited"].nunique() > 1:
        out["other lines"] = np.where(table["date_limited"], "by date", "all")
    for column, name in (("scores", "scores"), ("mae", "MAE"), ("rmse", "RMSE"), ("crps", "CRPS")):
        out[name] = table[column]
    for column in table.columns:
        if column.startswith("skill_") and not column.endswith(("_low", "_high")):
            low, high = table[f"{column}_low"], table[f"{column}_high"]
            out[f"vs {column.removeprefix('skill_')}"] = [
                "" if pd.isna(value) else f"{value:+.0%} [{a:+.0%}, {b:+.0%}]"
                for value, a, b in zip(table[column], low, high, strict=True)
            ]
    out["r of gains"], out["R2"], out["r, origin out"] = table["r"], table["r2"], table["partial_r"]
    out["R2 ceiling"] = ["unknown" if pd.isna(value) else f"{value:.2f}" for value in table["ceiling_r2"]]
    for column in COVERAGES:
        out[f"in {column.removeprefix('cover')}%"] = [f"{value:.0%}" for value in table[column]]
    return out


def _one(
    rows: pd.DataFrame,
    name: str,
    losses: dict[str, pd.DataFrame],
    crps: dict[str, np.ndarray],
    references: list[str],
) -> dict[str, float | int]:
    out: dict[str, float | int] = {
        "scores": len(rows),
        "targets": rows[TARGET].drop_duplicates().shape[0],
        "lines": rows["line"].nunique(),
        "mae": nested_mean(rows, "abs_error"),
        "rmse": nested_mean(rows, "sq_error") ** 0.5,
        "crps": nested_mean(rows, "crps"),
    }
    for reference in references:
        if reference in losses and reference != name:
            out[f"skill_{reference}"] = 1 - out["crps"] / nested_mean(losses[reference], "crps")
            low, high = interval(1 - crps[name] / crps[reference])
            out[f"skill_{reference}_low"], out[f"skill_{reference}_high"] = low, high
    gains = gain_correlations(rows)
    for column in ("r", "r2", "partial_r", "ceiling_r2"):
        out[column] = nested_mean(gains, column) if len(gains) else np.nan
    for column, (low_name, high_name) in COVERAGES.items():
        out[column] = nested_mean(
            rows.assign(inside=rows["score"].between(rows[low_name], rows[high_name]).astype(float)), "inside"
        )
    return out


def gain_correlations(rows: pd.DataFrame) -> pd.DataFrame:
    """Per suite of a target (at least `FEWEST_TASKS` tasks): ``r, r2, partial_r, ceiling_r2`` of gains, and ``n``."""
    out = []
    for key, suite in rows.groupby(SUITE, dropna=False, sort=True):
        if len(suite) < FEWEST_TASKS:
            continue
        origin = suite["origin_score"].to_numpy()
        actual, predicted = suite["score"].to_numpy() - origin, suite["median"].to_numpy() - origin
        r = correlation(predicted, actual)
        variance = float(np.var(actual))
        mostly_known = suite["se"].notna().mean() > 0.5
        ceiling = 1 - (suite["se"] ** 2).mean() / variance if mostly_known and variance > 0 else np.nan
        out.append(
            dict(zip(SUITE, key, strict=True))
            | {
                "n": len(suite),
                "r": r,
                "r2": r**2,
                "partial_r": partial_correlation(predicted, actual, origin),
                "ceiling_r2": float(np.clip(ceiling, 0, 1)),
            }
        )
    return pd.DataFrame(out, columns=[*SUITE, "n", "r", "r2", "partial_r", "ceiling_r2"])


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Pearson correlation; 0 when either side does not vary, since a constant forecast explains nothing."""
    a, b = a - a.mean(), b - b.mean()
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > 1e-12 else 0.0


def partial_correlation(a: np.ndarray, b: np.ndarray, given: np.ndarray) -> float:
    """Correlation of what is left of ``a`` and ``b`` after a straight line in ``given`` is taken out of both."""
    given = given - given.mean()
    size = given @ given

    def rest(x: np.ndarray) -> np.ndarray:
        x = x - x.mean()
        return x - given * (given @ x / size) if size > 1e-12 else x

    return correlation(rest(a), rest(b))


def task_bootstrap(
    rows: pd.DataFrame, statistic: Callable[[pd.DataFrame], float], *, draws: int = DRAWS, seed: int = 0
) -> np.ndarray:
    """A statistic of a backtest table under resampling of its tasks, (draws,)."""
    rng = np.random.default_rng(seed)
    groups = [np.asarray(index) for index in rows.groupby("canonical_task").indices.values()]
    out = np.empty(draws)
    for b in range(draws):
        picked = rng.integers(len(groups), size=len(groups))
        out[b] = statistic(rows.iloc[np.concatenate([groups[i] for i in picked])])
    return out
