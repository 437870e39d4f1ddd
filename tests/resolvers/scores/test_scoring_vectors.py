"""Worked values of the public scorers: a rule that drifts from its definition disagrees with one of them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scale_forecast.resolvers.scores import (
    calibration,
    community,
    difficulty,
    distributions,
    peer,
    probabilities,
    quantiles,
)

VECTORS = json.loads((Path(__file__).parent.parent.parent / "fixtures" / "scoring_vectors.json").read_text())["vectors"]


def times(forecasts):
    start = np.array([f["start_day"] for f in forecasts], float)
    end = np.array([np.inf if f["end_day"] is None else f["end_day"] for f in forecasts], float)
    return start, end


def mass(forecast):
    if forecast["type"] == "binary":
        return np.array([1 - forecast["probability_yes"], forecast["probability_yes"]])
    if forecast["type"] == "multiple_choice":
        return np.array([np.nan if p is None else p for p in forecast["pmf"]], float)
    return peer.cdf_to_pmf(forecast["cdf"])[0]


def given_to_outcome(vector):
    forecasts, bucket = vector["forecasts"], vector["args"]["resolution_bucket"]
    if not forecasts:
        return peer.Discrete(np.zeros(0), np.zeros(0))
    return peer.outcome_probability([mass(f) for f in forecasts], bucket)


def baseline(vector):
    args = vector["args"]
    if args["question_type"] != "numeric":
        return peer.baseline_score(*given_to_outcome(vector))
    return peer.baseline_score_continuous(
        [mass(f) for f in vector["forecasts"]], args["resolution_bucket"], open_bounds=args["open_bounds_count"]
    )


def horizon(args):
    return {
        "opened": args["forecast_horizon_start_day"],
        "closed": args["actual_close_day"],
        "scheduled": args["forecast_horizon_end_day"],
    }


def rows(result):
    return [{"score": s, "coverage": c} for s, c in zip(*(x.tolist() for x in result), strict=True)]


def continuous(v):
    return v["args"]["question_type"] == "numeric"


def score_relative_legacy(v):
    args = v["args"]
    community = [c["probability_yes"] for c in v["community"]]
    p = community if args["resolution_bucket"] == 1 else [1 - c for c in community]
    return peer.relative_score_over_time(
        given_to_outcome(v).probability,
        *times(v["forecasts"]),
        p,
        [c["start_day"] for c in v["community"]],
        opened=args["forecast_horizon_start_day"],
        closed=args["actual_close_day"],
    )


def official_spot_peer(v):
    if v["question_type"] == "continuous":
        # A continuous baseline is 50 ln(p / base): the base is common to all and drops out of the peer score.
        return peer.peer_score(np.exp(np.array(v["spot_baseline"]) / 50), continuous=True)
    assert peer.baseline_score(v["probability_of_outcome"], v["n_options"]) == pytest.approx(v["spot_baseline"])
    return peer.peer_score(v["probability_of_outcome"])


def daily_baseline(v):
    days = np.arange(len(v["daily_probability_yes"]), dtype=float)
    said = np.array([p is not None for p in v["daily_probability_yes"]])
    score = peer.baseline_score([p for p in v["daily_probability_yes"] if p is not None])
    start = days[said]
    return peer.over_time(score, start, start + 1, opened=0, closed=days.size, scheduled=days.size).score.sum()


def binary_scores(v):
    o, p = v["outcome"], v["p"]
    return {
        "brier": probabilities.brier_score(o, p),
        "brier_two_class": probabilities.brier_score_categories(o, [1 - p, p]),
        "neg_log_nat": probabilities.log_score(o, p),
        "log2": -probabilities.log_score(o, p) / np.log(2),
        "metaculus_baseline": peer.baseline_score(p if o else 1 - p)[0],
        "spherical": probabilities.spherical_score(o, p),
    }


def weighted_interval(v):
    coverage = 1 - np.array(v["alpha"])
    return quantiles.weighted_interval_score([v["obs"]], [v["median"]], [v["lower"]], [v["upper"]], coverage)[0]


def piecewise_cdf(v):
    under, over = distributions.crps_cdf_parts([v["obs"]], v["x"], [v["cdf"]])
    return {
        "total": distributions.crps_cdf([v["obs"]], v["x"], [v["cdf"]])[0],
        "underforecast_penalty": under[0],
        "overforecast_penalty": over[0],
    }


def ece_equal_width(v):
    """Of the two conventions on record ours is the exact-edge one."""
    ece = calibration.expected_calibration_error(v["y"], v["p"], bins=v["bins"])
    mce = calibration.maximum_calibration_error(v["y"], v["p"], bins=v["bins"])
    return {"ece_exact_edges": ece, "mce_exact_edges": mce}


def ece_equal_mass(v):
    edges = calibration.equal_mass_edges(v["p"], v["bins"])
    return {"netcal": calibration.expected_calibration_error(v["y"], v["p"], bins=edges)}


def corp(v):
    c = calibration.corp_decomposition(v["y"], v["p"])
    return {
        "recalibrated": c.recalibrated,
        "mcb": c.miscalibration,
        "dsc": c.discrimination,
        "unc": c.uncertainty,
        "brier": c.brier,
    }


def forecastbench(v):
    scores = pd.DataFrame(
        [
            {"forecaster": who, "question": q, "brier": float(probabilities.brier_score(v["resolutions"][q], p))}
            for who, said in v["forecasts"].items()
            for q, p in said.items()
        ]
    )
    out = v["excluded_from_regression"]
    adjusted = difficulty.difficulty_adjusted_brier(scores, left_out=out)
    expected = pd.Series(v["expected"]["question_fixed_effect_up_to_constant"])
    return {
        "mean_brier": scores.groupby("forecaster")["brier"].mean(),
        "question_fixed_effect_up_to_constant": difficulty.question_difficulty(scores, left_out=out) + expected.mean(),
        "adjusted_rescaled": adjusted,
        "brier_index": pd.Series(difficulty.brier_index(adjusted), adjusted.index),
    }


def weighted_percentiles(v):
    """Of each option its own; the vectors have a forecaster a row."""
    args = v["args"]
    columns = np.array(args["values"]).T
    return [
        [community.weighted_quantile(column, level / 100, args["weights"]) for column in columns]
        for level in args["percentiles"]
    ]


def recency_weighted(v):
    said = np.array(v["forecasts_oldest_first"])
    weights = community.recency_weights(len(said))
    center = [community.community_median(column) for column in said.T]
    ends = [[community.weighted_quantile(column, level, weights) for column in said.T] for level in (0.25, 0.75)]
    return {
        "forecast_values": center,
        "centers": center,
        "interval_lower_bounds": ends[0],
        "interval_upper_bounds": ends[1],
        "means": np.average(said, axis=0, weights=weights),
    }


def difference_for_display(v):
    """The change and the ratio of odds of each option; of a yes-or-no question of yes alone."""
    args = v["args"]
    before, after = (np.array(args[name]) for name in ("p1", "p2"))
    shown = slice(-1, None) if args["question_type"] == "binary" else slice(None)
    return np.stack([after - before, community.odds_ratio(before, after)], axis=1)[shown]


def full_cdf(said):
    return [0.0] * said["zeros"] + [said["then"]] if isinstance(said, dict) else said


def quartiles(v):
    cdf, question = full_cdf(v["cdf"]), v["question"]
    points = np.linspace(question["range_min"], question["range_max"], len(cdf))
    return community.cdf_quantiles(points, cdf, [0.25, 0.5, 0.75])


def percent_points(v):
    cdf = v["args"]["cdf"]
    levels = np.atleast_1d(v["args"]["percentiles"]) / 100
    return community.cdf_quantiles(np.linspace(0, 1, len(cdf)), cdf, levels)


RULES = {
    "recency_weights": lambda v: community.recency_weights(v["n"]),
    "weighted_percentile_2d": weighted_percentiles,
    "recencyweighted_community_prediction": recency_weighted,
    "prediction_difference_for_sorting": lambda v: community.prediction_difference(v["args"]["p1"], v["args"]["p2"]),
    "prediction_difference_for_display": difference_for_display,
    "quartiles_from_cdf": quartiles,
    "percent_point_function": percent_points,
    "brier_score": lambda v: probabilities.brier_score(*v["args"]),
    "log_score": lambda v: probabilities.log_score(*v["args"]),
    "rps_score": lambda v: probabilities.ranked_probability_score(v["args"][0] - 1, v["args"][1]),
    "binary_scores": binary_scores,
    "quantile_score": lambda v: quantiles.pinball_loss(v["obs"], v["forecast"], v["levels"]),
    "crps_quantile": lambda v: quantiles.crps_quantile([v["obs"]], [v["forecast"]], v["levels"])[0],
    "weighted_interval_score": weighted_interval,
    "crps_ensemble": lambda v: distributions.crps_ensemble([v["obs"]], [v["members"]], estimator=v["estimator"])[0],
    "crps_piecewise_linear_cdf": piecewise_cdf,
    "score_baseline": lambda v: rows(peer.over_time(baseline(v), *times(v["forecasts"]), **horizon(v["args"]))),
    "score_spot_baseline": lambda v: rows(
        peer.at_time(baseline(v), *times(v["forecasts"]), when=v["args"]["spot_forecast_day"])
    ),
    "score_peer": lambda v: rows(
        peer.peer_score_over_time(
            given_to_outcome(v).probability,
            *times(v["forecasts"]),
            **horizon(v["args"]),
            continuous=continuous(v),
        )
    ),
    "score_spot_peer": lambda v: rows(
        peer.peer_score_at(
            given_to_outcome(v).probability,
            *times(v["forecasts"]),
            when=v["args"]["spot_forecast_day"],
            continuous=continuous(v),
        )
    ),
    "score_relative_legacy": lambda v: rows(score_relative_legacy(v)),
    "official_spot_peer_from_spot_baseline": official_spot_peer,
    "daily_baseline_time_average": daily_baseline,
    "binary_baseline": lambda v: peer.baseline_score(v["p"] if v["outcome"] else 1 - v["p"])[0],
    "continuous_baseline": lambda v: peer.baseline_score_continuous(
        np.full(v["inbound"] + 2, v["pmf_at_outcome"]), 100, open_bounds=v["open_bounds"]
    )[0],
    "difficulty_adjusted_brier": forecastbench,
    "brier_index": lambda v: difficulty.brier_index(v["adjusted_brier"]),
    "ece_equal_width": ece_equal_width,
    "ece_equal_mass": ece_equal_mass,
    "calibration_bins": lambda v: calibration.METACULUS_EDGES,
    "calibration_band": lambda v: dict(
        zip(
            ("lower", "center", "upper"),
            map(float, calibration.binomial_band(v["n"], v["p_min"], v["p_max"])),
            strict=True,
        )
    ),
    "corp_decomposition": corp,
    "calibration_tests_mapie": lambda v: {"spiegelhalter_p": calibration.spiegelhalter(v["y"], v["p"]).p_value / 2},
}


@pytest.mark.parametrize("vector", [pytest.param(v, id=v["id"]) for v in VECTORS])
def test_worked_value_of_a_public_scorer(vector):
    got = RULES[vector["fn"]](vector)
    expected = next(
        vector[k] for k in ("expected", "expected_spot_peer", "expected_mean", "expected_edges") if k in vector
    )
    agree(got, expected, vector.get("tol", 0))


def agree(got, expected, tolerance):
    if isinstance(got, dict):
        assert expected.keys() & got.keys()
        for name in expected.keys() & got.keys():
            agree(got[name], expected[name], tolerance)
    elif isinstance(expected, dict):
        agree(got.loc[list(expected)].to_numpy(), list(expected.values()), tolerance)
    elif isinstance(expected, list) and expected and isinstance(expected[0], dict):
        assert len(got) == len(expected)
        for mine, theirs in zip(got, expected, strict=True):
            agree(mine, theirs, tolerance)
    else:
        np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance or 1e-12)
