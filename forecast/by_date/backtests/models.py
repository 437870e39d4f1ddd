"""Coming models by date: each release of a quarter forecast the day the quarter began, with some scores known.

Which models and scores count is `backtests.rule`; every number of known scores forecasts the same scores.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import partial

import numpy as np
import pandas as pd

from scale_forecast.by_date.backtests.kept import Kept
from scale_forecast.by_date.backtests.references import index_of
from scale_forecast.by_date.backtests.rule import KNOWN_SCORES, SCORES_OF_A_MODEL, origins
from scale_forecast.by_date.history import MODELS_AT_THE_ORIGIN, counted_tasks
from scale_forecast.by_date.link import from_link, to_link
from scale_forecast.by_date.new_model import NewModel, predict_model
from scale_forecast.by_date.present import LEVELS, QUANTILES
from scale_forecast.by_date.spread import crps
from scale_forecast.by_date.state import State
from scale_forecast.by_date.tables import Tables
from scale_forecast.by_date.world import scale_of
from scale_forecast.parallel import Workers

MODEL = "model"
FINE = (np.arange(99) + 0.5) / 99
RIDGE = 1.0
RECENT = 10


def coming(tables: Tables, state: State, fewest: int = SCORES_OF_A_MODEL) -> list[tuple[NewModel, pd.Series]]:
    """Models released in the quarter after the state's day, with their scores on benchmarks that count, earliest
    first; those with ``fewest`` of them."""
    tasks = counted_tasks(state.world, MODELS_AT_THE_ORIGIN)
    tasks = {task for task in tasks if state.world.tasks.loc[task, "unit"] == "share"}
    begin, end = state.world.as_of, state.world.as_of + pd.DateOffset(months=3)
    releases = tables.releases[(tables.releases["released"] > begin) & (tables.releases["released"] <= end)]
    found = []
    for row in releases.sort_values("model").to_dict("records"):
        own = tables.scores[(tables.scores["model"] == row["model"]) & tables.scores["task"].isin(tasks)]
        best = own.groupby("task").agg(day=("known_on", "min"), score=("score", "max")).reset_index()
        first = best.sort_values(["day", "task"]).set_index("task")["score"]
        if len(first) < fewest:
            continue
        organisation, line, tier = (
            None if pd.isna(row[name]) else str(row[name]) for name in ("organisation", "product_line", "tier")
        )
        reasons = row["reasoning"] in ("yes", "optional")
        target = NewModel(str(row["model"]), row["released"], organisation, line, tier, reasoning=reasons)
        found.append((target, first))
    return found


def measure(
    kept: Kept,
    reading: str,
    *,
    last: bool,
    only: Collection[str] = (),
    progress: Callable[[str, int, int], None] = lambda *_: None,
    workers: Workers | None = None,
) -> pd.DataFrame:
    """A row a predictor, target score and number of known scores, of some models or of all.

    References say no more than one number.
    """
    days = origins(kept.tables, reading=reading, last=False)
    days += origins(kept.tables, reading=reading, last=True) if last else []
    found = (workers or Workers()).map(partial(_at_origin, kept, reading, only), days)
    tables: list[pd.DataFrame] = []
    for number, origin in enumerate(days, start=1):
        progress(f"by-date {origin:%Y-%m-%d}", number, len(days))
        tables += next(found)
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _at_origin(kept: Kept, reading: str, only: Collection[str], origin: pd.Timestamp) -> list[pd.DataFrame]:
    """The models of the quarter after an origin, with each number of known scores."""
    state = kept.state(reading, origin)
    completion = Completion(state)
    asked = [pair for pair in coming(kept.tables, state) if not only or pair[0].name in only]
    return [_of_model(state, completion, target, scores, known) for target, scores in asked for known in KNOWN_SCORES]


def _of_model(state: State, completion: Completion, target: NewModel, scores: pd.Series, known: int) -> pd.DataFrame:
    """Every predictor's forecast of a model's later scores from so many of its first ones."""
    about = state.world.tasks.loc[scores.index]
    asked = list(scores.index[max(KNOWN_SCORES) :])
    out = {str(task): float(score) for task, score in scores.iloc[:known].items()}
    joint = predict_model(state, target, out, tasks=list(scores.index))
    at = [joint.tasks.index(task) for task in asked]
    draws, outcome = joint.quantiles(FINE)[at], scores[asked].to_numpy()
    named = {name: row for name, row in zip(QUANTILES, joint.quantiles(np.array(LEVELS))[at].T, strict=True)}
    median = named.pop("q50")
    table = pd.DataFrame(
        {"origin": state.world.as_of, "target_model": target.name, "organisation": target.organisation, "task": asked}
    )
    table = table.assign(known=known, score=outcome, released=target.released)
    whole = {"crps": crps(draws.T, outcome), "pit": (draws < outcome[:, None]).mean(axis=1)}
    rows = [_add_errors(table.assign(predictor=MODEL, median=median, **named), whole)]
    for name, z in references(state, target, out, asked, completion).items():
        score = np.array([from_link(v, scale_of(about, t)) for v, t in zip(z, asked, strict=True)])
        rows.append(_add_errors(table.assign(predictor=name, median=score), dict.fromkeys((*named, *whole), np.nan)))
    return pd.concat(rows, ignore_index=True)


def _add_errors(table: pd.DataFrame, more: Mapping[str, np.ndarray | float]) -> pd.DataFrame:
    error = table["median"] - table["score"]
    return table.assign(error=error, abs_error=error.abs(), **more)


def references(
    state: State, target: NewModel, known: dict[str, float], asked: list[str], completion: Completion
) -> dict[str, np.ndarray]:
    """Point forecasts on the link."""
    models = state.world.models
    best = state.world.best.groupby(["task", "model"])["z"].max().reset_index()
    best = best.assign(released=best["model"].map(models["released"])).sort_values(["released", "model"], kind="stable")
    line = f"{target.organisation} / {target.line or target.organisation} / {target.tier or 'unknown'}"
    of_line = best["model"].map(models["line"]) == line
    of_maker = best["model"].map(models["organisation"]) == target.organisation
    last_five = {task: rows["z"].tail(5).mean() for task, rows in best.groupby("task")}
    before = {task: rows["z"].iloc[-1] for task, rows in best[of_line].groupby("task")}
    maker = {task: rows["z"].iloc[-1] for task, rows in best[of_maker].groupby("task")}
    predecessor = [before.get(task, maker.get(task, last_five[task])) for task in asked]
    z = {t: float(to_link(np.array([s]), scale_of(state.world.tasks, t))[0]) for t, s in known.items()}
    return {
        "predecessor": np.array(predecessor),
        "last five measured": np.array([last_five[task] for task in asked]),
        "index by date": _index(state, target, z, asked),
        "rank-2 completion": completion(z, asked),
    }


def _index(state: State, target: NewModel, known: dict[str, float], asked: list[str]) -> np.ndarray:
    """One number a model: from its known scores and, as one more of them, the trend of the last year's models."""
    index, level = index_of(state.world)
    t = state.world.models["t"].reindex(index.index).to_numpy()
    recent = t > -1.0
    slope, intercept = np.polyfit(t[recent], index.to_numpy()[recent], 1)
    trend = intercept + slope * state.years(target.released)
    own = (trend + sum(z - level[task] for task, z in known.items())) / (1 + len(known))
    return level.reindex(asked).to_numpy() + own


