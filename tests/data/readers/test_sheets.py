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


TWO = ",Gopher,,PaLM,\nTask,7B,280B,8B,62B\nAnalogies,45.1%,60%,50%,70%\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TWO, {("Analogies", "Gopher 7B"): 0.451, ("Analogies", "Gopher 280B"): 0.6, ("Analogies", "PaLM 8B"): 0.5,
               ("Analogies", "PaLM 62B"): 0.7}),
        ("Gopher,,\nTask,7B,280B\nAnalogies,45.1%,60%\n", {("Analogies", "Gopher 7B"): 0.451,
                                                              ("Analogies", "Gopher 280B"): 0.6}),
        ("Size,Analogies\n7B,45.1%\n280B,60%\n", {("Analogies", "s 7B"): 0.451, ("Analogies", "s 280B"): 0.6}),
        ("params (M),Analogies\n410,45.1\n6900,60\n", {("Analogies", "s 410M"): 0.451, ("Analogies", "s 6.9B"): 0.6}),
        ("Model,Task,7B,70B\na,Analogies,45.1,60\nb,Analogies,50,66\n",
         {("Analogies", "a 7B"): 0.451, ("Analogies", "a 70B"): 0.6, ("Analogies", "b 7B"): 0.5,
          ("Analogies", "b 70B"): 0.66}),
        ('Model,"Analogies\n(5-shot)"\na-7b,45.1\n', {("Analogies", "a-7b"): 0.451}),
        ("# Card\n\nSome words.\n\n| Benchmark | a-7b |\n|---|---|\n| Analogies (5-shot) | **45.1** |\n",
         {("Analogies", "a-7b"): 0.451}),
        ("| Model | Analogies |\n|---|---|\n| **a-7b**\u2020 | 45.1 |\n", {("Analogies", "a-7b"): 0.451}),
        ("Model,Analogies\na-7b,451/1000\n", {("Analogies", "a-7b"): 0.451}),
    ],
)  # fmt: skip
def test_headers_of_two_lines_sizes_down_and_tables_within_pages(tmp_path, text, expected):
    assert scores(read([sheet(tmp_path, text, "s.csv")])) == pytest.approx(expected)


def test_the_lines_above_a_header_carry_shots_and_the_task_in_a_benchmark_column_is_plain(tmp_path):
    rows = read([sheet(tmp_path, "Model,MMLU,,ARC,\n,0-shot,5-shot,0-shot,25-shot\na-7b,40.1,45.2,30,33\n")]).results
    assert list(zip(rows["task"], rows["shots"], strict=True)) == [("MMLU", 0), ("MMLU", 5), ("ARC", 0), ("ARC", 25)]
    rows = read([sheet(tmp_path, "Benchmark,a-1b,a-7b\nMMLU (5-shot),45.1,50\n")]).results
    assert set(rows["benchmark"]) == set(rows["task"]) == {"MMLU"}


@pytest.mark.parametrize(
    "title", ["Latency (s)", "Rank* (UB)", "Votes", "Price ($/M tokens)", "Context length", "MMLU stderr", "Year"]
)
def test_times_prices_ranks_and_errors_are_no_scores(tmp_path, title):
    loaded = read([sheet(tmp_path, f"model,MMLU,{title}\na-1b,45.1,3\na-7b,63.2,4\n")])
    assert set(loaded.results["task"]) == {"MMLU"}
    assert any(title in note and "left aside" in note for note in loaded.notes)


@pytest.mark.parametrize("title", ["\u0394", "Human", "Random"])
def test_differences_people_and_chance_are_no_models(tmp_path, title):
    loaded = read([sheet(tmp_path, f"Task,a-1b,a-7b,{title}\nMMLU,45.1,60,15\n")])
    assert set(loaded.results["model"]) == {"a-1b", "a-7b"}
    assert any(title in note and "left aside" in note for note in loaded.notes)


def test_metrics_across_take_the_task_that_the_user_says(tmp_path):
    loaded = read([sheet(tmp_path, "Model,Accuracy,F1\na-1b,0.5,0.4\n")], layout=Layout(constants={"task": "X"}))
    assert {(r.task, r.metric.lower()) for r in loaded.results.itertuples()} == {("X", "accuracy"), ("X", "f1")}


def test_a_row_of_times_is_no_score_either(tmp_path):
    loaded = read([sheet(tmp_path, "Task,a-1b,a-7b\nMMLU,45.1,60\nLatency (ms),12,40\n")])
    assert set(loaded.results["task"]) == {"MMLU"}
    assert any("Latency (ms)" in note for note in loaded.notes)


def test_a_metric_may_stand_before_the_task_and_is_known_of_tasks_that_have_one(tmp_path):
    rows = read([sheet(tmp_path, "Task,a-1b,a-7b\nBLEU WMT14,20.1,31.2\npile_cc,0.7,0.6\n")]).results
    assert dict(zip(rows["task"], rows["metric"], strict=True)) == {"WMT14": "bleu", "pile_cc": "bits_per_byte"}


def test_a_month_or_a_year_counts_from_its_last_day_and_a_number_is_no_size(tmp_path):
    days = ["2024", "March 2024", "13/04/2024", "03/04/2024", "45385", "2024-06-01"]
    body = "".join(f"MMLU,MMLU,m{i},7,0.5,{day}\n" for i, day in enumerate(days))
    loaded = read([sheet(tmp_path, "benchmark,task,model,params,score,released\n" + body)])
    assert [f"{day:%Y-%m-%d}" for day in loaded.results["released"]] == [
        "2024-12-31", "2024-03-31", "2024-04-13", "2024-04-03", "2024-04-03", "2024-06-01",
    ]  # fmt: skip
    assert loaded.results["params"].isna().all()
    assert any("'7' is no size" in note for note in loaded.notes)
    alone = read([sheet(tmp_path, "benchmark,task,model,score,released\nMMLU,MMLU,m,0.5,03/04/2024\n")])
    assert alone.results["released"].isna().all()


def test_a_checkpoint_in_a_name_is_of_its_models_line_with_its_own_compute(tmp_path):
    rows = read([sheet(tmp_path, "model,MMLU\npythia-410m-deduped-step3000,0.2\nMistral-7B-OpenOrca,0.5\n")]).results
    assert rows[["line", "tuning"]].values.tolist() == [["Pythia", "base"], ["Mistral", "instruct"]]
    assert rows["checkpoint"].iloc[0] == "step3000"
    assert rows["train_flops"].iloc[0] == pytest.approx(1.53e19)


@pytest.mark.parametrize(("text", "kind"), [("<html><table></table>", "web page"), ("\\begin{tabular}", "LaTeX")])
def test_markup_is_refused_by_name(tmp_path, text, kind):
    with pytest.raises(DataError, match=kind):
        read([sheet(tmp_path, text, "x.txt")])
