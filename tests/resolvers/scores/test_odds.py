"""Odds, edge and Kelly."""

import numpy as np
import pytest

from scale_forecast.data.errors import UsageError
from scale_forecast.resolvers.scores.odds import edge, fair_odds, implied_probability, kelly_fraction


@pytest.mark.parametrize(
    ("odds", "probability"),
    [("1:1", 0.5), ("4:1", 0.8), ("4:1 for", 0.8), ("4:1 against", 0.2), ("1 to 3", 0.25), ("3.5:1.5 on", 0.7)],
)
def test_odds_become_the_probability_they_imply(odds, probability):
    assert implied_probability(odds) == pytest.approx(probability)


@pytest.mark.parametrize("odds", ["0:1", "1:0", "evens", "80%", "-1:2", "1:1:1", ""])
def test_what_is_not_odds_is_refused_with_its_text(odds):
    with pytest.raises(UsageError, match="odds"):
        implied_probability(odds)


def test_fair_odds_read_back_to_the_probability():
    for probability in (0.05, 0.2, 0.5, 2 / 3, 0.8, 0.95):
        assert implied_probability(fair_odds(probability)) == pytest.approx(probability, abs=0.002)


@pytest.mark.parametrize(("probability", "price"), [(0.7, 0.5), (0.2, 0.5), (0.5, 0.9), (0.95, 0.1)])
def test_kelly_fraction_maximises_expected_log_wealth(probability, price):
    """Against a grid of stakes on either side: no other stake grows wealth faster."""
    stakes = np.linspace(-0.99, 0.99, 1981)
    shares_yes, shares_no = np.clip(stakes, 0, None) / price, np.clip(-stakes, 0, None) / (1 - price)
    kept = 1 - np.abs(stakes)
    growth = probability * np.log(kept + shares_yes) + (1 - probability) * np.log(kept + shares_no)
    assert kelly_fraction(probability, price) == pytest.approx(stakes[growth.argmax()], abs=1e-3)


def test_no_edge_no_stake():
    assert kelly_fraction(0.3, 0.3) == 0
    assert edge(0.3, 0.3) == 0


def test_a_percentage_is_refused_with_advice():
    with pytest.raises(UsageError, match="divided by 100"):
        edge(60, 0.5)
    with pytest.raises(UsageError, match="nothing to bet"):
        kelly_fraction(0.5, 1.0)
