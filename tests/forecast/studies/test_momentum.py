"""`forecast study momentum`: the public zero, and what noise has to do with it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from scale_forecast.studies.correlation import corrected_correlation, moments
from scale_forecast.studies.momentum import study
from scale_forecast.studies.resampling import percentiles
from tests.studies import METRICS, answered, bundled_study, made_results, made_tasks


@pytest.fixture(scope="module")
def bundled():
    return bundled_study("momentum")


TABLES = Path(__file__).parents[3] / "data" / "tables" / "results"
PALM = ["PaLM 8B", "PaLM 62B", "PaLM 540B"]
RECOMPUTED = [
    (("PaLM 8B, 62B, 540B", "BIG-bench Lite"), ["palm"], PALM, 0.043),
    (("PaLM 8B, 62B, 540B", "PaLM NLU"), ["palm"], PALM, 0.007),
    (("GPT-3, Gopher, Chinchilla", "MMLU"), ["chinchilla", "llama"], ["GPT-3 175B", "Gopher 280B", "Chinchilla 70B"],
     0.013),
    (("LLaMA 7B, 13B, 65B", "MMLU"), ["llama"], ["LLaMA 7B", "LLaMA 13B", "LLaMA 65B"], 0.024),
    (("BIG-G 2m, 8b, 128b", "BIG-bench"), ["bigbench"], ["BIG-G 2m", "BIG-G 8b", "BIG-G 128b"], 0.007),
]  # fmt: skip


def from_the_files(files, benchmark, models):
    """Scores of three models, (tasks, 3), read off the files by pandas alone: nothing of the studies' own code."""
    rows = pd.concat([pd.read_csv(TABLES / f"{name}.csv") for name in files])
    rows = rows[(rows["benchmark"] == benchmark) & rows["model"].isin(models) & rows["checkpoint"].isna()]
    rows = rows[(rows["prompt"] == "few-shot") if benchmark == "PaLM NLU" else (rows["shots"] > 1)]
    return rows.pivot_table(index=["task", "metric"], columns="model", values="score")[models].dropna()


@pytest.mark.parametrize(("name", "files", "models", "squared"), RECOMPUTED)
def test_a_correlation_is_that_of_the_files_recomputed_by_other_means(bundled, name, files, models, squared):
    score = from_the_files(files, name[1], models).to_numpy()
    first, second = score[:, 1] - score[:, 0], score[:, 2] - score[:, 1]
    row = bundled.tables["named"].set_index(["models", "benchmark"]).loc[name]
    assert row["tasks"] == len(score)
    assert row["r"] == pytest.approx(np.corrcoef(first, second)[0, 1])
    assert row["r_squared"] == pytest.approx(squared, abs=6e-4)
    assert row["r_rank"] == pytest.approx(spearmanr(first, second)[0])
    alone = [np.corrcoef(np.delete(first, i), np.delete(second, i))[0, 1] for i in range(len(first))]
    assert row["r_without"] == pytest.approx(alone[int(np.argmax(np.abs(np.array(alone) - row["r"])))])


def test_only_what_somebody_published_is_said_to_be_published(bundled):
    """The tables computed the others; printed as published they confirmed themselves."""
    basis = bundled.tables["named"].set_index(["models", "benchmark"])["basis"]
    palm = ("PaLM 8B, 62B, 540B", "BIG-bench Lite")
    assert basis[palm] == "published, R2 = 0.04"
    assert (basis.drop([palm]) == "computed here").all()
    assert bundled.sentences[0].count("published") == 1
    assert "Only that of PaLM 8B, 62B, 540B on BIG-bench Lite (R2 = 0.04) was published" in bundled.sentences[0]


def test_the_published_correlation_comes_out_of_the_files():
    score = from_the_files(["palm"], "BIG-bench Lite", PALM).to_numpy()
    assert np.corrcoef(score[:, 1] - score[:, 0], score[:, 2] - score[:, 1])[0, 1] ** 2 == pytest.approx(
        0.04, abs=0.005
    )


def test_one_range_serves_a_whole_suite(bundled):
    """A task's own range is made of its three scores, the outcome among them, and turned +0.32 into -0.16."""
    rows = pd.read_csv(TABLES / "palm.csv")
    suite = rows.loc[(rows["benchmark"] == "PaLM NLU") & rows["checkpoint"].isna(), "score"]
    low, high = 0.9 * suite.min(), 1 - 0.9 * (1 - suite.max())
    position = (from_the_files(["palm"], "PaLM NLU", PALM).to_numpy() - low) / (high - low)
    gain = np.diff(np.log(position / (1 - position)), axis=1)
    row = bundled.tables["named"].set_index(["models", "benchmark"]).loc[("PaLM 8B, 62B, 540B", "PaLM NLU")]
    assert row["r_range_logit"] == pytest.approx(np.corrcoef(gain.T)[0, 1])
    assert row["r_range_logit"] == pytest.approx(0.32, abs=0.005)


def noisy_study(truth, n_examples=400, seed=1):
    scores = answered(np.random.default_rng(seed), truth, n_examples)
    findings = study(made_results(scores, n_examples), made_tasks(len(truth)), METRICS)
    return findings.tables["families"].iloc[0], findings


