"""The worst bug this project can have: a forecast that has seen what it may not know.

Everything that a fold may not know is changed (scores, examples, tuning, tokens, compute, dates), taken away or added
(`tests.hidden`); not one byte of what is said may move. The controls change what may be known, and it must move. The
quick tests stand first: `benchmarks.mutants` drops and turns every condition of the rule and expects one to fail.
"""

import dataclasses
import functools

import numpy as np
import pandas as pd
import pytest

from scale_forecast.backtests.run import backtest
from scale_forecast.backtests.training import Trained, past_folds
from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.data.errors import UsageError
from scale_forecast.data.load import Tables
from scale_forecast.data.results import as_results
from scale_forecast.data.scale import target_scale
from scale_forecast.explanation import explain_upcoming
from scale_forecast.features.transitions import family_rows, feature_table, observed_steps, target_steps
from scale_forecast.inputs.folds import Exclusion, folds_of
from scale_forecast.inputs.known import known_scores
from scale_forecast.inputs.panel import Panel, as_panel
from scale_forecast.inputs.targets import upcoming_target
from scale_forecast.predictors.registry import PREDICTORS, make
from scale_forecast.pricing import Desk, price_at
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.show.report.contents import gather
from scale_forecast.upcoming import predict_upcoming
from tests.hidden import DATED, FOREVER, RELEASED, TARGET, changed, hidden, make_known_results, with_rows
from tests.worlds import TASKS as MANY
from tests.worlds import make_panel, make_tasks

SAID = ["median", "mean", "q05", "q10", "q25", "q75", "q90", "q95", "prob_gain", "trend"]
QUICK = ["pooled", "drift"]
"""One that pools all lines, one that reads the family alone; both learn their spread from past forecasts."""
TASKS = MANY[:5]
BASE = make_known_results(TASKS)
DAY_BEFORE = RELEASED - pd.Timedelta(days=1)
LARGE = 1e11
"""Parameters of `TARGET`."""


def hidden_from_live(results, as_of=None):
    """What a forecast of a model of the target's size may not know on a day, or at any time."""
    out = hidden(results, dated=as_of is not None)
    return out if as_of is None else out | ~(results["known_on"] <= as_of).to_numpy()


def worlds(*sorts, mask=hidden_from_live, **options):
    """The base world, and three that differ in what ``mask`` says may not be known: other rows, more rows, and both."""
    key = (*map(id, sorts), mask, *options.items())
    if key not in _WORLDS:
        more = with_rows(BASE, *sorts)
        _WORLDS[key] = [
            BASE,
            changed(BASE, mask(BASE, **options)),
            more,
            changed(more, mask(more, **options), seed=2),
        ]
    return _WORLDS[key]


_WORLDS: dict[tuple, list[pd.DataFrame]] = {}
_PANELS: dict[int, tuple[pd.DataFrame, Panel]] = {}


def panel_of(results):
    """Made once for each table, which is kept so that no other has its id."""
    if id(results) not in _PANELS:
        _PANELS[id(results)] = results, make_panel(results)
    return _PANELS[id(results)][1]


AT_ONCE, EACH = slice(0, 4, 3), slice(4)
one_by_one = pytest.mark.parametrize("taken", [AT_ONCE, EACH], ids=["at once", "each"])
"""The base world beside the last one alone, in which everything differs at once; or beside each of the others."""


def assert_same_bytes(said):
    """Of tables, or of strings."""
    first, *others = [one if isinstance(one, str) else one.to_csv(index=False) for one in said]
    assert len(first) > 100
    assert len(others) in (1, 3)
    for name, other in zip(("changed", "more", "more and changed")[-len(others) :], others, strict=True):
        assert other == first, name


# --- the rule ---------------------------------------------------------------------------------------------------------

