"""Backtests by date: the windows that count, what they may know, and what their tables say."""

import pickle

import numpy as np
import pandas as pd
import pytest

from scale_forecast.by_date.backtests import models, records
from scale_forecast.by_date.backtests.kept import Kept
from scale_forecast.by_date.backtests.models import Completion, coming, references
from scale_forecast.by_date.backtests.records import MODEL, at_origin, measure, measure_present
from scale_forecast.by_date.backtests.references import REFERENCES
from scale_forecast.by_date.backtests.rule import LAST_ORIGINS, MODELS_AT_THE_END, origins, targets
from scale_forecast.by_date.backtests.summary import ratio, records_summary
from scale_forecast.by_date.new_model import predict_model
from scale_forecast.by_date.tables import Tables, as_tables
from scale_forecast.data.dates import known_days
from scale_forecast.parallel import Workers
from scale_forecast.show.by_date import readable_backtest
from tests.forecast.by_date.tables import frames, tables

ORIGIN = pd.Timestamp("2023-10-01")
UNTIL = "2024-03-01"
ASKED = ["shares 1", "time"]
TOLD = ["predictor", "task", "months", "origin_score", "median", "q05", "q10", "q25", "q75", "q90", "q95"]


def world(**options):
    return tables(until=UNTIL, **options)


@pytest.fixture(scope="module")
def table():
    return measure(Kept(world()), "release", last=True, only=["shares 1", "shares 2", "time"])


def scrambled(reading, since=ORIGIN):
    """The world with everything that nobody knew on a day changed, and rows and models of the future added."""
    scores, releases, benchmarks = frames(until=UNTIL)
    rng = np.random.default_rng(1)
    later = known_days(scores, reading) > since
    assert later.any()
    scores.loc[later, "score"] = rng.random(later.sum())
    scores.loc[later, "evaluator_kind"] = "vendor"
    new = releases["released"] > since
    releases.loc[new, ["organisation", "tier", "product_line"]] = ["Z", "mid", "Zeta"]
    row = scores[later].tail(1).assign(task="a coming benchmark", score=0.5)
    return as_tables(pd.concat([scores, row]).sample(frac=1, random_state=0), releases, benchmarks)


def test_the_present_record_is_forecast_from_what_was_known_a_third_of_a_year_before(monkeypatch):
    monkeypatch.setattr(records, "origins", lambda tables, *, reading, last: [ORIGIN] if not last else [])
    rows = measure_present(Kept(world()), "release", last=False)
    assert set(rows["origin"]) == {ORIGIN}
    assert (rows["score"] >= rows["origin_score"] - 1e-9).all()
    assert (rows["q05"] <= rows["q95"]).all()


@pytest.mark.parametrize("reading", ["dated", "release"])
def test_nothing_known_after_an_origin_moves_its_forecasts_or_references_by_a_byte(reading):
    """The windows asked for are those of the true world: only whether a window counts may rest on what came."""
    counted = targets(world(), "release", last=True)
    counted = counted[(counted["origin"] == ORIGIN) & counted["task"].isin(ASKED)]
    said = []
    for source in (world(), scrambled(reading)):
        asked = counted if reading == "release" else visible_then(source, counted)
        said.append(at_origin(Kept(source), reading, (ORIGIN, asked))[TOLD].to_csv())
    assert said[0] == said[1]
    assert all(name in said[0] for name in (*REFERENCES, MODEL))


def visible_then(source: Tables, counted: pd.DataFrame) -> pd.DataFrame:
    """The windows with the records that the dated reading sees at the origin."""
    from scale_forecast.by_date.world import see

    rows = see(source, ORIGIN, "dated").rows.groupby("task")[["score", "z"]].max()
    kept = counted[counted["task"].isin(rows.index)]
    return kept.assign(record=rows.loc[kept["task"], "score"].to_numpy(), z=rows.loc[kept["task"], "z"].to_numpy())


def test_nothing_known_after_an_origin_moves_the_forecast_of_a_coming_model_by_a_byte():
    target, scores = None, pd.Series({"shares 1": 0.5, "shares 2": 0.6})
    said = []
    for source in (world(), scrambled("release")):
        state = Kept(source).state("release", ORIGIN)
        if target is None:
            (target, _), *_ = coming(source, state, fewest=2)
        joint = predict_model(state, target, {"shares 1": 0.5}, tasks=list(scores.index))
        beside = references(state, target, {"shares 1": 0.5}, ["shares 2"], Completion(state))
        said.append((joint.mean.tobytes(), joint.covariance.tobytes(), str(beside)))
    assert said[0] == said[1]


