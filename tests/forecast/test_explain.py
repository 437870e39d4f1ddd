"""An explanation is of the very forecast that is made, and adds up."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.explanation import explain_upcoming
from scale_forecast.inputs.targets import upcoming_target
from scale_forecast.predictors.boosted import INPUTS
from scale_forecast.predictors.stack import CANDIDATES
from scale_forecast.upcoming import predict_upcoming
from tests.worlds import make_panel, make_results, make_tasks, session_cache

MANY = [f"task{i:02d}" for i in range(30)]
ASKED = ("task03", "Task 07")
SIZE = 10**10.9


def explained(**changes):
    results = make_results(seed=5, tasks=MANY).assign(**changes)
    panel = make_panel(results)
    target, _ = upcoming_target(panel, "Alpha", SIZE)
    return panel, target, explain_upcoming(panel, target, ASKED, cache=session_cache())


@pytest.fixture(scope="module")
def one():
    return explained()


def test_origin_shift_own_part_and_past_errors_sum_to_the_forecast_that_is_made(one):
    """An explanation of another number than the one printed by `forecast predict` explains nothing."""
    panel, target, explanation = one
    tasks = explanation.tasks
    total = tasks["origin_score"] + tasks["common_shift"] + tasks["own_part"] + tasks["past_errors"]
    table = predict_upcoming(panel, target, predictor="stack", tasks=ASKED, cache=session_cache()).table
    assert tasks["task"].tolist() == ["task03", "task07"]
    assert total.to_numpy() == pytest.approx(table["median"].to_numpy(), abs=1e-12)
    assert tasks["prob_gain"].to_numpy() == pytest.approx(table["prob_gain"].to_numpy(), abs=1e-12)
    assert tasks["past_errors"].abs().max() < 0.1


def test_candidates_and_their_weights_give_back_shift_and_own_part(one):
    """Weights of the wrong case (alone, together), or of another part, would blame the wrong candidate."""
    _, _, explanation = one
    table = explanation.candidates
    assert len(table) == 2 * len(CANDIDATES)
    for row, task in explanation.tasks.iterrows():
        mine = table[table["row"] == row]
        shift, own = ((mine[part] * mine[f"weight_in_{part}"]).sum() for part in ("shift", "own"))
        assert mine[["weight_in_shift", "weight_in_own"]].sum().to_numpy() == pytest.approx(1.0)
        start = task["origin_score"] * 200 / 202 + 1 / 202
        ended = 1 / (1 + np.exp(-(np.log(start / (1 - start)) + shift + own)))
        assert ended - start == pytest.approx(task["common_shift"] + task["own_part"], abs=1e-9)


def test_every_input_of_the_trees_is_accounted_for_the_largest_first(one):
    """A list cut before it is ordered would hide what moved the forecast most."""
    _, _, explanation = one
    for row in range(2):
        mine = explanation.features[explanation.features["row"] == row]
        assert sorted(mine["feature"]) == sorted(INPUTS)
        assert (np.diff(mine["link"].abs()) <= 0).all()
        assert (mine["link"] * mine["points"] >= 0).all()


def test_past_steps_are_of_other_lines_and_really_happened(one):
    """A past step of the target's own line would show what the forecast may not have learned from."""
    panel, _, explanation = one
    rows = panel.rows.astype({"model": "str", "task": "str"}).set_index(["model", "task"])
    assert not explanation.similar.empty
    for step in explanation.similar.to_dict("records"):
        origin, after = rows.loc[(step["from"], step["task"])], rows.loc[(step["to"], step["task"])]
        assert origin["line"] == after["line"] != "Alpha"
        assert (origin["score"], after["score"]) == (step["score"], step["became"])
        assert after["scale"] - origin["scale"] == pytest.approx(step["decades"])


def test_a_small_test_set_lowers_the_noise_ceiling(one):
    """A ceiling that does not see the test set promises an R2 that nobody can reach."""
    _, _, small = explained(n_examples=20, stderr=np.nan)
    assert (small.tasks["ceiling_r2"] < one[2].tasks["ceiling_r2"] - 0.1).all()
    assert (small.tasks["noise"] > 2 * one[2].tasks["noise"]).all()


def test_a_line_that_stands_alone_is_explained_without_past_steps():
    """With an early --as-of nothing of other lines may be known: an explanation must not need any."""
    panel = make_panel(make_results(seed=5, lines={"Alpha": 4}))
    target, _ = upcoming_target(panel, "Alpha", SIZE)
    explanation = explain_upcoming(panel, target, ASKED)
    assert explanation.similar.empty
    assert (explanation.features["link"] == 0).all()
    assert set(explanation.as_long()["part"]) == {"forecast", "candidate", "feature"}


@pytest.fixture
def small_world(monkeypatch):
    """The bundled figures replaced by a small world, so that training takes a second."""
    results, tasks = make_results(seed=5, tasks=MANY), make_tasks()
    monkeypatch.setattr("scale_forecast.data.load.bundled_results", lambda: results)
    monkeypatch.setattr("scale_forecast.data.load.bundled_tasks", lambda: tasks)


@pytest.mark.usefixtures("small_world")
def test_the_command_prints_sections_and_every_number_as_json():
    arguments = ["explain", "task03", "--family", "alpha", "--params", str(SIZE)]
    shown = CliRunner().invoke(main, arguments)
    assert shown.exit_code == 0, shown.output
    for words in ("common shift", "Who says so", "What moved the own part", "Past steps", "noise ceiling"):
        assert words in shown.stdout
    numbers = CliRunner().invoke(main, [*arguments, "--format", "json"])
    table = json.loads(numbers.stdout)["data"]
    assert {row["part"] for row in table} == {"forecast", "candidate", "feature", "past step"}
    assert {row["task"] for row in table} == {"task03"}


@pytest.mark.usefixtures("small_world")
def test_an_unknown_task_is_refused_with_the_nearest_name():
    outcome = CliRunner().invoke(main, ["explain", "task3", "--family", "Alpha", "--params", str(SIZE)])
    assert outcome.exit_code == 2
    assert "no task 'task3' with history of this family" in outcome.stderr
    assert "Traceback" not in outcome.output
