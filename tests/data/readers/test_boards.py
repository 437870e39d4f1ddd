"""Tables as public leaderboards, trackers of experiments and model cards show them: what each column and cell means."""

import io
import json

import pytest

from scale_forecast.data.dates import known_days
from scale_forecast.data.errors import DataError
from scale_forecast.data.readers import read


def scores(tmp_path, text, name="board.csv", **how):
    """``(task, metric, model)`` to score of a file."""
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    loaded = read([path], **how)
    assert (loaded.counts["found"] == loaded.counts["kept"] + loaded.counts["refused"]).all()
    return {(r.task, r.metric, r.model): r.score for r in loaded.results.itertuples()}, loaded


TABLES = {
    "a link around a name is no part of it": (
        'Model,MMLU\n"<a target=""_blank"" href=""x"">acme/a-7b</a> <a>card</a>",61.0\nacme/b-7b [^3],62.0\n',
        {("MMLU", "accuracy", "acme/a-7b"): 0.61, ("MMLU", "accuracy", "acme/b-7b"): 0.62},
    ),
    "a score rescaled by chance is not the score": (
        "Model,GPQA Raw,GPQA\na-7b,0.325,10.0\nb-7b,0.28,4.1\n",
        {("GPQA", "accuracy", "a-7b"): 0.325, ("GPQA", "accuracy", "b-7b"): 0.28},
    ),
    "a grade is one with words behind its name too": (
        "Model,MT-bench (score),MMLU\na-7b,6.86,0.63\nb-7b,8.96,0.86\n",
        {
            ("MT-bench (score)", "grade", "a-7b"): 6.86,
            ("MT-bench (score)", "grade", "b-7b"): 8.96,
            ("MMLU", "accuracy", "a-7b"): 0.63,
            ("MMLU", "accuracy", "b-7b"): 0.86,
        },
    ),
    "the column of names goes before that of sizes": (
        "T,Models,Size (B),humaneval\nx,CodeLlama-34b,34.0,50.8\ny,StarCoder-15B,15.0,33.6\n",
        {("humaneval", "accuracy", "CodeLlama-34b"): 0.508, ("humaneval", "accuracy", "StarCoder-15B"): 0.336},
    ),
    "a column of no known title that names models is that of models": (
        "Entry,Size (B),humaneval,mbpp\nCodeLlama-34b,34.0,50.8,51\nStarCoder-15B,15.0,33.6,40\n",
        {
            ("humaneval", "accuracy", "CodeLlama-34b"): 0.508,
            ("humaneval", "accuracy", "StarCoder-15B"): 0.336,
            ("mbpp", "accuracy", "CodeLlama-34b"): 0.51,
            ("mbpp", "accuracy", "StarCoder-15B"): 0.4,
        },
    ),
    "an error is better the lower it is, and a table of one test is of its file's": (
        "Model,Accuracy (%) \u2191,Calibration Error (%) \u2193\nGPT-4o,2.7\u00b10.6,89\n",
        {("board", "accuracy", "GPT-4o"): 0.027, ("board", "calibration_error", "GPT-4o"): 0.89},
    ),
    "what an arrow says is lower is an error": (
        "Model,MMLU \u2191,Made-up answers \u2193\na-7b,61.0,12.0\n",
        {("MMLU", "accuracy", "a-7b"): 0.61, ("Made-up answers", "error_rate", "a-7b"): 0.12},
    ),
    "model and score alone": ("Rank,Model,Score\n1,a-7b,62.4%\n", {("board", "accuracy", "a-7b"): 0.624}),
    "ratings beside votes are an arena's": (
        "Rank,Model,Score,Votes\n1,a-7b,1504,8192\n2,b-7b,1486,37000\n",
        {("Arena Score", "elo", "a-7b"): 1504.0, ("Arena Score", "elo", "b-7b"): 1486.0},
    ),
    "people are no models": (
        "AI System,ARC-AGI-1,Cost/Task\nHuman Panel,98.0%,$17\no3 (High),60.8%,$1\nAverage human,60%,$1\n",
        {("ARC-AGI-1", "accuracy", "o3 (High)"): 0.608},
    ),
    "a tracker's columns": (
        "Name,State,eval/mmlu/acc,eval/mmlu/acc_stderr,eval/gsm8k_exact_match,train/loss,_step\n"
        "a-1b,finished,0.262,0.003,0.012,2.31,1000\n",
        {("mmlu", "accuracy", "a-1b"): 0.262, ("gsm8k", "exact_match", "a-1b"): 0.012},
    ),
    "a data frame with columns of two levels": (
        "task,mmlu,mmlu,gsm8k,gsm8k\nmetric,acc,stderr,exact_match,stderr\nmodel,,,,\na-1b,0.31,0.004,0.02,0.003\n",
        {("mmlu", "accuracy", "a-1b"): 0.31, ("gsm8k", "exact_match", "a-1b"): 0.02},
    ),
    "counts of answers, languages and settings are no scores": (
        "Model,MMLU,No answer,#Languages,Generation,Embedding Dimensions\na-7b,61,4.0,86,1,30\nb-7b,62,1,10,0,40\n",
        {("MMLU", "accuracy", "a-7b"): 0.61, ("MMLU", "accuracy", "b-7b"): 0.62},
    ),
    "sizes in the unit of their title, bounds of others beside them": (
        "Model,Size in B,MMLU,MMLU_lower,MMLU_upper,FLOPs (G)\na-s,1.5,31.0,29.0,33.0,4.1\na-l,70,61.0,59,63,190\n",
        {("MMLU", "accuracy", "a-s"): 0.31, ("MMLU", "accuracy", "a-l"): 0.61},
    ),
    "an error rate of speech in percent": (
        "Model,LibriSpeech WER\nwhisper-small,3.4\nwhisper-large,2.7\n",
        {("LibriSpeech", "wer", "whisper-small"): 0.034, ("LibriSpeech", "wer", "whisper-large"): 0.027},
    ),
    "counts of right answers": (
        "model,task,correct,total\na-1b,arc,410,1000\n",
        {("arc", "accuracy", "a-1b"): 0.41},
    ),
    "one column of numbers beside models and tasks": (
        "model,task,mean,std\na-1b,arc,0.41,0.02\na-7b,arc,0.61,0.01\n",
        {("arc", "accuracy", "a-1b"): 0.41, ("arc", "accuracy", "a-7b"): 0.61},
    ),
    "of a page's tables that of models": (
        "| Hyper | Value |\n|--|--|\n| lr | 0.1 |\n\n| Model | MMLU |\n|--|--|\n| a-7b | 61.0 |\n",
        {("MMLU", "accuracy", "a-7b"): 0.61},
    ),
    "a card's table": (
        "| Category | Benchmark | # Shots | Metric | Llama 3 8B | Llama 3 70B |\n|:--|:--|:-:|:--|:-:|:-:|\n"
        "| General | MMLU | 5 | macro\\_avg/acc\\_char | 66.7 | **79.5** |\n|  | SQuAD | 1 | em | 76.4 | 85.6 |\n",
        {
            ("MMLU", "accuracy", "Llama 3 8B"): 0.667,
            ("MMLU", "accuracy", "Llama 3 70B"): 0.795,
            ("SQuAD", "exact_match", "Llama 3 8B"): 0.764,
            ("SQuAD", "exact_match", "Llama 3 70B"): 0.856,
        },
    ),
    "a column of kinds before that of tests": (
        "| | Benchmark (Metric) | # Shots | a-7B | b-72B |\n|-|-|-|-|-|\n| | # Total Params | - | 7B | 72B |\n"
        "| English | Pile-test (BPB) | - | 0.606 | 0.638 |\n| | MMLU (Acc.) | 5-shot | 78.4 | **85.0** |\n",
        {
            ("Pile-test", "bits_per_byte", "a-7B"): 0.606,
            ("Pile-test", "bits_per_byte", "b-72B"): 0.638,
            ("MMLU", "accuracy", "a-7B"): 0.784,
            ("MMLU", "accuracy", "b-72B"): 0.85,
        },
    ),
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_of_a_public_board_means_what_it_says(tmp_path, kind):
    text, expected = TABLES[kind]
    name = "board.md" if text.startswith("|") else "board.csv"
    assert scores(tmp_path, text, name)[0] == pytest.approx(expected)


SHARES = [("mmlu", 0.864), ("gsm8k", 0.92)]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"gpt-4": {"mmlu": 86.4}}, {("mmlu", "accuracy", "gpt-4"): 0.864}),
        ({"mmlu": {"gpt-4": 86.4}, "gsm8k": {"gpt-4": 92.0}}, {(t, "accuracy", "gpt-4"): s for t, s in SHARES}),
        ({"model": {"0": "a-1b"}, "mmlu": {"0": 0.31}}, {("mmlu", "accuracy", "a-1b"): 0.31}),
        ({"columns": ["model", "mmlu"], "index": [0], "data": [["a-1b", 0.31]]}, {("mmlu", "accuracy", "a-1b"): 0.31}),
        (
            {"results": [{"model": {"name": "a-1b", "sha": "1"}, "task": "arc", "metrics": {"acc": 0.41}}]},
            {("arc", "accuracy", "a-1b"): 0.41},
        ),
        ({"model": "a-1b", "scores": {"arc": 0.41}, "date": "2024-05-01"}, {("arc", "accuracy", "a-1b"): 0.41}),
        ([{"model": "a-1b", "task": "arc", "metrics": {"acc": 0.41}}], {("arc", "accuracy", "a-1b"): 0.41}),
    ],
)  # fmt: skip
def test_json_of_scores_by_name_is_a_table(tmp_path, document, expected):
    assert scores(tmp_path, document, "board.json")[0] == pytest.approx(expected)


