"""BIG-bench's full logs, in the shape that `bigbench/api/results.py` of BIG-bench 1.0.0 writes."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.data.logs import read_logs
from scale_forecast.data.readers import Limits

pytest.importorskip("duckdb")
MODELS = pd.DataFrame({"model": ["BIG-G T=0 2m", "BIG-G T=0 1b"], "params": [2e6, 1e9]})


def chosen(number, scores, gold, *, context=""):
    """A sample of a multiple-choice query; log-likelihoods normalised over the choices."""
    targets = [f"choice {k}" for k in range(len(scores))]
    scores = list(np.asarray(scores) - math.log(sum(map(math.exp, scores))))
    return {
        "input": f"{context}Q: question {number}?\nA:",
        "targets": targets,
        "scores": scores,
        "target_values": {target: int(k == gold) for k, target in enumerate(targets)},
        "correct": float(int(np.argmax(scores)) == gold),
        "absolute_scores": [x - 3.0 for x in scores],
        "normalized_scores": scores,
        "metrics": {},
    }


def generated(number, right):
    targets = {"seven": {"exact_str_match": float(right), "bleu": None}, "7": {"exact_str_match": 0.0, "bleu": None}}
    return {"input": f"{number}?", "output": "seven", "targets": targets, "raw_output": "seven\n", "metrics": {}}


def query(samples, *, shots=0, task="toy", function="cond_log_prob"):
    """Shots and task stand behind the samples, as ``dataclasses.asdict`` gives them."""
    return {"function": function, "absolute_normalization": False, "samples": samples, "shots": shots, "task": task}


def log(*queries, name="2m", params=2_098_048):
    scores = {
        "score_dict": {"multiple_choice_grade": 0.5}, "preferred_score": "multiple_choice_grade",
        "subtask_description": "toy", "low_score": 0.25, "high_score": 1.0, "number_of_shots": 0,
    }  # fmt: skip
    model = {
        "model_family": "BIG-G T=0", "model_name": name, "total_params": params, "non_embedding_params": params,
        "flop_matched_non_embedding_params": params, "training_batch_size": 1, "training_steps": 1,
        "description": "", "decoding_params": {}, "additional_details": "",
    }  # fmt: skip
    return {"scores": [scores], "task": {"task_name": "toy"}, "model": model, "queries": list(queries) or None}


def write(folder, document, name="full-log_BIG-G_2m_T=0.json"):
    path = folder / name
    path.write_text(json.dumps(document, indent=2))
    return path


CHOICES = [([-1.0, -2.0, -3.0], 0), ([-1.0, -0.5, -4.0], 0), ([-2.0, -2.5, -0.1], 2), ([-1.0, -1.5, -2.0], 1)]


def choices(**options):
    return [chosen(number, scores, gold, **options) for number, (scores, gold) in enumerate(CHOICES)]


def test_grade_probability_and_brier_score_by_hand(tmp_path):
    rows = read_logs([write(tmp_path, log(query(choices(), shots=2)))]).loaded.results.set_index("metric")
    p = [np.exp(s) / np.exp(s).sum() for s, _ in CHOICES]
    right = [x[gold] for x, (_, gold) in zip(p, CHOICES, strict=True)]
    brier = [((x - np.eye(3)[gold]) ** 2).sum() for x, (_, gold) in zip(p, CHOICES, strict=True)]
    assert rows["score"].to_dict() == pytest.approx(
        {"multiple_choice_grade": 0.5, "prob_correct": np.mean(right), "brier_score": np.mean(brier)}, rel=1e-6
    )
    assert rows.loc["prob_correct", "stderr"] == pytest.approx(np.std(right, ddof=1) / 2, rel=1e-5)
    row = rows.iloc[0]
    assert (row["benchmark"], row["task"], row["shots"], row["n_examples"]) == ("BIG-bench", "toy", 2, 4)
    assert (row["model"], row["family"], row["params"]) == ("BIG-G T=0 2m", "BIG-G T=0", 2_098_048)


def test_shots_subtasks_and_ways_of_asking_are_scores_of_their_own(tmp_path):
    free = [generated(0, True), generated(1, True), generated(2, False), generated(3, True)]
    document = log(
        query(choices(), task="toy:easy"),
        query(choices(context="shot "), shots=1, task="toy:easy"),
        query(choices()[:2], task="toy:hard"),
        query(free, task="toy:easy", function="generate_text"),
        query([{"input": "0?", "targets": ["seven"], "scores": [-3.0], "metrics": {}}], task="toy:easy"),
    )
    rows = read_logs([write(tmp_path, document)]).loaded.results.set_index(["task", "shots", "metric"])["score"]
    grades = rows.xs("multiple_choice_grade", level="metric").to_dict()
    assert grades == {("toy:easy", 0): 0.5, ("toy:easy", 1): 0.5, ("toy:hard", 0): 0.5}
    assert rows.xs("exact_match", level="metric").to_dict() == {("toy:easy", 0): 0.75}


def test_items_are_found_again_in_another_models_log_by_their_prompt(tmp_path):
    """The larger model's log is in another order."""
    write(tmp_path, log(query(choices())), "full-log_a.json")
    write(tmp_path, log(query(choices()[::-1]), name="1b", params=1e9), "full-log_b.json")
    profile = read_logs([tmp_path]).profiles.set_index("model").loc["BIG-G T=0 1b"]
    assert (profile["failed_by_smaller"], profile["solved_of_failed"]) == (0.5, 0.0)


