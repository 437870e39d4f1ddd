"""The frontier tables joined with a user's own rows: what counts twice, what stands, and from which day.

The rule. Bundled rows stand: no row of a user's replaces or removes one, so a past that was read without them is read
with them too. Of the user's rows,

1. a row adds nothing where the same score of the same model on the same task stands already and was known no later,
   whoever lists it and under whatever setting: two listings of one measurement count once. Scores are the same where
   they differ by less than half a tenth of a point of a share, or half a thousandth of anything else.
2. a row adds nothing where a correction of the bundled tables took its like out or moved it to another model or task.
3. names are those of the bundled tables where they know the model, the benchmark, the organisation.
4. another score of what is measured already, by the same evaluator at the same setting, is a row of its own, whose
   setting says how it is listed and when it was fetched or added.
5. no score is known before its benchmark or its model is out, nor later than it was fetched.
6. a fetched row counts from the day of its run or listing only where nobody had looked since: not if that day is
   before the bundled tables end, or before its source's last vintage, which would have held it. Else it counts from
   the day it was first seen, and so does another score of what is measured already. So in the dated reading no update
   moves what was known before the bundled tables end.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

from scale_forecast.data.dates import LOWER_BOUND, latest_day
from scale_forecast.data.frontier import (
    Frontier,
    bundled_frontier_tables,
    corrections,
    frontier_benchmarks,
    frontier_scores,
)
from scale_forecast.data.metrics import SHARE, known_metric
from scale_forecast.data.names import fold_series
from scale_forecast.data.names.keys import benchmark_key, organisation_name, release_of
from scale_forecast.data.own.names import dated_release

OWN_COLUMNS = [
    *("benchmark", "task", "metric", "evaluator", "evaluator_kind", "version", "setting", "shots", "model"),
    *("organisation", "released", "known_on", "known_basis", "seen_on", "score", "stderr", "n_examples"),
    *("higher_is_better", "licence", "source", "dataset", "looked_on"),
]
"""What a user's row brings, whether added by hand or fetched; ``seen_on`` is the day of either, ``looked_on`` when its
source was fetched last before that."""
BY_HAND = "added by you"
"""The dataset of rows added by hand, whose day is the user's word."""
SAME_SHARE, SAME_SIZE = 5e-4, 5e-4
_KEY = ["benchmark", "task", "metric", "evaluator", "version", "setting", "shots", "model"]
_DAYS = ["released", "known_on", "seen_on"]


def join_own(own: pd.DataFrame, said: str) -> Frontier:
    """The bundled tables and a user's rows (`OWN_COLUMNS`, the first of two that are the same counting).

    Parameters
    ----------
    own : rows, those that go first first
    said : what they are, in one sentence
    """
    bundled = bundled_frontier_tables()
    if own.empty:
        return bundled
    rows = _use_bundled_names(own.reset_index(drop=True), bundled)
    rows = _bound_days(rows, bundled)
    rows = _drop_corrected(rows, bundled.scores)
    rows = _new(rows, bundled.scores)
    if rows.empty:
        return replace(bundled, own=said)
    benchmarks = _with_benchmarks(bundled.benchmarks, rows)
    releases = _with_releases(bundled.releases, rows)
    return Frontier(_with_scores(bundled.scores, rows), releases, benchmarks, said)


def _use_bundled_names(rows: pd.DataFrame, bundled: Frontier) -> pd.DataFrame:
    """Models, benchmarks and organisations under their bundled names; ``listed`` keeps the model as it was written."""
    released = dict(zip(bundled.releases["model"], bundled.releases["released"], strict=True))
    pairs = rows[["model", "released"]].drop_duplicates()
    known = {
        (model, day): release_of(model) or dated_release(model, day, released) or model
        for model, day in pairs.itertuples(index=False, name=None)
    }
    names = [known[pair] for pair in rows[["model", "released"]].itertuples(index=False, name=None)]
    rows = rows.assign(listed=rows["model"], model=names)
    places = {pair: _place(*pair) for pair in set(zip(rows["benchmark"], rows["task"], strict=True))}
    found = [places[pair] for pair in zip(rows["benchmark"], rows["task"], strict=True)]
    organisation = {name: organisation_name(name) for name in rows["organisation"].dropna().unique()}
    return rows.assign(
        benchmark=[benchmark for benchmark, _ in found],
        task=[task for _, task in found],
        organisation=rows["organisation"].map(organisation) if organisation else rows["organisation"],
    )


