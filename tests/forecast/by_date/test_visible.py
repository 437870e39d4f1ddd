"""What a day may know by date, condition by condition; ``python -m benchmarks.mutants`` breaks each of them in turn."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.by_date.history import ENOUGH, closed_windows, cut_by, windows
from scale_forecast.by_date.own import _is_replaced
from scale_forecast.by_date.past import past_windows
from scale_forecast.by_date.tables import as_tables
from scale_forecast.by_date.world import newest_day, see
from scale_forecast.data.dates import known_days

DAY = pd.Timestamp("2024-06-01")
BEFORE, AFTER = "2024-06-01", "2024-06-02"
"""The day itself counts."""
ROWS = {
    "seen in time": {},
    "known later": {"known_on": AFTER, "seen_on": AFTER},
    "a bound seen later": {"known_basis": "not before", "seen_on": AFTER},
    "a bound never seen": {"known_basis": "not before", "seen_on": None},
    "a bound seen in time": {"known_basis": "not before"},
    "seen later": {"seen_on": AFTER},
    "never seen": {"seen_on": None},
    "no day but seen": {"known_on": None},
    "no day": {"known_on": None, "seen_on": None},
    "of a model to come": {"model": "to come"},
}
VISIBLE = {
    "dated": {"seen in time", "a bound seen in time", "seen later", "never seen", "no day but seen"},
    "release": set(ROWS) - {"known later", "no day but seen", "no day", "of a model to come"},
    "strict": {"seen in time", "a bound seen in time", "never seen", "no day but seen"},
}


def world(rows=ROWS, benchmarks=None):
    base = {"model": "out", "evaluator_kind": "vendor", "known_on": BEFORE, "known_basis": "launch", "seen_on": BEFORE}
    scores = pd.DataFrame([{"task": name, "score": 0.5, **base, **row} for name, row in rows.items()])
    releases = pd.DataFrame({"model": ["out", "to come"], "released": [BEFORE, AFTER]})
    return as_tables(scores, releases, benchmarks)


@pytest.mark.parametrize("reading", list(VISIBLE))
def test_a_day_sees_the_scores_known_by_it_of_models_that_are_out(reading):
    seen = see(world(), DAY, reading)
    assert set(seen.rows["task"]) == VISIBLE[reading]
    assert set(seen.models.index) == {"out"}
    assert set(seen.tasks.index) == VISIBLE[reading]
    assert newest_day(world(), DAY, reading) == seen.newest == DAY


@pytest.mark.parametrize("reading", list(VISIBLE))
def test_tables_cut_to_a_day_hold_what_it_sees_and_no_release_of_later(reading):
    cut = cut_by(world(), DAY, reading)
    assert set(cut.scores["task"]) - {"of a model to come"} == VISIBLE[reading]
    assert set(cut.releases["model"]) == {"out"}


def test_a_ceiling_counts_from_its_day_and_lies_below_no_score():
    about = pd.DataFrame(
        {
            "task": ["told", "told later", "never told", "reached"],
            "ceiling": [0.8, 0.8, 0.8, 0.8],
            "ceiling_known_on": [BEFORE, AFTER, None, BEFORE],
        }
    )
    rows = {task: {"score": 0.9 if task == "reached" else 0.5} for task in about["task"]}
    found = see(world(rows, about), DAY).tasks["ceiling"].to_dict()
    assert found == {"told": 0.8, "told later": 1.0, "never told": 1.0, "reached": 0.9}


def test_what_has_no_unit_or_direction_of_ours_is_left_out_by_name():
    units = {"a": "share", "b": "parsecs", "c": "minutes", "d": "Elo", "e": "share", "f": "US dollars"}
    about = pd.DataFrame({"task": list(units), "unit": list(units.values())})
    about["higher_is_better"] = about["task"] != "e"
    rows = {task: {"score": 0.0 if task in "acd" else 1.0} for task in units}
    found = see(world(rows, about), DAY)
    assert set(found.left_out) == {"b", "c", "e"}
    assert set(found.tasks.index) == {"a", "d", "f"} == set(found.rows["task"])


def by_quarter(count=5):
    """A benchmark on which a model comes each month from January 2024 on, each a little better."""
    days = pd.date_range("2024-01-10", periods=count, freq="MS") + pd.Timedelta(days=9)
    names = [f"M{i}" for i in range(count)]
    scores = pd.DataFrame(
        {"task": "T", "model": names, "known_on": days, "known_basis": "launch", "seen_on": days,
         "score": 0.1 + 0.05 * np.arange(count), "evaluator_kind": "vendor"}
    )  # fmt: skip
    return as_tables(scores, pd.DataFrame({"model": names, "released": days}))


def test_a_window_counts_with_three_models_before_one_after_and_once_it_has_closed():
    tables = by_quarter(8)
    starts = [pd.Timestamp("2024-04-01"), pd.Timestamp("2024-05-01"), pd.Timestamp("2024-07-01")]
    end = pd.Timestamp("2024-08-01")
    found = windows(tables, "dated", starts, end, 5)
    assert [(row.origin, row.months) for row in found.itertuples()] == [(starts[1], 3)]
    assert found[["models", "models_after", "new"]].to_numpy().tolist() == [[3, 6, 3]]
    assert found["record"].tolist() == pytest.approx([0.2])
    assert found["record_after"].tolist() == pytest.approx([0.35])
    assert windows(tables, "dated", starts, end - pd.Timedelta(days=1), 5).empty
    assert windows(tables, "dated", starts, end, 7).empty
    assert windows(by_quarter(3), "dated", starts, end, 3).empty


def test_closed_windows_rest_on_rows_of_the_day_in_its_reading_or_where_few_are_in_the_release_one():
    tables = by_quarter(12)
    day = pd.Timestamp("2024-12-01")
    later = tables.scores["known_on"] > day
    moved = as_tables(tables.scores.assign(score=tables.scores["score"].mask(later, 0.99)), tables.releases)
    for reading in ("dated", "release"):
        (taken, found), (_, again) = closed_windows(tables, reading, day), closed_windows(moved, reading, day)
        assert taken == "release"
        assert len(found)
        pd.testing.assert_frame_equal(found, again)
        assert all(o + pd.DateOffset(months=m) <= day for o, m in zip(found["origin"], found["months"], strict=True))


def test_closed_windows_are_of_the_forecasts_own_reading_where_many_are():
    one = by_quarter(9)
    many = pd.concat([one.scores.assign(task=f"T{i}") for i in range(ENOUGH)])
    taken, found = closed_windows(as_tables(many, one.releases), "dated", pd.Timestamp("2024-12-01"))
    assert taken == "dated"
    assert (found["months"] == 3).sum() >= ENOUGH


@pytest.mark.parametrize(
    ("as_of", "known_on", "seen_on", "stands_in"),
    [
        (DAY, BEFORE, BEFORE, True),
        (DAY, AFTER, AFTER, False),
        (pd.Timestamp(AFTER), AFTER, AFTER, True),
        (None, BEFORE, BEFORE, True),
        (None, "2024-05-01", "2024-05-01", True),
        (None, AFTER, AFTER, False),
        (None, BEFORE, AFTER, False),
        (None, AFTER, BEFORE, False),
    ],
)
def test_a_users_row_stands_in_a_bundled_scores_place_where_that_hides_nothing(as_of, known_on, seen_on, stands_in):
    bundled = world({"T": {}}).scores
    basis = "launch" if known_on == seen_on else "not before"
    own = world({"T": {"known_on": known_on, "seen_on": seen_on, "known_basis": basis}}).scores
    assert _is_replaced(bundled, own, as_of).tolist() == [stands_in]
    assert _is_replaced(bundled, own.assign(task="another"), as_of).tolist() == [False]


@pytest.mark.parametrize(
    ("bundled", "own"),
    [
        ({"seen_on": "2024-06-10"}, {"known_basis": "not before", "seen_on": AFTER}),
        ({"seen_on": "2024-05-20"}, {"known_on": "2024-05-25", "seen_on": "2024-05-25"}),
    ],
    ids=["a bound seen after the score was public", "a score public after the other was seen"],
)
def test_what_is_later_in_any_reading_stands_in_no_place(bundled, own):
    assert _is_replaced(world({"T": bundled}).scores, world({"T": own}).scores, None).tolist() == [False]


def test_past_forecasts_are_quoted_once_their_window_has_closed_in_their_reading():
    past = pd.DataFrame(
        {
            "reading": ["dated", "dated", "release", "dated", "dated"],
            "origin": pd.to_datetime(["2024-03-01", "2024-03-02", "2024-03-01", "2023-12-01", "2024-01-01"]),
            "months": [3, 3, 3, 6, 6],
        }
    )
    assert past_windows(past, DAY, "dated").index.tolist() == [0, 3]
    assert past_windows(past, DAY, "strict").index.tolist() == [0, 3]
    assert past_windows(past, DAY, "release").index.tolist() == [2]


@pytest.mark.parametrize("reading", ["dated", "strict"])
def test_rows_without_a_basis_or_a_first_sighting_are_read_by_what_else_they_say(reading):
    rows = pd.DataFrame({"known_on": pd.to_datetime([BEFORE, None])})
    assert known_days(rows, reading).tolist() == [DAY, pd.NaT]
    based = rows.assign(known_basis=["not before", "launch"])
    assert known_days(based, reading).isna().all(), "a bound that nobody saw is no day"
