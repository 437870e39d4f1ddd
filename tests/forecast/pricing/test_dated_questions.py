"""Generated questions with a deadline: made without knowing what came, settled by the judge on what did."""

import datetime as dt
import functools

import numpy as np
import pandas as pd
import pytest

from benchmarks.dated_questions import KINDS, dated_questions, settle_deadlines
from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.data.errors import DataError
from scale_forecast.data.load import Tables
from scale_forecast.data.results import as_results, known_rows
from scale_forecast.pricing import Desk, price_at
from scale_forecast.pricing.price import events_at
from scale_forecast.pricing.space import hold_off, probability_of
from scale_forecast.pricing.templates import NEW_FAMILY
from scale_forecast.resolvers.kinds.first_by import FirstBy
from scale_forecast.resolvers.kinds.threshold import Threshold
from scale_forecast.resolvers.questions.question import Question
from tests.forecast.pricing.test_made_questions import RESULTS
from tests.worlds import make_panel, make_tasks, scrambled

AS_OF, LAST = dt.date(2020, 6, 15), dt.date(2022, 7, 1)


def tables(results=RESULTS):
    return Tables(results, make_tasks(), bundled_metrics())


@functools.cache
def known():
    return known_of(RESULTS)


def known_of(results):
    return make_panel(as_results(known_rows(results, pd.Timestamp(AS_OF)).reset_index(drop=True)))


@pytest.fixture(scope="module")
def asked():
    return dated_questions(known(), AS_OF, LAST)


def test_every_kind_is_asked_before_the_last_day(asked):
    assert {one.kind for one in asked} == set(KINDS)
    assert len({one.question.id for one in asked}) == len(asked)
    assert {one.question.opened.date() for one in asked} == {AS_OF}
    assert max(one.question.resolve_by.date() for one in asked) <= LAST


def test_questions_do_not_depend_on_what_came(asked):
    late = (RESULTS["known_on"] > pd.Timestamp(AS_OF)).to_numpy()
    other = scrambled(RESULTS, late)
    assert dated_questions(known_of(other), AS_OF, LAST) == asked
    answers = [settle_deadlines(asked, tables(results)) for results in (RESULTS, other)]
    assert not np.array_equal(*answers, equal_nan=True), "the control saw no difference"


def test_no_threshold_was_reached_when_it_was_asked(asked):
    rows = known().rows
    best = rows.groupby(rows["task"].astype("str"))["score"].max()
    thresholds = [leaf for one in asked for leaf in one.question.criterion.leaves() if isinstance(leaf, Threshold)]
    assert thresholds
    assert all(leaf.score > best[leaf.task] for leaf in thresholds)


def test_the_judge_counts_what_was_public_by_the_deadline(asked):
    checked = 0
    for one, answer in zip(asked, settle_deadlines(asked, tables()), strict=True):
        criterion, until = one.question.criterion, one.question.resolve_by
        if isinstance(criterion, FirstBy):
            criterion, until = criterion.event, criterion.by
        if isinstance(criterion, Threshold):
            of = RESULTS[(RESULTS["task"] == criterion.task) & (RESULTS["known_on"] <= pd.Timestamp(until.date()))]
            if (of["score"] >= criterion.score).any():
                assert answer == 1.0
            else:
                ends = RESULTS["known_on"].max() < pd.Timestamp(until.date())
                assert np.isnan(answer) if ends else answer == 0.0
            checked += 1
    assert checked > 8


def test_nothing_is_asked_where_no_deadline_is_left():
    assert dated_questions(known(), AS_OF, AS_OF + dt.timedelta(days=30)) == []


# --- what the price makes of models of families that nobody has seen -------------------------------------------------


@pytest.fixture(scope="module")
def desk():
    return Desk(tables(), AS_OF, predictor="law", recalibrate=False)


def question(**scope):
    fields = {"opened": AS_OF, "resolve_by": LAST, "scope": scope}
    return Question.model_validate(
        {"id": "q", "title": "asked", "criterion": {"kind": "threshold", "task": "task03", "score": 0.95}, **fields}
    )


def test_a_model_of_a_new_family_may_bring_it_about(desk):
    anybody, own, line = (price_at(desk, question(**scope)) for scope in ({}, {"family": "Alpha"}, {"line": "Alpha"}))
    assert any(NEW_FAMILY in reason or "new families" in reason for reason in anybody.reasons)
    for closed in (own, line):
        assert not any("new families" in reason for reason in closed.reasons)


def test_the_events_of_a_question_give_its_price(desk):
    events = events_at(desk, question())
    price = price_at(desk, question(), interval=False)
    assert hold_off(probability_of(question().criterion, events)) == pytest.approx(price.probability, abs=1e-12)


def test_what_the_day_has_decided_has_no_events(desk):
    reached = question().model_copy(update={"criterion": Threshold(task="task03", score=0.01)})
    assert events_at(desk, reached) is None
    with pytest.raises(DataError, match="nothing to start from"):
        events_at(desk, question().model_copy(update={"criterion": Threshold(task="nowhere", score=0.5)}))


# --- what a leaf's judge will only say at the deadline ---------------------------------------------------------------


def asked_of(criterion, **scope):
    fields = {"id": "q", "title": "asked", "opened": AS_OF, "resolve_by": LAST, "scope": scope}
    return Question.model_validate({**fields, "criterion": criterion})


