"""Forecasts by date: what they may know, what they promise of records, and odd tables."""

import functools
import re

import numpy as np
import pandas as pd
import pytest

from scale_forecast.by_date.explain import explain_record
from scale_forecast.by_date.forecasts import train
from scale_forecast.by_date.history import windows
from scale_forecast.by_date.index import capability_index
from scale_forecast.by_date.link import to_link
from scale_forecast.by_date.new_model import NewModel, predict_model
from scale_forecast.by_date.paths import RecordPaths, tables_end
from scale_forecast.by_date.record_forecast import forecast_records
from scale_forecast.by_date.scopes import Scope
from scale_forecast.by_date.state import fit
from scale_forecast.by_date.tables import as_tables
from scale_forecast.by_date.world import scale_of, see, tasks_on
from scale_forecast.data.dates import known_days
from scale_forecast.data.errors import DataError
from tests.forecast.by_date.tables import AS_OF, frames, tables

DAYS = [AS_OF + pd.DateOffset(months=3), AS_OF + pd.DateOffset(months=12)]


def trained_on(make, *given, reading="dated"):
    """Trained once on the tables that a function of this file makes of what is given."""
    return trained_once(make, given, reading)  # a cache takes a default that is given for another call


@functools.cache
def trained_once(make, given, reading):
    return train(make(*given), AS_OF, reading)


@pytest.fixture(scope="module")
def trained():
    return trained_on(tables)


@pytest.fixture(scope="module")
def records(trained):
    return forecast_records(trained, DAYS, draws=300)


def scrambled(reading):
    """The tables with everything that is not known on the day changed, and rows of the future added."""
    scores, releases, benchmarks = frames()
    rng = np.random.default_rng(1)
    later = known_days(scores, reading) > AS_OF
    assert later.any()
    scores.loc[later, "score"] = rng.random(later.sum())
    scores.loc[later, "evaluator_kind"] = "vendor"
    coming = releases["released"] > AS_OF
    releases.loc[coming, ["organisation", "tier", "product_line"]] = ["Z", "mid", "Zeta"]
    more = pd.DataFrame({"model": ["Zeta 1"], "organisation": ["Z"], "tier": ["flagship"], "released": [DAYS[0]]})
    row = scores[later].tail(1).assign(task="a coming benchmark", score=0.5)
    return as_tables(pd.concat([scores, row]).sample(frac=1, random_state=0), pd.concat([releases, more]), benchmarks)


@pytest.mark.parametrize("reading", ["dated", "release", "strict"])
def test_nothing_known_later_moves_a_forecast_by_a_byte(reading):
    drawn = [
        forecast_records(state, DAYS, draws=50).draws.tobytes()
        for state in (trained_on(tables, reading=reading), trained_on(scrambled, reading, reading=reading))
    ]
    assert drawn[0] == drawn[1]


def test_nothing_known_later_moves_a_scope_an_index_a_coming_model_or_an_explanation(trained):
    target = NewModel("Alpha 99", DAYS[0], "A", "Alpha", "flagship")
    found = []
    for state in (trained, trained_on(scrambled, "dated")):
        paths = RecordPaths(state, DAYS[-1], draws=50)
        scoped = paths.over("shares 1", DAYS, Scope(("A",)))
        new = predict_model(state.state, target, {"shares 2": 0.7})
        explained = explain_record(paths, "shares 1", DAYS[-1]).as_long()
        said = capability_index(state.state).to_csv() + explained.to_csv()
        found.append((scoped.tobytes(), new.mean.tobytes(), new.covariance.tobytes(), said))
    assert found[0] == found[1]


def test_a_row_with_a_lower_bound_enters_no_dated_world_before_it_was_seen():
    world = see(tables(), AS_OF)
    bound = world.rows[world.rows["known_basis"] == "not before"]
    assert len(bound)
    assert (bound["seen_on"] <= AS_OF).all()
    assert len(see(tables(), AS_OF, "release").rows) > len(world.rows)


def test_the_order_of_the_rows_changes_nothing(trained, records):
    scores, releases, benchmarks = frames()
    mixed = as_tables(*(table.sample(frac=1, random_state=3) for table in (scores, releases, benchmarks)))
    again = forecast_records(train(mixed, AS_OF), DAYS, draws=300)
    assert again.draws.tobytes() == records.draws.tobytes()


def test_a_record_never_falls_and_a_later_day_is_no_lower(records):
    held = np.array([records.records[task].score for task in records.tasks])
    assert (records.draws >= held[None, :, None]).all()
    assert (np.diff(records.draws, axis=2) >= 0).all()
    assert ((records.holders == -1) == (records.draws <= held[None, :, None])).mean() > 0.98
    shares = [j for j, unit in enumerate(records.units) if unit == "share"]
    assert records.draws[:, shares].max() <= 1.0


