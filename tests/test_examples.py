"""The notebooks of ``examples/`` say what the library says today."""

import re

import numpy as np
import pytest

from tests.notebooks import EXAMPLES, code_cells, read, run_cells

NUMBER = r"-?\d+\.?\d*(?:e[+-]?\d+)?"
QUICK = ("score.ipynb",)
"""Those that train nothing."""


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
