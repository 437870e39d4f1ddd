"""Hold a forecast against conditions: what a pipeline asks before it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from scale_forecast.conditions import check_conditions, parse_condition
from scale_forecast.data.errors import UsageError
from scale_forecast.workflow.forecasts import predict
from scale_forecast.workflow.tables import Results

COLUMNS = ["model", "condition", "of", "value", "bound", "holds"]


def check(results: Results = None, *, that: str | Sequence[str], **about: Any) -> pd.DataFrame:
    """Whether conditions hold of a forecast, a row a model, condition and setting that it names.

    Parameters
    ----------
    that : such as ``"P(MMLU > 0.8) >= 0.5"`` or ``"q10(MGSM/de) >= 0.3"``; a benchmark's name stands for its mean
    results, about : the arguments of `predict`

    Returns
    -------
    DataFrame
        `COLUMNS`.
    """
    conditions = [parse_condition(text) for text in ([that] if isinstance(that, str) else that)]
    if not conditions:
        raise UsageError("nothing to check: give a condition with --that, such as 'P(MMLU > 0.8) >= 0.5'")
    parts = [(part.target.model, check_conditions(part, conditions)) for part in predict(results, **about)]
    return pd.concat([table.assign(model=model) for model, table in parts], ignore_index=True)[COLUMNS]
