"""Rules and scales agree with the services' own code (worked values with their origin in the fixture)."""

import json
from pathlib import Path

import numpy as np
import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets.rules import (
    bet_complaints,
    binary_complaints,
    cdf_complaints,
    multiple_choice_complaints,
    resolution_complaints,
)
from scale_forecast.resolvers.markets.scale import Scale

VECTORS = json.loads((Path(__file__).parent.parent.parent / "fixtures/markets/vectors.json").read_text())["vectors"]


def vectors(function):
    found = [pytest.param(v, id=v["id"]) for v in VECTORS if v["fn"] == function]
    assert found
    return found


def scale_of(question):
    scaling = question.get("scaling", question)
    return Scale(
        scaling["range_min"],
        scaling["range_max"],
        scaling["zero_point"],
        question.get("open_lower_bound", False),
        question.get("open_upper_bound", False),
        question["inbound_outcome_count"],
    )


@pytest.mark.parametrize("vector", vectors("validate_continuous_cdf"))
def test_a_cdf_is_refused_with_the_servers_words(vector):
    question = vector["question"]
    complaints = cdf_complaints(
        vector["cdf"],
        question["inbound_outcome_count"],
        question["open_lower_bound"],
        question["open_upper_bound"],
    )
    assert complaints == vector["expected_errors"]


@pytest.mark.parametrize("vector", vectors("validate_binary_probability"))
def test_binary_limits_are_inclusive(vector):
    assert (binary_complaints(vector["p"]) == []) is vector["expected_ok"]


@pytest.mark.parametrize("vector", vectors("nominal_to_cdf_location"))
def test_positions_on_the_scale(vector):
    assert scale_of(vector["question"]).to_unit(vector["nominal"]) == pytest.approx(vector["expected"], abs=1e-12)


@pytest.mark.parametrize("vector", vectors("unscaled_location_to_scaled_location"))
def test_values_at_positions(vector):
    if vector["question"]["type"] in ("binary", "multiple_choice"):
        pytest.skip("not on a number line")
    value = scale_of(vector["question"]).from_unit(vector["location"])
    assert value == pytest.approx(vector["expected"], rel=1e-12, abs=vector["tol"])


@pytest.mark.parametrize(
    "scale", [Scale(0, 100), Scale(1, 1e10, 0.0), Scale(200, 1e8, 0.0), Scale(-0.5, 7.5, None, False, True, 8)]
)
def test_scales_invert(scale):
    u = np.linspace(0, 1, 41)
    assert scale.to_unit(scale.from_unit(u)) == pytest.approx(u, abs=1e-12)
    assert len(scale.nodes()) == scale.count + 1


@pytest.mark.parametrize("ends", [(1.0, 1.0, None), (2.0, 1.0, None), (0.0, float("inf"), None), (0.0, 10.0, 5.0)])
def test_a_range_that_is_none_is_refused(ends):
    with pytest.raises(DataError):
        Scale(*ends)


def test_complaints_about_a_cdf_that_is_no_list_of_numbers():
    assert cdf_complaints([0.0, float("nan"), 1.0], 2, False, False) == ["continuous_cdf must be numbers."]
    assert cdf_complaints([0.0, 1.0], 200, False, False) == ["continuous_cdf must have 201 values."]


@pytest.mark.parametrize(
    ("probabilities", "complaint"),
    [
        ({"a": 0.5, "b": 0.5}, None),
        ({"a": 0.5}, "no probability for option 'b'"),
        ({"a": 0.5, "b": 0.4, "c": 0.1}, "'c' is not an option; the options are a, b"),
        ({"a": 0.9995, "b": 0.0005}, "the probability 0.9995 of 'a' is not between 0.001 and 0.999 (inclusive)"),
        ({"a": 0.5, "b": 0.4}, "the probabilities sum to 0.9, not to 1"),
    ],
)
def test_multiple_choice_rules(probabilities, complaint):
    complaints = multiple_choice_complaints(probabilities, ["a", "b"])
    assert (complaint in complaints) if complaint else complaints == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({}, None),
        ({"outcome": "yes"}, "outcome 'yes' is neither YES nor NO"),
        ({"amount": 0}, "amount 0 is not a positive number of mana"),
        ({"amount": float("nan")}, "amount nan is not a positive number of mana"),
        ({"limitProb": 0.995}, "limitProb 0.995 is not between 0.01 and 0.99"),
        ({"limitProb": 0.625}, "limitProb 0.625 has more than two decimals"),
    ],
)
def test_bet_rules(change, complaint):
    complaints = bet_complaints({"contractId": "x", "outcome": "YES", "amount": 10, "limitProb": 0.29} | change)
    assert complaints == ([complaint] if complaint else [])


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        ({"outcome": "MKT", "probabilityInt": 71.97}, None),
        ({"outcome": "MKT", "probabilityInt": 719.7}, "probabilityInt 719.7 is not between 0 and 100"),
        ({"outcome": "CHOOSE_ONE"}, "answerId field is required for multiple choice markets"),
        (
            {"outcome": "CHOOSE_MULTIPLE", "resolutions": [{"answerId": "a", "pct": 60}]},
            "Resolution percentages must sum to 100, not 60",
        ),
    ],
)
def test_resolution_rules(request_, complaint):
    assert resolution_complaints(request_) == ([complaint] if complaint else [])
