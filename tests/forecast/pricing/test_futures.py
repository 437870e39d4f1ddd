"""Questions priced on futures by date: no two answers contradict each other, and what happened is settled as judged."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from scale_forecast.by_date import forecasts
from scale_forecast.by_date.tables import as_tables
from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.data.errors import DataError
from scale_forecast.data.load import Tables
from scale_forecast.data.results import as_results, known_rows
from scale_forecast.pricing import Desk, price_at
from scale_forecast.pricing.by_date import Foretold, foretell
from scale_forecast.pricing.futures import RecordFutures
from scale_forecast.pricing.price import events_at
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.futures import Untold
from scale_forecast.resolvers.kinds.threshold import Threshold
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import resolve
from scale_forecast.resolvers.terms.scope import Scope
from tests.forecast.by_date.tables import AS_OF, frames
from tests.worlds import make_results, make_tasks

DAY = AS_OF.date()
TASK = "shares 2"


def question(criterion, until=None, **scope):
    return Question.model_validate(
        {
            "id": "q",
            "title": "q",
            "criterion": criterion,
            "scope": scope,
            "opened": DAY,
            "resolve_by": until or DAY + dt.timedelta(days=300),
        }
    )


def above(score, **more):
    return {"kind": "threshold", "task": TASK, "benchmark": TASK, "score": score, **more}


@pytest.fixture(scope="module", autouse=True)
def _two_quarters():
    """Of what the past teaches nothing is told here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forecasts, "QUARTERS", 2)
        yield


@pytest.fixture(scope="module")
def tables():
    scores, releases, benchmarks = frames()
    releases["open_weights"] = np.where(releases["organisation"] == "C", "yes", "no")
    return as_tables(scores, releases, benchmarks)


@pytest.fixture(scope="module")
def scores(tables):
    """The scores with who measured them and how; ``Late`` is heard of only after the day."""
    at = np.arange(len(tables.scores))
    late = (tables.scores["known_on"] > AS_OF).to_numpy()
    return tables.scores.assign(
        evaluator=np.where(late & (at % 7 == 0), "Late", np.where(at % 3 > 0, "Epoch AI", "vendor-reported")),
        version=np.where(at % 2 > 0, "v2", "v1"),
        setting=np.where(at % 5 > 1, "high", "low"),
    )


@pytest.fixture(scope="module")
def results(tables, scores):
    """The same scores as the judge reads them."""
    own = scores.join(tables.releases.set_index("model")["organisation"], on="model")
    columns = ["task", "model", "organisation", "known_on", "known_basis", "seen_on", "score", "source"]
    columns += ["evaluator", "version", "setting"]
    table = own[own["task"] == TASK][columns].assign(benchmark=TASK)
    return as_results(table.drop_duplicates("model"))


@pytest.fixture(scope="module")
def desk(tables, results, scores):
    known = Tables(results, make_tasks(), bundled_metrics())
    futures = RecordFutures(tables, DAY, {}, draws=1000, seed=0, cache=None, scores=scores)
    return Desk(known, DAY, predictor="persistence", recalibrate=False, futures=futures)


@pytest.fixture(scope="module")
def record(results):
    return float(known_rows(results, AS_OF)["score"].max())


@pytest.fixture(scope="module")
def probability(desk):
    kept = {}

    def priced(criterion, until=None, **scope):
        key = repr((criterion, until, scope))
        if key not in kept:
            kept[key] = price_at(desk, question(criterion, until, **scope)).probability
        return kept[key]

    return priced


@pytest.fixture(scope="module")
def bars(record):
    return [record + (1.0 - record) * share for share in (0.02, 0.1, 0.25, 0.5)]


def test_a_higher_bar_is_never_likelier_and_a_strict_one_neither(probability, bars):
    priced = [probability(above(bar)) for bar in bars]
    assert priced == sorted(priced, reverse=True)
    assert priced[0] > priced[-1]
    assert all(probability(above(bar, side="above")) <= p for bar, p in zip(bars, priced, strict=True))


