"""From tables to what forecasts read, the panel and the target: written once, for all of the workflow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from scale_forecast.data.load import Tables
from scale_forecast.data.profiles import read_profiles
from scale_forecast.data.sizes import parse_size
from scale_forecast.inputs.panel import Panel, as_panel
from scale_forecast.inputs.targets import Target, upcoming_target
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.registry import PREDICTORS, name_of
from scale_forecast.workflow.tables import Tell, silent

Size = float | str


def panel_of(
    tables: Tables,
    profiles: str | Path | None = None,
    predictors: Sequence[str | Predictor] = (),
    tell: Tell = silent,
) -> Panel:
    """The tables as predictors see them, with the profiles of a file; says where none of the predictors reads those."""
    table = None if profiles is None else profiles_for(tables, profiles, predictors, tell)
    return as_panel(tables.results, tables.tasks, tables.metrics, table)


def profiles_for(
    tables: Tables, path: str | Path, predictors: Sequence[str | Predictor] = (), tell: Tell = silent
) -> pd.DataFrame:
    """Profiles of items that belong to the results; says where none of the predictors asked for reads them."""
    profiles, summary = read_profiles(path, tables.results)
    tell(summary)
    reading = [name for name, cls in PREDICTORS.items() if cls.reads_profiles]
    names = [name_of(predictor) for predictor in predictors]
    if names and not set(reading) & set(names):
        tell(f"{', '.join(names)} does not read --profiles: ask {' or '.join(reading)}")
    return profiles


def target_of(
    panel: Panel,
    family: str,
    params: Size | None,
    train_tokens: Size | None,
    train_flops: Size | None,
    as_of: pd.Timestamp | None,
    tell: Tell = silent,
) -> Target:
    """The upcoming model of a family, its sizes as numbers or as 540B; says what was assumed of it."""
    target, notes = upcoming_target(panel, family, number(params), number(train_tokens), number(train_flops), as_of)
    for sentence in notes:
        tell(sentence)
    return target


def number(size: Size | None) -> float | None:
    """A size as a number, whether it is one or is written as 540B."""
    return None if size is None else parse_size(size)
