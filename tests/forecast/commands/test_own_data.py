"""`forecast data add`, `update` and their kin: read by every command by date, and by none before its day."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner

import scale_forecast
from scale_forecast.commands import main
from scale_forecast.data.frontier import bundled_frontier_tables
from scale_forecast.data.own.sources import PublicSource
from scale_forecast.workflow.frontier import frontier_tables
from tests.data.hub_server import hub_server
from tests.data.own.hub import FILES, HUB, packed

NOVA = ("--model", "Nova 9", "--organisation", "Acme", "--released", "2023-02-10", "--known", "2023-02-15")
DAY = ("--release-dates",)
"""Few models were measured in early 2023, so that training takes a second."""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Runs a command whose own data are in a folder of the test."""
    monkeypatch.setenv("FORECAST_DATA", str(tmp_path / "own"))
    monkeypatch.setenv("FORECAST_LEDGER", str(tmp_path / "ledger.db"))

    def run(*words):
        out = CliRunner().invoke(main, [str(word) for word in words])
        assert out.exception is None or isinstance(out.exception, SystemExit), out.exception
        return out

    return run


def table(out):
    return json.loads(out.stdout)["data"]


def test_an_added_score_is_shown_counted_listed_and_removed(own):
    assert own("data", "add", *NOVA, "MMLU=97%", "--source", "https://example.org").exit_code == 0
    (listed,) = table(own("data", "added", "--format", "json"))
    assert (listed["model"], listed["task"], listed["score"], listed["known_on"]) == (
        "Nova 9",
        "MMLU",
        0.97,
        "2023-02-15",
    )
    (shown,) = table(own("data", "show", "--model", "nova-9", "--format", "json"))
    assert (shown["score"], shown["source"]) == (0.97, "https://example.org")
    counts = {row["dataset"]: row["scores"] for row in table(own("data", "list", "--format", "json"))}
    assert counts["added by you"] == 1
    assert own("data", "show", "--model", "Nova 9", "--bundled").exit_code == 2
    assert own("data", "remove", listed["id"]).exit_code == 0
    assert table(own("data", "added", "--format", "json")) == []


@pytest.mark.parametrize(
    "words",
    [
        ("records", "--by", "2023-12", "--benchmark", "MMLU"),
        ("index",),
        ("predict", "--model", "GPT-4", "--released", "2023-06", "--benchmark", "MMLU"),
    ],
)
def test_forecasts_by_date_read_it_from_its_day_and_are_byte_equal_before_and_without_it(own, words):
    before, after = (*words, *DAY, "--as-of", "2023-02-14"), (*words, *DAY, "--as-of", "2023-03-01")
    plain = [own(*line, "--format", "csv").stdout for line in (before, after)]
    own("data", "add", *NOVA, "MMLU=97%")
    assert own(*before, "--format", "csv").stdout == plain[0]
    assert own(*after, "--bundled", "--format", "csv").stdout == plain[1]
    mine = own(*after, "--format", "csv")
    assert mine.stdout != plain[1]
    assert "with your own data: 1 score added by hand" in mine.stderr


def test_a_question_is_settled_by_it_from_its_day(own, tmp_path):
    question = tmp_path / "q.yaml"
    question.write_text(
        "- {id: mmlu-95, title: t, opened: 2022-06-01, resolve_by: 2023-06-30,\n"
        "   criterion: {kind: threshold, benchmark: MMLU, task: MMLU, score: 0.95}}\n"
    )
    ask = ("resolve", "--dry-run", "-q", question, "--question", "mmlu-95", "--format", "json", "--show", "resolutions")

    def status(*words):
        (found,) = table(own(*ask, *words))
        return found["status"]

    assert status("--as-of", "2023-03-01") == "open"
    own("data", "add", *NOVA, "MMLU=97%")
    assert status("--as-of", "2023-02-14") == "open"
    assert status("--as-of", "2023-03-01") == "yes"
    assert status("--as-of", "2023-03-01", "--bundled") == "open"


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        ("Nova 9 scores above 0.95 on MMLU by 2023-06-30", False),
        ("any Acme model scores above 0.95 on MMLU by 2023-06-30", True),
        ("any model scores above 0.3 on zorgbench by 2023-06-30", True),
    ],
)
def test_new_models_makers_and_benchmarks_are_asked_in_words(own, words, refused):
    own("data", "add", *NOVA, "MMLU=97%")
    own("data", "add", *NOVA, "zorgbench=0.4", "--metric", "accuracy")
    ask = ("ask", words, "--as-of", "2023-03-01", "--no-record")
    assert "already settled" in own(*ask).stdout
    if refused:
        assert "is not understood" in own(*ask, "--bundled").stderr


def test_what_is_wrong_is_one_sentence_and_nothing_is_written(own, tmp_path):
    for words in (("HLE=61",), ("zorg=0.5",), (), ("HLE",)):
        out = own("data", "add", *NOVA, *words)
        assert out.exit_code == 2
        assert "Traceback" not in out.output
    assert not (tmp_path / "own").exists()
    (tmp_path / "file").write_text("")
    out = own("data", "add", *NOVA, "HLE=0.5", "--data", tmp_path / "file")
    assert out.exit_code == 2
    out = own("data", "add", *NOVA, "HLE=0.5", "--data", tmp_path / "file" / "below")
    assert out.exit_code == 1
    assert "name another folder with --data or FORECAST_DATA" in out.stderr


