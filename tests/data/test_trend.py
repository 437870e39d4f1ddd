"""Trend labels and the two events of inverse scaling."""

import numpy as np
import pytest

from scale_forecast.data.trend import TRENDS, recovers, reverses, trend_of, trends_along

SE = 0.01


def label(*scores, chance=None, ceiling=None):
    better = np.array([scores], dtype=float)
    limits = [None if x is None else np.array([x]) for x in (chance, ceiling)]
    return trend_of(better, np.full_like(better, SE), *limits)[0]


@pytest.mark.parametrize(
    ("scores", "trend"),
    [
        ((0.5,), "flat"),
        ((0.5, 0.52), "flat"),
        ((0.5, 0.6), "rising"),
        ((0.6, 0.5), "falling"),
        ((0.6, 0.5, 0.4), "falling"),
        ((0.6, 0.4, 0.5), "u-shaped"),
        ((0.6, 0.4, 0.42), "falling"),
        ((0.4, 0.6, 0.5), "inverted-u"),
        ((0.6, 0.4, 0.6, 0.4), "inverted-u"),
        ((0.4, 0.6, 0.4, 0.6), "u-shaped"),
        ((0.50, 0.51, 0.52, 0.53, 0.54), "rising"),
    ],
)
def test_trend_is_decided_by_moves_beyond_two_standard_errors(scores, trend):
    assert label(*scores) == trend


def test_emerging_needs_the_last_score_alone_above_chance():
    assert label(0.25, 0.26, 0.40, chance=0.25) == "emerging"
    assert label(0.25, 0.35, 0.45, chance=0.25) == "rising"


def test_saturated_needs_the_last_two_scores_at_the_ceiling():
    assert label(0.80, 0.99, 0.995, ceiling=1.0) == "saturated"
    assert label(0.80, 0.90, 0.995, ceiling=1.0) == "rising"


def test_padding_does_not_change_a_label():
    better = np.array([[0.6, 0.4, 0.5, np.nan, np.nan]])
    assert trend_of(better, np.full_like(better, SE))[0] == "u-shaped"


def test_the_label_along_the_way_is_the_label_of_each_beginning():
    rng = np.random.default_rng(0)
    better = rng.choice([0.25, 0.4, 0.6, 0.97, 1.0], size=(300, 7))
    stderr = np.full_like(better, SE)
    limits = np.full(300, 0.25), np.full(300, 1.0)
    along = trends_along(better, stderr, *limits)
    for j in range(7):
        expected = trend_of(better[:, : j + 1], stderr[:, : j + 1], *limits)
        assert np.array(TRENDS)[along[:, j]].tolist() == expected.tolist()


def test_reversal_asks_for_more_than_recovery():
    history = np.array([[0.7, 0.4]])
    se = np.full_like(history, SE)
    target, target_se = np.array([0.5]), np.array([SE])
    assert recovers(target, history[:, -1], target_se, se[:, -1])[0]
    assert not reverses(target, history, target_se, se)[0]
    assert reverses(np.array([0.75]), history, target_se, se)[0]
