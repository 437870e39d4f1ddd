"""`forecast study features`: worth of features on lines never trained on."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.studies.features import Judge, groups_of, known_gains, study
from tests.studies import METRICS, made_results, made_tasks

TASKS = 60


def lines(gain_of_line, seed=0):
    """Four lines of three models; ``gain_of_line(i)`` gives each task's gain a step, (tasks,)."""
    rng = np.random.default_rng(seed)
    tables = []
    for i in range(4):
        start = rng.uniform(0.2, 0.4, (TASKS, 1))
        truth = start + gain_of_line(i)[:, None] * np.arange(3) + rng.normal(0, 0.005, (TASKS, 3))
        tables.append(made_results(truth, 10**5, family=f"line {i}"))
    return pd.concat(tables, ignore_index=True)


CHOICES = np.arange(TASKS) % 2 * 3 + 2.0
DESCRIBED = made_tasks(TASKS, n_choices=CHOICES, input_words=np.arange(TASKS) * 7.0 % 60)


@pytest.fixture(scope="module")
def findings():
    """Tasks with five choices gain ten points a step, those with two gain none, in every line."""
    results = lines(lambda i: np.where(CHOICES == 5, 0.1, 0.0))
    return study(results, DESCRIBED, METRICS)


def test_a_descriptor_that_decides_the_gain_is_worth_most_of_it(findings):
    worth = findings.tables["worth"].set_index("feature")["among_tasks"]
    assert worth["number of choices"] > 0.3
    assert abs(worth["input length"]) < 0.05
    assert worth["all descriptors of the task"] >= worth["number of choices"] - 0.05
    assert findings.tables["held_out"]["r2_among_tasks"].min() > 0.8


def test_a_line_is_judged_by_a_model_that_never_saw_it():
    """Each line gains by a pattern of its own, which only training on it could teach."""
    rng = np.random.default_rng(1)
    results = lines(lambda i: rng.choice([0.0, 0.1], TASKS))
    results["score"] = results["score"].clip(0, 1)
    results = results[~results["model"].str.endswith(" 2")]
    held_out = study(results, DESCRIBED, METRICS).tables["held_out"]
    assert held_out["r2_among_tasks"].max() < 0.3


def test_shuffling_among_tasks_keeps_each_models_values_and_other_columns():
    rng = np.random.default_rng(0)
    matrix = np.arange(24.0).reshape(12, 2)
    model = np.array([0, 1, 2] * 4)
    judge = Judge(matrix, rng.normal(size=12), model)
    shuffled = judge.shuffle([1], rng, among_tasks=True)
    assert (shuffled[:, 0] == matrix[:, 0]).all()
    assert not (shuffled[:, 1] == matrix[:, 1]).all()
    for code in range(3):
        assert sorted(shuffled[model == code, 1]) == sorted(matrix[model == code, 1])
    altogether = judge.shuffle([0, 1], rng, among_tasks=False)
    assert sorted(altogether[:, 1]) == sorted(matrix[:, 1])
    assert (altogether[:, 1] - altogether[:, 0] == 1).all(), "columns of a group move together"


def test_r2_of_what_sets_tasks_apart_does_not_see_a_shift_of_all():
    gain, model = np.array([1.0, 2, 5, 8]), np.array([0, 0, 1, 1])
    whole, own = Judge(np.zeros((4, 1)), gain, model).r2(gain + np.array([3.0, 3, -4, -4]))
    assert own == pytest.approx(1.0)
    assert whole < 0


def test_every_feature_is_in_a_group():
    _, matrix, _ = known_gains(lines(lambda i: np.full(TASKS, 0.1)), DESCRIBED, METRICS)
    grouped = {c for wanted in groups_of(list(matrix.columns)).values() for c in wanted}
    left = {c for c in matrix.columns if c not in grouped and not c.endswith("_stderr")}
    assert left == {"ceiling", "is_share", "is_aggregate", "n_points", "span"}


def test_too_few_lines_are_said_to_be_too_few():
    findings = study(made_results(np.full((30, 2), 0.5)), made_tasks(30), METRICS)
    assert findings.tables == {}
    assert "--joined" in findings.sentences[0]
