"""`forecast study`: the studies as commands, their pictures, and the report."""

import io
import json
import pickle
import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.show.plots.style import as_bytes, new_figure, plain
from scale_forecast.studies.registry import STUDIES
from tests.studies import bundled_study

FOUND = Path(__file__).parent.parent.parent.parent / "docs" / "studies.md"


def run(*args):
    return CliRunner().invoke(main, ["study", *args])


@pytest.fixture(scope="module")
def own_file(tmp_path_factory):
    """Three models of a family whose name is markup, on ten tasks with such names."""
    rows = [
        {"task": f"<script>alert({i})</script>", "family": "<b>$mine$</b>", "model": f"m|{j}", "params": 10.0**j,
         "score": 0.3 + 0.02 * i * j / 3 + 0.01 * ((i * 7 + j * 3) % 5), "n_examples": 500}
        for i in range(10) for j in (8, 9, 10)
    ]  # fmt: skip
    path = tmp_path_factory.mktemp("own") / "mine.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return str(path)


OF_A_VERSION = {"features": 0.02, "noise": 0.06}
"""LightGBM's trees; NumPy's binomial draws, which version 2.5 makes in another order (an interval of 24 tasks)."""


OURS = [study.name for study in STUDIES.ours]


@pytest.mark.parametrize("name", OURS)
def test_the_manual_says_what_the_studies_find_on_the_bundled_figures(name):
    """Word for word; what a version of a library decides, which draws or learns in another way, may be a little off."""
    section = re.search(r"<!-- what we found -->\n(.*?)<!-- end -->", FOUND.read_text(encoding="utf-8"), flags=re.S)
    items = dict(re.findall(r"^- \*\*(\w+)\.\*\* (.*?)(?=^- |\Z)", section.group(1), flags=re.S | re.M))
    assert list(items) == OURS
    written, found = " ".join(items[name].split()), " ".join(bundled_study(name).sentences)
    if name in OF_A_VERSION:
        number = r"-?\d+\.\d+"
        assert re.sub(number, "#", written) == re.sub(number, "#", found)
        theirs, ours = ([float(x) for x in re.findall(number, text)] for text in (written, found))
        assert ours == pytest.approx(theirs, abs=OF_A_VERSION[name])
    else:
        assert written == found


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_asks_a_question_and_makes_the_table_it_names(name):
    study = STUDIES[name]
    assert study.asks.endswith("?")
    assert len(bundled_study(name).readable(study.example))
    again = pickle.loads(pickle.dumps(bundled_study(name)))
    assert again.sentences == bundled_study(name).sentences, "another process may have found it"


def test_help_names_every_study():
    text = run("--help").stdout
    for name in STUDIES:
        assert re.search(rf"^ +{name} ", text, flags=re.M), name


def test_a_users_results_are_studied_alone_or_joined(own_file):
    found = run("momentum", own_file, "--format", "csv", "--table", "families", "--jobs", "2")
    assert "one study is the work of one process" in found.stderr
    alone = pd.read_csv(io.StringIO(found.stdout))
    assert alone["family"].tolist() == ["<b>$mine$</b>"]
    joined = json.loads(run("momentum", own_file, "--joined", "--format", "json", "--table", "families").stdout)["data"]
    assert len(joined) > 20


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_picture_is_written_in_the_format_of_its_name(own_file, tmp_path, suffix):
    out = run("momentum", own_file, "--plot", str(tmp_path / f"a{suffix}"))
    assert out.exit_code == 0, out.output
    content = (tmp_path / f"a{suffix}").read_bytes()
    assert content.startswith(b"\x89PNG") if suffix == ".png" else b"<svg" in content


def test_a_picture_of_the_same_findings_has_the_same_bytes():
    def draw():
        figure, axes = new_figure()
        axes[0, 0].plot([0, 1], [1, 2])
        return figure

    for suffix in (".png", ".svg"):
        assert as_bytes(draw(), suffix) == as_bytes(draw(), suffix)


def test_names_in_pictures_are_short_and_no_formulas():
    assert plain("$x^2$") == r"\$x^2\$"
    assert len(plain("a" * 300, 30)) == 30


def test_the_report_of_one_study_holds_its_tables_and_picture_and_no_markup_of_names(own_file, tmp_path):
    check_report("momentum", ["momentum"], own_file, tmp_path)


def test_the_report_holds_every_table_and_picture_and_no_markup_of_names(own_file, tmp_path):
    check_report("all", STUDIES, own_file, tmp_path)


def check_report(asked, names, own_file, tmp_path):
    out = run(asked, own_file, "--report", str(tmp_path))
    assert out.exit_code == 0, out.output
    page, markdown = ((tmp_path / f"studies.{kind}").read_text(encoding="utf-8") for kind in ("html", "md"))
    assert "<script>" not in page
    assert "<b>" not in page
    for name in names:
        assert f'<h2 id="{name}">' in page
        assert f"## {name}" in markdown
    for picture in tmp_path.glob("*.png"):
        assert f"({picture.name})" in markdown
    assert page.count("<img ") == len(list(tmp_path.glob("*.png"))) >= 1
    for link in re.findall(r"\]\(([^)]+)\)", markdown):
        assert (tmp_path / link).exists(), link


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["momentm"], 2, "did you mean 'momentum'?"),
        (["momentum", "--plot", "x.gif"], 2, "name the picture .png or .svg"),
        (["all", "--plot", "x.png"], 2, "name one study"),
        (["momentum", "--table", "familis"], 2, "did you mean 'families'?"),
    ],
)
def test_what_cannot_be_studied_is_refused_in_one_sentence(own_file, args, code, message):
    out = run(args[0], own_file, *args[1:])
    assert out.exit_code == code
    assert message in out.stderr
    assert "Traceback" not in out.output
