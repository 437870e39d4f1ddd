"""`forecast ask` and `forecast backtest --questions` from the door: what is printed, recorded and later settled."""

import json

import pytest
from click.testing import CliRunner

import scale_forecast as sf
from scale_forecast.commands import main
from scale_forecast.resolvers.ledger import open_ledger
from tests.worlds import make_results, make_tasks

WORDS = "Alpha 100B scores above 0.6 on task00 by 2021-01-01"
AS_OF = ["--as-of", "2020-06-15", "--predictor", "law"]
FILE = """
- id: mine
  title: any model reaches 0.99 on task01
  criterion: {kind: threshold, task: task01, score: 0.99}
  odds: "1:1"
  opened: 2020-01-01
  resolve_by: 2021-06-15
"""


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Any command in a small world, its ledger in a folder of the test."""
    results, tasks = make_results(), make_tasks()
    monkeypatch.setattr("scale_forecast.data.load.bundled_results", lambda: results)
    monkeypatch.setattr("scale_forecast.data.load.bundled_tasks", lambda: tasks)
    monkeypatch.setattr("scale_forecast.workflow.questions.bundled_questions", list)
    monkeypatch.setenv("FORECAST_LEDGER", str(tmp_path / "ledger.db"))

    def runner(*arguments):
        return CliRunner().invoke(main, [str(argument) for argument in arguments])

    return runner


def test_words_are_priced_recorded_and_settled_later(run, tmp_path):
    asked = run("ask", WORDS, *AS_OF)
    assert asked.exit_code == 0, asked.output
    assert "understood: Alpha 100B scores above 0.6 on world/task00" in asked.stderr
    assert "probability 0." in asked.stdout
    assert "reasons" in asked.stdout
    with open_ledger(tmp_path / "ledger.db") as ledger:
        forecasts, questions = ledger.forecasts(), ledger.questions()
    assert forecasts["question_id"].tolist() == questions["question_id"].tolist()
    assert forecasts["probability"].between(0, 1, inclusive="neither").all()
    results = tmp_path / "results.csv"
    results.write_text(
        "benchmark,task,model,family,params,score,known_on\nworld,task00,Alpha 100B,Alpha,1e11,0.9,2020-10-01\n"
    )
    settled = run(
        "resolve", results, "--as-of", "2025-01-01", "--question", questions["question_id"].iloc[0], "--format", "json"
    )
    assert settled.exit_code == 0, settled.output
    assert json.loads(settled.stdout)["data"][0]["status"] == "yes"


def test_nothing_is_recorded_when_told_so(run, tmp_path):
    assert run("ask", WORDS, *AS_OF, "--no-record").exit_code == 0
    assert not (tmp_path / "ledger.db").exists()


def test_a_file_is_priced_beside_the_bet_on_it(run, tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(FILE)
    found = run("ask", file, *AS_OF, "--no-record", "--format", "json")
    (price,) = json.loads(found.stdout)["data"]
    assert price["question"] == "mine"
    assert price["low"] <= price["probability"] <= price["high"]
    (bet,) = price["on_record"]
    assert bet["who"] == "a bet at 1:1"
    assert bet["edge"] == pytest.approx(price["probability"] - 0.5)
    assert run("ask", file, *AS_OF, "--no-record", "--format", "csv").stdout.startswith("question,title,status")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["no-such-id"], 2, "no question 'no-such-id'"),
        (["Omega wins at everything"], 2, "Omega"),
        (["Alpha 100B scores above 0.6 on task77 by 2023"], 2, "task77"),
        ([WORDS, "--predictor", "crystal-ball"], 2, "crystal-ball"),
        ([WORDS, "--as-of", "2001-01-01"], 1, "no score was public by 2001-01-01"),
    ],
    ids=["id", "words", "task", "predictor", "too early"],
)
def test_what_cannot_be_asked_is_refused_in_one_sentence(run, arguments, code, said):
    day = () if "--as-of" in arguments else ("--as-of", "2020-06-15")
    found = run("ask", *arguments, *day)
    assert found.exit_code == code, found.output
    assert said in found.stderr
    assert "Traceback" not in found.output


def test_settled_questions_are_backtested(run, tmp_path):
    """Reached a year later; what is not reached stays open, since no source says until when it lists such scores."""
    file = tmp_path / "mine.yaml"
    file.write_text(FILE.replace("0.99", "0.708"))
    found = run("backtest", "--questions", "-q", file, "--predictors", "law", "--format", "json")
    assert found.exit_code == 0, found.output
    (row,) = json.loads(found.stdout)["data"]
    assert row["question"] == "mine"
    assert row["as_of"] == "2020-01-01"
    assert row["happened"] == 1
    assert row["brier"] == pytest.approx((row["probability"] - row["happened"]) ** 2)
    assert row["crowd"] == 0.5
    shown = run("backtest", "--questions", "-q", file, "--predictors", "law")
    assert "even odds" in shown.stdout
    assert "1 of 1 settled questions were priced" in shown.stderr


def test_of_many_titles_it_is_told_how_many_are_left():
    """Titles that ask back need no training, and are told all the same."""
    told = []
    workers = sf.Workers(progress=lambda done, total: told.append((done, total)))
    table = sf.ask_all(["will it rain", "who wins", "what for"], bundled=True, workers=workers)
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert set(table["outcome"]) == {"not understood"}