def test_a_later_deadline_is_never_less_likely(probability, bars):
    days = [DAY + dt.timedelta(days=days) for days in (10, 100, 300, 700)]
    for bar in bars[1:3]:
        priced = [probability(above(bar), until=day) for day in days]
        assert priced == sorted(priced)


def test_a_narrower_scope_is_never_likelier(probability, bars):
    for bar in bars[1:3]:
        whole = probability(above(bar))
        assert probability(above(bar), organisation="A") <= whole
        assert probability(above(bar), weights="open") <= whole
        assert probability(above(bar), organisation="C", weights="open") <= probability(above(bar), weights="open")
        assert probability(above(bar), organisation="A") <= probability(above(bar), organisation=["A", "B"])


def test_a_named_model_is_below_a_line_or_not(probability, bars):
    """A low line tells of one model alone: nothing is asked of the best of all."""
    reached, missed = (probability(above(bars[0], side=side), model="Alpha 99") for side in ("at_least", "below"))
    assert 0.0 < missed < 1.0
    assert reached + missed == pytest.approx(1.0, abs=0.01)


SERIES = [
    ({"evaluator": "Epoch AI"}, {}),
    ({"evaluator": "Epoch AI"}, {"evaluator": ["Epoch AI", "vendor-reported"]}),
    ({"evaluator": ["Epoch AI", "vendor-reported"]}, {}),
    ({"evaluator": "Epoch AI", "version": "v2"}, {"evaluator": "Epoch AI"}),
    ({"evaluator": "Epoch AI", "version": "v2"}, {"version": "v2"}),
    ({"version": "v2", "setting": "high"}, {"setting": "high"}),
    ({"evaluator": "epoch ai", "organisation": "A"}, {"evaluator": "Epoch AI"}),
    ({"evaluator": "Epoch AI", "organisation": "A"}, {"organisation": "A"}),
]
"""Pairs of scopes of which the first is the narrower one."""


@pytest.mark.parametrize(("narrow", "wide"), SERIES, ids=str)
def test_scores_of_one_evaluator_version_or_setting_are_never_likelier_than_of_any(probability, bars, narrow, wide):
    for bar in bars:
        for until in (DAY + dt.timedelta(days=100), DAY + dt.timedelta(days=400)):
            assert probability(above(bar), until, **narrow) <= probability(above(bar), until, **wide) + 1e-12


def test_what_one_evaluator_measured_prices_its_own_question(desk, results, record):
    """What somebody else measured neither settles it nor starts it."""
    known = known_rows(results, AS_OF)
    for evaluator, own in known.groupby("evaluator")["score"].max().items():
        between = question(above(min(own + 0.001, 0.999)), evaluator=str(evaluator))
        price, judged = (of(between) for of in (lambda q: price_at(desk, q), _judge(results)))
        assert judged.status.value == price.status.value == "open"
        assert price.probability < 0.95
        assert price.reasons[0].startswith(f"the record on {TASK} is {own:.4g} of ")
        shown = question(above(float(own)), evaluator=str(evaluator))
        assert price_at(desk, shown).status.value == _judge(results)(shown).status.value == "yes"
    assert known.groupby("evaluator")["score"].max().nunique() > 1


def _judge(results):
    evidence = Evidence(results, make_tasks(), bundled_metrics())
    return lambda asked: resolve(asked, evidence, as_of=AS_OF)


def test_one_evaluators_day_number_and_leaders_agree_with_its_thresholds(desk, probability, bars):
    scope, place = {"evaluator": "Epoch AI"}, {"task": TASK, "benchmark": TASK}
    until = DAY + dt.timedelta(days=300)
    number = price_at(desk, question({"kind": "numeric", **place}, until, **scope)).answer.table
    median = float(number.loc[number["level"] == 0.5, "value"].iloc[0])
    assert probability(above(median), until, **scope) >= 0.5 >= probability(above(median + 1e-9), until, **scope) - 1e-3
    days = price_at(desk, question({"kind": "date", **place, "score": bars[1]}, until, **scope)).answer.table
    assert days["probability"].iloc[-2] == pytest.approx(probability(above(bars[1]), until, **scope), abs=0.02)
    options = price_at(desk, question({"kind": "choice", **place, "of": "organisation"}, until, **scope)).answer.table
    assert options["probability"].sum() == pytest.approx(1.0)


