"""Track records of others become rows for the ledger, by the rules of where they come from."""

import datetime as dt
import json
from pathlib import Path

import pytest

from scale_forecast.data.errors import DataError
from scale_forecast.resolvers.importing import import_files

pytestmark = pytest.mark.usefixtures("words_of_options")

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
SETS = Path(__file__).parent.parent / "fixtures" / "markets" / "forecastbench"
"""Recorded sets, CC BY-SA 4.0; see the LICENSE.txt beside them."""


def table(tmp_path, text, name="crowd.csv"):
    path = tmp_path / name
    path.write_text(text)
    return path


def read(*paths, **more):
    return import_files(paths, as_of=NOW, **more)


def test_a_csv_of_forecasts_with_outcomes(tmp_path):
    path = table(
        tmp_path,
        "question,forecaster,time,probability,outcome,resolved_on\n"
        "Will it rain?,ann,2024-01-01T12:00:00+02:00,0.3,yes,2024-02-01\n"
        "Will it rain?,bob,2024-01-02,0.6,,\n"
        "my-question,bob,2024-01-02,0.5,,\n",
    )
    found = read(path, known={"my-question"})
    rain = found.questions[0]
    assert [q.title for q in found.questions] == ["Will it rain?"]
    assert [f["question_id"] for f in found.forecasts] == [rain.id, rain.id, "my-question"]
    assert found.forecasts[0]["made_at"] == dt.datetime(2024, 1, 1, 10, tzinfo=dt.UTC)
    [settled] = found.resolutions
    assert (settled["question_id"], settled["status"], settled["known_on"]) == (rain.id, "yes", dt.date(2024, 2, 1))
    assert rain.ruling.outcome == "yes"


def test_columns_of_other_names_and_a_value_for_all(tmp_path):
    path = table(tmp_path, "id,date,prob\nq1,2024-01-01,0.3\n")
    columns = {"question": "id", "time": "date", "probability": "prob"}
    found = read(path, columns=columns, constants={"forecaster": "crowd"})
    assert found.forecasts[0]["forecaster"] == "crowd"
    assert found.questions[0].id == "q1"


def test_an_outcome_that_is_not_yet_public_is_not_recorded(tmp_path):
    path = table(
        tmp_path, "question,forecaster,time,probability,outcome,resolved_on\nq,a,2024-01-01,0.3,yes,2027-01-01\n"
    )
    assert read(path).resolutions == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "question,forecaster,time\nq,a,2024-01-01\n",
            "c.csv: no column 'probability': a table of forecasts needs question, forecaster, time, probability; "
            "give --column probability=NAME",
        ),
        (
            "question,forecastr,time,probability\nq,a,2024-01-01,0.5\n",
            "c.csv: no column 'forecaster' (did you mean 'forecastr'?): a table of forecasts needs question, "
            "forecaster, time, probability; give --column forecaster=NAME or --set forecaster=VALUE",
        ),
        (
            "question,forecaster,time,probability\nq,a,2024-01-01,0.5\nq,a,2024-01-01,41\n",
            "c.csv: probability '41' in row 3 is outside [0, 1]: are these percentages? divide by 100",
        ),
        (
            "question,forecaster,time,probability\nq,a,soon,0.5\n",
            "c.csv: time 'soon' in row 2 is not a time: write 2024-03-01, or 2024-03-01T12:00:00Z",
        ),
        (
            "question,forecaster,time,probability,outcome\nq,a,2024-01-01,0.5,maybe\n",
            "c.csv: outcome 'maybe' is unknown: write yes, no, ambiguous or annulled",
        ),
        (
            "question,forecaster,time,probability,outcome\nq,a,2024-01-01,0.5,yes\nq,b,2024-01-01,0.5,no\n",
            "c.csv: question 'q' has outcomes no and yes: give one",
        ),
        (
            "question,forecaster,time,probability,outcome,resolved_on\n"
            "q,a,2024-01-01,0.5,,\nq,a,2024-01-01,0.5,yes,later\n",
            "c.csv: resolved_on 'later' in row 3 is not a time: write 2024-03-01, or 2024-03-01T12:00:00Z",
        ),
        (
            "question,forecaster,time,probability\nq,a,2024-01-01,0.5\nq,a,2024-01-01,0.6\n",
            "c.csv: probability '0.5' in row 2 contradicts another row of its question, forecaster and time "
            "(2 such rows): keep one",
        ),
        ("question,forecaster,time,probability\n", "c.csv: the table has no rows: give at least one forecast"),
        (
            '{"markets": []}',
            "c.csv: no ForecastBench set: it has none of the lists questions, forecasts and resolutions; "
            "forecasts of your own are given as CSV",
        ),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, text, message):
    with pytest.raises(DataError) as error:
        read(table(tmp_path, text, "c.csv"))
    assert str(error.value) == message


