"""`forecast quick`: what a folder holds, what comes next, and how good such forecasts were on it."""

import io
import json

import numpy as np
import pandas as pd
import pytest

import scale_forecast as sf
from scale_forecast.backtests.training import Trained
from scale_forecast.inputs.targets import upcoming_target
from scale_forecast.ladder import forecast_known_models, means_by_metric
from scale_forecast.upcoming import predict_upcoming
from tests.worlds import TASKS, make_panel, make_results, scrambled


@pytest.fixture(scope="module")
def panel():
    return make_panel()


def test_a_folder_is_described_forecast_and_looked_up_on_its_own_ladder(small_world, layouts):
    out = small_world("quick", layouts["long"][0], "--predictor", "drift")
    assert out.exit_code == 0, out.output
    rows = [line.split() for line in out.stdout.splitlines()]
    assert ["Gamma", "3", "501M,", "3.16B,", "20B", "8", "world", "24"] in rows
    sizes = [row[:2] for row in rows if "accuracy," in row]
    assert sizes == [["Gamma", "40B"], ["Gamma", "80B"], ["Gamma", "200B"]]
    assert "2 known models, 16 scores" in out.stdout
    assert out.stdout.index("track record") < out.stdout.index("what would tell more")


def test_json_holds_everything_and_csv_the_means(small_world, layouts):
    words = ("quick", layouts["long"][0], "--predictor", "drift", "--params", "1T,5T")
    data = json.loads(small_world(*words, "--format", "json").stdout)["data"]
    assert {row["target_model"] for row in data["tasks"]} == {"Gamma 1T", "Gamma 5T"}
    assert len(data["tasks"]) == 2 * len(TASKS)
    assert data["families"][0]["models"] == 3
    means = pd.read_csv(io.StringIO(small_world(*words, "--format", "csv").stdout))
    assert means["target_model"].tolist() == ["Gamma 1T", "Gamma 5T"]
    assert means["median"].tolist() == pytest.approx([row["median"] for row in data["means"]])
    assert (means["q10"] < means["median"]).all()


def test_the_mean_of_a_benchmark_is_that_of_its_tasks_and_narrower_than_if_they_moved_as_one(panel):
    target, _ = upcoming_target(panel, "Gamma", 1e11)
    upcoming = predict_upcoming(panel, target, predictor="drift")
    (mean,) = means_by_metric(upcoming).to_dict("records")
    assert mean["tasks"] == len(TASKS)
    assert mean["mean"] == pytest.approx(upcoming.table["mean"].mean(), abs=0.01)
    assert mean["origin_score"] == pytest.approx(upcoming.table["origin_score"].mean())
    widths = upcoming.table["q90"] - upcoming.table["q10"]
    assert mean["q90"] - mean["q10"] < widths.mean()


def test_the_track_record_reads_nothing_at_or_above_the_model_that_it_foretells():
    """Other scores of Gamma's largest model move no forecast of it or of a smaller one; its smaller ones' do."""
    results = make_results()
    largest = (results["model"] == "Gamma 2").to_numpy()
    middle = (results["model"] == "Gamma 1").to_numpy()
    told = [
        forecast_known_models(panel, "Gamma", Trained(panel), "drift").set_index(["target_model", "task"])["median"]
        for panel in (
            make_panel(results),
            make_panel(scrambled(results, largest)),
            make_panel(scrambled(results, middle)),
        )
    ]
    assert told[0].index.get_level_values(0).unique().tolist() == ["Gamma 1", "Gamma 2"]
    pd.testing.assert_series_equal(told[0], told[1])
    assert np.allclose(told[0].loc["Gamma 1"], told[2].loc["Gamma 1"])
    assert not np.allclose(told[0].loc["Gamma 2"], told[2].loc["Gamma 2"])


def test_one_model_has_no_track_record_and_is_told_what_would_give_one(small_world, own_rows, tmp_path):
    own_rows[own_rows["model"] == "Gamma 0"].to_csv(tmp_path / "one.csv", index=False)
    out = small_world("quick", tmp_path / "one.csv", "--predictor", "drift")
    assert out.exit_code == 0, out.output
    assert "no track record" in out.stdout
    assert "with drift, which is trained first unless that was done before" in out.stderr, "before minutes of silence"
    assert "a second size would tell its slope and give a track record" in out.stdout


def test_the_report_is_written_of_the_first_size(small_world, layouts, tmp_path):
    page = tmp_path / "mine.html"
    words = ("--predictor", "drift", "--params", "100B,200B", "--report", page)
    out = small_world("quick", layouts["long"][0], *words)
    assert out.exit_code == 0, out.output
    assert f"written: {page}" in out.stderr
    assert "Gamma 100B" in page.read_text(encoding="utf-8")


def test_what_is_no_results_leads_to_the_command_that_is_meant(small_world, tmp_path, layouts):
    (tmp_path / "loss.csv").write_text("compute,loss\n1e18,3.5\n1e19,3.1\n1e20,2.8\n")
    curve = small_world("quick", tmp_path / "loss.csv")
    assert curve.exit_code == 1
    assert f"`forecast curves fit {tmp_path}" in curve.stderr
    nothing = small_world("quick")
    assert nothing.exit_code == 2
    assert "name a folder, file or sheet" in nothing.stderr
    strange = small_world("quick", layouts["long"][0], "--family", "Gama")
    assert strange.exit_code == 2
    assert "no family 'Gama' of your results has a size (did you mean 'Gamma'?)" in strange.stderr
    small = small_world("quick", layouts["long"][0], "--params", "zero")
    assert small.exit_code == 2
    assert "not a positive size" in small.stderr


def test_the_library_shows_it_in_one_line_and_as_tables(small_world, own_rows):
    found = sf.quick(own_rows, params="100B", predictor="drift")
    assert repr(found) == "<Quick: 1 ladder, next Gamma 100B>"
    html = found._repr_html_()
    assert html.count("<caption>") == 3
    assert found.said in html
