"""`ScaleForecaster` keeps scikit-learn's promises, as far as they are made of tables with names.

Of scikit-learn's `check_estimator` those apply that need no data (`APPLY`). All that are left fit arrays of numbers,
whose columns name no model and no task, and `check_estimator` itself says of an estimator whose tags refuse arrays that
it cannot test it; what they promise of rows, order, repetition and pickles is tested here on tables instead.
"""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.model_selection import cross_validate
from sklearn.utils import estimator_checks as checks

import scale_forecast as sf
from scale_forecast.data.errors import DataError, UsageError
from tests.studies import METRICS
from tests.worlds import TASKS, make_results, make_tasks

APPLY = (
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
)
SIZES = {"family": "Gamma", "params": 1e11, "train_tokens": 3e11}


@pytest.fixture(scope="module")
def tables():
    return sf.Tables(make_results(), make_tasks(), METRICS, own_families=("Gamma",))


@pytest.fixture(scope="module")
def fitted(tables):
    return sf.ScaleForecaster("drift", cache=None).fit(tables)


@pytest.fixture(scope="module")
def wanted():
    """Two sizes on all tasks."""
    large = pd.DataFrame(SIZES | {"task": TASKS})
    return pd.concat([large, large.assign(params=2e11)], ignore_index=True)


@pytest.mark.parametrize("name", APPLY)
def test_what_scikit_learn_asks_of_every_estimator(name):
    getattr(checks, name)("ScaleForecaster", sf.ScaleForecaster("drift"))


def test_no_check_that_scikit_learn_itself_chooses_is_left_out():
    with pytest.warns(SkipTestWarning, match="requires input  of type"):
        results = checks.check_estimator(sf.ScaleForecaster("drift"), on_fail=None, on_skip=None)
    assert {one["check_name"] for one in results} <= set(APPLY)


def test_predictions_are_those_of_the_whole_model_in_the_order_of_the_rows(fitted, tables, wanted):
    whole = sf.predict(tables, family="Gamma", params=[1e11, 2e11], train_tokens=3e11, predictor="drift").frame
    table = whole.set_index(["target_params", "task"])["median"]
    expected = [table[row.params, row.task] for row in wanted.itertuples()]
    assert np.allclose(fitted.predict(wanted), expected)
    mixed = wanted.sample(frac=1.0, random_state=1)
    assert np.allclose(fitted.predict(mixed), np.array(expected)[mixed.index])
    assert np.allclose(fitted.predict(wanted.iloc[[3]]), expected[3])


def test_quantiles_and_distributions_stand_beside_the_rows(fitted, wanted):
    quantiles = fitted.predict_quantiles(wanted, [0.1, 0.5, 0.9])
    assert quantiles.shape == (len(wanted), 3)
    assert (np.diff(quantiles, axis=1) > 0).all()
    assert np.allclose(quantiles[:, 1], fitted.predict(wanted))
    assert np.allclose(fitted.predict_distribution(wanted).prob_above(quantiles[:, 2]), 0.1, atol=0.02)


def test_a_clone_and_a_pickle_predict_the_same_and_fitting_changes_no_table(fitted, tables, wanted):
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict(wanted), fitted.predict(wanted))
    before = make_results()
    refitted = clone(fitted).fit(tables)
    assert np.array_equal(refitted.predict(wanted), fitted.predict(wanted))
    pd.testing.assert_frame_equal(tables.results, before)


def test_cross_validation_over_models_reads_nothing_of_the_model_held_out(monkeypatch):
    """The held-out model's scores never reach the fit: other ones give the same predictions."""
    results = make_results()
    others = results[results["family"] != "Gamma"].reset_index(drop=True)
    monkeypatch.setattr("scale_forecast.data.load.bundled_results", lambda: others)
    monkeypatch.setattr("scale_forecast.data.load.bundled_tasks", make_tasks)
    own = results[results["family"] == "Gamma"].sort_values(["model", "task"], ignore_index=True)
    own = own[["benchmark", "task", "model", "family", "line", "params", "train_tokens", "shots", "score"]]
    last = (own["model"] == "Gamma 2").to_numpy()
    forecaster = sf.ScaleForecaster("drift", cache=None)
    told = [
        forecaster.fit(own[~last].drop(columns="score"), y).predict(own[last].drop(columns="score"))
        for y in (own["score"][~last], np.asarray(own["score"])[~last])
    ]
    assert np.array_equal(*told)
    features, folds = own.drop(columns="score"), [(np.flatnonzero(~last), np.flatnonzero(last))]
    twice = [
        cross_validate(forecaster, features, y, cv=folds, return_estimator=True)["estimator"][0].predict(features[last])
        for y in (own["score"], own["score"].where(~last, 0.5))
    ]
    assert np.array_equal(*twice)
    assert np.allclose(twice[0], told[0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task": "task99"}, r"row 0: 'task99' of Gamma 100B has no score of a smaller model"),
        ({"family": "Gama"}, r"no rows of family 'Gama' \(did you mean 'Gamma'\?\)"),
        ({"params": None}, r"say how large the model is: params, train_flops, or both"),
    ],
)
def test_a_row_that_cannot_be_predicted_is_named_in_words_of_python(fitted, change, message):
    with pytest.raises((DataError, UsageError), match=message):
        fitted.predict(pd.DataFrame([SIZES | {"task": "task00"} | change]))


def test_what_was_not_fitted_or_has_no_names_is_refused():
    with pytest.raises(NotFittedError):
        sf.ScaleForecaster().predict(pd.DataFrame([SIZES | {"task": "task00"}]))
    with pytest.raises(UsageError, match=r"a DataFrame with named columns is needed, .*; not ndarray"):
        sf.ScaleForecaster().fit(np.ones((3, 2)))