def test_forecastbench_sets_are_joined_and_dataset_questions_asked_once_a_date():
    found = read(
        *(SETS / f"{name}.json" for name in ("question_set_sample", "resolution_set_sample", "forecast_set_shape"))
    )
    ids = {q.id for q in found.questions}
    assert "forecastbench:manifold/SEIqqlqg8L" in ids
    assert {"forecastbench:yfinance/MMM@2026-03-08", "forecastbench:yfinance/MMM@2026-03-31"} <= ids
    crowd = {f["question_id"]: f for f in found.forecasts if f["forecaster"] == "crowd:manifold"}
    frozen = crowd["forecastbench:manifold/SEIqqlqg8L"]
    assert frozen["probability"] == 0.28297104550941504
    assert frozen["made_at"] == dt.datetime(2026, 2, 19, tzinfo=dt.UTC)
    own = [f for f in found.forecasts if f["forecaster"] == "example-model"]
    assert [f["probability"] for f in own] == [0.28, 0.52, 0.53]
    assert own[0]["made_at"] == dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    assert len(found.resolutions) == 18
    assert any("18 of 18" in note for note in found.notes)


def test_missing_forecasts_are_entered_as_a_half_only_when_asked_for():
    paths = [SETS / "resolution_set_sample.json", SETS / "forecast_set_shape.json"]
    assert len(read(*paths).forecasts) == 3
    filled = read(*paths, fill_missing=True).forecasts[3:]
    assert len(filled) == 18
    assert {f["probability"] for f in filled} == {0.5}
    assert all(f["details"]["filled"] for f in filled)


def test_combinations_are_kept_apart_by_their_signs():
    found = read(SETS / "resolution_set_combos_sample.json")
    signs = {r["question_id"]: r["status"] for r in found.resolutions if ":infer/" in r["question_id"]}
    assert signs == {
        "forecastbench:infer/1363+1413:++": "no",
        "forecastbench:infer/1363+1413:+-": "no",
        "forecastbench:infer/1363+1413:-+": "no",
        "forecastbench:infer/1363+1413:--": "yes",
    }


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"resolved": False}, "not resolved yet"),
        ({"resolved_to": 0.4}, "resolved to neither yes nor no"),
        ({"resolution_date": "2026-03-01"}, "a market that resolved on or before the due date"),
        ({"resolution_date": "2027-03-01"}, "resolved only later than the date asked for"),
    ],
)
def test_what_forecastbench_does_not_count_is_left_out_and_told(tmp_path, changes, reason):
    row = {"id": "x", "source": "manifold", "direction": None, "resolution_date": "2026-04-01", "resolved_to": 1.0,
           "resolved": True}  # fmt: skip
    content = {"forecast_due_date": "2026-03-01", "resolutions": [row, {**row, "id": "y", **changes}]}
    found = read(table(tmp_path, json.dumps(content), "resolutions.json"))
    assert [r["question_id"] for r in found.resolutions] == ["forecastbench:manifold/x"]
    assert found.notes == [f"1 resolutions left out: {reason}"]
