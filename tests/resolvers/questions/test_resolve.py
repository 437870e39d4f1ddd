"""The judge: a table of cases per kind of criterion, and the promises that hold for all of them."""

import datetime as dt
from functools import cache

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scale_forecast.data.catalog import bundled_metrics, bundled_results, bundled_tasks
from scale_forecast.data.results import as_results
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import resolve, resolve_all
from tests.thorough import tries

TASKS, METRICS = bundled_tasks().head(1), bundled_metrics()
DEADLINE = "2024-01-01"
BEFORE, AFTER = "2023-12-01", "2024-01-02"


def row(score, known_on="2023-01-01", params=1e9, family="Fam", task="t", **more):
    """One published score; its standard error is 0.01 unless stated."""
    model = more.pop("model", f"{family} {params:.0f}")
    return {"task": task, "model": model, "family": family, "params": params, "score": score, "known_on": known_on,
            "stderr": 0.01, "benchmark": "b", **more}  # fmt: skip


def table(*rows):
    """A results table in which, as in several files joined, one key may carry several scores."""
    parts = pd.DataFrame(rows)
    unique = as_results(parts.assign(model=[f"{m}#{i}" for i, m in enumerate(parts["model"])]))
    return unique.assign(model=unique["model"].str.replace(r"#\d+$", "", regex=True))


def evidence(*rows):
    return _evidence(tuple(tuple(r.items()) for r in rows))


@cache
def _evidence(rows):
    return Evidence(table(*map(dict, rows)), TASKS, METRICS)


def ask(criterion, scope="any", **more):
    return Question.model_validate(
        {"id": "q", "title": "q", "criterion": criterion, "scope": scope, "opened": "2022-01-01",
         "resolve_by": DEADLINE, **more}
    )  # fmt: skip


def status(criterion, rows, as_of=AFTER, scope="any", **more):
    """Of a benchmark that is covered until the deadline, so that silence on a task means no."""
    found = evidence(*(rows or [row(0.5, task="another")]), *covering(rows, criterion, scope))
    return resolve(ask(criterion, scope, **more), found, as_of=as_of).status.value


def covering(rows, criterion, scope="any"):
    """Scores on another task of the benchmark, of the deadline's day, in every series that is asked about."""
    series = {name: scope[name] for name in ("tuning", "prompt", "shots") if name in scope} if scope != "all" else {}
    families = {r["family"] for r in rows} | {"Fam", "Other"}
    metric = criterion.get("metric", "accuracy")
    return [row(0.5, DEADLINE, family=f, task="covering", metric=metric, **series) for f in sorted(families)]


REACH = {"kind": "threshold", "task": "t", "score": 0.5}
TURN = {"kind": "reversal", "task": "t"}
SHAPE = {"kind": "u_shape", "task": "t"}


def ladder(*scores, **more):
    """One family's scores at growing sizes."""
    return [row(score, params=10.0 ** (8 + n), **more) for n, score in enumerate(scores)]