@pytest.mark.parametrize("document", [{"mmlu": 0.7, "gsm8k": 0.5}, {"mmlu": {"acc": 0.7}, "gsm8k": {"acc": 0.5}}])
def test_scores_without_a_model_ask_for_it(tmp_path, document):
    found, _ = scores(tmp_path, document, "run.json", model="a-1b")
    assert found == {("mmlu", "accuracy", "a-1b"): 0.7, ("gsm8k", "accuracy", "a-1b"): 0.5}
    with pytest.raises(DataError, match="names no model: say"):
        scores(tmp_path, document, "run.json")


def test_shots_are_read_where_cells_say_them(tmp_path):
    behind = scores(tmp_path, "Model\tMMLU\tHellaSwag\nGPT-4\t86.4 (5-shot)\t95.3 (10-shot)\n", "a.tsv")[1].results
    assert dict(zip(behind["task"], behind["shots"], strict=True)) == {"MMLU": 5, "HellaSwag": 10}
    noted = "Benchmark,Notes,GPT-4,GPT-3.5\nMMLU,5-shot,86%,70%\nGSM8K,Maj1@32,92%,57%\nBBH,3-shot CoT,83%,66%\n"
    rows = scores(tmp_path, noted, "b.csv")[1].results.drop_duplicates("task").set_index("task")
    assert rows["shots"].fillna(-1).to_dict() == {"MMLU": 5, "GSM8K": -1, "BBH": 3}
    assert rows.loc["BBH", "prompt"] == "cot"


