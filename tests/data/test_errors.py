"""One sentence serves the command line and Python: each is told in its own words."""

import pytest

from scale_forecast.data.errors import UsageError, speak_of_options


@pytest.mark.parametrize(
    ("written", "in_python"),
    [
        ("say --params, --train-flops, or both", "say params, train_flops, or both"),
        ("see `forecast data list --family X`", "see `forecast data list --family X`"),
        ("give released in --models", "give released in models"),
        ("say --set task=NAME", 'say layout=Layout(constants={"task": "NAME"})'),
        ("say --scale 1 or 100", "say layout=Layout(scale=...) 1 or 100"),
        ("a range of 1--params", "a range of 1--params"),
    ],
)
def test_an_error_speaks_of_options_in_a_command_and_of_arguments_elsewhere(written, in_python):
    error = UsageError(written)
    assert str(error) == in_python
    with speak_of_options():
        assert str(error) == written
    assert str(error) == in_python
