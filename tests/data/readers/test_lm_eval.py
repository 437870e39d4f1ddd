"""lm-evaluation-harness files of all layouts, and their sample logs."""

import contextlib
import json
import math
from pathlib import Path

import numpy as np
import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.data.readers import read
from scale_forecast.data.readers.metrics import score

FIXTURES = Path(__file__).parent.parent.parent / "fixtures" / "lm_eval"
FILES = sorted(FIXTURES.rglob("*.json"))


def numbers_in(node):
    """Scores of a result file, counted without the reader: numbers that are no standard error."""
    if isinstance(node, dict):
        return sum(
            numbers_in(v) if isinstance(v, (dict, list)) else isinstance(v, float) and "_stderr" not in k
            for k, v in node.items()
            if "_stderr" not in k
        )
    return sum(isinstance(v, float) for v in node)


def one(results, **wanted):
    rows = results
    for name, value in wanted.items():
        rows = rows[rows[name] == value]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def harness(path, results, name="results.json", **rest):
    path.mkdir(parents=True, exist_ok=True)
    (path / name).write_text(json.dumps({"results": results, **{"model_name": "org/a-1b"} | rest}))
    return path / name


@pytest.mark.parametrize("path", FILES, ids=[str(p.relative_to(FIXTURES)) for p in FILES])
def test_every_number_of_a_file_is_kept_or_refused(path):
    document = json.loads(path.read_text())
    loaded = read([path])
    assert loaded.counts["found"].sum() == numbers_in(document.get("results", document))
    assert (loaded.counts["found"] == loaded.counts["kept"] + loaded.counts["refused"]).all()
    assert len(loaded.results) == loaded.counts["kept"].sum() > 0


def test_a_directory_of_models_keeps_the_newest_run_of_each_score_and_counts_the_others():
    loaded = read([FIXTURES / "new"])
    assert set(loaded.results["model"]) == {"Qwen2.5-1.5B", "gemma-2-2b", "Llama-3.2-1B"}
    assert loaded.counts["found"].sum() == 64
    assert len(loaded.results) == 48
    assert "16 superseded by a newer run" in loaded.notes[0]
    cola = one(loaded.results, model="gemma-2-2b", task="cola")
    assert cola["stderr"] == pytest.approx(0.031164137921029327 / 2)  # of the run at 20:58, not of 02:29


def test_a_file_named_twice_is_read_once():
    path = FIXTURES / "old" / "opt-13b.json"
    assert len(read([path, path.parent / ".." / "old" / "opt-13b.json"]).counts) == 1


def test_new_layout_gives_shots_examples_errors_and_size():
    row = one(read([FILES_NEW]).results, task="arc_challenge", metric="accuracy")
    assert (row["score"], row["stderr"]) == (0.41467576791808874, 0.014397070564409175)
    assert (row["n_examples"], row["shots"], row["params"], row["prompt"]) == (1172, 0, 1543714304, "direct")
    assert (row["model"], row["family"]) == ("Qwen2.5-1.5B", "Qwen2.5")


FILES_NEW = FIXTURES / "new" / "Qwen__Qwen2.5-1.5B" / "results_2025-03-03T00-05-12.300060.json"


def test_mmlu_subjects_of_both_layouts_join_the_published_benchmark():
    for path in (FILES_NEW, FIXTURES / "old" / "opt-13b.json"):
        assert (
            one(read([path]).results, benchmark="MMLU", task="abstract_algebra", metric="accuracy")["n_examples"] == 100
        )


def test_averages_are_marked_with_what_they_average():
    loaded = read([FILES_NEW])
    marked = loaded.tasks.set_index("task")["aggregate_of"]
    assert marked["mmlu"] == "MMLU: abstract_algebra,anatomy,formal_logic,philosophy"
    assert marked["mmlu_stem"] == "MMLU: abstract_algebra,anatomy"
    assert set(marked.index) == {"mmlu", "mmlu_stem", "mmlu_humanities"}
    assert len(loaded.results[loaded.results["task"] == "mmlu"]) == 1


