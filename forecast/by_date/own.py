"""A user's own results beside the bundled tables by date: names matched, models and benchmarks added."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scale_forecast.by_date.tables import BENCHMARKS, RELEASES, SCORES, Tables
from scale_forecast.data.dates import LOWER_BOUND, latest_day
from scale_forecast.data.load import Tables as Loaded
from scale_forecast.data.metrics import SHARE, known_metric
from scale_forecast.data.names import count_of, fold
from scale_forecast.data.names.keys import benchmark_key
from scale_forecast.data.tasks import describe

STATED = "listing date"
"""What the day of a user's score rests on: whoever gives it has seen it."""


def join_own(
    bundled: Tables, loaded: Loaded, aliases: pd.Series, as_of: pd.Timestamp | None = None
) -> tuple[Tables, list[str]]:
    """The tables with a user's rows added, in place of bundled scores of the same model on the same benchmark; remarks.

    Only what is known on ``as_of`` stands in a bundled score's place. Where that is None, for forecasts of many days,
    it has to be known no later than that score: what came later moves nothing that was known before.

    ``aliases`` are other names of bundled models, by model, separated by semicolons. A user's model that has one of
    the bundled names is that model; any other has the groups that the user gives. A row needs a day: that of the
    score, else of the release.
    """
    own = loaded.results[loaded.results["family"].isin(loaded.own_families)]
    own = describe(own, loaded.tasks, loaded.metrics)
    first = own["known_on"].fillna(own["seen_on"])
    dated = own.assign(day=first.fillna(own["released"]))
    dated = dated[dated["day"].notna()]
    notes = []
    if undated := len(own) - len(dated):
        notes.append(
            f"{count_of(undated, 'score')} of yours without a day: left out by date; give released or known_on"
        )
    unseen = (dated["known_basis"] == LOWER_BOUND) & dated["seen_on"].isna()
    if bounds := int(unseen.sum()):
        rows = f"{count_of(bounds, 'score')} of yours known {LOWER_BOUND} a day"
        notes.append(f"{rows}: read by --release-dates alone; give seen_on, the first day on which somebody saw it")
    models = _known_models(bundled.releases["model"], aliases)
    named = [models.get(fold(model), model) for model in dated["model"]]
    dated = dated.assign(task=_tasks(dated, bundled.benchmarks), model=np.array(named, dtype=object))
    days = {"known_on": dated["known_on"].fillna(dated["day"])}
    days["seen_on"] = dated["seen_on"].fillna(days["known_on"].mask(unseen))
    basis = dated["known_basis"].astype("object").where(dated["known_basis"].notna(), STATED)
    scores = dated.assign(**days, known_basis=basis, evaluator_kind="user")
    scores = scores.reindex(columns=SCORES)
    releases = _releases(dated, bundled.releases)
    described = _benchmarks(dated, bundled.benchmarks)
    replaced = _is_replaced(bundled.scores, scores, as_of)
    if replaced.any():
        notes.append(
            f"{count_of(int(replaced.sum()), 'bundled score')} replaced by yours of the same model and benchmark"
        )
    joined = Tables(
        _stack_tables(bundled.scores[~replaced], scores),
        _stack_tables(bundled.releases, releases),
        _stack_tables(bundled.benchmarks, described),
    )
    return joined, notes


def _is_replaced(bundled: pd.DataFrame, own: pd.DataFrame, as_of: pd.Timestamp | None) -> np.ndarray:
    """Which bundled scores a user's rows stand in the place of."""
    first = own.assign(_public=_or_never(latest_day(own))).groupby(["task", "model"])[["known_on", "_public"]].min()
    of_each = first.reindex(pd.MultiIndex.from_frame(bundled[["task", "model"]]))
    known, public = (of_each[name].to_numpy("datetime64[ns]") for name in first)
    if as_of is not None:
        return public <= np.datetime64(as_of)
    theirs = [_or_never(days).to_numpy() for days in (bundled["known_on"], bundled["seen_on"], latest_day(bundled))]
    return (known <= theirs[0]) & (public <= theirs[1]) & (public <= theirs[2])


def _or_never(days: pd.Series) -> pd.Series:
    """Days, with one after all others where there is none."""
    return days.astype("datetime64[ns]").fillna(pd.Timestamp("2200-01-01"))


def _tasks(own: pd.DataFrame, benchmarks: pd.DataFrame) -> np.ndarray:
    """The bundled name of each row's task where it has one; a task of several metrics is told apart by them."""
    known = {benchmark_key(str(task)): str(task) for task in benchmarks["task"]}
    alone = own.groupby("benchmark")["task"].transform("nunique") == 1
    several = own.groupby("task")["metric"].transform("nunique") > 1
    found = []
    for row, whole, told_apart in zip(own.to_dict("records"), alone, several, strict=True):
        name = known.get(benchmark_key(row["task"]))
        if name is None and whole:
            name = known.get(benchmark_key(row["benchmark"]))
        if name is None or not row["is_share"]:
            name = f"{row['task']} ({row['metric']})" if told_apart else row["task"]
        found.append(name)
    return np.array(found, dtype=object)


def _known_models(models: pd.Series, aliases: pd.Series) -> dict[str, str]:
    """Bundled models by every name, folded; a name of its own goes before another's."""
    names = {fold(alias): str(model) for model, text in aliases.dropna().items() for alias in str(text).split("; ")}
    return names | {fold(model): model for model in models}


def _releases(own: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """A row for each model that is not bundled: released when the user says, else when its first score was known."""
    new = own[~own["model"].isin(known["model"])]
    grouped = new.groupby("model", sort=True)
    table = grouped.agg(
        organisation=("organisation", "first"), line=("line", "first"), family=("family", "first"), day=("day", "min")
    )
    released = grouped["released"].min()
    line = table["line"].where(table["line"] != table["family"])
    return (
        table.assign(product_line=line, released=released.fillna(table["day"])).reset_index().reindex(columns=RELEASES)
    )


def _benchmarks(own: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    new = own[~own["task"].isin(known["task"])].drop_duplicates("task")
    unit = new["metric"].map({name: _unit(str(name)) for name in new["metric"].unique()})
    return new.assign(unit=unit, chance=new["chance"].fillna(0.0)).reindex(columns=BENCHMARKS)


def _unit(metric: str) -> str:
    """The unit that a metric is in; a metric that no table knows is a share."""
    known = known_metric(metric)
    return SHARE if known is None else known.unit


def _stack_tables(above: pd.DataFrame, below: pd.DataFrame) -> pd.DataFrame:
    """Two tables of the same columns as one, with the column types of the first."""
    if below.empty:
        return above.reset_index(drop=True)
    return pd.concat([above, below.astype(above.dtypes.to_dict())], ignore_index=True)
