"""Scaling curves of each task's own history as predictors: one fit a task, all tasks of a model in one batch."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from data.errors import DataError
from forecast.curves import fit_curves
from forecast.distribution import Link
from forecast.panel import Panel, own_history, padded
from forecast.predictors.base import PointPredictor


class CurveAverage(PointPredictor):
    """The curve engine's average of forms through the family's scores on the task, continued to the target's scale.

    A curve that cannot be fitted (fewer than two scales, say) stays at the origin's score.
    """

    name: ClassVar[str] = "curve"
    form: ClassVar[str] = "auto"

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        scale, score = _histories(rows, evidence)
        last = float(rows["scale"].iloc[0])
        predicted = rows["origin_score"].to_numpy(dtype=float).copy()
        up = (rows["is_share"] & rows["higher_is_better"]).to_numpy()
        for kind, wanted in (("accuracy", up), ("loss", ~up)):
            positive = np.nanmin(np.where(np.isnan(score), np.inf, score), axis=1, initial=np.inf) > 0
            at = np.flatnonzero(wanted & (np.isfinite(score).sum(axis=1) >= 2) & (positive | (kind == "accuracy")))
            if len(at):
                predicted[at] = self._continued(
                    10.0 ** (scale[at] - last), score[at], rows.iloc[at], kind, predicted[at]
                )
        return Link.of(rows).forward(predicted)

    def _continued(
        self, x: np.ndarray, y: np.ndarray, rows: pd.DataFrame, kind: str, otherwise: np.ndarray
    ) -> np.ndarray:
        limits = {}
        if kind == "accuracy":
            limits = {
                "chance": rows["chance"].fillna(0.0).to_numpy(),
                "ceiling": rows["ceiling"].fillna(1.0).to_numpy(),
            }
        try:
            fits = fit_curves(x, y, self.form, kind=kind, group=np.zeros(len(y), dtype=int), jobs=1, **limits)
            value = np.asarray(fits.predict(np.ones((len(y), 1))))[:, 0]
        except DataError:
            return otherwise
        return np.where(np.isfinite(value), value, otherwise)


def _histories(rows: pd.DataFrame, evidence: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Scales and scores of the family's smaller models on each unit, (n, L) each, padded with NaN."""
    past, at = own_history(rows, evidence, ["score"])
    past = past.groupby([at, "scale"])["score"].mean().reset_index()
    scale, score = padded(len(rows), past["level_0"].to_numpy(), past["scale"], past["score"])
    return scale, score
