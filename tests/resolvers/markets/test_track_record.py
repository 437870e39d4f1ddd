"""A track record read from an export scores as Metaculus scores it, and a ForecastBench set as the benchmark does."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.markets.forecastbench_sets import (
    brier_table,
    combine,
    file_name_complaints,
    forecast_set,
    forecasts_of,
    read_set,
    resolutions_of,
    set_complaints,
)
from scale_forecast.resolvers.markets.market import Kind, Market, Option, Status
from scale_forecast.resolvers.markets.metaculus_export import is_export, outcome_of, read_export, score_record
from scale_forecast.resolvers.markets.scale import Scale
from scale_forecast.resolvers.markets.tables import record_rows
from scale_forecast.resolvers.scores.difficulty import brier_index, difficulty_adjusted_brier

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
VECTORS = json.loads((FIXTURES / "scoring_vectors.json").read_text())["vectors"]
MARKETS = json.loads((FIXTURES / "markets" / "vectors.json").read_text())["vectors"]
START = pd.Timestamp("2025-01-01", tz="UTC")
OPTIONS = ["a", "b", "c", "Other"]


def vectors(*functions):
    found = [v for v in VECTORS if v["fn"] in functions and v["forecasts"]]
    assert found
    return [pytest.param(v, id=v["id"]) for v in found]


def day(number):
    return "" if number is None else str(START + pd.Timedelta(days=number))


def question_row(args, forecasts):
    """A row of question_data.csv for a vector, in the columns Metaculus writes."""
    kind, bucket = args["question_type"], args["resolution_bucket"]
    row = {
        "Question ID": "7",
        "Question URL": "https://www.metaculus.com/questions/70/x/",
        "Question Title": "?",
        "Post ID": "70",
        "Question Type": kind,
        "Open Time": day(args.get("forecast_horizon_start_day", 0.0)),
        "CP Reveal Time": day(args["spot_forecast_day"]) if "spot_forecast_day" in args else "",
        "Scheduled Close Time": day(args.get("forecast_horizon_end_day", 100.0)),
        "Actual Close Time": day(args.get("actual_close_day", 100.0)),
        "Resolution": ["no", "yes"][bucket] if kind == "binary" else "",
    }
    if kind == "multiple_choice":
        count = len(forecasts[0]["pmf"])
        options = [*OPTIONS[: count - 1], "Other"]
        row |= {"MC Options": str(options), "Resolution": options[bucket]}
    if kind == "numeric":
        bins = len(forecasts[0]["cdf"]) - 1
        inside = str((bucket - 0.5) / bins)
        bounds = args.get("open_bounds_count", 0)
        row |= {
            "Lower Bound": "0.0",
            "Upper Bound": "1.0",
            "Open Lower Bound": str(bounds > 0),
            "Open Upper Bound": str(bounds > 1),
            "Continuous Range": str(np.linspace(0, 1, 201).tolist()),
            "Resolution": {0: "below_lower_bound", bins + 1: "above_upper_bound"}.get(bucket, inside),
        }
    return row


def forecast_row(forecast, forecaster):
    return {
        "Question ID": "7",
        "Forecaster ID": str(forecaster),
        "Forecaster Username": f"user{forecaster}",
        "Start Time": day(forecast["start_day"]),
        "End Time": day(forecast["end_day"]),
        "Probability Yes": forecast.get("probability_yes", ""),
        "Probability Yes Per Category": str(forecast["pmf"]) if "pmf" in forecast else "",
        "Continuous CDF": str(forecast["cdf"]) if "cdf" in forecast else "",
    }


def write_export(path, questions, forecasts, scores=None):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("question_data.csv", pd.DataFrame(questions).to_csv(index=False))
        archive.writestr("forecast_data.csv", pd.DataFrame(forecasts).to_csv(index=False))
        if scores is not None:
            archive.writestr("score_data.csv", pd.DataFrame(scores).to_csv(index=False))
    return path


def scored(tmp_path, vector):
    forecasts = [forecast_row(f, n) for n, f in enumerate(vector["forecasts"])]
    path = write_export(tmp_path / "export.zip", [question_row(vector["args"], vector["forecasts"])], forecasts)
    return score_record(read_export(path))


@pytest.mark.parametrize("vector", vectors("score_baseline", "score_peer", "score_spot_baseline", "score_spot_peer"))
def test_imported_forecasts_score_as_the_service_scores_them(tmp_path, vector):
    """Baseline, peer, spot and time-averaged scores of binary, multiple-choice and continuous questions."""
    table = scored(tmp_path, vector)
    name = vector["fn"].removeprefix("score_")
    expected = [row["score"] for row in vector["expected"]]
    assert table[name].tolist() == pytest.approx(expected, abs=1e-6)
    if not name.startswith("spot"):
        assert table["coverage"].tolist() == pytest.approx([row["coverage"] for row in vector["expected"]], abs=1e-9)


def test_brier_of_an_imported_forecast_is_averaged_over_the_time_it_stood(tmp_path):
    args = {
        "question_type": "binary",
        "resolution_bucket": 1,
        "forecast_horizon_start_day": 0.0,
        "forecast_horizon_end_day": 10.0,
        "actual_close_day": 10.0,
    }
    forecasts = [
        forecast_row({"start_day": 2.0, "end_day": 4.0, "probability_yes": 0.5}, 1),
        forecast_row({"start_day": 4.0, "end_day": None, "probability_yes": 0.9}, 1),
    ]
    path = write_export(tmp_path / "export.zip", [question_row(args, [])], forecasts)
    row = score_record(read_export(path)).iloc[0]
    assert row["brier"] == pytest.approx((2 * 0.25 + 6 * 0.01) / 8)
    assert row["coverage"] == pytest.approx(0.8)


def test_official_scores_stand_beside_ours_and_the_crowd_is_no_peer(tmp_path):
    args = {
        "question_type": "binary",
        "resolution_bucket": 1,
        "forecast_horizon_start_day": 0.0,
        "forecast_horizon_end_day": 10.0,
        "actual_close_day": 10.0,
    }
    own = forecast_row({"start_day": 0.0, "end_day": None, "probability_yes": 0.7}, 1)
    crowd = forecast_row({"start_day": 0.0, "end_day": None, "probability_yes": 0.4}, 2)
    crowd |= {"Forecaster ID": "", "Forecaster Username": "recency_weighted"}
    official = [
        {"Question ID": "7", "User ID": "1", "User Username": "user1", "Score Type": "baseline", "Score": 48.54}
    ]
    path = write_export(tmp_path / "export.zip", [question_row(args, [])], [own, crowd], official)
    record = read_export(path)
    table = score_record(record).set_index("forecaster")
    assert record.forecasts["is_crowd"].tolist() == [False, True]
    assert table.loc["user1", "baseline"] == pytest.approx(table.loc["user1", "official_baseline"], abs=0.01)
    assert table.loc["user1", "peer"] == 0.0


def test_a_log_scale_shows_in_the_middle_of_its_grid(tmp_path):
    args = {"question_type": "numeric", "resolution_bucket": 1}
    row = question_row(args, [{"cdf": np.linspace(0, 1, 201).tolist()}])
    grid = [10 ** (u * 4) for u in np.linspace(0, 1, 201)]
    row |= {"Lower Bound": "1.0", "Upper Bound": "10000.0", "Continuous Range": str(grid), "Resolution": "100.0"}
    path = write_export(
        tmp_path / "export.zip", [row], [forecast_row({"start_day": 0.0, "end_day": None, "cdf": [0.0, 0.5, 1.0]}, 1)]
    )
    market = next(iter(read_export(path).markets.values()))
    assert market.kind is Kind.NUMERIC
    assert market.scale.zero_point == pytest.approx(0.0, abs=1e-9)
    assert market.scale.to_unit(100.0) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "vector", [v for v in MARKETS if v["fn"] == "string_location_to_bucket_index"], ids=lambda v: v["id"]
)
def test_a_resolution_falls_into_the_services_bucket(vector):
    question, location = vector["question"], vector["location"]
    scale = None
    if "range_min" in question:
        ends = question["range_min"], question["range_max"], question["zero_point"]
        scale = Scale(*ends, True, True, question["inbound_outcome_count"])
    market = Market(
        service="metaculus",
        id="1",
        title="?",
        kind=question["type"],
        status=Status.RESOLVED,
        scale=scale,
        options=tuple(Option(id=label, label=label) for label in question.get("options", [])),
        resolution=location or None,
    )
    assert outcome_of(market) == vector["expected"]


@pytest.mark.parametrize(
    ("resolution", "settled"), [("", False), ("annulled", False), ("ambiguous", False), ("yes", True)]
)
def test_only_settled_questions_are_scored(tmp_path, resolution, settled):
    args = {"question_type": "binary", "resolution_bucket": 1}
    row = question_row(args, []) | {"Resolution": resolution}
    forecasts = [forecast_row({"start_day": 0.0, "end_day": None, "probability_yes": 0.7}, 1)]
    assert len(score_record(read_export(write_export(tmp_path / "e.zip", [row], forecasts)))) == int(settled)


@pytest.mark.parametrize(
    ("question", "forecast", "message"),
    [
        ({"Question Type": "vibes"}, {}, "question_data.csv row 2: question type 'vibes' is unknown"),
        ({"Question Title": ""}, {}, "question_data.csv row 2: 'Question Title' is missing"),
        ({"Open Time": "soon"}, {}, "question_data.csv row 2: 'soon' is no time"),
        ({}, {"Probability Yes": "high"}, "forecast_data.csv row 2: 'high' is no number"),
        ({}, {"Probability Yes": "", "Continuous CDF": "[0.1"}, "forecast_data.csv row 2: '[0.1' is no list"),
    ],
)
def test_a_broken_export_is_refused_with_its_place(tmp_path, question, forecast, message):
    row = question_row({"question_type": "binary", "resolution_bucket": 1}, []) | question
    given = forecast_row({"start_day": 0.0, "end_day": None, "probability_yes": 0.7}, 1) | forecast
    with pytest.raises(DataError) as refusal:
        read_export(write_export(tmp_path / "export.zip", [row], [given]))
    assert message in str(refusal.value)


def test_forecasts_over_options_that_are_gone_are_left_out(tmp_path):
    """Matched by place, they would be read as forecasts of other options."""
    args = {"question_type": "multiple_choice", "resolution_bucket": 1}
    now = {"start_day": 0.0, "end_day": None, "pmf": [0.2, 0.3, 0.5]}
    before = {"start_day": 0.0, "end_day": None, "pmf": [0.1, 0.1, 0.3, 0.5]}
    rows = [forecast_row(now, 1), forecast_row(before, 2)]
    record = read_export(write_export(tmp_path / "e.zip", [question_row(args, [now])], rows))
    assert score_record(record)["forecaster"].tolist() == ["user1"]
    assert {row["forecaster"] for row in record_rows(record)} == {"user1"}


def test_what_is_no_export_is_refused(tmp_path):
    plain, other = tmp_path / "plain.zip", tmp_path / "other.zip"
    plain.write_text("not a zip")
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert not is_export(plain)
    assert not is_export(other)
    with pytest.raises(DataError, match="is no zip file: give the file as Metaculus sent it"):
        read_export(plain)
    with pytest.raises(DataError, match=r"holds no question_data\.csv"):
        read_export(other)


# --- ForecastBench ----------------------------------------------------------------------------------------------------


def test_difficulty_adjusted_scores_of_imported_sets_are_the_benchmarks():
    vector = next(v for v in VECTORS if v["fn"] == "difficulty_adjusted_brier")
    resolved = [
        {"id": q, "source": "manifold", "resolution_date": "2026-04-01", "resolved_to": float(o), "resolved": True}
        for q, o in vector["resolutions"].items()
    ]
    resolutions = resolutions_of({"forecast_due_date": "2026-03-01", "resolutions": resolved})
    sets = [
        {
            "organization": "",
            "model": model,
            "forecasts": [
                {"id": q, "source": "manifold", "forecast": p, "resolution_date": None} for q, p in answers.items()
            ],
        }
        for model, answers in vector["forecasts"].items()
    ]
    table = brier_table(pd.concat([forecasts_of(s) for s in sets], ignore_index=True), resolutions)
    answered = table[~table["imputed"]]
    expected = vector["expected"]
    assert answered.groupby("forecaster")["brier"].mean().to_dict() == pytest.approx(expected["mean_brier"])
    adjusted = difficulty_adjusted_brier(answered, left_out=vector["excluded_from_regression"])
    assert adjusted.to_dict() == pytest.approx(expected["adjusted_rescaled"])
    index = dict(zip(adjusted.index, brier_index(adjusted).tolist(), strict=True))
    assert index == pytest.approx(expected["brier_index"])


def test_a_missing_forecast_counts_as_one_half():
    resolutions = resolutions_of(
        {"resolutions": [{"id": "1", "source": "fred", "resolution_date": "2026-03-08", "resolved_to": 1.0}]}
    )
    other = {"organization": "O", "model": "m", "forecasts": [{"id": "2", "source": "fred", "forecast": 0.9}]}
    table = brier_table(forecasts_of(other), resolutions)
    assert table[["forecaster", "brier", "imputed"]].to_numpy().tolist() == [["O m", 0.25, True]]


def test_market_questions_count_only_when_settled_after_the_due_date():
    table = resolutions_of(read_set(FIXTURES / "markets/forecastbench/resolution_set_sample.json"))
    assert table.attrs["left_out"] == 3
    assert table.loc[table["source"] == "metaculus", "outcome"].tolist() == [0.0, 1.0]
    early = {
        "forecast_due_date": "2026-03-01",
        "resolutions": [
            {"id": "1", "source": "manifold", "resolution_date": "2026-03-01", "resolved_to": 1.0, "resolved": True}
        ],
    }
    assert len(resolutions_of(early)) == 0


@pytest.mark.parametrize("vector", [v for v in MARKETS if v["fn"] == "combo_resolution"], ids=lambda v: v["id"])
def test_combinations_multiply_with_their_directions(vector):
    assert combine(vector["values"], vector["directions"]) == vector["expected"]


def test_combinations_are_read_with_their_direction():
    table = resolutions_of(read_set(FIXTURES / "markets/forecastbench/resolution_set_combos_sample.json"))
    assert table["id"].unique().tolist() == ["1363+1413", "BAMLC0A2CAAEY+DBAA"]
    assert table["direction"].tolist()[:2] == [(1, 1), (1, -1)]


@pytest.fixture
def question_set():
    return read_set(FIXTURES / "markets/forecastbench/question_set_sample.json")


def everything(question_set, p=0.4):
    return {
        (q["source"], q["id"], when): p
        for q in question_set["questions"]
        for when in (q["resolution_dates"] if isinstance(q["resolution_dates"], list) else [None])
    }


def test_a_forecast_set_obeys_the_benchmarks_rules(question_set):
    answer = forecast_set(question_set, everything(question_set), organization="Example", model="ours")
    assert len(answer["forecasts"]) == 18
    assert set_complaints(answer, question_set) == ([], [])
    assert forecasts_of(answer)["probability"].tolist() == [0.4] * 18
    shape = read_set(FIXTURES / "markets/forecastbench/forecast_set_shape.json")
    assert set(answer) == {name for name in shape if not name.startswith("_")}
    assert set(answer["forecasts"][0]) == set(shape["forecasts"][0])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"forecast": 1.2}, "is 1.2, not a number between 0 and 1"),
        ({"forecast": None}, "is None, not a number between 0 and 1"),
        ({"resolution_date": "2026-03-08"}, "has a resolution date: a market question has none"),
        ({"id": "other"}, "answers no question of the set"),
        ({"source": "yfinance", "id": "MMM", "resolution_date": "2026-03-09"}, "which is none of the question's"),
    ],
)
def test_a_forecast_set_that_breaks_a_rule_is_told_which(question_set, change, complaint):
    answer = forecast_set(question_set, everything(question_set), organization="Example", model="ours")
    answer["forecasts"][0] = answer["forecasts"][0] | change
    errors, _ = set_complaints(answer, question_set)
    assert complaint in errors[0]


def test_answering_too_few_costs_the_ranking_not_the_format(question_set):
    few = dict(list(everything(question_set).items())[:1])
    answer = forecast_set(question_set, few, organization="Example", model="ours")
    errors, remarks = set_complaints(answer, question_set)
    assert errors == []
    assert remarks == [
        "answers 50% of the market questions: below 95% it is not ranked",
        "answers 0% of the dataset questions: below 95% it is not ranked",
    ]


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("2026-03-01.Example.1.json", True),
        ("2026-03-02.Example.1.json", False),
        ("Example.json", False),
        ("2026-13-01.E.1.json", False),
    ],
)
def test_an_uploads_name_has_the_rounds_date(name, right):
    assert (file_name_complaints(name, "2026-03-01") == []) is right
