"""A user's rows beside the bundled figures."""

import json

import pandas as pd
import pytest

from scale_forecast.data.catalog import bundled_results, bundled_tasks
from scale_forecast.data.errors import DataError
from scale_forecast.data.load import load
from scale_forecast.data.tasks import describe


def user_file(tmp_path, name="mine.csv", **columns):
    rows = {"task": ["t1", "t2"], "model": "mine-7b", "params": 7e9, "score": [0.4, 0.5], **columns}
    path = tmp_path / name
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def described(tables):
    return describe(tables.results, tables.tasks, tables.metrics).set_index("task")


def test_without_files_the_bundled_figures_are_loaded():
    tables = load()
    assert len(tables.results) == len(bundled_results())
    pd.testing.assert_frame_equal(tables.tasks, bundled_tasks())
    assert tables.notes == []
    assert tables.own_families == ()


def test_rows_of_a_new_line_replace_nothing(tmp_path):
    tables = load([user_file(tmp_path)])
    assert len(tables.results) == len(bundled_results()) + 2
    assert not any("in place of" in note for note in tables.notes)
    assert tables.own_families == ("mine",)


def test_rows_of_a_known_family_replace_its_whole_line(tmp_path):
    """Flan-PaLM shares weights with PaLM: left beside a user's PaLM rows it would give the target away."""
    tables = load([user_file(tmp_path, family="palm")])
    left = tables.results
    assert set(left.loc[left["line"] == "PaLM", "model"]) == {"mine-7b"}
    assert not left["family"].isin(["PaLM", "Flan-PaLM", "U-PaLM"]).any()
    assert "Gopher" in set(left["line"])
    assert any("in place of" in note and "PaLM" in note for note in tables.notes)


def test_what_goes_by_date_is_told_of_no_rows_by_scale(tmp_path):
    """Records of one's scores were said to stand in place of thousands of rows that no record is read from."""
    path = user_file(tmp_path, model=["PaLM 540B"] * 2, task=["boolq", "rte"], score=[0.5, 0.6])
    assert not any("in place of" in note for note in load([path], by_size=False).notes)


def test_a_bundled_model_under_another_line_still_replaces_its_own_line(tmp_path):
    tables = load([user_file(tmp_path, model="PaLM-540B", family="x", line="x")])
    assert "PaLM" not in set(tables.results["line"])


def test_tasks_known_by_name_gain_descriptors_and_the_canonical_task(tmp_path):
    tasks = ["hendrycksTest-abstract_algebra", "HellaSwag", "my own"]
    rows = described(load([user_file(tmp_path, task=tasks, score=0.5)]))
    assert rows.loc[tasks[0], ["canonical_task", "chance", "n_choices"]].tolist() == [
        "mmlu/abstract_algebra",
        0.25,
        4.0,
    ]
    own = rows[rows["model"] == "mine-7b"]
    assert own.loc["HellaSwag", "canonical_task"] == "hellaswag"
    assert own.loc[["my own"], ["chance", "n_choices", "input_words"]].isna().all(axis=None)


def test_a_whole_benchmark_of_the_tables_by_date_brings_its_chance_level(tmp_path):
    """Else a sheet with a column MMLU is forecast as if 0.25 were a score that somebody earned."""
    tasks = ["MMLU", "gpqa-diamond", "HLE", "my own"]
    rows = described(load([user_file(tmp_path, task=tasks, score=0.5)]))
    own = rows[rows["model"] == "mine-7b"]
    assert own.loc[tasks[:3], "chance"].tolist() == [0.25, 0.25, 0.048]
    assert own.loc[["my own"], "chance"].isna().all()


def test_a_private_task_with_a_common_name_is_not_taken_for_a_published_one(tmp_path):
    rows = described(load([user_file(tmp_path, task=["operators", "color"])]))
    own = rows[rows["model"] == "mine-7b"]
    assert own["canonical_task"].tolist() == ["user/operators", "user/color"]


def test_a_users_descriptors_go_before_the_bundled_ones_and_fill_from_them(tmp_path):
    path = tmp_path / "tasks.csv"
    path.write_text("benchmark,task,chance,human_best\nPaLM NLU,piqa,0.4,95\n")
    rows = described(load(tasks=path))
    piqa = rows[rows["benchmark"] == "PaLM NLU"].loc["PIQA"].iloc[0]
    assert (piqa["chance"], piqa["human_best"], piqa["n_choices"]) == (0.4, 95.0, 2.0)


def test_descriptors_without_a_benchmark_belong_to_the_task_wherever_it_is(tmp_path):
    path = tmp_path / "tasks.csv"
    path.write_text("task,chance\nt1,0.5\nt3,0.5\n")
    tables = load([user_file(tmp_path, benchmark="Mine")], tasks=path)
    assert described(tables).loc["t1", "chance"] == 0.5
    assert any("no result has 1 task, first 't3'" in note for note in tables.notes)


def test_a_metric_only_a_file_knows_keeps_the_direction_stated_there(tmp_path):
    document = {
        "results": {"t": {"toxicity,none": 0.2}},
        "model_name": "a-1b",
        "higher_is_better": {"t": {"toxicity": False}},
    }
    path = tmp_path / "r.json"
    path.write_text(json.dumps(document))
    assert not described(load([path])).loc["t", "higher_is_better"]


def test_averages_of_a_harness_file_are_marked_for_everyone_downstream(tmp_path):
    document = {
        "results": {"mmlu": {"acc,none": 0.5}, "mmlu_anatomy": {"acc,none": 0.5}},
        "group_subtasks": {"mmlu": ["mmlu_anatomy"]},
        "model_name": "a-1b",
    }
    path = tmp_path / "r.json"
    path.write_text(json.dumps(document))
    own = described(load([path])).query("model == 'a-1b'")
    assert own.loc["mmlu", "aggregate_of"] == "MMLU: anatomy"
    assert own.loc["anatomy", "canonical_task"] == "mmlu/anatomy"


def test_a_models_file_decides_what_the_name_cannot(tmp_path):
    models = tmp_path / "models.csv"
    models.write_text("model,params,line,released\nGPT2 XL,1.5B,GPT-2,2019-02-14\n")
    own = load([user_file(tmp_path, model="gpt2-xl", params=None)], models=models).results
    row = own[own["model"] == "gpt2-xl"].iloc[0]
    assert (row["params"], row["line"], row["known_on"]) == (1.5e9, "GPT-2", pd.Timestamp("2019-02-14"))


def test_for_the_judge_sources_stand_beside_each_other_and_none_replaces_another(tmp_path):
    one, other = user_file(tmp_path, "one.csv"), user_file(tmp_path, "other.csv", score=[0.6, 0.5])
    tables = load([one, other], several_sources=True)
    assert len(tables.results) == len(bundled_results()) + 4
    mine = tables.results[tables.results["model"] == "mine-7b"]
    scores = mine[mine["task"] == "t1"].set_index("source")["score"]
    assert {name.rsplit("/", 1)[-1]: score for name, score in scores.items()} == {"one.csv": 0.4, "other.csv": 0.6}
    twice = user_file(tmp_path, "twice.csv", task="t1", source="the same paper")
    with pytest.raises(DataError, match=r"keep one score per .* from one source"):
        load([twice], several_sources=True)
