"""Questions and their files: what is refused, and with which sentence."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.resolvers.questions.bank import dump_questions, find_question, parse_questions, read_files
from scale_forecast.resolvers.questions.question import Question

GOOD = """
id: neqa-2024
title: Does NeQA resolve with scale by November 2024?
criterion: {kind: reversal, task: neqa}
scope: {tuning: [base, rlhf], prompt: direct, min_params: 100B}
opened: 2022-11-15
resolve_by: 2024-11-15
odds: 1:1
"""


def with_line(name, line):
    """The good question with one field's line replaced, or left out."""
    lines = [old for old in GOOD.strip().splitlines() if not old.startswith(f"{name}:")]
    return "\n".join([*lines, *([line] if line else [])])


def test_a_date_is_a_whole_day_in_utc():
    (question,) = parse_questions(GOOD)
    assert question.opened == dt.datetime(2022, 11, 15, tzinfo=dt.UTC)
    assert question.resolve_by == dt.datetime(2024, 11, 15, 23, 59, 59, tzinfo=dt.UTC)
    assert question.closes == question.resolve_by


def test_yaml_words_stay_words():
    """YAML 1.1 would read ``1:1`` as the number 61 and ``no`` as false."""
    (question,) = parse_questions(
        GOOD.replace("task: neqa}", "task: neqa, if_nothing: no}") + "ruling: {outcome: yes, on: 2024-11-20, source: x}"
    )
    assert question.implied == 0.5
    assert question.criterion.if_nothing == "no"
    assert question.ruling.outcome == "yes"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            with_line("resolve_by", "closes: 2025-01-01\nresolve_by: 2024-11-15"),
            "q.yaml: question 'neqa-2024': resolve_by 2024-11-15 is before closes 2025-01-01: "
            "forecasts would be accepted after the last evidence",
        ),
        (
            with_line("opened", "opened: 2022-11-15 10:00:00"),
            "q.yaml: question 'neqa-2024': opened datetime.datetime(2022, 11, 15, 10, 0) has no time zone: "
            "write 2024-01-01T00:00:00Z, or the date alone for a day in UTC",
        ),
        (
            with_line("opened", "opened: soon"),
            "q.yaml: question 'neqa-2024': opened 'soon' is not a date: write YYYY-MM-DD, or a time with its zone",
        ),
        (with_line("opened", ""), "q.yaml: question 'neqa-2024': opened is missing: add it"),
        (
            with_line("odds", "odds: 4:0"),
            "q.yaml: question 'neqa-2024': odds '4:0' claim certainty: both sides must be positive",
        ),
        (
            with_line("scope", "scope: PaLM"),
            "q.yaml: question 'neqa-2024': scope 'PaLM' is neither any nor all: for one family write 'family: PaLM'",
        ),
        (
            with_line("criterion", "criterion: {kind: reversl, task: neqa}"),
            "q.yaml: question 'neqa-2024': criterion.kind 'reversl' is unknown (did you mean 'reversal'?): choose "
            "one of threshold, reversal, u_shape, comparison, leads, lead_margin, choice, numeric, date, size, "
            "release, first_by, count, all_of, any_of, not, manual",
        ),
        (
            with_line("criterion", "criterion: {kind: count, at_least: 1, of: [{kind: threshold, task: neqa}]}"),
            "q.yaml: question 'neqa-2024': criterion.of[0].score is missing: add it",
        ),
        (
            with_line("criterion", "criterion: {kind: count, at_least: 2, of: [{kind: u_shape, task: neqa}]}"),
            "q.yaml: question 'neqa-2024': criterion: at_least 2 is more than the 1 criteria listed",
        ),
        (
            with_line("criterion", "criterion: {kind: reversal, tsk: neqa}"),
            "q.yaml: question 'neqa-2024': criterion.task is missing: add it (and 1 more)",
        ),
        (
            with_line("scope", "scope: {min_param: 1B}"),
            "q.yaml: question 'neqa-2024': scope.min_param is not a known field (did you mean 'min_params' or "
            "'max_params'?): rename or drop it",
        ),
        (
            with_line("criterion", "criterion: {kind: numeric, task: neqa, if_nothing: no}"),
            "q.yaml: question 'neqa-2024': criterion: if_nothing 'no' is not a number: choose annul, ambiguous or open",
        ),
        (
            with_line("id", "id: Not An Id"),
            "q.yaml: question 'Not An Id': id 'Not An Id' is not an id: use letters, digits and . _ - : / @ +",
        ),
        (
            with_line("id", "id: a\nid: b"),
            "q.yaml: line 8 is not YAML ('id' stands twice): check indentation and quotes",
        ),
        ("- just text", "q.yaml: question number 1 is not a mapping but 'just text': write fields as 'name: value'"),
        ("", "q.yaml: holds no question: give at least id, title, criterion, opened and resolve_by"),
    ],
)
def test_a_bad_question_is_refused_in_one_sentence(text, message):
    with pytest.raises(DataError) as error:
        parse_questions(text, where="q.yaml")
    assert str(error.value) == message


