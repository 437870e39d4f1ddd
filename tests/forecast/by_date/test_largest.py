"""The frontier by date: what it may know, and what its draws promise."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale_forecast.by_date.largest import (
    OF,
    Frontier,
    bundled_frontier,
    dense_params,
    interval_of,
    show_table,
)
from scale_forecast.data.catalog import frontier_models
from scale_forecast.data.errors import DataError, UsageError

AS_OF = dt.date(2022, 11, 15)


def models(days, flops, params=None, tokens=None):
    """A table of models from their release days and sizes."""
    return pd.DataFrame(
        {
            "released": pd.to_datetime(days),
            "train_flops": np.asarray(flops, dtype=float),
            "params": np.nan if params is None else params,
            "train_tokens": np.nan if tokens is None else tokens,
        }
    )


@pytest.fixture(scope="module")
def frontier():
    return Frontier.fit(frontier_models(), as_of=AS_OF)


def test_nothing_released_later_moves_the_frontier(frontier):
    scrambled = frontier_models().copy()
    later = scrambled["released"] > pd.Timestamp(AS_OF)
    assert later.sum() > 50
    scrambled.loc[later, ["params", "train_flops", "train_tokens"]] = 1e30
    scrambled.loc[later, "released"] += pd.Timedelta(days=999)
    again = Frontier.fit(scrambled, as_of=AS_OF)
    for of in OF:
        by = dt.date(2024, 11, 15)
        assert (again.sample(by, 500, 3, of=of) == frontier.sample(by, 500, 3, of=of)).all()


@pytest.mark.parametrize("of", OF)
def test_each_future_only_grows(frontier, of):
    days = [dt.date(2019, 6, 1) + dt.timedelta(days=int(d)) for d in np.linspace(0, 3000, 25)]
    draws = np.array([frontier.sample(by, 300, 7, of=of) for by in days])
    known = draws[~np.isnan(draws).any(axis=1)]
    assert len(known) > 20
    assert (np.diff(known, axis=0) >= 0).all()


@pytest.mark.parametrize("of", ["train_flops", "params"])
def test_the_day_of_a_size_agrees_with_the_largest_by_each_day(frontier, of):
    last = dt.date(2030, 1, 1)
    size = float(frontier.sample(AS_OF, 1, 0, of=of)[0]) + 0.6
    first = frontier.first_day(size, last, 400, 3, of=of)
    for day in (AS_OF, dt.date(2024, 6, 1), dt.date(2026, 1, 1), last):
        assert ((first <= np.datetime64(day)) == (frontier.sample(day, 400, 3, of=of) >= size)).all()
    assert (frontier.first_day(size - 0.6, last, 5, 3, of=of) <= np.datetime64(AS_OF)).all()


def test_the_past_is_what_it_was(frontier):
    assert set(frontier.sample(dt.date(2020, 6, 1), 50, 0)) == {np.log10(3.14e23)}
    assert set(frontier.sample(AS_OF, 50, 0)) == {np.log10(2.5272e24)}
    assert set(frontier.sample(AS_OF, 50, 0, of="params")) == {np.log10(540350000000.0)}
    assert np.isnan(frontier.sample(dt.date(2000, 1, 1), 5, 0)).all()


def test_a_seed_gives_the_same_futures_and_another_gives_others(frontier):
    by = dt.date(2025, 1, 1)
    assert (frontier.sample(by, 100, 1) == frontier.sample(by, 100, 1)).all()
    assert (frontier.sample(by, 100, 1) != frontier.sample(by, 100, 2)).any()


def test_too_few_models_are_refused_with_advice():
    early = Frontier.fit(frontier_models(), as_of=dt.date(2019, 3, 1))
    with pytest.raises(DataError, match=r"needs 2 records by 2019-03-01.*choose a later date"):
        early.sample(dt.date(2020, 1, 1), 10, 0)


def test_an_unknown_measure_is_refused(frontier):
    with pytest.raises(UsageError, match="choose one of train_flops, params, effective_flops"):
        frontier.sample(AS_OF, 10, 0, of="cost")


def test_silence_after_the_table_ends_says_nothing():
    table = frontier_models()
    table = table[table["released"] <= pd.Timestamp(2022, 4, 30)]
    as_of, by = dt.date(2024, 4, 30), dt.date(2024, 4, 30)
    silent = Frontier.fit(table, as_of=as_of).sample(by, 50, 0)
    unlisted = Frontier.fit(table, as_of=as_of, complete_until=dt.date(2022, 4, 30)).sample(by, 50, 0)
    assert (silent == silent[0]).all()
    assert np.median(unlisted) > silent[0] + 0.5


def test_compute_that_is_not_stated_is_six_times_params_times_tokens():
    table = models(["2020-01-01", "2021-01-01"], [1e22, np.nan], [1e9, 1e11], [1e11, 1e12])
    assert Frontier.fit(table, as_of=dt.date(2021, 2, 1)).sample(dt.date(2021, 1, 15), 1, 0)[0] == np.log10(6e23)


def test_a_sparse_model_counts_by_the_parameters_at_work():
    table = models(["2021-12-13", "2021-12-08"], [3.6e23, 6e23], [1.2e12, 2.8e11], [6e11, 3e11])
    assert dense_params(table).round().tolist() == [1e11, 2.8e11]


@given(growth=st.floats(0.3, 1.2), jump=st.floats(0.2, 0.8), seed=st.integers(0, 2**20))
def test_any_history_gives_finite_growing_quantiles(growth, jump, seed):
    rng = np.random.default_rng(seed)
    days = pd.Timestamp(2015, 1, 1) + pd.to_timedelta(np.sort(rng.integers(0, 3000, 40)), unit="D")
    years = (days - days[0]).days.to_numpy() / 365.25
    table = models(days, 10.0 ** (20.0 + growth * years + jump * rng.standard_exponential(40)))
    fitted = Frontier.fit(table, as_of=dt.date(2023, 6, 1))
    q = fitted.quantiles(dt.date(2026, 6, 1), [0.05, 0.5, 0.95], n=400)
    assert np.isfinite(q).all()
    assert (np.diff(q) >= 0).all()


def test_an_eighty_percent_interval_holds_eighty_percent_of_simulated_histories():
    """The guarantee, where the model is right: 150 histories drawn from the prior's middle, binomial tolerance."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(150):
        growth, jump = 0.5 * np.exp(0.4 * rng.standard_normal()), 0.4 * np.exp(0.4 * rng.standard_normal())
        days, sizes = _history(rng, growth, jump, years=9.0)
        table = models(pd.Timestamp(2014, 1, 1) + pd.to_timedelta(days, unit="D"), 10.0**sizes)
        fitted = Frontier.fit(table, as_of=dt.date(2021, 12, 31))
        low, high = interval_of(fitted.sample(dt.date(2022, 12, 31), 1500, 0), 0.8)
        held += low <= sizes.max() <= high
    assert abs(held - 0.8 * 150) <= 3 * np.sqrt(0.8 * 0.2 * 150)


