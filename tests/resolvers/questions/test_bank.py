"""The questions that come with the tool: each is settled, or open for a stated reason, whenever one asks."""

import itertools
from collections import Counter

import pytest

from scale_forecast.data.catalog import QUESTIONS, bundled_results
from scale_forecast.data.errors import DataError
from scale_forecast.data.load import load
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.questions.bank import (
    bundled_questions,
    dump_questions,
    find_question,
    parse_questions,
    read_files,
)
from scale_forecast.resolvers.questions.resolve import resolve_all

DATES = ("2023-01-01", "2024-01-01", "2026-11-30")
LATEST = DATES[-1]
ROUND_ONE = ["neqa", "quote-repetition", "hindsight-neglect", "redefine-math"]
ROUND_TWO = ["modus-tollens", "memo-trap", "prompt-injection", "into-the-unknown", "pattern-matching-suppression",
             "sig-figs", "repetitive-algebra"]  # fmt: skip


@pytest.fixture(scope="module")
def questions():
    return bundled_questions()


@pytest.fixture(scope="module")
def resolved(questions):
    tables = load((), frontier=True)
    found = Evidence(tables.results, tables.tasks, tables.metrics, coverage=tables.coverage)
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
        ("prize-neqa-resolves", ("open", "no", "no")),
        ("prize-resisting-correction-resolves", ("open", "yes", "yes")),
        ("hypermind-math-2022", ("number", "number", "number")),
        ("hypermind-math-2023", ("open", "number", "number")),
        ("manifold-above-gpt-4-turbo-arena-2024", ("open", "open", "yes")),
    ],
)
def test_known_outcomes(resolved, question, statuses):
    """From the papers, the market and the contest named in each question."""
    assert tuple(resolved[date][question].status.value for date in DATES) == statuses


NO_FAMILY_TURNED = {
    *(
        "prize-neqa-resolves",
        "prize-neqa-u-shaped",
        "prize-quote-repetition-resolves",
        "prize-hindsight-neglect-resolves",
    ),
    *("prize-hindsight-neglect-u-shaped", "prize-redefine-math-resolves", "prize-modus-tollens-resolves"),
    *("prize-modus-tollens-u-shaped", "prize-memo-trap-resolves", "prize-memo-trap-u-shaped"),
    *("prize-prompt-injection-u-shaped", "prize-into-the-unknown-resolves"),
    *("prize-pattern-matching-suppression-resolves", "prize-sig-figs-resolves", "prize-redefine-resolves"),
}


def test_the_prize_tasks_are_settled_by_the_families_that_the_prize_tested(questions, resolved):
    """The tables cover those families until May 2023, so that a family that did not turn by then is a no."""
    asked = {question.id for question in questions if question.id.startswith("prize-")}
    by_status = {name: resolved[LATEST][name].status for name in asked}
    assert {name for name, status in by_status.items() if status is Status.NO} == NO_FAMILY_TURNED
    assert {status for name, status in by_status.items() if name not in NO_FAMILY_TURNED} == {Status.YES}


BY_TABLES = {
    "mmlu-90-by-mid-2024": ("yes", "Claude 3.5 Sonnet (Jun 2024)", 0.904),
    "mmlu-85-by-2024": ("yes", "GPT-4 (Mar 2023)", 0.864),
    "gsm8k-90-by-2023": ("yes", "GPT-4 (Mar 2023)", 0.92),
    "humaneval-90-by-2024": ("yes", "GPT-4o (May 2024)", 0.902),
    "math-500-90-by-2024": ("yes", "o1-mini", 0.9),
    "math-at-least-52-by-2025": ("yes", "Claude 3 Opus", 0.601),
    "gpqa-diamond-expert-by-2024": ("yes", "o1-preview", 0.733),
    "gpqa-diamond-90-by-2025": ("yes", "Gemini 3 Pro", 0.919),
    "gpqa-diamond-90-by-epoch-2025": ("yes", "Gemini 3 Pro", 0.92614),
    "gpqa-diamond-97-by-may-2026": ("no", "GPT-5.4 Pro", 0.946),
    "gpqa-diamond-best-may-2026": ("number", "GPT-5.4 Pro", 0.946),
    "gemini-3-pro-above-claude-opus-4-5-gpqa": ("yes", "Claude Opus 4.5", 0.80682),
    "kimi-k2-thinking-above-gemini-3-pro-gpqa": ("no", "Gemini 3 Pro", 0.92614),
    "hle-25-by-2025": ("yes", "Grok 4", 0.254),
    "hle-50-by-2025": ("yes", "Grok 4 Heavy", 0.507),
    "hle-40-without-tools-by-mid-2026": ("yes", "Claude Opus 4.6", 0.4),
    "frontiermath-30-by-2025": ("yes", "GPT-5", 0.32414),
    "frontiermath-60-by-2025": ("no", "GPT-5.2", 0.407),
    "frontiermath-45-by-march-2026": ("yes", "GPT-5.4", 0.476),
    "frontiermath-tier-4-25-by-2025": ("yes", "GPT-5.2 Pro", 0.313),
    "frontiermath-tier-4-90-by-may-2026": ("no", "GPT-5.4 Pro", 0.375),
    "swe-bench-verified-70-by-mid-2025": ("yes", "Claude 3.7 Sonnet", 0.703),
    "swe-bench-verified-80-by-2025": ("yes", "Claude Opus 4.5", 0.809),
    "swe-bench-verified-88-by-epoch-may-2026": ("no", "Claude Opus 4.6", 0.78719),
    "arc-agi-1-85-by-mid-2026": ("yes", "GPT-5.2", 0.862),
    "arc-agi-2-50-by-mid-2026": ("yes", "GPT-5.2", 0.5291),
    "arc-agi-2-90-by-may-2026": ("no", "GPT-5.5", 0.85),
    "metr-horizon-10-hours-by-april-2026": ("yes", "Claude Opus 4.6", 718.81),
    "metr-80-horizon-1-hour-by-april-2026": ("yes", "GPT-5.2", 66.003),
    "aime-2024-80-by-2024": ("yes", "o1-pro", 0.86),
    "aime-2025-all-right-by-2025": ("yes", "Grok 4 Heavy", 1.0),
    "otis-mock-aime-95-by-2025": ("yes", "GPT-5.2", 0.96111),
    "simplebench-human-by-may-2026": ("no", "Gemini 3.1 Pro", 0.796),
    "simpleqa-verified-85-by-may-2026": ("no", "Gemini 3.1 Pro", 0.773),
    "osworld-human-by-march-2026": ("yes", "Claude Opus 4.6", 0.727),
    "terminal-bench-2-60-by-2025": ("yes", "GPT-5.1-Codex-Max", 0.604),
    "mmlu-pro-85-by-mid-2026": ("yes", "DeepSeek-R1 (May 2025)", 0.85),
    "three-of-four-lines-in-2025": ("yes", "Claude Opus 4.5", 0.809),
    "deadpost-mmlu-pro-85-2026": ("yes", "DeepSeek-R1 (May 2025)", 0.85),
}
"""Of each question that the tables settle: the status, and a model and score among the rows that did."""


