"""The pooled origin and its drift as predictors: what all families' scores on the task say."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from scale_forecast.inputs.panel import Panel
from scale_forecast.predictors.base import PointPredictor
from scale_forecast.predictors.pooling import Variances, pooled_posterior


class PooledTasks(PointPredictor):
    """Posterior mean of the Gaussian process over task x family x compute (`predictors.pooling`), smooth in compute."""

    name: ClassVar[str] = "pooled"
    variances: ClassVar[Variances] = Variances()

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        (posterior,), _ = pooled_posterior(rows, evidence, [self.variances])
        return posterior.mean


class PooledTasksRough(PooledTasks):
    """The same with the less regular prior that the marginal likelihood prefers."""

    name: ClassVar[str] = "pooled-rough"
    variances: ClassVar[Variances] = Variances.rough()
