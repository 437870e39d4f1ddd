"""Nothing that the bundled tables show as happened is settled otherwise or priced low, whoever is asked about."""

import datetime as dt

import pandas as pd
import pytest

from benchmarks.happened import LEAST, check, desk_on, wrong


@pytest.mark.parametrize("day", ["2022-12-01", "2026-11-24"])
def test_what_happened_is_yes_as_of_any_day_since(day):
    """One record in many here; `python -m benchmarks.happened` goes through more on many days."""
    table = check(desk_on(dt.date.fromisoformat(day)), every=211, first=5, priced=40)
    bad = wrong(table)
    assert bad.empty, bad[["test", "shown", "status", "why"]].head(5).to_string()
    assert (table["status"] == "yes").sum() > 20
    assert table["price"].min() >= LEAST


def test_what_is_settled_otherwise_or_cheap_is_found():
    table = pd.DataFrame({"status": ["yes", "yes", "no", "open", "ambiguous"], "price": [0.99, 0.5, None, None, None]})
    assert wrong(table).index.tolist() == [1, 2, 3]