FULL = with_rows(BASE, FOREVER, DATED)
OTHERS = ["Alpha 0", "Alpha 1", "Alpha 2", "Alpha 3"]
OTHERS += [f"Alpha-tuned {j}" for j in range(4)] + ["Gamma 0", "Gamma 1", "Delta 0", "Sigma 0"]
LATER = ["Gamma 2", "Delta 1", "Delta 2", "Omega 0", "Omega 1", "Omega 2", "Alpha 9"]
OWN = ["Beta 0", "Beta 1", "Beta 2"]
SMALLER_KIN = ["Beta 1.5", "Beta-tuned 0", "Beta-tuned 0.2"]
LATE_KIN = ["Beta late", "Beta-plain 0", "Beta-tuned 0.5", "Beta-tuned 1", "Beta-tuned 2"]


def folds(results, kind, *, dated):
    found = [fold for fold in folds_of(panel_of(results), kind, [TARGET]) if fold.target.family == "Beta"]
    found = [fold for fold in found if fold.date_limited == dated]
    assert found
    return found


@pytest.mark.parametrize(
    ("kind", "dated", "also"),
    [("next-scale", True, []), ("leave-family-out", True, []), ("leave-family-out", False, [*LATE_KIN, *LATER])],
)
def test_a_forecast_reads_exactly_what_it_may_know(kind, dated, also):
    """Smaller kin that was out, of the own family whenever scored; of other lines what was public, of any size.

    What came out with the target counts as its makers' own.
    """
    (made,) = folds(FULL, kind, dated=dated)
    assert set(made.evidence.rows["model"].astype(str)) == {*OWN, *SMALLER_KIN, *OTHERS, *also}


@pytest.mark.parametrize("dated", [False, True])
def test_what_is_learned_for_a_line_is_of_other_lines_alone(dated):
    panel, day = panel_of(FULL), DAY_BEFORE if dated else None
    allowed = panel.rows[Exclusion("Beta", as_of=day).allows(panel)]
    assert set(allowed["model"].astype(str)) == {*OTHERS, *([] if dated else LATER)}


def test_what_is_learned_for_the_next_scale_is_smaller_or_of_other_lines_and_was_public():
    """A model of the family that was scored later serves as evidence alone."""
    (made,) = folds(FULL, "next-scale", dated=True)
    panel = panel_of(FULL)
    allowed = panel.rows[made.exclusion.allows(panel)]
    assert set(allowed["model"].astype(str)) == {*OWN, "Beta-tuned 0", *OTHERS}


@pytest.mark.parametrize("as_of", [None, DAY_BEFORE])
def test_a_live_forecast_reads_exactly_what_it_may_know(as_of):
    panel, target, _ = target_of(FULL, as_of)
    read = set(predict_upcoming(panel, target, predictor="drift", as_of=as_of).evidence.rows["model"].astype(str))
    undated = [] if as_of else ["Beta 1.5", "Beta-tuned 0.2", *LATE_KIN, *LATER]
    assert read == {*OWN, "Beta-tuned 0", *OTHERS, *undated}


def test_no_checkpoint_of_the_target_is_read_where_nobodys_parameters_are_known():
    """It was trained with less compute, and nothing else tells it from a smaller model."""
    results = with_rows(BASE, FOREVER).assign(params=np.nan)
    results = results[results["train_flops"].notna() & (results["model"] != "Beta wide")]
    (made,) = folds(as_results(results), "next-scale", dated=True)
    panel = panel_of(as_results(results))
    for rows in (made.evidence.rows, panel.rows[made.exclusion.allows(panel)]):
        assert set(rows.loc[rows["line"] == "Beta", "model"].astype(str)) <= {*OWN, *SMALLER_KIN}


