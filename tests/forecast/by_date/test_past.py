"""How forecasts of records fared: of like windows alone, and of those that had closed by the day."""

import pandas as pd
import pytest

from scale_forecast.by_date.past import past_windows, performance, with_past
from scale_forecast.data.frontier import past_records

AS_OF = pd.Timestamp("2025-06-01")


def past(*, low=60, high=60, late=30):
    """Windows of a quarter: of low records all inside, of high ones half, and some that close after the day."""
    rows = [("2025-01-01", 3, 0.1, 0.5, 1.0, 2.0)] * low
    rows += [("2025-01-01", 3, 0.9, 0.5 if i % 2 else 0.95, 1.0, 1.0) for i in range(high)]
    rows += [("2025-04-01", 3, 0.1, 0.99, 50.0, 1.0)] * late
    table = pd.DataFrame(rows, columns=["origin", "months", "record", "pit", "crps", "crps_of_drift"])
    return table.assign(reading="dated", task="x", origin=pd.to_datetime(table["origin"]))


def fared(table, record, as_of=AS_OF, reading="dated"):
    return performance(past_windows(table, pd.Timestamp(as_of), reading), 90, record)


def test_windows_whose_record_stood_alike_are_quoted():
    low, high = (fared(past(), record) for record in (0.15, 0.85))
    assert (low.windows, low.held, low.skill) == (60, 1.0, 0.5)
    assert (high.windows, high.held, high.skill) == (60, 0.5, 0.0)
    assert low.sentence() == (
        "of records from 0 to 0.2, 3 months ahead at past origins: 80% intervals held 100% of 60; "
        "CRPS 50% below the record's own drift"
    )


def test_a_window_that_closes_after_the_day_says_nothing_yet():
    assert fared(past(), 0.15) == fared(past(late=0), 0.15)
    assert fared(past(), 0.15, "2025-07-01").windows == 90
    assert fared(past(), 0.15, "2025-03-31") is None


def test_where_few_are_alike_all_of_the_horizon_are_quoted_and_nothing_where_these_are_few():
    assert fared(past(low=10, late=0), 0.15).windows == 70
    assert fared(past(low=10, high=10, late=0), 0.15) is None
    assert fared(past(), 0.15, reading="release") is None


def test_a_benchmark_in_another_unit_quotes_nothing():
    table = pd.DataFrame(
        {"unit": ["share", "minutes"], "by": [pd.Timestamp("2025-09-01")] * 2, "record_now": [0.15, 0.15]}
    )
    found = with_past(table, past(), AS_OF, "dated", AS_OF)
    assert found["past_windows"].iloc[0] == 60
    assert found.filter(like="past_").iloc[1].isna().all()


@pytest.mark.parametrize("reading", ["dated", "release"])
def test_the_bundled_file_holds_windows_of_each_reading(reading):
    table = past_records()
    own = table[table["reading"] == reading]
    assert len(own) > 500
    assert own["pit"].between(0, 1).all()
    assert not own.duplicated(["origin", "months", "task"]).any()
    assert own["code"].nunique() == 1