@pytest.mark.parametrize("place", ["model,task", "model"])
def test_columns_of_shots_are_of_one_test(tmp_path, place):
    cells = ["a-1b,arc", "b-7b,arc"] if "task" in place else ["a-1b", "b-7b"]
    text = f"{place},0-shot,5-shot\n{cells[0]},0.31,0.35\n{cells[1]},0.51,0.62\n"
    rows = scores(tmp_path, text, "arc.csv")[1].results
    assert {(r.task, r.shots, r.model): r.score for r in rows.itertuples()} == {
        ("arc", 0, "a-1b"): 0.31, ("arc", 5, "a-1b"): 0.35, ("arc", 0, "b-7b"): 0.51, ("arc", 5, "b-7b"): 0.62,
    }  # fmt: skip


def test_how_hard_a_model_thought_is_its_setting(tmp_path):
    rows = scores(tmp_path, "Model,Reasoning,GPQA\ngpt-5,high,85.7\ngpt-5,low,80.2\n")[1].results
    assert dict(zip(rows["setting"], rows["score"], strict=True)) == {"high": 0.857, "low": 0.802}


def test_a_day_beside_a_score_is_that_of_the_score(tmp_path):
    rows = scores(tmp_path, "date,model,benchmark,score\n2024-05-13,a-1b,MMLU,88.7\n")[1].results
    assert rows["known_on"].dt.strftime("%Y-%m-%d").tolist() == ["2024-05-13"]


def test_one_column_of_errors_beside_several_of_scores_belongs_to_none(tmp_path):
    text = "model,win_rate,lc_win_rate,standard_error\na-7b,50.0,50.0,1.2\nb-7b,18.2,23.6,1.1\n"
    assert scores(tmp_path, text)[1].results["stderr"].isna().all()
    assert scores(tmp_path, "model,win_rate,standard_error\na-7b,50.0,1.2\n")[1].results["stderr"].tolist() == [0.012]


CARD = """---
model-index:
- name: widget-7b
  results:
  - dataset: {name: "MMLU-PRO (5-shot)", type: TIGER-Lab/MMLU-Pro, config: main}
    metrics: [{type: acc, value: 25.7}]
    source: {name: Open LLM Leaderboard}
  - dataset: {name: "IFEval (0-Shot)", type: HuggingFaceH4/ifeval}
    metrics: [{type: inst_level_strict_acc, value: 0.5}]
    source: {name: Open LLM Leaderboard}
  - dataset: {name: "HellaSwag (10-Shot)", type: hellaswag, args: {num_few_shot: 10}}
    metrics: [{type: acc_norm, value: 84.2}]
    source: {name: Open LLM Leaderboard}
  - dataset: {name: Common Voice, type: common_voice, args: hi}
    metrics: [{type: wer, value: 32.1}]
---
| Model | MMLU |
|---|---|
| other-7b | 61.0 |
"""