def test_gains_that_are_noise_alone_correlate_at_minus_one_half():
    """Closed form: cov = -s^2, var = 2 s^2 (e.g. Galton's regression to the mean), so r = -1/2."""
    row, _ = noisy_study(np.full((3000, 3), 0.6))
    assert row["r"] == pytest.approx(-0.5, abs=0.03)
    assert row["r_noise"] == pytest.approx(-0.5, abs=0.03)
    assert np.isnan(row["r_corrected"]), "nothing is left to correlate once the noise is taken out"


def test_gains_that_share_no_score_are_free_of_the_noise():
    row, _ = noisy_study(np.full((3000, 4), 0.6))
    assert row["r"] == pytest.approx(-0.5, abs=0.03)
    assert row["r_apart"] == pytest.approx(0.0, abs=0.06)


@pytest.mark.parametrize("true", [0.0, 0.4, 0.8])
def test_the_correction_recovers_the_correlation_of_true_gains(true):
    rng = np.random.default_rng(0)
    gains = rng.multivariate_normal([0.1, 0.1], 0.03**2 * np.array([[1, true], [true, 1]]), size=4000)
    truth = 0.4 + np.cumsum(np.column_stack([np.zeros(len(gains)), gains]), axis=1)
    row, _ = noisy_study(truth, n_examples=500)
    assert abs(row["r"] - true) > 0.1, "noise matters here, or the correction proves nothing"
    assert row["r_corrected"] == pytest.approx(true, abs=0.08)


def test_losses_and_averages_are_not_mixed_with_shares(bundled):
    """GPT-3's LAMBADA perplexity and its SuperGLUE average are rows of the few-shot suite, and no part of its r."""
    row = bundled.tables["named"].set_index("models").loc["GPT-3 6.7B, 13B, 175B"]
    assert row["tasks"] == 49


def test_triples_that_differ_more_than_their_tasks_explain_are_worth_few_tasks():
    rng = np.random.default_rng(3)
    tables = []
    for family, true in {"a": -0.8, "b": 0.8, "c": -0.5, "d": 0.5}.items():
        gains = rng.multivariate_normal([0, 0], 0.05**2 * np.array([[1, true], [true, 1]]), size=62)
        truth = 0.5 + np.cumsum(np.column_stack([np.zeros(62), gains]), axis=1)
        tables.append(made_results(np.clip(truth, 0, 1), 10**6, family=family))
    overall = study(pd.concat(tables, ignore_index=True), made_tasks(62), METRICS).tables["overall"]
    assert overall["spread_between_triples"].iloc[0] > 0.5
    assert overall["worth_of_62_tasks"].iloc[0] < 10


def test_every_family_is_measured_in_every_view_with_an_interval(bundled):
    views = bundled.tables["views"]
    assert len(views) == len(bundled.tables["families"])
    for view in ("r", "r_logit", "r_log_error", "r_normalised_logit", "r_range_logit"):
        known = views[view].notna()
        assert known.mean() > 0.9, view
        assert (views[f"{view}_low"] <= views[f"{view}_high"])[known & views[f"{view}_low"].notna()].all(), view


def test_another_triple_of_models_widens_what_62_tasks_say(bundled):
    """ "n = 1, not 62": the interval over tasks alone is the narrower one, whatever the number of tasks."""
    table = bundled.tables["named"]
    assert (table["r_clustered_high"] - table["r_clustered_low"] > table["r_high"] - table["r_low"]).all()
    assert table["r_clustered"].equals(table["r"])


def test_where_gains_go_on_beyond_noise_is_said(bundled):
    families, (sentence,) = bundled.tables["families"], (s for s in bundled.sentences if "lies above" in s)
    assert f"above zero on {(families['r_low'] > 0).sum()} " in sentence
    assert "LLaMA" in sentence


def test_too_few_models_are_said_to_be_too_few():
    findings = study(made_results(np.full((9, 2), 0.5)), made_tasks(9), METRICS)
    assert findings.tables == {}
    assert "No family here has three models" in findings.sentences[0]


def test_moments_are_those_of_the_weighted_sample():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 50))
    weight = np.vstack([np.ones(50), rng.integers(0, 3, 50)]).astype(float)
    covariance, one, two = moments(x, y, weight)
    assert covariance[0] == pytest.approx(np.cov(x, y)[0, 1])
    expected = np.cov(x, y, aweights=weight[1])
    assert [covariance[1], one[1], two[1]] == pytest.approx([expected[0, 1], expected[0, 0], expected[1, 1]])


def test_a_correlation_is_not_corrected_where_noise_is_most_of_the_gains():
    noise = np.full((1, 3), 0.4)
    assert np.isnan(corrected_correlation(np.array([0.1]), np.array([1.0]), np.array([1.0]), noise))[0]


def test_ninety_percent_interval_of_a_correlation_covers_about_ninety_percent():
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(300):
        x, y = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], size=40).T
        weight = np.vstack([np.ones(40), rng.poisson(1.0, size=(400, 40))])
        covariance, one, two = moments(x, y, weight)
        low, high = percentiles(covariance / np.sqrt(one * two))
        held += low <= 0.3 <= high
    assert 0.83 <= held / 300 <= 0.95
