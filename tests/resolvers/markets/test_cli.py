"""The market commands: dry unless told otherwise, one sentence when refused, and no key in anything printed."""

import csv
import io
import json
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.resolvers.ledger import open_ledger
from scale_forecast.resolvers.markets.timing import Clock
from scale_forecast.resolvers.questions.bank import parse_questions
from scale_forecast.workflow import clock
from tests.manual import steps_of
from tests.resolvers.markets.server import KEY, SAVED, Services
from tests.resolvers.markets.test_track_record import forecast_row, question_row, write_export

ROOT = Path(__file__).parent.parent.parent.parent
FILES = "tests/fixtures/markets"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A command line with a ledger and a journal of its own, keys in the environment, and no waiting."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("scale_forecast.resolvers.markets.session.Clock", lambda: Clock(sleep=lambda _: None))
    environment = {
        "FORECAST_LEDGER": str(tmp_path / "ledger.db"),
        "FORECAST_JOURNAL": str(tmp_path / "sent.jsonl"),
        "MANIFOLD_API_KEY": KEY,
        "METACULUS_TOKEN": KEY,
        "COLUMNS": "160",
    }

    def run(*arguments, **more):
        result = CliRunner(env=environment | more).invoke(main, ["market", *map(str, arguments)])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "k3y" not in result.output
        return result

    run.ledger = tmp_path / "ledger.db"
    return run


# --- the manual -------------------------------------------------------------------------------------------------------


def walk_through():
    """Commands of the manual's page with what they print, in order."""
    steps = steps_of(ROOT / "docs" / "markets.md")
    return [
        (step.command, "\n".join(step.printed).strip()) for step in steps if step.command.startswith("forecast market")
    ]


def test_the_manuals_walk_through_prints_what_it_says(run):
    """From a market's address to a dry run, on the saved answers."""
    steps = walk_through()
    assert [shlex.split(command)[2] for command, _ in steps][:4] == ["show", "import", "compare", "submit"]
    for command, output in steps:
        result = run(*shlex.split(command)[2:])
        assert result.exit_code == 0, result.output
        printed = "\n".join(line.rstrip() for line in result.output.splitlines())
        assert printed.strip() == output, command


# --- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "file", sorted(f for f in SAVED.rglob("*.json") if f.name != "vectors.json"), ids=lambda f: f.name
)
def test_every_saved_answer_is_shown_or_refused_in_a_sentence(run, file):
    result = run("show", file, "--format", "csv")
    if result.exit_code == 0:
        assert next(csv.reader(io.StringIO(result.stdout)))[0] == "market"
    else:
        assert result.exit_code == 1
        assert re.fullmatch(r"Error: .+ holds no market: it holds .+, which asks nothing\n", result.output)


def test_a_shown_market_can_be_saved_and_read_again(run, tmp_path):
    with Services() as server:
        first = run("show", "metaculus:34519", "--server", server.address, "--save", tmp_path / "saved.json")
    assert run("show", tmp_path / "saved.json").stdout == first.stdout


