"""`forecast study levels`: levels are foretold, gains are not, and both by the same line."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scale_forecast.studies.levels import explain_levels, study
from tests.studies import METRICS, bundled_study, made_results, made_tasks

PALM = Path(__file__).parents[3] / "data" / "tables" / "results" / "palm.csv"


def left_out(known, target):
    """R2 of lines through all tasks but one, judged on that one, against the mean of the others; by plain loops."""
    errors, others = [], []
    for i in range(len(target)):
        rest = np.delete(np.arange(len(target)), i)
        design = np.column_stack([np.ones(len(rest)), known[rest]])
        fitted = np.linalg.lstsq(design, target[rest], rcond=None)[0]
        errors.append(target[i] - fitted @ np.concatenate([[1.0], known[i]]))
        others.append(target[i] - target[rest].mean())
    return 1 - np.sum(np.square(errors)) / np.sum(np.square(others))


def test_palms_figures_are_those_of_the_file_recomputed_by_other_means():
    rows = pd.read_csv(PALM)
    rows = rows[(rows["benchmark"] == "BIG-bench Lite") & rows["checkpoint"].isna()]
    score = rows.pivot_table(index="task", columns="model", values="score")
    small, medium, large = score[["PaLM 8B", "PaLM 62B", "PaLM 540B"]].dropna().to_numpy().T
    named = bundled_study("levels").tables["named"].set_index(["models", "benchmark"])
    row = named.loc[("PaLM 8B, 62B, 540B", "BIG-bench Lite")]
    assert row["level"] == pytest.approx(np.corrcoef(medium, large)[0, 1] ** 2)
    assert row["level"] == pytest.approx(0.64, abs=0.01)
    assert row["level_out"] == pytest.approx(left_out(medium[:, None], large))
    assert row["gain_both"] == pytest.approx(0.14, abs=0.005)
    assert row["gain_both_out"] == pytest.approx(left_out(np.column_stack([small, medium]), large - medium))
    assert row["gain_both_out"] < 0
    assert row["gain_out"] == pytest.approx(left_out((medium - small)[:, None], large - medium))


def test_the_same_line_explains_levels_and_no_gains():
    """Tasks differ widely, gains are chance: nothing of progress is foretold, and R2 of levels is near 1."""
    rng = np.random.default_rng(0)
    medium = rng.uniform(0.2, 0.8, 400)
    score = np.column_stack([medium - rng.normal(0.05, 0.03, 400), medium, medium + rng.normal(0.05, 0.03, 400)])
    found = explain_levels(score)
    assert found["level_out"] > 0.95
    assert found["gain_both_out"] == pytest.approx(0.0, abs=0.03)


def test_gains_that_go_on_are_explained():
    rng = np.random.default_rng(1)
    pace = rng.normal(0.1, 0.05, 400)
    found = explain_levels(
        np.column_stack([np.full(400, 0.2), 0.2 + pace, 0.2 + 2 * pace]) + rng.normal(0, 0.002, (400, 3))
    )
    assert found["gain_out"] > 0.95


def test_a_table_without_three_models_says_so():
    findings = study(made_results(np.full((9, 2), 0.5)), made_tasks(9), METRICS)
    assert findings.tables == {}
    assert "three models" in findings.sentences[0]


def test_the_interval_over_lines_is_of_tasks_left_out():
    overall = bundled_study("levels").tables["overall"].set_index("forecast")
    assert (overall["r2_out"] < overall["r2"]).all()
    assert (overall["r2_out_low"] <= overall["r2_out"]).all()
    assert (overall["r2_out"] <= overall["r2_out_high"]).all()
