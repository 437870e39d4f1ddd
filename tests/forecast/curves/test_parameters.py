"""Parameters of fitted curves: intervals that hold what they say, in the units of the table, and the form in words."""

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.curves.batch import as_batch
from scale_forecast.curves.fitting import Prior
from scale_forecast.curves.parameters import parameter_intervals
from scale_forecast.curves.registry import FORMS
from scale_forecast.workflow.curves import fit_curve_table

pytestmark = pytest.mark.usefixtures("words_of_options")

SIZES = np.logspace(18, 21, 12)


def test_intervals_of_parameters_hold_at_their_rate():
    """200 power laws with a limit and 0.5% noise: 80% within four standard errors of a rate."""
    rng = np.random.default_rng(0)
    limit, reducible, exponent = rng.uniform(0.3, 0.8, 200), rng.uniform(0.2, 0.5, 200), rng.uniform(0.1, 0.4, 200)
    y = limit + reducible * (SIZES[:, None] / SIZES[-1]) ** -exponent
    y = (y * np.exp(rng.normal(0, 0.005, y.shape))).T
    batch = as_batch(np.tile(SIZES, (200, 1)), y, kind="loss")
    _, low, high = parameter_intervals(FORMS["m2"], batch, Prior.of(FORMS["m2"]))
    truth = np.array([limit / batch.y_ref, np.log(reducible / batch.y_ref), exponent])
    assert ((truth >= low) & (truth <= high)).mean(axis=1) == pytest.approx(0.8, abs=0.11)


def test_parameters_are_in_the_units_of_the_table():
    """A law without noise is written back as it was made, and its intervals are narrow around it."""
    runs = pd.DataFrame({"compute": SIZES, "loss": 1.7 + 0.9 * (SIZES / SIZES[-1]) ** -0.2})
    found = fit_curve_table(runs, form="m2")
    assert found.parameters["parameter"].tolist() == ["a", "b", "c"]
    assert found.parameters["estimate"].tolist() == pytest.approx([1.7, 0.9, 0.2], rel=1e-4)
    assert (found.parameters["q10"] < found.parameters["estimate"]).all()
    assert (found.parameters["q90"] - found.parameters["q10"] < 0.01).all()
    assert found.said == ["curve: a power law with a limit, y = a + b r^-c; y = loss, r = compute / 1e+21"]
    assert found.frame["residual"].abs().max() < 1e-6


def test_a_form_that_is_one_of_an_average_is_said_to_be_a_part_of_it():
    """A curve that was predicted to go on falling was once described as unchanged."""
    runs = pd.DataFrame({"compute": [1e18, 1e19, 1e20], "loss": [3.5, 3.1, 2.8]})
    found = fit_curve_table(runs)
    share = found.parameters["share"].iloc[0]
    assert share < 0.5
    assert found.said[0].endswith(f"; {share:.0%} of the average that is predicted")
    assert "average" not in fit_curve_table(runs, form="m1").said[0]


def test_a_curve_of_few_points_is_described_by_a_form_that_they_can_carry():
    """Six parameters were once given of four points."""
    found = fit_curve_table(pd.DataFrame({"compute": [1e18, 1e19, 1e20, 1e21], "loss": [3.5, 3.1, 2.8, 2.6]}))
    assert len(found.parameters) <= 3


def test_the_command_gives_points_parameters_and_words(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text("compute,loss\n1e18,3.5\n1e19,3.1\n1e20,2.8\n1e21,2.6\n")
    run = CliRunner().invoke(main, ["curves", "fit", str(path), "--at", "1e24", "--form", "m1", "--format", "json"])
    data = json.loads(run.stdout)["data"]
    assert [row["x"] for row in data["points"]] == [1e18, 1e19, 1e20, 1e21, 1e24]
    assert [row["parameter"] for row in data["parameters"]] == ["b", "c"]
    assert all(row["q10"] < row["estimate"] < row["q90"] for row in data["parameters"])
    shown = CliRunner().invoke(main, ["curves", "fit", str(path), "--form", "m1"]).stdout
    assert "runs: a power law, y = b r^-c; y = loss, r = compute / 1e+21" in shown
    assert "parameters, given the form" in shown
