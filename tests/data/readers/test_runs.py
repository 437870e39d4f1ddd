"""What makes a run, and which of several runs of one key counts."""

import json

import pytest

from scale_forecast.data.readers import read


def run(folder, name, score=0.5, n=100, of=100, when=1.75e9, **rest):
    """A result file of one task; ``arguments`` are those of the model."""
    arguments = rest.pop("arguments", "")
    document = {
        "results": {"t": {"acc,none": score, "acc_stderr,none": 0.05}},
        "n-samples": {"t": {"original": of, "effective": n}},
        "config": {"model_args": f"pretrained=org/w-1b{arguments}", "limit": rest.pop("limit", None)},
        "date": when,
        **rest,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"results_{name}.json").write_text(json.dumps(document))


def test_of_two_whole_runs_the_newer_counts_and_what_gave_way_is_named(tmp_path):
    run(tmp_path, "old", 0.4, when=1.75e9)
    run(tmp_path, "new", 0.5, when=1.76e9)
    loaded = read([tmp_path])
    assert loaded.results["score"].tolist() == [0.5]
    assert loaded.counts["refused"].sum() == 1
    assert any("results_old.json gives way to" in note and "older" in note for note in loaded.notes)


@pytest.mark.parametrize("limit", [10, 10.0, 0.1])
def test_a_smoke_test_replaces_nothing_that_was_run_whole(tmp_path, limit):
    run(tmp_path, "whole", 0.4, when=1.75e9)
    run(tmp_path, "smoke", 0.9, n=10, when=1.76e9, limit=limit)
    loaded = read([tmp_path])
    assert loaded.results[["score", "n_examples"]].values.tolist() == [[0.4, 100]]
    assert any("results_smoke.json gives way to" in note and "10 of 100 examples" in note for note in loaded.notes)


def test_of_two_limited_runs_the_larger_counts_whichever_is_newer(tmp_path):
    run(tmp_path, "more", 0.4, n=50, when=1.75e9, limit=50)
    run(tmp_path, "less", 0.9, n=10, when=1.76e9, limit=10)
    assert read([tmp_path]).results["n_examples"].tolist() == [50]


def test_a_limit_beyond_the_task_is_none(tmp_path):
    run(tmp_path, "old", 0.4, when=1.75e9)
    run(tmp_path, "new", 0.5, when=1.76e9, limit=1000)
    assert read([tmp_path]).results["score"].tolist() == [0.5]


def test_a_share_is_said_as_a_share(tmp_path):
    run(tmp_path, "a", limit=0.1, n=10)
    assert any("limited to 10% of the examples" in note for note in read([tmp_path]).notes)


def test_parts_of_one_run_are_added_up(tmp_path):
    run(tmp_path, "rank0", 0.6, n=60, when=1.75e9)
    run(tmp_path, "rank1", 0.35, n=40, when=1.75e9 + 5)
    loaded = read([tmp_path])
    row = loaded.results.iloc[0]
    assert (row["score"], row["n_examples"]) == (pytest.approx(0.5), 100)
    assert any("parts of one run" in note for note in loaded.notes)


def test_the_error_of_parts_is_that_of_all_their_items(tmp_path):
    """Of 36 right of 60 and 14 of 40: sqrt(p (1-p) / (n-1)) each, and of 50 of 100 together."""
    for name, right, n in (("rank0", 36, 60), ("rank1", 14, 40)):
        p = right / n
        run(tmp_path, name, p, n=n, results={"t": {"acc": p, "acc_stderr": (p * (1 - p) / (n - 1)) ** 0.5}})
    assert read([tmp_path]).results["stderr"].tolist() == [pytest.approx((0.25 / 99) ** 0.5)]


@pytest.mark.parametrize(
    ("name", "n", "when"), [("half", 50, 1.75e9), ("days later", 50, 1.75e9 + 1e6), ("too many", 90, 1.75e9)]
)
def test_parts_that_make_no_whole_are_not_added(tmp_path, name, n, when):
    run(tmp_path, "a", 0.6, n=40 if name == "half" else 50, when=1.75e9)
    run(tmp_path, "b", 0.4, n=n, when=when)
    loaded = read([tmp_path])
    assert len(loaded.results) == 1
    assert loaded.results["n_examples"].iloc[0] < 100
    assert any("though no limit was set" in note for note in loaded.notes)


