"""What a report on an upcoming model says, gathered before a page is made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.backtests.fold_rows import fold_rows
from scale_forecast.backtests.summary import summary
from scale_forecast.backtests.training import Trained
from scale_forecast.cache.fingerprint import code_fingerprint
from scale_forecast.data.results import fingerprint, has_size
from scale_forecast.inputs.folds import Exclusion
from scale_forecast.inputs.panel import Panel
from scale_forecast.inputs.targets import Target, visible
from scale_forecast.means import benchmark_means, known_folds
from scale_forecast.predictors.ceiling import noise_ceiling, sampling_noise, suites
from scale_forecast.show.order import screen_order
from scale_forecast.show.plots.ahead import truths
from scale_forecast.upcoming import Upcoming, predict_upcoming

REFERENCES = ("pooled-law", "drift", "persistence")


@dataclass(frozen=True)
class Backtest:
    """How the same predictors would have done on models of the line that are known.

    Attributes
    ----------
    scores : backtest table
    summary : `backtests.summary.summary` of it
    targets : names of the models
    """

    scores: pd.DataFrame
    summary: pd.DataFrame
    targets: list[str]


@dataclass(frozen=True)
class Report:
    """Everything on the page.

    Attributes
    ----------
    upcoming : Upcoming
    tasks : DataFrame, (n, ...)
        The forecast table, with ``change`` (median - origin, in the direction of better), ``is_share``,
        ``higher_is_better``, ``chance, step, origin_scale`` (decades), ``noise`` (standard error of sampling),
        ``ceiling_r2, suite, unit, prob_tie`` and ``truth`` (the target's own score where it is known), in the order of
        `screen_order`: benchmark by benchmark, the surest change first.
    history : DataFrame
        ``row`` (place in ``tasks``), ``model, scale, params, score, se`` of the family's smaller models, by scale.
    average : DataFrame
        Mean over the shares of each benchmark and setting: `means.benchmark_means`.
    backtest : None where no smaller model of the line can be forecast
    sources : DataFrame, ``source, scores`` and ``read_for`` (``family`` or ``others``)
    questions, record : DataFrame or None
        What bears on it, and how past forecasts fared, as the caller found them.
    facts : dict
        Names and values of the method: fingerprints, versions, the command.
    notes : sentences about what was inferred
    """

    upcoming: Upcoming
    tasks: pd.DataFrame
    history: pd.DataFrame
    average: pd.DataFrame
    backtest: Backtest | None
    sources: pd.DataFrame
    questions: pd.DataFrame | None = None
    record: pd.DataFrame | None = None
    facts: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def target(self) -> Target:
        return self.upcoming.target


def gather(
    panel: Panel,
    target: Target,
    results: pd.DataFrame,
    *,
    predictor: str,
    as_of: pd.Timestamp | None = None,
    benchmark: str | None = None,
    before: bool = False,
    cache: Path | None = None,
    progress: Callable[[str], None] = lambda _: None,
    trained: Trained | None = None,
) -> Report:
    """Forecast the target, forecast again the known models of its line, and lay everything out.

    Parameters
    ----------
    panel : all rows
    target : the upcoming model
    results : the results table behind ``panel``, for the fingerprint of what may be read or learned from
    predictor, as_of, benchmark, cache : as `upcoming.predict_upcoming`
    before : leave out the target's own scores where they are known
    progress : called with each step in a few words
    trained : predictors of ``panel``, instead of ``cache``
    """
    trained = trained or Trained(panel, cache)
    known_rows = visible(panel, target, as_of) | Exclusion(target.line, as_of=as_of).allows(panel)
    progress(f"forecasting {target.model}")
    upcoming = predict_upcoming(panel, target, predictor=predictor, as_of=as_of, benchmark=benchmark, trained=trained)
    known = {} if before else truths(panel, target)
    progress("forecasting the known models of its line again")
    tasks = task_table(upcoming, known)
    return Report(
        upcoming=upcoming,
        tasks=tasks,
        history=upcoming.history(tasks["unit"].to_numpy()),
        average=benchmark_means(upcoming),
        backtest=own_line_backtest(upcoming, trained, predictor, as_of),
        sources=sources_of(upcoming),
        facts={
            "Data fingerprint": fingerprint(results[has_size(results)][known_rows]),
            "Code fingerprint": code_fingerprint(),
        },
    )


def task_table(upcoming: Upcoming, known: dict[int, float]) -> pd.DataFrame:
    """`Report.tasks`, in the order of `screen_order`."""
    targets = upcoming.forecast.targets
    sign = np.where(targets["higher_is_better"], 1.0, -1.0)
    noise = sampling_noise(upcoming.forecast)
    table = upcoming.table.assign(
        change=sign * (upcoming.table["median"] - upcoming.table["origin_score"]),
        is_share=targets["is_share"].to_numpy(),
        higher_is_better=targets["higher_is_better"].to_numpy(),
        chance=targets["chance"].to_numpy(dtype=float),
        step=targets["step"].to_numpy(),
        origin_scale=targets["scale"].to_numpy() - targets["step"].to_numpy(),
        prob_tie=upcoming.forecast.prob_tie(),
        noise=noise,
        ceiling_r2=noise_ceiling(upcoming.forecast, noise),
        suite=suites(targets),
        truth=targets["unit"].astype(int).map(known).astype(float).to_numpy(),
        unit=targets["unit"].to_numpy(),
    )
    return table.loc[screen_order(table).index].reset_index(drop=True)


def own_line_backtest(
    upcoming: Upcoming, trained: Trained, predictor: str, as_of: pd.Timestamp | None
) -> Backtest | None:
    """Forecasts of the line's known smaller models by predictors that never learned from the line.

    Nothing is trained anew for it: what the forecast itself was made with excluded the whole line already. Other lines
    are read as for the forecast itself, whatever their date.
    """
    folds = known_folds(upcoming, as_of)
    if not folds:
        return None
    names = list(dict.fromkeys([predictor, *REFERENCES]))
    parts = [fold_rows(trained.get(name, f.exclusion).predict(f.rows, f.evidence), f) for name in names for f in folds]
    table = pd.concat(parts, ignore_index=True)
    found = summary(table, references=[name for name in REFERENCES if name != predictor])
    return Backtest(table, found, [fold.target.model for fold in folds])


def sources_of(upcoming: Upcoming) -> pd.DataFrame:
    """`Report.sources`: where the rows on the forecast's tasks are published, most scores first."""
    rows = upcoming.evidence.rows
    rows = rows[rows["task_code"].isin(upcoming.forecast.targets["task_code"])]
    read_for = np.where(rows["family"] == upcoming.target.family, "family", "others")
    named = rows["source"].astype("str").where(rows["source"].notna(), "not stated")
    counts = pd.DataFrame({"source": named.to_numpy(), "read_for": read_for}).value_counts().rename("scores")
    return counts.reset_index().sort_values(["read_for", "scores"], ascending=[True, False], kind="stable")


def setting_of(tasks: pd.DataFrame) -> pd.Series:
    """How each task was measured: ``metric, prompt, k-shot``."""
    shots = tasks["shots"].map(lambda s: "" if pd.isna(s) else f", {s:g}-shot")
    return tasks["metric"].astype("str").str.replace("_", " ") + ", " + tasks["prompt"].astype("str") + shots
