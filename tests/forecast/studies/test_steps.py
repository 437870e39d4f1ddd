"""`forecast study steps`: chains in closed form, by simulation, and by the law."""

import numpy as np
import pytest

from scale_forecast.studies.steps import (
    Verifier,
    chain_success,
    checked_step,
    required_scale,
    required_step,
    required_unchecked_step,
    simulated_chains,
    study,
)
from tests.studies import METRICS, made_results, made_tasks


@pytest.mark.parametrize(("p", "success"), [(0.9, 2.656e-5), (0.99, 0.36603), (0.999, 0.90479)])
def test_a_hundred_steps_succeed_as_the_power_says(p, success):
    assert float(chain_success(p, 100)) == pytest.approx(success, rel=1e-4)


def test_a_chain_of_steps_that_are_just_good_enough_reaches_its_threshold():
    for steps in (1, 7, 500):
        assert chain_success(required_step(0.37, steps), steps) == pytest.approx(0.37)


@pytest.mark.parametrize("p", [0.5, 0.9, 0.97])
@pytest.mark.parametrize("verifier", [Verifier(), Verifier(0.6, 0.3, 2), Verifier(0.2, 0.5, 4)])
def test_simulated_chains_succeed_as_the_closed_form_says(p, verifier):
    once, checked = simulated_chains(p, 3, verifier, np.random.default_rng(0))
    assert once == pytest.approx(p**3, abs=0.012)
    assert checked == pytest.approx(checked_step(p, verifier)[0] ** 3, abs=0.012)


def test_tries_without_limit_multiply_the_odds_of_a_step():
    verifier = Verifier(detect=0.8, alarm=0.25, attempts=500)
    p = np.array([0.1, 0.5, 0.9])
    checked, tries = checked_step(p, verifier)
    assert checked / (1 - checked) == pytest.approx(p / (1 - p) * 0.75 / 0.2)
    assert tries == pytest.approx(1 / (p * 0.75 + (1 - p) * 0.2))
    assert required_unchecked_step(checked, verifier) == pytest.approx(p)


def test_a_check_that_knows_nothing_changes_nothing():
    assert checked_step(0.7, Verifier(detect=0.4, alarm=0.4))[0] == pytest.approx(0.7)


def test_amplification_crosses_one_where_the_algebra_says():
    table = study(made_results(np.full((9, 2), 0.5)), made_tasks(9), METRICS).tables["amplification"]
    crosses = table.set_index("device")["crosses_1_at_p"]
    assert crosses["majority of 5: odds of a step"] == pytest.approx(0.5, abs=1e-3)
    assert crosses["repairs that break 9 things when they fail: errors"] == pytest.approx(0.9, abs=1e-3)
    assert np.isnan(crosses["repairs that fail in vain: errors"])


def test_a_family_that_follows_the_law_gives_its_exponent_and_the_cost_of_length():
    """-log p = A C^-0.3: a chain ten times as long costs 1 / 0.3 decades at any threshold."""
    compute = np.arange(4.0)
    errors = np.linspace(0.3, 3.0, 12)[:, None] * 10 ** (-0.3 * compute)
    results = made_results(np.exp(-errors), 10**6)
    results["train_flops"] = results["params"] * 1e12
    figures = study(results, made_tasks(12), METRICS).tables["figures"].iloc[0]
    assert figures["alpha"] == pytest.approx(0.3, abs=0.005)
    assert figures["decades_to_100"] - figures["decades_to_10"] == pytest.approx(1 / 0.3, rel=0.02)


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.99])
def test_ten_times_the_steps_cost_the_same_decades_at_any_threshold(threshold):
    """The law's view is a line of slope alpha ln 10 per decade."""
    level, slope = 0.4, 0.25 * np.log(10)
    near, far = (float(required_scale(level, slope, n, threshold)) for n in (30, 300))
    assert far - near == pytest.approx(1 / 0.25)
    p = np.exp(-np.exp(-(level + slope * near)))
    assert p**30 == pytest.approx(threshold)
