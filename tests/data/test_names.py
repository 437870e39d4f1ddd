"""One way to compare names: what is one thing under several names, and what stays two."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale_forecast.data.frontier import frontier_releases
from scale_forecast.data.names import fold, tidy
from scale_forecast.data.names.keys import (
    benchmark_key,
    metric_name,
    model_key,
    name_key,
    organisation_name,
    release_of,
    same_test,
    task_key,
)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("GPT‑4", "GPT-4"),  # a non-breaking hyphen
        ("GPT—4", "gpt 4"),
        ("GPT\u200b-4", "GPT-4"),
        ("\ufeffGPT-4", "GPT-4"),
        ("ＧＰＴ－４", "GPT-4"),  # full width
        ("Llama\u00a03", "Llama_3"),
        ("τ²-bench", "tau2-bench"),
        ("Humanity’s Last Exam", "Humanity's Last Exam"),
        ("café", "cafe\u0301"),
    ],
)
def test_one_name_in_two_writings_is_one_name(written, meant):
    assert fold(written) == fold(meant)


@given(st.text())
def test_folding_and_tidying_again_change_nothing(name):
    assert tidy(tidy(name)) == tidy(name)
    assert fold(tidy(name)) == fold(name)


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("metric", "acc", "Accuracy"),
        ("metric", "perplexity", "ppl"),
        ("model", "acme/Widget-3.1-70B", "Widget 3.1 70B"),
        ("model", "meta-llama/Meta-Llama-3.1-70B", "Llama-3.1-70B"),
        ("model", "huggyllama/llama-7b-hf", "LLaMA 7B"),
        ("model", "gpt-5-2025-08-07", "GPT-5"),
        ("benchmark", "HLE", "Humanity's Last Exam"),
        ("task", "openbookqa", "OBQA"),
        ("task", "ARC (Challenge)", "arc_challenge"),
        ("organisation", "zai-org", "Zhipu AI"),
        ("evaluator", "Google DeepMind", "google"),
    ],
)
def test_two_names_of_one_thing_are_compared_as_one(column, one, other):
    assert name_key(column, one) == name_key(column, other)


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        ("metric", "acc", "acc_norm"),
        ("metric", "exact_match", "exact_match:flexible-extract"),
        ("model", "Llama-3.1-8B", "Llama-3.1-8B-Instruct"),
        ("model", "gemma-2-9b", "gemma-2-9b-it"),
        ("model", "DeepSeek-V3", "DeepSeek-V3.1"),
        ("model", "Claude 3.5 Sonnet (Jun 2024)", "Claude 3.5 Sonnet (Oct 2024)"),
        ("task", "truthfulqa_mc1", "truthfulqa_mc2"),
        ("task", "gsm8k", "gsm8k_platinum"),
        ("benchmark", "ARC-AGI-1", "ARC-AGI-2"),
        ("benchmark", "Terminal-Bench", "Terminal-Bench 1.0"),
        ("family", "acc", "accuracy"),
    ],
)
def test_two_things_of_alike_names_stay_two(column, one, other):
    assert name_key(column, one) != name_key(column, other)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (("GPT-3 suite", "HellaSwag"), ("lm-eval", "hellaswag"), True),
        (("user", "gsm8k"), ("GSM8K", "GSM8K"), True),
        (("MMLU", "astronomy"), ("mmlu", "Astronomy"), True),
        (("MMLU", "astronomy"), ("MMLU (validation split)", "astronomy"), False),
        (("MMLU", "astronomy"), ("my school", "astronomy"), False),
        (("BIG-bench", "operators"), ("mine", "operators"), False),
        (("NeQA (Zhang et al. 2023, 100-item subset)", "neqa"), ("inverse_scaling_prize", "neqa"), False),
        (("Llama suite", "gsm8k"), ("GSM8K (test, with tools)", "gsm8k"), False),
        (("GPT-3 suite", "TriviaQA"), ("Chinchilla suite", "triviaqa_filtered_dev"), False),
    ],
)
def test_what_counts_as_one_task(first, second, same):
    assert same_test(*first, *second) is same


def test_every_name_of_a_release_leads_to_it():
    releases = frontier_releases()
    for model, aliases in zip(releases["model"], releases["aliases"].fillna(""), strict=True):
        for name in (model, *filter(None, aliases.split("; "))):
            assert release_of(name) == model, name


def test_releases_are_told_apart():
    keys = frontier_releases()["model"].map(model_key)
    assert keys.is_unique


def test_a_name_that_is_nobodys_stays_itself():
    assert metric_name("my metric") == "my metric"
    assert organisation_name("Acme") == "Acme"
    assert (task_key("my task"), benchmark_key("my task")) == ("mytask", "mytask")
    assert release_of("acme/widget-7b") is None


def test_bundled_models_and_tasks_are_not_merged_by_their_aliases(bundled_names):
    for column, names in bundled_names.items():
        distinct = pd.Series({name: fold(name) for name in names})
        merged = distinct.groupby(distinct.index.map(lambda name, c=column: name_key(c, name))).nunique()
        assert not (merged > 1).any() or column == "task", (column, merged[merged > 1])


@pytest.fixture(scope="module")
def bundled_names():
    from scale_forecast.data.catalog import bundled_results

    return {column: bundled_results()[column].unique() for column in ("model", "benchmark", "metric", "task")}
