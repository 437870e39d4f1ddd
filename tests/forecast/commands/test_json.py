"""Every command's JSON stands in the envelope that `schema.json` describes."""

import json
import shlex
import shutil
from importlib.resources import files

import pytest
from jsonschema import Draft202012Validator

from scale_forecast.data.load import load
from scale_forecast.data.own.added import list_added
from scale_forecast.data.results import fingerprint
from tests.forecast.commands.conftest import QUESTION, small_world_in
from tests.forecast.commands.doors import DOORS, options_of
from tests.resolvers.markets.server import SAVED, Services

SCHEMA = json.loads((files("scale_forecast.commands") / "schema.json").read_text(encoding="utf-8"))
TARGET = ("--family", "Gamma", "--params", "100B")
CURVES = "curve,x,y,role\n" + "".join(f"a,{10.0**i},{2.0 * 10.0 ** (-0.1 * i)},fit\n" for i in range(1, 7))
FORECASTS = "question,forecaster,time,probability\nmine,crowd,2021-01-01,0.4\n"
LADDER = "compute,loss,accuracy\n1e19,1.5,0.3\n1e20,1.1,0.4\n1e21,0.9,0.5\n1e22,0.7,0.6\n"
RUNS = "params,tokens,loss\n" + "".join(
    f"{n:g},{d:g},{1.7 + (n / 1e7) ** -0.3 + (d / 1e8) ** -0.3}\n" for n in (1e8, 1e9, 4e9) for d in (2e9, 2e10, 9e10)
)
LOG = (
    '{"doc_id": 0, "doc": {"query": "q"}, "target": 1, "arguments": [], "resps": [], "filtered_resps": [], "acc": 1.0}'
)


@pytest.fixture(scope="session")
def scenery(tmp_path_factory, small_cache, few_by_date):
    """A folder of files and a ledger with entries, of which each test has a copy."""
    folder = tmp_path_factory.mktemp("scenery")
    (folder / "curves.csv").write_text(CURVES)
    (folder / "ladder.csv").write_text(LADDER)
    (folder / "runs.csv").write_text(RUNS)
    (folder / "crowd.csv").write_text(FORECASTS)
    (folder / "samples_t_2024.jsonl").write_text(LOG + "\n")
    (folder / "mine.yaml").write_text(QUESTION)
    with pytest.MonkeyPatch.context() as patch:
        run = small_world_in(folder, patch, small_cache, few_by_date)
        for words in (
            ("data", "add", "--model", "GPT-5", "MMLU=0.9", "--data", folder / "mine"),
            ("questions", "add", folder / "mine.yaml"),
            ("ledger", "export", "-o", folder / "export.jsonl"),
        ):
            assert run(*words).exit_code == 0
    return folder


@pytest.fixture
def scene(small_world, scenery, layouts, tmp_path):
    """Runs a command; ``{own}`` and its like in the words are files of the small world, its ledger has entries."""
    shutil.copytree(scenery, tmp_path, dirs_exist_ok=True)
    places = {
        "added": list_added(tmp_path / "mine")[0].id,
        "own": layouts["long"][0],
        "question": tmp_path / "mine.yaml",
        "curves": tmp_path / "curves.csv",
        "ladder": tmp_path / "ladder.csv",
        "runs": tmp_path / "runs.csv",
        "crowd": tmp_path / "crowd.csv",
        "log": tmp_path / "samples_t_2024.jsonl",
        "folder": tmp_path,
        "saved": SAVED,
        "bet": f"manifold:P0R6uAC2nU --saved {SAVED}",
    }

    def run(words, **more):
        return small_world(*shlex.split(words.format(**places, **more)))

    return run


