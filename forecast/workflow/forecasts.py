"""Forecast an upcoming model, train for it beforehand, explain the forecast, and show what it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from scale_forecast.backtests.training import Trained
from scale_forecast.cache.fingerprint import code_fingerprint
from scale_forecast.data.errors import ForecastError, UsageError
from scale_forecast.data.names import count_of, tidy
from scale_forecast.data.overview import select
from scale_forecast.data.results import fingerprint
from scale_forecast.data.scale import target_scale
from scale_forecast.data.sizes import size_list
from scale_forecast.distribution import PRINTED
from scale_forecast.explanation import Explanation, explain_upcoming
from scale_forecast.features.transitions import family_rows, feature_table, observed_steps, target_steps
from scale_forecast.inputs.folds import Exclusion
from scale_forecast.inputs.known import known_scores
from scale_forecast.inputs.targets import family_rows as rows_of_family
from scale_forecast.means import past_of
from scale_forecast.parallel import Workers
from scale_forecast.prediction import Prediction
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.registry import DEFAULT, make, name_of
from scale_forecast.resolvers.ledger.rows import score_forecasts
from scale_forecast.upcoming import Upcoming, predict_upcoming, remark_uncovered, without_chance
from scale_forecast.workflow import clock
from scale_forecast.workflow.clock import Day, as_day
from scale_forecast.workflow.inputs import Size, Sizes, family_of, number, panel_of, profiles_for, target_of, tell_work
from scale_forecast.workflow.notebooks import show_in_notebook
from scale_forecast.workflow.places import cache_folder, open_ledger_at
from scale_forecast.workflow.tables import Results, Tell, names_in, silent, tables_of, tell_once


def predict(
    results: Results = None,
    *,
    family: str | None = None,
    params: Sizes | None = None,
    train_tokens: Size | None = None,
    train_flops: Size | None = None,
    name: str | None = None,
    as_of: Day | None = None,
    benchmark: str | None = None,
    tasks: str | Sequence[str] = (),
    known: str | Sequence[str] = (),
    predictor: str | Predictor = DEFAULT,
    profiles: str | Path | None = None,
    record: bool = False,
    ledger: str | Path | None = None,
    past: bool = False,
    workers: Workers | None = None,
    tell: Tell = silent,
) -> Prediction:
    """Predict the scores of an upcoming model, task by task, as calibrated distributions.

    Parameters
    ----------
    results : tables, files of any known layout, or a DataFrame; the bundled figures when None
    family : of the upcoming model; the only one of the user's results when None
    params : its size, as a number or as ``"540B"``; several as ``["1T", "5T"]`` or ``"1T,5T"``
    train_tokens, train_flops : as far as they are known; else inferred from the family
    name : what it will be called, by which a recorded forecast is settled later; its family and size when None
    as_of : read only what was public on this day
    benchmark, tasks : only these
    known : scores of the target already published, ``"task=score"`` or a file of them
    predictor : name, or an untrained instance
    profiles : file of item profiles, as `forecast data logs --profile` writes
    record : append the forecast to the ledger, to be settled later
    ledger : path or address; the user's own when None
    past : forecast the known models of its line too, to say how such forecasts fared
    workers : who trains
    tell : told what was inferred on the way, a sentence at a time
    """
    make(predictor)
    tell = tell_once(tell)
    tables, day, sizes = tables_of(results, tell), as_day(as_of), size_list(params)
    if len(sizes) > 1 and (name is not None or names_in(known) or train_flops is not None):
        what = "--name" if name is not None else "--known" if names_in(known) else "--train-flops"
        raise UsageError(f"{what} is said of one model: give one size with --params")
    panel = panel_of(tables, profiles, [predictor], tell)
    family = family_of(tables, family)
    targets = [target_of(panel, family, n, train_tokens, train_flops, day, tell) for n in sizes or (None,)]
    if name is not None:
        targets = [replace(targets[0], model=required_name(name))]
    tell_work(targets, predictor, tell)
    with show_in_notebook(workers) as several:
        trained = Trained(panel, cache_folder(), workers=several)
        parts = [
            predict_upcoming(
                panel,
                target,
                predictor=predictor,
                as_of=day,
                benchmark=benchmark,
                tasks=names_in(tasks),
                known=known_scores(panel, target, names_in(known), day),
                trained=trained,
            )
            for target in targets
        ]
        if past:
            parts = [replace(part, past=past_of(part, trained, predictor, day)) for part in parts]
    prediction = Prediction(parts)
    if family in tables.own_families and (unknown := without_chance(prediction.forecast)):
        tell(f"chance is unknown for {count_of(unknown, 'task')}: give n_choices or chance with --tasks")
    if sentence := remark_uncovered(prediction.forecast):
        tell(sentence)
    if record:
        count = sum(record_forecast(part, tables.results, ledger, at=clock.now()) for part in prediction)
        tell(f"recorded {count} forecasts in the ledger")
    return prediction


def required_name(name: str) -> str:
    """A name as it is kept; refused where there is nothing of it."""
    if not tidy(name):
        raise UsageError("--name is empty: say what the model will be called, or leave it out")
    return tidy(name)


def record_forecast(upcoming: Upcoming, results: pd.DataFrame, ledger: str | Path | None, *, at: datetime) -> int:
    """Append a forecast to the ledger, a row a task; how many rows were appended."""
    levels = np.sort([0.01, 0.025, *PRINTED.values(), 0.5, 0.975, 0.99])
    rows = score_forecasts(
        upcoming.table,
        levels,
        upcoming.forecast.quantiles(levels),
        predictor_version=code_fingerprint(),
        data_fingerprint=fingerprint(results),
    )
    with open_ledger_at(ledger, create=True) as book:
        book.append_forecasts(rows, at=at)
    return len(rows)


@dataclass(frozen=True)
class Training:
    """What `train` learned: which predictor, without which line, and where it is kept."""

    predictor: str
    line: str
    kept_in: Path


def train(
    results: Results = None,
    *,
    family: str,
    as_of: Day | None = None,
    predictor: str | Predictor = DEFAULT,
    profiles: str | Path | None = None,
    workers: Workers | None = None,
    tell: Tell = silent,
) -> Training:
    """Train for a family beforehand, so that `predict` answers at once; nothing is learned from its line.

    The arguments are those of `predict`.
    """
    panel = panel_of(tables_of(results, tell), profiles, [predictor], tell)
    line = str(rows_of_family(panel, family)["line"].iloc[0])
    trained = Trained(panel, cache_folder(), workers=workers or Workers())
    trained.get(predictor, Exclusion(line, as_of=as_day(as_of)))
    return Training(name_of(predictor), line, cache_folder())


def explain(
    tasks: str | Sequence[str],
    results: Results = None,
    *,
    family: str,
    params: Size | None = None,
    train_tokens: Size | None = None,
    train_flops: Size | None = None,
    as_of: Day | None = None,
    benchmark: str | None = None,
    profiles: str | Path | None = None,
    tell: Tell = silent,
) -> Explanation:
    """Say what moved the forecast of each of some tasks; the other arguments are those of `predict`."""
    panel, day = panel_of(tables_of(results, tell), profiles, (), tell), as_day(as_of)
    target = target_of(panel, family, params, train_tokens, train_flops, day, tell)
    tell(f"explaining {target.model} (the first time for a line trains the predictors, which takes a while)")
    return explain_upcoming(panel, target, names_in(tasks), benchmark=benchmark, as_of=day, cache=cache_folder())


def step_features(
    results: Results = None,
    *,
    family: str | None = None,
    params: Size | None = None,
    train_tokens: Size | None = None,
    train_flops: Size | None = None,
    benchmark: str | None = None,
    task: str | None = None,
    pairs: str = "consecutive",
    as_of: Day | None = None,
    profiles: str | Path | None = None,
    tell: Tell = silent,
) -> pd.DataFrame:
    """The matrix of features, a row a step from a family's known score to a larger model.

    Of the bundled figures, of the user's own families, of one family, or with a size to a model that does not exist
    yet. ``pairs`` is ``consecutive`` or ``all``; the other arguments are those of `predict`.
    """
    tables, day = tables_of(results, tell), as_day(as_of)
    if (params or train_tokens or train_flops) and family is None:
        raise UsageError("a size is that of a family's next model: say which with --family")
    rows = tables.results if family is None else family_rows(tables.results, family, as_of=day)
    if family is not None and (params or train_tokens or train_flops):
        sizes = {"params": params, "train_tokens": train_tokens, "train_flops": train_flops}
        scale, assumed = target_scale(rows, **{name: number(size) for name, size in sizes.items()})
        if assumed:
            tell(f"the target's compute is not given: {assumed}")
        steps = target_steps(tables.results, family, scale, params=number(params), as_of=day)
    else:
        steps = observed_steps(tables.results, pairs=pairs, as_of=day)
        families = tables.own_families if family is None else tuple(rows["family"].unique())
        steps = steps[steps["family"].isin(families)] if families else steps
    if steps.empty:
        raise ForecastError("no task has scores of two models of one family more than 10% apart in scale: add results")
    steps = select(steps, benchmark=benchmark, task=task)
    table = None if profiles is None else profiles_for(tables, profiles, (), tell)
    return feature_table(tables.results, tables.tasks, tables.metrics, steps, as_of=day, profiles=table)