def test_indented_aliases_mark_an_average_where_no_group_is_listed():
    loaded = read([FIXTURES / "bare"])
    assert loaded.tasks["task"].tolist() == ["metabench"]
    assert loaded.tasks["aggregate_of"].iloc[0].count(",") == 5


def test_old_layout_takes_shots_and_checkpoint_from_the_configuration():
    rows = read([FIXTURES / "old" / "70m-5shot_step143000.json"]).results
    assert set(rows["shots"]) == {5}
    assert rows["checkpoint"].isna().all()  # step 143000 is the final Pythia
    assert set(rows["line"]) == {"Pythia"}


def test_a_checkpoint_is_its_own_family_in_the_line_of_its_model():
    loaded = read([FIXTURES / "old" / "pythia-1.4b-0shot-global_step11500_eval_results_12-29-2022-16-09-11.json"])
    row = one(loaded.results, task="piqa", metric="accuracy")
    assert (row["model"], row["checkpoint"]) == ("pythia-1.4b@step11500", "step11500")
    assert (row["family"], row["line"], row["shots"]) == ("Pythia@step11500", "Pythia", 0)
    assert np.isnan(row["train_tokens"])  # those of the final model are not this one's


def test_test_set_sizes_follow_from_standard_errors_of_the_old_layout():
    """The harness divides by n - 1: 0.21 +- 0.040936 on abstract algebra are 100 questions."""
    rows = read([FIXTURES / "old"]).results
    sizes = rows[rows["metric"] == "accuracy"].groupby("task")["n_examples"].agg(["min", "max"])
    assert sizes.loc["abstract_algebra"].tolist() == [100, 100]
    assert sizes.loc["sciq"].tolist() == [1000, 1000]
    assert rows.loc[rows["metric"] == "ppl", "n_examples"].isna().all()


def test_prompts_and_runs_of_the_bigscience_layout_are_kept_apart():
    rows = read([FIXTURES / "old" / "bloom1b3.json"]).results
    assert set(rows.loc[rows["task"] == "axb", "prompt"]) == {"GPT-3 style", "MNLI crowdsource"}
    assert set(rows["params"]) == {1.3e9}


def test_lists_over_checkpoints_become_one_model_each_with_its_tokens():
    rows = read([FIXTURES / "old" / "tr3e-1B3-c4_agg.json"]).results
    last = one(rows, task="arc_easy", metric="accuracy", checkpoint="step24000")
    assert last["train_tokens"] == 14762770432
    assert last["train_flops"] == pytest.approx(6 * 1.3e9 * 14762770432)
    assert rows["model"].nunique() == rows["family"].nunique() == 3


def test_a_strict_and_a_flexible_reading_are_two_metrics():
    rows = read([FIXTURES / "bare"]).results
    assert set(rows.loc[rows["task"] == "metabench_gsm8k", "metric"]) == {"exact_match", "exact_match:flexible-extract"}


@pytest.mark.parametrize(
    ("name", "value", "task", "metric", "expected"),
    [
        ("acc", 0.4, "piqa", "accuracy", 0.4),
        ("perplexity", 12.5, "lambada_openai", "ppl", 12.5),
        ("bits_per_byte", 0.9, "wikitext", "bits_per_byte", 0.9),
        ("em", 0.2, "drop", "exact_match", 0.2),
        ("f1", 31.0, "squadv2", "f1", 0.31),
        ("f1", 0.31, "coqa", "f1", 0.31),
        ("bleu", 31.0, "wmt14", "bleu", 0.31),
        ("rougeL", 0.41, "cnn", "rougeL", 0.41),
        ("rougeL", 22.0, "cnn", "rougeL", 0.22),
        ("mcc", -0.2, "cola", "mcc_rescaled", 0.4),
        ("likelihood_difference", 2.4, "crows", "likelihood_diff", 2.4),
        ("brier_score", 1.2, "x", "brier_score", 1.2),
    ],
)
def test_metrics_land_in_the_unit_of_the_table(name, value, task, metric, expected):
    got = score(name, value, task=task)
    assert (got.metric, got.refused) == (metric, None)
    assert got.value == pytest.approx(expected)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "N/A", True, None, 41.7, -0.1, [0.5]])
