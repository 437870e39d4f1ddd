"""`forecast score` and `forecast ledger`: what is printed, where, and with which exit code."""

import json
import sqlite3

import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.resolvers.ledger import open_ledger
from tests.ledgers import AT, fill, question_forecast


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ledger.db"
    with open_ledger(path) as ledger:
        fill(ledger, 20)
    return str(path)


def run(*arguments, **environment):
    return CliRunner().invoke(main, [str(a) for a in arguments], env=environment or {"FORECAST_LEDGER": ""})


def test_verify_says_so_when_intact_and_takes_the_head_that_head_prints(path):
    head = run("ledger", "head", "--ledger", path)
    assert head.exit_code == 0
    assert head.stderr.startswith("entry 20, recorded 2026-11-24")
    digest = head.stdout.strip()
    verified = run("ledger", "verify", "--head", digest, "--ledger", path)
    assert (verified.exit_code, verified.stdout) == (0, f"intact up to entry 20, head {digest}\n")


def test_verify_fails_and_names_the_entry(path):
    import sqlite3

    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER forecasts_no_update")
    connection.execute("UPDATE forecasts SET probability = 0.99 WHERE sequence = 7")
    connection.commit()
    connection.close()
    result = run("ledger", "verify", FORECAST_LEDGER=path)
    assert result.exit_code == 1
    assert result.stdout == (
        "the trigger that keeps forecasts from being edited is gone: someone removed it\n"
        "forecasts entry 7 was edited: its content does not give its hash\n"
    )
    assert "Error: the ledger does not verify: 2 problems named above" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["ledger", "verify", "--head", "41"], 2, "--head '41' is not a hash"),
        (["ledger", "head", "--ledger", "none/ledger.db"], 1, "there is no ledger at none/ledger.db"),
        (["ledger", "import", "no-such-file"], 2, "'no-such-file' does not exist"),
        (["score", "--by", "modle"], 2, "averaged by 'modle'"),
        (["score", "--ledger", "mysql://x/y"], 1, "no ledger can be kept at mysql://"),
    ],
)
def test_bad_requests_end_in_a_sentence(path, arguments, code, message):
    result = run(*arguments, FORECAST_LEDGER=path)
    assert result.exit_code == code
    assert message in result.stderr


def test_export_and_import_copy_a_ledger(path, tmp_path):
    exported = tmp_path / "ledger.jsonl"
    assert run("ledger", "export", "-o", exported, "--ledger", path).exit_code == 0
    assert exported.read_text() == run("ledger", "export", "--ledger", path).stdout
    copy = tmp_path / "new" / "copy.db"
    result = run("ledger", "import", exported, "--ledger", copy)
    assert result.exit_code == 0
    assert result.stderr.startswith("20 new; the ledger ends at entry 20, head ")
    assert run("ledger", "export", "--ledger", copy).stdout == exported.read_text()


def test_import_refuses_a_ledger_that_grew_apart(path, tmp_path):
    exported = tmp_path / "ledger.jsonl"
    run("ledger", "export", "-o", exported, "--ledger", path)
    with open_ledger(tmp_path / "other.db") as other:
        other.append_forecasts([question_forecast()], at=AT)
    result = run("ledger", "import", exported, "--ledger", tmp_path / "other.db")
    assert result.exit_code == 1
    assert "part at questions entry 1" in result.stderr


def test_score_prints_scores_and_calibration_and_counts_what_it_left_out(path):
    result = run("score", "--by", "predictor", "--ledger", path)
    assert result.exit_code == 0
    assert result.stdout.startswith("Scores")
    assert "Calibration" in result.stdout
    assert "8 forecasts recorded, 4 scored on 4 settled questions" in result.stderr


def test_score_gives_the_same_numbers_as_data(path, tmp_path):
    out = tmp_path / "scores.csv"
    assert run("score", "--format", "csv", "-o", out, "--ledger", path).exit_code == 0
    table = pd.read_csv(out)
    rows = json.loads(run("score", "--format", "json", "--ledger", path).stdout)["data"]
    assert table["brier"].iloc[0] == pytest.approx(rows[0]["brier"])
    assert table["brier"].iloc[0] == pytest.approx(sum((n / 100) ** 2 for n in (1, 2, 3, 4)) / 4)
    rows = pd.DataFrame(
        json.loads(run("score", "--show", "forecasts", "--format", "json", "--ledger", path).stdout)["data"]
    )
    assert rows["brier"].mean() == pytest.approx(table["brier"].iloc[0])


def test_an_empty_ledger_has_no_scores_yet(tmp_path):
    open_ledger(tmp_path / "empty.db").close()
    result = run("score", "--ledger", tmp_path / "empty.db")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "nothing to score yet" in result.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [("not json\n", "line 1 is not an entry of a ledger"), ("", "holds no entries"), ("\n\n", "holds no entries")],
)
def test_a_refused_export_leaves_no_ledger_behind(tmp_path, content, message):
    (tmp_path / "bad.jsonl").write_text(content)
    result = run("ledger", "import", tmp_path / "bad.jsonl", "--ledger", tmp_path / "new.db")
    assert result.exit_code == 1
    assert message in result.stderr
    assert not (tmp_path / "new.db").exists()


def test_a_refused_copy_leaves_no_ledger_behind(path, tmp_path):
    with open_ledger(str(path)) as ledger:
        fill(ledger, 3)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER forecasts_no_update")
        connection.execute("UPDATE forecasts SET probability = 0.99")
    connection.close()
    result = run("ledger", "copy", path, tmp_path / "new.db")
    assert result.exit_code == 1
    assert "does not verify" in result.stderr
    assert not (tmp_path / "new.db").exists()