@pytest.mark.parametrize(
    ("rows", "as_of", "expected"),
    [
        pytest.param([row(0.5)], AFTER, "yes", id="on the line"),
        pytest.param([row(0.4999)], AFTER, "no", id="below the line"),
        pytest.param([row(0.6)], BEFORE, "yes", id="yes comes early"),
        pytest.param([row(0.4)], BEFORE, "open", id="no does not"),
        pytest.param([row(0.4)], DEADLINE, "open", id="the deadline's own day is not over"),
        pytest.param([row(0.6, DEADLINE)], AFTER, "yes", id="known on the deadline"),
        pytest.param([row(0.6, "2024-01-02")], "2025-01-01", "no", id="late evidence"),
        pytest.param([row(0.6, "2023-06-01")], "2023-05-31", "open", id="not yet known"),
        pytest.param([row(0.6, None)], AFTER, "open", id="undated evidence"),
        pytest.param([], AFTER, "open", id="nothing published"),
        pytest.param([row(0.6, metric="exact_match")], AFTER, "no", id="another metric"),
        pytest.param([row(0.6, checkpoint="step1")], AFTER, "no", id="a checkpoint is no model"),
        pytest.param([row(0.6, source="x"), row(0.4, source="y")], AFTER, "ambiguous", id="sources conflict"),
        pytest.param([row(0.6, source="x"), row(0.7, source="y")], AFTER, "yes", id="conflict that does not matter"),
        pytest.param([row(0.6, source="x"), row(0.6, source="y")], AFTER, "yes", id="the same figure twice"),
        pytest.param(
            [row(0.6, source="x"), row(0.4, "2024-02-01", source="y")], "2025-01-01", "yes", id="late conflict"
        ),
        pytest.param(
            [row(0.6, source="x"), row(0.4, source="y"), row(0.9, family="Other")], AFTER, "yes", id="another is clear"
        ),
    ],
)
def test_threshold(rows, as_of, expected):
    assert status(REACH, rows, as_of) == expected


@pytest.mark.parametrize(
    ("side", "score", "expected"),
    [("at_least", 0.5, "yes"), ("above", 0.5, "no"), ("above", 0.51, "yes"), ("at_most", 0.5, "yes"),
     ("below", 0.5, "no"), ("below", 0.49, "yes")],
)  # fmt: skip
def test_threshold_sides(side, score, expected):
    assert status({**REACH, "side": side}, [row(score)]) == expected


@pytest.mark.parametrize(("score", "expected"), [(5.2, "yes"), (7.0, "no")])
def test_a_line_on_a_metric_whose_lower_scores_are_better_is_reached_from_above(score, expected):
    lower = {**REACH, "metric": "ppl", "score": 6.0}
    assert status(lower, [row(score, metric="ppl")]) == expected
    assert status({**lower, "side": "at_least"}, [row(score, metric="ppl")]) != expected


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({"family": "Fam"}, "yes"),
        ({"family": ["fam", "x"]}, "yes"),
        ({"family": "Other"}, "no"),
        ({"tuning": "rlhf"}, "no"),
        ({"prompt": "cot"}, "no"),
        ({"shots": 5}, "no"),
        ({"min_params": "1B"}, "yes"),
        ({"min_params": "2B"}, "no"),
        ({"max_params": "0.5B"}, "no"),
        ({"min_flops": "1e20"}, "no"),
        ({"model": "fam-1000000000"}, "yes"),
        ({"known_from": "2023-06-01"}, "no"),
        ({"released_from": "2020-01-01"}, "no"),
    ],
)
def test_scope_says_who_counts(scope, expected):
    """A bound on what is unknown of a model (its compute, its release) is not passed."""
    assert status(REACH, [row(0.6)], scope=scope) == expected


def test_all_asks_every_measured_family_and_waits_for_the_deadline():
    both = [row(0.6), row(0.7, family="Other")]
    assert status(REACH, both, BEFORE, "all") == "open"
    assert status(REACH, both, AFTER, "all") == "yes"
    assert status(REACH, [*both, row(0.4, family="Third")], AFTER, "all") == "no"


@pytest.mark.parametrize(
    ("says", "expected"), [("no", "open"), ("annul", "annulled"), ("ambiguous", "ambiguous"), ("open", "open")]
)
def test_what_silence_means_is_the_criterions_to_say(says, expected):
    """Unless it says so, a task that nobody measured is no evidence."""
    for criterion in (REACH, SHAPE, TURN):
        assert status({**criterion, "if_nothing": says}, []) == expected
        assert status({**criterion, "if_nothing": says}, [], BEFORE) == "open"


