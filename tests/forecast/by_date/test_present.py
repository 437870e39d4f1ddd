"""The tables of forecasts by date agree with the draws they are made of."""

import pandas as pd
import pytest

from scale_forecast.by_date.new_model import NewModel, predict_model
from scale_forecast.by_date.present import QUANTILES, ladder_table, record_table, scores_table
from scale_forecast.by_date.record_forecast import forecast_records
from scale_forecast.by_date.records import standing
from tests.forecast.by_date.tables import AS_OF, tables

DAYS = [AS_OF + pd.DateOffset(months=months) for months in (3, 6, 12)]


@pytest.fixture(scope="module")
def forecast(trained):
    return forecast_records(trained, DAYS, draws=200)


def test_quantiles_rise_and_no_record_falls(forecast):
    table = record_table(forecast, tables().benchmarks)
    levels = table[[*[q for q in QUANTILES if q < "q50"], "median", *[q for q in QUANTILES if q > "q50"]]]
    assert (levels.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert (table["q05"] >= table["record_now"]).all()
    assert table.sort_values(["task", "by"]).groupby("task")["median"].apply(lambda m: m.is_monotonic_increasing).all()
    assert (table["unchanged"] >= table["nothing_new"]).all()


def test_a_higher_bar_is_never_likelier_nor_a_later_day_less_likely(forecast):
    ladder = ladder_table(forecast)
    assert len(ladder)
    assert ladder.groupby(["task", "by"])["probability"].apply(lambda p: p.is_monotonic_decreasing).all()
    assert ladder.groupby(["task", "threshold"])["probability"].apply(lambda p: p.is_monotonic_increasing).all()


def test_what_the_record_has_reached_is_sure(forecast):
    task = forecast.tasks[0]
    held = forecast.records[task].score
    ladder = ladder_table(forecast, [held])
    assert (ladder.loc[ladder["task"] == task, "probability"] == 1.0).all()


def test_a_coming_models_table_has_every_benchmark_once(trained):
    target = NewModel("Zeta 9", DAYS[0])
    scores = predict_model(trained.state, target)
    table = scores_table(scores, target.name, DAYS[0], standing(trained.state), tables().benchmarks)
    assert table["task"].is_unique
    assert table["prob_record"].between(0, 1).all()
