"""A long table looks as a short one does, and nothing of it is lost."""

import numpy as np
import pandas as pd
import pytest
from rich.cells import cell_len

from scale_forecast.show import terminal
from scale_forecast.show.columns import lay_out
from scale_forecast.show.terminal import as_text

TABLE = pd.DataFrame(
    {
        "task": ["arithmetic", "語" * 12, "a name of several words", "x"],
        "score": [0.25, np.nan, 0.5, 1e-9],
        "is it": [True, False, None, True],
        "n": [1, 20, 300, 4000],
        "released": pd.to_datetime(["2022-01-01", None, "2023-01-01", "2024-01-01"]),
    }
)


def rows_of(text):
    return [line.rstrip() for line in text.splitlines()]


@pytest.mark.parametrize("title", [None, "a title"])
def test_a_long_table_that_fits_looks_as_a_short_one(title, monkeypatch):
    short = as_text(TABLE, title=title)
    monkeypatch.setattr(terminal, "LONG", 1)
    assert rows_of(as_text(TABLE, title=title)) == rows_of(short)


def test_a_long_table_is_not_laid_out_cell_by_cell(monkeypatch):
    """Rich took minutes for all rows that are bundled."""
    monkeypatch.setattr(terminal, "_rich_text", None)
    text = as_text(pd.DataFrame({"a": np.arange(5000)}))
    assert len(text.splitlines()) == 5001


@pytest.mark.parametrize("width", [12, 30, 44])
def test_what_has_no_room_is_folded_and_stays_whole(width):
    words = ["aa bbb cccc", "d" * 50, "語" * 20, "", "short"]
    lines = lay_out(["a", "b"], [words, ["1"] * 5], [False, True], width)
    assert max(map(cell_len, lines)) <= width
    text = "".join(lines[1:]).replace("1", "").replace(" ", "")
    assert text == "".join(words).replace(" ", "")


def test_a_table_wider_than_any_room_is_still_printed():
    names = [f"column {n}" for n in range(40)]
    lines = lay_out(names, [["x", "y"]] * 40, [False] * 40, 20)
    assert "".join(lines[-1].split()) == "y" * 40
