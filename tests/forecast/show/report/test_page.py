"""The report's page as text: what it says, that it asks for nothing, and that names stay names."""

import itertools
import re
from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO
from types import SimpleNamespace

import pandas as pd
import pytest
from click.testing import CliRunner

from scale_forecast.commands import main
from scale_forecast.commands.context import TYPED
from scale_forecast.commands.printing import command_line
from scale_forecast.show.report.headline import surest_gains
from scale_forecast.show.report.markup import percent, tag, text
from scale_forecast.show.report.means import name_of
from tests.forecast.show.report.worlds import LONG, MARKUP, NAMES, make_hostile
from tests.worlds import make_results, make_tasks

VOID = {"meta", "link", "input", "br", "wbr", "img", "hr"}


class Outline(HTMLParser):
    """Elements with their attributes, and whether every one was closed in order."""

    def __init__(self):
        super().__init__()
        self.elements, self.open, self.texts = [], [], []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("report")


@pytest.fixture(scope="module")
def small_tables():
    """A small world in place of the bundled figures, which take seconds to train on."""
    results, tasks = make_results(), make_tasks()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scale_forecast.data.load.bundled_results", lambda: results)
        patch.setattr("scale_forecast.data.load.bundled_tasks", lambda: tasks)
        yield


@pytest.fixture(scope="module")
def run(home, small_tables):
    env = {"FORECAST_LEDGER": str(home / "none.db"), "COLUMNS": "80"}

    def invoke(*args):
        target = ["--family", "<b>mine</b>", "--params", "100B", "--predictor", "persistence"]
        out = CliRunner().invoke(main, [*map(str, args), *target], env=env)
        assert out.exit_code == 0, out.output
        return out

    return invoke


@pytest.fixture(scope="module")
def page(home, run):
    """The report on a family whose names are markup, by a predictor that trains in no time."""
    results, output = home / "hostile.csv", home / "hostile.html"
    make_hostile().to_csv(results, index=False)
    run("report", results, "-o", output)
    return output.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def outline(page):
    parsed = Outline()
    parsed.feed(page)
    assert parsed.open == []
    return parsed


def test_names_that_are_markup_stay_names(page, outline):
    """The only script is the page's own, no name becomes an element, an attribute or an address."""
    tags = [name for name, _ in outline.elements]
    assert tags.count("script") == 1
    assert not {"img", "b", "i", "u", "iframe", "object"} & set(tags)
    assert not [a for _, attributes in outline.elements for a in attributes if a.startswith("on")]
    shown = "".join(outline.texts)
    for name in NAMES:
        assert re.sub(r"\s", "�", name) in re.sub(r"\s", "�", shown), name