def test_a_model_card_is_its_index_and_what_was_rescaled_is_refused(tmp_path):
    """The second board's figures have chance as 0, a share among its percentages is one percent, a WER has no bound."""
    found, loaded = scores(tmp_path, CARD, "README.md")
    assert found == pytest.approx(
        {
            ("IFEval", "inst_level_strict_acc", "widget-7b"): 0.005,
            ("HellaSwag", "acc_norm", "widget-7b"): 0.842,
            ("Common Voice hi", "wer", "widget-7b"): 0.321,
        }
    )
    assert "rescaled" in loaded.counts["reasons"].iloc[0]
    assert loaded.results.set_index("task")["shots"].to_dict()["HellaSwag"] == 10


def test_of_a_directory_texts_for_people_are_read_where_they_are_cards(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "scores.csv").write_text("model,task,score\nwidget-7b,arc,0.5\n")
    (tmp_path / "run" / "notes.md").write_text("| Model | arc |\n|---|---|\n| widget-7b | 70.0 |\n")
    (tmp_path / "run" / "config.yaml").write_text("a: 1\n")
    loaded = read([tmp_path / "run"])
    assert loaded.results["score"].tolist() == [0.5]
    assert not any("left out" in note for note in loaded.notes)
    (tmp_path / "run" / "README.md").write_text(CARD)
    assert set(read([tmp_path / "run"]).results["task"]) == {"arc", "IFEval", "HellaSwag", "Common Voice hi"}


@pytest.mark.parametrize(
    "text",
    [f"- dataset:\n    id: x/y\n  {rest}\n" for rest in ("other: &a 1\n  value: *a", "value: [1", "value: 2024-99-99")],
)  # fmt: skip
def test_yaml_with_aliases_or_none_is_refused_in_a_sentence(tmp_path, text):
    with pytest.raises(DataError):
        scores(tmp_path, text, "results.yaml", model="a-1b")


def test_the_weights_of_few_bits_are_a_copy_on_the_leaderboard(tmp_path):
    rows = "bfloat16,acme/a-7b,a,20,7,30.1\n4bit,acme/a-7b,b,20,7,28.0\nfloat16,acme/a-7b,c,20,7,30.2\n"
    found, _ = scores(tmp_path, "Precision,Model,Model sha,Average,#Params (B),ARC\n" + rows)
    assert found == pytest.approx(
        {("arc_challenge", "acc_norm", "a-7b+4bit"): 0.28, ("arc_challenge", "acc_norm", "a-7b"): 0.302}
    )


def test_the_day_of_a_submission_is_none_on_which_its_score_was_known(tmp_path):
    rows = "bfloat16,acme/a-7b,a,20,7,30.1,2024-09-19\n"
    table = "Precision,Model,Model sha,Average,#Params (B),ARC,Submission Date\n" + rows
    results = scores(tmp_path, table)[1].results
    assert known_days(results, "release").dt.strftime("%Y-%m-%d").tolist() == ["2024-09-19"]
    assert known_days(results).isna().all()


def test_a_printed_table_keeps_filters_apart_and_counts_what_stands_twice(tmp_path):
    table = (
        "|Tasks|Version|Filter|n-shot|Metric|   |Value|   |Stderr|\n|---|---|---|---|---|---|---|---|---|\n"
        "|gsm8k|3|flexible-extract|5|exact_match|\u2191|0.02|\u00b1|0.003|\n"
        "|     | |strict-match    |5|exact_match|\u2191|0.01|\u00b1|0.003|\n"
        "|wikitext|2|none|0|word_perplexity|\u2193|16.4|\u00b1|N/A|\n"
    )
    found, loaded = scores(tmp_path, table + "\n" + table.replace("|Tasks|", "|Groups|"), "printed.md", model="a-1b")
    assert found == pytest.approx(
        {
            ("gsm8k", "exact_match:flexible-extract", "a-1b"): 0.02,
            ("gsm8k", "exact_match", "a-1b"): 0.01,
            ("wikitext", "word_perplexity", "a-1b"): 16.4,
        }
    )
    assert loaded.counts["refused"].sum() == 3
    with pytest.raises(DataError, match="names no model"):
        read(["-"], stdin=io.BytesIO(table.encode()))


def test_yaml_nested_without_end_is_refused_before_the_interpreter_gives_up(tmp_path):
    with pytest.raises(DataError, match="nested too deeply"):
        scores(
            tmp_path, "- dataset:\n    id: x/y\n  value: " + "[" * 150 + "]" * 150 + "\n", "results.yaml", model="a-1b"
        )


def test_one_row_that_mentions_a_model_is_no_table_of_scores(tmp_path):
    with pytest.raises(DataError, match="no column 'task'"):
        scores(tmp_path, "a,b,anchor1,anchor1_eci,anchor2,anchor2_eci\n111.1,20.0,Claude 3.5 Sonnet,130,GPT-5,150\n")