@pytest.mark.parametrize("evaluator", ["Late", "Artificial Analysis"])
def test_an_evaluator_without_a_score_is_named_and_never_read_as_any(desk, bars, evaluator):
    with pytest.raises(DataError, match=rf"evaluator {evaluator}.*Epoch AI \("):
        price_at(desk, question(above(bars[0]), evaluator=evaluator))


def test_all_of_a_short_test_is_had_by_whoever_fails_on_less_than_half_an_example(desk, tables):
    """All of AIME 2025 once cost .001 because no draw of a continuous score is ever 1."""
    trained = desk.futures._trained
    about = trained.state.world.tasks
    short = replace(trained.state.world, tasks=about.assign(n_examples=20.0))
    futures = RecordFutures(tables, DAY, {}, draws=1000, seed=0, cache=None)
    futures._trained = replace(trained, state=replace(trained.state, world=short))
    until = DAY + dt.timedelta(days=700)
    for scope in (Scope(), Scope(organisation=("A",)), Scope(model=("Alpha 99",))):
        for most, least in ((1.0, 0.9751), (0.99, 0.9751)):
            perfect, nearly = (
                Threshold(task=TASK, benchmark=TASK, score=score).foretell(futures, scope, until).mean()
                for score in (most, least)
            )
            assert perfect == nearly > 0.0
    plain = Threshold(task=TASK, benchmark=TASK, score=1.0).foretell(desk.futures, Scope(), until)
    assert not plain.any()


@pytest.mark.slow
def test_some_who_are_told_by_date_never_cost_more_than_all_who_are_priced_by_scale(tables):
    """Of a test with few models by date all are priced by scale, and an organisation without a family there was not."""
    few = tables.scores[(tables.scores["task"] == TASK) & (tables.scores["known_on"] <= AS_OF)]
    few = few[few["model"].str.startswith("Gamma")].tail(4).assign(task="task00", score=[0.9, 0.92, 0.94, 0.96])
    about = tables.benchmarks.iloc[:1].assign(task="task00", benchmark="world", unit="share")
    both = as_tables(
        pd.concat([tables.scores, few]), tables.releases, pd.concat([tables.benchmarks, about], ignore_index=True)
    )
    futures = RecordFutures(both, DAY, {}, draws=200, seed=0, cache=None)
    known = Tables(make_results(), make_tasks(), bundled_metrics())
    mixed = Desk(known, DAY, predictor="persistence", recalibrate=False, futures=futures)
    asked = {"kind": "threshold", "task": "task00", "benchmark": "world", "score": 0.98}
    whole, own = (price_at(mixed, question(asked, **scope), interval=False) for scope in ({}, {"organisation": "C"}))
    assert (whole.predictor, own.predictor) == ("persistence", "by date")
    assert own.probability <= whole.probability


def test_complement_and_union(probability, bars):
    low, high = above(bars[1]), above(bars[2])
    assert probability({"kind": "not", "of": low}) == pytest.approx(1.0 - probability(low))
    either = probability({"kind": "any_of", "of": [low, high]})
    both = probability({"kind": "all_of", "of": [low, high]})
    assert either == pytest.approx(probability(low))
    assert both == pytest.approx(probability(high))


def test_the_same_question_under_other_names_has_one_price(probability, bars):
    again = {"kind": "threshold", "task": TASK, "score": bars[1]}
    assert probability(again) == probability(above(bars[1])) == probability(above(bars[1], scope={"over": "any"}))


def test_options_sum_to_one_and_agree_with_whether_one_of_them_leads(desk, probability):
    choice = price_at(desk, question({"kind": "choice", "task": TASK, "benchmark": TASK, "of": "organisation"}))
    shares = choice.answer.table.set_index("option")["probability"]
    assert shares.sum() == pytest.approx(1.0)
    assert np.isnan(choice.probability)
    for name in ("A", "B", "C"):
        leads = probability({"kind": "leads", "task": TASK, "benchmark": TASK, "of": "organisation", "who": name})
        assert leads == pytest.approx(shares.get(name, 0.0), abs=0.006)


