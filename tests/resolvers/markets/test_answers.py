"""One distribution answers every kind of question, and the answers agree with each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets.answers import (
    answer,
    mean_position,
    option_edges,
    parse_threshold,
    probability_of,
    within_limits,
)
from scale_forecast.resolvers.markets.market import Kind, Market, Option, Status
from scale_forecast.resolvers.markets.ours import quantiles_of_table
from scale_forecast.resolvers.markets.rules import LEAST, cdf_complaints, multiple_choice_complaints
from scale_forecast.resolvers.markets.scale import Scale
from tests.thorough import tries


def normal(mean, spread):
    return lambda x: ndtr((np.asarray(x, dtype=float) - mean) / spread)


def market(kind, **more):
    return Market(service=more.pop("service", "metaculus"), id="1", title="?", kind=kind, status=Status.OPEN, **more)


def choice(*labels):
    return market(Kind.MULTIPLE_CHOICE, options=tuple(Option(id=label, label=label) for label in labels))


@settings(deadline=None, derandomize=True, max_examples=tries(60))
@given(mean=st.floats(0.05, 0.95), spread=st.floats(0.002, 0.5))
def test_a_ladder_options_and_a_grid_read_one_distribution(mean, spread):
    """Thresholds fall, neighbouring ones differ by the option between them, and the grid says the same."""
    cdf = normal(mean, spread)
    ladder = [answer(market(Kind.BINARY), cdf, (">=", t)).probability for t in (0.2, 0.4, 0.6, 0.8)]
    assert ladder == sorted(ladder, reverse=True)
    options = answer(choice("<20%", "20-40%", "40-60%", "60-80%", "80% or more"), cdf).options
    assert sum(options.values()) == pytest.approx(1.0)
    assert options["40-60%"] == pytest.approx(ladder[1] - ladder[2], abs=6 * LEAST)
    scale = Scale(0.0, 1.0, None, True, True)
    grid = np.array(answer(market(Kind.NUMERIC, scale=scale), cdf).cdf)
    if spread > 0.02:
        assert 1 - np.interp([0.2, 0.4, 0.6, 0.8], scale.nodes(), grid) == pytest.approx(ladder, abs=0.012)


def test_a_date_question_is_answered_on_its_grid_of_seconds():
    scale = Scale(1_735_707_600.0, 3_344_994_000.0, None, False, True)
    grid = answer(market(Kind.DATE, scale=scale), normal(2.0e9, 2e8)).cdf
    assert cdf_complaints(grid, 200, False, True) == []
    assert np.interp(2.0e9, scale.nodes(), grid) == pytest.approx(0.5, abs=0.02)


def test_a_discrete_question_gets_the_mass_around_each_whole_number():
    scale = Scale(-0.5, 7.5, None, False, True, 8)
    grid = np.array(answer(market(Kind.DISCRETE, scale=scale), normal(3.0, 0.8)).cdf)
    assert len(grid) == 9
    assert np.diff(grid)[3] == pytest.approx(ndtr(0.5 / 0.8) - ndtr(-0.5 / 0.8), abs=3e-3)


def test_a_pseudo_numeric_market_pays_the_mean_position():
    linear, log = Scale(0.0, 100.0), Scale(1.0, 1e4, 0.0)
    assert mean_position(normal(30.0, 5.0), linear) == pytest.approx(0.3, abs=1e-4)
    assert mean_position(lambda x: ndtr((np.log10(x) - 2.0) / 0.2), log) == pytest.approx(0.5, abs=1e-4)
    pseudo = market(Kind.NUMERIC, scale=linear, service="manifold")
    assert answer(pseudo, normal(30.0, 5.0)).probability == pytest.approx(0.3, abs=1e-4)


def test_certainty_is_kept_within_what_a_service_takes():
    assert answer(market(Kind.BINARY), normal(0.5, 1e-6), (">", 0.9)).probability == 0.001
    options = answer(choice("<10", "10-20", "20 or more"), normal(15.0, 1e-6)).options
    assert multiple_choice_complaints(options, list(options)) == []
    assert options == pytest.approx({"<10": 0.001, "10-20": 0.998, "20 or more": 0.001})


def test_a_point_mass_on_a_threshold_counts_where_it_should():
    def step(x):
        return (np.asarray(x) >= 0.9).astype(float)

    assert [probability_of(step, sign, 0.9) for sign in (">=", ">", "<=", "<")] == [1.0, 0.0, 1.0, 0.0]


def test_a_binary_market_that_names_no_threshold_asks_for_it():
    with pytest.raises(DataError) as refusal:
        answer(market(Kind.BINARY), normal(0.5, 0.1))
    assert str(refusal.value) == "metaculus:1 names no threshold itself: say what it asks, such as '>= 0.9'"
    strike = market(Kind.BINARY, service="kalshi", threshold=(">", 0.5))
    assert answer(strike, normal(0.5, 0.1)).probability == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("labels", "edges"),
    [
        (["Less than 10", "10", "Greater than 10"], [9.5, 10.5]),
        (["0-9", "10-19", "20+"], [9.5, 19.5]),
        (["<40%", "40-50%", "50% to 60%", "≥60%"], [0.4, 0.5, 0.6]),
        (["at least 90", "below 90"], [90.0]),
        (["1,000 or more", "under 1,000"], [1000.0]),
        (["0–50", "50–100"], [50.0]),
        (["up to 5", "more than 5"], [5.0]),
    ],
)
def test_options_divide_the_line(labels, edges):
    assert option_edges(labels).values.tolist() == pytest.approx(edges)


@pytest.mark.parametrize(
    ("labels", "part"),
    [
        (["<10", "20 or more"], "'<10' and '20 or more' leave a gap"),
        (["<30", "20 or more"], "'<30' and '20 or more' overlap"),
        (["Trump", "Harris"], "the option 'Trump' is no range of numbers: give a probability for each option"),
    ],
)
def test_options_that_do_not_are_refused(labels, part):
    with pytest.raises(DataError, match=part):
        option_edges(labels)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_shares_within_limits_sum_to_one_and_keep_their_order(shares):
    limited = within_limits(np.array(shares))
    assert limited.sum() == pytest.approx(1.0)
    assert limited.min() >= LEAST * (1 - 1e-9)
    order = np.argsort(shares, kind="stable")
    assert (np.diff(limited[order]) >= -1e-12).all()


@pytest.mark.parametrize("text", ["90", "≥ 90", "> x", ">= 1 2"])
def test_what_is_no_threshold_is_refused(text):
    with pytest.raises(DataError, match="is no threshold: write a sign and a number"):
        parse_threshold(text)


@pytest.mark.parametrize("odd", ["9" * 400, "nan", "inf", "much"])
def test_a_quantile_that_is_no_number_is_said_by_name(tmp_path, odd):
    """An integer of four hundred digits once ended in a traceback."""
    table = tmp_path / "table.csv"
    table.write_text(f"task,q05,q95\nt,0.1,{odd}\n")
    with pytest.raises(DataError, match=r"the quantile q95 is not a number|int too large"):
        quantiles_of_table(table, None)
