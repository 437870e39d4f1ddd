"""The notebooks of ``examples/`` say what the library says today."""

import os
import re
import shlex
import subprocess
import sys

import click
import numpy as np
import pytest

from scale_forecast.commands import main
from tests.notebooks import EXAMPLES, code_cells, read, run_cells

NUMBER = r"-?\d+\.?\d*(?:e[+-]?\d+)?"
QUICK = ("compare.ipynb", "score.ipynb")
"""Those that train nothing."""


SCRIPT = EXAMPLES / "publish.sh"
STEP = re.compile(r"^ *forecast (.*?)(?: >.*| \|\|.*)?$", flags=re.MULTILINE)


def test_the_recipe_of_the_manual_is_the_script():
    page = (EXAMPLES.parent / "docs" / "recipe.md").read_text(encoding="utf-8")
    assert f"```bash\n{SCRIPT.read_text(encoding='utf-8')}```" in page


def test_every_command_of_the_recipe_exists_with_its_options():
    steps = STEP.findall(SCRIPT.read_text(encoding="utf-8"))
    assert len(steps) == 7
    for step in steps:
        words = [word for word in shlex.split(step) if word not in ("${options[@]}", ">")]
        words += ["--by", "2099"] if words[0] == "records" else []
        command, context = main, click.Context(main, info_name="forecast")
        while isinstance(command, click.Group):
            command = command.get_command(context, words.pop(0))
            assert command is not None, step
        command.make_context(command.name, words)  # raises for an option that there is not


@pytest.mark.slow
def test_the_recipe_runs_and_publishes_pages_and_the_ledgers_head(tmp_path):
    """On a day of which training takes a second, without a network, twice: the second night goes on from the first."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "forecast").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{EXAMPLES.parent / "cli.py"}" "$@"\n')
    (folder / "forecast").chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    own = {name: value for name, value in os.environ.items() if name not in ("FORECAST_LEDGER", "FORECAST_DATA")}
    day = ["--by", "2023-12", "--as-of", "2023-03-01", "--release-dates"]
    for _ in range(2):
        subprocess.run(
            ["bash", str(SCRIPT), str(tmp_path / "out"), *day], env={**own, "PATH": path, "SOURCES": ""}, check=True
        )
    site = tmp_path / "out" / "site"
    assert {file.name for file in site.iterdir()} == {
        "records.html", "records.csv", "due.txt", "resolved.txt", "score.csv", "heads.txt",
    }  # fmt: skip
    assert len((site / "heads.txt").read_text().splitlines()) == 2
    assert "should fall by 31 December 2023" in (site / "records.html").read_text(encoding="utf-8")


def shown(outputs):
    """What is compared: kinds of outputs, and the text of tables and prints."""
    kinds = [sorted(one.get("data", {"text": None})) for one in outputs]
    texts = ["".join(one.get("text") or one["data"]["text/plain"]) for one in outputs]
    return kinds, [text for text in texts if "<" not in text]


def check(name, monkeypatch, within):
    monkeypatch.chdir(EXAMPLES)
    cells = code_cells(read(EXAMPLES / name))
    found = run_cells(["".join(cell["source"]) for cell in cells])
    for cell, outputs in zip(cells, found, strict=True):
        (kinds, texts), (now_kinds, now_texts) = shown(cell["outputs"]), shown(outputs)
        assert kinds == now_kinds, "".join(cell["source"])
        for text, now in zip(texts, now_texts, strict=True):
            assert re.sub(NUMBER, "#", text).split() == re.sub(NUMBER, "#", now).split()
            stored, new = (np.array(re.findall(NUMBER, t), dtype=float) for t in (text, now))
            assert new == pytest.approx(stored, abs=within, rel=within)


@pytest.mark.parametrize("name", QUICK)
def test_a_notebook_that_trains_nothing_is_in_step(name, monkeypatch):
    check(name, monkeypatch, within=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [p for p in sorted(EXAMPLES.glob("*.ipynb")) if p.name not in QUICK], ids=lambda p: p.stem
)
def test_a_notebook_is_in_step(path, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("FORECAST_CACHE", str(tmp_path_factory.getbasetemp() / "examples"))
    check(path.name, monkeypatch, within=0.15)  # a predictor that learned a little more is no reason to fail


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.ipynb")), ids=lambda p: p.stem)
def test_every_notebook_was_executed_from_top_to_bottom(path):
    cells = code_cells(read(path))
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    assert sum(bool(cell["outputs"]) for cell in cells) >= len(cells) - 1
    text = path.read_text(encoding="utf-8")
    assert "Traceback" not in text
    assert "/work" not in text
    assert path.stat().st_size < 1_500_000
