"""Generated questions: made without looking, settled by the judge, learned from without the held-out line."""

import numpy as np
import pandas as pd
import pytest

from scale_forecast.backtests.training import Trained
from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.data.load import Tables
from scale_forecast.data.results import as_results
from scale_forecast.inputs.folds import Exclusion, make_fold
from scale_forecast.inputs.targets import held_out_target, visible
from scale_forecast.predictors.reversal import Reversal
from scale_forecast.pricing import made_questions as factory
from scale_forecast.pricing.model import PricedModel
from scale_forecast.pricing.questions import leaf_on
from scale_forecast.pricing.recalibration import KINDS, Recalibration
from scale_forecast.pricing.space import hold_off, probability_of
from scale_forecast.resolvers.terms.scope import Scope
from tests.worlds import LINES, make_panel, make_results, make_tasks, scrambled

TARGET = "Beta 3"


def falling_results():
    """The usual world, in which two tasks fall along every line until its last model rises again."""
    results = make_results()
    place = results["model"].str[-1].astype(int)
    last = place == results["line"].map(LINES).sub(1)
    for task in ("task00", "task01"):
        falls = np.where(last, 0.9, 0.7 - 0.15 * place)
        results.loc[results["task"] == task, "score"] = falls[results["task"] == task]
    results["stderr"] = np.nan
    return as_results(results)


RESULTS = falling_results()


def tables(results=RESULTS):
    return Tables(results, make_tasks(), bundled_metrics())


def fold_of(results, model=TARGET, family="Beta"):
    panel = make_panel(results)
    target = held_out_target(panel, model, family)
    return panel, make_fold(panel, target, Exclusion(target.line), visible(panel, target), "test")


@pytest.fixture(scope="module")
def made():
    panel, fold = fold_of(RESULTS)
    asked = factory.questions_of(fold, panel)
    return panel, fold, asked, factory.settle_questions(asked, fold, panel, tables())


def test_every_kind_is_asked(made):
    *_, asked, happened = made
    assert {one.kind for one in asked} == set(factory.KINDS)
    assert np.isfinite(happened).all()
    assert len({one.question.id for one in asked}) == len(asked)


def test_questions_do_not_depend_on_what_the_model_scored():
    own = (RESULTS["model"] == TARGET).to_numpy()
    one, other = (fold_of(results) for results in (RESULTS, scrambled(RESULTS, own)))
    asked = [factory.questions_of(fold, panel) for panel, fold in (one, other)]
    assert asked[0] == asked[1]
    answers = [
        factory.settle_questions(a, fold, panel, tables(results))
        for a, (panel, fold), results in zip(asked, (one, other), (RESULTS, scrambled(RESULTS, own)), strict=True)
    ]
    assert (answers[0] != answers[1]).any(), "the control saw no difference"


def test_the_judge_says_what_the_scores_say(made):
    _, fold, asked, happened = made
    score = dict(zip(fold.rows["task"].astype(str), fold.truth["score"], strict=True))
    origin = dict(zip(fold.rows["task"].astype(str), fold.rows["origin_score"], strict=True))
    checked = 0
    for one, answer in zip(asked, happened, strict=True):
        criterion = one.question.criterion
        if one.kind == "threshold":
            x, level = score[criterion.task], criterion.score
            wanted = {"at_least": x >= level, "above": x > level, "at_most": x <= level, "below": x < level}
            assert bool(answer) == wanted[criterion.side or "at_least"], "without a side it is the better one"
        elif one.kind == "gain":
            assert bool(answer) == (score[criterion.task] > origin[criterion.task])
        elif one.kind in ("reversal", "u_shape", "recovery"):
            assert criterion.task in ("task00", "task01")
            assert answer == 1.0, "both tasks turn at the last model, above all before"
        checked += 1
    assert checked > 20


def price_on(model, criterion):
    """The probability of a criterion whose every leaf is about one model."""
    return hold_off(probability_of(criterion, [leaf_on(model, leaf, Scope())[1] for leaf in criterion.leaves()]))


def test_prices_of_generated_questions_tell_yes_from_no(made):
    panel, fold, asked, happened = made
    trained = Trained(panel).get("law", Exclusion("Beta"))
    model = PricedModel(trained.predict(fold.rows, fold.evidence), fold.evidence, reversal=Reversal().fit(None))
    priced = np.array([price_on(model, one.question.criterion) for one in asked])
    assert ((priced > 0.0) & (priced < 1.0)).all()
    plain = np.array([one.kind in ("threshold", "gain", "comparison") for one in asked])
    p, y = priced[plain], happened[plain]
    assert np.mean((p - y) ** 2) < np.mean((y.mean() - y) ** 2)


def test_maps_learn_nothing_from_the_line_they_are_for():
    line = (RESULTS["line"] == "Alpha").to_numpy()
    learned = [
        Recalibration.learn(make_panel(results), tables(results), Exclusion("Alpha"), "law")
        for results in (RESULTS, scrambled(RESULTS, line))
    ]
    pd.testing.assert_frame_equal(learned[0].settled, learned[1].settled, check_exact=True)
    assert set(learned[0].settled["line"]) == set(LINES) - {"Alpha"}
    assert set(learned[0].settled["kind"]) <= set(KINDS)


def test_what_was_learned_is_kept(tmp_path):
    panel = make_panel(RESULTS)
    first, second = (Recalibration.learn(panel, tables(), Exclusion("Beta"), "law", cache=tmp_path) for _ in range(2))
    assert any(tmp_path.glob("questions-law-*.npz"))
    pd.testing.assert_frame_equal(first.settled, second.settled, check_dtype=False)
    assert first.base_rate("gain") == pytest.approx(second.base_rate("gain"))