@pytest.mark.parametrize(
    ("rows", "as_of", "expected"),
    [
        pytest.param(ladder(0.6, 0.4, 0.7), BEFORE, "yes", id="turns, early"),
        pytest.param(ladder(0.6, 0.4, 0.625), AFTER, "no", id="within noise of the best"),
        pytest.param(ladder(0.6, 0.4, 0.55), AFTER, "no", id="recovers but is below the best"),
        pytest.param(ladder(0.6, 0.4), BEFORE, "open", id="fell only"),
        pytest.param(ladder(0.6, 0.4), AFTER, "no", id="fell only, deadline"),
        pytest.param(ladder(0.4, 0.6, 0.7), BEFORE, "open", id="premise still to come"),
        pytest.param(ladder(0.4, 0.6, 0.7), AFTER, "annulled", id="premise missing"),
        pytest.param([*ladder(0.6, 0.4), row(0.7, "2024-03-01", 1e12)], "2025-01-01", "no", id="late evidence"),
        pytest.param([*ladder(0.6, 0.4), row(0.7, params=1e12, family="Other")], AFTER, "no", id="another family's"),
        pytest.param([*ladder(0.6, 0.4), row(0.7, params=1e9, model="rerun")], AFTER, "no", id="same scale as trough"),
        pytest.param(
            [*ladder(0.6, 0.4), row(0.7, params=1e10, source="x"), row(0.5, params=1e10, source="y")],
            AFTER, "ambiguous", id="sources conflict",
        ),
        pytest.param(
            [*ladder(0.6, 0.4), row(0.7, params=1e10, source="x"), row(0.8, params=1e10, source="y")],
            AFTER, "yes", id="conflict that does not matter",
        ),
        pytest.param(
            [*ladder(0.6, 0.4, 0.7), row(0.9, "2023-06-01", params=2e8)], AFTER, "yes", id="shown once is shown"
        ),
    ],
)  # fmt: skip
def test_reversal(rows, as_of, expected):
    assert status(TURN, rows, as_of) == expected


def test_for_a_loss_lower_is_better():
    falling = [{**r, "metric": "loss"} for r in ladder(2.0, 3.0, 1.0)]
    assert status({**TURN, "metric": "loss"}, falling) == "yes"
    assert status({**TURN, "metric": "loss"}, [{**r, "metric": "loss"} for r in ladder(2.0, 1.0, 3.0)]) == "no"


def test_a_size_bound_is_on_the_model_that_turns_not_on_its_past():
    rows = ladder(0.6, 0.4, 0.7)
    assert status(TURN, rows, scope={"min_params": "1e10"}) == "yes"
    assert status(TURN, rows, scope={"min_params": "1e11"}) == "no"


def test_reversal_in_all_families_asks_only_those_that_fell():
    turned, rising = ladder(0.6, 0.4, 0.7), ladder(0.4, 0.6, 0.7, family="Up")
    assert status(TURN, [*turned, *rising], scope="all") == "yes"
    assert status(TURN, [*turned, *ladder(0.6, 0.4, family="Down")], scope="all") == "no"


@pytest.mark.parametrize(
    ("rows", "as_of", "expected"),
    [
        pytest.param(ladder(0.6, 0.4, 0.5), BEFORE, "yes", id="falls and rises"),
        pytest.param(ladder(0.6, 0.4, 0.425), AFTER, "no", id="within noise"),
        pytest.param(ladder(0.4, 0.6, 0.5), AFTER, "no", id="inverted"),
        pytest.param([*ladder(0.6, 0.4), row(0.5, "2024-03-01", 1e12)], "2025-01-01", "no", id="late evidence"),
        pytest.param(
            [*ladder(0.6, 0.4), row(0.5, params=1e10, source="x"), row(0.4, params=1e10, source="y")],
            AFTER, "ambiguous", id="sources conflict",
        ),
        pytest.param(
            [*ladder(0.6, 0.4, 0.5), row(0.3, "2023-06-01", params=1e12)], AFTER, "yes", id="shown once is shown"
        ),
    ],
)  # fmt: skip
def test_u_shape(rows, as_of, expected):
    assert status(SHAPE, rows, as_of) == expected


