"""Scores that repeat the last model's to the item: learned where they are common, and no gain."""

import dataclasses

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


def unsure(past):
    """Each fold with a forecast that gives the origin's item no more than luck on twenty examples does."""
    return [(fold, np.full(len(fold.rows), 0.1)) for fold in past]


def test_ties_are_likely_where_models_answer_by_rote_and_rare_elsewhere(past):
    rows = past[0].rows
    tie = Ties.fit(unsure(past)).predict(rows, np.full(len(rows), 0.1))
    rote = rows["task"].isin(ROTE).to_numpy()
    assert tie[rote].min() > 0.5
    assert tie[~rote].max() < 0.2


def test_ties_are_likelier_where_the_forecast_expects_the_origins_score(past):
    """Of steps that look alike otherwise: the past ones tied where their forecast was near."""
    rng = np.random.default_rng(0)
    told = []
    for fold, _ in unsure(past):
        luck, origin = rng.uniform(0.01, 0.3, len(fold.rows)), fold.rows["origin_score"].to_numpy()
        score = np.where(luck > 0.15, origin, origin + 0.1)
        told.append((dataclasses.replace(fold, truth=fold.truth.assign(score=score)), luck))
    ties, rows = Ties.fit(told), past[0].rows
    near, far = (ties.predict(rows, np.full(len(rows), luck)) for luck in (0.25, 0.02))
    assert (near > 2 * far).all()


def test_without_a_past_ties_are_as_rare_as_they_typically_are(past):
    rows = past[0].rows
    assert Ties.fit([]).predict(rows, np.full(len(rows), 0.1)) == pytest.approx(0.05)


def test_losses_and_strangers_have_none(past):
    ties = Ties.fit(unsure(past))
    for change in ({"is_share": False}, {"origin_is_own": False}):
        rows = past[0].rows.assign(**change)
        assert np.isnan(ties.predict(rows, np.full(len(rows), 0.1))).all()


def forecast(tie, up=True):
    rows = pd.DataFrame(
        {"is_share": [True], "higher_is_better": [up], "n_examples": [20.0], "origin_score": [0.5]}, index=[0]
    )
    knots = (0.3 + 0.8 * (LEVELS - 0.5))[None]
    return Forecast.from_knots(rows, knots, "made").with_ties(np.array([tie]))


@pytest.mark.parametrize("up", [True, False])
def test_a_tie_is_taken_from_gains_and_losses_in_their_proportion(up):
    said = {tie: float(prob_gain(forecast(tie, up))[0]) for tie in (0.5, 0.75)}
    luck = float(forecast(np.nan, up).prob_tie()[0])
    unsaid = float(prob_gain(forecast(np.nan, up))[0])
    assert 0.0 < luck < 0.5 < unsaid
    for tie, gain in said.items():
        assert gain == pytest.approx(unsaid * (1.0 - tie) / (1.0 - luck))
        assert forecast(tie, up).prob_tie() == pytest.approx(tie)


def test_no_fewer_ties_than_luck_brings():
    assert forecast(0.001).prob_tie() == forecast(np.nan).prob_tie()


def test_the_stack_says_how_likely_ties_are_and_keeps_it(past):
    stack = Stack().fit(past)
    fold = past[-1]
    made = stack.predict(fold.rows, fold.evidence)
    rote = fold.rows["task"].isin(ROTE).to_numpy()
    assert prob_gain(made)[rote].max() < 0.5
    inside = made.interval(0.8)[rote]
    assert ((inside[:, 0] <= 0.0) & (inside[:, 1] >= 0.0)).all(), "the score that repeats is inside the interval"
    again = Stack().restore(stack.state()).predict(fold.rows, fold.evidence)
    assert np.array_equal(made.atom, again.atom)
    assert np.array_equal(made.take(np.array([1])).atom, made.atom[[1]])