@pytest.mark.parametrize(("question", "stated"), BY_TABLES.items())
def test_the_tables_settle_what_they_hold_by_named_rows(resolved, question, stated):
    status, model, score = stated
    found = resolved[LATEST][question]
    assert found.status.value == status
    assert [row for row in found.evidence if row["model"] == model and row["score"] == pytest.approx(score)]


def test_every_question_on_benchmarks_since_2022_is_among_those_that_named_rows_settle(questions):
    written = {question.id for question in questions if question.opened.year >= 2022 and question.retrospective}
    by_papers = {name for name in written if name.startswith(("prize-", "palm-540b-"))}
    assert written - by_papers - set(BY_TABLES) == set()


LEFT_OPEN = {
    *("hypermind-math-2024", "hypermind-math-2025", "metaculus-11675-math-2024", "metaculus-11675-math-2025"),
    *("hypermind-mmlu-2025", "metaculus-11676-mmlu-2024", "metaculus-11676-mmlu-2025", "metaculus-8840-math-2024"),
    *("xpt-math-2024", "xpt-mmlu-2024", "xpt-quality-2024", "hypermind-something-something-v2-2025"),
    *("metaculus-2918-holist-2019", "manifold-bigbench-lite-60-2023", "manifold-bigbench-75"),
    *("manifold-truthfulqa-mc1", "manifold-open-llm-7854-2023", "manifold-propara-2023"),
    *("neqa-resolves-2024", "neqa-resolves-tuned-2024", "metaculus-llm-sample-complexity-2026"),
    *("polymarket-gpt-6-before-gta-vi", "manifold-open-model-perfect-imo-2026"),
    *("manifold-ai-writes-gpt-2-training-in-c-2026", "manifold-gpt-5-4-above-claude-opus-4-6-metr"),
    *("manifold-metr-80-horizon-10h-2026", "manifold-multi-agent-above-solo-2026"),
}
"""Past their deadline, and settled by no table and no ruling that we can name."""


def test_what_is_past_its_deadline_is_settled_or_its_notes_say_why_not(questions, resolved):
    late = [question for question in questions if f"{question.resolve_by:%Y-%m-%d}" < LATEST]
    waiting = {question.id for question in late if not resolved[LATEST][question.id].status.is_settled}
    assert waiting == LEFT_OPEN
    for question in late:
        if question.id in waiting:
            assert "Not settled" in question.notes, question.id


def test_what_was_written_in_retrospect_has_no_odds_of_anybody(questions):
    """A probability stated on such a question is the price of nothing; medians of a contest are told as such."""
    for question in questions:
        if question.retrospective:
            assert question.odds is None
            assert all(given.note == "their point forecast, read as a median" for given in question.forecasts)


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
        now = resolved[LATEST][question.id]
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
        (ASKED % ("{kind: not, of: " * 150 + LEAF + "}" * 150), "nested too deeply, more than 100 levels"),
        ("- [id, q]: t", "a list where a name belongs"),
        ("- !!python/object/apply:os.system [id]: q", "a list where a name belongs"),
        ("- {id: q}: t", "a list where a name belongs"),
    ],
)
def test_what_would_hang_or_crash_is_refused_in_a_sentence(text, said):
    with pytest.raises(DataError, match=said):
        parse_questions(text)


def test_a_line_in_percent_of_a_share_is_refused_with_what_to_write():
    text = """
    - id: q
      title: q
      criterion: {kind: not, of: {kind: threshold, task: GPQA Diamond, score: 85}}
      opened: 2024-01-01
      resolve_by: 2024-12-31
    """
    with pytest.raises(DataError, match=r"85 is outside \[0, 1\], .*: is 85% meant\? write 0.85"):
        parse_questions(text.replace("\n    ", "\n"))


def test_the_quick_way_of_reading_the_bank_says_what_the_careful_one_does(questions):
    assert read_files([QUESTIONS]) == questions
