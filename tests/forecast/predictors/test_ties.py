"""Scores that repeat the last model's to the item: learned where they are common, and no gain."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.backtests.training import past_folds
from scale_forecast.data.results import as_results
from scale_forecast.distribution import LEVELS, Forecast
from scale_forecast.inputs.folds import Exclusion
from scale_forecast.predictors.events import prob_gain
from scale_forecast.predictors.stack import Stack
from scale_forecast.predictors.ties import Ties
from tests.worlds import TASKS, make_panel, make_results

ROTE = TASKS[:3]


def rote_results():
    """The usual world, in which no model can do three of the tasks."""
    results = make_results()
    results.loc[results["task"].isin(ROTE), ["score", "stderr"]] = 0.0, np.nan
    return as_results(results)


@pytest.fixture(scope="module")
def past():
    return past_folds(make_panel(rote_results()), Exclusion("Alpha"))


def test_ties_are_likely_where_models_answer_by_rote_and_rare_elsewhere(past):
    rows = past[0].rows
    tie = Ties.fit(past).predict(rows)
    rote = rows["task"].isin(ROTE).to_numpy()
    assert tie[rote].min() > 0.5
    assert tie[~rote].max() < 0.2


def test_without_a_past_ties_are_as_rare_as_they_typically_are(past):
    assert Ties.fit([]).predict(past[0].rows) == pytest.approx(0.05)


def test_losses_and_strangers_have_none(past):
    rows = past[0].rows.assign(is_share=False)
    assert np.isnan(Ties.fit(past).predict(rows)).all()
    assert np.isnan(Ties.fit(past).predict(past[0].rows.assign(origin_is_own=False))).all()


def forecast(tie, up=True):
    rows = pd.DataFrame(
        {"is_share": [True], "higher_is_better": [up], "n_examples": [20.0], "origin_score": [0.5]}, index=[0]
    )
    knots = (0.3 + 0.8 * (LEVELS - 0.5))[None]
    return Forecast.from_knots(rows, knots, "made", tie=tie)


@pytest.mark.parametrize("up", [True, False])
def test_a_tie_is_taken_from_gains_and_losses_in_their_proportion(up):
    said = {tie: float(prob_gain(forecast(tie, up))[0]) for tie in (0.0, 0.25, 0.75)}
    assert said[0.25] == pytest.approx(0.75 * said[0.0])
    assert said[0.75] == pytest.approx(0.25 * said[0.0])
    unsaid = float(prob_gain(forecast(np.nan, up))[0])
    assert 0.5 < unsaid < said[0.0], "the distribution's own half items of luck are a tie"


def test_the_stack_says_how_likely_ties_are_and_keeps_it(past):
    stack = Stack().fit(past)
    fold = past[-1]
    made = stack.predict(fold.rows, fold.evidence)
    rote = fold.rows["task"].isin(ROTE).to_numpy()
    assert prob_gain(made)[rote].max() < 0.5
    again = Stack().restore(stack.state()).predict(fold.rows, fold.evidence)
    assert np.array_equal(made.tie, again.tie)
    assert np.array_equal(made.take(np.array([1])).tie, made.tie[[1]])
