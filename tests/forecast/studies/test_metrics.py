"""`forecast study metrics`: what the metric adds to how sudden a curve looks."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from scale_forecast.data.tasks import as_metrics
from scale_forecast.studies.metrics import against_a_line, match_width, sharpness, simulate, study
from tests.studies import answered, made_results, made_tasks

METRICS = as_metrics(
    pd.DataFrame(
        {
            "metric": ["exact_match", "accuracy", "f1"],
            "higher_is_better": True,
            "metric_kind": ["threshold", "threshold", "linear"],
        }
    )
)


@pytest.mark.parametrize("tokens", [1, 3, 50])
def test_the_width_of_an_exact_match_is_that_of_its_curve(tokens):
    x = np.linspace(-10, 20, 300_001)
    match = expit(1.3 * x) ** tokens
    width = x[np.argmax(match >= 0.9)] - x[np.argmax(match >= 0.1)]
    assert match_width(tokens, slope=1.3) == pytest.approx(width, abs=1e-3)


def test_all_or_nothing_is_steeper_by_thirty_percent_at_most():
    """The limit is a Gumbel curve: (ln ln 10 - ln ln (1 / 0.9)) / 2 ln 9 = 0.702."""
    assert match_width(10**7) / match_width(1) == pytest.approx(0.702, abs=0.001)


def test_sharpness_of_a_line_is_its_number_of_steps_and_falls_are_negative():
    assert sharpness(np.linspace(0, 1, 9)) == pytest.approx(8)
    assert sharpness(np.linspace(1, 0, 9)) == pytest.approx(-8)
    assert sharpness(np.array([0.0, 0, 0, 0, 1.0]), smallest=0.01) == pytest.approx(100)


def test_the_likelihood_forecasts_an_exact_match_that_its_own_past_does_not():
    table = simulate(seed=0).set_index("tokens").query("kind == 'threshold'")
    assert (table["r2_from_likelihood"] > 0.5).all()
    assert (table["r2"] < 0.1).all()
    assert table["at_zero"].is_monotonic_increasing


def test_lines_with_noise_are_sharper_than_lines_as_often_as_chance_allows():
    rng = np.random.default_rng(0)
    truth = np.linspace(0.3, 0.6, 8) * np.ones((500, 1))
    score = answered(rng, truth, 400)
    se = np.sqrt(score * (1 - score) / 400)
    _, p = against_a_line(score, se, np.arange(8.0), np.full(500, 1 / 800), rng)
    assert 0.02 <= (p < 0.05).mean() <= 0.09


def test_a_jump_is_sharper_than_a_line():
    score = np.array([[0.25, 0.25, 0.26, 0.25, 0.24, 0.26, 0.9]])
    se = np.full_like(score, 0.01)
    expected, p = against_a_line(score, se, np.arange(7.0), np.full(1, 5e-4), np.random.default_rng(0))
    assert p[0] < 0.01
    assert expected[0] < sharpness(score)[0]


@pytest.fixture(scope="module")
def findings():
    """Twelve tasks whose tokens come right along a line: exact matches of 30 tokens jump, shares of tokens do not."""
    rng = np.random.default_rng(0)
    p = np.linspace(0.5, 0.99, 7) * np.ones((12, 1))
    both = pd.concat(
        [
            made_results(answered(rng, p**30, 500), 500, metric="exact_match"),
            made_results(answered(rng, p, 500), 500, metric="f1"),
        ],
        ignore_index=True,
    )
    return study(both, made_tasks(12), METRICS)


def test_the_same_outputs_are_sharp_under_the_sudden_metric_alone(findings):
    pairs = findings.tables["pairs"]
    assert len(pairs) == 12
    assert pairs["is_sharp"].all()
    assert pairs["stays_sharp"].sum() <= 2


def test_kinds_of_metrics_are_counted_apart(findings):
    kinds = findings.tables["kinds"].set_index("metric_kind")
    assert kinds["sharp"]["threshold"] == 12
    assert kinds["curves"]["linear"] == 12


def test_every_rising_curve_of_the_figures_has_its_sharpness(findings):
    every = findings.details["every_curve"]
    assert len(every) == 24
    assert every["sharpness"].notna().all()


def test_a_task_that_one_model_lacks_is_judged_by_the_others():
    results = made_results(np.linspace(0.1, 0.9, 7) * np.ones((3, 1)))
    results = results[~((results["task"] == "task 0") & (results["model"] == "made 3"))]
    every = study(results, made_tasks(3), METRICS).details["every_curve"]
    assert sorted(every["models"]) == [6, 7, 7]