DUEL = {"kind": "comparison", "task": "t", "better": {"model": "A"}, "worse": {"model": "B"}}


@pytest.mark.parametrize(
    ("rows", "as_of", "expected"),
    [
        pytest.param([row(0.6, model="A"), row(0.5, model="B")], BEFORE, "yes", id="both measured"),
        pytest.param([row(0.5, model="A"), row(0.5, model="B")], AFTER, "no", id="on the line"),
        pytest.param([row(0.6, model="A")], BEFORE, "open", id="one side missing"),
        pytest.param([row(0.6, model="A")], AFTER, "no", id="one side missing at the deadline"),
        pytest.param([row(0.6, model="A"), row(0.5, "2024-02-01", model="B")], "2025-01-01", "no", id="late evidence"),
        pytest.param([row(0.6, model="A", shots=0), row(0.5, model="B", shots=5)], AFTER, "ambiguous", id="not alike"),
        pytest.param(
            [row(0.6, model="A", shots=0), row(0.5, model="B", shots=0),
             row(0.6, model="A", shots=5), row(0.7, model="B", shots=5)],
            AFTER, "ambiguous", id="depends on shots",
        ),
        pytest.param(
            [row(0.6, model="A", source="x"), row(0.4, model="A", source="y"), row(0.5, model="B")],
            AFTER, "ambiguous", id="sources conflict",
        ),
    ],
)  # fmt: skip
def test_comparison(rows, as_of, expected):
    assert status(DUEL, rows, as_of) == expected


def test_comparison_of_families_waits_for_the_deadline_and_margins_count():
    families = {**DUEL, "better": {"family": "F"}, "worse": {"family": "G"}}
    rows = [row(0.52, family="F"), row(0.5, family="G")]
    assert status(families, rows, BEFORE) == "open"
    assert status(families, rows, AFTER) == "yes"
    assert status({**families, "margin": 0.03}, rows) == "no"
    assert status({**families, "beyond_noise": True}, rows) == "no"


def test_numeric():
    rows = [row(0.4), row(0.7, "2023-05-01", 2e9), row(0.9, "2024-02-01", 3e9)]

    def value(statistic, as_of=AFTER, rows=rows, **more):
        question = ask({"kind": "numeric", "task": "t", "statistic": statistic, **more})
        found = resolve(question, evidence(*rows), as_of=as_of)
        return found.status.value, found.value

    assert value("highest") == ("number", 0.7)
    assert value("lowest") == ("number", 0.4)
    assert value("first", BEFORE) == ("number", 0.4)
    assert value("highest", BEFORE) == ("open", None)
    assert value("highest", rows=[row(0.5, task="other")]) == ("annulled", None)
    assert value("highest", rows=[row(0.5, task="other")], if_nothing="open") == ("open", None)
    conflicting = [row(0.4, source="x"), row(0.6, source="y")]
    assert value("highest", rows=conflicting) == ("ambiguous", None)
    assert value("highest", rows=[*conflicting, row(0.9, params=5e9)]) == ("number", 0.9)


def test_first_by_counts_only_what_was_known_by_its_own_date():
    early = {"kind": "first_by", "by": "2023-06-01", "event": REACH}
    assert status(early, [row(0.6, "2023-06-01")]) == "yes"
    assert status(early, [row(0.6, "2023-06-02")]) == "no"
    assert status(early, [row(0.6, "2023-06-02")], BEFORE) == "open"
    assert status({**early, "by": "2025-01-01"}, [row(0.6, "2024-06-01")], "2025-06-01") == "no"
    assert status({**early, "if_nothing": "annul"}, [row(0.6, "2023-06-02")]) == "annulled"


def several(*tasks):
    return [{"kind": "u_shape", "task": t} for t in tasks]


