"""One set of weights is one line, whatever its copies are called; and nobody's family is taken for another's."""

import pandas as pd
import pytest

from scale_forecast.data.catalog import bundled_results
from scale_forecast.data.load import join_bundled
from scale_forecast.data.model_names import same_weights, tuning_in_name
from scale_forecast.data.models import complete
from scale_forecast.data.results import as_results


def described(model):
    return complete(pd.DataFrame([{"model": model}])).rows.iloc[0]


@pytest.mark.parametrize(
    ("model", "line"),
    [
        ("Qwen2.5-72B-Instruct-AWQ", "Qwen2.5"),
        ("Qwen2.5-7B-Instruct-GPTQ-Int4", "Qwen2.5"),
        ("Qwen2.5-7B-Instruct-1M", "Qwen2.5"),
        ("unsloth/Meta-Llama-3.1-8B-bnb-4bit", "Llama-3.1"),
        ("RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8-dynamic", "Llama-3.1"),
        ("neuralmagic/Meta-Llama-3.1-8B-Instruct-quantized.w4a16", "Llama-3.1"),
        ("bartowski/llama-3.1-8b-instruct.Q4_K_M.gguf", "Llama-3.1"),
        ("Llama-3.1-8B-4.0bpw-h6-exl2", "Llama-3.1"),
        ("Llama-3.2-1B-Instruct-SpinQuant_INT4_EO8", "Llama-3.2"),
        ("mlx-community/gemma-2-9b-it-4bit", "Gemma-2"),
        ("HuggingFaceH4/zephyr-7b-beta", "Mistral"),
        ("Mistral-7B-Instruct-v0.3", "Mistral"),
        ("OpenHermes-2.5-Mistral-7B", "Mistral"),
        ("NousResearch/Hermes-3-Llama-3.1-8B", "Llama-3.1"),
        ("meta-llama/Llama-3.3-70B-Instruct", "Llama-3.1"),
        ("DeepSeek-R1-Distill-Qwen-7B", "Qwen2.5"),
        ("DeepSeek-R1-Distill-Llama-8B", "Llama-3.1"),
        ("deepseek-ai/DeepSeek-R1", "DeepSeek-V3"),
        ("lmsys/vicuna-13b-v1.5", "Llama-2"),
        ("lmsys/vicuna-13b-v1.3", "LLaMA"),
        ("facebook/opt-iml-max-30b", "OPT"),
        ("databricks/dolly-v2-12b", "Pythia"),
        ("QwQ-32B", "Qwen2.5"),
        ("org/a-1b+my-adapter", "a"),
        ("org/a-1b+4bit", "a"),
    ],
)
def test_copies_belong_to_the_line_of_their_weights_and_are_no_base_models(model, line):
    row = described(model)
    assert row["line"] == line
    assert row["tuning"] not in (None, "base")


@pytest.mark.parametrize("model", ["Mistral-7B-v0.1", "Llama-2-7b-hf", "Qwen2.5-7B", "gemma-2-9b", "mamba-130m-hf"])
def test_base_models_in_another_format_stay_base_models(model):
    assert described(model)["tuning"] in (None, "base")


@pytest.mark.parametrize(
    ("model", "tuning"),
    [
        ("w-7b-SFT-DPO", "rlhf"),
        ("w-7b-DPO-AWQ", "rlhf"),
        ("w-7b-it", "instruct"),
        ("w-7b-GGUF", "quantised"),
        ("w-7b-Base", "base"),
        ("w-7b-slerp", "merged"),
        ("claude-3-opus", "rlhf"),
        ("w-7b", None),
        ("splitter-7b", None),
    ],
)
def test_words_of_a_name_say_how_it_was_tuned(model, tuning):
    assert tuning_in_name(model) == tuning


@pytest.mark.parametrize("family", ["Llama-X", "Falcon-mine", "OPT-next", "Pythia-reborn", "open_llama", "PaLM-2"])
def test_a_family_that_begins_like_a_bundled_one_stays_itself(family):
    done = complete(pd.DataFrame([{"model": f"{family}-7B"}]))
    assert done.rows.loc[0, "line"] == family


def test_a_family_that_begins_like_a_bundled_one_is_asked_about():
    notes = " ".join(complete(pd.DataFrame([{"model": "LLaMA-X-7B"}])).notes)
    assert "'LLaMA-X' begins like the bundled 'LLaMA'" in notes
    assert "line of --models" in notes


@pytest.mark.parametrize("model", ["LLaMA-X-7B", "vicuna-7b-v1.3", "Llama-2-7B-GPTQ"])
def test_neither_namesakes_nor_copies_replace_a_bundled_line(model):
    own = as_results(complete(pd.DataFrame([{"model": model, "task": "t", "score": 0.5}])).rows)
    bundled = bundled_results().drop(columns="dataset")
    assert len(join_bundled(own, bundled)[0]) == len(bundled) + 1


def test_quantised_copies_know_the_release_of_their_weights():
    rows = [described(model) for model in ("Llama-3.1-8B", "Meta-Llama-3.1-8B", "unsloth/Meta-Llama-3.1-8B-bnb-4bit")]
    assert {str(row["released"])[:10] for row in rows} == {"2024-07-23"}


def test_same_weights_keeps_what_is_tuned():
    assert same_weights("TheBloke/Mistral-7B-Instruct-v0.1-AWQ") == "Mistral-7B-Instruct-v0.1"