def test_perplexities_of_parts_are_not_averaged(tmp_path):
    for name in ("rank0", "rank1"):
        run(tmp_path, name, n=50, results={"t": {"word_perplexity": 10.0}})
    assert read([tmp_path]).results["n_examples"].tolist() == [50]


@pytest.mark.parametrize(
    ("other", "model"),
    [
        ({"arguments": ",load_in_4bit=True"}, "w-1b+4bit"),
        ({"arguments": ",load_in_8bit=True"}, "w-1b+8bit"),
        ({"arguments": ",quantization=fp8"}, "w-1b+fp8"),
        ({"arguments": ",autogptq=True"}, "w-1b+gptq"),
        ({"arguments": ",gguf_file=w.Q4_K_M.gguf"}, "w-1b+w.Q4_K_M.gguf"),
        ({"arguments": ",dtype=int8"}, "w-1b+int8"),
        ({"arguments": ",peft=me/tuned"}, "w-1b+tuned"),
        ({"arguments": ",delta=me/delta"}, "w-1b+delta"),
        ({"arguments": ",lora_local_path=/x/adapter-1"}, "w-1b+adapter-1"),
        ({"arguments": ",revision=stage1-step1000-tokens5B"}, "w-1b@stage1-step1000-tokens5B"),
        ({"arguments": ",revision=step1000"}, "w-1b@step1000"),
    ],
)
def test_what_changes_the_weights_is_another_model(tmp_path, other, model):
    run(tmp_path, "plain", 0.5)
    run(tmp_path, "other", 0.4, when=1.76e9, **other)
    rows = read([tmp_path]).results
    assert dict(zip(rows["model"], rows["score"], strict=True)) == {"w-1b": 0.5, model: 0.4}
    assert set(rows["line"]) == {"w"}


@pytest.mark.parametrize(
    "other",
    [
        {"arguments": ",dtype=bfloat16"},
        {"arguments": ",load_in_4bit=False"},
        {"arguments": ",quantization=None"},
        {"arguments": ",trust_remote_code=True,parallelize=True"},
        {"arguments": ",revision=main"},
        {"arguments": ",revision=8faed761d45a263340a0528343f099c05c9a4323"},
        {"system_instruction": None, "fewshot_as_multiturn": False, "chat_template": ""},
    ],
)
def test_what_changes_neither_weights_nor_prompt_is_the_same_run(tmp_path, other):
    run(tmp_path, "plain", 0.5)
    run(tmp_path, "other", 0.4, when=1.76e9, **other)
    assert read([tmp_path]).results["score"].tolist() == [0.4]


@pytest.mark.parametrize(
    ("other", "column", "value"),
    [
        ({"chat_template": "{{x}}"}, "prompt", "chat"),
        ({"chat_template": "{{x}}", "fewshot_as_multiturn": True}, "prompt", "chat+multiturn"),
        ({"arguments": ",enable_thinking=True"}, "setting", "enable_thinking=True"),
        (
            {"config": {"model_args": "pretrained=org/w-1b", "gen_kwargs": "temperature=0.7"}},
            "setting",
            "temperature=0.7",
        ),
    ],
)
def test_what_changes_how_it_is_asked_is_another_score(tmp_path, other, column, value):
    run(tmp_path, "plain", 0.5)
    run(tmp_path, "other", 0.4, when=1.76e9, **other)
    rows = read([tmp_path]).results
    assert rows.loc[rows["score"] == 0.4, column].tolist() == [value]
    assert sorted(rows["score"]) == [0.4, 0.5]


def test_two_system_prompts_are_two_scores(tmp_path):
    for name, system in (("none", None), ("one", "Be brief."), ("two", "Be long.")):
        run(tmp_path, name, system_instruction=system)
    assert read([tmp_path]).results["prompt"].nunique() == 3


def test_versions_of_a_task_are_told_apart_where_there_are_several(tmp_path):
    run(tmp_path, "old", 0.5, versions={"t": 2.0})
    assert read([tmp_path]).results["version"].isna().all()
    run(tmp_path, "new", 0.6, when=1.76e9, versions={"t": 3.0})
    loaded = read([tmp_path])
    assert dict(zip(loaded.results["version"], loaded.results["score"], strict=True)) == {"2": 0.5, "3": 0.6}
    assert any("several versions" in note for note in loaded.notes)
