"""The first screen of `forecast predict`: means first, one metric a task, no unit ranked beside another."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from scale_forecast.backtests.training import Trained
from scale_forecast.data.results import as_results
from scale_forecast.inputs.targets import upcoming_target
from scale_forecast.means import benchmark_means, is_primary, past_of
from scale_forecast.show.first_screen import choose_rows, first_screen
from scale_forecast.upcoming import predict_upcoming
from tests.worlds import TASKS, make_panel, make_results


@pytest.fixture(scope="module")
def screen():
    """A world in which one task has two accuracies and another a loss as well."""
    results = make_results().assign(metric="accuracy")
    normed = results[results["task"] == "task00"].assign(metric="acc_norm")
    losses = results[results["task"] == "task01"]
    losses = losses.assign(metric="loss", score=4 - losses["score"], higher_is_better=False, n_examples=np.nan)
    panel = make_panel(as_results(pd.concat([results, normed, losses], ignore_index=True)))
    target, _ = upcoming_target(panel, "Gamma", 3e11, 3e11)
    found = predict_upcoming(panel, target, predictor="drift")
    return found, past_of(found, Trained(panel), "drift")


def test_the_mean_of_a_benchmark_is_of_its_shares_alone_each_task_once(screen):
    found, _ = screen
    means = benchmark_means(found)
    assert means["tasks"].tolist() == [len(TASKS)]
    table = found.table
    first = table[(table["metric"] == "acc_norm") | (table["metric"].eq("accuracy") & table["task"].ne("task00"))]
    assert means["origin"].iloc[0] == pytest.approx(first["origin_score"].mean())
    low, high = means.loc[0, ["q10", "q90"]]
    assert low < first["median"].mean() < high
    assert high - low < (first["q90"] - first["q10"]).mean() * 1.01


def test_past_means_are_those_of_smaller_models_forecast_from_still_smaller_ones(screen):
    found, past = screen
    assert past.models == ["Gamma 2", "Gamma 1"]
    of = past.means.set_index("model")
    rows = found.evidence.rows
    scored = rows[(rows["model"] == "Gamma 2") & ~rows["metric"].isin(["loss"])]
    scored = scored[(scored["task"] != "task00") | (scored["metric"] == "acc_norm")]
    assert of.loc["Gamma 2", "score"] == pytest.approx(scored["score"].mean())
    assert (past.means["q10"] < past.means["q90"]).all()


def test_one_metric_a_task_and_losses_apart(screen):
    found, _ = screen
    shown = first_screen(found)
    assert len(shown.tasks.table) == len(TASKS)
    assert set(shown.tasks.table["metric"]) == {"accuracy", "acc norm"}
    assert shown.others.table.empty
    text = shown.text()
    assert "2 of 10 rows are left out, 2 of them other metrics (--all-metrics)" in text


def test_every_metric_where_it_is_asked_for_with_losses_in_a_table_of_their_own(screen):
    found, _ = screen
    shown = first_screen(found, all_metrics=True)
    assert shown.others.table["metric"].tolist() == ["loss"]
    assert len(shown.tasks.table) == len(TASKS) + 1
    assert shown.left_out is None


def test_a_screen_says_how_such_forecasts_fared(screen):
    found, past = screen
    text = first_screen(dataclasses.replace(found, past=past)).text()
    assert "past means held" in text
    assert "On 2 known models of the line (Gamma 2, Gamma 1)" in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_noisy_task_is_not_on_top_and_no_unit_is_ranked_against_another():
    table = pd.DataFrame(
        {
            "benchmark": ["small", "big", "big", "big", "loss"],
            "prob_gain": [0.8, 0.7, 0.95, 0.0, 1.0],
            "prob_tie": [0.0, 0.1, 0.0, 0.6, 0.0],
            "is_share": [True, True, True, True, False],
        }
    )
    assert choose_rows(table, 40).tolist() == [2, 1, 3, 0, 4]


def test_where_there_is_room_for_few_every_benchmark_has_some():
    rows = 30
    table = pd.DataFrame(
        {
            "benchmark": ["a"] * 20 + ["b"] * 10,
            "prob_gain": np.linspace(0.5, 0.9, rows), "prob_tie": 0.0, "is_share": True,
        }
    )  # fmt: skip
    chosen = table.loc[choose_rows(table, 10)]
    assert chosen["benchmark"].value_counts().to_dict() == {"a": 5, "b": 5}


def test_the_metric_that_is_read_first_does_not_hang_on_the_order_of_rows():
    of = {"benchmark": "b", "task": "t", "shots": 5.0, "prompt": "direct", "evaluator": None, "version": None}
    table = pd.DataFrame([{**of, "setting": None, "metric": metric} for metric in ("f1", "acc", "acc_norm")])
    assert is_primary(table).tolist() == [False, False, True]
    assert is_primary(table[::-1]).tolist() == [True, False, False]
