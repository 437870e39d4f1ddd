"""Which questions a forecast bears on: those that name one of its tasks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from scale_forecast.data.names import fold
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import Resolution
from scale_forecast.show.plots.question import forecasts_of


def questions_on(
    tasks: pd.DataFrame,
    questions: Sequence[Question],
    resolutions: Sequence[Resolution],
    recorded: pd.DataFrame | None,
) -> pd.DataFrame:
    """The questions that name a task of the forecast (or its whole benchmark as one), open ones first.

    Parameters
    ----------
    tasks : the forecast table
    questions, resolutions : aligned
    recorded : the ledger's forecasts, for what was said last

    Returns
    -------
    DataFrame
        ``question`` (its title), ``status, odds or crowd, ours, last evidence`` as people read them.
    """
    names = set(tasks["task"].astype("str").map(fold)) | set(tasks["benchmark"].astype("str").map(fold))
    out = []
    for question, found in zip(questions, resolutions, strict=True):
        if not names & {fold(name) for name in _find_texts(question.criterion.model_dump(), "task")}:
            continue
        said = forecasts_of(question, recorded)
        is_crowd = said["is_crowd"].astype(bool)
        crowd = question.implied if question.odds or not is_crowd.any() else said.loc[is_crowd, "probability"].iloc[-1]
        ours = said.loc[~is_crowd, "probability"]
        out.append(
            {
                "question": question.title,
                "status": found.status.value,
                "odds or crowd": crowd,
                "ours": ours.iloc[-1] if len(ours) else None,
                "last evidence": pd.Timestamp(question.resolve_by).tz_localize(None),
            }
        )
    table = pd.DataFrame(out, columns=["question", "status", "odds or crowd", "ours", "last evidence"])
    for name in ("odds or crowd", "ours"):
        table[name] = table[name].astype(float).map(lambda p: None if pd.isna(p) else f"{p:.0%}").astype(object)
    order = table.assign(settled=table["status"].ne("open")).sort_values(["settled", "last evidence"], kind="stable")
    return table.loc[order.index].reset_index(drop=True)


def _find_texts(part: Any, key: str) -> Iterator[str]:
    """Every text under ``key`` anywhere in a criterion."""
    if isinstance(part, dict):
        for name, value in part.items():
            if name == key and value is not None:
                yield from value if isinstance(value, (list, tuple)) else [value]
            else:
                yield from _find_texts(value, key)
    elif isinstance(part, (list, tuple)):
        for item in part:
            yield from _find_texts(item, key)
