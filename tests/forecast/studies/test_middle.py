"""`forecast study middle`: momentum by the state of the middle model, and the ten transitions."""

import numpy as np
import pytest

from scale_forecast.studies.middle import CASES, study
from tests.studies import METRICS, bundled_study, made_results, made_tasks

N = 40


def found(scores, n_examples=10**6):
    return study(made_results(scores, n_examples), made_tasks(len(scores), chance=0.25), METRICS)


def test_there_are_ten_ways_that_never_go_back():
    assert len(CASES) == 10
    assert all(a <= b <= c for a, b, c in CASES)


def test_a_task_is_counted_under_its_three_states():
    """Of 8 tasks one flounders, learns and learns on; the others learn throughout."""
    scores = np.array([[0.25, 0.5, 0.7], *([0.4 + 0.01 * i, 0.5 + 0.013 * i, 0.6 + 0.01 * i**1.2] for i in range(7))])
    cases = found(scores).tables["cases"].set_index("case")["tasks"]
    assert cases["floundering → learning → learning"] == 1
    assert cases["learning → learning → learning"] == 7
    assert cases.sum() == 8


def test_the_parts_of_all_transitions_add_up_to_the_correlation():
    rng = np.random.default_rng(0)
    scores = np.sort(rng.uniform(0.2, 0.99, (N, 3)), axis=1)
    findings = found(scores)
    first, second = scores[:, 1] - scores[:, 0], scores[:, 2] - scores[:, 1]
    assert findings.tables["cases"]["part"].sum() == pytest.approx(np.corrcoef(first, second)[0, 1])


def test_a_state_has_the_correlation_of_its_own_tasks():
    rng = np.random.default_rng(1)
    pace = rng.uniform(0.02, 0.1, N)
    learning = np.column_stack([np.full(N, 0.5), 0.5 + pace, 0.5 + 2 * pace])
    floundering = np.column_stack(
        [np.full(N, 0.25), 0.25 + 0.001 * rng.normal(size=N), 0.27 + 0.01 * rng.normal(size=N)]
    )
    table = found(np.vstack([learning, floundering]), 10**5).tables["by_state"].set_index("middle_model")
    assert table["r"]["learning"] == pytest.approx(1.0, abs=1e-6)
    assert abs(table["r"]["floundering"]) < 0.5
    assert np.isnan(table["r"]["plateau"])


def test_a_transition_seen_in_few_tasks_has_no_sign():
    cases = bundled_study("middle").tables["cases"]
    few = cases["tasks"] < 50
    assert few.any()
    assert (cases.loc[few, "sign"] == "too few").all()
    assert set(cases["sign"]) <= {"+", "-", "unclear", "too few"}


def test_among_exact_logistic_curves_a_start_and_an_arrival_make_against_momentum():
    """Nothing and then a gain, or a gain and then nothing: the product of the two about their means is negative."""
    signs = bundled_study("middle").tables["cases"].set_index("case")["logistic_sign"]
    assert signs["floundering → floundering → learning"] == "-"
    assert signs["learning → plateau → plateau"] == "-"
    assert signs["learning → learning → learning"] == "+"


def test_unknown_chance_is_said():
    findings = study(made_results(np.random.default_rng(0).uniform(size=(9, 3))), made_tasks(9), METRICS)
    assert findings.tables == {}
    assert "chance is known" in findings.sentences[0]
