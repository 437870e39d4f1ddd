"""What noise alone makes of series that never fall."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from scale_forecast.studies.inverse import arrange_series
from scale_forecast.studies.labels import by_noise, never_falling
from tests.studies import METRICS, bundled_study, made_results, made_tasks


def counts(truth, n_examples, seed=0):
    """Of repeats of scores around a truth: the two rows of `by_noise`."""
    scores = np.random.default_rng(seed).binomial(n_examples, truth) / n_examples
    series, first = arrange_series(made_results(scores, n_examples), made_tasks(len(truth)), METRICS)
    return by_noise(series, first, seed=0, repeats=5).set_index("truth")


def test_the_nearest_curve_that_never_falls_is_that_of_a_general_optimiser():
    rng = np.random.default_rng(0)
    values, weight = rng.normal(size=6), rng.uniform(0.5, 2, 6)
    steps = minimize(
        lambda s: (weight * (values - np.cumsum(s)) ** 2).sum(), np.full(6, 0.1),
        bounds=[(None, None)] + [(0, None)] * 5, tol=1e-12,
    ).x  # fmt: skip
    assert never_falling(values[None], weight[None])[0] == pytest.approx(np.cumsum(steps), abs=1e-4)


def test_a_missing_model_stays_missing():
    found = never_falling(np.array([[0.2, 0.1, np.nan]]), np.array([[1.0, 1.0, 0.0]]))[0]
    assert found[:2] == pytest.approx([0.15, 0.15])
    assert np.isnan(found[2])


def test_few_series_fall_surely_by_noise_alone():
    """A sure fall asks for well over two standard errors; who counts every fall would find half of all."""
    table = counts(np.full((600, 3), 0.5), 200)
    assert (table["falling"] < 6).all()


def test_real_falls_are_not_made_by_noise():
    """The truths of the simulation never fall, however far the scores do."""
    table = counts(np.tile([0.8, 0.5, 0.2], (100, 1)), 1000)
    assert (table["falling"] <= 1).all()


def test_noise_stands_beside_what_the_bundled_figures_show():
    table = bundled_study("inverse").tables["by_noise"]
    assert table["truth"].tolist() == ["no true score falls", "no true score changes"]
    seen = bundled_study("inverse").details["every_series"]
    long = seen[(seen["models"] > 2) & seen["probability"].notna()]
    assert (table["series"] == len(long)).all()
    falls = [(long[f"p_{name}"] >= 0.9).sum() for name in ("falling", "u-shaped")]
    assert (table["falling"] < falls[0] / 4).all()
    assert (table["u_shaped"] < falls[1] / 4).all()
    assert pd.notna(table).all().all()
