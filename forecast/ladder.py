"""A user's own ladder of models: what is in it, which sizes come next, and how well those known were foretold."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.backtests.fold_rows import fold_rows
from scale_forecast.backtests.training import Trained
from scale_forecast.data.names import count_of
from scale_forecast.data.results import SUITE
from scale_forecast.data.sizes import format_size
from scale_forecast.inputs.folds import Exclusion, folds_of_models, held_out_models
from scale_forecast.inputs.panel import Panel
from scale_forecast.predictors.base import Predictor
from scale_forecast.upcoming import Upcoming

FACTORS = (2.0, 4.0, 10.0)
"""Of the largest model: the sizes that are proposed."""
DRAWS = 2000
MEANS = ["family", "target_model", *SUITE, "metric", "tasks"]
RECORD = ["family", "target_model", "predictor", "benchmark", "metric", "tasks", "score", "forecast", "error",
          "error_no_change", "in_80"]  # fmt: skip
_MOST_NAMES = 4


def inventory(rows: pd.DataFrame) -> pd.DataFrame:
    """What a results table holds, a row a family: its models and sizes, tasks, benchmarks, scores and days."""
    found = []
    for family, own in rows.groupby("family", sort=False, observed=True):
        known_on = own["known_on"].dropna()
        found.append(
            {
                "family": str(family),
                "models": own["model"].nunique(),
                "sizes": _join_names(list(dict.fromkeys(format_size(size) for size in sorted(own["params"].dropna())))),
                "tasks": len(own[["benchmark", "task"]].drop_duplicates()),
                "benchmarks": _join_names([str(name) for name in own["benchmark"].unique()]),
                "scores": len(own),
                "tokens_known": bool(own["train_flops"].notna().all()),
                "newest": known_on.max() if len(known_on) else pd.NaT,
            }
        )
    return pd.DataFrame(found)


def _join_names(names: list[str]) -> str:
    if len(names) <= _MOST_NAMES:
        return ", ".join(names)
    return f"{', '.join(names[:2])}, ... {names[-1]} ({len(names)})"


def next_sizes(rows: pd.DataFrame) -> tuple[str, list[float]]:
    """``params`` and `FACTORS` times the largest, to two digits; of a family without parameters ``train_flops``."""
    kind = "params" if rows["params"].notna().any() else "train_flops"
    largest = float(rows[kind].max())
    return kind, [float(f"{factor * largest:.2g}") for factor in FACTORS]


def means_by_metric(upcoming: Upcoming, *, seed: int = 0) -> pd.DataFrame:
    """The mean over a benchmark's tasks as a distribution, from joint draws: a row a benchmark and way of measuring.

    Averages that the results hold beside their tasks are left out of it. Every metric has a row of its own and is set
    against its origin, where `means.benchmark_means` keeps to the first metric of each task.

    Returns
    -------
    DataFrame
        `MEANS`, ``origin_score`` (mean of the origins'), ``median, mean, q10, q90`` and ``prob_gain``.
    """
    targets, table, found = upcoming.forecast.targets, upcoming.table, []
    for _, rows in targets.groupby([targets["suite"], "metric_code"], sort=True):
        parts = rows[rows["aggregate_of"].isna()]
        at = (parts if len(parts) else rows).index.to_numpy()
        draws = upcoming.forecast.take(at).sample(DRAWS, seed=seed).mean(axis=1)
        origin = float(targets.loc[at, "origin_score"].mean())
        better = draws > origin if rows["higher_is_better"].iloc[0] else draws < origin
        low, median, high = np.quantile(draws, [0.1, 0.5, 0.9])
        about = table.loc[at[0], ["family", "target_model", *SUITE, "metric"]].to_dict() | {"tasks": len(at)}
        about |= {"origin_score": origin, "median": median, "mean": float(draws.mean()), "q10": low, "q90": high}
        found.append(about | {"prob_gain": float(better.mean())})
    return pd.DataFrame(found)[[*MEANS, "origin_score", "median", "mean", "q10", "q90", "prob_gain"]]


def forecast_known_models(
    panel: Panel, family: str, trained: Trained, predictor: str | Predictor, as_of: pd.Timestamp | None = None
) -> pd.DataFrame:
    """Each known model of a family forecast from its smaller ones, as its next one is: a backtest table.

    Nothing is learned from the family's line, so one training serves for all its models; what others scored is read as
    for the next one, whatever the day. No rows where no model has a smaller one.
    """
    models = held_out_models(panel)
    own = models[(models["family"] == family).to_numpy()]
    if own.empty:
        return pd.DataFrame()
    exclusion = Exclusion(str(own["line"].iloc[0]), as_of=as_of)
    tables = [
        fold_rows(trained.get(predictor, exclusion).predict(fold.rows, fold.evidence), fold)
        for fold in folds_of_models(panel, own, exclusion, "own ladder", as_of)
    ]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def track_record(table: pd.DataFrame) -> pd.DataFrame:
    """Forecasts of known models in short, a row a model, benchmark and metric: means, errors, scores in the interval.

    ``error`` and ``error_no_change`` (of the largest smaller model's score) are mean absolute errors in score units.
    """
    if table.empty:
        return pd.DataFrame(columns=RECORD)
    held = table.assign(
        error=(table["score"] - table["median"]).abs(),
        error_no_change=(table["score"] - table["origin_score"]).abs(),
        in_80=(table["score"] >= table["q10"]) & (table["score"] <= table["q90"]),
    )
    by = held.groupby(["family", "target_model", "predictor", "benchmark", "metric"], sort=False, observed=True)
    means = by.agg(
        tasks=("task", "size"),
        score=("score", "mean"),
        forecast=("median", "mean"),
        error=("error", "mean"),
        error_no_change=("error_no_change", "mean"),
        in_80=("in_80", "sum"),
    )
    return means.reset_index()[RECORD]


def record_in_words(record: pd.DataFrame) -> str:
    """The track record in one sentence, with what so few models cannot show."""
    if record.empty:
        return "no track record: no known model has a smaller one here, so none could be forecast and looked up"
    tasks = int(record["tasks"].sum())
    better = (record["error"] < record["error_no_change"]).sum()
    models = record["target_model"].nunique()
    held = int(record["in_80"].sum())
    said = (
        f"{count_of(models, 'known model')}, {count_of(tasks, 'score')}: {held} of {tasks} inside the "
        f"80% interval; nearer than no change in {better} of {len(record)} rows"
    )
    few = " (one model tells little of the next)" if models == 1 else ""
    return said + few


def list_needs(panel: Panel, family: str, upcoming: Upcoming | None = None) -> list[str]:
    """What would let a forecast of the family say more, a sentence each."""
    rows = panel.rows
    own = rows[(rows["family"] == family).to_numpy()]
    sizes, said = own["model"].nunique(), []
    if sizes < 3:
        more = "a second size would tell its slope and give a track record" if sizes == 1 else "a third would tell more"
        said.append(f"{count_of(sizes, 'model')} of {family} known: {more}")
    if not own["train_flops"].notna().all():
        said.append("training tokens are not known: with train_tokens models are compared by compute")
    if own["known_on"].isna().any():
        said.append("some scores have no day: with released or known_on the forecast can be made as of a day")
    if unknown := int((~own["noise_known"]).sum()):
        said.append(f"{count_of(unknown, 'score')} without n_examples or stderr: their noise is assumed")
    share = (own["is_share"] & own["higher_is_better"]).to_numpy()
    if unknown := own.loc[share & own["chance"].isna().to_numpy(), "task"].nunique():
        said.append(f"chance is unknown for {count_of(unknown, 'task')}: give n_choices or chance in a tasks table")
    others = rows.loc[(rows["line"] != own["line"].iloc[0]).to_numpy(), "task_code"].unique()
    if alone := own.loc[~own["task_code"].isin(others), "task"].nunique():
        of = own["task"].nunique()
        said.append(f"{alone} of {count_of(of, 'task')} have no score of any other family: they rest on yours alone")
    if upcoming is not None and (losses := int((~upcoming.forecast.targets["is_share"]).sum())):
        said.append(f"{count_of(losses, 'forecast')} of losses: their intervals held far fewer scores than they say")
    return said