def test_a_name_decides_only_where_no_size_does():
    """A sibling of unknown parameters is read by its compute, and a small model that is called like the target too."""
    small = {"tuning": "instruct", "released": "2021-01-03"}
    dark = {
        "model": "Beta-dark 0",
        "family": "Beta-dark",
        "params": np.nan,
        "train_flops": 2e21,
        "train_tokens": np.nan,
    }
    called = {"model": "Beta-3-chat", "family": "Beta-lite", "params": 7e8}
    (made,) = folds(
        with_rows(BASE, {"dark": {**dark, **small}, "called": {**called, **small}}), "next-scale", dated=True
    )
    read = set(made.evidence.rows["model"].astype(str))
    assert read == {*OWN, *SMALLER_KIN, *OTHERS, "Beta-dark 0", "Beta-3-chat"}


@pytest.mark.parametrize("without", ["target", "smaller", "larger"])
def test_a_family_is_measured_in_compute_where_the_target_and_all_smaller_ones_have_it(without):
    """Whatever larger models say: a step is in decades of one measure, and that of what may be known."""
    names = {"target": [TARGET], "smaller": ["Beta 1"], "larger": ["Beta 4"]}[without]
    results = FULL.copy()
    results.loc[results["model"].isin(names), ["train_tokens", "train_flops"]] = np.nan
    (made,) = folds(results, "next-scale", dated=True)
    own = made.evidence.rows[made.evidence.rows["family"] == "Beta"]
    column = "train_flops" if without == "larger" else "params"
    np.testing.assert_allclose(own["scale"], np.log10(own[column]))
    size = {"train_flops": 1.8e23, "params": LARGE}[column]
    np.testing.assert_allclose(made.rows["scale"], np.log10(size))
    assert (made.rows["origin_model"] == "Beta 2").all()


def test_a_sibling_without_a_place_on_the_familys_measure_is_no_step_of_it():
    """Parameters measure a family of which one model's compute is not known; one of unknown parameters has none."""
    results = BASE.copy()
    results.loc[results["model"].isin(["Beta 2", "Gamma 1"]), "params"] = np.nan
    results.loc[results["model"].isin(["Beta 1", "Gamma 0"]), ["train_tokens", "train_flops"]] = np.nan
    (made,) = folds(results, "next-scale", dated=True)
    assert set(made.rows["origin_model"].astype(str)) == {"Beta 1.5"}
    rows = made.evidence.rows
    assert rows["scale"][rows["family"] == "Beta"].notna().all()
    assert "Gamma 1" in set(rows["model"]), "another family's model is placed by its compute"
    _, notes = upcoming_target(panel_of(results), "Beta", LARGE)
    assert any("Beta 2" in note and "parameters" in note for note in notes)


# --- backtest ---------------------------------------------------------------------------------------------------------


def backtested(results, kind, *, dated, predictors=QUICK):
    if results is BASE:
        return backtested_base(kind, dated, tuple(predictors))
    return backtest_of(results, kind, dated, predictors)


@functools.cache
def backtested_base(kind, dated, predictors):
    return backtest_of(BASE, kind, dated, list(predictors))


def backtest_of(results, kind, dated, predictors):
    panel = panel_of(results)
    table = backtest(panel, folds(results, kind, dated=dated), predictors)
    kept = [name for name in SAID if name in table]
    return table[["predictor", "fold", "task", "distance", "origin_score", "n_examples", *kept]]


@one_by_one
@pytest.mark.parametrize("kind", ["next-scale", "leave-family-out"])
def test_a_dated_backtest_says_the_same_whatever_came_later_or_is_as_large(kind, taken):
    assert_same_bytes(backtested(r, kind, dated=True) for r in worlds(FOREVER, DATED, mask=hidden, dated=True)[taken])


@one_by_one
def test_an_undated_backtest_says_the_same_whatever_of_its_line_is_as_large(taken):
    made = (backtested(r, "leave-family-out", dated=False) for r in worlds(FOREVER, mask=hidden, dated=False)[taken])
    assert_same_bytes(made)