CASES = {
    "ask": "{question} --results {own} --as-of 2020-12-01 --predictor law --no-record",
    "backtest": "{own} --target 'Gamma 2' --predictors drift,persistence",
    "check": "{own} --that 'P(world > 0.01) > 0.01' " + " ".join(TARGET),
    "compare": "Gamma Beta --results {own}",
    "curves fit": "{curves} --form constant",
    "curves list": "",
    "curves steps": "{ladder}",
    "curves surface": "{runs}",
    "data add": "--model GPT-5 GSM8K=0.97 --data {folder}/mine",
    "data added": "--data {folder}/mine",
    "data import": "{own}",
    "data list": "",
    "data logs": "{log} --as-model gamma-1b",
    "data remove": "{added} --data {folder}/mine",
    "data show": "{own} --family Gamma",
    "data update": "{own} --data {folder}/mine",
    "data validate": "{own}",
    "data vintages": "--data {folder}/mine",
    "due": "{own} --as-of 2024-01-01",
    "explain": "task00 --results {own} " + " ".join(TARGET),
    "features": "{own}",
    "index": "--as-of 2023-03-01 --release-dates",
    "largest": "--by 2024-11 --as-of 2022-11-15",
    "ledger copy": "{folder}/ledger.db {folder}/copy.db",
    "ledger head": "",
    "ledger import": "{folder}/export.jsonl --ledger {folder}/other.db",
    "ledger verify": "",
    "market compare": "{bet} -p 0.62",
    "market import": "{bet} --history none --opened 2026-02-19",
    "market resolve": "{bet} --outcome no --because seen",
    "market search": "bitcoin --on kalshi --server {server}",
    "market show": "{bet}",
    "market submit": "{bet} -p 0.62",
    "market withdraw": "metaculus:34519 --saved {saved}",
    "predict": "{own} --predictor drift " + " ".join(TARGET),
    "questions add": "{question}",
    "questions check": "{question} --results {own}",
    "questions import": "{crowd} --dry-run",
    "questions list": "--results {own}",
    "questions show": "mine --results {own}",
    "quick": "{own} --predictor drift --params 100B,200B",
    "reach": "task00 0.9 --results {own} --family Gamma --as-of 2024-01-01 --predictor drift",
    "records": "--by 2023-12 --as-of 2023-03-01 --release-dates --above 0.9",
    "resolve": "{own} --as-of 2024-01-01",
    "score": "",
    "study": "momentum {own} --table families",
    "train": "{own} --family Gamma --predictor drift",
}
DATED = {
    "ask": "2020-12-01",
    "index": "2023-03-01",
    "records": "2023-03-01",
    "largest": "2022-11-15",
    "resolve": "2024-01-01",
    "due": "2024-01-01",
}


def test_every_command_that_takes_a_format_is_tried():
    assert {door for door, command in DOORS.items() if "--format" in options_of(command)} == set(CASES)


@pytest.mark.parametrize("door", CASES)
def test_json_is_what_the_schema_says(scene, door, tmp_path):
    if door == "data logs":
        pytest.importorskip("duckdb")
    with Services() as server:
        out = scene(f"{door} {CASES[door]} --format json", server=server.address)
    assert out.exit_code == 0, out.output
    document = json.loads(out.stdout)
    Draft202012Validator(SCHEMA).validate(document)
    assert document["command"].startswith(f"forecast {door}")
    assert document["as_of"] == DATED.get(door, document["as_of"])
    assert all(sentence in out.stderr for sentence in document["notes"])


def test_the_envelope_says_which_results_were_read_and_on_which_day(scene):
    shown = json.loads(scene("questions list --as-of 2021-03-04 --format json").stdout)
    assert shown["as_of"] == "2021-03-04"
    assert shown["data_version"] == fingerprint(load(frontier=True).results)
    assert shown["notes"] == ["1 of 1 questions"]
    own = json.loads(scene("questions list --results {own} --format json").stdout)
    assert own["data_version"] not in (None, shown["data_version"])
    assert json.loads(scene("curves list --format json").stdout)["data_version"] is None


def test_how_old_the_newest_score_is_stands_in_a_field_of_its_own(scene):
    """Of a question as of a day more than ninety days after the newest score; not where that is nearer."""
    words = "ask {question} --results {own} --predictor law --no-record --format json --as-of "
    document = json.loads(scene(words + "2020-12-01").stdout)
    said = document["data"][0]["note"].removeprefix("Note: ").removesuffix(".")
    assert document["stale"] == {"newest": "2020-03-01", "days": 275, "said": said}
    fresh = json.loads(scene("records --by 2023-12 --as-of 2023-03-01 --release-dates --format json").stdout)
    assert fresh["stale"] is None


def test_what_is_infinite_is_told_apart_from_what_is_missing(scene, tmp_path):
    (tmp_path / "sure.csv").write_text(
        "question,forecaster,time,probability,outcome,resolved_on\nRain?,ann,2024-01-01,0,yes,2024-02-01\n"
    )
    assert scene("questions import {folder}/sure.csv").exit_code == 0
    out = scene("score --by forecaster --format json")
    row = json.loads(out.stdout, parse_constant=pytest.fail)["data"][0]
    assert row["log_score"] == "inf"
    assert row["crps"] is None


def test_every_output_of_days_read_as_releases_says_so(scene):
    for words in ("resolve {own}", "questions list", "data show", "records --by 2023-12 --as-of 2023-03-01"):
        document = json.loads(scene(f"{words} --release-dates --format json").stdout)
        assert any("optimistic" in sentence for sentence in document["notes"]), words


def test_a_ledger_that_does_not_verify_says_so_in_json_and_in_a_sentence(scene):
    out = scene("ledger verify --head " + "1" * 64 + " --format json")
    assert out.exit_code == 1
    data = json.loads(out.stdout)["data"]
    assert not data["intact"]
    assert data["problems"]
    assert "the ledger does not verify" in out.stderr
