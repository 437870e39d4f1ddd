"""An accuracy in two steps: the task's loss from compute, and the accuracy from that loss by a sigmoid.

After Bhagia et al. 2024 (arXiv:2412.04403), with the forms and the averaging of this package.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scale_forecast.curves.estimator import CurveFits, fit_curves

DRAWS = 199
"""Quantiles of the loss at which the second step is taken."""


@dataclass(frozen=True)
class TwoSteps:
    """n ladders: ``loss`` over x, and ``accuracy`` over e^(-loss unit), over whose log a sigmoid is one in the loss.

    ``unit`` (n, 1): e-folds of x for one of loss, so that slopes are those that sigmoids over x are expected to have.
    """

    loss: CurveFits
    accuracy: CurveFits
    unit: np.ndarray

    def predict(self, x: npt.ArrayLike) -> np.ndarray:
        """The accuracy at ``x``, (n, m) or (m,) for all."""
        return self.accuracy.predict(np.exp(-np.clip(self.loss.predict(x) * self.unit, 0.0, 600.0)))

    def quantiles(self, x: npt.ArrayLike, levels: Sequence[float]) -> np.ndarray:
        """Quantiles of an accuracy that would be observed at ``x``, (n, m, k): both steps' uncertainty."""
        at = (np.arange(DRAWS) + 0.5) / DRAWS
        losses = np.clip(self.loss.quantiles(x, at.tolist()) * self.unit[:, :, None], 0.0, 600.0)
        n, m, k = losses.shape
        drawn = self.accuracy.quantiles(np.exp(-losses).reshape(n, m * k), at[::10].tolist())
        return np.moveaxis(np.quantile(drawn.reshape(n, m, -1), levels, axis=-1), 0, -1)


def fit_two_steps(
    x: npt.ArrayLike,
    loss: npt.ArrayLike,
    accuracy: npt.ArrayLike,
    *,
    chance: npt.ArrayLike | None = None,
    n_examples: npt.ArrayLike | None = None,
) -> TwoSteps:
    """Fit n ladders, (n, m) each, NaN where there is none: losses by ``auto``, accuracies by a sigmoid in the loss.

    Parameters
    ----------
    x : positive; loss : of the task, in nats or bits, positive; accuracy : in [0, 1]
    chance, n_examples : as in `fit_curves`
    """
    losses, sizes = (np.atleast_2d(np.asarray(values, dtype=float)) for values in (loss, x))
    both = np.where(np.isfinite(losses) & np.isfinite(sizes), np.stack([np.log(sizes), losses]), np.nan)
    span, fall = np.nanmax(both, axis=2) - np.nanmin(both, axis=2)
    unit = (span / np.where(fall > 0, fall, 1.0))[:, None]
    second = fit_curves(
        np.exp(-losses * unit), np.atleast_2d(np.asarray(accuracy, dtype=float)), "sigmoid", kind="accuracy",
        chance=chance, n_examples=n_examples,
    )  # fmt: skip
    return TwoSteps(fit_curves(sizes, losses), second, unit)
