"""A domain whose errors grow faster with distance than the spread does gets bands that widen faster."""

import numpy as np
import pytest

from scale_forecast.curves.intervals import HELD_OUT, Size, own_size


@pytest.mark.parametrize("slope", [0.6, -0.4])
def test_the_growth_of_a_batch_is_that_of_its_own_errors(slope):
    rng = np.random.default_rng(0)
    far = np.log(np.tile([[0.5], [1.0], [2.0]], (1, 300)))
    level = rng.normal(0, 1, 300)
    ratio = slope * far + level + rng.normal(0, 0.1, far.shape)
    size = own_size(np.full((1, 300), HELD_OUT["loss"]), [(far, ratio)], "loss")
    assert size.growth == pytest.approx(slope * 300 / 330, rel=0.05)
    assert size.at(np.array([1.0])) == pytest.approx([1.0])
    assert (size.at(np.array([4.0])) > size.at(np.array([1.0]))) == (slope > 0)


def test_few_curves_and_none_say_little():
    far = np.log(np.array([[0.5], [1.0], [2.0]]))
    alone = own_size(np.full((1, 1), HELD_OUT["loss"]), [(far, 2.0 * far)], "loss")
    assert abs(alone.growth) < 0.1
    assert own_size(np.full((2, 4), np.nan), [(np.full((3, 4), np.nan),) * 2], "loss") == Size()
