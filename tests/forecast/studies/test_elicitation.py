"""`forecast study elicitation`: what shots, thought and tuning add, and which tasks emerge without them."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom

from scale_forecast.studies.elicitation import _holm, above_chance, pairs_of, study, without_shots
from scale_forecast.studies.ladders import measure_ladders
from tests.studies import METRICS, answered, bundled_study, made_results, made_tasks


def joined(*tables):
    return pd.concat(tables, ignore_index=True)


def tuned(scores, n_examples=1000, **how):
    results = made_results(scores, n_examples, family="Tuned made", **how)
    return results.assign(tuning="instruct", line="made")


def rows_of(results, tasks):
    return measure_ladders(results, tasks, METRICS).rows


@pytest.fixture(scope="module")
def results():
    """Six tasks at three sizes: plain, with five shots, with thought, and tuned."""
    plain = np.linspace(0.3, 0.5, 3) * np.ones((6, 1))
    return joined(
        made_results(plain),
        made_results(plain + 0.1, shots=5),
        made_results(plain + 0.2, prompt="cot"),
        tuned(plain + 0.05),
    )


def test_each_kind_of_help_is_set_beside_the_plain_score(results):
    pairs = pairs_of(rows_of(results, made_tasks(6)))
    gains = pairs.groupby("kind")["gain"].agg(["mean", "size"])
    assert gains["size"].to_dict() == {"few shots": 18, "chain of thought": 18, "tuning": 18}
    assert gains["mean"].round(6).to_dict() == {"few shots": 0.1, "chain of thought": 0.2, "tuning": 0.05}
    assert set(pairs.loc[pairs["kind"] == "tuning", "model"]) == {"Tuned made 0", "Tuned made 1", "Tuned made 2"}


def test_the_gain_from_scale_is_that_of_the_step_to_the_model(results):
    pairs = pairs_of(rows_of(results, made_tasks(6)))
    few = pairs[pairs["kind"] == "few shots"]
    assert few["scale_gain"].to_numpy() == pytest.approx(0.1)
    assert few["scale_decades"].to_numpy() == pytest.approx(1.0)
    smallest = few["model"] == "made 0"
    assert few.loc[smallest, "scale_se"].isna().all(), "the step away from the smallest shares its noise otherwise"
    assert few.loc[~smallest, "scale_se"].notna().all()


def test_help_is_worth_its_gain_in_decades_of_scale(results):
    gains = study(results, made_tasks(6), METRICS).tables["gains"].set_index(["kind", "setting"])
    assert gains.loc[("few shots", "direct"), "worth_decades"] == pytest.approx(1.0)
    assert gains.loc[("tuning", "zero shots, direct"), "worth_decades"] == pytest.approx(0.5)


def test_the_noise_of_the_shared_score_makes_no_correlation():
    rng = np.random.default_rng(0)
    tasks = 800
    base = np.full((tasks, 1), 0.4)
    scale, help_ = rng.normal(0.05, 0.05, (2, tasks, 1))
    plain = np.hstack([base, base + scale])
    results = joined(
        made_results(answered(rng, np.clip(plain, 0, 1), 150), 150),
        made_results(answered(rng, np.clip(plain + help_, 0, 1), 150), 150, shots=5),
    )
    row = study(results, made_tasks(tasks), METRICS).tables["gains"].iloc[0]
    pairs = pairs_of(rows_of(results, made_tasks(tasks)))
    largest = pairs[pairs["model"] == "made 1"]
    assert np.corrcoef(largest["gain"], largest["scale_gain"])[0, 1] < -0.15
    assert row["r_with_scale_gain"] == pytest.approx(0.0, abs=0.12)


def test_holms_correction():
    """Holm (1979): sorted p times what is left, never falling."""
    assert _holm(pd.Series([0.04, 0.01, 0.03])).round(3).tolist() == [0.06, 0.03, 0.06]


def test_a_task_emerges_when_small_models_guess_and_the_largest_does_not():
    scores = [[0.25, 0.26, 0.25, 0.60], [0.25, 0.40, 0.50, 0.60], [0.25, 0.25, 0.26, 0.27]]
    tested = above_chance(rows_of(made_results(scores, 500), made_tasks(3, chance=0.25)))
    assert tested["emerges"].tolist() == [True, False, False]
    assert tested["is_above"].tolist() == [True, True, False]


def test_a_task_that_emerges_with_shots_is_looked_up_without_them():
    results = joined(
        made_results([[0.25, 0.25, 0.26, 0.26], [0.25, 0.25, 0.3, 0.7]], 500),
        made_results([[0.25, 0.25, 0.30, 0.80], [0.25, 0.26, 0.4, 0.8]], 500, shots=5),
    )
    emergent = study(results, made_tasks(2, chance=0.25), METRICS).tables["emergent"].set_index("task")
    assert emergent["at_zero_shots"].to_dict() == {"task 0": "not above chance", "task 1": "emerges"}


def test_the_spread_of_prompts_is_found_beneath_sampling_noise():
    rng = np.random.default_rng(1)
    truth = np.full((1500, 2), 0.5)
    prompt = [np.clip(truth + rng.normal(0, 0.04, truth.shape), 0, 1) for _ in range(2)]
    results = joined(
        made_results(answered(rng, prompt[0], 300), 300),
        made_results(answered(rng, prompt[1], 300), 300, shots=5),
    )
    row = study(results, made_tasks(1500), METRICS).tables["spread"].iloc[0]
    assert row["prompt_points"] == pytest.approx(4.0, abs=0.4)
    assert row["sampling_points"] == pytest.approx(100 * np.sqrt(0.25 / 300), rel=0.05)


def test_results_without_pairs_are_said_to_have_none():
    findings = study(made_results(np.full((3, 2), 0.5), None), made_tasks(3), METRICS)
    assert findings.tables == {}
    assert "No task here" in findings.sentences[0]


def emergent(*rows):
    """Cases as the table has them, from (task, line, what it does without shots)."""
    table = pd.DataFrame(rows, columns=["task", "line", "at_zero_shots"])
    return table.assign(benchmark="b")


def test_a_task_that_several_settings_help_counts_once():
    """One shot and few shots of one task are no two tasks; 36 cases were 22 tasks."""
    table = emergent(*[("t", "A", "emerges")] * 5, ("u", "A", "not above chance"), ("t", "B", "above chance before"))
    row = without_shots(table, 0).set_index("line").loc["all lines"]
    assert row[["tasks", "emerge", "at_chance", "above_before"]].tolist() == [3, 1, 1, 1]
    assert row["remain"] == pytest.approx(1 / 3)


def test_lines_that_differ_widen_the_interval_of_what_remains():
    """Twenty tasks of two lines are no twenty independent tasks where one line has them all and the other none."""
    apart = emergent(*[(f"t{i}", "A", "emerges") for i in range(10)], *[(f"u{i}", "B", "x") for i in range(10)])
    mixed = emergent(*[(f"t{i}", "AB"[i % 2], "emerges" if i % 4 < 2 else "x") for i in range(20)])
    wide, narrow = (without_shots(table, 0).set_index("line").loc["all lines"] for table in (apart, mixed))
    assert wide["remain"] == narrow["remain"] == 0.5
    assert wide["remain_high"] - wide["remain_low"] > 1.5 * (narrow["remain_high"] - narrow["remain_low"])


def test_the_published_share_has_the_exact_interval():
    """The ends are where 2 or more, and 2 or fewer, of 14 have a probability of 5%."""
    row = without_shots(emergent(("t", "A", "emerges")), 0).iloc[-1]
    assert row[["tasks", "emerge"]].tolist() == [14, 2]
    assert binom.sf(1, 14, row["remain_low"]) == pytest.approx(0.05)
    assert binom.cdf(2, 14, row["remain_high"]) == pytest.approx(0.05)


def test_what_remains_without_shots_is_set_against_what_was_published():
    findings = bundled_study("elicitation")
    (sentence,) = (s for s in findings.sentences if "published" in s)
    row = findings.tables["without_shots"].set_index("line").loc["all lines"]
    cases = findings.tables["emergent"].drop_duplicates(["benchmark", "task", "line"])
    assert row["tasks"] == len(cases)
    assert row["emerge"] == (cases["at_zero_shots"] == "emerges").sum()
    assert "disagrees with the published 2 of 14, 0.14 [0.03, 0.39], though the intervals overlap" in sentence


def test_help_in_settings_of_one_line_is_one_line_s_evidence():
    """A hundred recipes of one line with one gain say no more of the next line than one does."""
    rng = np.random.default_rng(0)
    plain = np.linspace(0.3, 0.5, 3) * np.ones((6, 1)) + rng.normal(0, 0.001, (6, 3))
    tables = [
        part.assign(line="one", task=part["task"], family=f"f{i}", model=part["model"].str.replace("made", f"f{i}"))
        for i in range(6)
        for part in (made_results(plain), made_results(plain + 0.1 + 0.01 * i, shots=5))
    ]
    sentence = study(joined(*tables), made_tasks(6), METRICS).sentences[0]
    assert "median of 6 in 1 line," in sentence
    assert "[" not in sentence.split("(")[0]
