"""Every kind of question brings all its parts, whoever brings it."""

import datetime as dt
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pytest

from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.data.errors import DataError
from scale_forecast.data.load import Tables
from scale_forecast.pricing import Desk, price_at
from scale_forecast.resolvers.judge.case import Finding
from scale_forecast.resolvers.judge.events import Draws
from scale_forecast.resolvers.judge.evidence import Evidence
from scale_forecast.resolvers.judge.futures import Untold
from scale_forecast.resolvers.judge.status import Status
from scale_forecast.resolvers.kinds import KINDS
from scale_forecast.resolvers.kinds.base import Kind, Measured
from scale_forecast.resolvers.questions.bank import dump_questions, parse_questions
from scale_forecast.resolvers.questions.check import doubts
from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.resolve import resolve
from scale_forecast.resolvers.questions.wording import tell
from scale_forecast.resolvers.terms.scope import Scope
from tests.worlds import make_results, make_tasks

ROOT = Path(__file__).parents[3]
AS_OF = dt.date(2020, 6, 15)


def as_question(criterion, **more):
    fields = {"id": "q", "title": "an example", "opened": "2020-06-15", "resolve_by": "2021-06-15"}
    return Question.model_validate({**fields, "criterion": criterion, **more})


def in_the_world(value):
    """An example with tasks, models and families that the tests have scores of."""
    if isinstance(value, dict):
        return {name: in_the_world(part) for name, part in value.items()}
    if isinstance(value, list):
        return [in_the_world(part) for part in value]
    known = {
        "neqa": "task00", "redefine_math": "task01", "quote_repetition": "task02", "formal_logic": "task00",
        "MMLU": "world", "PaLM 540B": "Beta 2", "GPT-3 175B": "Beta 1", "PaLM": "Beta", "Chinchilla 70B": "Alpha 1",
        "2023-12-31": "2021-01-01",
    }  # fmt: skip
    return known.get(value, value)


@pytest.fixture(scope="module")
def results():
    return make_results()


@pytest.fixture(scope="module")
def evidence(results):
    return Evidence(results, make_tasks(), bundled_metrics())


@pytest.fixture(scope="module")
def desk(results):
    tables = Tables(results, make_tasks(), bundled_metrics())
    return Desk(tables, AS_OF, predictor="persistence", recalibrate=False)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_example_is_checked_judged_priced_told_and_written(kind, evidence, desk):
    question = as_question(in_the_world(dict(kind.example)))
    criterion = question.criterion
    assert type(criterion) is kind
    assert question.kind == kind.name

    assert all(isinstance(sentence, str) for sentence in doubts(question, evidence))

    early, late = (resolve(question, evidence, as_of=day) for day in ("2020-06-15", "2030-01-01"))
    assert early.status is Status.OPEN or early.status.is_settled
    assert late.status is not Status.YES or late.evidence
    assert early.reason
    assert late.reason
    assert (late.status is Status.NUMBER) <= criterion.is_number
    kinds_of_answer = {Status.NUMBER: "number", Status.DATE: "date", Status.OPTION: "option", Status.YES: "event"}
    assert kinds_of_answer.get(late.status, criterion.answers) == criterion.answers
    assert (late.answer is None) == (late.status not in (Status.DATE, Status.OPTION))

    if why := criterion.why_unpriced():
        with pytest.raises(DataError, match=r"^q ") as error:
            price_at(desk, question, interval=False)
        assert why in str(error.value)
    elif criterion.answers in ("number", "date"):  # read off thresholds priced by scale
        assert price_at(desk, question, interval=False).answer is not None
    elif criterion.answers != "event" or criterion.needs_futures:
        with pytest.raises(DataError):  # there are no futures by date of this world
            price_at(desk, question, interval=False)
    else:
        assert 0.0 < price_at(desk, question, interval=False).probability < 1.0

    assert tell(question)
    assert tell(question) != tell(as_question({"kind": "manual", "why": "another"}))
    (again,) = parse_questions(dump_questions([question]))
    assert again == question
    assert again.fingerprint == question.fingerprint
    later = question.model_copy(update={"resolve_by": question.resolve_by + dt.timedelta(days=1)})
    assert Question.model_validate(later.to_dict()).fingerprint != question.fingerprint


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_is_read_off_draws(kind):
    """One boolean or number a draw, from the events of its leaves where it has some."""
    criterion = as_question(dict(kind.example)).criterion
    draws = Draws([0.2, 0.5, 0.99], history=[0.6, 0.3], history_stderr=[0.01, 0.01], stderr=0.01, rival=0.4)
    read = [leaf.read(draws) for leaf in criterion.leaves()]
    assert all(one.shape == (3,) for one in read)
    if criterion.answers == "event" and len(read) == len(
        criterion.dated_leaves(dt.datetime(2021, 1, 1, tzinfo=dt.UTC))
    ):
        held = criterion.holds(read)
        assert held.dtype == bool
        assert held.shape in ((3,), ())