@pytest.mark.parametrize(
    "change",
    [
        {"target_values": {"choice 0": 1, "choice 1": 1, "choice 2": 0}},
        {"target_values": {"choice 0": 0.5, "choice 1": 0, "choice 2": 0}},
        {"scores": [-1.0, -2.0, float("nan")]},
        {"scores": [-1.0, -2.0]},
        {"correct": 0.0},
    ],
)
def test_a_choice_without_one_right_answer_has_a_grade_but_no_probability(tmp_path, change):
    document = log(query([choices()[0] | change, *choices()[1:]]))
    loaded = read_logs([write(tmp_path, document)]).loaded
    assert loaded.results["metric"].tolist() == ["multiple_choice_grade"]
    assert "prob_correct missing in some of the items of toy" in loaded.counts["reasons"].iloc[0]


def test_a_grade_in_a_dict_of_metrics_is_the_same(tmp_path):
    """As the function that computes it returns it."""
    samples = [s | {"correct": {"multiple_choice_grade": s["correct"]}} for s in choices()]
    assert read_logs([write(tmp_path, log(query(samples)))]).loaded.results["score"].iloc[0] == 0.5


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (log(), "holds scores but no queries: read it with `forecast data import`"),
        (log(query([])), "the log is empty"),
        (log(query([{"input": "?", "targets": ["x"], "scores": [-1.0]}])), "the log is empty"),
        (log(query([{"input": "?", "output": "x", "targets": {"y": {"bleu": 1.0}}}])), "no item holds a score"),
    ],
)
def test_a_log_without_scores_of_items_is_refused_in_one_sentence(tmp_path, document, sentence):
    with pytest.raises(DataError, match=sentence):
        read_logs([write(tmp_path, document)])


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.999])
def test_a_log_that_is_cut_off_is_refused(tmp_path, cut):
    path = write(tmp_path, log(query(choices() * 50)))
    path.write_bytes(path.read_bytes()[: int(cut * path.stat().st_size)])
    with pytest.raises(DataError, match="is cut off"):
        read_logs([path])


def test_a_log_larger_than_a_part_is_read_piece_by_piece(tmp_path):
    path = write(tmp_path, log(query([chosen(n, [-1.0, -2.0], 0) for n in range(300)])))
    assert path.stat().st_size > 10 * 8192
    rows = read_logs([path], limits=Limits(line=8192)).loaded.results
    assert rows["n_examples"].tolist() == [300] * 3