@pytest.fixture
def hub(monkeypatch):
    """A local server in place of Epoch AI's."""
    with hub_server() as server:
        known = scale_forecast.data.own.sources.public_sources()["epoch"]
        here = PublicSource(**{**known.__dict__, "address": f"{server.url}/benchmark_data.zip"})
        monkeypatch.setattr("scale_forecast.workflow.own.find_source", lambda name: here)
        server.source = here
        yield server


def test_an_update_keeps_what_is_there_says_what_is_new_and_later_commands_read_it(own, hub):
    first = own("data", "update")
    assert first.exit_code == 0, first.output
    assert "nothing is new and nothing changed" in first.stderr  # all of it is bundled
    assert "credits Epoch AI" in first.stderr
    assert "nothing new since" in own("data", "update").stderr
    line = b"zorg-7_high,0.99,0.99,2026-11-01,Zorg,,,,0.01,,,2026-11-02T10:00:00.000Z,z\n"
    hub.body = packed({**FILES, "gpqa_diamond.csv": FILES["gpqa_diamond.csv"] + line})
    second = own("data", "update", "--format", "json")
    assert "1 new score, 1 new model (zorg-7), records on 1 benchmark" in second.stderr
    (change,) = table(second)["changes"]
    assert (change["what"], change["model"], change["after"], change["is_record"]) == ("new", "zorg-7", 0.99, True)
    kept = table(own("data", "vintages", "--format", "json"))
    assert len(kept) == 2
    assert len(table(own("data", "show", "--model", "zorg-7", "--format", "json"))) == 1
    assert own("data", "remove", kept[1]["id"]).exit_code == 0
    assert own("data", "show", "--model", "zorg-7").exit_code == 2


def test_what_changed_and_what_is_gone_is_told(own, hub):
    own("data", "update")
    files = {name: data for name, data in FILES.items() if name != "swe_bench_verified.csv"}
    files["gpqa_diamond.csv"] = files["gpqa_diamond.csv"].replace(b"muse-spark,0.898", b"muse-spark,0.912")
    hub.body = packed(files)
    out = own("data", "update", "--format", "json")
    changes = pd.DataFrame(table(out)["changes"])
    assert changes["what"].value_counts().to_dict() == {"changed": 1, "gone": 4}
    changed = changes[changes["what"] == "changed"].iloc[0]
    assert (changed["before"], changed["after"]) == (0.898, 0.912)


def test_an_update_moves_no_past_day(own, hub):
    own("data", "update")
    line = b"zorg-7,0.99,0.99,2026-03-01,Zorg,,,,0.01,,,2026-03-02T10:00:00.000Z,z\n"
    hub.body = packed({**FILES, "gpqa_diamond.csv": FILES["gpqa_diamond.csv"] + line})
    own("data", "update")
    today = frontier_tables()
    assert len(today.scores) == len(bundled_frontier_tables().scores) + 1
    assert frontier_tables("2026-08-01") is bundled_frontier_tables()
    row = today.scores.iloc[-1]
    assert row["known_basis"] == "not before"
    assert row["seen_on"] > pd.Timestamp("2026-11-01")


def test_without_a_network_it_is_said_and_what_is_there_is_used(own, hub, monkeypatch):
    place = hub.source.address
    nobody = PublicSource(**{**hub.source.__dict__, "address": "http://127.0.0.1:1/x.zip"})
    monkeypatch.setattr("scale_forecast.workflow.own.find_source", lambda name: nobody)
    out = own("data", "update")
    assert out.exit_code == 1
    assert "127.0.0.1 cannot be reached: is there a network?" in out.stderr
    known = PublicSource(**{**hub.source.__dict__, "address": place})
    monkeypatch.setattr("scale_forecast.workflow.own.find_source", lambda name: known)
    assert own("data", "update").exit_code == 0
    monkeypatch.setattr("scale_forecast.workflow.own.find_source", lambda name: nobody)
    out = own("data", "update")
    assert out.exit_code == 0
    assert "(commands go on with Epoch AI benchmarking hub of" in out.stderr


@pytest.mark.parametrize("body", [packed()[:-100], packed({"../x.csv": b"a,b\n1,2\n"}), b"<html>"])
def test_a_refused_table_leaves_the_folder_as_it_was(own, hub, tmp_path, body):
    hub.body = body
    out = own("data", "update")
    assert out.exit_code == 1
    assert "Traceback" not in out.output
    assert not (tmp_path / "own").exists()


def test_a_folder_of_the_users_is_a_source_too(own):
    out = own("data", "update", HUB)
    assert out.exit_code == 0
    assert "nothing is new and nothing changed" in out.stderr


def test_a_share_of_four_digits_is_printed_with_all(tmp_path, own):
    path = tmp_path / "s.csv"
    path.write_text("model,MMLU\na-1b,0.8564\n")
    assert "0.8564" in own("data", "import", path).stdout
