"""Events on arrays: what the judge finds on published scores is what a pricer finds on simulated ones."""

import numpy as np
import pytest

from scale_forecast.data.catalog import bundled_metrics, bundled_tasks
from scale_forecast.data.trend import reverses, trend_of
from scale_forecast.resolvers.judge.events import Draws, turns
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.kinds.all_of import AllOf
from scale_forecast.resolvers.kinds.any_of import AnyOf
from scale_forecast.resolvers.kinds.comparison import Comparison
from scale_forecast.resolvers.kinds.count import Count
from scale_forecast.resolvers.kinds.first_by import FirstBy
from scale_forecast.resolvers.kinds.not_ import Not
from scale_forecast.resolvers.kinds.numeric import Numeric
from scale_forecast.resolvers.kinds.reversal import Reversal
from scale_forecast.resolvers.kinds.threshold import Threshold
from scale_forecast.resolvers.kinds.u_shape import UShape
from scale_forecast.resolvers.questions.resolve import resolve_all
from tests.resolvers.questions.test_resolve import AFTER, ask, row, table

RNG = np.random.default_rng(0)
TASKS = [f"t{i}" for i in range(120)]
LADDERS = RNG.integers(0, 12, (len(TASKS), 5)) / 12
SE = 0.03


@pytest.fixture(scope="module")
def published():
    rows = [
        row(score, params=10.0 ** (8 + n), model=f"size {n}", task=task, stderr=SE)
        for task, ladder in zip(TASKS, LADDERS, strict=True)
        for n, score in enumerate(ladder)
    ]
    return Evidence(table(*rows), bundled_tasks().head(1), bundled_metrics())


@pytest.mark.parametrize(
    "leaf",
    [
        {"kind": "threshold", "score": 0.5},
        {"kind": "threshold", "score": 0.5, "side": "below"},
        {"kind": "reversal"},
        {"kind": "u_shape"},
    ],
)
def test_judge_and_pricer_agree_on_every_ladder(published, leaf):
    """The largest model decides; its score is the simulated one, the rest are history."""
    questions = [ask({**leaf, "task": t}, {"model": "size 4"}, id=t) for t in TASKS]
    judged = [r.status.value == "yes" for r in resolve_all(questions, published, as_of=AFTER)]
    priced = [
        bool(q.criterion.read(Draws(ladder[-1], stderr=SE, history=ladder[:-1], history_stderr=np.full(4, SE)))[0])
        for q, ladder in zip(questions, LADDERS, strict=True)
    ]
    assert priced == judged
    assert 3 < sum(judged) < len(TASKS) - 3, "the ladders must hold both outcomes for this to test anything"


def test_a_reversal_is_the_event_of_prob_reversal_after_a_fall():
    target, history = LADDERS[:, -1], LADDERS[:, :-1]
    se = np.full_like(history, SE)
    happened = [
        bool(Reversal(task="t").read(Draws(t, stderr=SE, history=h, history_stderr=np.full(4, SE)))[0])
        for t, h in zip(target, history, strict=True)
    ]
    fell = np.array([turns(h[None], s[None], np.arange(4.0)[None]).fell[0] for h, s in zip(history, se, strict=True)])
    expected = fell & reverses(target, history, np.full(len(target), SE), se)
    assert happened == expected.tolist()
    assert any(happened)


def test_a_u_shape_is_the_label_of_the_shared_trend():
    better, se = LADDERS, np.full_like(LADDERS, SE)
    draws = Draws(better[:, -1], stderr=SE, history=better[:, :-1], history_stderr=se[:, :-1])
    happened = UShape(task="t").read(draws)
    assert happened.tolist() == (trend_of(better, se) == "u-shaped").tolist()


def test_a_loss_turns_the_other_way():
    leaf = Reversal(task="t")
    happened = leaf.read(
        Draws([1.0, 2.5], stderr=0.01, history=[2.0, 3.0], history_stderr=[0.01] * 2, higher_is_better=False)
    )
    assert happened.tolist() == [True, False]


def test_comparison_counts_margin_and_noise():
    sides = {"better": {"model": "A"}, "worse": {"model": "B"}}
    leaf = Comparison(task="t", **sides)
    assert leaf.read(Draws([0.5, 0.51], rival=0.5)).tolist() == [False, True]
    assert Comparison(task="t", margin=0.02, **sides).read(Draws([0.51, 0.53], rival=0.5)).tolist() == [False, True]
    noisy = Comparison(task="t", beyond_noise=True, **sides)
    assert noisy.read(Draws([0.51, 0.6], stderr=0.02, rival=0.5, rival_stderr=0.02)).tolist() == [False, True]
    with pytest.raises(ValueError, match="rival"):
        leaf.read(Draws([0.5]))


def test_a_number_is_the_score_itself():
    assert Numeric(task="t").read(Draws([0.5, 0.2])).tolist() == [0.5, 0.2]


def test_what_holds_follows_the_criterion():
    a, b, c = (Threshold(task=t, score=0.5) for t in "abc")
    criterion = AllOf(of=[AnyOf(of=[a, b]), Not(of=c), Count(at_least=2, of=[a, b, c])])
    assert [leaf.task for leaf in criterion.leaves()] == list("abcabc")
    every = np.array([[i >> k & 1 for i in range(8)] for k in range(3)], dtype=bool)
    held = criterion.holds([*every, *every])
    expected = (every[0] | every[1]) & ~every[2] & (every.sum(axis=0) >= 2)
    assert held.tolist() == expected.tolist()
    assert FirstBy(event=a, by="2024-01-01").holds([every[0]]).tolist() == every[0].tolist()
