"""The boosted own part: what trees may and may not do to a forecast."""

import numpy as np
import pytest

from scale_forecast.backtests.training import past_folds
from scale_forecast.inputs.folds import Exclusion, folds_of
from scale_forecast.predictors.boosted import INPUTS, Boosted, Gains, grow, locate_targets, suite_mean, without_own_line
from tests.worlds import TASKS, make_panel, make_results

MANY = [f"task{i:02d}" for i in range(30)]


@pytest.fixture(scope="module")
def trained():
    """Trees that saw three lines of a world, and a fold of the fourth."""
    panel = make_panel(make_results(seed=5, tasks=MANY))
    past = past_folds(panel, Exclusion("Beta"))
    fold = next(iter(folds_of(panel, "leave-family-out", ["Beta 3"])))
    return past, Boosted().fit(past), fold


def test_trees_never_touch_the_common_shift(trained):
    """On the whole gain trees carry their training families' shift to others, which is what they do worst."""
    _, boosted, fold = trained
    gains = Gains.of(fold.rows, fold.evidence)
    assert boosted.trees_ is not None
    moved = locate_targets(boosted.trees_, gains) - gains.start
    assert np.abs(moved).max() > 0.01
    assert suite_mean(moved, gains.suite) == pytest.approx(0.0, abs=1e-12)


def test_contributions_add_up_to_the_own_part(trained):
    """An explanation that leaves a remainder explains another forecast."""
    _, boosted, fold = trained
    gains = Gains.of(fold.rows, fold.evidence)
    contributions = boosted.contributions(gains)
    assert contributions.shape == (len(fold.rows), len(INPUTS))
    assert contributions.sum(axis=1) == pytest.approx(locate_targets(boosted.trees_, gains) - gains.start, abs=1e-9)


def test_a_restored_state_predicts_the_same_bytes(trained):
    """A cached state that rounds would make the second `forecast predict` differ from the first."""
    _, boosted, fold = trained
    again = Boosted().restore(boosted.state())
    first, second = (b.predict(fold.rows, fold.evidence).knots for b in (boosted, again))
    assert np.array_equal(first, second)


def test_the_spread_is_learned_from_errors_of_trees_that_did_not_see_the_line(trained):
    """Errors in the training sample are too small, and intervals made of them too narrow."""
    past, _, _ = trained
    gains = [Gains.of(fold.rows, fold.evidence) for fold in past]
    trees = grow(past, gains)
    truth = [fold.truth["z"].to_numpy() for fold in past]
    seen = np.concatenate([locate_targets(trees, g) - t for g, t in zip(gains, truth, strict=True)])
    unseen = np.concatenate([z - t for z, t in zip(without_own_line(past, gains), truth, strict=True)])
    assert np.abs(unseen).mean() > np.abs(seen).mean()


def test_trees_find_an_own_part_that_other_lines_foretell():
    """Trees that learn nothing pass all other tests; lines share the pace of a task, so its own gain is foreseeable."""
    panel = make_panel(make_results(seed=5, tasks=MANY))
    fold = next(iter(folds_of(panel, "leave-family-out", ["Beta 3"])))
    boosted = Boosted().fit(past_folds(panel, Exclusion("Beta")))
    gains = Gains.of(fold.rows, fold.evidence)
    actual = gains.own(fold.truth["z"].to_numpy() - fold.rows["origin_z"].to_numpy())
    said = locate_targets(boosted.trees_, gains) - gains.start
    assert np.corrcoef(said, actual)[0, 1] > 0.2


def test_too_few_gains_leave_the_pooled_shift():
    """With a handful of known models LightGBM has nothing to split, and must not fail."""
    panel = make_panel(make_results(lines={"Beta": 3, "Alpha": 2}))
    boosted = Boosted().fit(past_folds(panel, Exclusion("Beta")))
    fold = next(iter(folds_of(panel, "leave-family-out", ["Beta 2"])))
    assert boosted.trees_ is None
    assert np.isfinite(boosted.predict(fold.rows, fold.evidence).median).all()
    assert len(fold.rows) == len(TASKS)
