"""`forecast study logistic`: momentum of noise-free curves against closed forms, states, widths and mixtures."""

import numpy as np
import pytest

from scale_forecast.studies.logistic import Curves, gain_correlation, mixtures, random_curves, study
from scale_forecast.studies.states import states_of
from tests.studies import METRICS, answered, made_results, made_tasks

SCALE = np.array([-1.0, 0.0, 1.0])


def curves(midpoint, width):
    n = len(midpoint)
    return Curves(np.asarray(midpoint), np.broadcast_to(width, n), np.zeros(n), np.ones(n))


def test_steps_with_evenly_spread_midpoints_correlate_as_the_closed_form_says():
    """Two disjoint events of probability p have correlation -p / (1 - p)."""
    midpoint = np.random.default_rng(0).uniform(-5, 5, 200_000)
    assert gain_correlation(curves(midpoint, 1e-3).score(SCALE)) == pytest.approx(-0.1 / 0.9, abs=0.01)


def test_curves_much_wider_than_the_step_keep_their_pace():
    wide = random_curves(5000, 0.5, 100.0, np.random.default_rng(0))
    assert gain_correlation(wide.score(SCALE)) > 0.99


def test_a_width_is_the_way_from_a_tenth_to_nine_tenths():
    position = curves([0.7], 3.0).position(np.array([0.7 - 1.5, 0.7, 0.7 + 1.5]))
    assert position[0] == pytest.approx([0.1, 0.5, 0.9])


def test_states_are_chance_learning_and_plateau():
    assert states_of(np.array([0.05, 0.5, 0.95])).tolist() == [0, 1, 2]
    assert states_of(np.array([0.5]), np.array([True])).tolist() == [0], "within noise of chance is floundering"


def test_a_mixture_of_many_steps_is_as_wide_as_their_spread():
    """Ten to ninety percent of a normal distribution span 2.563 standard deviations."""
    table = mixtures(seed=0, part_width=0.01, within=0.8).set_index("sub_tasks")
    assert table["width"][100] == pytest.approx(2.563 * 0.8, rel=0.06)
    assert table["width"][1] < 0.05
    assert table["r"][100] > table["r"][1] + 0.3


@pytest.fixture(scope="module")
def findings():
    """Forty tasks that are logistic, three decades wide, with chance 1/4, at five models a decade apart."""
    midpoint = np.random.default_rng(1).uniform(0, 4, 40)
    truth = 0.25 + 0.75 * curves(midpoint, 3.0).position(np.arange(5.0))
    scores = answered(np.random.default_rng(2), truth, 5000)
    return study(made_results(scores, 5000), made_tasks(40, chance=0.25), METRICS)


def test_the_width_of_curves_is_found_from_their_scores(findings):
    row = findings.tables["widths"].iloc[0]
    assert row["width"] == pytest.approx(3.0, rel=0.06)
    assert row["width_low"] < row["width"] < row["width_high"]


def test_transitions_only_rise_where_curves_do(findings):
    table = findings.tables["transitions"]
    seen = table[table["where"] == "results"].set_index("from")
    assert seen["to_floundering"]["learning"] == 0
    assert seen["to_plateau"]["plateau"] == 1
    assert 0.2 < seen["to_learning"]["floundering"] <= 1
    assert seen[["to_floundering", "to_learning", "to_plateau"]].sum(axis=1).to_numpy() == pytest.approx(np.ones(3))


def test_tasks_without_a_known_chance_have_no_state():
    findings = study(made_results(np.full((9, 3), 0.5)), made_tasks(9), METRICS)
    assert set(findings.tables["transitions"]["where"]) == {"simulated"}
    assert "widths" not in findings.tables
