"""A recipe that nobody has seen, forecast from what others scored."""

import io

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.data.errors import UsageError
from scale_forecast.inputs.folds import folds_of, without_family
from scale_forecast.inputs.targets import NEW, target_rows, upcoming_target, visible
from scale_forecast.upcoming import predict_upcoming
from tests.worlds import TASKS, make_panel, make_results


def new_model(panel, params=3e10, tokens=3e11):
    target, _ = upcoming_target(panel, "New", params, tokens)
    return target


def test_every_task_of_several_lines_is_forecast_from_the_nearest_model_below():
    panel = make_panel()
    target = new_model(panel)
    rows = target_rows(panel.take(visible(panel, target)), target)
    assert rows["task"].tolist() == TASKS
    assert not rows["origin_is_own"].any()
    base = panel.rows[(panel.rows["tuning"] == "base") & (panel.rows["compute"] <= target.compute)]
    assert rows["origin_model"].unique().tolist() == [base.sort_values("compute")["model"].iloc[-1]]


def test_a_larger_new_model_is_expected_to_do_better_where_others_did():
    panel = make_panel()
    small, large = (
        predict_upcoming(panel, new_model(panel, params), predictor="stack").table for params in (1e9, 1e11)
    )
    assert (large["median"] > small["median"]).mean() > 0.8
    assert large["prob_recovery"].isna().all()


def test_a_known_family_called_new_is_that_family():
    results = make_results()
    panel = make_panel(results.assign(family=results["family"].replace("Gamma", NEW)))
    target, _ = upcoming_target(panel, NEW, 1e12)
    assert target.line == "Gamma"


def test_a_task_of_one_line_alone_is_left_out():
    results = make_results()
    lonely = (results["task"] == TASKS[0]) & (results["line"] != "Beta")
    panel = make_panel(results[~lonely])
    target = new_model(panel)
    assert TASKS[0] not in target_rows(panel.take(visible(panel, target)), target)["task"].tolist()


def test_training_as_a_stranger_reads_no_score_of_the_targets_line():
    """The mixture for new recipes would be far too sure of itself had its past forecasts known their family."""
    panel = make_panel()
    fold = next(f for f in folds_of(panel, "leave-family-out") if f.target.model == "Alpha 3")
    stranger = without_family(fold)
    assert (stranger.evidence.rows["line"] != "Alpha").all()
    assert not stranger.rows["origin_is_own"].any()
    assert len(stranger.truth) == len(stranger.rows)
    names = [frame["unit"].to_numpy() for frame in (fold.rows, stranger.rows)]
    at = np.searchsorted(*names)
    assert stranger.truth["score"].to_numpy() == pytest.approx(fold.truth["score"].to_numpy()[at])


def test_the_command_says_what_it_took_for_granted():
    arguments = ["predict", "--family", "new", "--params", "70B", "--benchmark", "MMLU", "--format", "csv"]
    outcome = CliRunner().invoke(main, [*arguments, "--predictor", "pooled"])
    assert outcome.exit_code == 0, outcome.stderr
    assert "training tokens of the target taken as 20 a parameter: 1.4e+12" in outcome.stderr
    table = pd.read_csv(io.StringIO(outcome.stdout))
    assert len(table) == 57
    assert (table["family"] == NEW).all()


def test_a_new_recipe_needs_a_size():
    with pytest.raises(UsageError, match="how large"):
        upcoming_target(make_panel(), NEW, None)
