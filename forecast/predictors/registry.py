"""All predictors by name."""

from __future__ import annotations

from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import did_you_mean
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.boosted import Boosted
from scale_forecast.predictors.curve import CurveAverage
from scale_forecast.predictors.pooled import PooledTasks, PooledTasksRough
from scale_forecast.predictors.reference import REFERENCES
from scale_forecast.predictors.stack import Stack

PREDICTORS: dict[str, type[Predictor]] = {
    cls.name: cls for cls in (*REFERENCES, CurveAverage, PooledTasks, PooledTasksRough, Boosted, Stack)
}
DEFAULT = "stack"
"""The recommended predictor."""
BESIDE = ("persistence", "drift", "pooled-law")
"""The references that ``default`` shows it beside."""


def reference_names() -> list[str]:
    """The naive predictors that stand in every report."""
    return [name for name, cls in PREDICTORS.items() if cls.is_reference]


def make(name: str) -> Predictor:
    """An untrained predictor.

    Raises
    ------
    UsageError
        For an unknown name, with the nearest known one.
    """
    if name not in PREDICTORS:
        raise UsageError(f"no predictor {name!r}{did_you_mean(name, PREDICTORS)}: there are {', '.join(PREDICTORS)}")
    return PREDICTORS[name]()


def chosen(names: str | None) -> list[str]:
    """``a,b`` as a list; ``default`` is the recommended one beside the strongest references; None is all."""
    if names is None:
        return list(PREDICTORS)
    wanted: list[str] = []
    for name in names.split(","):
        wanted += [DEFAULT, *BESIDE] if name.strip() == "default" else [name.strip()]
    for name in wanted:
        make(name)
    return list(dict.fromkeys(wanted))