def test_what_is_no_share_is_refused_with_a_reason(value):
    assert score("acc", value).refused


def test_refusals_are_counted_by_reason(tmp_path):
    path = harness(
        tmp_path, {"t": {"acc,none": 0.5, "acc_norm,none": float("nan"), "f1,none": "N/A", "acc_all,none": 7}}
    )
    loaded = read([path])
    assert loaded.counts.loc[0, ["found", "kept", "refused"]].tolist() == [4, 1, 3]
    assert "1 not finite (acc_norm)" in loaded.counts.loc[0, "reasons"]


def test_truthfulqa_of_the_old_layout_joins_the_new(tmp_path):
    rows = read([harness(tmp_path, {"truthfulqa_mc": {"mc1": 0.25, "mc1_stderr": 0.01, "mc2": 0.4}})]).results
    assert set(zip(rows["task"], rows["metric"], strict=True)) == {
        ("truthfulqa_mc1", "accuracy"),
        ("truthfulqa_mc2", "accuracy"),
    }


def test_names_of_leaderboard_files_hold_suite_and_shots(tmp_path):
    results = {
        "harness|arc:challenge|25": {"acc": 0.4},
        "harness|hendrycksTest-anatomy|5": {"acc": 0.3},
        "all": {"acc": 0.35},
    }
    path = harness(tmp_path, results, model_name=None, config_general={"model_name": "org/a-1b"})
    loaded = read([path])
    rows = loaded.results.set_index("task")[["benchmark", "shots", "model"]]
    assert rows.loc["arc_challenge"].tolist() == ["lm-eval", 25, "a-1b"]
    assert rows.loc["anatomy"].tolist() == ["MMLU", 5, "a-1b"]
    assert loaded.tasks["task"].tolist() == ["all"]


def test_a_direction_stated_in_a_file_goes_before_what_is_known_of_the_metric(tmp_path):
    values = {"odd,none": 0.5, "acc,none": 0.5, "f1,none": 0.5}
    path = harness(tmp_path, {"t": values}, higher_is_better={"t": {"odd": False, "acc": False}})
    rows = read([path]).results.set_index("metric")["higher_is_better"]
    assert rows.to_dict() == {"odd": False, "accuracy": False, "f1": True}


def test_the_scale_of_bleu_is_that_of_the_file_or_asked_for(tmp_path):
    percent = harness(tmp_path / "a", {"t": {"bleu": 0.8}, "u": {"bleu": 31.0}})
    assert read([percent]).results["score"].tolist() == [0.008, 0.31]
    unsure = harness(tmp_path / "b", {"t": {"bleu": 0.3125, "acc": 0.5}})
    loaded = read([unsure])
    assert loaded.results["metric"].tolist() == ["accuracy"]
    assert "--scale 1 or 100" in loaded.counts.loc[0, "reasons"]


def test_models_of_one_name_by_two_organisations_stay_two(tmp_path):
    harness(tmp_path / "a", {"t": {"acc": 0.5}}, model_name="one/m-1b")
    harness(tmp_path / "b", {"t": {"acc": 0.6}}, model_name="two/m-1b")
    assert set(read([tmp_path]).results["model"]) == {"one/m-1b", "two/m-1b"}


def test_adapters_and_chat_templates_are_not_taken_for_the_plain_model(tmp_path):
    config = {"model_args": "pretrained=org/a-1b,peft=me/lora"}
    path = harness(tmp_path, {"t": {"acc": 0.5}}, model_name=None, config=config, chat_template="{{x}}")
    row = read([path]).results.iloc[0]
    assert (row["model"], row["prompt"]) == ("a-1b+lora", "chat")


# --- sample logs -----------------------------------------------------------------------------------------------------


def record(loglik, gold, **changes):
    right = int(np.argmax(loglik)) == int(gold) if str(gold).isdigit() else None
    return {
        "doc_id": 0,
        "target": str(gold),
        "arguments": [["q", f" choice {i}"] for i in range(len(loglik))],
        "filtered_resps": [[str(x), "False"] for x in loglik],
        **({} if right is None else {"acc": float(right)}),
        **changes,
    }


