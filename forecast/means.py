"""What a forecast says of each benchmark as a whole, and how such means fared on the known models of its line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from scale_forecast.backtests.training import Trained
from scale_forecast.data.metrics import metric_rank
from scale_forecast.data.results import SUITE, UNIT
from scale_forecast.distribution import Forecast
from scale_forecast.inputs.folds import Exclusion, Fold, folds_of_models, held_out_models
from scale_forecast.predictors.base import Predictor
from scale_forecast.upcoming import Past, Upcoming

DRAWS = 1000
MOST_TARGETS = 8
"""Known models of the line that are forecast again, the family's own and the largest first."""
MEAN_COLUMNS = [*SUITE, "tasks", "origin", "median", "q05", "q10", "q25", "q75", "q90", "q95"]
_LEVELS = {"q05": 0.05, "q10": 0.1, "q25": 0.25, "median": 0.5, "q75": 0.75, "q90": 0.9, "q95": 0.95}


def is_primary(table: pd.DataFrame) -> np.ndarray:
    """Mask of one metric a task and setting, that which is read first: `acc_norm` before `acc`.

    Parameters
    ----------
    table : DataFrame with the columns of `data.results.UNIT`
    """
    rank = table["metric"].astype("str").map(metric_rank)
    rest = [name for name in UNIT if name != "metric" and name in table]
    best = rank.groupby([table[name].astype("object") for name in rest], dropna=False).transform("min")
    first = rank.eq(best)
    again = table[first].duplicated(rest).reindex(table.index, fill_value=False)
    return (first & ~again).to_numpy(dtype=bool)


def benchmark_means(upcoming: Upcoming, *, seed: int = 0) -> pd.DataFrame:
    """What the joint distribution says of the mean over each benchmark's shares, measured one way.

    Averages of other tasks are left out, and of a task with several metrics all but the first.

    Returns
    -------
    DataFrame
        `MEAN_COLUMNS`, a row a benchmark and setting, the most tasks first.
    """
    suites = _suites(upcoming)
    if suites.empty:
        return pd.DataFrame(columns=MEAN_COLUMNS)
    quantiles = _mean_quantiles(upcoming.forecast, suites, seed)
    origin = upcoming.table["origin_score"].groupby(suites).mean()
    first = upcoming.table.loc[suites.groupby(suites).head(1).index, SUITE].set_axis(
        suites.drop_duplicates().to_numpy(), axis=0
    )
    table = first.astype({"benchmark": "str", "prompt": "str"}).join(quantiles).assign(origin=origin)
    table = table.sort_values(["tasks", "benchmark", "prompt"], ascending=[False, True, True], kind="stable")
    return table[MEAN_COLUMNS].reset_index(drop=True)


def _suites(upcoming: Upcoming) -> pd.Series:
    """Of every row that enters a mean, a number for its benchmark and setting."""
    targets = upcoming.forecast.targets
    enters = is_primary(upcoming.table) & (targets["is_share"] & targets["aggregate_of"].isna()).to_numpy(dtype=bool)
    part = upcoming.table[enters]
    number = part.groupby([part[name].astype("object") for name in SUITE], dropna=False, sort=False).ngroup()
    return number.rename("suite")


def mean_draws(upcoming: Upcoming, *, seed: int = 0) -> dict[int, np.ndarray]:
    """Joint draws of the mean of each benchmark and setting, by the number that `suite_names` names."""
    return _draws(upcoming.forecast, _suites(upcoming), seed)


def suite_names(upcoming: Upcoming) -> dict[int, str]:
    """Benchmark, prompt and shots of what `mean_draws` numbers, and who measured which release where that is said."""
    suites = _suites(upcoming)
    first = upcoming.table.loc[suites.drop_duplicates().index]
    rows = first[SUITE].astype("object").to_dict("records")
    return dict(
        zip(suites.drop_duplicates(), (", ".join([str(r["benchmark"]), setting_text(r)]) for r in rows), strict=True)
    )