class Drawn:
    """Three futures: the best score, the day of a first, who leads."""

    as_of = AS_OF

    def best(self, measured, scope, day):
        return np.array([0.2, 0.92, np.nan]) + 0.001 * len(scope.model)

    def first_day(self, measured, scope, line):
        return np.array(["2020-12-01", "NaT", "2033-01-01"], dtype="datetime64[D]")

    def leader(self, measured, scope, of, day):
        return np.array(["PaLM 540B", "Nobody Else", "GPT-3 175B"], dtype=object)

    def first(self, measured, scope, of, line, day):
        return np.array(["PaLM 540B", "", ""], dtype=object)

    def knows(self, model):
        return model != "Nobody Else"

    def largest_day(self, unit, line):
        return np.array(["2020-12-01", "NaT", "2033-01-01"], dtype="datetime64[D]")

    def largest(self, unit, day):
        return np.array([1e25, 1e31, 1e26])


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_is_read_off_futures_or_says_that_they_do_not_tell(kind):
    criterion = as_question(dict(kind.example)).criterion
    for leaf, _ in criterion.dated_leaves(dt.datetime(2021, 6, 15, tzinfo=dt.UTC)):
        try:
            values = leaf.foretell(Drawn(), Scope(), dt.date(2021, 6, 15))
        except Untold as untold:
            values, why = None, str(untold)
        if values is None:
            assert "futures by date do not tell" in why or "records" in why
            continue
        assert values.shape == (3,)
        kinds = {"event": "b", "number": "f", "date": "M", "option": "O"}
        assert values.dtype.kind == kinds[leaf.answers]


def test_options_that_are_named_and_another_are_told_apart():
    choice = as_question(dict(KINDS["choice"].example)).criterion
    assert choice.foretell(Drawn(), Scope(), AS_OF).tolist() == ["PaLM 540B", "other", "GPT-3 175B"]
    first = choice.model_copy(update={"score": 0.9})
    assert first.foretell(Drawn(), Scope(), AS_OF).tolist() == ["PaLM 540B", "", ""]
    leads = as_question(dict(KINDS["leads"].example)).criterion
    assert leads.foretell(Drawn(), Scope(), AS_OF).tolist() == [True, False, False]


def test_a_day_beyond_the_deadline_is_never():
    date = as_question(dict(KINDS["date"].example)).criterion
    days = date.foretell(Drawn(), Scope(), dt.date(2021, 6, 15))
    assert np.isnat(days).tolist() == [False, True, True]


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_says_what_it_is(kind):
    assert kind.__doc__.strip().endswith(".")
    assert as_question(dict(kind.example)).criterion.say()


def test_the_manual_names_every_kind_of_ours():
    table = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
    assert [kind.name for kind in KINDS.ours if f"`{kind.name}`" not in table] == []


def test_a_part_by_hand_inside_a_date_is_refused_and_not_priced():
    """It once reached the pricer as if it were measured."""
    count = {"kind": "count", "at_least": 1, "of": [{"kind": "manual", "why": "a jury decides"}]}
    question = as_question({"kind": "first_by", "by": "2021-01-01", "event": count})
    assert question.criterion.why_unpriced() == "is settled by no results table (a jury decides): it cannot be priced"


# --- what a kind must bring ------------------------------------------------------------------------------------------


def test_a_kind_that_lacks_a_part_fails_where_it_is_defined():
    with pytest.raises(TypeError, match=r"Bare lacks combine, is_number, judge, parts, say, a field `kind`.*example"):

        class Bare(Kind):
            """Nothing."""


def test_a_contest_says_what_would_undo_it():
    with pytest.raises(TypeError, match="the kind of question Duel lacks swap_sides"):

        class Duel(Measured):
            """Two sides."""

            kind: Literal["duel"] = "duel"
            example: ClassVar = {"kind": "duel", "task": "t"}

            @property
            def is_number(self):
                return False

            @property
            def sides(self):
                return (self.scope, self.scope)

            def find(self, case):
                return Finding(Status.OPEN, "")

            def read(self, draws):
                return np.zeros(1, dtype=bool)

            def say_on(self, place):
                return place