def comparison(better, worse):
    return asked_of({"kind": "comparison", "task": "task03", "better": better, "worse": worse})


def leader_and_other():
    """Families by their best known score on a task, the best first and the worst last."""
    rows = known().rows
    best = rows[rows["task"] == "task03"].groupby("family", observed=True)["score"].max().sort_values()
    return str(best.index[-1]), str(best.index[0])


def test_a_comparison_that_holds_so_far_is_likely_and_its_opposite_is_not(desk):
    leader, other = leader_and_other()
    holds, opposite = (
        price_at(desk, comparison({"family": a}, {"family": b}), interval=False)
        for a, b in ((leader, other), (other, leader))
    )
    assert holds.probability > 0.5 > opposite.probability
    assert holds.probability + opposite.probability == pytest.approx(1.0, abs=0.05)
    assert "holds so far" in holds.reasons[0]


def test_nobody_can_undo_a_lead_over_models_that_are_measured(desk):
    leader, other = leader_and_other()
    rows = known().rows
    model = str(rows.loc[(rows["family"] == other).to_numpy(), "model"].iloc[0])
    price = price_at(desk, comparison({"family": leader}, {"family": other, "model": model}), interval=False)
    assert price.probability > 0.99


def measured_and_next():
    """A family's largest known model, one ten times as large, and the known one's score on a task."""
    rows = known().rows
    own = rows[(rows["family"] == leader_and_other()[0]).to_numpy() & (rows["task"] == "task03").to_numpy()]
    top = own.sort_values("params").iloc[-1]
    return str(top["model"]), f"{top['family']} {10 * top['params'] / 1e9:g}B", float(top["score"])


def test_a_named_model_that_is_measured_is_not_forecast_again(desk):
    """Its known score stands; it was once forecast as if nobody had seen it."""
    model, _, score = measured_and_next()
    price = price_at(desk, asked_of({"kind": "threshold", "task": "task03", "score": score + 0.01}, model=model))
    assert price.probability < 0.01
    assert price.low == price.high == price.probability
    assert "taken to stand" in price.reasons[0]


def test_both_directions_of_a_comparison_with_a_measured_model_sum_to_one(desk):
    model, larger, _ = measured_and_next()
    up, down = comparison({"model": larger}, {"model": model}), comparison({"model": model}, {"model": larger})
    ahead, behind = (price_at(desk, one, interval=False).probability for one in (up, down))
    assert ahead + behind == pytest.approx(1.0, abs=1e-9)
    by_margin = comparison({"model": model}, {"model": larger})
    by_margin = by_margin.model_copy(update={"criterion": by_margin.criterion.model_copy(update={"margin": 0.03})})
    assert price_at(desk, by_margin, interval=False).probability < behind
    both = asked_of({"kind": "all_of", "of": [up.criterion.model_dump(), down.criterion.model_dump()]})
    assert price_at(desk, both, interval=False).probability < 0.01


def test_a_comparison_with_nobodys_score_is_refused(desk):
    model, _, _ = measured_and_next()
    with pytest.raises(DataError, match="no score"):
        price_at(desk, comparison({"model": model}, {"family": "Nobody"}))


def test_an_average_that_known_tasks_have_reached_counts_as_reached(desk):
    average = {"kind": "threshold", "task": "average", "benchmark": "world"}
    means = known().rows.groupby("model", observed=True)["score"].mean()
    reached = price_at(desk, asked_of({**average, "score": round(means.max() - 0.01, 4)}), interval=False)
    assert reached.probability > 0.99
    assert "mean of 8 tasks" in reached.reasons[0]
    assert (
        price_at(desk, asked_of({**average, "score": round(means.max() + 0.01, 4)}), interval=False).probability < 0.99
    )


def best_by_family():
    rows = known().rows
    return rows[rows["task"] == "task03"].groupby("family", observed=True)["score"].max().sort_values()


def test_of_all_families_only_those_that_lack_it_are_asked_and_they_share_the_models_to_come(desk):
    """Each family was once given all the models of the benchmark, whether it had shown the event or not."""
    best = best_by_family()
    assert len(best) > 2

    def asked(score, over):
        return price_at(
            desk, asked_of({"kind": "threshold", "task": "task03", "score": score}, over=over), interval=False
        )

    one_lacks, all_lack = (round(float(x), 4) for x in (best.iloc[:2].mean(), best.max() + 0.01))
    some, none = asked(one_lacks, "all"), asked(all_lack, "all")
    assert f"of {len(best)} families measured so far 1 still lack it: {best.index[0]}" in some.reasons
    assert none.probability < some.probability
    assert none.probability < asked(all_lack, "any").probability / 4
    shown = asked(float(best.min()) - 0.01, "all")
    assert some.probability < shown.probability < 1.0
    assert f"none of the {len(best)} families measured so far lacks it" in shown.reasons


def test_fewer_tunings_do_not_come_more_often(desk):
    threshold = {"kind": "threshold", "task": "task03", "score": 0.9}
    anybody, tuned = (price_at(desk, asked_of(threshold, **scope)) for scope in ({}, {"tuning": "instruct"}))
    assert tuned.probability < anybody.probability


def test_a_deadline_beyond_sight_is_refused(desk):
    far = question().model_copy(update={"resolve_by": dt.datetime(2200, 1, 1, tzinfo=dt.UTC)})
    with pytest.raises(DataError, match="more than 30 years ahead"):
        price_at(desk, far)
