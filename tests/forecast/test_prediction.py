"""What `sf.predict` returns, and what it takes: tables and files alike, one size or several, the family left out."""

import numpy as np
import pandas as pd
import pytest

import scale_forecast as sf
from scale_forecast.data.errors import UsageError
from tests.worlds import TASKS, make_results, make_tasks

COLUMNS = ["benchmark", "task", "shots", "model", "family", "line", "params", "train_tokens", "score", "n_examples"]


@pytest.fixture(scope="module", autouse=True)
def world():
    """A small world without the user's family in place of the bundled figures."""
    results = make_results()
    bundled = results[results["family"] != "Gamma"].reset_index(drop=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scale_forecast.data.load.bundled_results", lambda: bundled)
        patch.setattr("scale_forecast.data.load.bundled_tasks", make_tasks)
        yield


@pytest.fixture(scope="module")
def mine():
    """A user's scores of one family, as a DataFrame."""
    results = make_results()
    return results.loc[results["family"] == "Gamma", COLUMNS].reset_index(drop=True)


@pytest.fixture(scope="module")
def both(mine):
    return sf.predict(mine, params=["100B", 2e11], predictor="drift")


def test_a_table_a_file_and_a_folder_of_the_same_scores_are_forecast_alike(mine, tmp_path):
    mine.to_csv(tmp_path / "mine.csv", index=False)
    given = (mine, str(tmp_path), sf.load([tmp_path / "mine.csv"]))
    frames = [sf.predict(one, params="100B", predictor="drift").frame for one in given]
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frame, frames[0], rtol=1e-9)


def test_several_sizes_are_the_forecasts_of_each_in_one_table(mine, both):
    assert [part.target.params for part in both] == [1e11, 2e11]
    assert both.frame["target_params"].tolist() == [1e11] * len(TASKS) + [2e11] * len(TASKS)
    alone = sf.predict(mine, family="Gamma", params="200B", predictor="drift")
    pd.testing.assert_frame_equal(both[1].table, alone.frame)
    asked = sf.predict(mine, params="100B,200B", predictor="drift")
    pd.testing.assert_frame_equal(asked.frame, both.frame)


def test_distributions_and_quantiles_stand_in_the_order_of_the_table(both):
    found = both.quantiles([0.1, 0.5])
    assert found.index.get_level_values("target_model").tolist() == both.frame["target_model"].tolist()
    assert np.allclose(found[0.5], both.frame["median"])
    assert np.allclose(found[0.1], both.frame["q10"])
    above = both.forecast.prob_above(both.frame["median"].to_numpy())
    assert np.allclose(above, 0.5, atol=0.02)


def test_a_prediction_is_one_line_in_a_console_and_tables_in_a_notebook(both):
    assert repr(both) == "<Prediction: 8 tasks of Gamma 100B, Gamma 200B by drift>"
    html = both._repr_html_()
    assert html.count("<caption>") == 2
    assert "Gamma 200B" in html


def test_a_picture_holds_the_forecast_of_every_size(both):
    figure = both.plot("task03")
    medians = [line for line in figure.axes[0].collections if type(line).__name__ == "LineCollection"]
    levels = {round(float(segment[0][1]), 6) for line in medians for segment in line.get_segments()}
    wanted = both.frame.loc[both.frame["task"] == "task03", "median"]
    assert set(wanted.round(6)) <= levels
    with pytest.raises(UsageError, match=r"no forecast of a task 'tusk03'.*'task03'"):
        both.plot("tusk03")


def test_the_only_family_is_taken_and_of_several_all_are_named(mine):
    other = mine.assign(family="Own", line="Own", model=mine["model"].str.replace("Gamma", "Own"))
    with pytest.raises(UsageError, match=r"which family\? say family, one of Gamma \(up to .*\), Own \(up to"):
        sf.predict(pd.concat([mine, other]), params="100B", predictor="drift")
    with pytest.raises(UsageError, match="which family"):
        sf.predict(params="100B", predictor="drift")


def test_what_is_said_of_one_model_is_refused_with_several_sizes(mine):
    for said in ({"name": "Gamma 2"}, {"known": "task00=0.9"}, {"train_flops": 1e24}):
        with pytest.raises(UsageError, match="is said of one model"):
            sf.predict(mine, params=[1e11, 2e11], predictor="drift", **said)


@pytest.mark.parametrize(
    ("params", "tokens", "word"),
    [
        ("100B", "3T", "times those of any model here"),
        ("2T", "200B", "a parameter, fewer than any model here"),
        ("100B", "300B", None),
    ],
)
def test_tokens_that_no_model_has_are_not_taken_without_a_word(mine, params, tokens, word):
    said = []
    sf.predict(mine, params=params, train_tokens=tokens, predictor="drift", tell=said.append)
    assert any(word in sentence for sentence in said) if word else not any("any model" in s for s in said)


def test_a_size_without_tokens_says_by_what_it_is_placed(mine):
    said = []
    sf.predict(mine.drop(columns="train_tokens"), params="100B", predictor="drift", tell=said.append)
    assert any("placed by its parameters alone" in sentence for sentence in said)
