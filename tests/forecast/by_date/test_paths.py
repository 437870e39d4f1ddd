"""Whole paths of records: one set of draws for every benchmark, scope, day and end."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.by_date import forecasts
from scale_forecast.by_date.forecasts import train
from scale_forecast.by_date.paths import RecordPaths, rising
from scale_forecast.by_date.record_forecast import read_records
from scale_forecast.by_date.scopes import EVERYBODY, Scope
from scale_forecast.by_date.tables import as_tables
from tests.forecast.by_date.tables import AS_OF, frames

DAYS = [AS_OF + pd.Timedelta(days=days) for days in (0, 3, 40, 101, 200, 364)]
OPEN, OF_A, OF_A_AND_OPEN = Scope(weights="open"), Scope(("a",)), Scope(("A",), weights="open")
SCOPES = [OPEN, OF_A, OF_A_AND_OPEN, Scope(product_lines=("Gamma",)), Scope(("A", "B"))]


@pytest.fixture(scope="module")
def trained():
    scores, releases, benchmarks = frames()
    releases["open_weights"] = np.where(releases["organisation"] == "C", "yes", "no")
    releases.loc[releases["product_line"] == "Alpha small", "open_weights"] = "yes"
    alone = scores[scores["task"] == "shares 3"].copy()
    maker = alone["model"].map(releases.set_index("model")["organisation"])
    scores = pd.concat([scores, alone[maker == "B"].assign(task="only B")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forecasts, "QUARTERS", 2)  # of what the past teaches nothing is told here
        return train(as_tables(scores, releases, benchmarks), AS_OF)


@pytest.fixture(scope="module")
def paths(trained):
    return RecordPaths(trained, DAYS[-1], draws=200)


@pytest.mark.parametrize("scope", SCOPES, ids=Scope.sentence)
def test_the_record_of_some_never_beats_that_of_all(paths, scope):
    for task in paths.tasks:
        some, everyone = paths.over(task, DAYS, scope), paths.over(task, DAYS)
        assert not (some > everyone).any()
        assert not (np.diff(some, axis=1) < 0).any()
        assert not (np.diff(everyone, axis=1) < 0).any()


def test_whoever_holds_the_record_of_all_has_it_among_his_own(paths):
    seen = 0
    for task in paths.tasks:
        maker, everyone, own = paths.holders(task, DAYS), paths.over(task, DAYS), paths.over(task, DAYS, OF_A)
        his = (maker >= 0) & OF_A.holds(paths.makers)[maker]
        assert own[his] == pytest.approx(everyone[his])
        seen += his.sum()
    assert seen > 100


def test_a_narrower_scope_has_no_better_record(paths):
    for task in paths.tasks:
        both, wider = paths.over(task, DAYS, OF_A_AND_OPEN), [paths.over(task, DAYS, scope) for scope in (OF_A, OPEN)]
        several = paths.over(task, DAYS, Scope(("A", "B")))
        assert not any((both > one).any() for one in wider)
        assert not (wider[0] > several).any()


def test_who_has_no_score_has_no_record_until_something_is_measured(paths):
    assert "only B" not in paths.records(OF_A)
    path = paths.path("only B", OF_A)
    assert np.isnan(path.scores[:, 0]).all()
    assert (np.isnan(path.scores) == ~path.new).all()


def test_draws_are_the_same_whatever_else_is_asked_for(trained, paths):
    alone = RecordPaths(trained, DAYS[-1], draws=200)
    alone.over("hard", DAYS, OPEN)
    assert (alone.over("hard", DAYS) == paths.over("hard", DAYS)).all()
    both = read_records(RecordPaths(trained, DAYS[-1], draws=200), DAYS, ["easy", "hard"])
    assert (both.draws[:, 1] == paths.over("hard", DAYS)).all()


def test_a_later_end_leaves_the_days_before_it_as_they_were(trained, paths):
    longer = RecordPaths(trained, DAYS[-1] + pd.DateOffset(years=2), draws=200)
    for task in ("hard", "arena"):
        assert longer.over(task, DAYS) == pytest.approx(paths.over(task, DAYS), rel=1e-4)
        assert (longer.over(task, [longer.days[-1]])[:, 0] >= paths.over(task, DAYS)[:, -1] - 1e-4).all()


def test_the_first_day_of_a_threshold_agrees_with_the_record_by_each_day(paths):
    task = "shares 2"
    threshold = paths.records()[task].score + 0.01
    first = paths.first_day(task, threshold)
    assert np.isfinite(first).any()
    for day in DAYS:
        reached = paths.over(task, [day])[:, 0] >= threshold
        assert (reached == (first <= (day - AS_OF).days)).all()
    assert (paths.first_day(task, 0.0) == 0).all()


def test_makers_name_the_organisation_that_holds_a_record(paths):
    names = paths.makers["organisation"].to_numpy()
    holder = paths.holders("shares 1", DAYS[-1:])[:, 0]
    assert set(names[holder[holder >= 0]]) <= {"A", "B", "C"}
    assert (paths.over("shares 1", DAYS[-1:], EVERYBODY)[holder < 0, 0] == paths.records()["shares 1"].score).all()


def test_a_path_rises_without_raising_what_is_wanted_of_a_day():
    rng = np.random.default_rng(0)
    before, gains = np.zeros(500), np.full(500, -np.inf)
    for day in range(1, 6):
        came = rng.random(500) < 0.3
        gains = np.where(came, np.maximum(gains, rng.normal(size=500)), gains)
        wanted = np.where(np.isfinite(gains), np.maximum(0.2 * day + (0.9 - 0.1 * day) * gains, 0.0), 0.0)
        assert day == 1 or (wanted < before).any()
        after = rising(before, wanted, gains)
        assert (after >= before).all()
        assert np.sort(after) == pytest.approx(np.maximum(np.sort(wanted), np.sort(before)))
        assert np.corrcoef(after, np.maximum(gains, -3.0))[0, 1] > 0.7
        assert (after[~np.isfinite(gains)] == 0.0).all()
        before = after