def test_search_lists_open_markets(run):
    with Services() as server:
        result = run("search", "bitcoin", "--on", "kalshi", "--server", server.address, "--format", "json")
    assert json.loads(result.stdout)["data"][0]["market"] == "kalshi:KXBTCD-26AUG1717-T72749.99"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("show", "hello"), 2, "'hello' is no market's address: give its address on manifold, metaculus"),
        (("show", "manifold:x", "--saved", FILES), 1, "no saved answer in tests/fixtures/markets is about manifold:x"),
        (("show", "manifold:x", "--saved", "nowhere"), 1, "cannot read nowhere: there is no such file or folder"),
        (
            ("compare", f"{FILES}/metaculus/post_binary_nocp_open.json", "-p", "0.2"),
            1,
            "metaculus:29783 shows no crowd forecast: there is nothing to compare with",
        ),
        (
            ("compare", "metaculus:34519", "--saved", FILES),
            2,
            "say what we think in one way: --probability, --option, --quantile, --forecast or --recorded",
        ),
        (("submit", "metaculus:34519", "--saved", FILES, "-p", "62"), 2, "--probability 62 is outside [0, 1]"),
        (
            ("submit", "metaculus:34519", "--saved", FILES, "-p", "0.9999"),
            1,
            "metaculus:34519 would refuse this: probability_yes should be between 0.001 and 0.999 (inclusive)",
        ),
        (
            ("submit", f"{FILES}/metaculus/post_binary_cp_closed.json", "-p", "0.5"),
            1,
            "metaculus:34666 is closed: it takes no forecasts",
        ),
        (
            ("submit", "kalshi:KXBTC15M-26AUG170100-00", "--saved", FILES, "-p", "0.5"),
            2,
            "can be read but not written to: forecasts go to manifold and metaculus",
        ),
        (
            ("submit", "metaculus:30596", "--saved", FILES, "-p", "0.5"),
            2,
            "metaculus:30596 asks for a number: give --quantile LEVEL=VALUE, several times",
        ),
        (
            ("submit", "metaculus:30596", "--saved", FILES, "--quantile", "0.5=soon"),
            2,
            "--quantile '0.5=soon' is not of the form LEVEL=VALUE, such as 0.5=2027-06-01",
        ),
        (
            ("submit", "manifold:P0R6uAC2nU", "--saved", FILES, "-p", "0.404"),
            1,
            "ours (0.404) and the market (0.4) are within a percent of each other on manifold:P0R6uAC2nU",
        ),
        (("resolve", "metaculus:34519", "--saved", FILES, "--outcome", "yes", "--because", "x"), 2, "only manifold"),
        (("resolve", "manifold:P0R6uAC2nU", "--saved", FILES, "--outcome", "yes"), 2, "--outcome needs the evidence"),
        (("withdraw", "manifold:P0R6uAC2nU", "--saved", FILES), 2, "only metaculus lets a forecast be withdrawn"),
        (("import", "metaculus:34519", "--saved", FILES, "--task", "MMLU"), 2, "needs both --task and --at-least"),
        (
            ("import", f"{FILES}/polymarket/shapes_verified_2026.json"),
            1,
            "polymarket:will-spain-win-... does not say when it opened: give --opened",
        ),
    ],
)
def test_refusals_are_one_sentence_with_the_right_exit_code(run, arguments, code, sentence):
    result = run(*arguments)
    assert result.exit_code == code, result.output
    assert sentence in " ".join(result.stderr.split())


# --- writing ----------------------------------------------------------------------------------------------------------


def test_nothing_is_sent_without_yes_and_then_once(run):
    arguments = ("submit", "metaculus:34519", "-p", "0.2")
    with Services() as server:
        where = ("--server", server.address)
        dry = run(*arguments, *where)
        assert json.loads(dry.stdout)["body"] == [{"question": 34034, "probability_yes": 0.2}]
        assert "dry run: nothing was sent; add --yes to send this" in dry.stderr
        assert server.accepted == []
        assert "accepted: created" in run(*arguments, *where, "--yes").stderr
        assert "already there" in run(*arguments, *where, "--yes").stderr
        assert server.accepted == [[{"question": 34034, "probability_yes": 0.2}]]
        assert run("withdraw", "metaculus:34519", *where, "--yes").exit_code == 0
        assert server.accepted[1] == [{"question": 34034}]


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("429", "Error: Metaculus asks for fewer requests (429: Too many requests): wait a minute and try again"),
        ("403", "Error: Metaculus refused, with the key from METACULUS_TOKEN (403: Invalid token. Token ***)"),
        ("405", "Error: Metaculus refused the request (405: Question 34034 is already closed to forecasting !)"),
        ("500 before", "Error: Metaculus answered 500 (Too many requests), and it is not to be seen there: it may"),
        ("cut before", "Error: Metaculus gave no answer (the connection broke), and it is not to be seen there"),
        ("cut after", "confirmed: 20"),
    ],
)
def test_faults_in_a_submission_are_said_in_a_sentence(run, fault, sentence):
    """One read to find the market, one to look before sending, then the fault."""
    with Services([None, None, fault]) as server:
        result = run("submit", "metaculus:34519", "-p", "0.2", "--yes", "--server", server.address)
    assert sentence in " ".join(result.stderr.split())
    assert result.exit_code == (0 if fault == "cut after" else 1)


def test_without_a_key_a_service_that_wants_one_says_where_to_put_it(run):
    with Services() as server:
        result = run("show", "metaculus:34519", "--server", server.address, METACULUS_TOKEN="")
    assert result.exit_code == 1
    assert "set METACULUS_TOKEN or store one in the system keyring" in result.stderr


def test_a_bet_takes_the_better_side_up_to_our_price(run):
    up = json.loads(run("submit", "manifold:P0R6uAC2nU", "--saved", FILES, "-p", "0.625", "--bankroll", "200").stdout)
    assert up["body"] == {"contractId": "P0R6uAC2nU", "amount": 10.0, "outcome": "YES", "limitProb": 0.62}
    down = json.loads(run("submit", "manifold:P0R6uAC2nU", "--saved", FILES, "-p", "0.125", "--amount", "7").stdout)
    assert down["body"] == {"contractId": "P0R6uAC2nU", "amount": 7.0, "outcome": "NO", "limitProb": 0.13}
    one = ("--option", "Rick Jackson=0.5", "--option", "Burt Jones=0.5")
    choice = json.loads(run("submit", "manifold:qtUIl9NEh8", "--saved", FILES, *one).stdout)
    assert choice["body"]["answerId"] in ("ZgduO56upn", "9OSOqNPqZ8")


