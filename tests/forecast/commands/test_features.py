"""`forecast features`: the matrix as a command."""

import io
import json

import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main


def run(*args):
    return CliRunner().invoke(main, ["features", *args])


@pytest.fixture
def own_file(tmp_path):
    rows = {"task": "t", "family": "mine", "model": ["m 1b", "m 9b"], "params": [1e9, 9e9], "score": [0.4, 0.5]}
    path = tmp_path / "mine.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def test_an_upcoming_model_gets_one_row_for_each_task_with_history():
    out = run("--family", "palm", "--params", "540e9", "--benchmark", "BIG-bench Lite", "--format", "csv")
    assert out.exit_code == 0, out.output
    table = pd.read_csv(io.StringIO(out.stdout))
    assert len(table) == table["task"].nunique() == 24
    assert (table["origin_model"] == "PaLM 62B").all()
    assert not table.columns.duplicated().any()
    assert "trained on 7.95e+11 tokens, as PaLM 62B" in out.stderr


def test_a_users_results_give_the_steps_of_their_families_alone(own_file):
    out = run(str(own_file), "--format", "json")
    assert out.exit_code == 0, out.output
    steps = json.loads(out.stdout)["data"]
    assert [(s["family"], s["origin_model"], s["target_model"]) for s in steps] == [("mine", "m 1b", "m 9b")]


def test_tasks_are_described_from_the_users_table(own_file, tmp_path):
    tasks = tmp_path / "tasks.csv"
    tasks.write_text("task,chance,n_choices\nt,0.25,4\n")
    step = json.loads(run(str(own_file), "--tasks", str(tasks), "--format", "json").stdout)["data"][0]
    assert (step["chance"], step["n_choices"]) == (0.25, 4)


def test_a_table_shows_the_first_steps_and_says_so():
    out = run("--family", "llama", "--as-of", "2023-12-01")
    assert out.exit_code == 0, out.output
    assert "the first 40 of" in out.stderr
    assert len(out.stdout.splitlines()) > 40


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["--params", "5e9"], 2, "say which with --family"),
        (["--family", "PaLM", "--params", "1B"], 2, "no model of PaLM is smaller than 1e+09 parameters"),
        (["--family", "PaLM", "--train-tokens", "1T"], 2, "give the size of the next model of PaLM"),
        (["--family", "PaLM", "--as-of", "2019"], 1, "no scores of PaLM were public on 2019-01-01"),
        (["--family", "Gopher", "--as-of", "2022-04-01"], 1, "no task has scores of two models"),
        (["--as-of", "2019"], 1, "no task has scores of two models"),
        (["--benchmark", "mmluu"], 2, "did you mean 'MMLU'?"),
    ],
)
def test_what_cannot_be_described_is_refused_in_one_sentence(args, code, message):
    out = run(*args)
    assert out.exit_code == code
    assert message in out.stderr
    assert "Traceback" not in out.output