def test_an_interval_holds_its_share_where_no_growth_is_likely():
    draws = np.r_[np.zeros(30), np.linspace(1.0, 2.0, 70)]
    low, high = interval_of(draws, 0.8)
    assert low == 0.0
    assert np.mean((low <= draws) & (draws <= high)) == pytest.approx(0.8, abs=0.01)


def test_the_bundled_frontier_is_covered_at_rolling_origins():
    """The promise of `benchmarks.frontier`, here for the coming four quarters as a whole at ten origins."""
    truth = bundled_frontier(dt.date(2025, 9, 30))
    held = []
    for year in range(2020, 2025):
        for month in (1, 7):
            by = dt.date(year + (month == 7), 12 if month == 1 else 6, 30)
            low, high = interval_of(bundled_frontier(dt.date(year, month, 1)).sample(by, 4000, 0), 0.8)
            held.append(low <= truth.sample(by, 1, 0)[0] <= high)
    assert 6 <= sum(held) <= 10


def test_the_table_shows_what_is_known_and_what_may_come(frontier):
    table = frontier.table([dt.date(2022, 4, 30), dt.date(2024, 11, 30)])
    assert table["prob_larger"].iloc[0] == 0.0
    assert 0.5 < table["prob_larger"].iloc[1] < 1.0
    assert (table["low"] <= table["median"]).all()
    assert (table["median"] <= table["high"]).all()
    assert show_table(table)["80% interval"].iloc[0] == "2.5e+24 FLOP"


def _history(rng, growth, jump, years):
    """Models of a Poisson process: 12 a year, exponential above a line, Gumbel spread below it cut off."""
    n = rng.poisson(12 * years)
    at = np.sort(rng.random(n)) * years
    return (at * 365.25).astype(int), 20.0 + growth * at + jump * rng.standard_exponential(n)


def test_effective_compute_of_a_year_ago_is_less_and_grows_faster(frontier):
    for by, larger in ((dt.date(2021, 11, 15), False), (dt.date(2023, 11, 15), True)):
        plain, effective = (frontier.sample(by, 300, 2, of=of) for of in ("train_flops", "effective_flops"))
        assert ((effective > plain) == larger).all()
        assert effective - plain == pytest.approx(frontier.recipe_gain(by, 300, 2))
