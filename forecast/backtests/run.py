"""How good forecasts of models that are already known would have been: one row per predictor, fold, and score.

The same path as a live forecast: evidence, a trained predictor, a distribution, scoring rules. No averages here;
`backtests.summary` summarises.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import pandas as pd

from scale_forecast.backtests.fold_rows import fold_rows
from scale_forecast.backtests.training import Trained
from scale_forecast.cache.folds_cache import fold_key, load_table, save_table
from scale_forecast.data.notebook import ShowsHtml
from scale_forecast.inputs.folds import Fold
from scale_forecast.inputs.panel import Panel
from scale_forecast.parallel import Workers
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.registry import distinct, identity

FORECAST_UNIT = ["predictor", "fold", "benchmark", "task", "metric", "shots", "prompt", "target_model"]


class BacktestTable(ShowsHtml, pd.DataFrame):
    """The backtest table; a notebook shows its summary and pictures instead of the rows."""


def backtest(
    panel: Panel,
    folds: Iterable[Fold],
    predictors: Sequence[str | Predictor],
    *,
    cache: Path | None = None,
    workers: Workers | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> BacktestTable:
    """The backtest table: one row per (predictor, fold, unit, target model).

    Parameters
    ----------
    panel : all rows; each fold's exclusion says which of them its predictors may learn from
    folds : as `inputs.folds.folds_of` yields them; neighbours with one exclusion are trained once
    predictors : names in the registry, or untrained instances, of which copies are trained
    cache : folder of trained states and finished folds; nothing is kept when None
    workers : who does it; the table does not depend on them
    progress : called with one line per fold
    """
    groups = (list(group) for _, group in itertools.groupby(folds, key=lambda fold: fold.exclusion))
    first = list(itertools.islice(groups, 2))
    many, one = workers or Workers(), Workers()
    across, within = (many, one) if len(first) > 1 else (one, many)
    work = functools.partial(_run, panel, predictors=distinct(predictors), cache=cache, workers=within)
    tables = []
    for done in across.map(work, itertools.chain(first, groups)):
        for fold, target, scores in done:
            progress(f"{fold}: {target}, {len(scores) // max(len(predictors), 1)} scores")
            tables.append(scores)
    return BacktestTable(pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=FORECAST_UNIT))


def _run(
    panel: Panel, folds: list[Fold], predictors: list[str | Predictor], cache: Path | None, workers: Workers
) -> list[tuple[str, str, pd.DataFrame]]:
    """All predictors on folds that share an exclusion; ``workers`` train them."""
    trained = Trained(panel, cache, workers=workers)
    names = [identity(predictor) for predictor in predictors]
    kept = cache if None not in names else None  # a table by what cannot be recognised again is not kept
    out = []
    for fold in folds:
        key = fold_key(panel, fold, [name for name in names if name]) if kept is not None else ""
        scores = load_table(kept, key) if kept is not None else None
        if scores is None:
            forecasts = [trained.get(each, fold.exclusion).predict(fold.rows, fold.evidence) for each in predictors]
            scores = pd.concat([fold_rows(forecast, fold) for forecast in forecasts], ignore_index=True)
            if kept is not None:
                save_table(kept, key, scores)
        out.append((fold.name, fold.target.model, scores))
    return out
