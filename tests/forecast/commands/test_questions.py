"""The commands that keep and settle questions, end to end on a ledger of their own."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.resolvers.ledger import open_ledger
from scale_forecast.resolvers.questions.bank import bundled_questions

MINE = """
- id: mine-a
  title: Does Big reach 70% on my task?
  criterion: {kind: threshold, task: my-task, score: 0.7}
  opened: 2024-01-01
  resolve_by: 2024-06-30
- id: mine-b
  title: Does a model reach 90% on my task?
  criterion: {kind: threshold, task: my-task, score: 0.9}
  opened: 2024-01-01
  resolve_by: 2024-06-30
"""


@pytest.fixture
def run_bundled(tmp_path, monkeypatch):
    """Runs a command on the bundled figures, which judging takes seconds to read."""
    monkeypatch.setenv("FORECAST_LEDGER", str(tmp_path / "ledger.db"))
    monkeypatch.chdir(tmp_path)

    def run(*args, code=0):
        result = CliRunner().invoke(main, [str(a) for a in args])
        assert result.exit_code == code, result.output
        return result

    return run


FEW = [question for question in bundled_questions() if question.ruling is not None][:3]


@pytest.fixture
def run(run_bundled, small_tables, monkeypatch):
    """Runs a command on a small world in their place, with a bank of three questions that a ruling settles."""
    monkeypatch.setattr("scale_forecast.workflow.questions.bundled_questions", lambda: list(FEW))
    return run_bundled


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(MINE)
    return path


def scores(tmp_path, name, **columns):
    row = {"task": "my-task", "model": "Big", "params": 1e11, "known_on": "2024-03-01"}
    pd.DataFrame([{**row, **columns}]).to_csv(tmp_path / name, index=False)
    return name


def recorded(tmp_path):
    with open_ledger(tmp_path / "ledger.db", create=False) as ledger:
        assert ledger.verify().is_intact
        return ledger.resolutions(standing=False).set_index("question_id")


def test_a_question_added_is_settled_by_results_and_recorded_once(run, mine, tmp_path):
    assert "2 of 2 questions recorded" in run("questions", "add", mine).stderr
    assert "0 of 2 questions recorded, the others stand" in run("questions", "add", mine).stderr
    results = scores(tmp_path, "results.csv", score=0.75)
    args = "resolve", results, "--as-of", "2024-09-15", "--question", "mine-a", "--question", "mine-b"
    early = json.loads(run(*args, "--dry-run", "--format", "json").stdout)["data"]
    assert [r["status"] for r in early] == ["yes", "open"]
    last = scores(tmp_path, "last.csv", score=0.1, model="Small", params=1e9, known_on="2024-06-30")
    args = (*args[:2], last, *args[2:])
    still = json.loads(run(*args, "--dry-run", "--format", "json").stdout)["data"]
    assert [r["status"] for r in still] == ["yes", "open"], "a late row of one model tells of no other model"
    assert still[1]["reason"].startswith("open: awaiting evidence, since no source lists the leaders of my-task")
    board = tmp_path / "board.csv"
    board.write_text("source,task,covers,complete_until,seen_on\nboard,my-task,leaders,2024-09-01,2024-09-01\n")
    args = (*args, "--coverage", board)
    shown = json.loads(run(*args, "--dry-run", "--format", "json").stdout)["data"]
    assert [(r["status"], r["known_on"][:10]) for r in shown] == [("yes", "2024-03-01"), ("no", "2024-06-30")]
    assert shown[0]["evidence"][0]["source"] == "results.csv"
    assert len(open_ledger(tmp_path / "ledger.db").resolutions()) == 0, "a dry run recorded something"
    assert "2 resolutions recorded" in run(*args).stderr
    assert "0 resolutions recorded, 2 stand already" in run(*args).stderr
    rows = recorded(tmp_path)
    assert rows["status"].to_dict() == {"mine-a": "yes", "mine-b": "no"}
    assert rows.loc["mine-a", "evidence"][0]["score"] == 0.75


def test_a_resolution_that_changes_supersedes_and_conflicting_sources_are_ambiguous(run, mine, tmp_path):
    one, other = scores(tmp_path, "one.csv", score=0.75), scores(tmp_path, "other.csv", score=0.65)
    args = "--as-of", "2024-07-01", "--question", "mine-a", "-q", mine
    run("resolve", one, *args)
    result = run("resolve", one, other, *args)
    assert "the sources disagree on Big on my-task (0.75 in 'one.csv', 0.65 in 'other.csv')" in " ".join(
        result.stdout.split()
    )
    rows = recorded(tmp_path)
    assert rows["status"].tolist() == ["yes", "ambiguous"]
    assert rows["supersedes"].iloc[1] == 2, "the first entry is the question, the second its first resolution"


def test_resolve_settles_recorded_scores_too(run, tmp_path):
    from tests.ledgers import AT

    forecast = {"benchmark": "user", "task": "my-task", "metric": "accuracy", "prompt": "direct", "model": "Big",
                "predictor": "p", "distribution": {"levels": [0.1, 0.9], "quantiles": [0.5, 0.7]}}  # fmt: skip
    with open_ledger(tmp_path / "ledger.db") as ledger:
        ledger.append_forecasts([forecast], at=AT)
    results = scores(tmp_path, "results.csv", score=0.6)
    shown = json.loads(
        run("resolve", results, "--as-of", "2024-07-01", "--status", "number", "--format", "json").stdout
    )["data"]
    settled = {r["question"]: r["value"] for r in shown}
    assert settled["user/my-task accuracy of Big"] == 0.6
    with open_ledger(tmp_path / "ledger.db") as ledger:
        rows = ledger.resolutions()
    assert rows.loc[rows["kind"] == "score", "outcome"].tolist() == [0.6]


def test_what_is_asked_never_changes_and_a_ruling_may_come_later(run, mine):
    run("questions", "add", mine)
    mine.write_text(MINE.replace("0.9}", "0.8}"))
    refused = run("questions", "add", mine, code=1)
    assert refused.stderr == (
        "Error: question 'mine-b' already stands with another criterion, scope or date: "
        "give the new one an id of its own\n"
    )
    mine.write_text(MINE + "  ruling: {outcome: no, on: 2024-06-01, source: me}\n")
    assert "1 of 2 questions recorded" in run("questions", "add", mine).stderr
    assert "no as of 2024-07-01: ruled no on 2024-06-01 (me)" in run(
        "questions", "show", "mine-b", "--as-of", "2024-07-01"
    ).stdout  # fmt: skip


def test_list_and_show_say_the_status_on_a_day_and_suggest_near_misses(run_bundled):
    listed = json.loads(
        run_bundled(
            "questions", "list", "--topic", "inverse-scaling", "--as-of", "2023-06-01", "--format", "json"
        ).stdout
    )["data"]
    status = {row["question"]: row["status"] for row in listed}
    assert status["round-two-half-u-shaped-2025"] == "yes"
    assert status["neqa-resolves-2024"] == "open"
    assert {row["topic"] for row in listed} == {"inverse scaling"}
    shown = run_bundled("questions", "show", "neqa-resolves-2024", "--as-of", "2024-01-01").stdout
    assert "odds: '1:1'" in shown
    assert "Gopher 280B" in shown, "the nearest row is printed"
    missed = run_bundled("questions", "show", "neqa-resolve-2024", code=2).stderr
    assert "no question 'neqa-resolve-2024' (did you mean 'neqa-resolves-2024'" in missed
    assert "did you mean 'reversal'" in run_bundled("questions", "list", "--kind", "reversl", code=2).stderr
    assert "did you mean 'MATH'" in run_bundled("questions", "list", "--topic", "mth", code=2).stderr


def test_check_names_what_could_never_be_settled(run_bundled, mine):
    mine.write_text(
        MINE.replace("task: my-task, score: 0.7}", "task: neqaa, score: 0.7}").replace(
            "task: my-task, score: 0.9}", "task: neqa, metric: f1, score: 0.9, scope: {family: Gophr}}"
        )
    )
    told = run_bundled("questions", "check", mine).stderr
    assert "mine-a: no result on task 'neqaa' (did you mean 'neqa'" in told
    assert "mine-b: no f1 score on 'neqa': its metrics are accuracy, loss" in told
    assert "mine-b: no result of family 'Gophr' (did you mean 'Gopher'" in told
    mine.write_text("- id: x\n")
    assert "title is missing" in run_bundled("questions", "check", mine, code=1).stderr


def test_import_records_once_and_scores_with_the_same_code(run, tmp_path):
    (tmp_path / "crowd.csv").write_text(
        "question,forecaster,time,probability,outcome,resolved_on\n"
        "Will it rain?,ann,2024-01-01,0.8,yes,2024-02-01\n"
        "Will it rain?,bob,2024-01-01,0.4,,\n"
    )
    assert "2 forecasts, 1 questions and 1 resolutions would be recorded" in run(
        "questions", "import", "crowd.csv", "--dry-run"
    ).stderr  # fmt: skip
    run("questions", "import", "crowd.csv")
    assert "0 forecasts (2 more stand already)" in run("questions", "import", "crowd.csv").stderr
    scored = json.loads(run("score", "--by", "forecaster", "--format", "json").stdout)["data"]
    assert {row["forecaster"]: round(row["brier"], 6) for row in scored} == {"ann": 0.04, "bob": 0.36}


def test_a_title_on_record_is_taken_and_one_near_it_is_only_offered(run_bundled):
    """What a market settles on its own text has no price, and says so under its id; no other question is priced."""
    taken = run_bundled("ask", "Will the ARC-AGI grand prize be claimed by end of 2026?", "--no-record", code=1)
    assert "on record as manifold-arc-agi-grand-prize-2026" in taken.stderr
    assert "settled by no results table" in taken.stderr
    offered = run_bundled("ask", "Will the ARC-AGI grand prize be claimed by the end of 2027?", "--no-record", code=2)
    assert "near on record, to ask by id: manifold-arc-agi-grand-prize-2026" in offered.stderr
    unknown = run_bundled("ask", "https://manifold.markets/nobody/nothing", "--no-record", code=2)
    assert "no question on record has the address" in unknown.stderr


def test_what_was_said_after_the_answer_counts_only_when_asked_for(run, tmp_path):
    (tmp_path / "late.csv").write_text(
        "question,forecaster,time,probability,outcome,resolved_on\n"
        "Rain?,ann,2024-01-01,0.6,yes,2024-02-01\n"
        "Rain?,ann,2024-03-01,0.99,yes,2024-02-01\n"
        "Snow?,bob,2024-03-01,0.99,yes,2024-02-01\n"
    )
    run("questions", "import", "late.csv")

    def brier(*options):
        out = run("score", "--by", "forecaster", "--format", "json", *options)
        return out, {row["forecaster"]: round(row["brier"], 4) for row in json.loads(out.stdout)["data"]}

    out, scores = brier()
    assert scores == {"ann": 0.16}
    assert "2 forecasts made when the outcome was public left out" in out.stderr
    assert brier("--late")[1] == {"ann": 0.0001, "bob": 0.0001}


def test_only_ones_own_questions_are_settled_and_the_bank_on_demand(run, mine, tmp_path):
    """Ten forecasts once brought 51 resolutions of questions that nobody had asked into the ledger."""
    assert "--bank settles the bundled ones" in run("resolve", "--as-of", "2024-09-15").stderr
    run("questions", "add", mine)
    results = scores(tmp_path, "results.csv", score=0.75)
    run("resolve", results, "--as-of", "2024-09-15")
    assert recorded(tmp_path).index.tolist() == ["mine-a"]
    run("resolve", results, "--as-of", "2024-09-15", "--bank")
    assert set(recorded(tmp_path).index) & {question.id for question in FEW}


def test_due_lists_what_arrived_what_is_past_and_what_comes_next(run, mine, tmp_path):
    assert "nothing waits" in run("due", "--as-of", "2024-03-15").stderr
    run("questions", "add", mine)

    def waiting(*args):
        shown = json.loads(run("due", *args, "--format", "json").stdout)["data"]
        return {
            row["what"]: (row["waits_for"].partition(":")[2].strip() or row["waits_for"], row["days"]) for row in shown
        }

    assert waiting("--as-of", "2024-03-15") == {"mine-a": ("its deadline", 107), "mine-b": ("its deadline", 107)}
    assert waiting("--as-of", "2024-03-15", "--within", "30") == {}
    results = scores(tmp_path, "results.csv", score=0.75)
    late = waiting(results, "--as-of", "2024-07-10")
    assert late == {"mine-a": ("evidence arrived", -10), "mine-b": ("past its deadline", -10)}
    run("resolve", results, "--as-of", "2024-07-10")
    assert waiting(results, "--as-of", "2024-07-10") == {"mine-b": ("past its deadline", -10)}
    other = scores(tmp_path, "other.csv", score=0.6)
    assert waiting(other, "--as-of", "2024-07-10") == {"mine-b": ("past its deadline", -10)}


def test_due_counts_recorded_scores_by_model_and_names_a_near_miss(run, tmp_path):
    from tests.ledgers import AT

    def forecast(task):
        return {"benchmark": "user", "task": task, "metric": "accuracy", "prompt": "direct", "model": "Big 70B",
                "predictor": "p", "distribution": {"levels": [0.1, 0.9], "quantiles": [0.5, 0.7]}}  # fmt: skip

    with open_ledger(tmp_path / "ledger.db") as ledger:
        ledger.append_forecasts([forecast("my-task"), forecast("other-task")], at=AT)
    results = scores(tmp_path, "results.csv", score=0.6, model="Big 72B")
    (row,) = json.loads(run("due", results, "--as-of", "2024-07-10", "--format", "json").stdout)["data"]
    assert (row["what"], row["waits_for"]) == ("scores of Big 70B", "a score")
    assert row["reason"] == "2 recorded scores, 1 with near misses, such as my-task: Big 72B at 0.6 (direct)"
    named = scores(tmp_path, "named.csv", score=0.6, model="big-70b")
    rows = json.loads(run("due", named, "--as-of", "2024-07-10", "--format", "json").stdout)["data"]
    assert [(row["waits_for"], row["reason"]) for row in rows] == [
        ("forecast resolve: evidence arrived", "1 recorded score"),
        ("a score", "1 recorded score"),
    ]