def test_the_page_asks_for_nothing(page, outline):
    addresses = [a.get(k) for _, a in outline.elements for k in ("src", "href", "action", "data") if a.get(k)]
    assert all(address.startswith(("#", "data:")) for address in addresses)
    assert "@import" not in page
    assert "url(" not in page
    policy = next(a["content"] for name, a in outline.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_every_task_stands_in_the_table_and_in_a_picture(outline):
    rows = [a["data-row"] for name, a in outline.elements if name == "tr" and "data-row" in a]
    pictures = [a["data-row"] for name, a in outline.elements if name == "li" and "data-row" in a]
    assert rows == pictures == [str(i) for i in range(13)]
    assert [a for name, a in outline.elements if name == "a" and a.get("download")] != []
    said = [a["aria-label"] for name, a in outline.elements if name == "svg" and a.get("role") == "img"]
    assert sum("80% interval" in words for words in said) >= 13


def test_the_page_says_that_intervals_of_losses_are_uncovered(page):
    assert "1 forecast of losses or of scores without a highest: their intervals are uncovered" in page


def test_headings_follow_each_other_and_anchors_lead_somewhere(outline):
    levels = [int(name[1]) for name, _ in outline.elements if re.fullmatch(r"h\d", name)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    ids = [a["id"] for _, a in outline.elements if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for name, a in outline.elements if name == "a" and "download" not in a} <= set(ids)


def test_the_page_holds_its_table_for_download(outline):
    """The saved file is the forecast, a row a task, names as they are."""
    link = next(a for name, a in outline.elements if name == "a" and "download" in a)
    assert link["download"].endswith(".csv")
    saved = pd.read_csv(BytesIO(b64decode(link["href"].partition(",")[2])))
    assert len(saved) == 13
    assert {re.sub(r"\s", " ", name) for name in NAMES} <= set(saved["task"])


def test_what_improves_most_is_no_noise_of_a_small_test():
    """A test of eight items whose score so far is low by chance gains most in the median, and least surely."""
    row = {"benchmark": "suite", "is_share": True, "higher_is_better": True, "change": 0.1, "q90": 0.9}
    small = {**row, "task": "of 8 items", "change": 0.4, "origin_score": 0.3, "q10": 0.36, "noise": 0.17}
    large = {**row, "task": "of 2000", "origin_score": 0.5, "q10": 0.55, "noise": 0.01}
    again = {**large, "q10": 0.54}
    assert surest_gains(pd.DataFrame([small, again, large]))["task"].tolist() == ["of 2000", "of 8 items"]


def test_a_benchmark_in_brackets_is_named_without_a_second_pair():
    """ "MMLU (validation split) (cot, 5-shot)" stood in a title."""
    row = {"benchmark": "MMLU (validation)", "prompt": "cot", "shots": 5.0} | dict.fromkeys(
        ("evaluator", "version", "setting")
    )
    report = SimpleNamespace(average=pd.DataFrame([row, {**row, "prompt": "direct"}]))
    assert name_of(report, report.average.iloc[0]) == "MMLU (validation), cot, 5-shot"


def test_the_title_states_the_finding_and_the_means_stand_before_the_tables(page):
    heading = page[page.index("<h1>") : page.index("</h1>")]
    assert " should score " in heading
    assert " so far" in heading
    assert page.index('class="means"') < page.index("<table")
    assert "With a probability of 80% the mean over " in page


def test_the_command_that_made_the_page_stands_on_it(outline, home):
    shown = "".join(outline.texts)
    assert f"forecast report {home / 'hostile.csv'} -o {home / 'hostile.html'} --family '<b>mine</b>'" in shown


@pytest.mark.parametrize("form", [["--ledger", "{}"], ["--ledger={}"]])
def test_the_command_on_the_page_lacks_the_password_of_the_ledger(form):
    context = main.make_context("forecast", [], resilient_parsing=True)
    address = "postgresql://me:secret@host/db?sslmode=require"
    context.meta[TYPED] = tuple(word.format(address) for word in form)
    assert "secret" not in command_line(context)
    assert "me:***@host/db" in command_line(context)


def test_the_same_names_are_no_harm_in_pictures_and_terminal(home, run, page):
    results = home / "hostile.csv"
    run("plot", "task", MARKUP, "--results", results, "-o", home / "markup.svg")
    assert "<script" not in (home / "markup.svg").read_text(encoding="utf-8")
    run("plot", "task", LONG, "--results", results, "-o", home / "long.png")
    assert (home / "long.png").read_bytes().startswith(b"\x89PNG")
    shown = run("predict", results).stdout
    assert MARKUP in shown
    assert "\t" not in shown


def test_a_percentage_never_says_surely_of_what_is_not():
    assert percent(0.9999) == ">99%"
    assert percent(0.0001) == "<1%"
    assert percent(1.0) == "100%"
    assert percent(0.0) == "0%"


def test_attributes_are_escaped():
    assert tag("p", title='"><b>') == '<p title="&quot;&gt;&lt;b&gt;"></p>'
    assert text("a\x00b") == "a�b"


def test_an_unknown_family_is_refused_in_one_sentence(home, small_tables):
    out = CliRunner().invoke(main, ["report", "--family", "Alpah", "--params", "1T", "-o", str(home / "x.html")])
    assert out.exit_code == 2
    assert "did you mean" in out.stderr
    assert not (home / "x.html").exists()


def test_hostile_world_holds_what_it_promises():
    table = make_hostile()
    assert len(LONG) == 300
    assert pd.Series(NAMES).isin(table["task"]).all()