def test_an_id_stands_only_once(tmp_path):
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(GOOD)
    with pytest.raises(DataError, match=r"b\.yaml: question 'neqa-2024' already stands in a\.yaml"):
        read_files([tmp_path])


def test_a_near_miss_is_suggested():
    with pytest.raises(UsageError, match="did you mean 'neqa-2024'"):
        find_question("neqa2025", parse_questions(GOOD))


MEASURED = st.fixed_dictionaries({"task": st.sampled_from(["neqa", "sig figs"])})
LEAVES = st.one_of(
    st.builds(lambda m, s: {"kind": "threshold", "score": s, **m}, MEASURED, st.floats(0, 1)),
    st.builds(
        lambda m, n: {"kind": "reversal", "if_nothing": n, **m}, MEASURED, st.sampled_from(["no", "open", "annul"])
    ),
    st.builds(
        lambda m, f: {"kind": "u_shape", "scope": {"family": f}, **m}, MEASURED, st.sampled_from(["PaLM", ["a", "b"]])
    ),
    st.builds(lambda m: {"kind": "comparison", "better": {"model": "A"}, "worse": {"family": "B"}, **m}, MEASURED),
    st.just({"kind": "manual", "why": "no table: 1:1"}),
)
CRITERIA = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda of: {"kind": "count", "at_least": 1, "of": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"kind": "all_of", "of": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"kind": "not", "of": of}, inner),
    ),
    max_leaves=6,
)


@given(
    criterion=CRITERIA,
    opened=st.datetimes(dt.datetime(2020, 1, 1), dt.datetime(2022, 1, 1), timezones=st.just(dt.UTC)),
    odds=st.sampled_from([None, "1:1", "4:1 against"]),
    notes=st.none() | st.text(max_size=30),
)
def test_a_question_survives_the_round_trip_through_yaml(criterion, opened, odds, notes):
    question = Question.model_validate(
        {"id": "q", "title": "yes", "criterion": criterion, "opened": opened.replace(microsecond=0),
         "resolve_by": "2024-01-01", "odds": odds, "notes": notes, "links": ["a", "b"],
         "forecasts": [{"forecaster": "x", "probability": 0.25, "time": "2022-02-02"}]}
    )  # fmt: skip
    (again,) = parse_questions(dump_questions([question]))
    assert again == question
    assert again.fingerprint == question.fingerprint


def test_the_fingerprint_changes_with_what_is_asked_and_not_with_notes():
    (question,) = parse_questions(GOOD)
    assert parse_questions(GOOD + "notes: hello")[0].fingerprint == question.fingerprint
    assert parse_questions(GOOD.replace("2024-11-15", "2024-11-16"))[0].fingerprint != question.fingerprint
    assert parse_questions(GOOD.replace("100B", "200B"))[0].fingerprint != question.fingerprint


def test_leaves_come_in_order():
    (question,) = parse_questions(
        with_line(
            "criterion",
            "criterion: {kind: all_of, of: [{kind: not, of: {kind: u_shape, task: a}}, {kind: manual, why: x}, "
            "{kind: first_by, by: 2023-01-01, event: {kind: any_of, of: [{kind: reversal, task: b}]}}]}",
        )
    )
    assert [leaf.task for leaf in question.criterion.leaves()] == ["a", "b"]


def test_a_day_that_does_not_exist_is_said_to_be_one():
    with pytest.raises(DataError, match="holds a date or number that does not exist"):
        parse_questions("id: a\nopened: 2023-02-30\n")
