"""What another distribution brings works as ours does, and appears in help and refusals.

`tests/fixtures/toy_package` is such a distribution; a folder of the path gets its modules and what an installer notes.
"""

import csv
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scale_forecast.show.plots.examples import make_backtest
from tests.distributions import write_distribution
from tests.worlds import make_results, make_tasks

ROOT = Path(__file__).parent.parent
TOY = ROOT / "tests" / "fixtures" / "toy_package"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder that holds the toy distribution as installed."""
    project = tomllib.loads((TOY / "pyproject.toml").read_text())["project"]
    modules = {file.name: file.read_text(encoding="utf-8") for file in TOY.glob("*.py")}
    folder = tmp_path_factory.mktemp("site")
    return write_distribution(folder, project["name"], modules, project["entry-points"], project["version"])


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    make_results().to_csv(folder / "results.csv", index=False)
    make_tasks().to_csv(folder / "tasks.csv", index=False)
    make_backtest().to_csv(folder / "backtest.csv", index=False)
    (folder / "board.txt").write_bytes(
        b"-- toy board --\nwidget-1b answers gsm8k at 0.25\nwidget-7b answers gsm8k at half\n"
    )
    (folder / "oracle.json").write_text('{"oracle_asks": "Will it rain?", "id": "rain", "yes": 0.25}')
    (folder / "other.json").write_text('{"nobody": "knows"}')
    asked = (TOY / "perfect.yaml").read_text(encoding="utf-8")
    (folder / "mine.yaml").write_text(asked)
    (folder / "wrong.yaml").write_text(asked.replace("kind: perfect", "kind: prefect"))
    return folder


IN_ONE_PROCESS = """
import json, sys
from click.testing import CliRunner
from scale_forecast.commands import main
from scale_forecast.data import load
from tests.worlds import make_results, make_tasks
load.bundled_results, load.bundled_tasks = make_results, make_tasks  # the bundled figures take seconds
out = []
for args in json.loads(sys.argv[1]):
    done = CliRunner().invoke(main, args)
    out.append([done.exit_code, done.stdout, done.stderr])
