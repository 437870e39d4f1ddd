"""Sizes as people and names write them: never one that is not meant."""

import pandas as pd
import pytest

from scale_forecast.data.errors import UsageError
from scale_forecast.data.models import as_models, complete
from scale_forecast.data.sizes import family_in_name, parse_size, parse_sizes, sizes_in_name


@pytest.mark.parametrize(
    ("name", "total", "at_work"),
    [
        ("stabilityai/stablelm-2-1_6b", 1.6e9, None),
        ("internlm2_5-1_8b-chat", 1.8e9, None),
        ("llama_2_7b", 7e9, None),
        ("open_llama_3b_v2", 3e9, None),
        ("bloom7b1", 7.1e9, None),
        ("opt125m", 125e6, None),
        ("Qwen3-30B-A3B", 30e9, 3e9),
        ("granite-3.0-1b-a400m-base", 1e9, 400e6),
        ("Qwen1.5-MoE-A2.7B", None, 2.7e9),
        ("OLMoE-1B-7B-0924", 7e9, 1e9),
        ("Llama-4-Scout-17B-16E-Instruct", None, 17e9),
        ("Mixtral-8x7B-v0.1", None, None),
        ("gemma-3n-E4B-it", None, 4e9),
        ("Qwen2.5-7B-Instruct-1M", 7e9, None),
        ("Llama-3-8B-Instruct-262k", 8e9, None),
        ("widget-1B-step1000-tokens5B", 1e9, None),
        ("TinyLlama-1.1B-intermediate-step-50K-105b", 1.1e9, None),
        ("mamba-2.8b-300B-tokens", 2.8e9, None),
        ("phi-1_5", None, None),
        ("gpt-4o-2024-08-06", None, None),
        ("widget-8bit", None, None),
        ("a-7b-b-13b", None, None),
    ],
)
def test_a_name_says_its_size_or_nothing(name, total, at_work):
    found = sizes_in_name(name)
    assert (found.params, found.active_params) == (total, at_work)


@pytest.mark.parametrize(
    ("text", "total", "at_work"),
    [
        ("7 billion", 7e9, None),
        ("~7B", 7e9, None),
        ("7bn params", 7e9, None),
        ("1,5B", 1.5e9, None),
        ("1_5B", 1.5e9, None),
        ("7,000,000,000", 7e9, None),
        ("46.7B (12.9B active)", 46.7e9, 12.9e9),
        ("671B/37B", 671e9, 37e9),
        ("235B-A22B", 235e9, 22e9),
    ],
)
def test_a_size_may_be_written_as_people_do(text, total, at_work):
    assert parse_sizes(text) == (pytest.approx(total), at_work and pytest.approx(at_work))


@pytest.mark.parametrize("text", ["8x7B", "7-13B", "large", "1,2,3B", "-7B", "", "12.9B (46.7B active)"])
def test_what_is_no_one_size_is_refused(text):
    with pytest.raises(UsageError, match="is not a positive size"):
        parse_sizes(text)


def test_a_comma_is_a_point_unless_it_separates_thousands():
    assert (parse_size("1,5"), parse_size("1,500"), parse_size("0,4B")) == (1.5, 1500.0, 0.4e9)


def test_mixtures_are_a_family_beside_the_dense_models():
    names = ["Qwen3-8B", "Qwen3-30B-A3B", "Qwen3-235B-A22B"]
    assert [family_in_name(name) for name in names] == ["Qwen3", "Qwen3-MoE", "Qwen3-MoE"]
    assert set(complete(pd.DataFrame({"model": names})).rows["line"]) == {"Qwen3"}


def described(model, models=None, **row):
    return complete(pd.DataFrame([{"model": model, **row}]), models).rows.iloc[0]


@pytest.mark.parametrize(
    ("model", "total", "at_work"),
    [
        ("openai-community/gpt2", 124439808, None),
        ("gpt2-xl", 1557611200, None),
        ("google/t5-v1_1-xxl", 11135332352, None),
        ("mistralai/Mixtral-8x7B-Instruct-v0.1", 46.7e9, 12.9e9),
        ("TheBloke/Mixtral-8x7B-Instruct-v0.1-GPTQ", 46.7e9, 12.9e9),
        ("deepseek-ai/DeepSeek-V2-Lite", 15.7e9, 2.4e9),
        ("meta-llama/Llama-4-Scout-17B-16E-Instruct", 109e9, 17e9),
    ],
)
def test_published_sizes_stand_in_for_what_a_name_does_not_hold(model, total, at_work):
    row = described(model)
    assert (row["params"], row["active_params"]) == (total, at_work)


def test_nothing_is_taken_from_a_model_of_the_same_name_and_another_size():
    row = described("gpt2", params=124439808.0)
    assert row["train_flops"] is None
    assert row["released"] is None
    done = complete(pd.DataFrame([{"model": "Pythia 1.4B", "params": 3e9}]))
    assert done.rows["train_tokens"].isna().all()
    assert "its size differs" in " ".join(done.notes)


def test_a_models_table_may_write_a_mixture_in_one_cell():
    models = as_models(pd.DataFrame([{"model": "mine", "params": "46.7B (12.9B active)"}]))
    assert models.loc[0, ["params", "active_params"]].tolist() == [46.7e9, 12.9e9]
    assert described("mine", models)["active_params"] == 12.9e9