def setting_text(row: dict[Any, Any]) -> str:
    """How something was measured: prompt and shots, and who ran which release with what, where that is said."""
    shots = [] if pd.isna(row["shots"]) else [f"{row['shots']:g}-shot"]
    rest = [str(row[name]) for name in ("evaluator", "version", "setting") if not pd.isna(row[name]) and row[name]]
    return ", ".join([str(row["prompt"]), *shots, *rest])


def _draws(forecast: Forecast, suites: pd.Series, seed: int) -> dict[int, np.ndarray]:
    """Draws of the mean over the rows of each suite; ``suites`` has the rows' places as index."""
    if suites.empty:
        return {}
    draws = forecast.take(suites.index.to_numpy()).sample(DRAWS, seed=seed)
    places = suites.reset_index(drop=True).groupby(suites.to_numpy()).indices
    return {int(str(suite)): draws[:, rows].mean(axis=1) for suite, rows in places.items()}


def _mean_quantiles(forecast: Forecast, suites: pd.Series, seed: int) -> pd.DataFrame:
    """``tasks`` and quantiles of the mean over the rows of each suite."""
    counts = suites.value_counts()
    out = {
        suite: [counts[suite], *np.quantile(draws, list(_LEVELS.values()))]
        for suite, draws in _draws(forecast, suites, seed).items()
    }
    return pd.DataFrame.from_dict(out, orient="index", columns=["tasks", *_LEVELS]).astype({"tasks": int})


def known_folds(upcoming: Upcoming, as_of: pd.Timestamp | None) -> list[Fold]:
    """The line's known smaller models as targets, the family's own and the largest first; checkpoints left out."""
    evidence, exclusion = upcoming.evidence, Exclusion(upcoming.target.line, as_of=as_of)
    models = held_out_models(evidence)
    models = models[models["line"] == upcoming.target.line]
    models = models[~models["family"].astype("str").str.contains("@")]
    own_first = models["family"].ne(upcoming.target.family)
    models = models.assign(order=own_first).sort_values(["order", "scale"], ascending=[True, False], kind="stable")
    return list(folds_of_models(evidence, models.head(MOST_TARGETS), exclusion, "own line"))


def past_of(
    upcoming: Upcoming,
    trained: Trained,
    predictor: str | Predictor,
    as_of: pd.Timestamp | None = None,
    *,
    seed: int = 0,
) -> Past | None:
    """How forecasts like this one fared on the line's known models; None where none can be forecast.

    Nothing is trained anew: what the forecast was made with excluded the whole line already.

    Parameters
    ----------
    upcoming : the forecast
    trained, predictor, as_of : what it was made with
    """
    suites = _suites(upcoming)
    suite_of = dict(zip(upcoming.forecast.targets["unit"].to_numpy()[suites.index], suites, strict=True))
    named = upcoming.table.loc[suites.index, SUITE].assign(suite=suites).drop_duplicates("suite").set_index("suite")
    means, scores = [], []
    for fold in known_folds(upcoming, as_of):
        forecast = trained.get(predictor, fold.exclusion).predict(fold.rows, fold.evidence)
        asked = fold.rows["unit"].isin(upcoming.forecast.targets["unit"]).to_numpy()
        scores.append(_past_scores(forecast, fold)[asked])
        if len(here := fold.rows["unit"].map(suite_of).dropna().astype(int)):
            found = _mean_quantiles(forecast, here, seed)
            found["score"] = fold.truth["score"].groupby(here).mean()
            means.append(named.join(found[["tasks", "q10", "median", "q90", "score"]], how="inner"))
            means[-1].insert(0, "model", fold.target.model)
    if not scores:
        return None
    columns = ["model", *SUITE, "tasks", "q10", "median", "q90", "score"]
    return Past(
        _concatenate(means, columns), _concatenate(scores, ["model", "q10", "median", "q90", "score", "is_share"])
    )


def _past_scores(forecast: Forecast, fold: Fold) -> pd.DataFrame:
    table = pd.DataFrame(forecast.quantiles([0.1, 0.5, 0.9]), columns=["q10", "median", "q90"])
    return table.assign(
        model=fold.target.model,
        score=fold.truth["score"].to_numpy(),
        is_share=forecast.targets["is_share"].to_numpy(dtype=bool),
    )


def _concatenate(parts: Sequence[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