def test_a_count_is_settled_as_soon_as_its_parts_decide_it():
    shaped = [*ladder(0.6, 0.4, 0.5, task="a"), *ladder(0.6, 0.4, 0.5, task="b"), *ladder(0.4, 0.5, task="c")]
    two = {"kind": "count", "at_least": 2, "of": several("a", "b", "c")}
    three = {**two, "at_least": 3}
    assert status(two, shaped, BEFORE) == "yes"
    assert status(three, shaped, BEFORE) == "open"
    assert status(three, shaped, AFTER) == "no"
    assert status({**three, "if_nothing": "open"}, shaped, AFTER) == "open"


CONFLICT = [row(0.6, task="x", source="x"), row(0.4, task="x", source="y")]
PARTS = {
    "yes": {**REACH, "task": "up"},
    "no": {**REACH, "task": "down"},
    "ambiguous": {**REACH, "task": "x"},
    "annulled": {"kind": "reversal", "task": "up"},
    "open": {"kind": "manual", "why": "nobody knows"},
}
POOL = [row(0.6, task="up"), row(0.4, task="down"), *CONFLICT]


@pytest.mark.parametrize(
    ("kind", "parts", "expected"),
    [
        ("all_of", ["yes", "yes"], "yes"),
        ("all_of", ["yes", "no", "open", "ambiguous"], "no"),
        ("all_of", ["yes", "open", "ambiguous"], "open"),
        ("all_of", ["yes", "ambiguous", "annulled"], "ambiguous"),
        ("all_of", ["yes", "annulled"], "annulled"),
        ("any_of", ["no", "yes", "open"], "yes"),
        ("any_of", ["no", "no"], "no"),
        ("any_of", ["no", "open"], "open"),
        ("any_of", ["no", "ambiguous", "annulled"], "ambiguous"),
        ("any_of", ["no", "annulled"], "annulled"),
    ],
)
def test_combinations_keep_open_ambiguous_and_annulled_apart(kind, parts, expected):
    assert status({"kind": kind, "of": [PARTS[p] for p in parts]}, POOL) == expected


@pytest.mark.parametrize(
    ("part", "expected"),
    [("yes", "no"), ("no", "yes"), ("ambiguous", "ambiguous"), ("annulled", "annulled"), ("open", "open")],
)
def test_not_turns_yes_and_no_only(part, expected):
    assert status({"kind": "not", "of": PARTS[part]}, POOL) == expected


def test_a_premise_that_fails_annuls():
    premise = {"criterion": {**REACH, "score": 0.9}, "by": "2023-06-01"}
    assert status(REACH, [row(0.6)], "2023-05-01", premise=premise) == "open"
    assert status(REACH, [row(0.6)], "2023-07-01", premise=premise) == "annulled"
    assert status(REACH, [row(0.95)], "2023-05-01", premise=premise) == "yes"
    assert status(REACH, [row(0.95, "2023-07-01")], "2023-08-01", premise=premise) == "annulled"


def test_a_ruling_decides_from_its_day_on_and_a_disagreement_is_told():
    manual = {"kind": "manual", "why": "judged by a person"}
    ruling = {"outcome": "yes", "on": "2024-01-06", "source": "the market"}
    assert status(manual, [], "2024-01-05", ruling=ruling) == "open"
    assert status(manual, [], "2024-01-06", ruling=ruling) == "yes"
    found = resolve(ask(REACH, ruling=ruling), evidence(row(0.4), row(0.3, DEADLINE, 2e9)), as_of="2025-01-01")
    assert found.status is Status.YES
    assert "ruled yes on 2024-01-06 (the market); the scores given here say no" in found.reason
    number = resolve(
        ask({**manual, "numeric": True}, ruling={**ruling, "outcome": 0.5}), evidence(row(0.4)), as_of="2025-01-01"
    )
    assert (number.status, number.value) == (Status.NUMBER, 0.5)


def test_a_question_is_open_before_it_opens():
    assert status(REACH, [row(0.6, "2020-01-01")], "2021-01-01") == "open"
    assert status(REACH, [row(0.6, "2020-01-01")], "2022-01-02") == "yes"


