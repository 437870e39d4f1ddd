"""Pictures of forecasts, backtests, questions and sizes, as matplotlib figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from scale_forecast.backtests import run
from scale_forecast.by_date.largest import bundled_frontier, dense_params, train_flops
from scale_forecast.data.catalog import frontier_models
from scale_forecast.data.errors import ForecastError, UsageError
from scale_forecast.data.periods import parse_period
from scale_forecast.inputs.folds import folds_of
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.registry import DEFAULT, choose, make
from scale_forecast.show.plots.ahead import reversals_ahead, task_view
from scale_forecast.show.plots.backtests import of_predictor, read_backtest
from scale_forecast.show.plots.coverage import draw_coverage
from scale_forecast.show.plots.gains import draw_gains
from scale_forecast.show.plots.largest import draw_largest
from scale_forecast.show.plots.pit import draw_pit
from scale_forecast.show.plots.question import draw_question, forecasts_of
from scale_forecast.show.plots.reach import draw_reach
from scale_forecast.show.plots.registry import PLOTS
from scale_forecast.show.plots.reliability import draw_reliability, gain_outcomes
from scale_forecast.show.plots.reversal import draw_reversal
from scale_forecast.show.plots.skill import draw_skill
from scale_forecast.show.plots.task import draw_task
from scale_forecast.upcoming import predict_upcoming
from scale_forecast.workflow import clock
from scale_forecast.workflow.clock import Day, as_day
from scale_forecast.workflow.inputs import Size, panel_of, target_of
from scale_forecast.workflow.largest import COLUMNS_OF
from scale_forecast.workflow.places import cache_folder, recorded_forecasts
from scale_forecast.workflow.questions import show_question
from scale_forecast.workflow.reach import reach
from scale_forecast.workflow.settle import settled_forecasts
from scale_forecast.workflow.tables import Results, Tell, names_in, silent, tables_of

Backtest = pd.DataFrame | str | Path
"""A backtest table, or a file that ``forecast backtest --format csv`` wrote."""


def plot_task(
    task: str,
    results: Results = None,
    *,
    family: str,
    params: Size | None = None,
    train_tokens: Size | None = None,
    train_flops: Size | None = None,
    as_of: Day | None = None,
    benchmark: str | None = None,
    predictor: str | Predictor = DEFAULT,
    before: bool = False,
    tell: Tell = silent,
) -> Any:
    """All scores of a task against scale, with the forecast of an upcoming model and, once known, its score.

    ``before`` leaves the target's own score out; the other arguments are those of `predict`.
    """
    make(predictor)
    panel, day = panel_of(tables_of(results, tell)), as_day(as_of)
    target = target_of(panel, family, params, train_tokens, train_flops, day, tell)
    upcoming = predict_upcoming(
        panel, target, predictor=predictor, as_of=day, benchmark=benchmark, tasks=(task,), cache=cache_folder()
    )
    view, others = task_view(panel, upcoming)
    if others:
        settings = "; ".join(others[:5])
        tell(f"measured in {len(others) + 1} settings, the one with most scores is drawn; also: {settings}")
    return draw_task(view.scores, view.forecast, None if before else view.truth)


def plot_gains(
    backtest: Backtest | None = None,
    results: Results = None,
    *,
    target: str | Sequence[str] = (),
    predictor: str | None = None,
    tell: Tell = silent,
) -> Any:
    """Predicted against actual gains of known models, a panel a benchmark.

    Parameters
    ----------
    backtest : table that `backtest` returned, or its file; when None known models are forecast now
    results : what they are forecast from; the bundled figures when None
    target : which known models
    predictor : whose forecasts; the default's, else the first's, when None
    """
    return draw_gains(of_predictor(_scores(backtest, results, target, tell), predictor))


def plot_backtest(
    plot: str,
    backtest: Backtest | None = None,
    results: Results = None,
    *,
    target: str | Sequence[str] = (),
    tell: Tell = silent,
) -> Any:
    """A plot by its name that reads a backtest, of whatever distribution; the other arguments are of `plot_gains`."""
    return PLOTS.find(plot).draw(_scores(backtest, results, target, tell, predictors=None))


def plot_coverage(
    backtest: Backtest | None = None,
    results: Results = None,
    *,
    target: str | Sequence[str] = (),
    predictor: str | None = None,
    by: str = "benchmark",
    tell: Tell = silent,
) -> Any:
    """How often the 50, 80 and 90% intervals held the score, group by group; arguments as of `plot_gains`.

    ``by`` is ``benchmark``, ``line``, ``family``, ``distance``, ``predictor``, ...
    """
    table = _scores(backtest, results, target, tell)
    return draw_coverage(table if by == "predictor" and predictor is None else of_predictor(table, predictor), by=by)


def plot_skill(
    backtest: Backtest | None = None,
    results: Results = None,
    *,
    target: str | Sequence[str] = (),
    reference: str | None = None,
    tell: Tell = silent,
) -> Any:
    """Skill of every predictor over a reference, on every held-out line or model; arguments as of `plot_gains`."""
    return draw_skill(_scores(backtest, results, target, tell, predictors=None), reference=reference)


def plot_reliability(
    backtest: Backtest | None = None,
    results: Results = None,
    *,
    target: str | Sequence[str] = (),
    predictor: str | None = None,
    recorded: bool = False,
    ledger: str | Path | None = None,
    tell: Tell = silent,
) -> Any:
    """What was said against what happened: probabilities of a gain in a backtest, or of the ledger's questions.

    ``recorded`` draws the ledger's settled forecasts; the other arguments are those of `plot_gains`.
    """
    if recorded:
        rows = settled_forecasts(ledger)
        rows = rows[rows["probability"].notna() & rows["status"].isin(["yes", "no"])]
        return draw_reliability(rows["outcome"].to_numpy(), rows["probability"].to_numpy(), of="Settled questions")
    rows = of_predictor(_scores(backtest, results, target, tell), predictor)
    return draw_reliability(*gain_outcomes(rows), of=f"A gain over the origin, said by {rows['predictor'].iloc[0]}")


def plot_pit(
    backtest: Backtest | None = None,
    results: Results = None,
    *,
    target: str | Sequence[str] = (),
    predictor: str | Sequence[str] = (),
    recorded: bool = False,
    ledger: str | Path | None = None,
    tell: Tell = silent,
) -> Any:
    """Where outcomes fell in their forecasts: flat is calibrated; arguments as of `plot_reliability`."""
    if recorded:
        groups = {str(name): rows for name, rows in settled_forecasts(ledger).groupby("forecaster", sort=False)}
    else:
        names = names_in(predictor)
        table = _scores(backtest, results, target, tell, predictors=",".join(names) or "default")
        parts = [of_predictor(table, name) for name in names or (None,)]
        groups = {str(part["predictor"].iloc[0]): part for part in parts}
    return draw_pit({name: rows["pit"].to_numpy(dtype=float) for name, rows in groups.items()})


def plot_reversal(
    family: str | Sequence[str],
    results: Results = None,
    *,
    benchmark: str = "inverse_scaling_prize",
    event: str = "reversal",
    predictor: str = DEFAULT,
    as_of: Day | None = None,
    tell: Tell = silent,
) -> Any:
    """The probability that each falling task turns, against the size of a family's next model.

    Parameters
    ----------
    family : whose next model, up to seven
    benchmark : of this benchmark; ``all`` for all
    event : ``reversal`` or ``recovery``
    predictor, results, as_of : as of `predict`
    """
    make(predictor)
    table = reversals_ahead(
        panel_of(tables_of(results, tell)),
        names_in(family),
        predictor=predictor,
        benchmark=None if benchmark == "all" else benchmark,
        as_of=as_day(as_of),
        cache=cache_folder(),
        progress=tell,
    )
    return draw_reversal(table, event=event)


def plot_question(
    question: str,
    results: Results = None,
    *,
    as_of: Day | None = None,
    questions: Sequence[Path] = (),
    ledger: str | Path | None = None,
    tell: Tell = silent,
) -> Any:
    """Our probability of a question over time, the crowd's, and the resolution; arguments as of `show_question`."""
    found = show_question(question, results, as_of=as_of, questions=questions, ledger=ledger, tell=tell)
    known_on = found.resolution.known_on
    return draw_question(
        found.question,
        forecasts_of(found.question, recorded_forecasts(ledger)),
        outcome=found.resolution.value,
        resolved_on=None if known_on is None else pd.Timestamp(known_on),
    )


