"""BIG-bench score files and task folders, written to the documented shape."""

import json

import pytest

from scale_forecast.data.readers import read, read_tasks


def entry(shots=0, subtask="arithmetic:1_digit", preferred="exact_str_match", **scores):
    return {
        "score_dict": {"exact_str_match": 0.5, "normalized_aggregate_score": 50.0, **scores},
        "preferred_score": preferred,
        "subtask_description": subtask,
        "number_of_shots": shots,
        "low_score": 0,
        "high_score": 1,
    }


def score_file(path, *entries, family="GPT", name="GPT-3-6B", params=6_000_000_000, task="arithmetic"):
    folder = path / "arithmetic" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    model = {"model_family": family, "model_name": name, "total_params": params, "non_embedding_params": params}
    document = {"scores": list(entries), "model": model, "task": {"task_name": task} if task else {}}
    file = folder / f"scores_{family}_{name}.json"
    file.write_text(json.dumps(document))
    return file


def test_every_metric_of_every_shot_is_kept_but_the_normalised_copy(tmp_path):
    loaded = read([score_file(tmp_path, entry(0), entry(3, bleu=12.0, extra=7.0))])
    assert loaded.counts.loc[0, ["found", "kept", "refused"]].tolist() == [6, 3, 3]
    assert "2 normalised copy of the preferred metric" in loaded.counts.loc[0, "reasons"]
    assert (
        "1 more than 1 of a metric that is unknown: say the scale (--scale 100) (extra)"
        in loaded.counts.loc[0, "reasons"]
    )
    rows = loaded.results.set_index(["metric", "shots"])["score"]
    assert rows.to_dict() == {("exact_match", 0): 0.5, ("exact_match", 3): 0.5, ("bleu", 3): 0.12}


def test_family_line_and_size_come_from_the_file(tmp_path):
    row = read([score_file(tmp_path, entry())]).results.iloc[0]
    assert (row["model"], row["family"], row["line"], row["params"]) == ("GPT-3-6B", "GPT-3", "GPT-3", 6e9)
    dense = read([score_file(tmp_path, entry(), family="BIG-G T=1", name="2m", params=2_098_048)]).results.iloc[0]
    assert (dense["model"], dense["family"], dense["line"]) == ("BIG-G T=1 2m", "BIG-G T=1", "BIG-G")


def test_an_average_of_subtasks_is_kept_as_a_share_and_marked(tmp_path):
    parts = [entry(subtask=f"arithmetic:{n}_digit") for n in (1, 2)]
    mean = entry(subtask="arithmetic", preferred="normalized_aggregate_score")
    del mean["score_dict"]["exact_str_match"]
    loaded = read([score_file(tmp_path, *parts, mean)])
    rows = loaded.results.set_index("task")
    assert rows.loc["arithmetic", ["metric", "score"]].tolist() == ["normalized_aggregate_score", 0.5]
    assert {"arithmetic:1_digit", "arithmetic:2_digit"} < set(rows.index)
    assert loaded.tasks["aggregate_of"].tolist() == ["BIG-bench arithmetic: 1_digit,2_digit"]


def test_a_preferred_metric_of_a_hundred_becomes_a_share(tmp_path):
    percent = entry(full=40.0, preferred="full") | {"high_score": 100}
    rows = read([score_file(tmp_path, percent)]).results.set_index("metric")["score"]
    assert rows["full"] == 0.4


def test_a_task_without_a_name_is_called_as_its_folder(tmp_path):
    assert set(read([score_file(tmp_path, entry(subtask=""), task=None)]).results["task"]) == {"arithmetic"}


def task_file(folder, **content):
    folder.mkdir(parents=True, exist_ok=True)
    document = {"name": "A title", "description": "d", "keywords": ["mathematics", "zero-shot"], **content}
    (folder / "task.json").write_text(json.dumps(document))


def test_a_task_folder_gives_choices_chance_and_lengths(tmp_path):
    examples = [
        {"input": "one two three", "target_scores": {"yes": 1, "no": 0}},
        {"input": "one", "target_scores": {"aa": 0, "bbbb": 1, "cc": 0, "dd": 0}},
    ]
    task_file(tmp_path / "my_task", examples=examples)
    row = read_tasks(tmp_path).iloc[0]
    assert (row["benchmark"], row["task"], row["n_examples"]) == ("BIG-bench", "my_task", 2)
    assert (row["n_choices"], row["chance"], row["ceiling"]) == (3.0, pytest.approx((0.5 + 0.25) / 2), 1.0)
    assert (row["input_words"], row["target_chars"]) == (2.0, 3.5)
    assert row["keywords"] == "mathematics, zero-shot"


def test_free_answers_have_no_invented_choices_or_chance(tmp_path):
    task_file(tmp_path / "free", examples=[{"input": "2 + 2 =", "target": "4"}])
    row = read_tasks(tmp_path).iloc[0]
    assert row[["n_choices", "chance", "ceiling", "human_average"]].isna().all()
    assert row["target_chars"] == 1.0


def test_subtasks_are_named_under_their_task_and_the_task_averages_them(tmp_path):
    task_file(tmp_path / "kanji", subtasks=["meaning", "sound"])
    for name in ("meaning", "sound"):
        task_file(tmp_path / "kanji" / name, examples=[{"input": "x", "target": "y"}])
    tasks = read_tasks(tmp_path).set_index("task")
    assert set(tasks.index) == {"kanji", "kanji:meaning", "kanji:sound"}
    assert tasks.loc["kanji", "aggregate_of"] == "BIG-bench kanji: meaning,sound"


def test_a_checkout_gives_scores_and_descriptors_together(tmp_path):
    score_file(tmp_path, entry(subtask="arithmetic"))
    task_file(tmp_path / "arithmetic", examples=[{"input": "1 + 1", "target_scores": {"2": 1, "3": 0}}])
    loaded = read([tmp_path])
    assert len(loaded.results) == 1
    assert loaded.tasks.set_index("task").loc["arithmetic", "chance"] == 0.5
    assert (loaded.counts["found"] == loaded.counts["kept"] + loaded.counts["refused"]).all()
