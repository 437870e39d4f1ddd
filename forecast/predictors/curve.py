"""Scaling curves of each task's own history as predictors: one fit a task, all tasks of a model in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from scale_forecast.curves import fit_curves
from scale_forecast.data.errors import DataError
from scale_forecast.distribution import Link
from scale_forecast.inputs.folds import Fold
from scale_forecast.inputs.panel import Panel, own_history, pad_rows
from scale_forecast.parallel import Workers
from scale_forecast.predictors.base import ALONE, PointPredictor
from scale_forecast.predictors.spread import Spread


@dataclass(frozen=True)
class _Histories:
    """Each row's past, (n, L) padded with NaN, in decades before its target, and the number of its ``model``, (n,)."""

    rows: pd.DataFrame
    model: np.ndarray
    decades: np.ndarray
    score: np.ndarray

    @classmethod
    def of(cls, cases: Sequence[tuple[pd.DataFrame, Panel]]) -> _Histories:
        decades, score = zip(*(_history(rows, evidence) for rows, evidence in cases), strict=True)
        model = np.repeat(np.arange(len(cases)), [len(rows) for rows, _ in cases])
        columns = ["origin_score", "is_share", "higher_is_better", "chance", "ceiling"]
        rows = pd.concat([rows[columns] for rows, _ in cases], ignore_index=True)
        return cls(rows, model, _stack_matrices(decades), _stack_matrices(score))

    def take(self, at: np.ndarray) -> _Histories:
        return _Histories(self.rows.iloc[at], self.model[at], self.decades[at], self.score[at])


class CurveAverage(PointPredictor):
    """The curve engine's average of forms through the family's scores on the task, continued to the target's scale.

    A curve that cannot be fitted (fewer than two scales, say) stays at the origin's score. The past forecasts that the
    spread is learned from are made in one batch, each model's curves with priors of their own.
    """

    name: ClassVar[str] = "curve"
    form: ClassVar[str] = "auto"

    def fit(self, past: Sequence[Fold], workers: Workers = ALONE) -> Self:
        points = self._locate_each([(fold.rows, fold.evidence) for fold in past], workers)
        self.spread_ = Spread.of_errors(list(zip(past, points, strict=True)))
        return self

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        return self._locate_each([(rows, evidence)])[0]

    def _locate_each(self, cases: Sequence[tuple[pd.DataFrame, Panel]], workers: Workers = ALONE) -> list[np.ndarray]:
        """The points of several models, (n,) each."""
        if not cases:
            return []
        every = _Histories.of(cases)
        predicted = every.rows["origin_score"].to_numpy(dtype=float).copy()
        up = (every.rows["is_share"] & every.rows["higher_is_better"]).to_numpy(dtype=bool)
        positive = np.nanmin(np.where(np.isnan(every.score), np.inf, every.score), axis=1, initial=np.inf) > 0
        enough = np.isfinite(every.score).sum(axis=1) >= 2
        for kind, wanted in (("accuracy", up), ("loss", ~up & positive)):
            at = np.flatnonzero(wanted & enough)
            if len(at):
                value = self._extrapolate(every.take(at), kind, workers)
                predicted[at] = np.where(np.isfinite(value), value, predicted[at])
        parts = np.split(predicted, np.cumsum([len(rows) for rows, _ in cases])[:-1])
        return [Link.of(rows).forward(part) for (rows, _), part in zip(cases, parts, strict=True)]

    def _extrapolate(self, histories: _Histories, kind: str, workers: Workers) -> np.ndarray:
        """Each curve at its target, (n,); NaN for those of a model of which one cannot be fitted."""
        limits = {}
        if kind == "accuracy":
            limits = {
                "chance": histories.rows["chance"].fillna(0.0).to_numpy(),
                "ceiling": histories.rows["ceiling"].fillna(1.0).to_numpy(),
            }
        x, y, model = 10.0**histories.decades, histories.score, histories.model
        try:
            fits = fit_curves(x, y, self.form, kind=kind, group=model, workers=workers, **limits)
            return np.asarray(fits.predict(np.ones((len(y), 1))))[:, 0]
        except DataError:
            models = [np.flatnonzero(model == m) for m in np.unique(model)]
            if len(models) == 1:
                return np.full(len(y), np.nan)
            return np.concatenate([self._extrapolate(histories.take(at), kind, workers) for at in models])


def _history(rows: pd.DataFrame, evidence: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Decades before the target and scores of the family's smaller models on each unit, (n, L) each, NaN-padded."""
    past, at = own_history(rows, evidence, ["score"])
    past = past.groupby([at, "scale"])["score"].mean().reset_index()
    scale, score = pad_rows(len(rows), past["level_0"].to_numpy(), past["scale"], past["score"])
    return scale - float(rows["scale"].iloc[0]), score


def _stack_matrices(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Matrices of unequal width one below the other, NaN on the right."""
    width = max(part.shape[1] for part in parts)
    return np.vstack([np.pad(part, ((0, 0), (0, width - part.shape[1])), constant_values=np.nan) for part in parts])