@pytest.mark.parametrize("days", [100, 500])
def test_who_leads_is_ahead_of_everybody_else(probability, days):
    """Where who leads today keeps the lead against a draw, the other was once level with it."""
    until, place = DAY + dt.timedelta(days=days), {"task": TASK, "benchmark": TASK}
    for name in ("A", "B", "C"):
        leads = probability({"kind": "leads", **place, "of": "organisation", "who": name}, until)
        for other in {"A", "B", "C"} - {name}:
            sides = {"ahead": {"organisation": name}, "behind": {"organisation": other}, "margin": 0.0}
            assert leads <= probability({"kind": "lead_margin", **place, **sides, "side": "above"}, until) + 1e-12


def test_the_day_of_a_first_agrees_with_thresholds_by_each_day(desk, probability, bars):
    until = DAY + dt.timedelta(days=700)
    dated = price_at(desk, question({**above(bars[1]), "kind": "date"}, until)).answer.table
    assert dated["probability"].iloc[:-1].is_monotonic_increasing
    assert dated["probability"].iloc[-2] + dated["probability"].iloc[-1] == pytest.approx(1.0)
    last = dated["by"].iloc[-2]
    assert dated["probability"].iloc[-2] == pytest.approx(probability(above(bars[1]), until=last), abs=0.002)


def test_a_number_agrees_with_thresholds(desk, probability):
    table = price_at(desk, question({"kind": "numeric", "task": TASK, "benchmark": TASK})).answer.table
    median = float(table.set_index("level")["value"][0.5])
    assert probability(above(median - 1e-9)) >= 0.499
    assert probability(above(median + 1e-9)) <= 0.501


def test_a_lead_and_its_opposite(probability):
    lead = {"kind": "lead_margin", "task": TASK, "benchmark": TASK, "ahead": {"organisation": "A"}}
    lead |= {"behind": {"organisation": "B"}, "margin": 0.0}
    ahead, behind = probability({**lead, "side": "above"}), probability({**lead, "side": "at_most"})
    assert ahead + behind == pytest.approx(1.0)
    swapped = {**lead, "ahead": lead["behind"], "behind": lead["ahead"], "side": "at_least"}
    assert probability(swapped) == pytest.approx(behind)
    assert probability({**lead, "side": "above", "margin": 0.02}) <= ahead


def test_a_model_to_come_is_never_likelier_than_its_maker(probability, bars):
    """ "Alpha 99" is nobody's yet: it is forecast as the next of its line, and dealt to its maker's records."""
    for bar in bars:
        own, maker = probability(above(bar), model="Alpha 99"), probability(above(bar), organisation="A")
        assert own <= maker
    assert probability(above(bars[0]), model="Alpha 99") > 0.05


