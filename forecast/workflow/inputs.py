"""From tables to what forecasts read, the panel and the target: written once, for all of the workflow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from scale_forecast.data.errors import UsageError
from scale_forecast.data.load import Tables
from scale_forecast.data.profiles import read_profiles
from scale_forecast.data.results import has_size
from scale_forecast.data.sizes import format_size, parse_size
from scale_forecast.inputs.panel import Panel, as_panel
from scale_forecast.inputs.targets import Target, remark_tokens, upcoming_target
from scale_forecast.predictors.base import Predictor
from scale_forecast.predictors.registry import PREDICTORS, name_of
from scale_forecast.workflow.tables import Tell, silent

Size = float | str
Sizes = Size | Sequence[Size]
"""One size or several."""


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


def tell_work(targets: Sequence[Target], predictor: str | Predictor, tell: Tell) -> None:
    """Say what is forecast before it is, since training may take a while."""
    models = ", ".join(target.model for target in targets)
    tell(f"forecasting {models} with {name_of(predictor)}, which is trained first unless that was done before")


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
    if remark := remark_tokens(panel, target, as_of):
        tell(remark)
    return target


def family_of(tables: Tables, family: str | None) -> str:
    """The family named, else the only one of the user's results; where there are several, they are listed.

    Raises
    ------
    UsageError
        When it does not follow which family is meant.
    """
    if family is not None:
        return family
    own = tables.results[tables.results["family"].isin(tables.own_families)]
    sized = own[has_size(own)]
    names = list(dict.fromkeys(sized["family"]))
    if len(names) == 1:
        return str(names[0])
    if names:
        known = [f"{name} ({largest_of(sized[sized['family'] == name])})" for name in names[:6]]
        more = ", ..." if len(names) > len(known) else ""
        raise UsageError(f"which family? say --family, one of {', '.join(known)}{more}")
    if len(own):
        raise UsageError("no model of your results has a size to go by: give params in --models, or another --family")
    raise UsageError("which family? say --family, such as PaLM, or give results of your own")


def largest_of(rows: pd.DataFrame) -> str:
    """How large the largest model of some rows is, in a word or two."""
    params = rows["params"].max()
    return f"up to {format_size(params)}" if pd.notna(params) else f"up to {rows['train_flops'].max():.2g} FLOPs"


def number(size: Size | None) -> float | None:
    """A size as a number, whether it is one or is written as 540B."""
    return None if size is None else parse_size(size)