def test_a_resolution_keeps_its_reason_date_and_rows():
    found = resolve(ask(TURN), evidence(*ladder(0.6, 0.4, 0.7)), as_of=AFTER)
    assert found.reason == (
        "Fam fell and then beat its best smaller model on t: Fam 100000000 at 0.6 (2023-01-01) -> "
        "Fam 1000000000 at 0.4 (2023-01-01) -> Fam 10000000000 at 0.7 (2023-01-01), by user"
    )
    assert found.known_on == dt.date(2023, 1, 1)
    assert [r["score"] for r in found.evidence] == [0.6, 0.4, 0.7]
    no = resolve(ask(REACH), evidence(row(0.4), row(0.3, DEADLINE, 2e9)), as_of=AFTER)
    assert (
        no.reason == "by 2024-01-01 the nearest of 2 scores on t to at least 0.5 was Fam 1000000000 at 0.4 (2023-01-01)"
    )
    assert no.known_on == dt.date(2024, 1, 1)


REPORTED = [row(0.4), row(0.7, "2023-06-01", task="other"), row(0.8, "2023-09-01", 2e9, task="other", tuning="rlhf")]


@pytest.mark.parametrize(
    ("criterion", "scope", "since"),
    [
        pytest.param(REACH, "any", "2023-09-01", id="threshold"),
        pytest.param(REACH, {"tuning": "rlhf"}, "2023-09-01", id="a scope's own scores"),
        pytest.param({"kind": "first_by", "by": "2023-12-01", "event": REACH}, "any", "2023-09-01", id="first by"),
        pytest.param({"kind": "not", "of": REACH}, "any", "2023-09-01", id="not is no yes"),
        pytest.param(REACH, {"family": "Fam", "prompt": "cot"}, None, id="nothing in scope"),
    ],
)
def test_where_the_scores_end_before_the_deadline_silence_is_no_answer(criterion, scope, since):
    for as_of in (AFTER, "2026-01-01"):
        found = resolve(ask(criterion, scope), evidence(*REPORTED), as_of=as_of)
        assert found.status is Status.OPEN
        assert "open: awaiting evidence" + (f" after {since}" if since else "") in found.reason


def test_silence_is_no_from_the_first_score_at_the_deadline_on():
    late = row(0.9, "2024-05-01", 3e9, task="other")
    for newest, day in (({**late, "known_on": DEADLINE}, AFTER), (late, "2024-05-01")):
        assert resolve(ask(REACH), evidence(*REPORTED, newest), as_of=day).status is Status.NO
    assert resolve(ask(REACH), evidence(*REPORTED, late), as_of="2024-04-30").status is Status.OPEN
    other_scope = ask(REACH, {"tuning": "rlhf"})
    assert resolve(other_scope, evidence(*REPORTED, late), as_of="2025-01-01").status is Status.OPEN


def test_a_named_model_that_is_measured_has_its_answer():
    """Nothing more has to come: its known scores stand."""
    asked = ask(REACH, {"model": "Fam 1000000000"})
    assert resolve(asked, evidence(*REPORTED), as_of=AFTER).status is Status.NO
    assert resolve(ask(REACH, {"model": "Fam 2"}), evidence(*REPORTED), as_of=AFTER).status is Status.OPEN


def test_the_bundled_tables_do_not_deny_what_they_never_saw():
    """Their last accuracy on GSM8K is of 2022; 90% was reached elsewhere in March 2023."""
    found = Evidence(bundled_results(), bundled_tasks(), METRICS)
    criterion = {"kind": "threshold", "task": "GSM8K", "score": 0.9}
    asked = ask(criterion, resolve_by="2024-12-31")
    now = resolve(asked, found, as_of="2026-11-24")
    assert now.status is Status.OPEN
    assert now.reason.startswith("open: awaiting evidence after 202")


