"""No CSV of ours runs as a formula in a spreadsheet, and none comes back changed."""

import io

import pandas as pd
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from scale_forecast.commands import main
from scale_forecast.data.readers import read
from scale_forecast.data.spreadsheet import mark, mark_table, unmark, unmark_table

TEXT = st.text(alphabet="'=+-@\t\r0.5ea ", max_size=6)


@given(TEXT)
def test_marking_is_undone_exactly(text):
    assert unmark(mark(text)) == text


@given(TEXT)
def test_what_is_marked_is_no_formula(text):
    shown = mark(text)
    assert shown[:1] not in ("=", "@", "\t", "\r")
    if shown[:1] in ("+", "-"):
        float(shown)


def test_a_table_comes_back_from_csv_as_it_was():
    table = pd.DataFrame(
        {"=name": ["=1+1", "plain", "'@x", None], "n": [-1.5, 2.0, 3.0, 4.0], "mixed": ["+a", 1, "b", -2]}
    )
    text = mark_table(table).to_csv(index=False)
    assert "\n=" not in text
    assert not text.startswith("=")
    back = unmark_table(pd.read_csv(io.StringIO(text)))
    assert back["=name"].tolist()[:3] == table["=name"].tolist()[:3]
    assert back["n"].tolist() == table["n"].tolist()


def test_a_task_called_like_a_formula_goes_out_marked_and_comes_back_itself(tmp_path):
    evil = '=HYPERLINK("http://a.example")'
    first = tmp_path / "first.csv"
    pd.DataFrame({"task": [evil], "model": ["a-1b"], "params": ["1e9"], "score": [0.5]}).to_csv(first, index=False)
    out = tmp_path / "out.csv"
    result = CliRunner().invoke(main, ["data", "import", str(first), "-o", str(out)])
    assert result.exit_code == 0, result.output
    assert result.stdout == f"1 score written to {out}\n"
    assert "\"'=HYPERLINK" in out.read_text()
    assert read([out]).results["task"].tolist() == [evil]
