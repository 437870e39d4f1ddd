"""The pooled origin and its drift as predictors: what all families' scores on the task say."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd

from scale_forecast.inputs.panel import Panel
from scale_forecast.predictors.base import PointPredictor
from scale_forecast.predictors.pooling import Variances, pooled_posterior


class PooledTasks(PointPredictor):
    """A Gaussian process over task, family and compute that pools all families, smooth in compute."""

    name: ClassVar[str] = "pooled"
    variances: ClassVar[Variances] = Variances()

    def locate(self, rows: pd.DataFrame, evidence: Panel) -> np.ndarray:
        (posterior,), _ = pooled_posterior(rows, evidence, [self.variances])
        return posterior.mean


class PooledTasksRough(PooledTasks):
    """The pooled Gaussian process with a less regular prior, which the marginal likelihood prefers."""

    name: ClassVar[str] = "pooled-rough"
    variances: ClassVar[Variances] = Variances.rough()