def test_a_forecast_table_answers_thresholds_and_grids_alike(run, tmp_path):
    columns = {"q05": 0.7, "q10": 0.72, "q25": 0.76, "median": 0.8, "q75": 0.84, "q90": 0.88, "q95": 0.9}
    pd.DataFrame([{"task": "law", **columns}, {"task": "art", **columns}]).to_csv(tmp_path / "f.csv", index=False)
    base = ("compare", "manifold:P0R6uAC2nU", "--saved", FILES, "--forecast", tmp_path / "f.csv", "--format", "csv")
    result = run(*base, "--task", "Law", "--times", "100", "--threshold", ">= 80")
    assert float(next(csv.DictReader(io.StringIO(result.stdout)))["ours"]) == pytest.approx(0.5)
    assert "names no threshold itself" in run(*base, "--task", "law").stderr
    assert "has 2 rows for --task None: name one, such as law, art" in run(*base).stderr
    discrete = ("submit", "metaculus:38880", "--saved", FILES, "--forecast", tmp_path / "f.csv", "--task", "law")
    assert len(json.loads(run(*discrete).stdout)["body"][0]["continuous_cdf"]) == 9


def test_a_task_measured_twice_is_named_in_full(run, tmp_path):
    row = {"benchmark": "BBH", "task": "causal_judgement", "metric": "accuracy", "shots": 3.0, "q05": 0.4, "q95": 0.6}
    pd.DataFrame([row | {"prompt": "cot"}, row | {"prompt": "direct", "q95": 0.8}]).to_csv(tmp_path / "f.csv")
    base = ("submit", "manifold:P0R6uAC2nU", "--saved", FILES, "--forecast", tmp_path / "f.csv", "--threshold", ">0.6")
    both = run(*base, "--task", "Causal Judgement")
    assert "such as BBH/causal_judgement/accuracy/3/cot, BBH/causal_judgement/accuracy/3/direct" in both.stderr
    one = run(*base, "--task", "BBH/causal judgement/accuracy/3/cot")
    assert json.loads(one.stdout)["body"]["outcome"] == "NO"


def test_a_recorded_forecast_is_submitted_and_a_recorded_resolution_proposed(run):
    run("import", "manifold:P0R6uAC2nU", "--saved", FILES, "--opened", "2026-01-01")
    with open_ledger(run.ledger) as book:
        id = book.questions()["question_id"].iloc[0]
        book.append_forecasts([{"question_id": id, "forecaster": "stack", "probability": 0.7}], at=clock.now())
    recorded = ("--recorded", "stack")
    body = json.loads(run("submit", "manifold:P0R6uAC2nU", "--saved", FILES, *recorded).stdout)["body"]
    assert (body["outcome"], body["limitProb"]) == ("YES", 0.7)
    unsettled = run("resolve", "manifold:P0R6uAC2nU", "--saved", FILES)
    assert "run 'forecast resolve', or give --outcome and --because" in unsettled.stderr
    with open_ledger(run.ledger) as book:
        why = "restored on 2026-06-12, says the status page"
        book.append_resolutions([{"question_id": id, "status": "yes", "reason": why}], at=clock.now())
    with Services() as server:
        where = ("--server", server.address)
        proposed = run("resolve", "manifold:P0R6uAC2nU", *where)
        assert f"resolves yes: {why}" in proposed.stderr
        assert server.accepted == []
        run("resolve", "manifold:P0R6uAC2nU", *where, "--yes")
        assert server.accepted == [{"outcome": "YES"}]


# --- in and out of the ledger -----------------------------------------------------------------------------------------


def test_import_writes_the_question_and_its_history_once(run, tmp_path):
    arguments = ("import", "metaculus:34519", "--saved", FILES, "--history", "all")
    first = run(*arguments, "--task", "MMLU", "--at-least", "0.9", "-o", tmp_path / "q.yaml")
    assert "ledger: 1 questions, 4 forecasts and 0 resolutions are new" in first.stderr
    question = parse_questions((tmp_path / "q.yaml").read_text())[0]
    assert (question.criterion.task, question.criterion.score) == ("MMLU", 0.9)
    again = run(*arguments, "--task", "MMLU", "--at-least", "0.9")
    assert "ledger: 0 questions, 0 forecasts and 0 resolutions are new" in again.stderr