def test_all_that_any_predictor_learns_from_or_reads_is_the_same():
    """A predictor is given past forecasts, then the rows and the evidence of one, and nothing else."""

    def given(results):
        (made,) = folds(results, "leave-family-out", dated=True)
        past = past_folds(panel_of(results), made.exclusion)
        tables = [made.rows, made.evidence.rows]
        tables += [table for fold in past for table in (fold.rows, fold.evidence.rows, fold.truth)]
        named = (table.drop(columns=table.filter(like="_code")) for table in tables)
        return "".join(pd.util.hash_pandas_object(table).to_numpy().tobytes().hex() for table in named)

    assert_same_bytes(given(r) for r in worlds(FOREVER, DATED, mask=hidden, dated=True)[AT_ONCE])


@pytest.mark.parametrize("predictor", PREDICTORS)
def test_no_predictor_tells_worlds_apart_that_differ_in_what_it_may_not_know(predictor):
    """Nor by the codes of names, which are other numbers where there are more names."""

    assert_same_bytes(make(predictor).predict(*given).knots.tobytes().hex() for given in rows_and_evidence())


@functools.cache
def rows_and_evidence():
    """Of the target's fold in either world."""
    made = [
        folds(results, "leave-family-out", dated=True)[0]
        for results in worlds(FOREVER, DATED, mask=hidden, dated=True)[AT_ONCE]
    ]
    return [(fold.rows, fold.evidence) for fold in made]


@pytest.mark.parametrize(
    ("model", "dated"), [("Beta 1.5", True), ("Beta-tuned 0", True), ("Alpha-tuned 3", True), ("Delta 2", False)]
)
def test_a_backtest_does_move_with_what_it_may_know(model, dated):
    other = changed(BASE, (BASE["model"] == model).to_numpy())
    kind = "leave-family-out"
    tables = [backtested(r, kind, dated=dated, predictors=["pooled"]) for r in (BASE, other)]
    assert (tables[0]["median"] != tables[1]["median"]).any()


def test_what_is_learned_for_a_line_moves_with_other_lines_alone():
    def learned(results):
        state = Trained(panel_of(results)).get("pooled", Exclusion("Beta")).state()
        return b"".join(np.asarray(value).tobytes() for value in state.values())

    before = learned(BASE)
    more = with_rows(BASE, FOREVER)
    assert before == learned(changed(more, (more["line"] == "Beta").to_numpy()))
    for other in ("Gamma 1", "Alpha-tuned 2"):
        assert before != learned(changed(BASE, (BASE["model"] == other).to_numpy())), other


# --- leave-task-out and by-year ---------------------------------------------------------------------------------------


def test_leave_task_out_knows_neither_the_task_of_other_lines_nor_an_average_that_contains_it():
    average = BASE[BASE["task"] == TASKS[0]].assign(task="average")
    results = as_results(pd.concat([BASE, average.drop(columns="stderr")], ignore_index=True))
    tasks = make_tasks([*TASKS, "average"])
    tasks.loc[tasks["task"] == "average", "aggregate_of"] = "world: all"

    panel = as_panel(results, tasks, bundled_metrics())
    made = list(folds_of(panel, "leave-task-out", [TARGET]))
    assert len(made) > 1
    for fold in made:
        out = {*fold.rows["task"].astype(str), "average"}
        learned = panel.rows[fold.exclusion.allows(panel)]
        own = (fold.evidence.rows["family"] == "Beta").to_numpy()
        assert set(fold.evidence.rows["task"][own].astype(str)) == {*TASKS, "average"}
        for others in (fold.evidence.rows[~own], learned):
            assert set(others["task"].astype(str)) == {*TASKS} - out
            assert {"Alpha 3", "Delta 2"} <= set(others["model"].astype(str))
        assert "Beta-tuned 0" in set(fold.evidence.rows["model"].astype(str))
        assert "Beta" not in set(learned["line"].astype(str))