def test_time_zones_bound_evidence_to_the_moment():
    """09:00 in Tokyo on the 2nd is midnight UTC: the 1st is over and the 2nd begins."""
    question = {"closes": "2023-06-01", "resolve_by": "2023-06-02T09:00:00+09:00"}
    assert status(REACH, [row(0.6, "2023-06-01")], **question) == "yes"
    assert status(REACH, [row(0.6, "2023-06-02")], **question) == "no"
    assert status(REACH, [row(0.4)], "2023-06-02", **question) == "open", "the deadline itself is not past it"
    question = {"closes": "2023-06-01", "resolve_by": "2023-06-02T08:59:59+09:00"}
    assert status(REACH, [row(0.6, "2023-06-02")], **question) == "no"


# --- promises for every kind -----------------------------------------------------------------------------------------

KINDS = [
    REACH,
    {**REACH, "score": 0.8, "side": "below"},
    TURN,
    SHAPE,
    {"kind": "numeric", "task": "t"},
    {"kind": "numeric", "task": "t", "statistic": "first"},
    {"kind": "comparison", "task": "t", "better": {"family": "F0"}, "worse": {"family": "F1"}},
    {"kind": "comparison", "task": "t", "better": {"model": "F0 0"}, "worse": {"model": "F1 1"}},
    {"kind": "first_by", "by": "2023-06-01", "event": TURN},
    {"kind": "count", "at_least": 2, "of": [REACH, TURN, SHAPE]},
    {"kind": "not", "of": TURN},
]
SCOPES = ["any", "all", {"family": "F0"}, {"min_params": "3e8"}, {"over": "all", "min_flops": "1e20"}]


@st.composite
def published(draw, n=14):
    """Rows of two families around the deadline, with gaps in compute, ties in scale, and conflicting sources."""
    rows = []
    for i in range(n):
        family = f"F{draw(st.integers(0, 1))}"
        size = draw(st.integers(0, 5))
        days = draw(st.integers(-400, 200))
        tokens = draw(st.sampled_from([None, 1e9, 1e10]))
        rows.append(
            row(draw(st.integers(0, 20)) / 20, pd.Timestamp(DEADLINE) + pd.Timedelta(days=days), 10.0 ** (7 + size / 2),
                family, model=f"{family} {size}", train_tokens=tokens, source=f"source {i}")
        )  # fmt: skip
    return table(*rows)


@settings(max_examples=tries(12), deadline=None)
@given(results=published(), data=st.data())
def test_scrambling_what_was_published_after_the_deadline_changes_no_resolution(results, data):
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    late = (results["known_on"] > DEADLINE).to_numpy()
    scrambled = results.copy()
    for name in ("score", "model", "family", "params", "train_flops", "known_on", "shots", "stderr"):
        values = scrambled[name].to_numpy().copy()
        values[late] = rng.permutation(values[late])
        scrambled[name] = values
    scrambled.loc[late, "score"] = rng.random(late.sum())
    scrambled.loc[late & (rng.random(len(late)) < 0.5), "train_flops"] = np.nan
    scrambled = scrambled[~late | (rng.random(len(late)) < 0.7)].sample(frac=1, random_state=1)
    covered = table(*covering([row(0.5, family="F0"), row(0.5, family="F1")], REACH))
    results, scrambled = (pd.concat([part, covered], ignore_index=True) for part in (results, scrambled))
    asked = [ask(kind, scope, id=f"q{i}-{j}") for i, kind in enumerate(KINDS) for j, scope in enumerate(SCOPES)]
    as_of = data.draw(st.sampled_from([BEFORE, DEADLINE, AFTER, "2026-01-01"]))
    truth = resolve_all(asked, Evidence(results, TASKS, METRICS), as_of=as_of)
    other = resolve_all(asked, Evidence(scrambled, TASKS, METRICS), as_of=as_of)
    assert [(r.status, r.value, r.known_on) for r in truth] == [(r.status, r.value, r.known_on) for r in other]


