"""`forecast check`: conditions, and what a pipeline sees of them."""

import json

import numpy as np
import pytest

from scale_forecast.conditions import parse_condition
from scale_forecast.data.errors import UsageError

TARGET = ("--family", "Gamma", "--params", "100B", "--predictor", "drift")


@pytest.fixture
def check(small_world, layouts):
    path, options = layouts["long"]
    return lambda *args: small_world("check", path, *options, *TARGET, *args)


def test_exit_codes_tell_what_holds_from_what_does_not(check):
    held = check("--that", "P(world > 1%) >= 0.5", "--that", "q10(task00) > 0", "--format", "json")
    assert held.exit_code == 0, held.output
    assert [row["holds"] for row in json.loads(held.stdout)["data"]] == [True, True]
    failed = check("--that", "P(world > 0.01) >= 0.5", "--that", "median(world) > 0.9999", "--format", "json")
    assert failed.exit_code == 3
    assert [row["holds"] for row in json.loads(failed.stdout)["data"]] == [True, False]


def test_an_unknown_name_is_an_error_of_usage_with_a_near_one_also_as_json(check):
    out = check("--that", "median(task0) > 0.1", "--format", "json")
    assert out.exit_code == 2
    said = json.loads(out.stdout)
    assert said["data"] is None
    assert said["error"]["kind"] == "usage"
    assert said["error"]["exit_code"] == 2
    assert "nothing forecast is called 'task0'" in said["error"]["message"]
    assert said["error"]["message"] in " ".join(out.stderr.split())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("MMLU is high", "is no condition: write P(NAME > SCORE)"),
        ("P(MMLU > 0.8) >= 50", "asks for a probability of 50"),
        ("q33(MMLU) > 0.1", "is no condition"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_form(text, says):
    with pytest.raises(UsageError) as error:
        parse_condition(text)
    assert says in str(error.value)


def test_a_condition_is_held_against_draws():
    draws = np.linspace(0, 1, 101)
    assert parse_condition("P(a > 0.75) > 0.2").value(draws) == pytest.approx(25 / 101)
    assert parse_condition("P(a <= 75%) > 20%").value(draws) == pytest.approx(76 / 101)
    of_quantile = parse_condition("q90(a) < 0.8")
    assert of_quantile.value(draws) == pytest.approx(0.9)
    assert not of_quantile.holds(0.9)
