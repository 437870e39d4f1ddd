"""What moved a forecast by date: the releases, the trend, what past windows taught, and where the spread comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from scale_forecast.by_date.link import from_link
from scale_forecast.by_date.new_model import NewModel, own_noise, predict_model
from scale_forecast.by_date.paths import RecordPaths
from scale_forecast.by_date.record_forecast import read_records
from scale_forecast.by_date.records import Record
from scale_forecast.by_date.scopes import EVERYBODY, Scope
from scale_forecast.by_date.state import State
from scale_forecast.by_date.world import YEAR, scale_of

RELEASES = 8
"""Makers of a record that are named; earlier models of a line that are shown."""


@dataclass(frozen=True)
class ExplainedByDate:
    """Of some tasks: ``steps`` (``task, name, value, says``) from what stands to the forecast, and ``releases``.

    Of a record these are the lines and models that may hold it, with their probabilities; of a coming model the
    earlier models that it is most like, with their scores.
    """

    steps: pd.DataFrame
    releases: pd.DataFrame

    def views(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Titled tables for a terminal, two for each task."""
        for task in self.steps["task"].drop_duplicates():
            yield task, self.steps[self.steps["task"] == task].drop(columns="task")
            mine = self.releases[self.releases["task"] == task].drop(columns="task")
            yield "\nWhich releases", mine.reset_index(drop=True)

    def as_long(self) -> pd.DataFrame:
        """One table for files: a row a number or a release, with its task and part."""
        of_releases = self.releases.rename(columns={"probability": "value", "score": "value"})
        words = [column for column in of_releases if column not in ("task", "value")]
        said = of_releases[words].astype(str).agg(", ".join, axis=1) if len(of_releases) else pd.Series(dtype=object)
        releases = pd.DataFrame({"task": of_releases["task"], "name": said, "value": of_releases["value"], "says": ""})
        return pd.concat([self.steps.assign(part="step"), releases.assign(part="release")], ignore_index=True)[
            ["task", "part", "name", "value", "says"]
        ]


def explain_record(paths: RecordPaths, task: str, day: pd.Timestamp, scope: Scope = EVERYBODY) -> ExplainedByDate:
    """From the standing record to its forecast by a day, and who may hold it."""
    record, state = paths.records(scope)[task], paths.state
    scale, end = scale_of(state.world.tasks, task), paths.state.years(day)
    new, expected = paths.measurements(task, scope), paths.expected_record(task, scope)
    in_time = new.known_at <= end
    best = np.full(paths.draws, -np.inf)
    np.maximum.at(best, new.draw[in_time], new.z[in_time])
    years = max((pd.Timestamp(day) - paths.start).days / YEAR, 1.0 / YEAR)
    lesson = paths.trained.spread.lesson(best - record.z, record.z - expected, record.z, scale.unit, years)
    forecast = read_records(paths, [day], [task], scope)
    low, median, high = forecast.quantiles([0.1, 0.5, 0.9])[0, 0]

    def score(z: float) -> float:
        return float(from_link(np.array(z), scale))

    rows = [
        ("record now", record.score, f"{record.model}, {record.day:%Y-%m-%d}, one of {record.models} models"),
        (
            "record expected now",
            score(expected),
            "the best that its models should have had, by all benchmarks together",
        ),
        ("new models measured", in_time.sum() / paths.draws, f"on average by {day:%Y-%m-%d}"),
        (
            "their trend",
            _trend(new.known_at[in_time], new.z[in_time]),
            "logits a year, of new models in the simulations",
        ),
        ("best of them", score(record.z + lesson.simulated), "median where anything is measured"),
        (
            "held to past windows",
            score(record.z + lesson.moved),
            "after the record's gap and the errors of closed windows",
        ),
        ("gains of past windows", score(record.z + lesson.seen), "median gain of any benchmark over so long"),
        ("weight of past gains", lesson.weight, "of those beside the simulations"),
        ("P(nothing new)", float(forecast.nothing_new()[0, 0]), "no model of them is newly measured"),
        ("P(unchanged)", float(forecast.prob_no_change()[0, 0]), "for that or another reason"),
        ("median", median, "of the record by the day"),
        ("q10", low, ""),
        ("q90", high, ""),
    ]
    steps = pd.DataFrame(rows, columns=["name", "value", "says"]).assign(task=task)
    return ExplainedByDate(steps[["task", "name", "value", "says"]], _holders(paths, task, day, scope, record))


