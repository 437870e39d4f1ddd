"""What a task, its metric and its prompt are, whatever the models: as numbers, missing where unknown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from scale_forecast.data.tasks import METRIC_KINDS
from scale_forecast.features.points import Points

TUNINGS = ("base", "instruct", "rlhf")
AS_GIVEN = ("n_choices", "input_words", "target_chars", "chance", "ceiling")


def descriptors(points: Points) -> Iterator[tuple[str, np.ndarray]]:
    """Name and values, (n,), of each descriptor of the series.

    ``metric_kind`` is the place in `data.tasks.METRIC_KINDS`, ``tuning`` that in `TUNINGS` (3 for any other). Human
    scores are shares here, percentages in the tasks table.
    """
    table = points.described
    for name in AS_GIVEN:
        yield name, table[name].to_numpy(dtype=float)
    for name in ("human_average", "human_best"):
        yield name, table[name].to_numpy(dtype=float) / 100.0
    yield "shots", table["shots"].to_numpy(dtype=float)
    yield "metric_kind", code_of(table["metric_kind"], METRIC_KINDS)
    yield "is_share", table["is_share"].to_numpy(dtype=float)
    yield "is_chain_of_thought", is_chain_of_thought(table["prompt"]).astype(float)
    yield "is_aggregate", table["aggregate_of"].notna().to_numpy(dtype=float)
    yield "tuning", code_of(table["tuning"], TUNINGS)


def is_chain_of_thought(prompt: pd.Series) -> np.ndarray:
    """True for prompts that ask for the reasoning first (``cot``, ``cot-native``, ...)."""
    return prompt.str.startswith("cot").to_numpy(dtype=bool)


def code_of(names: pd.Series, known: Sequence[str]) -> np.ndarray:
    """Place of each name among the known ones as float; their number for any other, NaN where missing."""
    place = {name: float(i) for i, name in enumerate(known)}
    codes = {name: place.get(name, float(len(known))) for name in names.dropna().unique()}
    return names.map(codes).to_numpy(dtype=float)
