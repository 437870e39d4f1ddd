"""What is learned from few lines is said with less certainty, and no line of many models rules what models share."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from scale_forecast.backtests.training import past_folds
from scale_forecast.distribution import LEVELS
from scale_forecast.inputs.folds import Exclusion
from scale_forecast.predictors.spread import TYPICAL_LOADING, shared_loading
from scale_forecast.predictors.stack import Mixture, Stack, for_a_new_line
from tests.worlds import make_panel

NORMAL = ndtri(LEVELS)


def test_the_fewer_the_lines_the_wider_the_spread():
    widths = [float(np.ptp(for_a_new_line(NORMAL, lines))) for lines in (0, 1, 2, 4, 16, 10_000)]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == pytest.approx(np.sqrt(2.0) * np.ptp(NORMAL))
    assert widths[-1] == pytest.approx(np.ptp(NORMAL), rel=1e-3)


def test_many_lines_keep_the_shape_they_had():
    skewed = np.where(NORMAL > 0, 3.0 * NORMAL, NORMAL)
    assert for_a_new_line(skewed, 10_000) == pytest.approx(skewed, rel=1e-3)


class Of:
    """A past fold, as far as `shared_loading` looks at it."""

    def __init__(self, line):
        self.target = pd.Series({"line": line})


def drawn(line, models, loading, rng, tasks=40):
    shift = loading * rng.standard_normal((models, 1))
    errors = shift + np.sqrt(1 - loading**2) * rng.standard_normal((models, tasks))
    return [(Of(line), error) for error in errors]


def test_a_line_of_many_models_does_not_rule_the_loading():
    rng = np.random.default_rng(0)
    past = drawn("large", 300, 0.0, rng)
    for number in range(9):
        past += drawn(f"small {number}", 8, 0.7, rng)
    found = shared_loading(np.concatenate([error for _, error in past]), past)
    assert 0.55 < found < 0.75


def test_without_a_past_the_loading_is_the_typical_one():
    assert shared_loading(np.zeros(0), []) == TYPICAL_LOADING


def test_learning_from_a_single_line_stays_finite_and_silent():
    """Sizes of errors used to run off to infinity here."""
    past = past_folds(make_panel(), Exclusion("Alpha"))
    one = [fold for fold in past if fold.target.line == "Beta"]
    for mixture in Stack().fit(one + one).mixtures_:
        assert np.isfinite(mixture.size).all()
        assert np.isfinite(mixture.shape).all()
    assert np.ptp(Mixture.without_past().shape) > np.ptp(NORMAL)
