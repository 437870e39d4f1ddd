"""The likelihood's gradient, and that it finds the parts that made the data."""

import numpy as np
import pytest

from scale_forecast.by_date.fit import _cost, _Layout, arrange, fit_parameters
from scale_forecast.by_date.world import see
from tests.forecast.by_date.tables import AS_OF, tables


@pytest.fixture(scope="module")
def data():
    return arrange(see(tables(), AS_OF))[0]


def test_the_gradient_is_that_of_the_likelihood(data):
    at = _Layout(data)
    x = at.begin(None) + np.random.default_rng(0).normal(0.0, 0.1, len(at.centre))
    _, gradient = _cost(x, data, at)
    for i in [*range(at.error + 1), at.errors.start, at.loadings.start + 1]:
        step = np.zeros_like(x)
        step[i] = 1e-5
        numeric = (_cost(x + step, data, at)[0] - _cost(x - step, data, at)[0]) / 2e-5
        assert gradient[i] == pytest.approx(numeric, rel=1e-3, abs=1e-3)


def test_the_fit_is_more_probable_than_its_start_and_starts_where_it_is_told(data):
    at = _Layout(data)
    fitted = fit_parameters(data)
    assert _cost(at.begin(fitted), data, at)[0] < _cost(at.begin(None), data, at)[0] - 10.0
    again = fit_parameters(data, fitted)
    assert again.error == pytest.approx(fitted.error, rel=0.1)
    assert fitted.error < 0.1, "the tables' own error has a variance of 0.04"
