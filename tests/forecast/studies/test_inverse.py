"""`forecast study inverse`: labels with probabilities, agreement, prompts that reverse, the selection effect."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.studies.inverse import arrange_series, expected_next, next_gains, select_falls, study
from tests.studies import METRICS, answered, made_results, made_tasks


def test_tasks_picked_for_falling_regress_as_the_closed_form_says():
    """Truncated normal mean: under pure noise phi(2) / Phi(-2) / sqrt(2) = 1.678 standard errors."""
    assert expected_next(0.0) == pytest.approx(2.3732 / 2**0.5, abs=1e-3)
    table = select_falls(seed=0)
    assert table["next_gain"].to_numpy() == pytest.approx(table["closed_form"].to_numpy(), abs=0.05)
    assert table["share_picked"].iloc[0] == pytest.approx(0.02275, abs=0.001)


def test_labels_of_clear_shapes_are_sure_and_of_noise_are_not():
    truth = np.array([[0.7, 0.5, 0.3, 0.2], [0.6, 0.3, 0.3, 0.7], [0.3, 0.5, 0.6, 0.8], [0.5, 0.5, 0.45, 0.42]])
    every = study(made_results(truth, 400), made_tasks(4), METRICS).details["every_series"].set_index("task")
    assert every["label"].tolist()[:3] == ["falling", "u-shaped", "rising"]
    assert (every["probability"].iloc[:3] > 0.95).all()
    assert every["probability"].iloc[3] < 0.95
    assert every.filter(like="p_").sum(axis=1).to_numpy() == pytest.approx(np.ones(4))


def test_a_label_without_known_noise_has_no_probability():
    every = study(made_results([[0.7, 0.5, 0.3]], None), made_tasks(1), METRICS).details["every_series"]
    assert every["label"].iloc[0] == "falling"
    assert np.isnan(every["probability"].iloc[0])


def agreement(*truths):
    tables = [made_results(truth, 2000, family=f"f{i}") for i, truth in enumerate(truths)]
    findings = study(pd.concat(tables, ignore_index=True), made_tasks(len(truths[0])), METRICS)
    return findings.tables["agreement"].iloc[0]


def test_families_that_move_alike_agree_and_others_do_so_by_chance():
    rng = np.random.default_rng(0)
    rise = rng.choice([-0.1, 0.1], size=(40, 1))
    other = rng.choice([-0.1, 0.1], size=(40, 1))
    steps = np.arange(3)
    assert agreement(0.5 + rise * steps, 0.5 + rise * steps)["kappa"] == pytest.approx(1.0, abs=0.01)
    apart = agreement(0.5 + rise * steps, 0.5 + other * steps)
    assert apart["kappa_low"] < 0 < apart["kappa_high"]


def test_prompts_that_turn_a_falling_task_are_found():
    both = pd.concat(
        [
            made_results([[0.7, 0.5, 0.3]], 500),
            made_results([[0.5, 0.6, 0.8]], 500, prompt="cot"),
        ],
        ignore_index=True,
    )
    row = study(both, made_tasks(1), METRICS).tables["prompts"].iloc[0]
    assert (row["direct"], row["prompt"], row["with_it"]) == ("falling", "cot", "rising")
    assert row["gain_at_largest"] == pytest.approx(0.5)
    assert row["gain_at_largest_low"] < 0.5 < row["gain_at_largest_high"]


def test_falls_that_are_noise_regress_in_the_figures_as_expected_of_noise():
    rng = np.random.default_rng(0)
    scores = answered(rng, np.full((6000, 3), 0.5), 100)
    table = next_gains(*arrange_series(made_results(scores, 100), made_tasks(6000), METRICS), seed=0)
    fell = table[table["last_step"] == "fell"].iloc[0]
    assert fell["gain_points"] == pytest.approx(fell["if_noise_alone"], rel=0.15)
    assert fell["if_noise_alone"] == pytest.approx(100 * 1.678 * 0.05, rel=0.03)


def test_falling_losses_are_progress():
    results = made_results([[3.0, 2.0, 1.0]], None, metric="loss")
    results["stderr"] = 0.05
    every = study(results, made_tasks(1), METRICS).details["every_series"]
    assert every["label"].iloc[0] == "rising"