def test_no_change_has_a_probability_of_its_own(records):
    assert (records.prob_no_change()[:, 0] > 0.02).all()
    assert (records.prob_no_change()[:, 0] >= records.prob_no_change()[:, 1]).all()
    assert (records.nothing_new() <= records.prob_no_change() + 1e-12).all()


def test_holders_and_thresholds_are_read_off_the_same_draws(records):
    task = "shares 2"
    holder = records.holder(task)
    assert holder.sum() == pytest.approx(1.0)
    assert set(holder.index) <= {"A", "B", "C"}
    level = records.records[task].score + 0.02
    assert records.prob_above(task, level, DAYS[0]) <= records.prob_above(task, level)
    assert records.prob_above(task, 0.0) == 1.0
    assert records.even_odds(task, 2.0) is None


def test_records_of_two_benchmarks_move_together(records):
    first, second = (records.draws[:, records.tasks.index(task), 1] for task in ("shares 1", "shares 2"))
    assert np.corrcoef(first, second)[0, 1] > 0.1


def test_where_the_tables_end_early_the_present_record_is_uncertain(trained):
    ended = train(tables(until="2023-09-20"), AS_OF)
    assert tables_end(ended.state.world) < AS_OF - pd.Timedelta(days=90)
    assert forecast_records(ended, [AS_OF], ["shares 2"], draws=200).prob_no_change()[0, 0] < 0.7
    assert tables_end(trained.state.world) == AS_OF
    assert forecast_records(trained, [AS_OF], ["shares 2"], draws=200).prob_no_change()[0, 0] > 0.8


def test_known_scores_narrow_the_others(trained):
    target = NewModel("Alpha 99", AS_OF + pd.DateOffset(months=1), "A", "Alpha", "flagship")
    plain = predict_model(trained.state, target)
    told = predict_model(trained.state, target, {"shares 1": 0.95, "shares 3": 0.99})
    i = plain.tasks.index("shares 2")
    assert told.quantiles([0.5])[i, 0] > plain.quantiles([0.5])[i, 0]
    assert told.covariance[i, i] < plain.covariance[i, i]
    assert told.quantiles([0.1, 0.9])[told.tasks.index("shares 1")] == pytest.approx(0.95)
    assert told.prob_above("shares 1", 0.94) == 1.0
    assert told.prob_above("shares 1", 0.96) == 0.0


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        ({"share 1": 0.5}, "no score by date of 'share 1' is known (did you mean"),
        ({"shares 1": 55.0}, "the known score 55 on shares 1 is not a share between 0 and 1"),
        ({"time": -1.0}, "the known score -1 on time is not a positive number of minutes"),
        ({"arena": np.nan}, "the known score nan on arena is not a positive number of Elo"),
    ],
)
def test_a_known_score_that_cannot_be_is_refused_in_a_sentence(trained, known, sentence):
    with pytest.raises(DataError, match=re.escape(sentence)):
        predict_model(trained.state, NewModel("Alpha 99", DAYS[0]), known)


def test_nobody_scores_above_the_whole_and_a_known_score_stands_as_it_is(trained):
    target = NewModel("Alpha 99", DAYS[0], "A", "Alpha", "flagship")
    found = predict_model(trained.state, target, {"shares 1": 1.0})
    assert found.prob_above("easy", 1.0) == 0.0
    assert found.prob_above("easy", 0.999) > found.prob_above("easy", 0.9999) > 0.0
    assert found.quantiles([0.1, 0.9])[found.tasks.index("shares 1")].tolist() == [1.0, 1.0]
    assert (found.prob_above("shares 1", 0.999), found.prob_above("shares 1", 1.0)) == (1.0, 0.0)


def test_a_known_task_that_nobody_asked_for_is_heeded(trained):
    target = NewModel("Alpha 99", DAYS[0], "A", "Alpha", "flagship")
    found = predict_model(trained.state, target, {"shares 1": 0.99}, tasks=["shares 2"])
    assert found.tasks == ["shares 2", "shares 1"]
    assert found.mean[0] > predict_model(trained.state, target, tasks=["shares 2"]).mean[0]


def test_an_organisation_never_seen_is_forecast_wider(trained):
    day = AS_OF + pd.DateOffset(months=1)
    known = predict_model(trained.state, NewModel("Alpha 99", day, "A", "Alpha", "flagship"))
    unseen = predict_model(trained.state, NewModel("Omega 1", day, "nobody known", "Omega", "flagship"))
    assert (np.diag(unseen.covariance) > np.diag(known.covariance)).all()
    assert np.isfinite(unseen.sample(10, seed=0)).all()


