"""Results as a notebook holds them: frames, rows and columns as Python has them, frames of other libraries."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.load import load

ROWS = [
    {"model": model, "task": task, "score": score}
    for model, task, score in [("acme-1b", "boolq", 0.5), ("acme-1b", "piqa", 0.6), ("acme-3b", "boolq", 0.55)]
]
FRAME = pd.DataFrame(ROWS)


class Elsewhere:
    """A table of another library, as polars and Arrow have them."""

    def to_pandas(self) -> pd.DataFrame:
        return FRAME


WAYS = {
    "frame": FRAME,
    "rows": ROWS,
    "columns": {name: FRAME[name].tolist() for name in FRAME},
    "arrays": {name: np.array(FRAME[name]) for name in FRAME},
    "another library": Elsewhere(),
    "models as index": FRAME.pivot(index="model", columns="task", values="score"),
    "its parts": [FRAME.iloc[:2], FRAME.iloc[2:]],
}


@pytest.mark.parametrize("way", WAYS)
def test_results_in_any_shape_that_python_has_are_the_same_results(way):
    tables = load(WAYS[way])
    own = tables.results[tables.results["family"] == "acme"]
    assert sorted(zip(own["model"], own["task"], own["score"], strict=True)) == sorted(tuple(r.values()) for r in ROWS)
    assert repr(tables).endswith("own families acme>")
    assert len(repr(tables)) < 120


@pytest.mark.parametrize(
    ("given", "kind"), [(3, "int"), ({"a": 1}, "dict"), (FRAME["score"], "Series"), ([FRAME, 3], "int")]
)
def test_what_is_no_table_is_said_in_a_sentence(given, kind):
    with pytest.raises(UsageError, match=f"results are no {kind}: give a path, a DataFrame, or several of them"):
        load(given)


def test_an_empty_frame_is_said_in_a_sentence():
    with pytest.raises(DataError, match="the DataFrame: "):
        load(pd.DataFrame())