def _place(benchmark: str, task: str) -> tuple[str, str]:
    """Benchmark and task as the bundled tables write them, where they have them."""
    alike = _bundled_places().get(benchmark_key(task), [])
    return alike[0] if len(alike) == 1 else (benchmark, task)


@cache
def _bundled_places() -> dict[str, list[tuple[str, str]]]:
    """Benchmark and task of the bundled tables by how their tasks are compared."""
    found: dict[str, list[tuple[str, str]]] = {}
    table = frontier_benchmarks()
    for benchmark, task in zip(table["benchmark"], table["task"], strict=True):
        found.setdefault(benchmark_key(str(task)), []).append((str(benchmark), str(task)))
    return found


def _bound_days(rows: pd.DataFrame, bundled: Frontier) -> pd.DataFrame:
    """Days in their bounds: not before the model and the benchmark, not after the row was seen."""
    releases = bundled.releases.drop_duplicates("model").set_index("model")["released"]
    out = bundled.benchmarks.drop_duplicates("task").set_index("task")["released"]
    rows = rows.assign(**{name: pd.to_datetime(rows[name]) for name in _DAYS})
    released = rows["model"].map(releases).fillna(rows["released"])
    earliest = pd.concat([released, rows["task"].map(out)], axis=1).max(axis=1)
    known = rows["known_on"].fillna(earliest)
    known = known.where(~(known < earliest), earliest)
    known = known.where(~(known > rows["seen_on"]), rows["seen_on"])
    basis = rows["known_basis"].where(rows["known_on"].notna(), LOWER_BOUND)
    end = pd.Series(_tables_end(), rows.index).where(rows["dataset"] != BY_HAND)
    looked = pd.to_datetime(rows["looked_on"]).fillna(end)
    basis = basis.mask(known <= looked, LOWER_BOUND)
    return rows.assign(released=released, known_on=known, known_basis=basis)


@cache
def _tables_end() -> pd.Timestamp:
    """The last day on which a source of the bundled tables was looked at."""
    return frontier_scores()["seen_on"].max()


def _is_same(score: np.ndarray, other: np.ndarray, share: np.ndarray) -> np.ndarray:
    near = np.where(share, SAME_SHARE, SAME_SIZE * np.maximum(np.abs(score), np.abs(other)))
    return np.abs(score - other) <= near + 1e-12


def _twins(rows: pd.DataFrame, others: pd.DataFrame) -> pd.Series:
    """Whether each row has its like among others, known no later."""
    left = rows[["task", "model", "score", "metric"]].assign(_row=rows.index, _day=latest_day(rows))
    right = others[["task", "model", "score"]].assign(_day=latest_day(others))
    pairs = left.merge(right, on=["task", "model"], suffixes=("", "_other"))
    share = ~pairs["metric"].map(_is_size).to_numpy(dtype=bool)
    same = _is_same(pairs["score"].to_numpy(float), pairs["score_other"].to_numpy(float), share)
    earlier = (pairs["_day_other"] <= pairs["_day"]).to_numpy() | pairs["_day"].isna().to_numpy()
    return rows.index.to_series().isin(pairs.loc[same & earlier, "_row"])


def _is_size(metric: str) -> bool:
    known = known_metric(metric)
    return known is not None and known.unit != SHARE


def _drop_corrected(rows: pd.DataFrame, bundled: pd.DataFrame) -> pd.DataFrame:
    """Without what a correction of the bundled scores took out, or moved to where its like stands now."""
    table = corrections()
    table = table[table["file"] == "scores.csv"]
    gone = {
        tuple(place.rsplit(": ", 1))
        for places in table.loc[table["column"] == "(row)", "rows"]
        for place in places.split("; ")
        if ": " in place and not place[0].isdigit()
    }
    bad = pd.Series([pair in gone for pair in zip(rows["task"], rows["model"], strict=True)], index=rows.index)
    for column in ("model", "task"):
        moved = table[(table["column"] == column) & table["before"].isin(rows[column])]
        for before, after in moved[["before", "after"]].itertuples(index=False):
            here = rows[rows[column] == before].assign(**{column: after})
            bad |= _twins(here, bundled).reindex(rows.index, fill_value=False)
    return rows[~bad]