def test_a_table_without_groups_and_three_models_is_forecast():
    scores, releases, _ = frames()
    few = scores[scores["task"] == "shares 1"].drop_duplicates("model").head(3).assign(task="new")
    plain = as_tables(
        pd.concat([scores, few])[["task", "model", "known_on", "known_basis", "seen_on", "score"]].query("score < 1"),
        releases[["model", "released"]],
    )
    found = forecast_records(train(plain, AS_OF), DAYS, draws=100)
    assert np.isfinite(found.draws).all()
    assert "new" in found.tasks


def test_a_saturated_benchmark_stays_below_one_and_at_its_record(records):
    easy = records.draws[:, records.tasks.index("easy")]
    assert easy.max() <= 1.0
    assert np.quantile(easy[:, 1], 0.9) - records.records["easy"].score < 0.1


def test_what_cannot_be_forecast_is_left_out_by_name():
    scores, releases, benchmarks = frames()
    scores.loc[scores.index[scores["task"] == "shop"][0], "score"] = -5.0
    benchmarks.loc[benchmarks["task"] == "hard", "unit"] = "parsecs"
    benchmarks["higher_is_better"] = benchmarks["task"] != "arena"
    world = see(as_tables(scores, releases, benchmarks), AS_OF)
    assert set(world.left_out) == {"shop", "hard", "arena"}
    assert set(world.left_out) & set(world.tasks.index) == set()


def test_a_day_before_every_score_has_an_empty_world():
    state = fit(tables(), pd.Timestamp("2020-01-01"))
    assert not state.tasks


def noisy(known_on):
    """The tables where an audit finds a fifth of the labels of a benchmark wrong."""
    scores, releases, benchmarks = frames()
    told = benchmarks["task"] == "shares 3"
    scores.loc[(scores["task"] == "shares 3") & (scores["score"] > 0.78), "score"] = 0.78
    benchmarks["ceiling"], benchmarks["ceiling_known_on"] = np.where(told, 0.8, np.nan), known_on
    return as_tables(scores, releases, benchmarks)


def without_ceiling():
    return as_tables(*(noisy(None).scores, noisy(None).releases, frames()[2]))


def test_no_forecast_goes_beyond_what_the_labels_let_anybody_score():
    found = forecast_records(trained_on(noisy, "2024-06-01"), DAYS, ["shares 3"], draws=200)
    unheeded = forecast_records(trained_on(noisy, None), DAYS, ["shares 3"], draws=200)
    assert found.draws.max() <= 0.8 < unheeded.draws.max()
    state = fit(noisy("2024-06-01"), AS_OF)
    target = NewModel("Alpha 99", DAYS[1], "A", "Alpha", "flagship")
    assert predict_model(state, target, tasks=["shares 3"]).quantiles([0.99])[0, 0] <= 0.8


@pytest.mark.parametrize("known_on", ["2024-07-02", None])
def test_a_ceiling_that_is_not_known_yet_moves_nothing(known_on):
    drawn = [
        forecast_records(state, DAYS, ["shares 3"], draws=50).draws.tobytes()
        for state in (trained_on(noisy, known_on), trained_on(without_ceiling))
    ]
    assert drawn[0] == drawn[1]


def test_a_window_of_the_past_is_on_the_scale_that_was_known_at_its_origin():
    origins = [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-07-01")]
    table = noisy("2024-06-01")
    found = windows(table, "release", origins, pd.Timestamp("2025-03-01"), 5)
    told = found[found["task"] == "shares 3"].set_index(["origin", "months"])
    for (origin, months), row in told.iterrows():
        scale = scale_of(see(table, origin, "release").tasks, "shares 3")
        assert scale.ceiling == (1.0 if origin < pd.Timestamp("2024-06-01") else 0.8)
        assert row["z"] == pytest.approx(float(to_link(np.array(row["record"]), scale)))
        assert row["z_after"] == pytest.approx(float(to_link(np.array(row["record_after"]), scale))), months
    assert len(told) == 5


@pytest.mark.parametrize("reading", ["dated", "release"])
def test_the_benchmarks_of_a_day_are_those_of_its_world(reading):
    for day in (AS_OF, AS_OF - pd.DateOffset(years=1), pd.Timestamp("2020-01-01")):
        pd.testing.assert_frame_equal(tasks_on(tables(), [day], reading)[day], see(tables(), day, reading).tasks)
