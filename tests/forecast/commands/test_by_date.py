"""`forecast records`, `forecast index` and `forecast predict --model`: by date, from the door."""

import re

import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.workflow.records_page import crossed_thresholds

DAY = ("--as-of", "2023-03-01", "--release-dates")
"""Few models were measured then, so that training takes a second."""


def run(*words):
    return CliRunner().invoke(main, list(words))


def test_a_coming_model_is_forecast_by_date_and_what_its_name_says_is_told():
    out = run("predict", "--model", "GPT-4", "--released", "2023-06", "--benchmark", "mmlu", *DAY)
    assert out.exit_code == 0, out.output
    assert "taken from the name 'GPT-4'" in out.stderr
    assert "optimistic" in out.stderr
    assert "MMLU" in out.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("predict",), "which model? give --family and a size, or --model and --released"),
        (("predict", "--model", "X"), "--model needs the day of its release: give --released"),
        (("predict", "--released", "2027", "--family", "PaLM"), "--released is said of a model by date"),
        (("predict", "--model", "X", "--released", "2027", "--params", "1B"), "--params is by scale and --model by"),
        (("predict", "--model", "X", "--released", "2027", "--known", "MMLU=high", *DAY), "'high' is not a number"),
        (("records", "--by", "2023-12", "--benchmark", "MMLUU", *DAY), "no benchmark with scores by date is called"),
        (
            ("records", "--by", "2023-12", "--organisation", "OpenAY", *DAY),
            "no organisation with scores by date is called",
        ),
        (("explain", "MMLU"), "which forecast? give --family and a size; by date --by DATE"),
        (
            ("explain", "MMLU", "--by", "2023-12", "--model", "X", *DAY),
            "either --by DATE explains a record, or --model",
        ),
        (("explain", "MMLU", "--by", "2023-12", "--params", "1B", *DAY), "--params is by scale and --by by date"),
        (("explain", "MMLU", "--model", "X", *DAY), "--model needs the day of its release"),
        (("records", "--by", "2022-12", *DAY), "is before 2023-03-01, the day of knowledge"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(words, sentence):
    out = run(*words)
    assert out.exit_code == 2
    assert sentence in " ".join(out.stderr.split())


def test_a_model_to_come_that_is_out_already_is_said_to_be_another():
    """It was forecast, and could be recorded, as if nobody knew a score of that name."""
    asked = ("--released", "2023-09", "--benchmark", "mmlu", *DAY)
    assert "LLaMA-65B is out since 2023-02-24, with " in run("predict", "--model", "llama-65b", *asked).stderr
    assert "is out since" not in run("predict", "--model", "GPT-9", *asked).stderr


def test_a_higher_bar_is_less_likely_and_a_reached_one_is_sure():
    out = run(
        "records",
        "--by",
        "2023-12",
        "--benchmark",
        "MMLU",
        "--above",
        "0.1",
        "--above",
        "0.95",
        *DAY,
        "--format",
        "csv",
    )
    assert out.exit_code == 0, out.output
    first, second = (line.split(",") for line in out.stdout.splitlines()[1:])
    assert float(first[3]) == 1.0
    assert float(second[3]) < 0.5


def test_records_of_one_maker_and_of_open_weights_are_asked_for_by_name():
    asked = ("records", "--by", "2023-12", "--benchmark", "MMLU", *DAY, "--format", "csv")
    everyone, one, weights = (run(*asked, *scope) for scope in ((), ("--organisation", "google"), ("--open-weights",)))
    columns = everyone.stdout.splitlines()[0].split(",")
    at = [columns.index(name) for name in ("record_now", "median", "q90")]
    whole = [float(everyone.stdout.splitlines()[1].split(",")[i]) for i in at]
    for out in (one, weights):
        assert out.exit_code == 0, out.output
        assert all(float(out.stdout.splitlines()[1].split(",")[i]) <= w for i, w in zip(at, whole, strict=True))


def test_a_users_file_stands_beside_the_bundled_scores_by_date(tmp_path):
    path = tmp_path / "own.csv"
    rows = ["task,model,organisation,score,known_on", "mine,Homer 1,S,0.3,2023-01-05", "mine,Homer 2,S,0.5,2023-02-05"]
    path.write_text("\n".join(rows))
    out = run("records", str(path), "--by", "2023-12", "--benchmark", "mine", *DAY, "--format", "csv")
    assert out.exit_code == 0, out.output
    assert "Homer 2" in out.stdout
    assert "size" not in out.stderr, "nothing that goes by date misses a size"
    found = run("index", str(path), *DAY, "--format", "csv")
    assert "Homer 1" in found.stdout
    assert "GPT-3.5" in found.stdout


@pytest.mark.parametrize(
    "of", [("--by", "2023-12"), ("--model", "GPT-4", "--released", "2023-06", "--known", "gsm8k=0.9")]
)
def test_a_forecast_by_date_is_explained(of):
    out = run("explain", "mmlu", *of, *DAY)
    assert out.exit_code == 0, out.output
    assert "Which releases" in out.stdout
    assert "GPT-3 175B" in out.stdout or "PaLM" in out.stdout


def test_what_a_name_says_rests_on_models_released_by_the_day_of_knowledge():
    """GPT-4 Turbo came in November 2023: on the day asked nobody knew of it."""
    out = run("predict", "--model", "GPT-4 Turbo", "--released", "2024-06", "--benchmark", "mmlu", *DAY)
    assert "as of GPT-3.5" in out.stderr


def test_a_forecast_of_a_model_by_date_is_recorded_settled_by_its_name_and_scored(tmp_path):
    """On GPT-4, whose scores came two weeks later: by today's clock that is late, and `score` says so."""
    book = ("--ledger", str(tmp_path / "ledger.db"))
    asked = ("--model", "GPT 4", "--released", "2023-06", "--benchmark", "mmlu", "--known", "gsm8k=0.9")
    out = run("predict", *asked, *DAY, "--record", *book)
    assert out.exit_code == 0, out.output
    assert "recorded 1 forecast in the ledger" in out.stderr
    settled = run("resolve", "--as-of", "2026-07-01", *book, "--format", "csv")
    assert settled.exit_code == 0, settled.output
    assert ",number," in settled.stdout
    assert "best of" in settled.stdout
    scored = run("score", "--late", *book, "--format", "json")
    assert scored.exit_code == 0, scored.output
    assert '"by-date"' in run("ledger", "export", *book).stdout


def test_records_are_recorded_as_questions_that_results_settle(tmp_path):
    book = ("--ledger", str(tmp_path / "ledger.db"))
    asked = ("--by", "2023-12", "--benchmark", "mmlu", "--above", "0.8", "--above", "0.99", "--above", "0.3")
    for _ in range(2):
        out = run("records", *asked, *DAY, "--record", *book)
        assert out.exit_code == 0, out.output
    assert "recorded 3 forecasts in the ledger" in out.stderr
    settled = run("resolve", "--as-of", "2026-07-01", *book, "--format", "csv")
    assert settled.exit_code == 0, settled.output
    rows = [line for line in settled.stdout.splitlines() if line.startswith("by-date-mmlu")]
    assert len(rows) == 3
    assert sum(",yes," in row for row in rows) == 1
    (number,) = (row for row in rows if "highest score" in row)
    assert "no source lists the leaders of MMLU; the highest of" in number  # which settles no maximum
    scored = run("score", "--late", *book)
    assert "6 forecasts recorded, 1 scored" in " ".join(scored.stderr.split()), scored.output


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--folds", "records", "--predictors", "stack"), "--predictors is by scale and --folds records by date"),
        (("--folds", "by-date", "--siblings"), "--siblings is by scale and --folds by-date by date"),
        (("--folds", "records", "--questions"), "--questions prices questions, --folds records forecasts"),
        (("--folds", "records", "--target", "MMLUU"), "no benchmark with scores by date is called 'MMLUU'"),
        (("--folds", "by-date", "--target", "GPT-44"), "no model with scores by date is called 'GPT-44'"),
    ],
)
def test_a_backtest_by_date_refuses_what_is_by_scale_and_names_that_are_none(words, sentence):
    out = run("backtest", *words)
    assert out.exit_code == 2
    assert sentence in " ".join(out.stderr.split())