def _new(rows: pd.DataFrame, bundled: pd.DataFrame) -> pd.DataFrame:
    """Without rows whose like stands in the bundled table, or earlier among themselves."""
    rows = rows[~_twins(rows, bundled)]
    kept: list[pd.DataFrame] = []
    for _, same in rows.groupby(["task", "model"], sort=False):
        kept.append(same if len(same) == 1 else _apart(same))
    return pd.concat(kept).sort_index() if kept else rows


def _apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of one model on one task, without those that repeat one known no later; of equals the first stays."""
    score, day = rows["score"].to_numpy(float), latest_day(rows).fillna(pd.Timestamp.max).to_numpy()
    dataset = rows["dataset"].to_numpy()
    share = np.full(len(rows), not _is_size(str(rows["metric"].iloc[0])))
    same = _is_same(score[:, None], score[None, :], share[:, None]) & (dataset[:, None] != dataset[None, :])
    place = np.arange(len(rows))
    before = (day[:, None] < day[None, :]) | ((day[:, None] == day[None, :]) & (place[:, None] < place[None, :]))
    return rows[~(same & before).any(axis=0)]


def _with_scores(bundled: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The bundled scores, and the user's below them, told apart by their settings where their keys are the same."""
    rows = rows.reindex(columns=[*bundled.columns, "dataset", "listed"])
    rows = rows.assign(is_best=rows["is_best"].astype(object).where(rows["is_best"].notna(), False).astype(bool))
    both = pd.concat([bundled.assign(dataset="frontier", listed=None), rows], ignore_index=True)
    mine = both.index >= len(bundled)
    changed = _repeats(both, mine) & (both["dataset"] != BY_HAND)
    both.loc[changed, "known_basis"] = LOWER_BOUND
    for suffix in (lambda row: f"as listed: {row.listed}", lambda row: f"seen {row.seen_on:%Y-%m-%d}"):
        for at in both.index[_repeats(both, mine)]:
            said = both["setting"].iloc[at]
            both.at[at, "setting"] = suffix(both.loc[at]) if pd.isna(said) else f"{said}; {suffix(both.loc[at])}"
    return both[~_repeats(both, mine)].drop(columns="listed").reset_index(drop=True)


def _repeats(rows: pd.DataFrame, mine: np.ndarray) -> pd.Series:
    """Which of the user's rows have the key of one above them: of all rows only those on their tasks are compared."""
    tasks = fold_series(rows["task"])
    key = rows.loc[tasks.isin(tasks[mine]), _KEY]
    key = key.assign(**{name: fold_series(key[name]) for name in _KEY if name != "shots"})
    return key.duplicated(keep="first").reindex(rows.index, fill_value=False) & mine


def _with_releases(bundled: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """The bundled models and the user's that they lack; one without a day of release is no model of a date."""
    new = rows[~rows["model"].isin(bundled["model"]) & rows["released"].notna()].sort_values("released", kind="stable")
    new = new.drop_duplicates("model")
    if new.empty:
        return bundled
    found = pd.DataFrame(
        {
            "model": new["model"],
            "family_name": new["model"],
            "organisation": new["organisation"],
            "released": new["released"],
            "date_precision": "day",
            "source": new["source"],
        }
    )
    return pd.concat([bundled, found.reindex(columns=bundled.columns)], ignore_index=True)


def _with_benchmarks(bundled: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    new = rows[~rows["task"].isin(bundled["task"])].drop_duplicates("task")
    if new.empty:
        return bundled
    units = {name: known.unit if (known := known_metric(name)) else SHARE for name in new["metric"].unique()}
    better = {name: known.higher_is_better if (known := known_metric(name)) else None for name in units}
    stated = new["higher_is_better"].astype(object)
    direction = stated.where(stated.notna(), new["metric"].map(better).astype(object))
    found = new[["benchmark", "task", "metric"]].assign(
        unit=new["metric"].map(units), higher_is_better=direction.map(lambda value: value not in (False, "False", None))
    )
    return pd.concat([bundled, found.reindex(columns=bundled.columns)], ignore_index=True)
