"""A scaling person's and a notebook person's daily jobs: each takes at most two tries, one leading to the next."""

import re

import pandas as pd
import pytest

import scale_forecast as sf
from scale_forecast.data.errors import UsageError
from tests.a_users_files import MODELS, scores, write_harness_results


@pytest.fixture
def folder(tmp_path):
    """Results of a harness, a folder a model."""
    for model in MODELS["model"]:
        write_harness_results(tmp_path / "results" / model, model)
    return tmp_path / "results"


def test_a_folder_of_a_harness_takes_one_try(small_world, folder):
    out = small_world("quick", folder, "--predictor", "drift")
    assert out.exit_code == 0, out.output
    assert "mine 14B" in out.stdout
    one = small_world("predict", folder, "--params", "14B,28B", "--predictor", "drift")
    assert one.exit_code == 0, one.output


def test_a_sheet_in_percent_with_a_column_a_task_takes_one_try(small_world, tmp_path):
    pytest.importorskip("openpyxl")
    sheet = scores().pivot(index="model", columns="task", values="score").mul(100).round(1)
    sheet.insert(0, "Params", MODELS.set_index("model")["params"])
    sheet.reset_index().to_excel(tmp_path / "sheet.xlsx", index=False)
    out = small_world("quick", tmp_path / "sheet.xlsx", "--predictor", "drift")
    assert out.exit_code == 0, out.output
    assert "mine 14B" in out.stdout


def test_a_prediction_without_a_size_or_of_two_families_says_what_to_type(small_world, folder, tmp_path):
    without = small_world("predict", folder, "--predictor", "drift")
    assert without.exit_code == 2
    assert "say how large the model is: --params" in without.stderr
    two = pd.concat(
        [scores(), scores().assign(family="other", model=lambda t: t["model"].str.replace("mine", "other"))]
    )
    two.to_csv(tmp_path / "two.csv", index=False)
    asked = ("predict", tmp_path / "two.csv", "--params", "14B", "--predictor", "drift")
    first = small_world(*asked)
    assert first.exit_code == 2
    assert "say --family, one of mine (up to 7B), other (up to 7B)" in first.stderr
    second = small_world(
        "predict", tmp_path / "two.csv", "--params", "14B", "--family", "other", "--predictor", "drift"
    )
    assert second.exit_code == 0, second.output


def test_a_notebook_takes_a_table_as_it_is(small_world):
    found = sf.predict(scores(), params=["14B", "70B"], predictor="drift")
    assert len(found.frame) == 8
    assert found.plot() is not None
    forecaster = sf.ScaleForecaster("drift").fit(scores())
    wanted = pd.DataFrame({"task": ["anatomy", "sociology"], "params": ["14B", "70B"]})
    frame = found.frame.set_index(["task", "target_params"])["median"]
    assert forecaster.predict(wanted).tolist() == pytest.approx([frame["anatomy", 14e9], frame["sociology", 70e9]])
    with pytest.raises(UsageError, match="say how large the model is: params, train_flops, or both"):
        sf.predict(scores(), predictor="drift")
    assert {"quick", "predict", "compare", "load", "ScaleForecaster"} <= set(dir(sf))


def test_two_families_are_compared_in_one_try_and_a_misspelt_one_in_two(small_world, layouts):
    first = small_world("compare", "Gama", "Beta", "--results", layouts["long"][0])
    assert first.exit_code == 2
    assert "did you mean 'Gamma'" in first.stderr
    second = small_world("compare", "Gamma", "Beta", "--results", layouts["long"][0])
    assert second.exit_code == 0, second.output
    assert "FLOP, the most that both have" in second.stdout


def test_a_learning_curve_in_two_columns_takes_the_command_that_quick_names(small_world, tmp_path):
    (tmp_path / "loss.csv").write_text("compute,loss\n1e18,3.5\n1e19,3.1\n1e20,2.8\n")
    first = small_world("quick", tmp_path / "loss.csv")
    assert first.exit_code == 1
    command = re.search(r"`forecast (curves fit .*? -x compute -y loss)`", first.stderr)
    second = small_world(*command[1].split(), "--form", "m2", "--at", "1e22")
    assert second.exit_code == 0, second.output
    assert re.search(r"^loss +1e\+22 +– +\d", second.stdout, re.MULTILINE)


def test_sizes_without_a_common_name_are_one_family_at_the_second_try(small_world, tmp_path):
    sheet = tmp_path / "sheet.csv"
    rows = [
        f"{name},{size},{score}" for name, size, score in zip("abc", ("1B", "3B", "8B"), (0.4, 0.5, 0.6), strict=True)
    ]
    sheet.write_text("\n".join(["Model,params,task00", *rows]))
    asked = ("quick", sheet, "--predictor", "drift", "--params", "16B")
    first = small_world(*asked)
    assert "each of the 3 models is a family of its own: if they are sizes of one, --set family=NAME" in first.output
    second = small_world(*asked, "--set", "family=mine")
    assert second.exit_code == 0, second.output
    assert "mine 16B" in second.stdout
    assert "family of its own" not in second.output
