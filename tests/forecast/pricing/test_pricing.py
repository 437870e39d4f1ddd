"""Prices are coherent, say what they know, and know nothing that was not public."""

import datetime as dt
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.data.errors import DataError
from scale_forecast.data.load import Tables, load
from scale_forecast.inputs.panel import as_panel
from scale_forecast.pricing import Desk, price_all, price_at
from scale_forecast.pricing.arrivals import Publications
from scale_forecast.pricing.maps import FORMS, chosen_map
from scale_forecast.pricing.questions import leaf_on
from scale_forecast.pricing.space import Event, hold_off, probability_of, ranks
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds.all_of import AllOf
from scale_forecast.resolvers.kinds.any_of import AnyOf
from scale_forecast.resolvers.kinds.comparison import Comparison
from scale_forecast.resolvers.kinds.count import Count
from scale_forecast.resolvers.kinds.not_ import Not
from scale_forecast.resolvers.kinds.threshold import Threshold
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.terms.scope import Scope
from scale_forecast.show.prices import text
from tests.thorough import tries
from tests.worlds import TASKS, make_results, make_tasks, scrambled

AS_OF = dt.date(2020, 6, 15)
RESULTS = make_results()
DATES = {"opened": "2020-06-15", "resolve_by": "2023-06-15"}
QUICK = settings(max_examples=tries(4), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def tables(results=RESULTS):
    return Tables(results, make_tasks(), bundled_metrics())


@pytest.fixture(scope="module")
def desk():
    """Without maps, which have tests of their own."""
    return Desk(tables(), AS_OF, predictor="law", recalibrate=False)


@pytest.fixture(scope="module")
def learned(desk):
    """With maps, of which one is made to bend, so that coherence does not rest on leaving probabilities alone."""
    return price_part(desk).with_maps({"threshold": FORMS["beta"](*past_questions())})


def past_questions():
    rng = np.random.default_rng(0)
    p = rng.random(500)
    return p, (rng.random(500) < p**2).astype(float), np.ones(500)


def probability(desk, asked):
    return price_at(desk, asked, interval=False).probability


def best_known(task="task00"):
    known = RESULTS[(RESULTS["known_on"] <= pd.Timestamp(AS_OF)) & (RESULTS["task"] == task)]
    return float(known["score"].max())


def price_part(desk):
    leaf = Threshold(task="task00", score=0.5)
    return desk.model(desk.named_target("Alpha 100B"), leaf)


def question(criterion, **more):
    return Question.model_validate({"id": "q", "title": "asked", "criterion": criterion, **DATES, **more})


def above(score, task="task00", **more):
    return {"kind": "threshold", "task": task, "score": score, **more}


def named(criterion):
    return question(criterion, scope={"model": "Alpha 100B"})


# --- coherence -------------------------------------------------------------------------------------------------------


@QUICK
@given(st.lists(st.integers(1, 198), min_size=2, max_size=3, unique=True))
def test_a_higher_threshold_is_strictly_less_likely(desk, places):
    for ask, low in ((named, 0.0), (question, best_known())):
        levels = [low + place / 200 * (1 - low) for place in sorted(places)]
        prices = [probability(desk, ask(above(level))) for level in levels]
        assert all(a > b for a, b in itertools.pairwise(prices)), (levels, prices)


@QUICK
@given(st.lists(st.integers(1, 1000), min_size=2, max_size=6, unique=True), st.floats(0.05, 0.95))
def test_a_later_deadline_is_strictly_more_likely(desk, days, level):
    level = best_known() + level * (1 - best_known())
    by = [{"kind": "first_by", "by": AS_OF + dt.timedelta(days=d), "event": above(level)} for d in sorted(days)]
    prices = [probability(desk, question(one)) for one in by]
    assert all(a < b for a, b in itertools.pairwise(prices)), prices


def test_a_day_and_a_number_agree_with_thresholds_where_these_are_priced_by_scale(desk):
    bar = best_known() + 0.3 * (1.0 - best_known())
    days = price_at(desk, question({**above(bar), "kind": "date"}, resolve_by="2021-06-15")).answer.table
    whole = probability(desk, question(above(bar), resolve_by="2021-06-15"))
    assert days["probability"].iloc[-2] == pytest.approx(whole)
    assert days["probability"].iloc[:-1].is_monotonic_increasing
    by = {"kind": "first_by", "by": days["by"].iloc[1], "event": above(bar)}
    assert days["probability"].iloc[1] == pytest.approx(probability(desk, question(by, resolve_by="2021-06-15")))
    number = {"kind": "numeric", "task": "task00"}
    table = price_at(desk, question(number, resolve_by="2021-06-15")).answer.table.set_index("level")["value"]
    assert table.is_monotonic_increasing
    assert table.iloc[0] >= best_known()
    assert 1.0 - probability(desk, question(above(table[0.9]), resolve_by="2021-06-15")) == pytest.approx(0.9, abs=0.02)


@QUICK
@given(st.lists(st.tuples(st.sampled_from(TASKS), st.floats(0.2, 0.98)), min_size=2, max_size=3), st.data())
def test_combinations_keep_within_their_bounds(desk, parts, data):
    """P(A or B) >= max, P(A and B) <= min, more needed is less likely, and what is not so is the rest."""
    for ask, low in ((named, lambda _: 0.0), (question, best_known)):
        asked = [above(low(task) + level * (1 - low(task)), task) for task, level in parts]
        alone = [probability(desk, ask(part)) for part in asked]

        def of(kind, ask=ask, asked=asked, **more):
            return probability(desk, ask({"kind": kind, "of": asked, **more}))

        either = of("any_of")
        assert either >= max(alone) - 1e-12
        assert of("all_of") <= min(alone) + 1e-12
        counts = [of("count", at_least=k) for k in range(1, len(asked) + 1)]
        assert counts == sorted(counts, reverse=True)
        assert counts[0] == pytest.approx(either, abs=1e-12)
        turned = probability(desk, ask({"kind": "not", "of": {"kind": "any_of", "of": asked}}))
        assert turned + either == pytest.approx(1.0, abs=1e-12)
        at = data.draw(st.integers(0, len(asked) - 1))
        assert probability(desk, ask({"kind": "not", "of": asked[at]})) + alone[at] == pytest.approx(1.0, abs=1e-12)


@QUICK
@given(st.floats(0.02, 0.98))
def test_both_sides_of_a_threshold_sum_to_one(desk, learned, level):
    sides = [probability(desk, named(above(level, side=side))) for side in ("at_least", "below")]
    assert sum(sides) == pytest.approx(1.0, abs=1e-12)
    recalibrated = [learned.event(0, Threshold(task="task00", score=level, side=s)) for s in ("above", "at_most")]
    assert sum(event.probability for event in recalibrated) == pytest.approx(1.0, abs=1e-12)
    assert not (recalibrated[0].holds(0.3) & recalibrated[1].holds(0.3)).any()


def test_a_threshold_and_a_lower_one_together_are_the_higher_one(desk):
    """Nested events must not be treated as independent."""
    both = probability(desk, named({"kind": "all_of", "of": [above(0.5), above(0.7)]}))
    assert both == pytest.approx(probability(desk, named(above(0.7))), abs=1e-12)


def test_recalibrated_thresholds_still_fall_strictly(learned):
    levels = np.linspace(0.02, 0.98, 60)
    prices = [learned.event(0, Threshold(task="task00", score=float(level))).probability for level in levels]
    assert (np.diff(prices) < 0).all()


@QUICK
@given(st.lists(st.floats(1e-4, 1 - 1e-4), min_size=1, max_size=5), st.integers(0, 2**31))
def test_the_measure_of_an_event_is_its_probability_to_the_last_digit(chances, seed):
    rng = np.random.default_rng(seed)
    leaf = Threshold(task="x", score=0.5)
    events = [Event(rng.permutation(50), p, turned=bool(rng.integers(2))) for p in chances]
    for event in events:
        assert probability_of(leaf, [event]) == pytest.approx(event.probability, abs=1e-12)
    several = AnyOf(of=(leaf,) * len(events))
    assert probability_of(several, events) >= max(e.probability for e in events) - 1e-12
    assert probability_of(Not(of=several), events) + probability_of(several, events) == pytest.approx(1, abs=1e-12)
    assert probability_of(AllOf(of=several.of), events) == pytest.approx(
        probability_of(Count(of=several.of, at_least=len(events)), events), abs=1e-12
    )


def test_ranks_are_permutations_by_column():
    index = np.array([[0.3, 2.0], [0.1, 5.0], [0.2, 2.0]])
    assert ranks(index).tolist() == [[2, 0], [0, 2], [1, 1]]


def test_no_price_is_certain():
    assert 0 < hold_off(0.0) < hold_off(1e-6) < hold_off(1.0) < 1
    assert hold_off(0.3) + hold_off(0.7) == pytest.approx(1.0, abs=1e-15)


# --- maps ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_every_map_is_strictly_increasing(form):
    found = FORMS[form](*past_questions())
    mapped = found(np.linspace(0.001, 0.999, 400))
    assert (np.diff(mapped) > 0).all()
    assert (mapped > 0).all()
    assert (mapped < 1).all()


def test_a_map_is_learned_where_past_prices_were_too_bold_and_left_out_where_they_were_right():
    rng = np.random.default_rng(1)
    p, line = rng.uniform(0.02, 0.98, 1500), rng.integers(0, 10, 1500)
    right = (rng.random(1500) < p).astype(float)
    bold = 1 / (1 + np.exp(-2.5 * np.log(p / (1 - p))))
    _, left = chosen_map(p, right, line)
    assert np.abs(left(p) - p).max() < 0.05
    form, found = chosen_map(bold, right, line)
    assert form != "identity"
    assert np.abs(found(bold) - p).mean() < 0.03


# --- what a price knows ----------------------------------------------------------------------------------------------


QUESTIONS = [
    question(above(0.7)),
    named(above(0.6)),
    question({"kind": "comparison", "task": "task01", "better": {"family": "Alpha"}, "worse": {"family": "Beta"}}),
    question({"kind": "count", "at_least": 1, "of": [{"kind": "reversal", "task": t} for t in TASKS[:3]]}),
    question({"kind": "u_shape", "task": "task02"}, scope={"family": "Alpha"}),
]


def test_nothing_published_later_moves_a_price():
    late = (RESULTS["known_on"] > pd.Timestamp(AS_OF)).to_numpy()
    assert late.any()
    desks = [Desk(tables(results), AS_OF, predictor="law") for results in (RESULTS, scrambled(RESULTS, late))]
    before, after = (price_all(desk, QUESTIONS, interval=False) for desk in desks)
    for one, other in zip(before, after, strict=True):
        assert repr(one) == repr(other)  # a NaN equals itself only in words
    assert sum(not isinstance(one, DataError) for one in before) >= 4


def test_what_was_published_before_does_move_a_price():
    early = (RESULTS["known_on"] <= pd.Timestamp(AS_OF)).to_numpy()
    desks = [
        Desk(tables(results), AS_OF, predictor="law", recalibrate=False)
        for results in (RESULTS, scrambled(RESULTS, early))
    ]
    before, after = (probability(desk, named(above(0.6))) for desk in desks)
    assert before != after


@pytest.mark.parametrize("asked", QUESTIONS, ids=["any", "named", "comparison", "count", "u-shape"])
def test_the_same_seed_gives_the_same_price(desk, asked):
    again = Desk(tables(), AS_OF, predictor="law", recalibrate=False)
    first, second = (price_all(d, [asked], interval=False)[0] for d in (desk, again))
    assert str(first) == str(second)


def test_what_the_evidence_has_decided_is_priced_as_settled(desk):
    found = price_at(desk, question(above(best_known())))
    assert found.status is Status.YES
    assert 0.99 < found.probability < 1
    assert "already settled" in found.reasons[0]


def test_what_nobody_here_could_have_seen_is_no_confident_no():
    """Of 80% on MMLU, reached elsewhere in March 2023, the tables by scale hold nothing later than March 2024."""
    day = dt.date(2026, 11, 24)
    desk = Desk(load(), day, predictor="law", recalibrate=False)
    mmlu = above(0.8, "average", benchmark="MMLU", side="above", if_nothing="open")
    found = price_at(desk, question(mmlu, opened="2026-11-24", resolve_by="2026-12-31"))
    assert 0.1 < found.probability < 0.9
    assert found.high - found.low > 0.1
    assert text(found).splitlines()[0] == (
        "Note: the newest MMLU score here is of 2024-03-13, 986 days before 2026-11-24: "
        "what happened since is unknown to this forecast."
    )


def test_a_price_on_fresh_scores_begins_with_the_question():
    """Of a model of March asked about in May."""
    desk = Desk(tables(), dt.date(2020, 5, 1), predictor="law", recalibrate=False)
    fresh = price_at(desk, question(above(0.95)), interval=False)
    assert not fresh.note
    assert text(fresh).startswith("asked")


def test_a_price_on_old_scores_begins_with_their_day(desk):
    """Asked in the middle of June, three months and a half later."""
    stale = price_at(desk, question(above(0.95)), interval=False)
    assert text(stale).startswith("Note: the newest task00 score here is of 2020-03-01, 106 days before 2020-06-15")


def test_publications_are_rare_only_where_they_were_looked_for():
    """Rates do not fall because the tables end."""
    known = as_panel(RESULTS, make_tasks(), bundled_metrics()).rows
    known = known[known["known_on"] <= pd.Timestamp(AS_OF)]
    days = known.groupby("task", observed=True)["known_on"].agg(["min", "nunique"])
    years = (known["known_on"].max() - days["min"]).dt.days / 365.25
    rate = Publications(known).rate("world")
    usual = (days["nunique"].mean() - 1 + 1) / (years.mean() + 1)
    assert rate.mean == pytest.approx(days["nunique"].mean() / (1 / usual + years.mean()), rel=1e-6)


def test_a_part_whose_time_ran_out_unseen_is_no_certain_no():
    """The newest score is older than the day of the part, so that nobody knows."""
    newest = max(day.date() for day in RESULTS.loc[RESULTS["known_on"] <= pd.Timestamp(AS_OF), "known_on"])
    later = Desk(tables(RESULTS[RESULTS["known_on"] <= pd.Timestamp(AS_OF)]), newest + dt.timedelta(days=800),
                 predictor="law", recalibrate=False)  # fmt: skip
    event = above(best_known() + 0.02)
    until = {d: {"kind": "first_by", "by": newest + dt.timedelta(days=d), "event": event} for d in (0, 700)}
    seen, unseen = (probability(later, question(one)) for one in until.values())
    assert seen < 0.001
    assert unseen > 0.05


def test_a_part_that_has_happened_counts_in_full(desk):
    done, left = above(best_known()), above(0.95, "task01")
    both = probability(desk, question({"kind": "all_of", "of": [done, left]}))
    assert both == pytest.approx(probability(desk, question(left)), abs=1e-9)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (question({"kind": "numeric", "task": "task00", "statistic": "lowest"}), "asks for a number"),
        (question({"kind": "manual", "why": "a jury decides"}), "a jury decides"),
        (question(above(0.5, "task99")), "nothing to start from"),
        (question(above(0.5, metric="brier")), "was measured in accuracy, not brier"),
        (question(above(0.5), scope={"tuning": "rlhf"}), "widen tuning, prompt or shots"),
        (question(above(0.5), scope={"model": "Omega 7B"}), "belongs to no family"),
    ],
    ids=["numeric", "manual", "unknown task", "unknown metric", "empty scope", "unknown family"],
)
def test_what_cannot_be_priced_is_refused_with_the_reason(desk, asked, said):
    with pytest.raises(DataError, match=said):
        price_at(desk, asked)