def _trend(years: np.ndarray, z: np.ndarray) -> float:
    """Slope of a straight line through simulated scores; 0 where there are hardly any."""
    return float(np.polyfit(years, z, 1)[0]) if len(z) >= 10 and np.ptp(years) > 0 else 0.0


def _holders(paths: RecordPaths, task: str, day: pd.Timestamp, scope: Scope, record: Record) -> pd.DataFrame:
    """Who holds the record by a day with what probability: lines to come, models that are out, and the standing one."""
    holder = paths.holders(task, [day], scope)[:, 0]
    coming = len(paths.future.lines.table)
    makers = paths.makers.assign(state="to come")
    names = paths.state.world.models.index
    makers.loc[makers.index >= coming, "state"] = ["out: " + name for name in names]
    named = makers["organisation"] + makers["product_line"].map(lambda line: f", {line}" if line else "")
    table = pd.DataFrame({"maker": named, "state": makers["state"]}).iloc[holder[holder >= 0]]
    counted = table.groupby(["maker", "state"]).size().sort_values(ascending=False, kind="stable") / paths.draws
    rows = [(record.organisation, f"standing: {record.model}", float((holder < 0).mean()))]
    first = counted.head(RELEASES).reset_index(name="probability")
    rows += list(first[["maker", "state", "probability"]].itertuples(index=False, name=None))
    found = pd.DataFrame(rows, columns=["maker", "state", "probability"]).assign(task=task)
    return found.sort_values("probability", ascending=False, kind="stable")[["task", "maker", "state", "probability"]]


def explain_model(state: State, target: NewModel, known: Mapping[str, float], task: str) -> ExplainedByDate:
    """A coming model's score as one learns of it: its day, its maker, its line and tier, the scores that are out."""
    day_alone = replace(target, organisation=None, line=None, tier=None)
    maker = replace(target, line=None, tier=None)
    told: list[tuple[str, NewModel, Mapping[str, float]]] = [
        ("a model of its day", day_alone, {}),
        ("of its organisation", maker, {}),
        ("of its line and tier", target, {}),
    ]
    if known:
        told.append(("with its known scores", target, known))
    rows, before = [], np.nan
    for name, model, scores in told:
        forecast = predict_model(state, model, scores, tasks=[task])
        median = float(forecast.quantiles(np.array([0.5]))[0, 0])
        rows.append((name, median, "median" if np.isnan(before) else f"median, {median - before:+.3g}"))
        before = median
    low, high = forecast.quantiles(np.array([0.1, 0.9]))[0]
    variance, noise = float(forecast.covariance[0, 0]), own_noise(state, task, float(forecast.mean[0]))
    rows += [
        ("q10", float(low), ""),
        ("q90", float(high), ""),
        ("spread", float(np.sqrt(variance)), "on the link, in logits"),
        ("of it measuring", min(noise / max(variance, 1e-12), 1.0), "share of the variance: own error and sampling"),
        ("loading", state.parameters.loadings[task], "of the benchmark on the capability index"),
    ]
    steps = pd.DataFrame(rows, columns=["name", "value", "says"]).assign(task=task)
    return ExplainedByDate(steps[["task", "name", "value", "says"]], _alike(state, target, task))


def _alike(state: State, target: NewModel, task: str) -> pd.DataFrame:
    """The newest models of the target's line that were measured on a task, then of its organisation, then of all."""
    models = state.world.models
    best = state.world.rows[state.world.rows["task"] == task].groupby("model")["score"].max()
    own = models.loc[best.index].assign(score=best)
    of_maker = own["organisation"].str.casefold() == str(target.organisation or "").casefold()
    of_line = of_maker & (own["product_line"].str.casefold() == str(target.line or "").casefold())
    own = own.assign(near=np.select([of_line, of_maker], ["line", "organisation"], "other"))
    order = own.assign(rank=own["near"].map({"line": 0, "organisation": 1, "other": 2}))
    order = order.sort_values(["rank", "released"], ascending=[True, False], kind="stable").head(RELEASES)
    table = order.rename_axis("model").reset_index().assign(task=task)
    return table[["task", "model", "near", "released", "score"]]
