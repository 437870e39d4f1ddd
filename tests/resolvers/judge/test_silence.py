"""A no, and a highest score, need a source that would hold every better one; silence of the rest is ignorance."""

import pandas as pd
import pytest

from scale_forecast.data.coverage import as_coverage, own_coverage
from scale_forecast.data.load import load
from scale_forecast.data.results import as_results
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import resolve

ROWS = as_results(
    pd.DataFrame(
        {
            "benchmark": "b",
            "task": "t",
            "model": ["w-1b", "w-7b", "v-1b"],
            "family": ["W", "W", "V"],
            "params": [1e9, 7e9, 1e9],
            "score": [0.3, 0.4, 0.5],
            "known_on": ["2025-01-01", "2025-09-01", "2025-09-01"],
        }
    )
)


def judged(scope, coverage, criterion=None, resolve_by="2025-06-30"):
    tables = load()
    asked = {
        "id": "q",
        "title": "q",
        "criterion": criterion or {"kind": "threshold", "benchmark": "b", "task": "t", "score": 0.9},
        "scope": scope,
        "opened": "2024-01-01",
        "resolve_by": resolve_by,
    }
    evidence = Evidence(ROWS, tables.tasks, tables.metrics, coverage=coverage)
    return resolve(Question.model_validate(asked), evidence, as_of="2026-01-01")


def stated(**columns):
    row = {"source": "the board", "benchmark": "b", "covers": "leaders", "complete_until": "2025-12-01"}
    return as_coverage(pd.DataFrame([{**row, **columns}]))


@pytest.mark.parametrize(
    ("scope", "resolve_by", "status"),
    [
        ({"family": "W"}, "2025-06-30", "no"),
        ({"line": "W"}, "2025-06-30", "no"),
        ({"model": "w-70b", "family": "W"}, "2025-06-30", "no"),
        ({"family": "W"}, "2025-10-31", "open"),  # newer than the file
        ({"family": "U"}, "2025-06-30", "open"),  # not in the file
        ({"family": ["W", "U"]}, "2025-06-30", "open"),
        ({}, "2025-06-30", "open"),  # anybody else may have reached it
        ({"organisation": "Acme"}, "2025-06-30", "open"),
        ({"model": "w-1b"}, "2025-10-31", "no"),  # it is measured, and its score stands
    ],
)
def test_a_users_file_tells_of_its_own_families_until_its_newest_day(scope, resolve_by, status):
    assert judged(scope, own_coverage(ROWS, "mine"), resolve_by=resolve_by).status.value == status


def test_a_list_of_leaders_tells_of_everybody_and_is_named():
    found = judged({}, stated(seen_on="2026-01-01"))
    assert found.status.value == "no"
    assert "the board tells of b until 2025-11-02" in found.reason


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"covers": "list"}, "no source lists the leaders of b"),
        ({"benchmark": "other"}, "no source lists the leaders of b"),
        ({"seen_on": "2025-07-31", "complete_until": "2025-07-31"}, "the board tells of b until 2025-06-01"),
        (
            {"seen_on": "2026-02-01"},
            "no source lists the leaders of b",
        ),  # nobody had seen it when the question is judged
    ],
)
def test_a_source_that_cannot_know_leaves_the_question_open(columns, why):
    found = judged({}, stated(**columns))
    assert found.status.value == "open"
    assert why in found.reason


def test_the_highest_score_is_known_only_where_the_leaders_are():
    highest = {"kind": "numeric", "benchmark": "b", "task": "t", "statistic": "highest"}
    assert judged({}, own_coverage(ROWS, "mine"), highest).status.value == "open"
    assert judged({}, stated(seen_on="2026-01-01"), highest).value == 0.3
    first = {**highest, "statistic": "first"}
    assert judged({}, own_coverage(ROWS, "mine"), first).value == 0.3


def test_a_yes_needs_nobody_to_be_silent():
    reached = {"kind": "threshold", "benchmark": "b", "task": "t", "score": 0.3}
    assert judged({}, own_coverage(ROWS, "mine"), reached).status.value == "yes"


def asked_of(**criterion):
    fields = {"id": "q", "title": "q", "opened": "2024-01-01", "resolve_by": "2025-12-31"}
    return Question.model_validate({**fields, "criterion": {"kind": "threshold", "score": 0.8, **criterion}})


def scored(**columns):
    one = {"benchmark": "b", "task": "t", "model": "w-7b", "family": "W", "score": 0.9, "known_on": "2025-01-01"}
    return as_results(pd.DataFrame({name: [value] for name, value in {**one, **columns}.items()}))


@pytest.mark.parametrize(
    ("columns", "scope", "said"),
    [
        ({"metric": "f1"}, {}, "w-7b at 0.9 (2025-01-01) does not count, being in f1"),
        ({"shots": 5}, {"shots": 0}, "does not count, being with 5 shots"),
        ({"evaluator": "Acme"}, {"evaluator": "Other"}, "does not count, being measured by Acme"),
        ({"setting": "tools"}, {"setting": "plain"}, "does not count, being setting tools"),
        ({"prompt": "cot"}, {"prompt": "direct"}, "does not count, being prompt cot"),
    ],
)
def test_a_near_miss_is_named_and_not_read_as_nothing(columns, scope, said):
    tables = load()
    found = resolve(
        asked_of(benchmark="b", task="t", scope=scope),
        Evidence(scored(**columns), tables.tasks, tables.metrics),
        as_of="2025-06-01",
    )
    assert found.status.value == "open"
    assert said in found.reason


@pytest.fixture(scope="module")
def bundled():
    tables = load((), frontier=True)
    return Evidence(tables.results, tables.tasks, tables.metrics, coverage=tables.coverage)


@pytest.mark.parametrize(("benchmark", "task"), [("MMLU", "average"), ("MMLU", "MMLU"), (None, "mmlu")])
@pytest.mark.parametrize(("day", "status"), [("2023-03-13", "open"), ("2023-03-15", "yes"), ("2026-11-24", "yes")])
def test_an_average_is_settled_by_whoever_states_it_from_the_day_it_was_public(bundled, benchmark, task, day, status):
    """Above 80% on MMLU was priced .48 three years after it had happened, and never settled."""
    question = asked_of(benchmark=benchmark, task=task, side="above").model_copy(
        update={"opened": pd.Timestamp("2022-01-01", tz="UTC").to_pydatetime()}
    )
    found = resolve(question, bundled, as_of=day)
    assert found.status.value == status
    assert status == "open" or ("GPT-4" in found.reason and "2023-03-14" in found.reason)


def test_the_mean_over_all_tasks_settles_an_average_that_nobody_states():
    tables = load()
    parts = pd.concat([scored(task=f"t{i}", score=score) for i, score in enumerate((0.7, 0.8, 0.9, 0.9, 0.9))])
    partly = scored(task="t0", model="v-7b", score=1.0)
    evidence = Evidence(pd.concat([parts, partly], ignore_index=True), tables.tasks, tables.metrics)
    above, higher = (asked_of(benchmark="b", task="average", score=score) for score in (0.83, 0.85))
    assert resolve(above, evidence, as_of="2025-06-01").status.value == "yes"
    assert resolve(higher, evidence, as_of="2025-06-01").status.value == "open"
