"""A table of curves from two columns: what is taken for what, and what further points are predicted."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.curves.layout import complete_curves, points_along
from scale_forecast.curves.tables import OPTIONAL, REQUIRED
from scale_forecast.data.errors import UsageError
from scale_forecast.workflow.curves import fit_curve_table

KNOWN = REQUIRED + OPTIONAL
RUNS = pd.DataFrame({"step": [1, 2, 3], "compute": [1e18, 1e19, 1e20], "loss": [3.5, 3.1, np.nan]})


def test_named_columns_become_x_and_y_and_rows_without_y_are_to_be_predicted():
    said = []
    rows = complete_curves(RUNS, KNOWN, x="compute", y="loss", name="runs", tell=said.append)
    assert rows.columns.tolist() == ["curve", "x", "y", "role"]
    assert rows["role"].tolist() == ["fit", "fit", "extrapolate"]
    assert rows["curve"].unique().tolist() == ["runs"]
    assert said == ["curves: left aside: step"]
    assert RUNS.columns.tolist() == ["step", "compute", "loss"], "the user's table is left as it is"


def test_two_columns_of_any_names_are_x_and_y_in_their_order():
    said = []
    rows = complete_curves(RUNS[["compute", "loss"]], KNOWN, tell=said.append)
    assert rows["x"].tolist() == [1e18, 1e19, 1e20]
    assert said == ["curves: taken for x: compute; for y: loss"]


def test_sizes_may_be_written_as_people_write_them():
    rows = complete_curves(pd.DataFrame({"x": ["7B", "1e9", "far"], "y": [1.0, 2.0, 3.0]}), KNOWN)
    assert rows["x"].tolist() == [7e9, "1e9", "far"], "what is no size is left for the check to name"


def test_further_points_are_as_noisy_as_the_curves_last_one():
    table = pd.DataFrame({"curve": ["a", "a", "b"], "x": [1.0, 2.0, 1.0], "y": 0.5, "n_examples": [10, 20, 30]})
    rows = complete_curves(table, KNOWN, at=["70B", 1e3])
    new = rows[rows["role"] == "extrapolate"]
    assert list(zip(new["curve"], new["x"], new["n_examples"], strict=True)) == [
        ("a", 70e9, 20),
        ("b", 70e9, 30),
        ("a", 1e3, 20),
        ("b", 1e3, 30),
    ]


def test_points_along_a_curve_run_from_its_smallest_to_its_largest():
    rows = complete_curves(RUNS, KNOWN, x="compute", y="loss")
    assert points_along(rows, 3)["x"].tolist() == pytest.approx([1e18, 1e19, 1e20])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"x": "compte", "y": "loss"}, r"no column 'compte' \(did you mean 'compute'\?\): name by -x the column of x"),
        ({"x": "compute"}, "no column 'y': name by -y the column of y; there are step, compute, loss"),
        ({"x": "loss", "y": "loss"}, "column 'loss' is named for x and for y"),
        ({"x": "compute", "y": "loss", "at": ["big"]}, "'big' is not a positive size"),
    ],
)
def test_a_wrong_name_is_said_with_what_there_is(names, message):
    with pytest.raises(UsageError, match=message):
        complete_curves(RUNS, KNOWN, **names)


def test_a_point_asked_for_is_predicted_as_a_row_of_the_table_is_and_drawn(tmp_path):
    """And the picture changes nothing of the fit."""
    runs = RUNS.dropna()[["compute", "loss"]]
    row = pd.concat([runs, pd.DataFrame({"compute": [1e22]})], ignore_index=True)
    asked = fit_curve_table(runs, form="m2", at=["1e22"], plot=tmp_path / "fit.png")
    pd.testing.assert_frame_equal(asked.frame, fit_curve_table(row, form="m2", x="compute", y="loss").frame)
    assert (tmp_path / "fit.png").read_bytes().startswith(b"\x89PNG")
