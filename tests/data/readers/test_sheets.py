"""Sheets as people have them: which column is what, in which unit, and one bad cell that refuses itself."""

import pandas as pd
import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers import Layout, read

POST = "Task,7B,280B\nAnalogies,45.1%,60.0 %\nOdd words (5-shot),\u2014,71.3%\n"


def sheet(folder, text, name="Gopher.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def scores(loaded):
    return {(r.task, r.model): r.score for r in loaded.results.itertuples()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_tasks_down_and_sizes_across_are_read_at_the_first_try(tmp_path, encoding):
    loaded = read([sheet(tmp_path, POST, encoding=encoding)])
    assert scores(loaded) == {
        ("Analogies", "Gopher 7B"): 0.451,
        ("Analogies", "Gopher 280B"): 0.6,
        ("Odd words", "Gopher 280B"): 0.713,
    }
    assert set(loaded.results["params"]) == {7e9, 280e9}
    assert loaded.results["family"].unique().tolist() == ["Gopher"]
    assert loaded.counts["refused"].sum() == 1


def test_the_family_of_bare_sizes_can_be_named(tmp_path):
    loaded = read([sheet(tmp_path, POST)], model="Mine")
    assert set(loaded.results["model"]) == {"Mine 7B", "Mine 280B"}


@pytest.mark.parametrize(
    "text",
    [
        "Model,Analogies,Odd words\nGopher 7B,45.1,50\nGopher 280B,60,71.3\n",
        "model,params,task,score\nGopher 7B,7B,Analogies,45.1\nGopher 7B,7B,Odd words,50\n"
        "Gopher 280B,280B,Analogies,60.0\nGopher 280B,280B,Odd words,71.3\n",
        "MODEL;TASK;SCORE\nGopher 7B;Analogies;0,451\nGopher 7B;Odd words;0,5\n"
        "Gopher 280B;Analogies;0,6\nGopher 280B;Odd words;0,713\n",
        "| Benchmark | Gopher 7B | **Gopher 280B** |\n|---|---|---|\n| Analogies | 45.1 | **60.0** |\n"
        "| Odd words | 50.0\u2020 | 71.3 |\n",
        "Table 3: results\n\nTask\tGopher 7B\tGopher 280B\nAnalogies\t45.1 \u00b1 0.3\t60.0\nOdd words\t50.0\t71.3\n",
    ],
)
def test_one_content_in_many_layouts(tmp_path, text):
    assert scores(read([sheet(tmp_path, text, "s.csv")])) == pytest.approx(
        {
            ("Analogies", "Gopher 7B"): 0.451,
            ("Odd words", "Gopher 7B"): 0.5,
            ("Analogies", "Gopher 280B"): 0.6,
            ("Odd words", "Gopher 280B"): 0.713,
        }
    )


@pytest.mark.parametrize("layout", [Layout(), Layout(percent=True)])
def test_perplexities_ratings_and_grades_are_no_percentages(tmp_path, layout):
    text = "model,MMLU,WikiText PPL,MT-Bench,Arena Elo\na-1b,45.1,12.2,6.1,1010\na-7b,63.2,7.1,7.9,1120\n"
    rows = read([sheet(tmp_path, text)], layout=layout).results.set_index(["metric", "model"])
    assert rows.loc[("accuracy", "a-1b"), "score"] == 0.451
    assert rows.loc[("ppl", "a-1b"), "score"] == 12.2
    assert rows.loc[("grade", "a-7b"), "score"] == 7.9
    assert rows.loc[("elo", "a-7b"), "score"] == 1120
    assert rows["higher_is_better"].groupby("metric").first().to_dict() == {
        "accuracy": True, "ppl": False, "grade": True, "elo": True,
    }  # fmt: skip


def test_the_unit_is_found_column_by_column_and_said(tmp_path):
    loaded = read([sheet(tmp_path, "model,MMLU,ARC\na-1b,45.1,0.31\na-7b,63.2,0.45\n")])
    assert scores(loaded)["MMLU", "a-1b"] == 0.451
    assert scores(loaded)["ARC", "a-1b"] == 0.31
    assert any("taken as percentages: MMLU" in note for note in loaded.notes)
    assert any("taken as shares" in note and "ARC" in note for note in loaded.notes)


def test_in_one_column_a_share_among_percentages_is_asked_about(tmp_path):
    text = "model,task,score\na-1b,MMLU,45.1\na-7b,MMLU,63.2\na-1b,ARC,0.31\n"
    loaded = read([sheet(tmp_path, text)])
    assert loaded.results["task"].unique().tolist() == ["MMLU"]
    assert "say --percent" in loaded.counts.loc[0, "reasons"]


@pytest.mark.parametrize("name", ["acc", "Acc", "em", "ACCURACY"])
def test_a_metric_goes_by_any_of_its_names(tmp_path, name):
    loaded = read([sheet(tmp_path, f"model,task,metric,score\na-1b,t,{name},0.5\n")])
    assert loaded.results["metric"].isin(["accuracy", "exact_match"]).all()


def test_a_metric_of_unknown_direction_is_asked_about(tmp_path):
    path = sheet(tmp_path, "model,task,metric,score\na-1b,t,zorg,0.5\na-1b,t,accuracy,0.4\n")
    loaded = read([path])
    assert loaded.results["metric"].tolist() == ["accuracy"]
    assert "say which way is better" in loaded.counts.loc[0, "reasons"]
    assert len(read([path], layout=Layout(constants={"higher_is_better": "false"})).results) == 2


@pytest.mark.parametrize(
    ("cell", "reason"),
    [("much", "not a number"), ("", "empty score"), ("inf", "not finite"), ("-0.2", "outside"), ("\u2014", "empty")],
)
def test_one_bad_score_refuses_itself(tmp_path, cell, reason):
    loaded = read([sheet(tmp_path, f"model,task,score\na-1b,t,0.5\na-7b,t,{cell}\n")])
    assert loaded.results["model"].tolist() == ["a-1b"]
    assert reason in loaded.counts.loc[0, "reasons"]


def test_a_cell_that_is_no_size_or_day_is_unknown_and_said(tmp_path):
    loaded = read([sheet(tmp_path, "model,task,score,params,released\nacme,t,0.5,big,2024-99-01\n")])
    assert loaded.results[["params", "released"]].isna().all(axis=None)
    assert any("'big' is no size" in note for note in loaded.notes)


def test_two_scores_of_one_key_are_both_refused_and_one_repeated_row_is_one(tmp_path):
    text = "model,task,score\na-1b,t,0.5\na-1b,t,0.6\na-7b,t,0.7\na-7b,t,0.7\n"
    loaded = read([sheet(tmp_path, text)])
    assert loaded.results["model"].tolist() == ["a-7b"]


def test_columns_of_others_are_left_aside_by_name(tmp_path):
    loaded = read([sheet(tmp_path, "model,task,score,licence,notes\na-1b,t,0.5,mit,x\n")])
    assert any("columns left aside: licence, notes" in note for note in loaded.notes)


@pytest.mark.parametrize("title", ["Average", "Avg.", "Overall", "Average \u2b06\ufe0f"])
def test_an_average_beside_its_parts_is_marked(tmp_path, title):
    text = f"Model,{title},MMLU,ARC\na-1b,40,45,35\na-7b,55,60,50\n"
    tasks = read([sheet(tmp_path, text)]).tasks
    assert tasks["aggregate_of"].tolist() == ["user: ARC,MMLU"]


def test_a_workbook_is_read_like_its_sheet(tmp_path):
    pytest.importorskip("openpyxl")
    frame = pd.DataFrame({"Task": ["Analogies"], "7B": [0.451], "280B": [0.6]})
    frame.to_excel(tmp_path / "Gopher.xlsx", index=False)
    assert scores(read([tmp_path / "Gopher.xlsx"])) == {
        ("Analogies", "Gopher 7B"): 0.451, ("Analogies", "Gopher 280B"): 0.6,
    }  # fmt: skip


def test_a_table_without_scores_says_what_is_missing(tmp_path):
    with pytest.raises(DataError, match=r"no column 'task'|no column 'model'"):
        read([sheet(tmp_path, "colour,shape\nred,round\n")])


@pytest.mark.parametrize("separator", [";", "\t"])
def test_decimal_commas_are_not_taken_for_the_separator_in_a_sheet_of_the_founding_post(tmp_path, separator):
    lines = [["Task", "7B", "280B"], ["Anatomy", "41,7%", "62,2%"], ["Astronomy", "39,1%", "—"]]
    (tmp_path / "sheet.csv").write_text("\n".join(separator.join(line) for line in lines) + "\n", encoding="utf-8")
    rows = read([tmp_path / "sheet.csv"], model="Acme").results
    found = {(r.task, r.params): r.score for r in rows.itertuples()}
    assert found == pytest.approx({("Anatomy", 7e9): 0.417, ("Anatomy", 280e9): 0.622, ("Astronomy", 7e9): 0.391})
    assert set(rows["family"]) == {"Acme"}