@settings(max_examples=tries(8), deadline=None)
@given(results=published())
def test_asking_later_never_undoes_an_answer(results):
    """Where no source contradicts another, what is settled stays settled as it was."""
    one_source = results.drop_duplicates(["model"])
    found = Evidence(one_source, TASKS, METRICS)
    asked = [ask(kind, scope, id=f"q{i}-{j}") for i, kind in enumerate(KINDS) for j, scope in enumerate(SCOPES)]
    settled = {}
    for as_of in pd.date_range("2023-01-15", "2024-06-01", freq="45D"):
        for found_now in resolve_all(asked, found, as_of=as_of):
            now = (found_now.status, found_now.value, found_now.known_on)
            assert settled.setdefault(found_now.question, now if found_now.status.is_settled else None) in (None, now)
            if found_now.status.is_settled:
                settled[found_now.question] = now


# --- days that are not sure


PACIFIC = {"resolve_by": "2024-12-31T23:59:00-08:00"}
REACHED = {"kind": "threshold", "task": "t", "score": 0.6}


@pytest.mark.parametrize(
    ("known_on", "expected"), [("2024-12-31", "yes"), ("2025-01-01", "open"), ("2025-01-02", "no")]
)
def test_a_day_that_the_deadline_divides_is_evidence_of_neither_answer(known_on, expected):
    found = evidence(row(0.7, known_on), row(0.5, "2025-03-01", params=2e9))
    answer = resolve(ask(REACHED, **PACIFIC), found, as_of="2025-06-01")
    assert answer.status.value == expected
    if expected == "open":
        assert "2025-01-01 07:59 UTC" in answer.reason
        assert "a day without a time" in answer.reason


@pytest.mark.parametrize("part", ["by", "premise"])
def test_dates_inside_a_criterion_divide_days_too(part):
    found = evidence(row(0.7, "2025-01-01"), row(0.5, "2025-12-01", params=2e9))
    if part == "by":
        inner = {"kind": "first_by", "by": PACIFIC["resolve_by"], "event": REACHED}
        asked = ask(inner, resolve_by="2025-06-01")
    else:
        later = {"kind": "threshold", "task": "t", "score": 0.1}
        asked = ask(later, resolve_by="2025-06-01", premise={"criterion": REACHED, "by": PACIFIC["resolve_by"]})
    assert resolve(asked, found, as_of="2025-12-31").status is Status.OPEN


def test_a_score_whose_day_is_not_known_says_between_which_days_it_was_public():
    bounds = {"known_basis": "not before", "seen_on": "2024-06-01"}
    found = evidence(row(0.7, "2023-06-01", **bounds), row(0.5, "2024-08-01", params=2e9))
    answer = resolve(ask(REACHED), found, as_of="2024-12-01")
    assert answer.status is Status.OPEN
    assert "not before 2023-06-01 and for sure by 2024-06-01" in answer.reason


# --- what no score can come to


@pytest.mark.parametrize(
    "criterion",
    [
        {"kind": "threshold", "task": "t", "score": 85},
        {"kind": "threshold", "task": "t", "score": -0.1, "side": "at_most"},
        {"kind": "comparison", "task": "t", "better": {"family": "a"}, "worse": {"family": "b"}, "margin": 5},
        {"kind": "not", "of": {"kind": "threshold", "task": "t", "score": 85}},
    ],
)
def test_a_question_that_no_share_can_answer_is_never_yes_or_no(criterion):
    found = evidence(row(0.86), row(0.5, AFTER, params=2e9))
    answer = resolve(ask(criterion), found, as_of=AFTER)
    assert answer.status is Status.AMBIGUOUS
    assert "outside [0, 1]" in answer.reason


def test_a_line_of_another_unit_is_no_share():
    found = evidence(row(85.0, metric="elo"))
    assert resolve(ask({**REACHED, "score": 80, "metric": "elo"}), found, as_of=AFTER).status is Status.YES
