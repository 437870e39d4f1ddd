"""Bands within the fitted points: tight where the noise is known, and holding what they say."""

import numpy as np
import pytest

from benchmarks.curves_within import noisy_shares, within
from benchmarks.learning_curves import broken_curves
from scale_forecast.curves import fit_curves
from scale_forecast.curves.batch import as_batch
from scale_forecast.curves.inside import points_within, share_beyond


@pytest.mark.parametrize("kind", ["accuracy", "loss"])
def test_the_band_holds_at_points_left_out_between_others(kind):
    """Scores with their number of items, and broken laws; 80% within what some hundred points can tell."""
    x, y, known = (
        noisy_shares(60, 8, seed=3) if kind == "accuracy" else (*broken_curves(30, 20, 2.0, 2.0, seed=3)[:2], {})
    )
    assert within(x, y, kind, **known)["80% hold"] == pytest.approx(0.8, abs=0.09)


def test_a_score_on_ten_thousand_items_gets_a_tight_band_at_its_own_point():
    """Once 0.13 to 0.49 around a score whose standard error is below 0.005."""
    x = np.logspace(8, 11, 7)
    scores = 0.25 + 0.6 / (1 + np.exp(-0.8 * np.log(x / 3e9)))
    fits = fit_curves([x], [scores], kind="accuracy", chance=0.25, n_examples=[10_042])
    low, high = np.moveaxis(fits.quantiles(x, [0.1, 0.9]), -1, 0)
    assert (high - low).max() < 0.06
    assert ((low < scores) & (scores < high)).all()


def test_the_band_within_passes_into_the_one_beyond():
    x, y, _, _ = broken_curves(12, 20, 2.0, 2.0, seed=4)
    batch = as_batch(x, y, kind="loss")
    assert share_beyond(batch, np.array([[-1.0], [0.0], [1.0]]))[:, 0].tolist() == [0.0, 0.0, 1.0]
    fits = fit_curves(x, y)
    near = x[0, -1] * np.array([1.0, 1.001, 1.01, 1.1, 2.0])
    low, high = np.moveaxis(fits.quantiles(near, [0.1, 0.9]), -1, 0)
    width = np.log(high / low)
    assert (width[:, 1] < 1.1 * width[:, 0]).all()
    assert np.median(width[:, -1] / width[:, 0]) > 1.5


def test_points_left_out_lie_between_the_ends():
    batch = as_batch(
        [np.arange(1.0, 9.0), [1.0, 2.0, 3.0, *[np.nan] * 5]], [[*range(1, 9)], [1, 2, 3, *[np.nan] * 5]], kind="loss"
    )
    out = points_within(batch)
    assert np.flatnonzero(out[:, 0]).tolist() == [1, 4]
    assert np.flatnonzero(out[:, 1]).tolist() == [1]
