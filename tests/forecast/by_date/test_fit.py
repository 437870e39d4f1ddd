"""The likelihood's gradient, and that it finds the parts that made the data."""

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from scale_forecast.by_date import fit, new_model, state
from scale_forecast.by_date.fit import _cost, _Layout, arrange, fit_parameters, inverse, sum_over_models
from scale_forecast.by_date.new_model import NewModel, predict_model
from scale_forecast.by_date.state import fit_world, state_with
from scale_forecast.by_date.tables import as_tables
from scale_forecast.by_date.world import see
from tests.forecast.by_date.tables import AS_OF, frames, tables


@pytest.fixture(scope="module")
def data():
    return arrange(see(tables(), AS_OF))[0]


def test_the_fit_is_more_probable_than_its_start_and_starts_where_it_is_told(data):
    at = _Layout(data)
    fitted = fit_parameters(data)
    assert _cost(at.begin(fitted), data, at)[0] < _cost(at.begin(None), data, at)[0] - 10.0
    again = fit_parameters(data, fitted)
    assert again.error == pytest.approx(fitted.error, rel=0.1)
    assert fitted.error < 0.1, "the tables' own error has a variance of 0.04"


def test_an_inverse_of_either_order_in_memory_is_the_inverse():
    factor = np.random.default_rng(0).normal(size=(5, 5))
    matrix = factor @ factor.T + np.eye(5)
    for given in (matrix, np.asfortranarray(matrix)):
        found, log_det = inverse(given)
        np.testing.assert_allclose(found, np.linalg.inv(matrix), rtol=1e-12)
        assert log_det == pytest.approx(np.linalg.slogdet(matrix)[1])


@pytest.fixture(scope="module")
def twice():
    """Each model is measured by its vendor and by somebody else."""
    scores, releases, benchmarks = frames()
    both = [scores.assign(evaluator_kind=kind) for kind in ("vendor", "third party")]
    return arrange(see(as_tables(pd.concat(both, ignore_index=True), releases, benchmarks), AS_OF))[0]


def test_two_measurements_of_a_model_both_count(twice):
    """A sum that is indexed by models would keep one of the two rows."""
    task = twice.tasks[0]
    blocks = np.zeros(len(twice.pair))
    blocks[task.cells] = 1.0
    times = np.bincount(task.model, minlength=len(twice.points))
    assert times.max() == 2
    np.testing.assert_array_equal(sum_over_models(twice, blocks), np.outer(times, times))


@pytest.mark.parametrize("which", ["data", "twice"])
def test_the_gradient_is_that_of_the_likelihood(which, request):
    data = request.getfixturevalue(which)
    at = _Layout(data)
    x = at.begin(None) + np.random.default_rng(0).normal(0.0, 0.1, len(at.centre))
    _, gradient = _cost(x, data, at)
    for i in [*range(at.error + 1), at.errors.start, at.loadings.start + 1]:
        step = np.zeros_like(x)
        step[i] = 1e-5
        numeric = (_cost(x + step, data, at)[0] - _cost(x - step, data, at)[0]) / 2e-5
        assert gradient[i] == pytest.approx(numeric, rel=1e-3, abs=1e-3)


def test_learning_and_forecasts_have_one_thread_of_linear_algebra(monkeypatch):
    """With two the first forecast by date took many times longer on a busy machine, and its last bits were others."""
    seen = {}

    def note(module, name):
        plain = getattr(module, name)

        def noting(*given, **named):
            blas = [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]
            seen.setdefault((module.__name__, name), set()).update(blas)
            return plain(*given, **named)

        monkeypatch.setattr(module, name, noting)

    for module, name in ((fit, "_with_errors"), (state, "inverse"), (new_model, "condition_ability")):
        note(module, name)
    with threadpool_limits(2, user_api="blas"):
        found = fit_world(see(tables(), AS_OF), most=1)
        state_with(found.world, found.parameters)
        predict_model(found, NewModel("Alpha 9", AS_OF, "A", "Alpha", "flagship", True))
    assert len(seen) == 3
    assert set.union(*seen.values()) == {1}
