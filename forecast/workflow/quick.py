"""The one front door: what a file or folder holds, its next sizes forecast, and how good that was on its own ladder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from scale_forecast.backtests.training import Trained
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.load import Tables
from scale_forecast.data.names import count_of, did_you_mean, fold
from scale_forecast.data.notebook import ShowsHtml
from scale_forecast.data.results import has_size
from scale_forecast.data.sizes import size_list
from scale_forecast.inputs.panel import Panel
from scale_forecast.ladder import (
    forecast_known_models,
    inventory,
    list_needs,
    means_by_metric,
    next_sizes,
    record_in_words,
    track_record,
)
from scale_forecast.parallel import Workers
from scale_forecast.prediction import Prediction
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.registry import DEFAULT, make
from scale_forecast.upcoming import predict_upcoming
from scale_forecast.workflow.clock import Day, as_day
from scale_forecast.workflow.inputs import Sizes, panel_of, target_of, tell_work
from scale_forecast.workflow.notebooks import show_in_notebook
from scale_forecast.workflow.places import cache_folder
from scale_forecast.workflow.tables import Results, Tell, names_in, silent, tables_of, tell_once

MOST_FAMILIES = 3
"""Forecast unless they are named: each takes a training of its own."""


@dataclass(frozen=True)
class Quick(ShowsHtml):
    """What `quick` found.

    Attributes
    ----------
    families : DataFrame
        What the results hold, a row a family.
    predictions : list of Prediction
        Of each family that was forecast, its next sizes.
    frame : DataFrame
        Benchmark means of the next sizes, from joint draws.
    record : DataFrame
        Each known model forecast from the smaller ones, beside what it scored.
    said : str
        The track record in one sentence.
    needs : list of str
        What would let the forecasts say more.
    """

    families: pd.DataFrame
    predictions: list[Prediction]
    frame: pd.DataFrame
    record: pd.DataFrame
    said: str
    needs: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        sizes = ", ".join(part.target.model for found in self.predictions for part in found)
        return f"<Quick: {count_of(len(self.families), 'ladder')}, next {sizes}>"

    @property
    def whole(self) -> dict[str, Any]:
        """Everything, as tables by name."""
        tasks = pd.concat([found.frame for found in self.predictions], ignore_index=True)
        return {"families": self.families, "means": self.frame, "record": self.record, "tasks": tasks}


def quick(
    results: Results,
    *,
    family: str | Sequence[str] = (),
    params: Sizes | None = None,
    as_of: Day | None = None,
    predictor: str | Predictor = DEFAULT,
    workers: Workers | None = None,
    tell: Tell = silent,
) -> Quick:
    """Say what a user's results hold, forecast the next sizes of their families, and how good that was on known ones.

    Parameters
    ----------
    results : a file, a folder or a table of results; not the bundled figures
    family : of these; of the `MOST_FAMILIES` with most scores when none is named
    params : the sizes to forecast; 2, 4 and 10 times the largest when None
    as_of : read only what was public on this day
    predictor, workers, tell : as of `predict`

    Raises
    ------
    DataError
        When no model of the results has a size.
    """
    make(predictor)
    tell = tell_once(tell)
    tables, day = tables_of(results, tell), as_day(as_of)
    own = tables.results[tables.results["family"].isin(tables.own_families)]
    if own.empty:
        raise UsageError("whose results? name a file or folder of yours; of published families `predict` tells")
    panel = panel_of(tables)
    predictions, means, held_out, needs = [], [], [], []
    with show_in_notebook(workers) as several:
        trained = Trained(panel, cache_folder(), workers=several)
        for name in _families(own, names_in(family), tell):
            found = _next(panel, tables, name, params, day, predictor, trained, tell)
            predictions.append(found)
            means += [means_by_metric(part) for part in found]
            held_out.append(forecast_known_models(panel, name, trained, predictor, day))
            needs += [sentence for sentence in list_needs(panel, name, found[0]) if sentence not in needs]
    record = track_record(pd.concat(held_out, ignore_index=True))
    frame = pd.concat(means, ignore_index=True)
    return Quick(inventory(own), predictions, frame, record, record_in_words(record), needs)


def _next(
    panel: Panel, tables: Tables, family: str, params: Sizes | None, day: pd.Timestamp | None,
    predictor: str | Predictor, trained: Trained, tell: Tell,
) -> Prediction:  # fmt: skip
    """The next sizes of one family."""
    sizes: list[float] = list(size_list(params))
    kind = "params"
    if not sizes:
        kind, sizes = next_sizes(tables.results[tables.results["family"] == family])
    scales = [(None, size) if kind == "train_flops" else (size, None) for size in sizes]
    targets = [target_of(panel, family, n, None, flops, day, tell) for n, flops in scales]
    tell_work(targets, predictor, tell)
    return Prediction(
        [predict_upcoming(panel, target, predictor=predictor, as_of=day, trained=trained) for target in targets]
    )


def _families(own: pd.DataFrame, asked: Sequence[str], tell: Tell) -> list[str]:
    """The families to forecast: those named, else those with most scores that have a size."""
    sized = own[has_size(own)]
    if sized.empty:
        raise DataError("no model of these results has a size: give a column params, or a models table with one")
    known = sized.groupby("family", observed=True).size().sort_values(ascending=False, kind="stable")
    names = [str(name) for name in known.index]
    if not asked:
        if len(names) > 1 and sized["model"].nunique() == len(names):
            tell(f"each of the {len(names)} models is a family of its own: if they are sizes of one, --set family=NAME")
        if len(names) > MOST_FAMILIES:
            tell(f"not forecast: {', '.join(names[MOST_FAMILIES:])}; name families to forecast with --family")
        return names[:MOST_FAMILIES]
    found = {fold(name): name for name in names}
    for name in asked:
        if fold(name) not in found:
            raise UsageError(f"no family {name!r} of your results has a size{did_you_mean(name, names)}")
    return [found[fold(name)] for name in asked]