class Completion:
    """Logits of all models and benchmarks as two factors, by alternating ridge regressions."""

    def __init__(self, state: State) -> None:
        best = state.world.best.groupby(["model", "task"])["z"].max().unstack()
        self.tasks = {task: i for i, task in enumerate(best.columns)}
        z = best.to_numpy()
        seen = np.isfinite(z)
        self.mean = np.nanmean(z, axis=0)
        left = np.where(seen, z - self.mean, 0.0)
        rng = np.random.default_rng(0)
        self.factors = np.column_stack([np.ones(z.shape[1]), 0.1 * rng.standard_normal(z.shape[1])])
        for _ in range(30):
            rows = _ridge(left, seen, self.factors)
            self.factors = _ridge(left.T, seen.T, rows)
        order = state.world.models.loc[best.index, "released"].argsort().to_numpy()
        self.usual = rows[order[-RECENT:]].mean(axis=0)

    def __call__(self, known: dict[str, float], asked: list[str]) -> np.ndarray:
        at = [self.tasks[task] for task in known]
        factors = self.factors[at]
        left = np.array(list(known.values())) - self.mean[at] - factors @ self.usual
        own = self.usual + np.linalg.solve(factors.T @ factors + RIDGE * np.eye(2), factors.T @ left)
        out = [self.tasks[task] for task in asked]
        return self.mean[out] + self.factors[out] @ own


def _ridge(left: np.ndarray, seen: np.ndarray, factors: np.ndarray) -> np.ndarray:
    gram = np.einsum("ij,jk,jl->ikl", seen.astype(float), factors, factors) + RIDGE * np.eye(2)
    return np.linalg.solve(gram, (left @ factors)[:, :, None])[:, :, 0]
