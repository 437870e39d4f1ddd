"""A table of curves from two columns: what is taken for what, and what further points are predicted."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.curves.layout import complete_curves, points_along
from scale_forecast.curves.tables import OPTIONAL, REQUIRED
from scale_forecast.data.errors import UsageError
from scale_forecast.workflow.curves import fit_curve_table

pytestmark = pytest.mark.usefixtures("words_of_options")

KNOWN = REQUIRED + OPTIONAL
RUNS = pd.DataFrame({"step": [1, 2, 3], "compute": [1e18, 1e19, 1e20], "loss": [3.5, 3.1, np.nan]})


def test_named_columns_become_x_and_y_and_rows_without_y_are_to_be_predicted():
    said = []
    rows, _ = complete_curves(RUNS, KNOWN, x="compute", y="loss", name="runs", tell=said.append)
    assert rows.columns.tolist() == ["curve", "x", "y", "role"]
    assert rows["role"].tolist() == ["fit", "fit", "extrapolate"]
    assert rows["curve"].unique().tolist() == ["runs"]
    assert said == ["curves: left aside: step"]
    assert RUNS.columns.tolist() == ["step", "compute", "loss"], "the user's table is left as it is"


def test_two_columns_of_any_names_are_x_and_y_in_their_order():
    said = []
    rows, _ = complete_curves(RUNS[["compute", "loss"]], KNOWN, tell=said.append)
    assert rows["x"].tolist() == [1e18, 1e19, 1e20]
    assert said == ["curves: taken for x: compute; for y: loss"]


@pytest.mark.parametrize(
    ("columns", "taken"),
    [
        (["loss", "compute"], ("compute", "loss")),
        (["Val. Loss", "params"], ("params", "Val. Loss")),
        (["MMLU accuracy", "FLOPs"], ("FLOPs", "MMLU accuracy")),
        (["perplexity", "step"], ("step", "perplexity")),
        (["a", "b"], ("a", "b")),
    ],
)
def test_the_column_that_is_called_like_a_loss_or_a_score_is_y(columns, taken):
    table = pd.DataFrame([[1.0, 2.0], [3.0, 4.0]], columns=columns)
    rows, axes = complete_curves(table, KNOWN)
    assert axes == taken
    assert rows["x"].tolist() == table[taken[0]].tolist()


def test_a_column_of_names_is_of_the_curves_and_one_that_counts_rows_of_none():
    table = pd.DataFrame(
        {"Unnamed: 0": [0, 1, 2, 3], "run": list("aabb"), "step": [1, 2, 1, 2], "loss": [3.0, 2, 3, 1]}
    )
    said = []
    rows, _ = complete_curves(table, KNOWN, tell=said.append)
    assert rows["curve"].tolist() == list("aabb")
    assert said == ["curves: taken for x: step; for y: loss", "curves: left aside: Unnamed: 0"]


def test_the_example_names_the_column_called_like_a_loss_as_y_wherever_it_stands():
    table = pd.DataFrame({"step": [1.0, 2], "train_loss": [7.0, 5], "lr": [1e-4, 1e-5]})
    with pytest.raises(UsageError, match="name them as -x step -y train_loss"):
        complete_curves(table, KNOWN)


@pytest.mark.parametrize(
    ("name", "scores", "kind"),
    [("MMLU", [25.5, 31.0, 44.2], "read as accuracies"), ("elo", [900.0, 1010, 1100], "read as losses"),
     ("val_loss", [3.5, 3.1, 2.8], None)],
)  # fmt: skip
def test_a_y_that_is_not_called_a_loss_is_read_by_its_name_and_said_to_be(name, scores, kind):
    """Percentages of a known task were once fitted as losses without a word, up to 170."""
    said = []
    found = fit_curve_table(pd.DataFrame({"compute": [1e18, 1e19, 1e20], name: scores}), tell=said.append)
    assert [note for note in said if "read as" in note] == [note for note in said if kind and kind in note]
    assert kind is None or any(kind in note for note in said)
    assert (found.frame["y"].max() <= 1) == (name == "MMLU")


def test_scores_at_one_x_alone_are_said_to_tell_nothing_of_others():
    said = []
    table = pd.DataFrame({"compute": [1e18, 1e18], "loss": [3.5, 3.4]})
    fit_curve_table(table, at=1e20, tell=said.append)
    assert any(note.startswith("curves: scores at one compute alone: curve:") for note in said)
    fit_curve_table(table.assign(compute=[1e18, 1e19]), tell=(two := []).append)
    assert not any("alone" in note for note in two)


def test_of_more_columns_x_and_y_have_to_be_named():
    table = pd.DataFrame({"params": [1.0, 2], "tokens": [1.0, 2], "loss": [1.0, 2]})
    with pytest.raises(
        UsageError, match="which column is x, and which is y\\? name them as -x params -y loss; there are"
    ):
        complete_curves(table, KNOWN)


def test_cells_are_read_as_people_write_them():
    """Powers of ten, petaFLOP/s-days, percent signs, errors behind the value, dashes; the start is left aside."""
    said = []
    table = pd.DataFrame(
        {"compute": ["0", "10^18", "1.5x10^19", "3e19", "1e20"], "accuracy": [30, "31%", "35 ± 2%", 0.4, "–"]}
    )
    rows, _ = complete_curves(table, KNOWN, tell=said.append)
    assert rows["x"].tolist() == [1e18, 1.5e19, "3e19", "1e20"]
    assert rows["y"].tolist()[:3] == [0.31, 0.35, 0.4]
    assert rows["role"].tolist() == ["fit", "fit", "fit", "extrapolate"]
    assert rows["stderr"].tolist()[1] == 0.02
    assert said[1:] == ["curves: left aside: 1 row at x = 0, since curves are fitted in log x"]
    days, _ = complete_curves(pd.DataFrame({"PF-days": ["1", "10"], "loss": [3.0, 2.0]}), KNOWN)
    assert days["x"].tolist() == [8.64e19, 8.64e20]


FILES = {
    "semicolons.csv": "compute;loss\n1e18;3,7\n1e19;3,2\n1e20;2,9\n",
    "tabs.tsv": "compute\tloss\n1e18\t3.7\n1e19\t3.2\n1e20\t2.9\n",
    "spaces.txt": "compute loss\n1e18 3.7\n1e19  3.2\n1e20 2.9\n",
    "headless.csv": "1e18,3.7\n1e19,3.2\n1e20,2.9\n",
    "remark.csv": "# my runs\ncompute,loss\n1e18,3.7\n1e19,3.2\n1e20,2.9\n\n",
    "records.json": '[{"compute": 1e18, "loss": 3.7}, {"compute": 1e19, "loss": 3.2}, {"compute": 1e20, "loss": 2.9}]',
}


@pytest.mark.parametrize("name", FILES)
def test_a_table_of_any_kind_of_file_is_the_same_table(name, tmp_path):
    path = tmp_path / name
    path.write_text(FILES[name])
    found = fit_curve_table(path, form="m1").frame
    assert found["x"].tolist() == [1e18, 1e19, 1e20]
    assert found["y"].tolist() == [3.7, 3.2, 2.9]


@pytest.mark.parametrize(("scale", "told"), [(1, "read as accuracies"), (100, "accuracy, in percent")])
def test_the_name_of_y_says_that_it_is_an_accuracy(scale, told):
    said = []
    y = np.array([0.3, 0.35, 0.45, 0.6])
    table = pd.DataFrame({"compute": [1e18, 1e19, 1e20, 1e21], "accuracy": scale * y})
    found = fit_curve_table(table, form="sigmoid", at=["1e30"], tell=said.append).frame
    assert found["y"].tolist()[:4] == pytest.approx(y.tolist())
    assert found["y_pred"].iloc[-1] <= 1
    assert told in said[1]


def test_sizes_may_be_written_as_people_write_them():
    rows, _ = complete_curves(pd.DataFrame({"x": ["7B", "1e9", "far"], "y": [1.0, 2.0, 3.0]}), KNOWN)
    assert rows["x"].tolist() == [7e9, "1e9", "far"], "what is no size is left for the check to name"


def test_further_points_are_as_noisy_as_the_curves_last_one():
    table = pd.DataFrame({"curve": ["a", "a", "b"], "x": [1.0, 2.0, 1.0], "y": 0.5, "n_examples": [10, 20, 30]})
    rows, _ = complete_curves(table, KNOWN, at=["70B", 1e3])
    new = rows[rows["role"] == "extrapolate"]
    assert list(zip(new["curve"], new["x"], new["n_examples"], strict=True)) == [
        ("a", 70e9, 20),
        ("b", 70e9, 30),
        ("a", 1e3, 20),
        ("b", 1e3, 30),
    ]


def test_points_along_a_curve_run_from_its_smallest_to_its_largest():
    rows, _ = complete_curves(RUNS, KNOWN, x="compute", y="loss")
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
