"""Bets and forecasts on record, and what ours makes of them."""

import datetime as dt

import pandas as pd
import pytest

from scale_forecast.resolvers.questions.question import Question
from scale_forecast.resolvers.questions.stated import against, stated_probabilities

DAY = dt.date(2023, 1, 1)


def question(**more):
    fields = {"id": "q", "title": "q", "criterion": {"kind": "reversal", "task": "neqa"}, "opened": "2022-11-15"}
    return Question.model_validate({**fields, "resolve_by": "2024-11-15", **more})


def recorded(*rows):
    table = pd.DataFrame(rows, columns=["question_id", "forecaster", "probability", "made_at", "sequence"])
    ours = table["forecaster"].where(table["forecaster"] == "stack")
    return table.assign(made_at=pd.to_datetime(table["made_at"], utc=True), predictor=ours)


def test_a_bet_and_forecasts_count_from_their_day():
    asked = question(
        odds="4:1 for",
        forecasts=[
            {"forecaster": "crowd", "probability": 0.6, "time": "2022-12-01"},
            {"forecaster": "late", "probability": 0.1, "time": "2023-06-01"},
        ],
    )
    assert stated_probabilities(asked, None, as_of=DAY) == [("a bet at 4:1 for", 0.8), ("crowd", 0.6)]
    assert stated_probabilities(asked, None, as_of=dt.date(2022, 11, 1)) == []


def test_of_the_ledger_each_forecasters_last_word_by_the_day_counts():
    rows = recorded(
        ("q", "a", 0.2, "2022-12-01", 1),
        ("q", "a", 0.3, "2022-12-05", 2),
        ("q", "a", 0.9, "2023-02-01", 3),
        ("other", "b", 0.5, "2022-12-01", 4),
        ("q", "c", None, "2022-12-01", 5),
        ("q", "stack", 0.4, "2022-12-01", 6),
    )
    assert stated_probabilities(question(), rows, as_of=DAY) == [("a", 0.3)], (
        "nobody bets against what we said ourselves"
    )


def test_a_price_above_our_probability_is_bet_against():
    table = against(0.2, [("crowd", 0.5), ("sure", 1.0)])
    assert table.loc[0, "edge"] == pytest.approx(-0.3)
    assert table.loc[0, ["side", "kelly"]].tolist() == ["NO", pytest.approx(0.6)]  # (q - p) / q, Kelly (1956)
    assert pd.isna(table.loc[1, "kelly"])
    assert table.loc[1, "side"] == ""
