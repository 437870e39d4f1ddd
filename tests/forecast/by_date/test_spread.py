"""What closed windows teach: too narrow, too low and unlike forecasts are mended, and nothing is learned of nothing."""

import numpy as np
import pytest
from scipy.stats import norm

from scale_forecast.by_date.spread import LEVELS, NOTHING_LEARNED, PRIOR, STRETCH, WEIGHT, Closed, crps, learn

QUARTER = 0.25


def closed(n, *, scale=1.0, shift=0.0, seed=0):
    """Windows whose forecasts have a spread of 0.3 about 0.5, and whose outcomes are drawn with another one."""
    rng = np.random.default_rng(seed)
    gains = 0.5 + 0.3 * norm.ppf(LEVELS)
    middles = rng.normal(0.0, 0.8, n)
    outcomes = np.maximum(0.5 + middles + shift + 0.3 * scale * rng.standard_normal(n), 0.0)
    return [Closed(gains + m, 0.0, -0.5, y, QUARTER) for m, y in zip(middles, outcomes, strict=True)]


def test_no_window_leaves_the_simulation_but_for_the_carry():
    gains = np.array([-np.inf, -0.2, 0.1, 0.4])
    assert learn([], [QUARTER]).adjust(gains, 0.0, 0.0, "share", QUARTER) == pytest.approx(gains)
    moved = NOTHING_LEARNED.adjust(gains, 1.0, 0.0, "share", QUARTER)
    assert moved[1:] == pytest.approx(gains[1:] + PRIOR[0])


@pytest.mark.parametrize("scale", [0.4, 2.5])
def test_a_wrong_spread_is_stretched_the_right_way(scale):
    numbers = learn(closed(400, scale=scale), [QUARTER]).numbers[0]
    assert (numbers[STRETCH] > 0.0) == (scale > 1.0)
    assert numbers[WEIGHT] < PRIOR[WEIGHT], "the forecasts tell windows apart and the pooled gains do not"


def test_forecasts_that_came_too_low_are_moved_up():
    spread = learn(closed(400, shift=0.6), [QUARTER])
    gains = 0.5 + 0.3 * norm.ppf(LEVELS)
    assert np.median(spread.adjust(gains, 0.0, -0.5, "share", QUARTER)) > 0.8


def test_an_adjustment_keeps_the_order_of_the_draws():
    gains = np.random.default_rng(2).normal(size=50)
    moved = learn(closed(60), [QUARTER]).adjust(gains, 0.2, -0.5, "share", 0.7)
    assert (np.argsort(moved) == np.argsort(gains)).all()


def test_crps_of_two_draws_by_hand():
    assert crps(np.array([[0.0], [1.0]]), np.array([0.0])).tolist() == [0.25]