@pytest.mark.parametrize("form", ["table", "csv"])
def test_a_backtest_of_records_prints_the_model_beside_its_references(monkeypatch, form):
    from scale_forecast.workflow import backtest_by_date
    from tests.forecast.by_date.tables import tables

    world = tables(until="2024-01-01")
    monkeypatch.setattr(backtest_by_date, "tables_by_date", lambda *given, **more: (world, None))
    out = run("backtest", "--folds", "records", "--target", "shares 1", "--release-dates", "--format", form)
    assert out.exit_code == 0, out.output
    assert "record's drift" in out.stdout
    assert "records 2023-07-01" in (out.stdout if form == "csv" else out.stderr)
    assert ("[" in out.stdout) == (form != "csv")


def test_a_page_tells_of_records_thresholds_leaders_and_index_and_asks_no_server(tmp_path):
    page = tmp_path / "records.html"
    out = run("records", "--by", "2023-12", "--by", "2024-06", *DAY, "--report", str(page))
    assert out.exit_code == 0, out.output
    assert f"written: {page}" in out.stderr
    assert "record now" in out.stdout  # what the command prints otherwise, it prints still
    told = page.read_text(encoding="utf-8")
    assert "records should fall by 30 June 2024</h1>" in told
    for anchor in ("records", "thresholds", "leaders", "index", "table", "methods"):
        assert told.count(f'id="{anchor}"') == told.count(f'href="#{anchor}"') - (anchor == "table") == 1
    assert "--report" in told  # how it was made
    assert not re.findall(r'(?:src|href)="(?!#|data:)', told)
    assert len(told) < 1_000_000


def test_a_threshold_counts_as_crossed_from_the_first_score_that_reaches_it():
    known = pd.DataFrame(
        {"task": "t", "day": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]),
         "score": [0.62, 0.5, 0.71, 0.7], "model": list("abcd")}
    )  # fmt: skip
    records = pd.DataFrame({"task": ["t"], "unit": ["share"]})
    crossed = crossed_thresholds(known, records)
    assert crossed[["threshold", "model"]].values.tolist() == [[0.6, "a"], [0.7, "c"]]
