"""Edge, stake and expected log score against the crowd."""

import numpy as np
import pytest
from scipy.special import ndtr

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets.answers import answer
from scale_forecast.resolvers.markets.compare import Purse, best_stake, compare
from scale_forecast.resolvers.markets.cpmm import Pool
from scale_forecast.resolvers.markets.market import Kind, Market, Option, Status
from scale_forecast.resolvers.markets.scale import Scale
from scale_forecast.resolvers.markets.service import Answer


def market(**more):
    return Market(service="manifold", id="1", title="?", kind=more.pop("kind", Kind.BINARY), status=Status.OPEN, **more)


def test_edge_kelly_and_log_scores_by_their_formulas():
    row = compare(market(probability=0.4), Answer(probability=0.6), Purse(1000.0, 1.0)).iloc[0]
    assert row["edge"] == pytest.approx(0.2)
    assert (row["side"], row["kelly"], row["stake"]) == ("YES", pytest.approx(1 / 3), pytest.approx(1000 / 3))
    assert row["expected_log_ours"] == pytest.approx(-0.6 * np.log(0.6) - 0.4 * np.log(0.4))
    assert row["gain_nats"] == pytest.approx(0.6 * np.log(0.6 / 0.4) + 0.4 * np.log(0.4 / 0.6))
    below = compare(market(probability=0.4), Answer(probability=0.3)).iloc[0]
    assert (below["side"], below["kelly"]) == ("NO", pytest.approx(0.25))


def test_the_cap_bounds_the_stake_and_agreement_stakes_nothing():
    capped = compare(market(probability=0.1), Answer(probability=0.9), Purse(200.0, 0.05)).iloc[0]
    assert capped["stake"] == pytest.approx(10.0)
    same = compare(market(probability=0.5), Answer(probability=0.5)).iloc[0]
    assert (same["side"], same["stake"], same["gain_nats"]) == ("", 0.0, 0.0)


def test_on_a_thin_market_the_best_stake_heeds_its_own_price():
    pool = Pool(100.0, 100.0)
    stake = best_stake(pool, 0.6, "YES", 1000.0)
    assert 0 < stake < 200.0 < 1000 * 0.2 + 1
    assert pool.after(stake, "YES").probability < 0.6
    deep = best_stake(Pool(1e9, 1e9), 0.6, "YES", 1000.0)
    assert deep == pytest.approx(200.0, rel=1e-3)
    assert best_stake(pool, 0.6, "NO", 1000.0) == 0.0


def test_options_are_compared_one_by_one():
    options = (Option(id="a", label="a", probability=0.24), Option(id="b", label="b", probability=0.76))
    table = compare(market(kind=Kind.MULTIPLE_CHOICE, options=options), Answer(options={"a": 0.4, "b": 0.6}))
    assert table["option"].tolist() == ["a", "b"]
    assert table["side"].tolist() == ["YES", "NO"]


def test_distributions_are_compared_by_median_and_log_score():
    scale = Scale(0.0, 1.0, None, True, True)

    def around(mean):
        return answer(
            market(kind=Kind.NUMERIC, scale=scale).model_copy(update={"service": "metaculus"}),
            lambda x: ndtr((x - mean) / 0.1),
        )

    crowd = around(0.4).cdf
    row = compare(market(kind=Kind.NUMERIC, scale=scale, cdf=crowd), around(0.5)).iloc[0]
    assert row["ours"] == pytest.approx(0.5, abs=0.01)
    assert row["crowd"] == pytest.approx(0.4, abs=0.01)
    assert row["gain_nats"] == pytest.approx(0.5, rel=0.1)  # normals one spread apart: 1/2 nat


def test_a_hidden_crowd_is_said_so():
    with pytest.raises(DataError, match="manifold:1 shows no crowd forecast: there is nothing to compare with"):
        compare(market(), Answer(probability=0.5))


@pytest.mark.parametrize(("bankroll", "cap"), [(0.0, 0.1), (float("inf"), 0.1), (10.0, 0.0), (10.0, 1.5)])
def test_a_purse_that_cannot_stake_is_refused(bankroll, cap):
    with pytest.raises(DataError):
        Purse(bankroll, cap)
