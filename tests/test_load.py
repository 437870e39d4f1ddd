"""A user's rows beside the bundled figures."""

import pandas as pd

from data.catalog import bundled_results
from data.load import load


def user_file(tmp_path, **columns):
    rows = {"task": ["t1", "t2"], "model": "mine-7b", "params": 7e9, "score": [0.4, 0.5], **columns}
    path = tmp_path / "mine.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def test_without_files_the_bundled_figures_are_loaded():
    tables = load()
    assert len(tables.results) == len(bundled_results())
    assert tables.notes == []


def test_rows_of_a_new_line_replace_nothing(tmp_path):
    tables = load([user_file(tmp_path)])
    assert len(tables.results) == len(bundled_results()) + 2
    assert not any("replace" in note for note in tables.notes)


def test_rows_of_a_known_family_replace_its_whole_line(tmp_path):
    """Flan-PaLM shares weights with PaLM: left beside a user's PaLM rows it would give the target away."""
    tables = load([user_file(tmp_path, family="palm")])
    left = tables.results
    assert set(left.loc[left["line"] == "PaLM", "model"]) == {"mine-7b"}
    assert not left["family"].isin(["PaLM", "Flan-PaLM", "U-PaLM"]).any()
    assert "Gopher" in set(left["line"])
    assert any("replace" in note and "PaLM" in note for note in tables.notes)


def test_a_bundled_model_under_another_line_still_replaces_its_own_line(tmp_path):
    tables = load([user_file(tmp_path, model="PaLM-540B", family="x", line="x")])
    assert "PaLM" not in set(tables.results["line"])