def test_a_bound_enters_no_dated_origin_before_it_was_seen():
    source = world()
    state = Kept(source).state("dated", pd.Timestamp("2024-01-01"))
    bounds = state.world.rows[state.world.rows["known_basis"] == "not before"]
    assert len(bounds)
    assert (bounds["seen_on"] <= pd.Timestamp("2024-01-01")).all()


def test_windows_that_count_have_models_at_the_origin_and_something_new(table):
    assert set(table["predictor"]) == {MODEL, "simulated", *REFERENCES}
    assert (table["models"] >= 3).all()
    assert (table["new"] >= 1).all()
    assert (table["score"] >= table["origin_score"]).all()
    ends = [origin + pd.DateOffset(months=m) for origin, m in zip(table["origin"], table["months"], strict=True)]
    assert max(ends) <= world().scores["known_on"].max()
    models = world().scores.groupby("task")["model"].nunique()
    assert (models[table["task"].unique()] >= MODELS_AT_THE_END).all()


def test_the_last_origins_are_left_out_unless_they_are_asked_for():
    both = [origins(tables(), reading="release", last=last) for last in (False, True)]
    assert len(both[1]) == LAST_ORIGINS
    assert max(both[0]) < min(both[1])


def test_losses_are_of_the_forecast_that_the_row_states(table):
    shares = table[table["unit"] == "share"]
    assert shares["abs_error"].to_numpy() == pytest.approx((shares["median"] - shares["score"]).abs().to_numpy())
    minutes = table[table["unit"] == "minutes"]
    logs = np.log(minutes["median"] / minutes["score"])
    assert minutes["error"].to_numpy() == pytest.approx(logs.to_numpy(), abs=0.02)
    still = table[table["predictor"] == "persistence"]
    assert (still["median"] == still["origin_score"]).all()
    assert table["pit"].between(0, 1).all()


class Apart(Workers):
    """Does what processes do: each item and the work itself pickled, so that nothing is shared."""

    def map(self, work, items):
        for item in items:
            again, own = pickle.loads(pickle.dumps((work, item)))
            yield again(own)


def test_the_tables_do_not_depend_on_who_goes_through_the_origins(table, tmp_path):
    told = []
    apart = measure(
        Kept(world(), tmp_path), "release", last=True, only=["time"], workers=Apart(),
        progress=lambda *place: told.append(place),
    )  # fmt: skip
    assert [place[1:] for place in told] == [(i + 1, len(told)) for i in range(apart["origin"].nunique())]
    alone = table[table["task"] == "time"].reset_index(drop=True)
    assert apart.to_csv() == alone.to_csv()


def threefold():
    """The world with every benchmark thrice, so that coming models have the scores that they are to have."""
    scores, releases, benchmarks = frames(until=UNTIL)
    scores, benchmarks = (
        pd.concat([frame.assign(task=frame["task"] + again) for again in ("", " again", " and again")])
        for frame in (scores, benchmarks)
    )
    return as_tables(scores, releases, benchmarks)


@pytest.mark.parametrize("of", [records, models])
def test_two_processes_write_the_table_of_one(of, tmp_path):
    """And once more from what both kept on disk."""
    alone = of.measure(Kept(threefold()), "release", last=True)
    assert alone["origin"].nunique() > 1
    for _ in range(2):
        several = of.measure(Kept(threefold(), tmp_path), "release", last=True, workers=Workers(jobs=2))
        assert several.to_csv() == alone.to_csv()


def test_the_summary_counts_origins_equally_and_compares_with_every_reference(table):
    found = records_summary(table)
    own = table[(table["unit"] == "share") & (table["predictor"] == MODEL) & (table["months"] == 3)]
    row = found[(found["predictor"] == MODEL) & (found["months"] == 3)].iloc[0]
    assert row["crps"] == pytest.approx(own.groupby("origin")["crps"].mean().mean())
    assert row["windows"] == len(own)
    point, low, high = ratio(table, "persistence", 3)
    assert low <= point <= high
    assert "simulated" not in set(found["predictor"])
    assert readable_backtest(found)["model / row"].str.contains(r"\[").sum() == (found["predictor"] != MODEL).sum()


def test_what_is_kept_on_disk_changes_nothing(tmp_path):
    made = [Kept(world(), tmp_path).simulated_records("release", pd.Timestamp("2023-07-01")) for _ in range(2)]
    fresh = Kept(world()).simulated_records("release", pd.Timestamp("2023-07-01"))
    for kept in made:
        assert kept.best.tobytes() == fresh.best.tobytes()
        assert (kept.tasks, kept.days, kept.gap.tolist()) == (fresh.tasks, fresh.days, fresh.gap.tolist())
    states = [Kept(world(), tmp_path).state("release", pd.Timestamp("2023-07-01")) for _ in range(2)]
    assert states[0].mean.tobytes() == states[1].mean.tobytes()
