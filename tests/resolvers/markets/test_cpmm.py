"""The market maker's price and what a bet does to it, as Manifold computes them."""

import json
from pathlib import Path

import pytest

from scale_forecast.resolvers.markets.cpmm import Pool

VECTORS = json.loads((Path(__file__).parent.parent.parent / "fixtures/markets/vectors.json").read_text())["vectors"]


@pytest.mark.parametrize("vector", [v for v in VECTORS if v["fn"] == "cpmm_bet"], ids=lambda v: v["id"])
def test_a_bet_buys_shares_and_moves_the_price(vector):
    pool, expected = Pool(vector["pool"]["YES"], vector["pool"]["NO"], vector["p"]), vector["expected"]
    assert pool.probability == pytest.approx(expected["prob_before"], abs=1e-9)
    assert pool.shares(vector["bet"], vector["outcome"]) == pytest.approx(expected["shares"], abs=1e-9)
    after = pool.after(vector["bet"], vector["outcome"])
    assert after.probability == pytest.approx(expected["prob_after"], abs=1e-9)


@pytest.mark.parametrize("p", [0.2, 0.5, 0.7])
def test_yes_and_no_mirror_each_other(p):
    assert Pool(120.0, 80.0, p).shares(10.0, "YES") == pytest.approx(Pool(80.0, 120.0, 1 - p).shares(10.0, "NO"))