def test_import_asks_the_service_for_the_whole_history(run):
    with Services() as server:
        server.bets.append(
            {"id": "b", "contractId": "P0R6uAC2nU", "createdTime": 1780000000000, "probAfter": 0.3, "outcome": "YES"}
        )
        run("import", "manifold:P0R6uAC2nU", "--server", server.address, "--opened", "2026-01-01")
    with open_ledger(run.ledger) as book:
        assert book.forecasts()["probability"].tolist() == [0.3]


def test_a_settled_market_brings_its_resolution(run):
    run("import", f"{FILES}/metaculus/post_binary_resolved_constructed.json")
    with open_ledger(run.ledger) as book:
        assert book.resolutions()[["status", "outcome"]].to_numpy().tolist() == [["yes", 1.0]]


def test_a_question_set_goes_in_and_a_forecast_set_comes_out(run, tmp_path):
    file = f"{FILES}/forecastbench/question_set_sample.json"
    imported = run("import", file, "--history", "none", "-o", tmp_path / "q.yaml", "--opened", "2026-02-19")
    assert "ledger: 18 questions" in imported.stderr, imported.output
    with open_ledger(run.ledger) as book:
        rows = [
            {"question_id": id, "forecaster": "stack", "probability": 0.25} for id in book.questions()["question_id"]
        ]
        book.append_forecasts(rows, at=clock.now())
    out = tmp_path / "2026-03-01.Example.1.json"
    export = ("export", "--to", "forecastbench", "--questions", file, "--organization", "Example", "-o", out)
    result = run(*export)
    assert (result.exit_code, result.stderr) == (0, "")
    answer = json.loads(out.read_text())
    assert (answer["model"], len(answer["forecasts"])) == ("stack", 18)
    assert {row["forecast"] for row in answer["forecasts"]} == {0.25}


def test_the_record_leaves_as_csv_and_as_model_output(run, tmp_path):
    with open_ledger(run.ledger) as book:
        book.append_forecasts([{"question_id": "q", "forecaster": "stack", "probability": 0.25}], at=clock.now())
        book.append_forecasts([{"question_id": "q", "forecaster": "other", "probability": 0.5}], at=clock.now())
        book.append_resolutions([{"question_id": "q", "status": "no", "reason": "x"}], at=clock.now())
    rows = list(csv.DictReader(io.StringIO(run("export").stdout)))
    assert [(row["forecaster"], row["probability"], row["outcome"]) for row in rows] == [
        ("stack", "0.25", "0.0"),
        ("other", "0.5", "0.0"),
    ]
    assert "say whose with --by" in run("export", "--to", "hubverse").stderr
    assert run("export", "--to", "hubverse", "--by", "stack", "--model-id", "ours-stack", "-o", tmp_path).exit_code == 0
    file = next(tmp_path.glob("*-ours-stack.csv"))
    assert pd.read_csv(file)["value"].tolist() == [0.75, 0.25]
    assert "it has stack, other" in run("export", "--to", "hubverse", "--by", "nobody").stderr


def test_a_data_export_brings_questions_forecasts_resolutions_and_scores(run, tmp_path):
    args = {
        "question_type": "binary",
        "resolution_bucket": 1,
        "forecast_horizon_start_day": 0.0,
        "forecast_horizon_end_day": 10.0,
        "actual_close_day": 10.0,
    }
    own = forecast_row({"start_day": 0.0, "end_day": None, "probability_yes": 0.7}, 1)
    crowd = forecast_row({"start_day": 0.0, "end_day": None, "probability_yes": 0.4}, 2)
    crowd |= {"Forecaster ID": "", "Forecaster Username": "recency_weighted"}
    path = write_export(tmp_path / "export.zip", [question_row(args, [])], [own, crowd])
    result = run("import", path)
    assert "ledger: 1 questions, 2 forecasts and 1 resolutions are new" in result.stderr
    assert "48.543" in result.stdout
    with open_ledger(run.ledger) as book:
        assert book.forecasts()["forecaster"].tolist() == ["user1", "crowd:metaculus"]
        assert book.resolutions()["status"].tolist() == ["yes"]


def test_continuous_forecasts_keep_their_distribution(run, tmp_path):
    args = {"question_type": "numeric", "resolution_bucket": 100, "open_bounds_count": 0}
    cdf = [i / 200 for i in range(201)]
    own = forecast_row({"start_day": 0.0, "end_day": None, "cdf": cdf}, 1)
    run("import", write_export(tmp_path / "export.zip", [question_row(args, [{"cdf": cdf}])], [own]))
    with open_ledger(run.ledger) as book:
        row = book.forecasts().iloc[0]
    assert row["distribution"]["quantiles"] == pytest.approx(row["distribution"]["levels"])
    assert row["details"]["cdf"] == cdf
