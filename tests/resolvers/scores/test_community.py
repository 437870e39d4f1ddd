"""What a crowd says together, by values worked out by hand."""

import numpy as np
import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.scores.community import (
    cdf_quantiles,
    community_median,
    geometric_mean_of_odds,
    prediction_difference,
    weighted_quantile,
)
from scale_forecast.resolvers.scores.distributions import crps_cdf, threshold_weighted_crps
from scale_forecast.resolvers.scores.probabilities import brier_score

POINTS, CDF = [0.0, 1.0, 2.0, 3.0, 4.0], [[0.0, 0.2, 0.5, 0.9, 1.0]]


def test_the_newest_of_many_counts_most():
    """Ten said 0.2 long ago, ten say 0.8 now: weights exp(sqrt(i) - sqrt(20)) leave the old ones 18% of the whole."""
    assert community_median([0.2] * 10 + [0.8] * 10) == 0.8
    weights = np.exp(np.sqrt(np.arange(1, 21)) - np.sqrt(20))
    assert weights[:10].sum() / weights.sum() == pytest.approx(0.177, abs=0.001)


def test_the_geometric_mean_of_odds_is_the_mean_of_log_odds():
    """Odds 9, 1 and 1/9 multiply to 1; odds 9 and 1 to 9, whose root is 3: a probability of 3/4."""
    assert geometric_mean_of_odds([0.9, 0.5, 0.1]) == pytest.approx(0.5)
    assert geometric_mean_of_odds([0.9, 0.5]) == pytest.approx(0.75)
    assert geometric_mean_of_odds([0.9, 0.5], weights=[1, 0]) == pytest.approx(0.9)
    assert [geometric_mean_of_odds(p) for p in ([0.0, 0.5], [1.0, 0.5], [0.0, 1.0])] == [0.0, 1.0, 0.5]


def test_a_difference_of_forecasts_is_symmetric_and_infinite_where_one_rules_out_what_the_other_does_not():
    """From 1/4 to 1/2: (1/4) log2 2 on yes and (1/4) log2 (3/2) on no."""
    there = prediction_difference([0.75, 0.25], [0.5, 0.5])
    assert there == pytest.approx(0.25 * (1 + np.log2(1.5)))
    assert prediction_difference([0.5, 0.5], [0.75, 0.25]) == pytest.approx(there)
    assert prediction_difference([1.0, 0.0], [0.5, 0.5]) == np.inf
    assert prediction_difference([1.0, 0.0], [1.0, 0.0]) == 0.0


def test_quantiles_of_a_cdf_are_its_inverse_and_end_where_its_range_does():
    assert cdf_quantiles(POINTS, CDF[0], [0.1, 0.2, 0.35, 0.95]).tolist() == pytest.approx([0.5, 1.0, 1.5, 3.5])
    assert cdf_quantiles([0, 1, 2], [0.3, 0.3, 0.6], [0.1, 0.3, 0.45, 0.9]).tolist() == pytest.approx([0, 0, 1.5, 2])
    for levels, cdf in (([50], [0, 1]), ([0.5], [1, 0])):
        with pytest.raises(DataError):
            cdf_quantiles([0, 1], cdf, levels)


def test_a_threshold_weighted_crps_is_the_part_of_the_crps_beyond_the_threshold():
    """From 2 on F runs .5, .9, 1, and what is missing to 1 is .5, .1, 0: (.25 + .05 + .01)/3 + (.01)/3."""
    above = threshold_weighted_crps([1.5], POINTS, CDF, above=2.0)[0]
    assert above == pytest.approx((0.25 + 0.05 + 0.01) / 3 + 0.01 / 3)
    below = threshold_weighted_crps([1.5], POINTS, CDF, below=2.0)[0]
    whole = crps_cdf([1.5], POINTS, CDF)[0]
    assert above + below == pytest.approx(whole)
    assert threshold_weighted_crps([1.5], POINTS, CDF)[0] == pytest.approx(whole)
    assert threshold_weighted_crps([1.5], POINTS, CDF, above=2.5, below=2.5)[0] == 0.0


def test_a_threshold_weighted_crps_integrates_the_brier_scores_of_its_thresholds():
    """Between 1 and 3 it is the mean of (F(x) - 1{x >= y})^2 over a fine grid, times the width."""
    grid = np.linspace(1, 3, 200_001)
    for y in (0.5, 1.7, 3.5):
        brier = brier_score((grid >= y).astype(float), np.interp(grid, POINTS, CDF[0]))
        assert threshold_weighted_crps([y], POINTS, CDF, above=1.0, below=3.0)[0] == pytest.approx(
            2 * brier.mean(), abs=1e-4
        )


def test_a_jump_at_a_threshold_stays_a_jump():
    """All mass at 1, the outcome 0.5: from 0.75 on F is wrong until 1."""
    assert threshold_weighted_crps([0.5], [0, 1, 1, 2], [[0, 0, 1, 1]], above=0.75)[0] == pytest.approx(0.25)


@pytest.mark.parametrize(("values", "level", "weights"), [([], 0.5, None), ([1.0], 1.0, None), ([1.0], 0.5, [0.0])])
def test_what_has_no_quantile_is_refused(values, level, weights):
    with pytest.raises(DataError, match="a weighted quantile needs"):
        weighted_quantile(values, level, weights)