@one_by_one
def test_by_year_knows_nothing_of_what_came_later(taken):
    def table(results):
        panel = panel_of(results)
        made = [fold for fold in folds_of(panel, "by-year", ["Beta 1", TARGET]) if fold.name == "by-year 2022"]
        said = backtest(panel, made, QUICK)
        return said[["predictor", "fold", "task", *[n for n in SAID if n in said]]]

    first_of_year = pd.Timestamp("2022-01-01")

    def later(results):
        return hidden(results, dated=True, day=first_of_year) | ~(results["known_on"] < first_of_year).to_numpy()

    assert_same_bytes(table(r) for r in worlds(FOREVER, DATED, mask=later)[taken])
    other = changed(BASE, (BASE["model"] == "Gamma 1").to_numpy())
    assert (table(BASE)["median"] != table(other)["median"]).any()


# --- live forecasts ---------------------------------------------------------------------------------------------------


def target_of(results, as_of=None):
    panel = panel_of(results)
    return panel, *upcoming_target(panel, "Beta", LARGE, released=as_of)


def predicted(results, as_of=None, predictor="pooled", **options):
    panel, target, notes = target_of(results, as_of)
    made = predict_upcoming(panel, target, predictor=predictor, as_of=as_of, **options)
    return made.table.to_csv(index=False) + repr(notes) + made.forecast.knots.tobytes().hex()


SORTS = {None: (FOREVER,), DAY_BEFORE: (FOREVER, DATED)}


@one_by_one
@pytest.mark.parametrize("as_of", [None, DAY_BEFORE])
def test_predict_knows_nothing_that_is_as_large_or_came_later(as_of, taken):
    assert_same_bytes(predicted(r, as_of) for r in worlds(*SORTS[as_of], as_of=as_of)[taken])


@pytest.mark.parametrize("as_of", [None, DAY_BEFORE])
@pytest.mark.parametrize(
    "given", [{"params": LARGE}, {"train_flops": 1.8e23}, {"params": LARGE, "train_flops": 1.8e23}]
)
def test_what_describes_an_upcoming_model_comes_from_smaller_models_of_its_family(given, as_of):
    def described(results):
        target, notes = upcoming_target(panel_of(results), "Beta", **{"params": None, **given}, released=as_of)
        return f"{target} {notes}"

    assert_same_bytes(described(r) for r in worlds(*SORTS[as_of], as_of=as_of))


@pytest.mark.parametrize(
    ("model", "predictor"), [("Beta 2", "drift"), ("Beta-tuned 0", "pooled"), ("Delta 2", "pooled")]
)
def test_predict_does_move_with_what_may_be_known(model, predictor):
    other = changed(BASE, (BASE["model"] == model).to_numpy())
    assert predicted(BASE, predictor=predictor) != predicted(other, predictor=predictor)


def test_known_scores_of_what_is_not_forecast_are_refused():
    """They would speak of another task: of the place where theirs would have been."""
    panel, target, _ = target_of(BASE)
    known = known_scores(panel, target, [f"{TASKS[2]}=0.6"])
    assert predict_upcoming(panel, target, predictor="drift", known=known) is not None
    for unit in (-1, int(known["unit"].iloc[0]) + 1000):
        with pytest.raises(UsageError, match="known score"):
            predict_upcoming(panel, target, predictor="drift", known=known.assign(unit=unit))


@one_by_one
@pytest.mark.parametrize("pairs", ["consecutive", "all"])
def test_features_of_known_steps_know_nothing_that_is_as_large_as_the_target(pairs, taken):
    """Nor does the measure of the steps; a step to a larger model may have other origins, and is not looked at."""

    def table(results):
        steps = observed_steps(results, pairs=pairs)
        steps = steps[(steps["family"] == "Beta") & (steps["target_model"] == TARGET)]
        made = feature_table(results, make_tasks(), bundled_metrics(), steps)
        return made

    assert_same_bytes(table(r) for r in worlds(FOREVER, DATED, mask=hidden, dated=True)[taken])
    other = changed(BASE, (BASE["model"] == "Beta 1").to_numpy())
    assert table(BASE).to_csv() != table(other).to_csv()


