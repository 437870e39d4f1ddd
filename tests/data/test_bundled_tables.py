"""The bundled figures: who shares a line, sources, and descriptors that are missing rather than invented."""

import pytest

from scale_forecast.data.catalog import bundled_metrics, bundled_models, bundled_results, bundled_tasks
from scale_forecast.data.metrics import known_metric
from scale_forecast.data.names import fold
from scale_forecast.data.results import is_share
from scale_forecast.data.tasks import METRIC_KINDS

ONE_LINE = {
    "PaLM": ["PaLM", "PaLM-cont", "Flan-PaLM", "Flan-PaLM-cont", "U-PaLM", "Flan-U-PaLM", "PaLM@182B", "U-PaLM@329B"],
    "GPT-3": ["GPT-3", "GPT-3 FeedME", "GPT-3.5"],
    "LLaMA": ["LLaMA", "LLaMA-I"],
    "T5": ["T5 (LM-adapted)", "Flan-T5"],
    "Pythia": ["Pythia", "Pythia-deduped", "Pythia@step1000", "Pythia-deduped@step63000"],
    "Anthropic": ["Anthropic Plain LM", "Anthropic RLHF", "Anthropic Context Distilled"],
}


@pytest.mark.parametrize(("line", "family"), [(line, f) for line, families in ONE_LINE.items() for f in families])
def test_models_that_share_weights_share_a_line(line, family):
    """Held out apart, the one would give the other's scores away."""
    assert set(bundled_models().loc[bundled_models()["family"] == family, "line"]) == {line}


def test_every_checkpoint_and_tuned_variant_lies_in_the_line_of_its_base():
    models = bundled_models()
    by_family = models.drop_duplicates("family").set_index("family")["line"]
    for family, line in by_family.items():
        base = family.partition("@")[0]
        assert by_family.get(base, line) == line
    checkpoints = models[models["checkpoint"].notna()]
    assert (checkpoints["family"].str.contains("@")).all()
    tuned = models[(models["tuning"] != "base") & models["line"].isin(models.loc[models["tuning"] == "base", "line"])]
    assert len(tuned) > 10


def test_no_model_name_stands_in_two_lines():
    models = bundled_models()
    lines = models.assign(name=models["model"].map(fold)).groupby("name")["line"].nunique()
    assert (lines == 1).all()


def test_every_figure_names_its_source():
    assert bundled_results()["source"].str.len().gt(10).all()
    assert not bundled_results()["source"].isin(["user", "unknown"]).any()


def test_the_whole_compilation_is_there():
    """26,995 scores; a row lost in bundling would change what every study reports."""
    counts = bundled_results().groupby("dataset").size().to_dict()
    assert counts == {
        "bigbench": 1068,
        "chinchilla": 339,
        "cot": 472,
        "flan": 3720,
        "gpt3": 1198,
        "inverse_scaling": 1379,
        "llama": 858,
        "openlm": 4784,
        "palm": 502,
        "pythia": 12675,
    }


def test_every_metric_in_use_has_a_direction_and_a_kind():
    metrics = bundled_metrics()
    assert set(bundled_results()["metric"]) <= set(metrics["metric"])
    assert not metrics["metric"].duplicated().any()
    assert set(metrics["metric_kind"]) <= set(METRIC_KINDS)
    rising = metrics[~is_share(metrics["metric"]) & metrics["higher_is_better"]]
    assert {known_metric(name).unit for name in rising["metric"]} == {
        "Elo",
        "minutes",
        "US dollars",
        "0 to 10",
        "0 to 100",
    }


def test_unknown_descriptors_are_missing_never_filled():
    tasks = bundled_tasks()
    for name in ("n_choices", "chance", "input_words", "human_average", "human_best", "n_examples"):
        assert tasks[name].isna().any()
        assert not tasks[name].isin([-1.0, -99.0]).any()
    both = tasks.dropna(subset=["n_choices", "chance"])
    assert (both["chance"] <= 0.5).all()


def test_chance_of_equal_choices_is_their_reciprocal_where_the_count_is_whole():
    tasks = bundled_tasks().dropna(subset=["n_choices", "chance"])
    plain = tasks[tasks["n_choices"].isin([2.0, 3.0, 4.0, 5.0]) & (tasks["benchmark"] != "BIG-bench")]
    off = (plain["chance"] - 1.0 / plain["n_choices"]).abs()
    assert (off < 0.001).mean() > 0.95


def test_every_bundled_task_is_described_but_the_loss_on_the_pile():
    results, tasks = bundled_results(), bundled_tasks()
    described = set(zip(tasks["benchmark"].map(fold), tasks["task"].map(fold), strict=True))
    pairs = results[["benchmark", "task"]].drop_duplicates().itertuples(index=False)
    missing = {(b, t) for b, t in pairs if (fold(b), fold(t)) not in described and b != "The Pile"}
    assert missing == {("BIG-bench", "alignment_questionnaire")}


def test_averages_of_other_rows_are_marked():
    """Unmarked, an average would count as a task of its own beside its parts, and give a target's parts away."""
    tasks = bundled_tasks().dropna(subset=["aggregate_of"])
    assert set(tasks["task"]) == {
        "mmlu",
        "mmlu_zeroshot",
        "mmlu_humanities",
        "mmlu_other",
        "mmlu_social_sciences",
        "mmlu_stem",
        "winogender_all",
        "mawps",
        "SuperGLUE",
    }
    assert tasks["canonical_task"].isna().all()


def test_mmlu_has_one_canonical_task_per_subject_across_its_splits():
    tasks = bundled_tasks()
    for benchmark in ("MMLU", "MMLU (validation split)"):
        canonical = tasks.loc[tasks["benchmark"] == benchmark, "canonical_task"]
        assert canonical.notna().all()
        assert canonical.nunique() == 57
