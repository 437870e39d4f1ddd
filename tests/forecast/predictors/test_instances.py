"""A predictor given as an instance forecasts as one given by name, and no state of it is mistaken for another's."""

import pandas as pd
import pytest
from sklearn.base import clone

from scale_forecast.backtests.run import backtest
from scale_forecast.cache.state import state_key
from scale_forecast.data.errors import UsageError
from scale_forecast.data.load import Tables
from scale_forecast.inputs.folds import Exclusion, folds_of
from scale_forecast.predictors.reference import FamilyDrift, Persistence, TaskLaw
from scale_forecast.predictors.registry import PREDICTORS, identity, make
from scale_forecast.workflow.estimator import ScaleForecaster
from tests.studies import METRICS
from tests.worlds import TASKS, make_panel, make_results, make_tasks


class Hopeful(Persistence):
    """Every score rises a little on the link scale."""

    name = "hopeful"

    def __init__(self, rise=0.1):
        super().__init__()
        self.rise = rise

    def locate(self, rows, evidence):
        return super().locate(rows, evidence) + self.rise


def tables():
    return Tables(make_results(), make_tasks(), METRICS, [], ())


def predicted(predictor, cache=None):
    wanted = pd.DataFrame({"family": "Alpha", "params": 10**11.7, "task": TASKS})
    medians = ScaleForecaster(predictor, cache=cache).fit(tables()).predict(wanted)
    return pd.DataFrame({"task": TASKS, "median": medians})


def small_backtest(predictors, cache=None):
    panel = make_panel()
    return backtest(panel, folds_of(panel, "next-scale", ["Beta 3"]), predictors, cache=cache)


def test_an_instance_forecasts_as_its_name():
    pd.testing.assert_frame_equal(predicted(TaskLaw()), predicted("law"), check_exact=True)


def test_an_instance_of_the_users_stands_in_a_backtest_beside_names_and_is_not_changed():
    mine = Hopeful(0.2)
    found = small_backtest([mine, "persistence"])
    assert found["predictor"].unique().tolist() == ["hopeful", "persistence"]
    medians = found.pivot(index="task", columns="predictor", values="median")
    assert (medians["hopeful"] > medians["persistence"]).all()
    untouched = Hopeful(0.2).state()
    assert {k: v.tobytes() for k, v in mine.state().items()} == {k: v.tobytes() for k, v in untouched.items()}


def test_two_settings_of_a_predictor_need_two_names():
    one, other = Hopeful(0.1), Hopeful(0.2)
    with pytest.raises(UsageError, match="two of the predictors are called 'hopeful': give one of them a name of its"):
        small_backtest([one, other])
    other.name = "more hopeful"
    assert small_backtest([one, other])["predictor"].unique().tolist() == ["hopeful", "more hopeful"]


@pytest.mark.parametrize(
    ("predictor", "message"),
    [
        ("stak", r"no predictor 'stak' \(did you mean 'stack'\?\)"),
        (TaskLaw, r"TaskLaw is a class: give an instance, TaskLaw\(\)"),
        (3, "3 is no predictor: it brings no name, .*predict"),
    ],
)
def test_what_is_no_predictor_is_refused(predictor, message):
    with pytest.raises(UsageError, match=message):
        ScaleForecaster(predictor).fit(tables())


def test_states_of_one_setting_never_serve_another(tmp_path):
    """By name, ours are kept; another setting has another key; what no package brings is trained each time."""
    panel = make_panel()
    keys = {
        state_key(panel, identity(p), Exclusion("Beta")) for p in ("drift", FamilyDrift(), with_setting(FamilyDrift()))
    }
    assert len(keys) == 3
    assert identity(Hopeful()) is None
    first = predicted(Hopeful(0.1), tmp_path)
    second = predicted(Hopeful(0.9), tmp_path)
    assert (first["median"] < second["median"]).all()
    assert not list(tmp_path.iterdir())
    small_backtest([Hopeful(0.1)], tmp_path)
    assert not list(tmp_path.glob("fold-*"))


def with_setting(predictor):
    predictor.setting = 1
    return predictor


@pytest.mark.parametrize("name", PREDICTORS)
def test_a_predictor_is_known_by_its_name_and_says_what_it_does(name):
    """Its class docstring is its line in the docs' table."""
    assert make(name).name == name
    assert PREDICTORS[name].__doc__.strip()


def test_the_forecaster_can_be_cloned_with_other_parameters():
    original = ScaleForecaster(Hopeful(0.3), as_of="2020-01-01")
    copy = clone(original)
    assert copy is not original
    assert copy.predictor.rise == 0.3
    assert copy.get_params()["as_of"] == "2020-01-01"
    assert copy.set_params(predictor="drift").predictor == "drift"
    assert original.predictor.rise == 0.3