@one_by_one
@pytest.mark.parametrize("as_of", [None, DAY_BEFORE])
def test_features_of_an_upcoming_model_know_nothing_that_is_as_large_or_came_later(as_of, taken):
    def table(results):
        scale, assumed = target_scale(family_rows(results, "Beta", as_of=as_of), params=LARGE)
        steps = target_steps(results, "Beta", scale, params=LARGE, as_of=as_of, released=as_of)
        return feature_table(results, make_tasks(), bundled_metrics(), steps, as_of=as_of).assign(assumed=assumed)

    assert_same_bytes(table(r) for r in worlds(*SORTS[as_of], as_of=as_of)[taken])


QUESTION = {
    "id": "q", "title": "asked", "scope": {"model": "Beta 100B"}, "opened": "2022-01-31", "resolve_by": "2023-06-15",
}  # fmt: skip
CRITERIA = [
    {"kind": "threshold", "task": TASKS[0], "score": 0.7},
    {"kind": "comparison", "task": TASKS[1], "better": {"model": "Beta 100B"}, "worse": {"model": "Beta 2"}},
]


@one_by_one
@pytest.mark.parametrize("criterion", CRITERIA, ids=lambda criterion: criterion["kind"])
def test_ask_knows_nothing_that_is_as_large_or_came_later(criterion, taken):
    asked = Question.model_validate({**QUESTION, "criterion": criterion})

    def said(results):
        tables = Tables(results, make_tasks(), bundled_metrics())
        made = price_at(Desk(tables, DAY_BEFORE.date(), predictor="drift", recalibrate=False), asked)
        return repr(dataclasses.replace(made, note="", stale=None))  # how old tables are, which any row tells

    assert_same_bytes(said(r) for r in worlds(*SORTS[DAY_BEFORE], as_of=DAY_BEFORE)[taken])
    moved = changed(BASE, (BASE["model"] == "Beta 1").to_numpy())
    assert said(BASE) != said(moved)


def reported(results, as_of=None):
    panel, target, _ = target_of(results, as_of)
    made = gather(panel, target, results, predictor="drift", as_of=as_of, before=True)
    tables = [made.tasks, made.history, made.average, made.sources, made.backtest.scores, made.backtest.summary]
    return "\n".join([*(table.to_csv(index=False) for table in tables), repr(made.facts["Data fingerprint"])])


@one_by_one
@pytest.mark.parametrize("as_of", [None, DAY_BEFORE])
def test_report_knows_nothing_that_is_as_large_or_came_later(as_of, taken):
    """Nor does the fingerprint of what it was made from."""
    assert_same_bytes(reported(r, as_of) for r in worlds(*SORTS[as_of], as_of=as_of)[taken])


def test_explain_knows_nothing_that_is_as_large_or_came_later():
    def explained(results):
        panel, target, _ = target_of(results, DAY_BEFORE)
        return explain_upcoming(panel, target, (TASKS[0],), as_of=DAY_BEFORE).as_long().to_csv()

    first, *_, last = worlds(*SORTS[DAY_BEFORE], as_of=DAY_BEFORE)
    assert explained(first) == explained(last)


def test_a_kept_state_holds_no_more_than_may_be_known(tmp_path):
    first, *_, last = worlds(*SORTS[None])
    cold, warm, other = (predicted(r, predictor="stack", cache=tmp_path) for r in (first, first, last))
    assert cold == warm == other


@pytest.mark.parametrize("kind", ["next-scale", "leave-family-out"])
def test_no_predictor_knows_what_a_backtest_may_not(kind):
    """All of them, on everything at once."""
    first, *_, last = worlds(FOREVER, DATED, mask=hidden, dated=True)
    tables = [backtested(r, kind, dated=True, predictors=list(PREDICTORS)) for r in (first, last)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)