def sample_log(path, *records, name="samples_piqa_2025-01-01T00-00-00.1.jsonl"):
    harness(path, {"piqa": {"acc,none": 0.5}}, "results_2025-01-01T00-00-00.1.json", **{"n-shot": {"piqa": 5}})
    (path / name).write_text("".join(json.dumps({**r, "doc_id": at}) + "\n" for at, r in enumerate(records)))
    return path / name


def test_sample_logs_give_the_probability_of_the_correct_choice_and_the_brier_score(tmp_path):
    """Two questions by hand: p = 0.8 on the correct of two, p = 0.25 on the correct of four equal ones."""
    path = sample_log(tmp_path, record([math.log(0.08), math.log(0.02)], 0), record([-1.0] * 4, 0))
    rows = read([path]).results
    probability, brier = one(rows, metric="prob_correct"), one(rows, metric="brier_score")
    assert probability["score"] == pytest.approx((0.8 + 0.25) / 2)
    assert brier["score"] == pytest.approx((2 * 0.2**2 + 0.75**2 + 3 * 0.25**2) / 2)
    assert probability["stderr"] == pytest.approx(abs(0.8 - 0.25) / 2)
    assert (probability["n_examples"], probability["shots"], probability["model"]) == (2, 5, "a-1b")


def test_a_target_may_be_the_text_of_a_choice(tmp_path):
    path = sample_log(tmp_path, record([-2.0, -1.0], "choice 1"))
    assert one(read([path]).results, metric="prob_correct")["score"] == pytest.approx(1 / (1 + math.exp(-1)))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (record([-1.0, -2.0], 1, acc=1.0), "contradict the log's own accuracy"),
        (record([-1.0, -2.0], 0, acc=0.37), "several right answers"),
        (record([-1.0, -2.0], 0, target=[0, 1]), "several right answers"),
        (record([-1.0], 0), "no choices to compare"),
        (record([-1.0, -2.0], "elsewhere"), "cannot be told from the target"),
        (record([-1.0, float("-inf")], 0), "not finite"),
        (record([-1.0, -2.0], 0, filtered_resps=["free text"]), "free text"),
    ],
)
def test_a_log_that_cannot_be_trusted_is_refused_whole(tmp_path, bad, reason):
    """A mean over the questions that happen to be readable would be a score of another test."""
    path = sample_log(tmp_path, record([-1.0, -2.0], 0), bad)
    loaded = read([tmp_path])
    log = loaded.counts[loaded.counts["file"] == str(path)].iloc[0]
    assert (log["found"], log["kept"], log["refused"]) == (2, 0, 2)
    assert reason in log["reasons"]


def test_uninformed_choices_score_as_chance(tmp_path):
    path = sample_log(tmp_path, *(record([-3.0] * 5, 0) for _ in range(3)))
    rows = read([path]).results.set_index("metric")["score"]
    assert rows["prob_correct"] == pytest.approx(0.2)
    assert rows["brier_score"] == pytest.approx(0.8)


@pytest.mark.parametrize("stderr", [1e200, 1e-200, 5e-324, 0.7, 0.0, -0.01])
def test_a_standard_error_that_no_test_set_has_tells_no_number_of_items(tmp_path, stderr):
    """Squaring some of them leaves the range of numbers."""
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"results": {"t": {"acc": 0.5, "acc_stderr": stderr}}, "model_name": "a-1b"}))
    with contextlib.suppress(DataError):
        assert read([path]).results["n_examples"].isna().all()


@pytest.mark.parametrize("weights", ["/scratch/ckpt/final", "/scratch/acme-{size}/checkpoints/final", "final"])
def test_weights_called_final_are_named_by_the_folder_that_says_a_size(weights, tmp_path):
    """Or the runs of all sizes would be taken for one model's, of which the newest counts."""
    for size in ("1b", "3b"):
        config = {"model": "hf", "model_args": f"pretrained={weights.format(size=size)}"}
        harness(tmp_path / f"acme-{size}", {"boolq": {"acc,none": 0.5}}, model_name="", config=config)
    assert set(read([tmp_path]).results["model"]) == {"acme-1b", "acme-3b"}