print(json.dumps(out))
"""


def run_where_installed(folder, cwd, commands):
    """Exit code, stdout and stderr of each command, where a folder is on the path; in one process, as it is slow."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
        "FORECAST_CACHE": str(cwd / "cache"),
    }
    call = [sys.executable, "-c", IN_ONE_PROCESS, json.dumps(commands)]
    done = subprocess.run(call, cwd=cwd, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


COMMANDS = {
    "predict": "predict results.csv --tasks tasks.csv --family Alpha --params 1T --benchmark world --predictor hopeful "
    "--format csv",
    "refuse": "predict --family PaLM --params 1T --predictor hopefull",
    "import": "data import board.txt --format csv",
    "market": "market show oracle.json --format json",
    "market unknown": "market show https://oracle.example/answers/rain",
    "market search": "market search rain --on oracles",
    "import unknown": "data import other.json",
    "study": "study counting results.csv --format csv",
    "plot": "plot errors backtest.csv -o errors.svg",
    "check": "questions check mine.yaml --format csv",
    "show": "questions show perfect-neqa --questions mine.yaml --as-of 2023-01-01",
    "check wrong": "questions check wrong.yaml",
    "list wrong": "questions list --kind nothing",
    "list help": "questions list --help",
    "predict help": "predict --help",
    "backtest help": "backtest --help",
    "data import help": "data import --help",
    "study help": "study --help",
    "plot help": "plot --help",
}


@pytest.fixture(scope="module")
def outs(installed, world):
    """What every command of `COMMANDS` said where the toy distribution is installed."""
    return dict(
        zip(COMMANDS, run_where_installed(installed, world, [c.split() for c in COMMANDS.values()]), strict=True)
    )


def test_a_predictor_from_outside_predicts_and_is_kept(outs, world):
    code, stdout, stderr = outs["predict"]
    assert code == 0, stderr
    assert ",hopeful" in stdout
    assert list((world / "cache").glob("hopeful-*.npz"))


@pytest.mark.parametrize(
    ("command", "name", "line"),
    [
        ("predict", "hopeful", "Every score rises by a fifth of a logit."),
        ("backtest", "hopeful", "Every score rises by a fifth of a logit."),
        ("data import", "toyboard", "such as board.txt"),
        ("study", "counting", "How many scores are there?"),
        ("plot", "errors", "How far off forecasts were."),
    ],
)
def test_help_names_it(outs, command, name, line):
    _, stdout, _ = outs[f"{command} help"]
    assert f"\n  {name} " in stdout
    assert line in stdout


def test_a_refusal_names_it(outs):
    code, _, stderr = outs["refuse"]
    assert code == 2
    assert "no predictor 'hopefull' (did you mean 'hopeful'?): there are persistence" in stderr


def test_a_reader_from_outside_reads_its_file_and_accounts_for_it(outs):
    code, stdout, stderr = outs["import"]
    assert code == 0, stderr
    (row,) = csv.DictReader(stdout.splitlines())
    assert (row["model"], row["task"], row["score"]) == ("widget-1b", "gsm8k", "0.25")
    assert "1 file (toyboard): 2 scores found, 1 kept, 1 refused: 1 no number" in stderr


def test_a_file_that_no_reader_knows_is_refused_with_the_readers_from_outside(outs):
    code, _, stderr = outs["import unknown"]
    assert code == 1
    assert "toyboard" in " ".join(stderr.split())


def test_a_market_service_from_outside_reads_its_answers_and_is_named_in_refusals(outs):
    code, stdout, stderr = outs["market"]
    assert code == 0, stderr
    assert "Will it rain?" in stdout
    assert "0.25" in stdout
    for command in ("market unknown", "market search"):
        code, _, stderr = outs[command]
        assert code == 2
        assert "polymarket, kalshi, oracle" in " ".join(stderr.split())


def test_a_study_from_outside_is_run(outs):
    code, stdout, stderr = outs["study"]
    assert code == 0, stderr
    assert stdout.startswith("family,scores")


def test_a_kind_of_question_from_outside_is_read_judged_and_named_in_refusals(outs):
    code, stdout, stderr = outs["check"]
    assert code == 0, stderr
    assert "perfect-neqa,any_of" in stdout
    assert "open as of 2023-01-01" in outs["show"][1], outs["show"][2]
    code, _, stderr = outs["check wrong"]
    assert code == 1
    assert "'prefect' is unknown (did you mean 'perfect'?)" in stderr
    assert "not, manual, perfect" in stderr
    code, _, stderr = outs["list wrong"]
    assert code == 2
    assert "manual, perfect" in stderr
    assert "perfect" in outs["list help"][1]


PRICED = """
import datetime as dt
import {first}
from toy_kinds import Perfect
from scale_forecast.data.catalog import bundled_metrics
from scale_forecast.data.load import Tables
from scale_forecast.pricing import Desk, price_at
from scale_forecast.resolvers.questions.question import Question
from tests.worlds import make_results, make_tasks

criterion = {{**Perfect.example, "task": "task00", "benchmark": "world"}}
question = Question(id="q", title="t", criterion=criterion, opened="2020-01-01", resolve_by="2021-06-15")
tables = Tables(make_results(), make_tasks(), bundled_metrics())
desk = Desk(tables, dt.date(2020, 6, 15), recalibrate=False, predictor="persistence")
print(type(question.criterion) is Perfect, 0.0 < price_at(desk, question, interval=False).probability < 0.5)
"""


@pytest.mark.parametrize("first", ["toy_kinds", "scale_forecast.resolvers.questions.question"])
def test_a_kind_from_outside_is_priced_whether_it_or_the_questions_are_imported_first(installed, first):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(installed), str(ROOT)])}
    call = [sys.executable, "-c", PRICED.format(first=first)]
    done = subprocess.run(call, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "True True", done.stderr


def test_a_plot_from_outside_is_drawn_from_a_backtest(outs, world):
    code, _, stderr = outs["plot"]
    assert code == 0, stderr
    assert b"<svg" in (world / "errors.svg").read_bytes()


def test_one_that_is_broken_is_one_sentence_and_help_still_comes(tmp_path):
    points = {"scale_forecast.predictors": {"broken": "broken_module:Predictor"}}
    write_distribution(tmp_path, "broken-forecasts", {"broken_module.py": "class Predictor: name = 'broken'"}, points)
    asking = ["predict", "--family", "PaLM", "--params", "1T", "--predictor", "broken"]
    asked, helped = run_where_installed(tmp_path, tmp_path, [asking, ["predict", "--help"]])
    assert asked[0] == 1
    assert "the predictor 'broken' of broken-forecasts 1.0 brings no is_reference, " in asked[2]
    assert "Traceback" not in asked[2]
    assert helped[0] == 0
    assert "of broken-forecasts 1.0 brings no" in " ".join(helped[1].split())