def test_an_average_is_priced_from_its_tasks(desk):
    """Of a benchmark whose average nobody published: between its easiest and hardest task, and surer than one task."""
    levels = np.linspace(0.3, 0.95, 9)
    whole = [probability(desk, named(above(float(x), "average", benchmark="world"))) for x in levels]
    assert (np.diff(whole) < 0).all()
    tasks = np.array([[probability(desk, named(above(float(x), t))) for x in levels] for t in TASKS])
    medians = (tasks > 0.5).sum(axis=1)
    assert medians.min() <= sum(p > 0.5 for p in whole) <= medians.max()


def test_a_price_explains_itself(desk):
    found = price_at(desk, named(above(0.6)))
    assert found.low <= found.probability <= found.high
    assert found.moved[-1][1] == pytest.approx(found.probability, abs=1e-3)
    assert any("Alpha 100B" in reason and "from" in reason for reason in found.reasons)
    dated = price_at(desk, question(above(0.9)))
    assert any("expected on world" in reason for reason in dated.reasons)


def test_a_comparison_holds_in_every_way_of_measuring_or_not_at_all(desk):
    """Its judge says yes only where all ways agree; of a threshold any way will do."""
    model = price_part(desk)
    twice = model.with_maps({})
    twice.places = {"task00": model.places["task00"] + model.places["task01"]}
    leaf = Comparison(task="task00", better=Scope(model="Alpha 100B"), worse=Scope(family="Beta"))
    threshold = Threshold(task="task00", score=0.5)
    (once, also), (first, second) = (
        [leaf_on(one, asked, Scope())[0] for one in (model, twice)] for asked in (leaf, threshold)
    )
    assert also < once
    assert second > first


def test_some_families_are_never_measured_more_often_than_all(desk):
    """Base models alone once came more often than any model at all."""
    families = sorted(desk.panel.rows["family"].astype("str").unique())
    whole = desk.rate("world", ())
    for n in range(1, len(families) + 1):
        assert desk.rate("world", tuple(families[:n])).mean <= whole.mean
