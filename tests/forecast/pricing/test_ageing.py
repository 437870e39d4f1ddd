"""Rates of publication age as closed windows of the past say, know nothing later, and without ageing are as before."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.pricing.ageing import closed_windows, learn_ageing, prob_measurement
from scale_forecast.pricing.arrivals import TIMELESS, YEAR, Ageing, Rate


def published(*days_of):
    """Rows of a benchmark for each list of days, a new model a day."""
    rows = [
        {"benchmark": f"b{i}", "task": f"t{i}", "family": f"f{day}", "model": f"m{day}", "known_on": pd.Timestamp(day)}
        for i, days in enumerate(days_of)
        for day in days
    ]
    return pd.DataFrame(rows).assign(checkpoint=pd.NA)


BUSY = [f"{year}-{month:02d}-15" for year in (2020, 2021, 2022) for month in range(1, 13, 2)]
AT = pd.Timestamp("2023-01-15")


def test_without_ageing_the_chance_is_that_of_a_rate_that_stays():
    windows = pd.DataFrame({"silent": [0.5], "years": [0.7], "shape": [2.0], "rate": [3.0]})
    draws = np.random.default_rng(0).gamma(2.0, 1 / 3.0, 400_000)
    assert prob_measurement(windows, TIMELESS)[0] == pytest.approx(np.mean(1 - np.exp(-0.7 * draws)), abs=2e-3)
    assert TIMELESS.years(0.4, 1.9) == pytest.approx(1.5)
    assert Rate(2.0, 3.0).mean == pytest.approx(draws.mean(), rel=0.01)


@pytest.mark.parametrize("ageing", [Ageing(0.7, 0.5), Ageing(1.0, 1.0), Ageing(1.2, 2.3)], ids=str)
def test_an_aged_rate_only_falls_and_its_time_adds_up(ageing):
    ages = np.linspace(0.0, 6.0, 61)
    each = ageing.years(ages[:-1], ages[1:])
    assert (np.diff(each) < 0).all()
    assert (each > 0).all()
    assert each.sum() == pytest.approx(float(ageing.years(0.0, 6.0)))
    assert each[0] <= 0.1 * ageing.pace


def test_benchmarks_that_were_left_teach_that_rates_fall_and_busy_ones_that_they_stay():
    left = learn_ageing(closed_windows(published(*[BUSY[i : i + 4] for i in (0, 0, 2, 4, 5, 6)], BUSY), AT))
    busy = learn_ageing(closed_windows(published(BUSY, BUSY, BUSY), AT))
    later = left.years(1.0, 2.0), busy.years(1.0, 2.0)
    assert later[0] < 0.5 < later[1]


def test_windows_rest_on_what_was_public_and_are_closed():
    known = published(BUSY[:9], BUSY[:4])
    more = pd.concat([known, published(["2021-09-02"], ["2021-11-20"], ["2021-10-10"])], ignore_index=True)
    day = pd.Timestamp("2021-08-20")
    before, after = (closed_windows(rows[rows["known_on"] <= day], day) for rows in (known, more))
    pd.testing.assert_frame_equal(before, after)
    assert len(before)
    assert ((before["day"] + pd.to_timedelta(before["years"] * YEAR - 1, unit="D")) <= day).all()
    assert set(closed_windows(more, day)["benchmark"]) == {"b0", "b1"}


def test_nothing_is_learned_before_a_window_is_closed():
    assert learn_ageing(closed_windows(published(BUSY[:1]), pd.Timestamp("2020-02-01"))) == TIMELESS
