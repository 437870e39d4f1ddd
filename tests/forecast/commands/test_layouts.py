"""Every command that reads results reads every layout: a row a score, and a row a model in percent, say the same."""

import re
import shlex

import pytest

from tests.forecast.commands.doors import DOORS, options_of

TARGET = "--family Gamma --params 100B"
MADE_NOW = "--target 'Gamma 2'"
CASES = {
    "ask": "{question} --as-of 2020-12-01 --predictor law --no-record --format csv",
    "backtest": "--target 'Gamma 2' --predictors drift,persistence --format csv",
    "check": f"{TARGET} --predictor drift --that 'P(world > 0.1) > 0.1' --format csv",
    "compare": "Gamma Beta --format csv",
    "data import": "--format csv",
    "data show": "--family Gamma --format csv",
    "data validate": "--format csv",
    "due": "-q {question} --as-of 2024-01-01 --format csv",
    "explain": f"task00 {TARGET} --format csv",
    "features": "--format csv",
    "index": "--as-of 2023-03-01 --release-dates --format csv",
    "plot coverage": MADE_NOW,
    "plot gains": MADE_NOW,
    "plot index": "--as-of 2023-03-01 --release-dates",
    "plot pit": MADE_NOW,
    "plot question": "mine -q {question} --as-of 2024-01-01",
    "plot reach": "task00 0.9 --family Gamma --as-of 2024-01-01 --predictor drift",
    "plot records": "--by 2023-12 --as-of 2023-03-01 --release-dates",
    "plot reliability": MADE_NOW,
    "plot reversal": "--family Gamma --benchmark world --predictor drift",
    "plot skill": f"{MADE_NOW} --reference drift",
    "plot task": f"task00 {TARGET} --predictor drift",
    "predict": f"{TARGET} --predictor drift --format csv",
    "questions check": "{question} --format csv",
    "questions list": "-q {question} --as-of 2024-01-01 --format csv",
    "questions show": "mine -q {question} --as-of 2024-01-01 --format csv",
    "quick": "--predictor drift --params 100B --format csv",
    "reach": "task00 0.9 --family Gamma --as-of 2024-01-01 --predictor drift --format csv",
    "records": "--by 2023-12 --as-of 2023-03-01 --release-dates --format csv",
    "report": f"{TARGET} --predictor drift",
    "resolve": "-q {question} --as-of 2024-01-01 --dry-run --format csv",
    "study": "momentum --table families --format csv",
    "train": "--family Gamma --predictor drift --format csv",
}


def test_every_command_that_reads_results_is_tried():
    assert {door for door, command in DOORS.items() if "--wide" in options_of(command)} == set(CASES)


@pytest.mark.parametrize("door", CASES)
def test_two_layouts_of_the_same_results_say_the_same(small_world, layouts, question_file, tmp_path, door):
    contents = []
    for name, (file, options) in layouts.items():
        output = tmp_path / f"{name}.{'svg' if door.startswith('plot') else 'out'}"
        words = shlex.split(CASES[door].format(question=question_file))
        own = ["--results", file] if "--results" in options_of(DOORS[door]) else [file]
        out = small_world(*door.split(), *words, *own, *options, "-o", output)
        assert out.exit_code == 0, out.output
        contents.append(without_names_of_files(output.read_text(encoding="utf-8")))
    assert contents[0] == contents[1]


def without_names_of_files(text):
    """What differs although the results do not: names of files; of a page, when it was made and what it read."""
    text = re.sub(r"long\.csv|wide\.csv|wide table|results table", "#", text)
    return re.sub(r"\d\d:\d\d UTC|<section id=\"methods\".*", "#", text, flags=re.DOTALL)
