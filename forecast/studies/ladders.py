"""Ladders: the models of one family in order of scale, and their scores on the tasks of one benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError
from scale_forecast.data.noise import standard_error
from scale_forecast.data.results import UNIT
from scale_forecast.data.scale import BELOW, scale_of
from scale_forecast.data.tasks import describe
from scale_forecast.features.links import Limits, limits_of, link, link_stderr

FEWEST_TASKS = 8
MOST_FAMILIES = 6
"""Families of one line on one suite that are shown one by one."""
SUITE = ["benchmark", "shots", "prompt", "family"]
"""What names a ladder; ``shots`` is `regime_of`."""


@dataclass(frozen=True)
class Measured:
    """Final models' scores with their noise, aggregates of other rows left out.

    Attributes
    ----------
    rows : DataFrame
        Described results with ``regime``, ``scale`` (decades), ``se`` (score unit, NaN unknown) and ``unit`` (code).
    limits : Limits, (rows,); ``low`` and ``high`` are the extremes of all models on all tasks of the benchmark; a
        task's own would be its few scores, the outcome among them
    """

    rows: pd.DataFrame
    limits: Limits

    def view(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Scores in a view of `features.links` and their standard errors, (rows,) each; larger is better."""
        score = self.rows["score"].to_numpy(dtype=float)
        se = self.rows["se"].to_numpy(dtype=float)
        return link(score, name, self.limits), link_stderr(score, se, name, self.limits)


def measure_ladders(results: pd.DataFrame, tasks: pd.DataFrame, metrics: pd.DataFrame) -> Measured:
    """Describe and measure the final models' scores.

    Raises
    ------
    DataError
        When nothing is left.
    """
    final = results[results["checkpoint"].isna()].reset_index(drop=True)
    rows = describe(final, tasks, metrics)
    rows = rows.assign(regime=regime_of(rows["shots"]), scale=scale_of(final), se=standard_error(rows))
    rows = rows[rows["aggregate_of"].isna()].reset_index(drop=True)
    if rows.empty:
        raise DataError("these results hold no score of a final model on a task of its own: add some to study them")
    rows["unit"] = rows.groupby(UNIT, dropna=False, sort=True).ngroup()
    suite = rows.groupby(["benchmark", "is_share", "higher_is_better"], observed=True)["score"]
    low, high = (suite.transform(end).to_numpy(dtype=float) for end in ("min", "max"))
    return Measured(rows, replace(limits_of(rows), low=low, high=high))


def regime_of(shots: pd.Series) -> pd.Series:
    """``zero``, ``one`` or ``few`` shots; ``any`` where a score is not of one number of shots."""
    names = np.select([shots == 0, shots == 1, shots > 1], ["zero", "one", "few"], "any")
    return pd.Series(names, index=shots.index)


@dataclass(frozen=True)
class Ladder:
    """One family on one benchmark.

    Attributes
    ----------
    name : dict, the values of `SUITE`, and ``line``
    models : names, ascending in scale
    scale : (L,) decades
    row : (n, L) positions in `Measured.rows`; -1 where a model lacks a task
    """

    name: dict[str, str]
    models: list[str]
    scale: np.ndarray
    row: np.ndarray

    def of(self, column: np.ndarray) -> np.ndarray:
        """A column of the rows arranged as (n, L), NaN where missing."""
        return np.where(self.row >= 0, column[self.row], np.nan)

    def rungs(self, places: list[int]) -> Ladder:
        """The ladder of some of its models, and the tasks that all of them have."""
        row = self.row[:, places]
        return Ladder(self.name, [self.models[i] for i in places], self.scale[places], row[(row >= 0).all(axis=1)])

    def windows(self, length: int) -> Iterator[Ladder]:
        """All runs of ``length`` consecutive models."""
        for start in range(len(self.models) - length + 1):
            yield self.rungs(list(range(start, start + length)))


def ladders(rows: pd.DataFrame, *, fewest_models: int = 3, fewest_tasks: int = FEWEST_TASKS) -> Iterator[Ladder]:
    """Every family on every benchmark, shots and prompt apart; shares and losses apart.

    Of models less than 10% apart in scale the first is kept. Ladders that are too short or too narrow are left out.
    """
    keys = ["benchmark", "regime", "prompt", "is_share", "family"]
    slim = rows[[*keys, "line", "model", "scale", "unit"]]
    wide = slim.groupby(keys, observed=True)[["model", "unit"]].transform("nunique")
    slim = slim[(wide["model"] >= fewest_models) & (wide["unit"] >= fewest_tasks)]
    for values, part in slim.groupby(keys, sort=True, observed=True):
        benchmark, regime, prompt, _, family = (str(value) for value in values)
        models = part.groupby("model", sort=True)["scale"].first().sort_values(kind="stable")
        models = models[_apart(models.to_numpy(dtype=float))]
        part = part[part["model"].isin(models.index)]
        name = dict(zip([*SUITE, "line"], [benchmark, regime, prompt, family, part["line"].iloc[0]], strict=True))
        row = _arrange_row(part, models.index)
        if len(models) >= fewest_models and len(row) >= fewest_tasks:
            yield Ladder(name, list(models.index), models.to_numpy(dtype=float), row)


def label_ladders(names: pd.DataFrame) -> pd.DataFrame:
    """Names of ladders, with the recipes of a line that has many of them on a suite under one label as ``family``."""
    many = names.groupby([*SUITE[:3], "line"])["family"].transform("size")
    crowd = many.astype(str) + " families of " + names["line"]
    return names.assign(family=names["family"].where(many <= MOST_FAMILIES, crowd))


def ladder_of(rows: pd.DataFrame, name: dict[str, str], models: list[str]) -> Ladder | None:
    """The ladder of some named models, of whatever families, on the shares they all have; None when too narrow."""
    part = rows[rows["model"].isin(models) & rows["is_share"]]
    for column in ("benchmark", "regime"):
        if column in name:
            part = part[part[column] == name[column]]
    scale = part.groupby("model")["scale"].first().reindex(models)
    if scale.isna().any():
        return None
    ladder = Ladder(name, models, scale.to_numpy(dtype=float), _arrange_row(part, pd.Index(models)))
    ladder = ladder.rungs(list(range(len(models))))
    return ladder if len(ladder.row) >= FEWEST_TASKS else None


def _apart(scale: np.ndarray) -> np.ndarray:
    keep, last = np.zeros(len(scale), dtype=bool), -np.inf
    for i, value in enumerate(scale):
        if value > last + BELOW:
            keep[i], last = True, value
    return keep


def _arrange_row(part: pd.DataFrame, models: pd.Index) -> np.ndarray:
    unit, units = pd.factorize(part["unit"], sort=True)
    row = np.full((len(units), len(models)), -1)
    row[unit, models.get_indexer(pd.Index(part["model"]))] = part.index.to_numpy()
    return row
