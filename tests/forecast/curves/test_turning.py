"""Curves that turn are seen by a cheap test and followed by ``auto``; ordinary ones are left alone."""

from unittest.mock import patch

import numpy as np

from benchmarks.learning_curves import learning_curves
from benchmarks.turning_curves import turning_losses, turning_scores
from scale_forecast.curves import fit_curves
from scale_forecast.curves.averaging import POOL
from scale_forecast.curves.batch import as_batch
from scale_forecast.curves.turning import TURNING, has_turned


def find_turns(x, y, kind, **known):
    batch = as_batch(x, y, kind=kind, **known)
    return has_turned(kind, batch.points, batch.noise, batch.distinct)


def without_turns():
    pool = {name: weight for name, weight in POOL["accuracy"].items() if name != TURNING["accuracy"].name}
    return patch.dict(POOL, {"accuracy": pool})


def test_auto_follows_a_turn_better_with_a_form_that_turns():
    x, y, beyond, held, known = turning_scores(20, 12, 1000, "parabola", seed=3, mirrored=True)
    with without_turns():
        before = np.abs(fit_curves(x, y, kind="accuracy", **known).predict(beyond) - held).mean()
    assert find_turns(x, y, "accuracy", **known).mean() > 0.8
    assert np.abs(fit_curves(x, y, kind="accuracy", **known).predict(beyond) - held).mean() < 0.9 * before


def test_losses_that_turn_are_told_from_those_that_fall():
    x, y, *_ = turning_losses(60, 14, 0.01, "overfit", seed=4)
    assert find_turns(x, y, "loss").mean() > 0.8
    x, y, *_ = learning_curves(60, 12, 1.5, 4.0, seed=1)
    assert find_turns(x, y, "loss").mean() < 0.05


def test_scores_that_go_one_way_are_left_alone():
    rng = np.random.default_rng(0)
    x = np.tile(np.logspace(8, 11, 9), (60, 1))
    rising = rng.binomial(500, np.linspace(0.25, rng.uniform(0.25, 0.9, 60), 9).T) / 500
    known = {"chance": 0.25, "n_examples": np.full(60, 500.0)}
    turns = find_turns(x, rising, "accuracy", **known)
    assert turns.mean() < 0.05
    few = np.flatnonzero(~turns)[:4]
    known = {"chance": 0.25, "n_examples": np.full(4, 500.0), "kind": "accuracy"}
    with without_turns():
        before = fit_curves(x[few], rising[few], **known).predict([3e11])
    np.testing.assert_allclose(fit_curves(x[few], rising[few], **known).predict([3e11]), before, rtol=1e-12)


def test_a_form_that_turns_counts_on_curves_alone_that_have_turned():
    x = np.tile(np.logspace(8, 11, 10), (2, 1))
    v = np.linspace(-1.4, 1, 10)
    y = np.array([0.4 + 0.3 * v**2, 0.4 + 0.1 * v])
    fits = fit_curves(x, y, kind="accuracy", n_examples=np.full(2, 1000.0))
    share = fits.weights[fits.names.index("turn")]
    assert share[0] > 0.2
    assert share[1] == 0


def test_few_points_do_not_show_a_turn():
    x = np.tile(np.logspace(8, 11, 5), (1, 1))
    assert not find_turns(x, [[0.8, 0.5, 0.2, 0.5, 0.8]], "accuracy", n_examples=[10_000.0]).any()
