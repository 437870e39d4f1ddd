"""Whoever answers many questions, the rows are the same; what has to be learned is learned before they are spread."""

import contextvars
import datetime as dt
import pickle
from contextlib import nullcontext

import pytest

import scale_forecast as sf
from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.data.errors import DataError, speak_of_options, translate
from scale_forecast.data.frontier import bundled_frontier_tables
from scale_forecast.data.load import Tables
from scale_forecast.pricing import past
from scale_forecast.workflow import asking
from tests.worlds import make_results, make_tasks

MINE = """
- id: mine
  title: Alpha 100B reaches 0.6 on task01
  criterion: {kind: threshold, task: task01, score: 0.6}
  scope: {model: Alpha 100B}
  opened: 2020-01-01
  resolve_by: 2021-06-15
- id: untold
  title: Alpha 100B reaches 0.5 on a task that nobody has
  criterion: {kind: threshold, task: nobody's, score: 0.5}
  scope: {model: Alpha 100B}
  opened: 2020-01-01
  resolve_by: 2021-06-15
"""
TITLES = [
    "Alpha 100B scores above 0.6 on task00 by 2021-01-01",
    "will it rain",
    "untold",
    "mine",
    "Alpha 100B scores above 0.7 on task03 by 2021-01-01",
]


class Apart(sf.Workers):
    """Does what processes do: each item and the work itself pickled, in a context of their own."""

    def map(self, work, items):
        for item in items:
            again, own = pickle.loads(pickle.dumps((work, item)))
            yield contextvars.Context().run(again, own)


@pytest.fixture
def spread(monkeypatch):
    """Few questions are worth a process."""
    monkeypatch.setattr(asking, "LEAST", 2)
    monkeypatch.setattr(asking, "BATCH", 2)


@pytest.fixture
def how(tmp_path, monkeypatch):
    monkeypatch.setenv("FORECAST_CACHE", str(tmp_path / "cache"))
    file = tmp_path / "mine.yaml"
    file.write_text(MINE)
    tables = Tables(make_results(), make_tasks(), bundled_metrics())
    about = {"as_of": "2020-06-15", "predictor": "law", "bundled": True, "ledger": tmp_path / "none.db"}
    return about | {"results": tables, "questions": [file]}


def test_many_titles_give_the_same_rows_whoever_answers(spread, how):
    told = []
    alone = sf.ask_all(TITLES, **how)
    apart = sf.ask_all(TITLES, **how, workers=Apart(jobs=3, progress=lambda *step: told.append(step)))
    assert apart.to_csv() == alone.to_csv()
    assert alone["title"].tolist() == TITLES
    assert set(alone["outcome"]) == {"priced", "not understood", "no price"}
    assert told[:3] == [(2, 5), (4, 5), (5, 5)], "how many are understood; then how many are priced"


def test_questions_of_a_file_cost_the_same_whoever_answers(spread, how, tmp_path):
    file = tmp_path / "priced.yaml"
    one = MINE[: MINE.index("- id: untold")]
    file.write_text(
        "".join(one.replace("id: ", f"id: {number}-").replace("0.6", f"0.{number}") for number in range(4, 8))
    )
    alone, apart = (sf.ask(file, **how, workers=workers) for workers in (None, Apart(jobs=2)))
    assert apart.whole.to_json() == alone.whole.to_json()
    assert apart.table["probability"].is_monotonic_decreasing


def test_a_question_of_a_file_without_a_price_is_refused_whoever_answers(spread, how, tmp_path):
    file = tmp_path / "priced.yaml"
    file.write_text(MINE)
    with pytest.raises(DataError, match="nobody's"):
        sf.ask(file, **how, workers=Apart(jobs=2), record=True)
    assert not (tmp_path / "none.db").exists(), "nothing is recorded of a file that is not priced whole"


def say(_, sentence):
    return translate(sentence)


@pytest.mark.parametrize(("words", "said"), [(speak_of_options, "give --jobs"), (nullcontext, "give jobs")])
def test_whoever_answers_speaks_as_whoever_asks(how, words, said):
    here = asking.Standpoint(how["results"], None, (), None, "law", 0)
    with words():
        assert list(asking._spread(asking.Asker(here), Apart(jobs=2), say, ["give --jobs"])) == [said]


def test_the_bundled_tables_are_known_as_such_to_who_prices_settled_questions(how, monkeypatch):
    """They were a user's own to another process, which took another day for their end."""
    given = {}
    monkeypatch.setattr(past, "backtest_questions", lambda *_, **options: given.update(options))
    sf.backtest_questions(how["results"], ledger=how["ledger"], predictors="law")
    desk_on = pickle.loads(pickle.dumps(given["desk_on"]))
    assert desk_on(dt.date(2020, 6, 15)).futures._scores is bundled_frontier_tables().scores


@pytest.mark.parametrize(("jobs", "count", "who"), [
    (2, 20, "20 questions: one process answers"),
    (4, 450, "450 questions: 2 processes answer"),
    (2, 400, ""), (1, 20, ""), (2, 1, ""),
])  # fmt: skip
def test_it_is_said_where_fewer_processes_answer_than_were_allowed(jobs, count, who):
    said = asking.say_spread(sf.Workers(jobs), count)
    assert said.startswith(who)
    assert bool(said) == bool(who)
