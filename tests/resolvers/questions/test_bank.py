"""The questions that come with the tool: each is settled, or open for a stated reason, whenever one asks."""

import itertools
from collections import Counter

import pytest

from scale_forecast.data.catalog import bundled_metrics, bundled_results, bundled_tasks
from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.resolve import resolve_all
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.questions.bank import bundled_questions, dump_questions, find_question, parse_questions

DATES = ("2023-01-01", "2024-01-01", "2026-11-24")
ROUND_ONE = ["neqa", "quote-repetition", "hindsight-neglect", "redefine-math"]
ROUND_TWO = ["modus-tollens", "memo-trap", "prompt-injection", "into-the-unknown", "pattern-matching-suppression",
             "sig-figs", "repetitive-algebra"]  # fmt: skip


@pytest.fixture(scope="module")
def questions():
    return bundled_questions()


@pytest.fixture(scope="module")
def resolved(questions):
    found = Evidence(bundled_results(), bundled_tasks(), bundled_metrics())
    return {date: {r.question: r for r in resolve_all(questions, found, as_of=date)} for date in DATES}


@pytest.mark.parametrize("date", DATES)
def test_every_question_is_settled_with_evidence_or_open_for_a_reason(questions, resolved, date):
    for question in questions:
        now = resolved[date][question.id]
        assert now.reason, question.id
        if now.status.is_settled:
            ruled = question.ruling is not None and now.reason.startswith("ruled")
            assert ruled or now.evidence, f"{question.id} is {now.status.value} without a row or a ruling"
            assert now.known_on is not None, question.id
            assert f"{now.known_on:%Y-%m-%d}" <= date, f"{question.id} was settled by what was not yet known"
        for row in now.evidence:
            assert row["known_on"] <= date, f"{question.id} shows what was not yet known"


def test_what_is_settled_stays_settled_as_it_was(resolved):
    for earlier, later in itertools.pairwise(DATES):
        for name, before in resolved[earlier].items():
            if before.status.is_settled:
                now = resolved[later][name]
                assert (now.status, now.value) == (before.status, before.value), name


@pytest.mark.parametrize(
    ("question", "statuses"),
    [
        ("round-one-three-quarters-u-shaped-2024", ("open", "open", "yes")),
        ("round-two-half-u-shaped-2025", ("open", "yes", "yes")),
        ("palm-540b-two-of-four-u-shaped", ("yes", "yes", "yes")),
        ("palm-540b-three-of-four-u-shaped", ("no", "no", "no")),
        ("neqa-resolves-2024", ("open", "open", "open")),
        ("prize-neqa-resolves", ("open", "open", "open")),
        ("prize-resisting-correction-resolves", ("open", "yes", "yes")),
        ("hypermind-math-2022", ("number", "number", "number")),
    ],
)
def test_known_outcomes(resolved, question, statuses):
    """From the papers, the market and the contest named in each question."""
    assert tuple(resolved[date][question].status.value for date in DATES) == statuses


def test_odds_and_probabilities_are_those_people_gave(questions):
    assert find_question("neqa-resolves-2024", questions).implied == 0.5
    assert find_question("neqa-resolves-tuned-2024", questions).implied == 0.8
    assert find_question("round-two-half-u-shaped-2025", questions).implied == 0.6
    assert find_question("hypermind-math-2022", questions).forecasts[0].value == 0.127


def test_every_prize_task_is_asked_about_and_in_the_bundled_figures(questions):
    known = set(bundled_results()["task"])
    asked = Counter(q.criterion.task for q in questions if q.id.startswith("prize-"))
    assert set(asked.values()) == {2}
    assert set(asked) == {*ROUND_ONE, *ROUND_TWO, "resisting-correction", "redefine"}
    assert set(asked) <= known


def test_contests_cover_math_and_mmlu_from_2022_to_2025(questions):
    years = {(leaf.benchmark, q.resolve_by.year) for q in questions for leaf in q.criterion.leaves()}
    assert {("MATH", y) for y in range(2022, 2026)} | {("MMLU", y) for y in range(2022, 2026)} <= years


def test_the_bank_reads_back_and_names_its_sources(questions):
    assert parse_questions(dump_questions(questions)) == questions
    for question in questions:
        assert question.links or question.id == "metaculus-28706-o1-top-of-arena-2024", question.id
        assert question.ruling is None or question.ruling.source


def test_a_manual_question_says_why(questions, resolved):
    manual = [q for q in questions if q.kind == "manual" and q.ruling is None]
    assert manual
    for question in manual:
        now = resolved["2026-11-24"][question.id]
        assert (now.status, now.reason) == (Status.OPEN, question.criterion.why)


LEAF = "{kind: threshold, task: mgsm, score: 0.5}"
ASKED = "{id: q, title: t, opened: 2022-01-01, resolve_by: 2023-01-01, criterion: %s}"
UNFOLDING = ", ".join(
    [f"&a0 {LEAF}", *(f"&a{n} {{kind: any_of, of: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 9))]
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ASKED % f"{{kind: any_of, of: [{UNFOLDING}]}}", "more than 10,000 parts"),
        (ASKED % "&c {kind: not, of: *c}", "let none hold itself"),
        (ASKED % ("{kind: not, of: " * 600 + LEAF + "}" * 600), "nested too deeply"),
        ((ASKED % LEAF).replace("2023-01-01", "9999-12-31T23:59:59-12:00"), "beyond the years"),
        (ASKED % LEAF.replace("task", "value: 1, task"), "value is a field of something else"),
        (ASKED % ("{kind: not, of: " * 200 + LEAF + "}" * 200), "nested too deeply, more than 100 levels"),
        ("- [id, q]: t", "a list where a name belongs"),
        ("- !!python/object/apply:os.system [id]: q", "a list where a name belongs"),
        ("- {id: q}: t", "a list where a name belongs"),
    ],
)
def test_what_would_hang_or_crash_is_refused_in_a_sentence(text, said):
    with pytest.raises(DataError, match=said):
        parse_questions(text)