def plot_reach(task: str, score: str | float | None = None, results: Results = None, **about: Any) -> Any:
    """The probability that a score is reached within so much compute, so many parameters, and by a day.

    The arguments are those of `reach`.
    """
    found = reach(task, score, results, **about)
    return draw_reach(found.table, title=f"{found.title}, as of {found.as_of}")


def plot_largest(by: str, *, of: str = "compute", as_of: Day | None = None, seed: int = 0) -> Any:
    """The largest public models by date, as known on a day, and what came after it.

    ``by`` is the last day drawn, ``of`` is ``compute`` or ``params``; the other arguments are those of `largest`.
    """
    day = as_day(as_of)
    known_at, last = (clock.now() if day is None else day).date(), parse_period(by)[1]
    found = bundled_frontier(known_at)
    if last <= found.until:
        raise UsageError(f"--by {by} is no later than what is known ({found.until}): give a later day")
    days = [moment.date() for moment in pd.date_range(found.until, last, periods=25)]
    models = frontier_models()
    size = train_flops(models) if of == "compute" else dense_params(models)
    return draw_largest(
        models[["released"]].assign(size=size).dropna(),
        found.table(days, of=COLUMNS_OF[of], n=5000, seed=seed),
        as_of=pd.Timestamp(known_at),
        until=pd.Timestamp(found.until),
    )


def _scores(
    backtest: Backtest | None,
    results: Results,
    target: str | Sequence[str],
    tell: Tell,
    *,
    predictors: str | None = "default",
) -> pd.DataFrame:
    """A backtest: as given, read from its file, or made now of known models."""
    if (backtest is None) == (not target):
        raise UsageError(
            "give a file that `forecast backtest --format csv -o FILE` wrote, or else a known --target MODEL"
        )
    if isinstance(backtest, pd.DataFrame):
        return backtest
    if backtest is not None:
        return read_backtest(Path(backtest))
    names = choose(predictors)
    panel, models = panel_of(tables_of(results, tell)), names_in(target)
    table = run.backtest(panel, folds_of(panel, "next-scale", models), names, cache=cache_folder(), progress=tell)
    if table.empty:
        raise ForecastError(f"no score of {', '.join(models)} has history to forecast it from: choose another model")
    return table