def test_a_model_with_a_score_keeps_it_as_a_rival(probability, results, record):
    known = known_rows(results, AS_OF).sort_values("score")
    best, other = known.iloc[-1], known.iloc[len(known) // 2]
    lead = {"kind": "lead_margin", "task": TASK, "benchmark": TASK, "ahead": {}, "margin": 0.0, "side": "above"}
    assert probability({**lead, "behind": {"model": str(other["model"])}}) > 0.99
    beaten = probability({**lead, "behind": {"model": str(best["model"])}})
    assert beaten == pytest.approx(probability(above(record, side="above")), abs=1e-9)


def test_a_model_of_no_known_line_is_refused_and_none_to_come_leads(desk, bars):
    with pytest.raises(DataError, match="Zeta 1"):
        price_at(desk, question(above(bars[0]), model="Zeta 1"))
    leads = {"kind": "leads", "task": TASK, "benchmark": TASK, "of": "model", "who": "Alpha 99"}
    with pytest.raises(DataError, match="told by their maker"):
        price_at(desk, question(leads))


def test_whatever_implies_another_question_is_no_likelier(desk, probability, bars, record):
    """Pairs (A, B) of which A implies B, over kinds, scopes, bars and days."""
    days = [DAY + dt.timedelta(days=days) for days in (60, 200, 400)]
    scopes = [{}, {"organisation": "A"}, {"organisation": ["A", "B"]}, {"line": "Alpha"}, {"weights": "open"}]
    within = {0: [], 1: [2, 0], 2: [0], 3: [1, 2, 0], 4: [0]}
    first = {"task": TASK, "benchmark": TASK, "of": "organisation"}
    for i, day in enumerate(days):
        for j, bar in enumerate(bars):
            for k, scope in enumerate(scopes):
                price = probability(above(bar), until=day, **scope)
                for wider in within[k]:
                    assert price <= probability(above(bar), until=day, **scopes[wider]) + 1e-12
                assert price <= min(probability(above(lower), until=day, **scope) for lower in bars[: j + 1]) + 1e-12
                assert price <= min(probability(above(bar), until=later, **scope) for later in days[i:]) + 1e-12
            between = {"kind": "all_of", "of": [above(bar), {"kind": "not", "of": above(bars[-1], side="above")}]}
            own, top = probability(above(bar), until=day), probability(above(bars[-1], side="above"), until=day)
            assert probability(between, until=day) == pytest.approx(own - top, abs=1e-3)
            reached = {"kind": "leads", **first, "who": "A", "score": bar}
            assert probability(reached, until=day) <= probability(above(bar), until=day, organisation="A") + 1e-3


def test_how_likely_it_is_measured_is_told_apart(desk, bars):
    price = price_at(desk, question(above(bars[1])))
    (_, measured), (_, given), (_, whole) = price.moved
    assert whole == pytest.approx(price.probability, abs=1e-3)
    assert 0.0 < measured * given <= whole + 1e-3
    assert np.isnan(price.low)


def test_what_wround_to_test_is_settled_by_ask_as_by_resolve_from_its_day_on(desk, results):
    known = known_rows(results, AS_OF).sort_values("score")
    for bar in known["score"].iloc[[len(known) // 2, -1]]:
        asked = question(above(float(bar)))
        price = price_at(desk, asked)
        judged = resolve(asked, Evidence(results, make_tasks(), bundled_metrics()), as_of=AS_OF)
        assert price.status.value == judged.status.value == "yes"
        assert price.probability >= 0.9
        assert judged.reason in price.reasons[0]


def test_what_closed_unsettled_has_the_price_of_its_last_day(desk, tables, results, scores, record):
    later = DAY + dt.timedelta(days=200)
    known = Tables(results, make_tasks(), bundled_metrics())
    futures = RecordFutures(tables, later, {}, draws=1000, seed=0, cache=None, scores=scores)
    after = Desk(known, later, predictor="persistence", recalibrate=False, futures=futures, earlier=lambda day: desk)
    risen = float(known_rows(results, pd.Timestamp(later))["score"].max())
    asked = question(above((record + risen) / 2, if_nothing="open"), DAY)
    assert record < risen, "what is known later would raise the record before its time"
    price, then = price_at(after, asked), price_at(desk, asked)
    assert price.probability == then.probability < 0.5
    assert price.as_of == DAY
    assert price.note.startswith(f"Closed on {DAY} and not settled since (")
    with pytest.raises(DataError, match=r"closed on .* and waits for its judge"):
        events_at(after, asked)
    with pytest.raises(DataError, match=r"closed on .* and waits for its judge \(.*\): .*nothing"):
        price_at(after, question({"kind": "numeric", "task": "nothing", "if_nothing": "open"}, DAY))


def test_what_the_futures_do_not_tell_is_refused_by_name(desk):
    with pytest.raises(DataError, match="asks for a number, and no score by date in accuracy on nothing"):
        price_at(desk, question({"kind": "numeric", "task": "nothing"}))
    with pytest.raises(DataError, match="nothing here tells of plans"):
        price_at(desk, question({"kind": "release", "model": "Widget-9"}))


def test_prices_rest_on_the_days_data_and_not_on_later_rows(tables, results, bars):
    later = tables.scores.assign(known_on=pd.Timestamp(DAY) + pd.Timedelta(days=5), score=0.999)
    both = as_tables(
        pd.concat([tables.scores, later.assign(seen_on=later["known_on"])]), tables.releases, tables.benchmarks
    )
    asked = question(above(bars[1]))
    priced = []
    for one in (tables, both):
        futures = RecordFutures(one, DAY, {}, draws=200, seed=0, cache=None)
        priced.append(asked.criterion.foretell(futures, asked.scope, asked.resolve_by.date()).mean())
    assert priced[0] == priced[1]


def test_a_number_is_never_below_a_score_that_is_known(desk, results, record):
    """Tables by scale may hold a higher score than those by date."""
    higher = results.iloc[:1].assign(model="known elsewhere", score=record + 0.9 * (1.0 - record), known_on=AS_OF)
    known = Tables(pd.concat([results, higher], ignore_index=True), make_tasks(), bundled_metrics())
    other = Desk(known, DAY, predictor="persistence", recalibrate=False, futures=desk.futures)
    table = price_at(other, question({"kind": "numeric", "task": TASK, "benchmark": TASK})).answer.table
    assert table["value"].min() >= float(higher["score"].iloc[0])


@pytest.mark.parametrize("standing", [False, True])
def test_what_moved_a_price_by_date_adds_up_to_it(standing):
    """P = P(measured) P(event | measured) + P(not) P(event | not), the last told where it is more than nothing."""
    new = np.arange(10) < 7
    values = (np.arange(10) < 4) | (standing & ~new)
    told = Foretold(values, new, ())
    parts = dict(told.apart)
    measured, given = parts["that any model is newly measured in time"], parts["what is asked, given that one is"]
    otherwise = parts.get("what is asked, given that none is", 0.0)
    assert ("what is asked, given that none is" in parts) == standing
    assert measured * given + (1 - measured) * otherwise == pytest.approx(values.mean())


def test_a_perfect_score_is_half_an_item_short_of_all_of_them(tables):
    """No score lies between one item less and all: a share that comes nearer is all, by a day and as a day."""
    items = tables.benchmarks["task"] == TASK
    short = as_tables(tables.scores, tables.releases, tables.benchmarks.assign(n_examples=np.where(items, 3.0, 500.0)))
    futures = RecordFutures(short, DAY, {}, draws=1000, seed=0, cache=None)
    asked = question(above(1.0, side="at_least"))
    until = asked.resolve_by.date()
    best = futures.best(asked.criterion, asked.scope, until)
    first = futures.first_day(asked.criterion, asked.scope, asked.criterion.line)
    reached = asked.criterion.foretell(futures, asked.scope, until)
    assert 0.0 < reached.mean() < 1.0
    assert not ((best > 1.0 - 0.5 / 3.0) & (best < 1.0)).any()
    assert (reached != (first <= np.datetime64(until))).mean() < 0.01
    assert not question(above(1.0, side="above")).criterion.foretell(futures, asked.scope, until).any()


def test_a_test_without_dated_scores_is_told_by_releases_and_says_so_first(tables):
    """Where the dated reading knows nothing of a test; never unless asked, and nothing else is read otherwise."""
    undated = tables.scores["task"] == TASK
    late = tables.scores.assign(
        known_basis=tables.scores["known_basis"].where(~undated, "not before"),
        seen_on=tables.scores["seen_on"].where(~undated, AS_OF + pd.Timedelta(days=90)),
    )
    mixed = as_tables(late, tables.releases, tables.benchmarks)
    asked = question(above(0.9))
    of = {"draws": 200, "seed": 0, "cache": None}
    wide = RecordFutures(mixed, DAY, {}, widen=True, **of)
    told = foretell(wide, asked.criterion, asked.scope, asked.resolve_by.date())
    assert "no score on shares 2 was dated" in told.note
    counted = mixed.scores[undated & (mixed.scores["known_on"] <= AS_OF)]
    assert f"the record on {TASK} is {counted['score'].max():.4g}" in told.said[0]
    assert 0.0 < told.values.mean() < 1.0
    with pytest.raises(Untold, match="`--release-dates` counts them"):
        foretell(RecordFutures(mixed, DAY, {}, **of), asked.criterion, asked.scope, asked.resolve_by.date())
    other = asked.criterion.model_copy(update={"task": "shares 1", "benchmark": "shares 1"})
    assert not foretell(wide, other, asked.scope, asked.resolve_by.date()).note
