"""`forecast study noise`: the closed form of momentum under noise, and what the figures hold."""

import numpy as np
import pytest

from scale_forecast.studies.noise import ceilings, expected_correlation, simulate, study
from tests.studies import METRICS, answered, bundled_study, made_results, made_tasks


def test_simulated_correlations_follow_the_closed_form():
    """r = (v - 1) / (v + u + 2): -1/2 under pure noise, 0 where scalability equals a score's noise."""
    table = simulate(seed=0)
    large = table[table["tasks"] == 1000]
    assert large["r"].to_numpy() == pytest.approx(large["closed_form"].to_numpy(), abs=0.015)
    assert large.iloc[0]["closed_form"] == -0.5


def test_small_suites_scatter_as_fishers_z_says():
    """Ninety percent of suites of n tasks without correlation lie within tanh(1.645 / sqrt(n - 3))."""
    table = simulate(seed=1)
    at = table[(table["variance_ratio"] == 1.0) & (table["tasks"] == 62)].iloc[0]
    assert [at["r_low"], at["r_high"]] == pytest.approx(np.tanh(1.645 / 59**0.5) * np.array([-1, 1]), abs=0.05)


def test_the_seed_decides_the_simulation():
    assert simulate(seed=3, repetitions=10).equals(simulate(seed=3, repetitions=10))
    assert not simulate(seed=3, repetitions=10).equals(simulate(seed=4, repetitions=10))


def made(ratio, n_examples=400, tasks=2000, own=0.0):
    """Three scores of tasks with scalability ``ratio`` and own movement ``own`` times a score's noise variance."""
    rng = np.random.default_rng(0)
    noise = 0.25 / n_examples
    gain = rng.normal(0, np.sqrt(ratio * noise), size=(tasks, 1)) + rng.normal(0, np.sqrt(own * noise), (tasks, 2))
    truth = 0.5 + np.column_stack([-gain[:, 0], np.zeros(tasks), gain[:, 1]])
    results = made_results(answered(rng, np.clip(truth, 0, 1), n_examples), n_examples)
    return ceilings(results, made_tasks(tasks), METRICS, seed=0).iloc[0]


def test_noise_share_and_ceiling_are_those_the_data_were_made_with():
    row = made(ratio=2.0)
    assert row["noise_share"] == pytest.approx(2 / 4, abs=0.03)
    assert row["ceiling_r2"] == pytest.approx(1 - 1 / 4, abs=0.03)


def test_the_size_of_test_set_at_which_gains_correlate_is_found_from_one_size():
    """400 examples give twice the variance of noise, so 200 would give as much: there the correlation crosses zero."""
    row = made(ratio=2.0)
    assert row["examples_for_zero"] == pytest.approx(200, rel=0.1)
    assert row["r_without_noise"] == pytest.approx(1.0, abs=0.15)


def test_enough_examples_bring_the_correlation_near_the_one_without_noise():
    row = made(ratio=2.0, own=2.0)
    assert row["r_without_noise"] == pytest.approx(0.5, abs=0.06)
    most = row["examples_for_most"]
    reached = expected_correlation(2.0 * most / 400, 2.0 * most / 400)
    assert reached == pytest.approx(0.8 * row["r_without_noise"], abs=0.04)


def test_nothing_is_said_of_persistence_where_noise_is_not_binomial():
    table = bundled_study("noise").tables["benchmarks"]
    beyond = table[table["noise_share"] > 1]
    assert len(beyond) > 0
    assert beyond["examples_for_zero"].isna().all()


def test_results_without_known_noise_leave_the_simulation_alone():
    findings = study(made_results(np.full((9, 3), 0.5), None), made_tasks(9), METRICS)
    assert list(findings.tables) == ["simulation"]
    assert len(findings.sentences) == 1
